/* Deadlines, caps, clients that leave, and stopping. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_net_world.h"

#define H "Host: a\r\n"
#define JSON "Content-Type: application/json\r\n"
#define GET "GET /time HTTP/1.1\r\n" H "\r\n"
#define LATER "GET /later HTTP/1.1\r\n" H "\r\n"

/* Send a text again and again, a bit at a time, until the server says something or hangs up. */
static void
drip(int fd, const char *text)
{
	for (unsigned i = 0; i < PATIENCE_MS / 10; i++) {
		struct pollfd p = { fd, POLLIN, 0 };

		if (poll(&p, 1, 10) == 1 || !offer_bytes(fd, text, strlen(text)))
			return;
	}
	fail_msg("the server listens for ever");
}

static void
expect_timeout(int fd)
{
	struct answer a;

	read_answer(fd, &a);
	assert_int_equal(a.status, 408);
	assert_member(&a, "code", "timeout");
	assert_string_equal(header_in(&a, "connection"), "close");
}

static void
ends_a_head_that_comes_drop_by_drop(void **state)
{
	const struct el_http_limits limits = { .head_ms = 1000 };
	struct world w;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	send_text(fd, "GET /time HTTP/1.1\r\nX: ");
	drip(fd, "x");
	expect_timeout(fd);
	close(fd);
	world_end(&w);
}

static void
ends_a_client_that_sends_only_empty_lines(void **state)
{
	const struct el_http_limits limits = { .head_ms = 1000 };
	struct world w;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	drip(fd, "\r\n");
	(void)ends(fd);
	close(fd);
	world_end(&w);
}

static void
ends_a_client_that_says_nothing(void **state)
{
	const struct el_http_limits limits = { .head_ms = 200 };
	struct world w;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	assert_true(ends(fd)); /* without a word */
	close(fd);
	world_end(&w);
}

static void
ends_a_body_that_comes_drop_by_drop(void **state)
{
	const struct el_http_limits limits = { .body_ms = 300 };
	struct world w;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	send_text(fd, "POST /big HTTP/1.1\r\n" H JSON "Content-Length: 200000\r\n\r\n");
	drip(fd, "x");
	expect_timeout(fd);
	close(fd);
	fd = dial(w.port);
	send_text(fd, "POST /big HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n");
	drip(fd, "1\r\nx\r\n");
	expect_timeout(fd);
	close(fd);
	/* Also of a body that nobody wants. */
	fd = dial(w.port);
	send_text(fd, "POST /none HTTP/1.1\r\n" H JSON "Content-Length: 60000\r\n\r\n");
	drip(fd, "x");
	expect_timeout(fd);
	close(fd);
	assert_int_equal(world_calls(&w), 0);
	world_end(&w);
}

static void
closes_what_is_idle_between_two_requests(void **state)
{
	const struct el_http_limits limits = { .idle_ms = 200 };
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	send_text(fd, GET);
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_true(ends(fd));
	close(fd);
	world_end(&w);
}

static void
gives_a_pipelined_head_no_more_time_than_another(void **state)
{
	const struct el_http_limits limits = { .head_ms = 1000 };
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	send_text(fd, GET "GET /time HTTP");
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	expect_timeout(fd);
	assert_true(ends(fd));
	close(fd);
	world_end(&w);
}

static void
answers_busy_when_no_answer_comes_in_time(void **state)
{
	const struct el_http_limits limits = { .answer_ms = 200 };
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	send_text(fd, LATER);
	read_answer(fd, &a);
	assert_int_equal(a.status, 503);
	assert_member(&a, "code", "busy");
	assert_string_equal(header_in(&a, "retry-after"), "1");
	assert_non_null(strstr(a.body, "\"retry_after\":1"));
	world_answer_deferred(&w); /* too late: it finds nobody */
	send_text(fd, GET);
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"time\":1}");
	close(fd);
	world_end(&w);
}

