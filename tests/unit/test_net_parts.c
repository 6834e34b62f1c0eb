/* The pieces of the net layer that need no server: route tables, addresses, and the client against a server. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/client.h"
#include "net/json_text.h"
#include "net/net.h"
#include "net/proxy.h"
#include "net/route.h"
#include "test_net_world.h"

static void
nothing(struct el_http_request *req, void *ctx)
{
	(void)req, (void)ctx;
}

static int
check_one(struct el_route r)
{
	const struct el_route table[] = { { "GET", "/good", EL_AUTH_PUBLIC, 0, nothing }, r, { .method = NULL } };

	return el_routes_check(table);
}

static void
refuses_a_route_that_does_not_say_who_may_call(void **state)
{
	(void)state;
	assert_int_equal(check_one((struct el_route){ "GET", "/a", EL_AUTH_VISITOR, 0, nothing }), EL_OK);
	assert_int_equal(check_one((struct el_route){ "GET", "/a", EL_AUTH_UNSET, 0, nothing }), EL_ECONFIG);
	assert_int_equal(check_one((struct el_route){ "GET", "/a", EL_AUTH_EXECUTOR + 1, 0, nothing }), EL_ECONFIG);
	assert_int_equal(check_one((struct el_route){ "GET", "/a", EL_AUTH_PUBLIC, 0, NULL }), EL_ECONFIG);
}

static void
refuses_a_route_whose_path_is_no_pattern(void **state)
{
	static const char *const good[] = { "/", "/a/{b}", "/{a}/{b}/{c}/{d}", "/a/{b*}" };
	static const char *const bad[] = { "", "a", "/{}", "/{a", "/x{a}", "/{a}x", "/{a*}/b", "/{a}/{b}/{c}/{d}/{e}" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(check_one((struct el_route){ "GET", good[i], EL_AUTH_PUBLIC, 0, nothing }), EL_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(check_one((struct el_route){ "GET", bad[i], EL_AUTH_PUBLIC, 0, nothing }), EL_ECONFIG);
	assert_int_equal(check_one((struct el_route){ "GET", NULL, EL_AUTH_PUBLIC, 0, nothing }), EL_ECONFIG);
}

static void
lists_methods_no_longer_than_there_is_room(void **state)
{
	struct el_route table[30];
	struct el_match m;

	(void)state;
	for (size_t i = 0; i < 29; i++)
		table[i] = (struct el_route){ "DELETE", "/a", EL_AUTH_PUBLIC, 0, nothing };
	table[29] = (struct el_route){ .method = NULL };
	assert_int_equal(el_route_find(table, "GET", "/a", &m), EL_CODE_METHOD_NOT_ALLOWED);
	assert_true(strlen(m.allow) < sizeof m.allow);
	assert_memory_equal(m.allow, "DELETE, DELETE", 14);
}

static void
listens_only_on_an_address_with_a_port(void **state)
{
	static const char *const bad[] = { "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:1x",
		"127.0.0.1:65536", "127.0.0.1:-1", "localhost:0", "::1:0", "[::1]", "[]:0", "[127.0.0.1]:0", "1:2:3",
		"127.0.0.1:99999999999999999999", "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:0" };
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(el_net_listen(bad[i], &fd), EL_ECONFIG);
		assert_int_equal(fd, -1);
	}
	assert_int_equal(el_net_listen("192.0.2.1:0", &fd), EL_EIO); /* not an address of this machine */
	assert_int_equal(fd, -1);
	assert_int_equal(el_net_listen("127.0.0.1:0", &fd), EL_OK);
	close(fd);
}

