/* Requests and answers, byte for byte, over loopback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64url.h"
#include "test_net_world.h"

#define H "Host: a\r\n"
#define JSON "Content-Type: application/json\r\n"

static struct world w;

static void
answers_a_request_and_keeps_the_connection(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		send_text(fd, "GET /time HTTP/1.1\r\n" H "\r\n");
		read_answer(fd, &a);
		assert_int_equal(a.status, 200);
		assert_string_equal(a.body, "{\"time\":1}");
		assert_string_equal(header_in(&a, "content-type"), "application/json");
		assert_string_equal(header_in(&a, "cache-control"), "no-store");
		assert_string_equal(header_in(&a, "x-content-type-options"), "nosniff");
		assert_non_null(header_in(&a, "date"));
		assert_null(header_in(&a, "connection"));
	}
	send_text(fd, "GET /time HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
	read_answer(fd, &a);
	assert_string_equal(header_in(&a, "connection"), "close");
	assert_true(ends(fd));
	close(fd);
}

static void
closes_after_http_1_0_unless_asked_to_stay(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	send_text(fd, "GET /time HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	read_answer(fd, &a);
	assert_string_equal(header_in(&a, "connection"), "keep-alive");
	send_text(fd, "GET /time HTTP/1.0\r\n\r\n");
	read_answer(fd, &a);
	assert_string_equal(header_in(&a, "connection"), "close");
	assert_true(ends(fd));
	close(fd);
}

static void
reads_a_request_that_comes_byte_by_byte(void **state)
{
	static const char *const requests[] = {
		"GET /time HTTP/1.1\r\n" H "\r\n",
		"\r\n\r\nPOST /echo HTTP/1.1\r\n" H JSON "Content-Length: 9\r\n\r\n{\"a\":\"b\"}",
		"POST /echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n4;x=y\r\n{\"a\"\r\n5\r\n:\"b\"}\r\n"
		"0\r\nTrailer: t\r\n\r\n",
	};
	const int fd = dial(w.port), one = 1;
	struct answer a;

	(void)state;
	assert_int_equal(setsockopt(fd, 6 /* TCP */, 1 /* NODELAY */, &one, sizeof one), 0);
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		for (const char *p = requests[i]; *p != '\0'; p++)
			send_bytes(fd, p, 1);
		read_answer(fd, &a);
		assert_int_equal(a.status, 200);
		assert_string_equal(a.body, i == 0 ? "{\"time\":1}" : "{\"a\":\"b\"}");
		assert_null(header_in(&a, "connection"));
	}
	close(fd);
}

static void
answers_pipelined_requests_in_order(void **state)
{
	const int fd = dial(w.port);
	char text[256];
	struct answer a;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		snprintf(text, sizeof text, "GET /echo/%u/x HTTP/1.1\r\n" H "\r\n%s", i,
		    i % 3 == 0 ? "POST /echo HTTP/1.1\r\n" H JSON "Content-Length: 7\r\n\r\n{\"a\":1}" : "");
		send_text(fd, text);
	}
	for (unsigned i = 0; i < 200; i++) {
		read_answer(fd, &a);
		assert_int_equal(a.status, 200);
		snprintf(text, sizeof text, "%u", i);
		assert_member(&a, "a", text);
		if (i % 3 != 0)
			continue;
		read_answer(fd, &a);
		assert_string_equal(a.body, "{\"a\":1}");
	}
	close(fd);
}

static void
keeps_pipelined_requests_waiting_for_a_deferred_answer(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	send_text(fd, "GET /later HTTP/1.1\r\n" H "\r\nGET /time HTTP/1.1\r\n" H "\r\n");
	world_await_deferred(&w, 1);
	assert_true(is_silent(fd));
	world_answer_deferred(&w);
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body, "note"));
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"time\":1}");
	close(fd);
}