static void
leaves_a_client_that_does_not_read(void **state)
{
	const struct el_http_limits limits = { .write_ms = 50 };
	const int small = 4096;
	struct pollfd p = { .events = POLLIN };
	struct world w;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	p.fd = fd = dial(w.port);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	send_text(fd, "GET /large HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1); /* the answer has begun */
	world_await_connections(&w, 0);
	close(fd);
	world_end(&w);
}

static void
sends_a_large_answer_whole(void **state)
{
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, NULL);
	fd = dial(w.port);
	send_text(fd, "GET /large HTTP/1.1\r\n" H "\r\nGET /large HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
	for (unsigned i = 0; i < 2; i++) {
		read_answer(fd, &a);
		assert_int_equal(a.len, LARGE_LEN);
		for (size_t k = 0; k < a.len; k++)
			if (a.body[k] != (char)('a' + k % 23))
				fail_msg("byte %zu", k);
	}
	assert_true(ends(fd));
	close(fd);
	world_end(&w);
}

/* A connection that has been served once and stays. */
static int
served(const struct world *w, const char *source)
{
	const int fd = dial_from(w->port, source);
	struct answer a;

	send_text(fd, GET);
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	return fd;
}

static void
takes_no_more_connections_than_its_cap(void **state)
{
	const struct el_http_limits limits = { .connections = 3, .per_address = 3 };
	struct world w;
	int fds[3], fd;

	(void)state;
	world_begin(&w, &limits);
	for (unsigned i = 0; i < 3; i++)
		fds[i] = served(&w, "127.0.0.1");
	fd = dial_from(w.port, "127.0.0.2");
	(void)ends(fd);
	close(fd);
	close(fds[1]);
	world_await_connections(&w, 2);
	fds[1] = served(&w, "127.0.0.2");
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	world_await_connections(&w, 0);
	world_end(&w);
}

static void
takes_no_more_connections_of_one_address_than_its_cap(void **state)
{
	const struct el_http_limits limits = { .per_address = 2 };
	struct world w;
	int fds[3], fd;

	(void)state;
	world_begin(&w, &limits);
	fds[0] = served(&w, "127.0.0.1");
	fds[1] = served(&w, "127.0.0.1");
	fd = dial(w.port);
	(void)ends(fd);
	close(fd);
	fds[2] = served(&w, "127.0.0.2"); /* the others are not affected */
	close(fds[0]);
	world_await_connections(&w, 2);
	fds[0] = served(&w, "127.0.0.1");
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	world_end(&w);
}

static void
expect_address(int fd, const char *headers, const char *address)
{
	char text[512];
	struct answer a;

	(void)snprintf(text, sizeof text, "GET /who HTTP/1.1\r\n" H "%s\r\n", headers);
	send_text(fd, text);
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_member(&a, "address", address);
}

/* 127.0.0.2, so that 127.0.0.1 is a stranger. */
static struct el_proxies
one_proxy(void)
{
	static const struct el_conf_list list = { .item = { "127.0.0.2" }, .n = 1 };
	struct el_proxies out;

	assert_int_equal(el_proxies_read(&list, &out), EL_OK);
	return out;
}

static void
takes_a_clients_address_from_a_trusted_proxy_only(void **state)
{
	const struct el_proxies proxies = one_proxy();
	struct world w;
	int proxy, stranger;

	(void)state;
	world_begin_behind(&w, NULL, &proxies);
	proxy = served(&w, "127.0.0.2");
	stranger = served(&w, "127.0.0.1");
	expect_address(proxy, "X-Forwarded-For: 192.0.2.1\r\n", "::ffff:192.0.2.1");
	expect_address(proxy, "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"); /* each request its own */
	expect_address(proxy, "X-Forwarded-For: 10.0.0.1, x,\t192.0.2.2 \r\n", "::ffff:192.0.2.2");
	expect_address(
	    proxy, "X-Forwarded-For: 192.0.2.3\r\nA: b\r\nx-forwarded-for: 192.0.2.4\r\n", "::ffff:192.0.2.4");
	/* Nothing that counts: the proxy asks for itself. */
	expect_address(proxy, "", "::ffff:127.0.0.2");
	expect_address(proxy, "X-Forwarded-For: 192.0.2.1, unknown\r\n", "::ffff:127.0.0.2");
	expect_address(proxy, "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For:\r\n", "::ffff:127.0.0.2");
	expect_address(proxy, "Forwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\n", "::ffff:127.0.0.2");
	expect_address(stranger, "X-Forwarded-For: 192.0.2.1\r\n", "::ffff:127.0.0.1");
	close(proxy);
	close(stranger);
	world_end(&w);
}

static void
caps_a_trusted_proxys_connections_with_everybodys_only(void **state)
{
	const struct el_http_limits limits = { .connections = 5, .per_address = 1 };
	const struct el_proxies proxies = one_proxy();
	struct world w;
	int fds[5], fd;

	(void)state;
	world_begin_behind(&w, &limits, &proxies);
	fds[0] = served(&w, "127.0.0.1");
	fd = dial(w.port);
	(void)ends(fd); /* a stranger has one */
	close(fd);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 1; i < 5; i++)
			fds[i] = served(&w, "127.0.0.2");
		fd = dial_from(w.port, "127.0.0.2");
		(void)ends(fd);
		close(fd);
		for (unsigned i = 1; i < 5; i++)
			close(fds[i]);
		world_await_connections(&w, 1);
	}
	close(fds[0]);
	world_await_connections(&w, 0);
	close(served(&w, "127.0.0.1"));
	world_end(&w);
}