/* Write what jansson would dump, and compare. */
static void
assert_same_text(json_t *stolen, const struct el_buf *written)
{
	char *const text = json_dumps(stolen, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(text);
	assert_int_equal(written->err, EL_OK);
	assert_int_equal(written->len, strlen(text));
	assert_memory_equal(written->p, text, written->len);
	free(text);
	json_decref(stolen);
}

static void
writes_json_as_jansson_does(void **state)
{
	static const uint64_t numbers[] = { 0, 9, 10, 65535, UINT64_C(1) << 53, INT64_MAX };
	struct el_buf out;
	struct el_json_text t;
	char text[8];

	(void)state;
	el_buf_init(&out, 4096);
	t = el_json_text_init(&out);
	el_json_text_open(&t, '{');
	el_json_text_key(&t, "empty");
	el_json_text_open(&t, '[');
	el_json_text_close(&t, ']');
	el_json_text_key(&t, "list");
	el_json_text_open(&t, '[');
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		el_json_text_uint(&t, numbers[i]);
	el_json_text_open(&t, '{');
	el_json_text_close(&t, '}');
	el_json_text_string(&t, "한국어 \" \\ / \x7f");
	el_json_text_close(&t, ']');
	el_json_text_key(&t, "bytes");
	el_json_text_bytes(&t, "\xfb\xff\xbf", 3);
	el_json_text_key(&t, "none");
	el_json_text_bytes(&t, "", 0);
	el_json_text_close(&t, '}');
	assert_same_text(
	    json_pack("{s:[], s:[I, I, I, I, I, I, {}, s], s:s, s:s}", "empty", "list", (json_int_t)0, (json_int_t)9,
		(json_int_t)10, (json_int_t)65535, (json_int_t)1 << 53, (json_int_t)INT64_MAX, "한국어 \" \\ / \x7f",
		"bytes", "-_-_", "none", ""),
	    &out);
	/* Every byte that stands for itself, alone and between others. */
	for (unsigned c = 1; c < 0x80; c++) {
		snprintf(text, sizeof text, "a%cb%c", (char)c, (char)c);
		for (size_t i = 0; i < 4; i++) {
			el_buf_clear(&out, 4096);
			t = el_json_text_init(&out);
			el_json_text_string(&t, text + i);
			assert_same_text(json_string(text + i), &out);
		}
	}
	el_buf_wipe(&out);
}

static void
stops_writing_json_where_the_buffer_ends(void **state)
{
	(void)state;
	for (size_t max = 0; max < 34; max++) {
		struct el_buf out;
		struct el_json_text t;

		el_buf_init(&out, max);
		t = el_json_text_init(&out);
		el_json_text_open(&t, '{');
		el_json_text_key(&t, "key");
		el_json_text_bytes(&t, "0123456789012345", 16);
		el_json_text_close(&t, '}');
		assert_true(out.len <= max);
		assert_int_equal(out.err, max < 32 ? EL_ELIMIT : EL_OK);
		el_buf_wipe(&out);
	}
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

static void
shares_an_address_among_its_own_sockets_only(void **state)
{
	int fds[3], again[2], alone;
	char address[32];

	(void)state;
	assert_int_equal(el_net_listen_each("127.0.0.1:x", fds, 3), EL_ECONFIG);
	assert_int_equal(fds[2], -1);
	assert_int_equal(el_net_listen_each("127.0.0.1:0", fds, 3), EL_OK);
	assert_int_equal(port_of(fds[1]), port_of(fds[0]));
	assert_int_equal(port_of(fds[2]), port_of(fds[0]));
	snprintf(address, sizeof address, "127.0.0.1:%u", port_of(fds[0]));
	/* A second daemon would share it without a word. */
	assert_int_equal(el_net_listen_each(address, again, 2), EL_EIO);
	assert_int_equal(again[0], -1);
	assert_int_equal(again[1], -1);
	assert_int_equal(el_net_listen(address, &alone), EL_EIO);
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
	/* And none may be shared that another has for itself. */
	assert_int_equal(el_net_listen(address, &alone), EL_OK);
	assert_int_equal(el_net_listen_each(address, again, 2), EL_EIO);
	close(alone);
	assert_int_equal(el_net_listen_each(address, again, 2), EL_OK);
	close(again[0]);
	close(again[1]);
}

static void
counts_connections_of_an_address_and_of_an_ipv6_network(void **state)
{
	uint8_t v4[EL_ADDRESS_LEN] = { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1 };
	uint8_t v6[EL_ADDRESS_LEN] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct el_addresses *t;

	(void)state;
	assert_int_equal(el_addresses_new(&t), EL_OK);
	assert_int_equal(el_addresses_take(t, v4, 0), EL_EBUSY);
	assert_int_equal(el_addresses_take(t, v4, 1), EL_OK);
	assert_int_equal(el_addresses_take(t, v4, 1), EL_EBUSY);
	v4[15] = 2; /* its neighbour is another */
	assert_int_equal(el_addresses_take(t, v4, 1), EL_OK);
	el_addresses_give(t, v4);
	assert_int_equal(el_addresses_take(t, v4, 1), EL_OK);
	v6[15] = 1;
	assert_int_equal(el_addresses_take(t, v6, 1), EL_OK);
	v6[8] = 7; /* in the same /64 */
	assert_int_equal(el_addresses_take(t, v6, 1), EL_EBUSY);
	v6[7] = 7;
	assert_int_equal(el_addresses_take(t, v6, 1), EL_OK);
	/* Many of them, each counted apart. */
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			uint8_t a[EL_ADDRESS_LEN] = { 0xfd, [1] = (uint8_t)(i >> 8), [2] = (uint8_t)i };

			if (round == 0)
				assert_int_equal(el_addresses_take(t, a, 1), EL_OK);
			else
				el_addresses_give(t, a);
		}
	}
	el_addresses_free(t); /* with some still taken */
	el_addresses_free(NULL);
}