static void
refuses_malformed_requests_and_closes(void **state)
{
	static const char *const requests[] = {
		"\nGET /time HTTP/1.1\r\n" H "\r\n",
		"GET\r\n\r\n",
		"GET /time\r\n\r\n",
		"GET  /time HTTP/1.1\r\n" H "\r\n",
		"GET /time  HTTP/1.1\r\n" H "\r\n",
		" GET /time HTTP/1.1\r\n" H "\r\n",
		"GET /time HTTP/2.0\r\n" H "\r\n",
		"GET /time HTTP/0.9\r\n" H "\r\n",
		"GET /time HTTP/1.2\r\n" H "\r\n",
		"GET /time http/1.1\r\n" H "\r\n",
		"get /time HTTP/1.1\r\n" H "\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\n" H "\r\n",
		"CONNECT a:443 HTTP/1.1\r\n" H "\r\n",
		"GET time HTTP/1.1\r\n" H "\r\n",
		"GET /time#x HTTP/1.1\r\n" H "\r\n",
		"GET ftp://a/time HTTP/1.1\r\n" H "\r\n",
		"GET /time HTTP/1.1\r\n\r\n", /* no Host */
		"GET /time HTTP/1.1\r\n" H H "\r\n", /* two */
		"GET /time HTTP/1.1\r\nHost:\r\n\r\n", /* empty */
		"GET /time HTTP/1.1\r\nHost: a b\r\n\r\n",
		"GET /time HTTP/1.1\r\nHost : a\r\n\r\n", /* a space before the colon */
		"GET /time HTTP/1.1\r\n" H "X:\r\n y\r\n\r\n", /* folded */
		"GET /time HTTP/1.1\r\n" H " X: y\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H "X\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H ": y\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H "X(: y\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H "X: \001\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H "X: a\177\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H "X: a\rb\r\n\r\n",
		"GET /time HTTP/1.1\n" H "\r\n",
		"GET /time HTTP/1.1\r\nHost: a\n\r\n",
		"GET /time HTTP/1.1\r\n" H "\n",
		"GET /time HTTP/1.1\r\n" H "Expect: pigs\r\n\r\n",
		"GET /time HTTP/1.1\r\n" H "Authorization: a\r\nAuthorization: b\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		const struct answer *a = refused(&w, requests[i], 400, "malformed_request");

		assert_string_equal(header_in(a, "connection"), "close");
	}
}

static void
refuses_a_nul_anywhere_in_the_head(void **state)
{
	static const char head[] = "GET /time HTTP/1.1\r\n" H "X: y\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof head - 2; i++) {
		char bytes[sizeof head];
		const int fd = dial(w.port);
		struct answer a;

		memcpy(bytes, head, sizeof head);
		bytes[i] = '\0';
		(void)offer_bytes(fd, bytes, sizeof head - 1);
		read_answer(fd, &a);
		assert_int_equal(a.status, 400);
		close(fd);
	}
}

static void
lets_no_second_request_be_smuggled_in(void **state)
{
	/* Each would be read as one request by one server and as two by another. */
	static const char *const framings[] = {
		"Content-Length: 5\r\nContent-Length: 6\r\n",
		"Content-Length: 5\r\nContent-Length: 5\r\n",
		"Content-Length: 5, 5\r\n",
		"Content-Length: +5\r\n",
		"Content-Length: -5\r\n",
		"Content-Length: 5 5\r\n",
		"Content-Length: 0x5\r\n",
		"Content-Length: 5.\r\n",
		"Content-Length:\r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Content-Length: 18446744073709551617\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked, chunked\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: identity\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: \"chunked\"\r\n",
		"Transfer-Encoding: chunked;x\r\n",
		"Transfer-Encoding : chunked\r\n",
		"Transfer-Encoding:\r\n chunked\r\n",
		"Transfer-Encoding:\013chunked\r\n",
		"Content-Length : 5\r\n",
		"Content_Length: 5\r\nContent-Length: 5\r\nContent-Length : 7\r\n",
	};
	const unsigned before = world_calls(&w);

	(void)state;
	for (size_t i = 0; i < sizeof framings / sizeof *framings; i++) {
		char text[512];
		const int fd = dial(w.port);
		struct answer a;

		snprintf(text, sizeof text,
		    "POST /echo HTTP/1.1\r\n" H JSON "%s\r\n0\r\n\r\nGET /time HTTP/1.1\r\n" H "\r\n", framings[i]);
		(void)offer_bytes(fd, text, strlen(text));
		read_answer(fd, &a);
		if (a.status != 400)
			print_message("# %s", framings[i]);
		assert_int_equal(a.status, 400);
		assert_true(ends(fd)); /* nothing behind it was read */
		close(fd);
	}
	/* HTTP/1.0 knows no chunks. */
	refused(&w, "POST /echo HTTP/1.0\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400,
	    "malformed_request");
	assert_int_equal(world_calls(&w), before);
}