static void
lets_clients_wait_when_it_has_no_descriptors(void **state)
{
	const rlim_t few = 20;
	struct rlimit all, l;
	int fds[30];
	struct world w;
	struct answer a;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &all), 0);
	l = all;
	l.rlim_cur = few;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &l), 0);
	world_begin(&w, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &all), 0);
	for (unsigned i = 0; i < 30; i++) {
		fds[i] = dial(w.port);
		send_text(fds[i], GET);
	}
	/* Each that is answered makes room for another. */
	for (unsigned i = 0; i < 30; i++) {
		read_answer(fds[i], &a);
		assert_int_equal(a.status, 200);
		close(fds[i]);
	}
	world_end(&w);
}

static void
forgets_a_request_whose_client_has_left(void **state)
{
	struct world w;
	int fds[2];

	(void)state;
	world_begin(&w, NULL);
	for (unsigned i = 0; i < 2; i++) {
		fds[i] = dial(w.port);
		send_text(fds[i], LATER);
	}
	world_await_deferred(&w, 2);
	close(fds[0]);
	world_await_deferred(&w, 1);
	/* Ending the sending side is leaving, too. */
	assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
	world_await_deferred(&w, 0);
	world_await_connections(&w, 0);
	world_answer_deferred(&w);
	close(fds[1]);
	world_end(&w);
}

static void
works_off_pipelined_requests_that_each_wait_for_another_process(void **state)
{
	enum { N = 200 };
	struct world w;
	struct answer a;
	char note[32];
	int fd;

	(void)state;
	world_begin(&w, NULL);
	fd = dial(w.port);
	for (unsigned i = 0; i < N; i++)
		send_text(fd, LATER);
	for (unsigned i = 0; i < N; i++) {
		world_await_deferred(&w, 1); /* one at a time */
		world_answer_deferred(&w);
		read_answer(fd, &a);
		snprintf(note, sizeof note, "{\"note\":%u}", i + 1);
		assert_string_equal(a.body, note);
	}
	assert_true(is_silent(fd));
	close(fd);
	world_end(&w);
}

static void
leaves_what_it_has_no_room_for_in_the_socket(void **state)
{
	static char body[200 * 1024];
	char head[128];
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, NULL);
	fd = dial(w.port);
	send_text(fd, LATER);
	snprintf(head, sizeof head, "POST /big HTTP/1.1\r\n" H JSON "Content-Length: %zu\r\n\r\n", sizeof body);
	send_text(fd, head);
	memset(body, 'x', sizeof body);
	send_bytes(fd, body, sizeof body);
	send_text(fd, GET);
	world_await_deferred(&w, 1);
	assert_true(is_silent(fd));
	world_answer_deferred(&w);
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"note\":1}");
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"len\":204800}");
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"time\":1}");
	close(fd);
	world_end(&w);
}