static void
reads_the_address_of_a_socket(void **state)
{
	struct sockaddr_storage s;
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	static const uint8_t mapped[EL_ADDRESS_LEN] = { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 9 };
	static const uint8_t none[EL_ADDRESS_LEN];
	uint8_t out[EL_ADDRESS_LEN];

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.0.2.9", &v4.sin_addr), 1);
	memset(&s, 0, sizeof s);
	memcpy(&s, &v4, sizeof v4);
	el_address_of(&s, out);
	assert_memory_equal(out, mapped, sizeof out);
	/* As an IPv6 socket shows the same client. */
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &v6.sin6_addr), 1);
	memcpy(&s, &v6, sizeof v6);
	el_address_of(&s, out);
	assert_memory_equal(out, mapped, sizeof out);
	memset(&s, 0, sizeof s);
	s.ss_family = AF_UNIX;
	el_address_of(&s, out);
	assert_memory_equal(out, none, sizeof out);
}

static void
reads_what_a_proxy_says_of_its_client(void **state)
{
	static const char *const good[][2] = { { "192.0.2.9", "::ffff:192.0.2.9" },
		{ " 192.0.2.9\t", "::ffff:192.0.2.9" }, { "::ffff:192.0.2.9", "::ffff:192.0.2.9" },
		{ "2001:DB8::9", "2001:db8::9" }, { "spoofed, 10.0.0.1,192.0.2.9", "::ffff:192.0.2.9" },
		{ ",,::1", "::1" }, { "2001:0db8:0000:0000:0000:0000:0000:0009", "2001:db8::9" } };
	static const char *const bad[] = { "", " ", ",", "192.0.2.9,", "192.0.2.9, ", "192.0.2.9:443", "[2001:db8::9]",
		"[2001:db8::9]:443", "fe80::1%eth0", "192.0.2", "192.0.2.256", "192.0.2.9 192.0.2.8", "unknown",
		"0xc0.0.2.9", "3221225993", "\"192.0.2.9\"", "2001:db8::9/64",
		"2001:0db8:0000:0000:0000:0000:0000:0000:0009",
		"0000000000000000000000000000000000000000000000192.0.2.9" };
	static const uint8_t untouched[EL_ADDRESS_LEN] = { 7 };
	uint8_t out[EL_ADDRESS_LEN], expected[EL_ADDRESS_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(el_proxy_client(good[i][0], out), EL_OK);
		assert_int_equal(inet_pton(AF_INET6, good[i][1], expected), 1);
		assert_memory_equal(out, expected, sizeof out);
	}
	memcpy(out, untouched, sizeof out);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(el_proxy_client(bad[i], out), EL_EFORMAT);
	assert_memory_equal(out, untouched, sizeof out);
}