static void
refuses_broken_chunks(void **state)
{
	static const char *const bodies[] = {
		"x\r\n",
		"-1\r\n",
		"+2\r\n{}\r\n0\r\n\r\n",
		"0x2\r\n{}\r\n0\r\n\r\n",
		" 2\r\n{}\r\n0\r\n\r\n",
		"2\n{}\n0\n\n",
		"2\r\n{}0\r\n\r\n",
		"2\r\n{}\r0\r\n\r\n",
		"2\r\n{}\n0\r\n\r\n",
		"fffffffffffffffff\r\n",
		"\r\n",
		"2\r\n{}\r\n0\r\n\rX",
		"2\r\n{}\r\n0\r\nBad Name: x\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		char text[512];

		snprintf(text, sizeof text, "POST /echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n%s",
		    bodies[i]);
		refused(&w, text, 400, "malformed_request");
	}
}

static void
refuses_what_is_too_large(void **state)
{
	static char text[EL_HTTP_URL_MAX + EL_HTTP_HEADERS_MAX + 4096];
	size_t n;

	(void)state;
	/* The longest URL is looked up (and not found), one more is refused. */
	n = (size_t)snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" H "\r\n", EL_HTTP_URL_MAX - 1, 0);
	assert_true(n < sizeof text);
	refused(&w, text, 404, "not_found");
	snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" H "\r\n", EL_HTTP_URL_MAX, 0);
	refused(&w, text, 414, "uri_too_long");
	snprintf(text, sizeof text, "GET /time HTTP/1.1\r\n" H "X: %0*d\r\n\r\n", EL_HTTP_HEADERS_MAX, 0);
	refused(&w, text, 431, "headers_too_large");
	/* "Host: a", the empty line and the frame of "X: ...". */
	snprintf(text, sizeof text, "GET /time HTTP/1.1\r\n" H "X: %0*d\r\n\r\n", EL_HTTP_HEADERS_MAX - 9 - 2 - 5, 0);
	answered(&w, text, 200);
	/* Nobody need send the end of it. */
	memset(text, 'x', sizeof text - 1);
	memcpy(text, "GET /time HTTP/1.1\r\nX: ", 23);
	refused(&w, text, 431, "headers_too_large");
	/* 64 headers, Host among them. */
	for (unsigned count = EL_HTTP_HEADER_COUNT_MAX; count <= EL_HTTP_HEADER_COUNT_MAX + 1; count++) {
		n = (size_t)snprintf(text, sizeof text, "GET /time HTTP/1.1\r\n" H);
		for (unsigned i = 1; i < count; i++)
			n += (size_t)snprintf(text + n, sizeof text - n, "X: y\r\n");
		snprintf(text + n, sizeof text - n, "\r\n");
		if (count == EL_HTTP_HEADER_COUNT_MAX)
			answered(&w, text, 200);
		else
			refused(&w, text, 431, "headers_too_large");
	}
}

static void
refuses_a_body_that_is_too_large_before_it_comes(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	/* By its length alone, and small ones with the connection kept. */
	refused(&w, "POST /echo HTTP/1.1\r\n" H JSON "Content-Length: 1000000000\r\n\r\n", 413, "too_large");
	refused(&w, "POST /echo HTTP/1.1\r\n" H JSON "Content-Length: 9223372036854775807\r\n\r\n", 413, "too_large");
	refused(&w, "GET /time HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n", 413, "too_large");
	send_text(fd, "GET /time HTTP/1.1\r\n" H JSON "Content-Length: 2\r\n\r\n{}");
	read_answer(fd, &a);
	assert_int_equal(a.status, 413);
	assert_null(header_in(&a, "connection"));
	send_text(fd, "GET /time HTTP/1.1\r\n" H "\r\n");
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	close(fd);
}