static void
gives_no_late_answer_to_the_next_request_of_its_place(void **state)
{
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, NULL);
	fd = dial(w.port);
	send_text(fd, LATER);
	world_await_deferred(&w, 1);
	close(fd);
	world_await_connections(&w, 0);
	fd = dial(w.port); /* in the same slot */
	send_text(fd, LATER);
	world_await_deferred(&w, 1);
	world_answer_deferred(&w); /* the first's, then the second's */
	read_answer(fd, &a);
	assert_string_equal(a.body, "{\"note\":2}");
	assert_true(is_silent(fd));
	close(fd);
	world_end(&w);
}

static void
answers_busy_for_a_process_that_has_died(void **state)
{
	struct world w;
	struct answer a;
	int fds[2];

	(void)state;
	world_begin(&w, NULL);
	fds[0] = dial(w.port);
	send_text(fds[0], LATER);
	fds[1] = dial(w.port);
	send_text(fds[1], "GET /later HTTP/1.1\r\n" H "Peer: 1\r\n\r\n");
	world_await_deferred(&w, 2);
	world_fail_deferred(&w, 0);
	read_answer(fds[0], &a);
	assert_int_equal(a.status, 503);
	assert_member(&a, "code", "busy");
	assert_string_equal(header_in(&a, "retry-after"), "1");
	assert_true(is_silent(fds[1])); /* another's */
	world_answer_deferred(&w);
	read_answer(fds[1], &a);
	assert_int_equal(a.status, 200);
	/* The first is still a connection like any. */
	send_text(fds[0], GET);
	read_answer(fds[0], &a);
	assert_int_equal(a.status, 200);
	close(fds[0]);
	close(fds[1]);
	world_end(&w);
}

static void
answers_a_client_that_has_ended_its_sending_side(void **state)
{
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, NULL);
	fd = dial(w.port);
	send_text(fd, GET);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	read_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_true(ends(fd));
	close(fd);
	fd = dial(w.port);
	send_text(fd, "GET /large HTTP/1.1\r\n" H "\r\n");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	read_answer(fd, &a);
	assert_int_equal(a.len, LARGE_LEN);
	assert_true(ends(fd));
	close(fd);
	world_end(&w);
}

static void
drops_truncated_requests(void **state)
{
	static const char *const texts[] = { "", "\r\n", "GET", "GET /time HTTP/1.1\r\n" H "\r",
		"POST /echo HTTP/1.1\r\n" H JSON "Content-Length: 3\r\n\r\n{}",
		"POST /echo HTTP/1.1\r\n" H JSON "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r" };
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const int fd = dial(w.port);

		send_text(fd, texts[i]);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_true(ends(fd)); /* nothing is said, nothing done */
		close(fd);
	}
	assert_int_equal(world_calls(&w), 0);
	world_end(&w);
}

static void
survives_clients_that_reset_at_any_moment(void **state)
{
	static const char *const texts[] = { "", "GET /ti",
		"POST /echo HTTP/1.1\r\n" H JSON "Content-Length: 9\r\n\r\n{", LATER, GET GET GET,
		"GET /large HTTP/1.1\r\n" H "\r\n" GET,
		"POST /big HTTP/1.1\r\n" H JSON "Content-Length: 99999999\r\n\r\nx", "nonsense\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n" };
	const struct linger reset = { 1, 0 };
	struct world w;

	(void)state;
	world_begin(&w, NULL);
	for (unsigned round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			const int fd = dial(w.port);
			struct pollfd p = { fd, POLLIN, 0 };

			send_text(fd, texts[i]);
			if (round % 2 == 1 && i >= 4) /* after the server has said something */
				assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
			assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
			close(fd);
		}
	}
	world_await_connections(&w, 0);
	world_answer_deferred(&w);
	answered(&w, GET, 200);
	world_end(&w);
}

static void
lingers_no_longer_than_its_deadline(void **state)
{
	const struct el_http_limits limits = { .linger_ms = 300 };
	struct world w;
	struct answer a;
	int fd;

	(void)state;
	world_begin(&w, &limits);
	fd = dial(w.port);
	send_text(fd, "POST /big HTTP/1.1\r\n" H JSON "Content-Length: 99999999\r\n\r\n");
	read_answer(fd, &a);
	assert_int_equal(a.status, 413);
	assert_true(ends(fd)); /* its sending side; it still reads */
	world_await_connections(&w, 0);
	close(fd);
	world_end(&w);
}

