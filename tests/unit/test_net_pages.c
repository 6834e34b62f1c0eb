/* Files built into a daemon: which form of them a browser gets, and when it hears that it has the newest. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/pages.h"
#include "test_net_world.h"

#define H "Host: a\r\n"
#define TAG "\"tag-1\""

static struct world w;

static void
takes_gzip_where_the_header_names_it(void **state)
{
	static const char *const yes[] = { "gzip", "GZIP", "GZip", "deflate, gzip", "gzip, deflate, br, zstd",
		"br,gzip", " gzip ", "\tgzip\t,br", ",, gzip", "gzip;q=1", "gzip;q=0.5", "gzip;q=0.001", "gzip ; q=0.5",
		"gzip;Q=1.0", "br;q=0, gzip", "identity;q=0,gzip;q=0.1" };

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!el_pages_accepts_gzip(yes[i]))
			fail_msg("\"%s\"", yes[i]);
}

static void
sends_plain_text_to_everybody_else(void **state)
{
	static const char *const no[] = { "", " ", ",", ",,,", "identity", "gzipx", "xgzip", "x-gzip", "gz", "g zip",
		"deflate, br", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "gzip; q=0", "gzip ;q=0", "gzip;\tQ=0",
		"GZIP;q=0", "br, gzip;q=0", "gzip/1", "br;x=gzip", "br;gzip" };

	(void)state;
	assert_false(el_pages_accepts_gzip(NULL));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (el_pages_accepts_gzip(no[i]))
			fail_msg("\"%s\"", no[i]);
}

static void
knows_its_tag_in_every_form(void **state)
{
	static const char *const yes[] = { TAG, "W/" TAG, "*", " * ", "\"a\", " TAG, TAG ", \"b\"",
		"\"a\",W/" TAG ",\"b\"", "\t" TAG " ", ",," TAG };

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!el_pages_tag_matches(yes[i], TAG))
			fail_msg("%s", yes[i]);
}

static void
takes_no_other_tag_for_its_own(void **state)
{
	static const char *const no[] = { "", ",", "W/", "\"tag-10\"", "\"tag-\"", "\"tag-1", "tag-1", "\"\"", "**",
		"W/*", "w/" TAG, "W/W/" TAG, "\"TAG-1\"", "\"a\", \"b\"", TAG TAG, TAG " " TAG, "x" TAG };

	(void)state;
	assert_false(el_pages_tag_matches(NULL, TAG));
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (el_pages_tag_matches(no[i], TAG))
			fail_msg("%s", no[i]);
}

static void
answers_with_the_file_and_its_headers(void **state)
{
	const struct answer *a = answered(&w, "GET /page/ HTTP/1.1\r\n" H "\r\n", 200);

	(void)state;
	assert_string_equal(a->body, "plain text");
	assert_string_equal(header_in(a, "content-type"), "text/html; charset=utf-8");
	assert_string_equal(header_in(a, "etag"), TAG);
	assert_string_equal(header_in(a, "vary"), "Accept-Encoding");
	assert_string_equal(header_in(a, "cache-control"), "no-cache");
	assert_string_equal(header_in(a, "x-own"), "yes");
	assert_string_equal(header_in(a, "x-content-type-options"), "nosniff");
	assert_null(header_in(a, "content-encoding"));
	/* What stands behind the path is none of its name. */
	a = answered(&w, "GET /page/?x=/page/small HTTP/1.1\r\n" H "\r\n", 200);
	assert_string_equal(header_in(a, "etag"), TAG);
}

static void
answers_packed_to_who_takes_it(void **state)
{
	const struct answer *a = answered(&w, "GET /page/ HTTP/1.1\r\n" H "Accept-Encoding: br, gzip\r\n\r\n", 200);

	(void)state;
	assert_string_equal(a->body, "PACKED");
	assert_string_equal(header_in(a, "content-encoding"), "gzip");
	assert_string_equal(header_in(a, "vary"), "Accept-Encoding");
	assert_string_equal(header_in(a, "content-type"), "text/html; charset=utf-8");
	a = answered(&w, "GET /page/ HTTP/1.1\r\n" H "Accept-Encoding: gzip;q=0\r\n\r\n", 200);
	assert_string_equal(a->body, "plain text");
	assert_null(header_in(a, "content-encoding"));
	/* A file that is no shorter packed is not packed. */
	a = answered(&w, "GET /page/small HTTP/1.1\r\n" H "Accept-Encoding: gzip\r\n\r\n", 200);
	assert_string_equal(a->body, "plain text");
	assert_null(header_in(a, "content-encoding"));
	assert_string_equal(header_in(a, "vary"), "Accept-Encoding");
}

static void
says_that_the_file_is_as_it_was(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	send_text(fd, "GET /page/ HTTP/1.1\r\n" H "If-None-Match: W/" TAG "\r\n\r\n"
		      "GET /page/ HTTP/1.1\r\n" H "If-None-Match: \"tag-2\"\r\n\r\n");
	read_head_answer(fd, &a);
	assert_int_equal(a.status, 304);
	assert_string_equal(header_in(&a, "etag"), TAG);
	assert_string_equal(header_in(&a, "cache-control"), "no-cache");
	assert_string_equal(header_in(&a, "vary"), "Accept-Encoding");
	assert_null(header_in(&a, "content-length"));
	/* No body came with it, or this would be lost. */
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "plain text");
	close(fd);
}