static void
tells_a_client_that_still_sends_that_it_is_too_much(void **state)
{
	static char body[1024 * 1024];
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	/* Cut off at once, the answer would be lost with the connection. */
	send_text(fd, "POST /big HTTP/1.1\r\n" H JSON "Content-Length: 4194304\r\n\r\n");
	memset(body, 'x', sizeof body);
	(void)offer_bytes(fd, body, sizeof body);
	read_answer(fd, &a);
	assert_int_equal(a.status, 413);
	assert_string_equal(header_in(&a, "connection"), "close");
	assert_true(ends(fd));
	close(fd);
}

static void
counts_the_bytes_of_chunked_bodies(void **state)
{
	static char text[300 * 1024];
	const int head =
	    snprintf(text, sizeof text, "POST /echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n");
	size_t n = (size_t)head;
	int fd;
	struct answer a;

	(void)state;
	/* 1025 bytes in chunks of one; the limit is 1024. */
	for (unsigned i = 0; i < 1025; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "1\r\nx\r\n");
	snprintf(text + n, sizeof text - n, "0\r\n\r\n");
	refused(&w, text, 413, "too_large");
	/* Two bytes of body under a mountain of framing. */
	n = (size_t)head;
	while (n < 200u * 1024)
		n += (size_t)snprintf(
		    text + n, sizeof text - n, "000000000000000000000000000000000000000000000000001\r\nx\r\n");
	refused(&w, text, 413, "too_large");
	/* As much as is allowed. */
	fd = dial(w.port);
	n = (size_t)snprintf(
	    text, sizeof text, "POST /big HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n%x\r\n", 256 * 1024);
	memset(text + n, 'x', (size_t)256 * 1024);
	n += (size_t)256 * 1024;
	n += (size_t)snprintf(text + n, sizeof text - n, "\r\n0\r\n\r\n");
	send_bytes(fd, text, n);
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"len\":262144}");
	close(fd);
}

static void
takes_only_json(void **state)
{
	static const char *const good[] = { "application/json", "Application/JSON", "application/json; charset=utf-8",
		"application/json ;charset=\"UTF-8\"" };
	static const char *const bad[] = { "text/plain", "application/jsonp", "application/json; charset=euc-kr",
		"application/json; x=y", "application/json, text/plain", "application/x-www-form-urlencoded", "" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text,
		    "POST /echo HTTP/1.1\r\n" H "Content-Type: %s\r\nContent-Length: 2\r\n\r\n{}", good[i]);
		answered(&w, text, 200);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text,
		    "POST /echo HTTP/1.1\r\n" H "Content-Type: %s\r\nContent-Length: 2\r\n\r\n{}", bad[i]);
		refused(&w, text, 415, "unsupported_media");
	}
	refused(&w, "POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\n{}", 415, "unsupported_media");
	refused(&w, "POST /echo HTTP/1.1\r\n" H JSON "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415,
	    "unsupported_media");
}

static void
takes_only_one_strict_json_object(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "null", "{}x", "{} {}", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}", "{a:1}", "{\"a\":1", "{\"a\":1,}", "\xef\xbb\xbf{}" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "POST /echo HTTP/1.1\r\n" H JSON "Content-Length: %zu\r\n\r\n%s",
		    strlen(bad[i]), bad[i]);
		refused(&w, text, 400, "malformed_request");
	}
	answered(&w, "POST /echo HTTP/1.1\r\n" H JSON "Content-Length: 6\r\n\r\n {}\r\n ", 200);
}

static void
names_a_problem_in_the_language_asked_for(void **state)
{
	static const struct {
		const char *accept;
		bool english;
	} rows[] = { { "en", true }, { "EN-us", true }, { "ko", false }, { "fr", false }, { "", false },
		{ "en, ko", false }, { "en, ko;q=0.9", true }, { "ko;q=0.5,en;q=0.501", true }, { "en;q=0", false },
		{ "en;q=0.000, ko;q=0", false }, { "english", false }, { "*", false }, { ",,, en ,,", true },
		{ ";;q=;,en;q=1.000", true } };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct answer *a;

		snprintf(text, sizeof text, "GET /none HTTP/1.1\r\n" H "Accept-Language: %s\r\n\r\n", rows[i].accept);
		a = refused(&w, text, 404, "not_found");
		assert_member(
		    a, "title", el_code_title(EL_CODE_NOT_FOUND, rows[i].english ? EL_LANGUAGE_EN : EL_LANGUAGE_KO));
		assert_member(a, "type", "about:blank");
	}
	answered(&w, "GET /none HTTP/1.1\r\n" H "\r\n", 404);
}