/* ---- Stopping ---- */

static void
stops_when_what_it_accepted_is_answered(void **state)
{
	struct world w;
	struct answer a;
	int idle, waiting, begun;

	(void)state;
	world_begin(&w, NULL);
	idle = served(&w, "127.0.0.1");
	waiting = dial(w.port);
	send_text(waiting, LATER);
	world_await_deferred(&w, 1);
	begun = served(&w, "127.0.0.1");
	send_text(begun, "POST /echo HTTP/1.1\r\n" H JSON "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	read_answer(begun, &a);
	assert_int_equal(a.status, 100);
	world_stop(&w);
	assert_true(ends(idle));
	send_text(begun, "{}");
	read_answer(begun, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(header_in(&a, "connection"), "close");
	assert_true(ends(begun));
	close(begun);
	world_await_connections(&w, 1);
	world_answer_deferred(&w);
	read_answer(waiting, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(header_in(&a, "connection"), "close");
	assert_true(ends(waiting));
	close(waiting);
	close(idle);
	assert_true(ends(w.command)); /* the server ends by itself */
	world_end(&w);
}

static void
answers_what_had_arrived_when_it_was_told_to_stop(void **state)
{
	struct world w;
	struct answer a;
	int fds[8];

	(void)state;
	world_begin(&w, NULL);
	for (unsigned i = 0; i < 8; i++)
		fds[i] = served(&w, "127.0.0.1");
	/* Both are there when it wakes, in whatever order it looks at them. */
	assert_int_equal(kill(w.pid, SIGSTOP), 0);
	for (unsigned i = 0; i < 8; i++)
		send_text(fds[i], GET);
	assert_int_equal(write(w.command, "s", 1), 1);
	assert_int_equal(kill(w.pid, SIGCONT), 0);
	for (unsigned i = 0; i < 8; i++) {
		read_answer(fds[i], &a);
		assert_int_equal(a.status, 200);
		assert_true(ends(fds[i]));
		close(fds[i]);
	}
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_a_head_that_comes_drop_by_drop),
		cmocka_unit_test(ends_a_client_that_sends_only_empty_lines),
		cmocka_unit_test(ends_a_client_that_says_nothing),
		cmocka_unit_test(ends_a_body_that_comes_drop_by_drop),
		cmocka_unit_test(closes_what_is_idle_between_two_requests),
		cmocka_unit_test(gives_a_pipelined_head_no_more_time_than_another),
		cmocka_unit_test(answers_busy_when_no_answer_comes_in_time),
		cmocka_unit_test(leaves_a_client_that_does_not_read),
		cmocka_unit_test(sends_a_large_answer_whole),
		cmocka_unit_test(takes_no_more_connections_than_its_cap),
		cmocka_unit_test(takes_no_more_connections_of_one_address_than_its_cap),
		cmocka_unit_test(takes_a_clients_address_from_a_trusted_proxy_only),
		cmocka_unit_test(caps_a_trusted_proxys_connections_with_everybodys_only),
		cmocka_unit_test(lets_clients_wait_when_it_has_no_descriptors),
		cmocka_unit_test(forgets_a_request_whose_client_has_left),
		cmocka_unit_test(works_off_pipelined_requests_that_each_wait_for_another_process),
		cmocka_unit_test(leaves_what_it_has_no_room_for_in_the_socket),
		cmocka_unit_test(gives_no_late_answer_to_the_next_request_of_its_place),
		cmocka_unit_test(answers_busy_for_a_process_that_has_died),
		cmocka_unit_test(answers_a_client_that_has_ended_its_sending_side),
		cmocka_unit_test(drops_truncated_requests),
		cmocka_unit_test(survives_clients_that_reset_at_any_moment),
		cmocka_unit_test(lingers_no_longer_than_its_deadline),
		cmocka_unit_test(stops_when_what_it_accepted_is_answered),
		cmocka_unit_test(answers_what_had_arrived_when_it_was_told_to_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