static void
knows_the_proxies_of_its_configuration(void **state)
{
	struct el_conf_list list = { .item = { "127.0.0.1", "2001:db8::9" }, .n = 2 };
	uint8_t a[EL_ADDRESS_LEN];
	struct el_proxies p;

	(void)state;
	assert_int_equal(el_proxies_read(&list, &p), EL_OK);
	assert_int_equal(el_proxy_client("::ffff:127.0.0.1", a), EL_OK);
	assert_true(el_proxies_has(&p, a));
	assert_int_equal(el_proxy_client("2001:db8::9", a), EL_OK);
	assert_true(el_proxies_has(&p, a));
	assert_int_equal(el_proxy_client("2001:db8::8", a), EL_OK);
	assert_false(el_proxies_has(&p, a)); /* one machine, not its network */
	(void)snprintf(list.item[1], sizeof list.item[1], "proxy.example");
	assert_int_equal(el_proxies_read(&list, &p), EL_ECONFIG);
	assert_int_equal(p.n, 0);
	list.n = 0;
	assert_int_equal(el_proxies_read(&list, &p), EL_OK);
	assert_false(el_proxies_has(&p, a));
}

/* ---- The client ---- */

static int
call(const struct world *w, const char *method, const char *path, const char *body, unsigned timeout_s, long *status,
    struct el_buf *out)
{
	char url[128];
	const struct el_client_call c = { .method = method,
		.url = url,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0,
		.timeout_s = timeout_s };

	snprintf(url, sizeof url, "http://127.0.0.1:%u%s", w->port, path);
	return el_client_call(&c, status, out);
}

static void
calls_a_server_and_gives_its_status_and_body(void **state)
{
	struct world w;
	struct el_buf out;
	long status;

	(void)state;
	world_begin(&w, NULL);
	el_buf_init(&out, 1000);
	assert_int_equal(call(&w, "GET", "/time", NULL, 20, &status, &out), EL_OK);
	assert_int_equal(status, 200);
	assert_int_equal(out.len, 10);
	assert_memory_equal(out.p, "{\"time\":1}", 10);
	el_buf_wipe(&out);
	assert_int_equal(call(&w, "POST", "/echo", "{\"a\":1}", 20, &status, &out), EL_OK);
	assert_int_equal(status, 200);
	assert_memory_equal(out.p, "{\"a\":1}", 7);
	el_buf_wipe(&out);
	assert_int_equal(call(&w, "DELETE", "/echo", NULL, 20, &status, &out), EL_OK);
	assert_int_equal(status, 204);
	assert_int_equal(out.len, 0);
	assert_int_equal(call(&w, "GET", "/none", NULL, 20, &status, &out), EL_OK); /* an answer, too */
	assert_int_equal(status, 404);
	el_buf_wipe(&out);
	world_end(&w);
}

static void
ends_a_call_that_takes_too_long_or_brings_too_much(void **state)
{
	const struct el_client_call file = { .method = "GET", .url = "file:///etc/hostname", .timeout_s = 20 };
	struct world w;
	struct el_buf out;
	long status;

	(void)state;
	world_begin(&w, NULL);
	el_buf_init(&out, 1000);
	assert_int_equal(call(&w, "GET", "/large", NULL, 20, &status, &out), EL_ELIMIT);
	el_buf_wipe(&out);
	assert_int_equal(call(&w, "GET", "/later", NULL, 1, &status, &out), EL_ECLOSED);
	world_await_deferred(&w, 0);
	assert_int_equal(el_client_call(&file, &status, &out), EL_ECLOSED);
	world_end(&w);
	assert_int_equal(call(&w, "GET", "/time", NULL, 20, &status, &out), EL_ECLOSED);
	assert_int_equal(status, 0);
	el_buf_wipe(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_route_that_does_not_say_who_may_call),
		cmocka_unit_test(refuses_a_route_whose_path_is_no_pattern),
		cmocka_unit_test(lists_methods_no_longer_than_there_is_room),
		cmocka_unit_test(listens_only_on_an_address_with_a_port),
		cmocka_unit_test(shares_an_address_among_its_own_sockets_only),
		cmocka_unit_test(writes_json_as_jansson_does),
		cmocka_unit_test(stops_writing_json_where_the_buffer_ends),
		cmocka_unit_test(counts_connections_of_an_address_and_of_an_ipv6_network),
		cmocka_unit_test(reads_the_address_of_a_socket),
		cmocka_unit_test(reads_what_a_proxy_says_of_its_client),
		cmocka_unit_test(knows_the_proxies_of_its_configuration),
		cmocka_unit_test(calls_a_server_and_gives_its_status_and_body),
		cmocka_unit_test(ends_a_call_that_takes_too_long_or_brings_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