static void
gives_each_problem_a_number_of_its_own(void **state)
{
	char first[17];
	const struct answer *a = answered(&w, "GET /none HTTP/1.1\r\n" H "\r\n", 404);
	json_t *v = json_loads(a->body, 0, NULL);
	const char *id = json_string_value(json_object_get(v, "request_id"));

	(void)state;
	assert_non_null(id);
	assert_int_equal(strlen(id), 16);
	memcpy(first, id, sizeof first);
	assert_int_equal(json_integer_value(json_object_get(v, "status")), 404);
	assert_int_equal(json_object_size(v), 5); /* nothing more than it must say */
	json_decref(v);
	a = answered(&w, "GET /none HTTP/1.1\r\n" H "\r\n", 404);
	assert_null(strstr(a->body, first));
}

static void
writes_every_problem_as_json(void **state)
{
	(void)state;
	for (int code = EL_CODE_OK + 1; code < EL_CODE_MAX; code++)
		for (int language = EL_LANGUAGE_KO; language <= EL_LANGUAGE_EN; language++) {
			const char *const texts[] = { el_code_title((enum el_code)code, (enum el_language)language),
				el_code_name((enum el_code)code) };

			/* What problem.c writes without escapes must need none, and fit. */
			for (size_t i = 0; i < 2; i++) {
				assert_true(strlen(texts[i]) > 0 && strlen(texts[i]) < 256);
				assert_null(strpbrk(texts[i], "\"\\\n\r\t"));
			}
		}
}

static void
says_which_methods_a_path_allows(void **state)
{
	(void)state;
	refused(&w, "POST /time HTTP/1.1\r\n" H "\r\n", 405, "method_not_allowed");
	assert_string_equal(header_in(answered(&w, "POST /time HTTP/1.1\r\n" H "\r\n", 405), "allow"), "GET, HEAD");
	assert_string_equal(header_in(answered(&w, "PUT /echo HTTP/1.1\r\n" H "\r\n", 405), "allow"), "POST, DELETE");
	assert_string_equal(header_in(answered(&w, "GET /echo HTTP/1.1\r\n" H "\r\n", 405), "allow"), "POST, DELETE");
	assert_string_equal(
	    header_in(answered(&w, "OPTIONS /later HTTP/1.1\r\n" H "\r\n", 405), "allow"), "GET, HEAD, POST");
}

static void
answers_head_without_a_body(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	send_text(
	    fd, "HEAD /time HTTP/1.1\r\n" H "\r\nHEAD /none HTTP/1.1\r\n" H "\r\nGET /time HTTP/1.1\r\n" H "\r\n");
	read_head_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(header_in(&a, "content-length"), "10");
	read_head_answer(fd, &a);
	assert_int_equal(a.status, 404);
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"time\":1}");
	close(fd);
}

static void
answers_204_without_length_and_lets_a_handler_set_headers(void **state)
{
	const struct answer *a;

	(void)state;
	a = answered(&w, "DELETE /echo HTTP/1.1\r\n" H "\r\n", 204);
	assert_null(header_in(a, "content-type"));
	a = answered(&w, "GET /own HTTP/1.1\r\n" H "\r\n", 200);
	assert_string_equal(header_in(a, "cache-control"), "max-age=60");
	assert_string_equal(header_in(a, "x-own"), "yes");
	assert_null(strstr(a->head, "no-store"));
	assert_string_equal(a->body, "own");
}