static void
answers_head_as_get_without_the_body(void **state)
{
	const int fd = dial(w.port);
	struct answer a;

	(void)state;
	send_text(fd, "HEAD /page/ HTTP/1.1\r\n" H "Accept-Encoding: gzip\r\n\r\nHEAD /page/ HTTP/1.1\r\n" H "\r\n"
		      "HEAD /page/other HTTP/1.1\r\n" H "\r\nGET /page/small HTTP/1.1\r\n" H "\r\n");
	read_head_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(header_in(&a, "content-length"), "6");
	assert_string_equal(header_in(&a, "content-encoding"), "gzip");
	read_head_answer(fd, &a);
	assert_string_equal(header_in(&a, "content-length"), "10");
	assert_string_equal(header_in(&a, "etag"), TAG);
	read_head_answer(fd, &a);
	assert_int_equal(a.status, 404);
	read_answer(fd, &a);
	assert_string_equal(a.body, "plain text");
	close(fd);
}

static void
leads_to_the_path_with_its_slash(void **state)
{
	const struct answer *a = answered(&w, "GET /page HTTP/1.1\r\n" H "\r\n", 308);

	(void)state;
	assert_string_equal(header_in(a, "location"), "/page/");
	assert_int_equal(a->len, 0);
	a = answered(&w, "GET /page?next=//elsewhere.example/ HTTP/1.1\r\n" H "\r\n", 308);
	assert_string_equal(header_in(a, "location"), "/page/");
}

static void
refuses_what_is_no_file(void **state)
{
	static const char *const unknown[] = { "/page/smal", "/page/small/", "/page/smalls", "/page/Small", "/page//",
		"/page/%73mall", "/page/./small", "/page/../page/", "/page/x/../small", "/page/..;/small" };
	/* Which no route may decode to a name. */
	static const char *const malformed[] = { "/page/small%00", "/page/..%2fsmall", "/page/%zz" };
	char request[EL_HTTP_URL_MAX + 64], name[EL_HTTP_URL_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		const struct answer *a;

		(void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" H "\r\n", unknown[i]);
		a = refused(&w, request, 404, "not_found");
		assert_null(header_in(a, "etag"));
		assert_null(header_in(a, "location"));
	}
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		(void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" H "\r\n", malformed[i]);
		(void)refused(&w, request, 400, "malformed_request");
	}
	/* The longest path that the server takes has no room for a slash, and needs none. */
	memset(name, 'x', sizeof name);
	(void)snprintf(request, sizeof request, "GET /page/%.*s HTTP/1.1\r\n" H "\r\n", EL_HTTP_URL_MAX - 6, name);
	(void)refused(&w, request, 404, "not_found");
}

/* A client that does not read: what it gets waits in its own small buffer. */
static int
dial_slowly(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(w.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096, segment = 536;

	assert_true(fd >= 0);
	/* Small segments as on a real line, of which the server's kernel takes less at a time than of loopback's. */
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
gives_a_slow_reader_every_byte_and_the_next_answer_after_it(void **state)
{
	const int fd = dial_slowly();
	struct answer a;

	(void)state;
	send_text(fd, "GET /page/large HTTP/1.1\r\n" H "\r\nGET /page/small HTTP/1.1\r\n" H "\r\n");
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.len, LARGE_LEN);
	for (size_t i = 0; i < LARGE_LEN; i++)
		if ((unsigned char)a.body[i] != (unsigned char)(i * 7 + i / 251))
			fail_msg("byte %zu is another", i);
	read_answer(fd, &a);
	assert_string_equal(a.body, "plain text");
	(void)close(fd);
}

/* Kilobytes that the server's process holds by itself. */
static unsigned long
resident_kib(void)
{
	char path[64], line[128];
	unsigned long kib = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)w.pid);
	assert_non_null(f = fopen(path, "r"));
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	(void)fclose(f);
	assert_int_not_equal(kib, 0);
	return kib;
}

static void
holds_one_copy_of_a_file_however_many_read_it_slowly(void **state)
{
	enum { READERS = 40 };
	unsigned long before;
	int fds[READERS];
	unsigned calls;

	(void)state;
	(void)answered(&w, "GET /page/large HTTP/1.1\r\n" H "\r\n", 200); /* the file itself is there now */
	before = resident_kib();
	calls = world_calls(&w);
	for (size_t i = 0; i < READERS; i++) {
		fds[i] = dial_slowly();
		send_text(fds[i], "GET /page/large HTTP/1.1\r\n" H "\r\n");
	}
	for (int ms = 0; ms < PATIENCE_MS && world_calls(&w) < calls + READERS; ms++)
		(void)usleep(1000);
	assert_int_equal(world_calls(&w), calls + READERS);
	print_message("# %lu KiB before, %lu KiB with %d readers\n", before, resident_kib(), READERS);
	assert_true(resident_kib() < before + READERS * (LARGE_LEN / 1024) / 4);
	for (size_t i = 0; i < READERS; i++)
		(void)close(fds[i]);
}

static int
begin(void **state)
{
	(void)state;
	world_begin(&w, NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	world_end(&w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_gzip_where_the_header_names_it),
		cmocka_unit_test(sends_plain_text_to_everybody_else),
		cmocka_unit_test(knows_its_tag_in_every_form),
		cmocka_unit_test(takes_no_other_tag_for_its_own),
		cmocka_unit_test(answers_with_the_file_and_its_headers),
		cmocka_unit_test(answers_packed_to_who_takes_it),
		cmocka_unit_test(says_that_the_file_is_as_it_was),
		cmocka_unit_test(answers_head_as_get_without_the_body),
		cmocka_unit_test(leads_to_the_path_with_its_slash),
		cmocka_unit_test(refuses_what_is_no_file),
		cmocka_unit_test(gives_a_slow_reader_every_byte_and_the_next_answer_after_it),
		cmocka_unit_test(holds_one_copy_of_a_file_however_many_read_it_slowly),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