static void
decodes_parameters_and_refuses_hidden_slashes(void **state)
{
	const struct answer *a;

	(void)state;
	a = answered(&w, "GET /echo/%EA%B0%80/b%20c?q=/x HTTP/1.1\r\n" H "X: y\r\n\r\n", 200);
	assert_member(a, "a", "가");
	assert_member(a, "b", "b c");
	assert_member(a, "x", "y");
	assert_member(a, "target", "/echo/%EA%B0%80/b%20c?q=/x");
	a = answered(&w, "GET /rest/a/b/c HTTP/1.1\r\n" H "\r\n", 200);
	assert_member(a, "all", "a/b/c");
	a = answered(&w, "GET http://a/echo/1/2 HTTP/1.1\r\n" H "\r\n", 200);
	assert_member(a, "target", "/echo/1/2");
	refused(&w, "GET /echo/a%2fb/c HTTP/1.1\r\n" H "\r\n", 400, "malformed_request");
	refused(&w, "GET /echo/a%00/c HTTP/1.1\r\n" H "\r\n", 400, "malformed_request");
	refused(&w, "GET /echo/a%0a/c HTTP/1.1\r\n" H "\r\n", 400, "malformed_request");
	refused(&w, "GET /echo/a%/c HTTP/1.1\r\n" H "\r\n", 400, "malformed_request");
	refused(&w, "GET /echo/a%4/c HTTP/1.1\r\n" H "\r\n", 400, "malformed_request");
	refused(&w, "GET /echo/a%g0/c HTTP/1.1\r\n" H "\r\n", 400, "malformed_request");
	refused(&w, "GET /echo//c HTTP/1.1\r\n" H "\r\n", 404, "not_found");
	refused(&w, "GET /echo/a/b/ HTTP/1.1\r\n" H "\r\n", 404, "not_found");
	refused(&w, "GET /rest/ HTTP/1.1\r\n" H "\r\n", 404, "not_found");
	refused(&w, "GET //time HTTP/1.1\r\n" H "\r\n", 404, "not_found");
}

/* ---- Authorisation ---- */

static const struct answer *
with_authorization(const char *path, const char *value, int status)
{
	static char text[1024];

	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" H "Authorization: %s\r\n\r\n", path, value);
	return answered(&w, text, status);
}

static void
asks_each_column_for_a_credential_of_its_shape(void **state)
{
	static const char *const paths[] = { "/visitor", "/ticket", "/scanner", "/owner", "/operator" };
	uint8_t bytes[91];
	char right[200], value[256], request[256];

	(void)state;
	memset(bytes, 7, sizeof bytes);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		const bool ticket = strcmp(paths[i], "/ticket") == 0;
		const size_t len = ticket ? 90 : 32;
		const char *code = ticket ? "ticket_invalid" : "unauthorized";
		const struct answer *a;

		el_base64url_encode(bytes, len, right);
		snprintf(value, sizeof value, "Bearer %s", right);
		a = with_authorization(paths[i], value, 200);
		assert_non_null(strstr(a->body, ticket ? "\"len\":90" : "\"len\":32"));
		assert_non_null(strstr(a->body, "\"first\":7"));
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" H "\r\n", paths[i]);
		a = refused(&w, request, 401, code);
		assert_string_equal(header_in(a, "www-authenticate"), "Bearer");
		for (unsigned wrong = 0; wrong < 7; wrong++) {
			el_base64url_encode(bytes, wrong == 0 ? len - 1 : wrong == 1 ? len + 1 : len, right);
			if (wrong == 2)
				right[5] = '+';
			if (wrong == 3) /* trailing bits that are not zero; 90 bytes have none */
				right[strlen(right) - 1] = ticket ? '=' : '9';
			snprintf(value, sizeof value, "%s%s%s",
			    wrong == 4   ? "Basic "
			    : wrong == 5 ? "Bearer"
					 : "Bearer ",
			    right, wrong == 6 ? " x" : "");
			a = with_authorization(paths[i], value, 401);
			assert_member(a, "code", code);
		}
	}
}

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NONCE "AAAAAAAAAAAAAAAAAAAAAA"
#define SIG "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void
takes_an_executors_header_in_one_form_only(void **state)
{
	static const char *const bad[] = {
		"EL1 key=" KEY ",time=1788500000,nonce=" NONCE,
		"EL1 key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG ",",
		"EL1 key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG "A",
		"EL1 key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG " x",
		"EL1 key=" KEY ", time=1788500000,nonce=" NONCE ",sig=" SIG,
		"EL1  key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG,
		"el1 key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG,
		"EL2 key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG,
		"Bearer " KEY,
		"EL1 time=1788500000,key=" KEY ",nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY "A,time=1788500000,nonce=" NONCE ",sig=" SIG,
		"EL1 key=,time=1788500000,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=01788500000,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=0,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=+1788500000,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=-1,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=1788500000000000000,nonce=" NONCE ",sig=" SIG,
		"EL1 key=" KEY ",time=1788500000,nonce=" NONCE "AA,sig=" SIG,
		"EL1 key=" KEY ",time=1788500000,nonce=AAAAAAAAAAAAAAAAAAAAAB,sig=" SIG,
		"EL1 key=" KEY ",time=1788500000,time=1788500000,nonce=" NONCE ",sig=" SIG,
	};
	const struct answer *a;

	(void)state;
	a = with_authorization("/executor", "EL1 key=" KEY ",time=1788500000,nonce=" NONCE ",sig=" SIG, 200);
	assert_non_null(strstr(a->body, "\"time\":1788500000"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		a = with_authorization("/executor", bad[i], 401);
		assert_member(a, "code", "unauthorized");
		assert_string_equal(header_in(a, "www-authenticate"), "EL1");
	}
	/* Refused by its head: the body is never waited for. */
	refused(&w, "POST /executor HTTP/1.1\r\n" H JSON "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n", 401,
	    "unauthorized");
}

/* ---- Expect ---- */

static void
says_continue_only_when_a_body_is_wanted(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	send_text(fd, "POST /echo HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n");
	read_answer(fd, &a);
	assert_int_equal(a.status, 100);
	send_text(fd, "{\"a\":1}");
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "{\"a\":1}");
	/* Not for a body that is there already empty, nor for HTTP/1.0. */
	send_text(fd, "GET /time HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n");
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	send_text(fd, "POST /echo HTTP/1.0\r\n" H JSON
		      "Connection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	close(fd);
	/* Refused instead, with the connection, for its body may or may not follow. */
	refused(&w, "POST /echo HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", 413,
	    "too_large");
	assert_string_equal(
	    header_in(refused(&w, "POST /none HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n",
			  404, "not_found"),
		"connection"),
	    "close");
}

static int
begin(void **state)
{
	/* None of these is about time: a client that has to wait for its turn still gets its answer. */
	const struct el_http_limits limits = { .linger_ms = 20000 };

	(void)state;
	world_begin(&w, &limits);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	world_await_connections(&w, 0); /* nothing was left behind by all these */
	world_end(&w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_a_request_and_keeps_the_connection),
		cmocka_unit_test(closes_after_http_1_0_unless_asked_to_stay),
		cmocka_unit_test(reads_a_request_that_comes_byte_by_byte),
		cmocka_unit_test(answers_pipelined_requests_in_order),
		cmocka_unit_test(keeps_pipelined_requests_waiting_for_a_deferred_answer),
		cmocka_unit_test(refuses_malformed_requests_and_closes),
		cmocka_unit_test(refuses_a_nul_anywhere_in_the_head),
		cmocka_unit_test(lets_no_second_request_be_smuggled_in),
		cmocka_unit_test(refuses_broken_chunks),
		cmocka_unit_test(refuses_what_is_too_large),
		cmocka_unit_test(refuses_a_body_that_is_too_large_before_it_comes),
		cmocka_unit_test(tells_a_client_that_still_sends_that_it_is_too_much),
		cmocka_unit_test(counts_the_bytes_of_chunked_bodies),
		cmocka_unit_test(takes_only_json),
		cmocka_unit_test(takes_only_one_strict_json_object),
		cmocka_unit_test(names_a_problem_in_the_language_asked_for),
		cmocka_unit_test(gives_each_problem_a_number_of_its_own),
		cmocka_unit_test(writes_every_problem_as_json),
		cmocka_unit_test(says_which_methods_a_path_allows),
		cmocka_unit_test(answers_head_without_a_body),
		cmocka_unit_test(answers_204_without_length_and_lets_a_handler_set_headers),
		cmocka_unit_test(decodes_parameters_and_refuses_hidden_slashes),
		cmocka_unit_test(asks_each_column_for_a_credential_of_its_shape),
		cmocka_unit_test(takes_an_executors_header_in_one_form_only),
		cmocka_unit_test(says_continue_only_when_a_body_is_wanted),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
