#include "test_net_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/net.h"
#include "net/pages.h"
#include "net/server_internal.h"

/* ---- The server's side ---- */

#define WAITING_MAX 4096

struct site {
	struct event_base *base;
	struct el_http_server *server;
	struct event *command_event, *stop_event;
	int command;
	bool stopping;
	uint32_t calls;
	uint64_t waiting[WAITING_MAX];
	size_t n_waiting;
};

static void
on_time(struct el_http_request *req, void *ctx)
{
	((struct site *)ctx)->calls++;
	el_http_reply_json(req, 200, json_pack("{s:i}", "time", 1));
}

static void
on_params(struct el_http_request *req, void *ctx)
{
	((struct site *)ctx)->calls++;
	el_http_reply_json(req, 200,
	    json_pack("{s:s?, s:s?, s:s?, s:s?, s:s}", "a", el_http_param(req, "a"), "b", el_http_param(req, "b"),
		"all", el_http_param(req, "all"), "x", el_http_header(req, "x"), "target", el_http_target(req)));
}

static void
on_echo(struct el_http_request *req, void *ctx)
{
	json_t *v;

	((struct site *)ctx)->calls++;
	if ((v = el_http_json(req)) != NULL)
		el_http_reply_json(req, 200, v);
}

static void
on_delete(struct el_http_request *req, void *ctx)
{
	((struct site *)ctx)->calls++;
	el_http_reply(req, 204, NULL, NULL, NULL, 0);
}

static void
on_big(struct el_http_request *req, void *ctx)
{
	size_t len;

	((struct site *)ctx)->calls++;
	(void)el_http_body(req, &len);
	el_http_reply_json(req, 200, json_pack("{s:I}", "len", (json_int_t)len));
}

static void
on_large(struct el_http_request *req, void *ctx)
{
	uint8_t *bytes = malloc(LARGE_LEN);

	((struct site *)ctx)->calls++;
	if (bytes == NULL) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	for (size_t i = 0; i < LARGE_LEN; i++)
		bytes[i] = (uint8_t)('a' + i % 23);
	el_http_reply(req, 200, "text/plain", NULL, bytes, LARGE_LEN);
	free(bytes);
}

static void
on_own(struct el_http_request *req, void *ctx)
{
	((struct site *)ctx)->calls++;
	el_http_reply(req, 200, "text/plain", "Cache-Control: max-age=60\r\nX-Own: yes\r\n", "own", 3);
}

static void
on_later(struct el_http_request *req, void *ctx)
{
	struct site *s = ctx;
	const char *peer = el_http_header(req, "peer");

	s->calls++;
	if (s->n_waiting == WAITING_MAX) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	el_http_set_note(req, s->calls);
	s->waiting[s->n_waiting++] = el_http_defer(req, 1, peer != NULL && *peer == '1' ? 1 : 0);
}

static void
on_page(struct el_http_request *req, void *ctx)
{
	static const unsigned char plain[] = "plain text", packed[] = "PACKED";
	static unsigned char large[LARGE_LEN];
	static const struct el_page pages[] = {
		{ "/page/", "text/html; charset=utf-8", "\"tag-1\"", "Cache-Control: no-cache\r\nX-Own: yes\r\n", plain,
		    sizeof plain - 1, packed, sizeof packed - 1 },
		{ "/page/small", "text/css; charset=utf-8", "\"tag-2\"", "", plain, sizeof plain - 1, NULL, 0 },
		{ "/page/large", "application/wasm", "\"tag-3\"", "", large, LARGE_LEN, NULL, 0 },
		{ .path = NULL },
	};

	if (large[1] == 0)
		for (size_t i = 0; i < LARGE_LEN; i++)
			large[i] = (unsigned char)(i * 7 + i / 251);
	((struct site *)ctx)->calls++;
	el_pages_reply(req, pages);
}

static void
on_credential(struct el_http_request *req, void *ctx)
{
	const struct el_credential *c = el_http_credential(req);

	((struct site *)ctx)->calls++;
	el_http_reply_json(req, 200,
	    json_pack("{s:i, s:i, s:I}", "len", (int)c->len, "first", c->b[0], "time", (json_int_t)c->time_s));
}

static void
on_who(struct el_http_request *req, void *ctx)
{
	char text[INET6_ADDRSTRLEN];

	((struct site *)ctx)->calls++;
	el_http_reply_json(
	    req, 200, json_pack("{s:s}", "address", inet_ntop(AF_INET6, el_http_address(req), text, sizeof text)));
}

static const struct el_route routes[] = {
	{ "GET", "/who", EL_AUTH_PUBLIC, 0, on_who },
	{ "GET", "/time", EL_AUTH_PUBLIC, 0, on_time },
	{ "GET", "/echo/{a}/{b}", EL_AUTH_PUBLIC, 0, on_params },
	{ "GET", "/rest/{all*}", EL_AUTH_PUBLIC, 0, on_params },
	{ "POST", "/echo", EL_AUTH_PUBLIC, 1024, on_echo },
	{ "DELETE", "/echo", EL_AUTH_PUBLIC, 0, on_delete },
	{ "POST", "/big", EL_AUTH_PUBLIC, (size_t)256 * 1024, on_big },
	{ "GET", "/large", EL_AUTH_PUBLIC, 0, on_large },
	{ "GET", "/own", EL_AUTH_PUBLIC, 0, on_own },
	{ "GET", "/later", EL_AUTH_PUBLIC, 0, on_later },
	{ "POST", "/later", EL_AUTH_PUBLIC, 1024, on_later },
	{ "GET", "/page", EL_AUTH_PUBLIC, 0, on_page },
	{ "GET", "/page/", EL_AUTH_PUBLIC, 0, on_page },
	{ "GET", "/page/{rest*}", EL_AUTH_PUBLIC, 0, on_page },
	{ "GET", "/visitor", EL_AUTH_VISITOR, 0, on_credential },
	{ "GET", "/ticket", EL_AUTH_TICKET, 0, on_credential },
	{ "GET", "/scanner", EL_AUTH_SCANNER, 0, on_credential },
	{ "GET", "/owner", EL_AUTH_OWNER, 0, on_credential },
	{ "GET", "/operator", EL_AUTH_OPERATOR, 0, on_credential },
	{ "GET", "/executor", EL_AUTH_EXECUTOR, 0, on_credential },
	{ "POST", "/executor", EL_AUTH_EXECUTOR, 1024, on_credential },
	{ .method = NULL },
};

static uint32_t
count_waiting(struct site *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_waiting; i++)
		n += el_http_find(s->server, s->waiting[i]) != NULL;
	return n;
}

static void
answer_waiting(struct site *s)
{
	struct el_http_request *req;

	/* Answers to those that have gone are looked for, too, and find nobody. */
	for (size_t i = 0; i < s->n_waiting; i++)
		if ((req = el_http_find(s->server, s->waiting[i])) != NULL)
			el_http_reply_json(req, 200, json_pack("{s:I}", "note", (json_int_t)el_http_note(req)));
}

static void
on_command(evutil_socket_t fd, short what, void *ctx)
{
	struct site *s = ctx;
	uint32_t number = 0;
	char c;

	(void)what;
	if (read(fd, &c, 1) != 1)
		c = 'q';
	switch (c) {
	case 'a':
		answer_waiting(s);
		break;
	case '0':
	case '1':
		el_http_fail_deferred(s->server, 1, (unsigned)(c - '0'));
		break;
	case 's':
		s->stopping = true;
		el_http_server_stop(s->server);
		break;
	case 'c':
		number = (uint32_t)el_http_server_connections(s->server);
		break;
	case 'w':
		number = count_waiting(s);
		break;
	case 'n':
		number = s->calls;
		break;
	default:
		event_base_loopbreak(s->base);
		return;
	}
	if (write(fd, &number, sizeof number) != (ssize_t)sizeof number)
		event_base_loopbreak(s->base);
}

static void
on_look(evutil_socket_t fd, short what, void *ctx)
{
	struct site *s = ctx;

	(void)fd, (void)what;
	if (s->stopping && el_http_server_connections(s->server) == 0)
		event_base_loopbreak(s->base);
}

static int
serve(int listen_fd, int command, const struct el_http_limits *limits, const struct el_proxies *proxies)
{
	struct site *s = calloc(1, sizeof *s);
	const struct timeval often = { 0, 10000 };
	struct el_http_server_options o = { .limits = limits, .ctx = s, .proxies = proxies };
	int r = EL_ENOMEM;

	if (s == NULL || (s->base = event_base_new()) == NULL)
		return 1;
	o.base = s->base;
	s->command_event = event_new(s->base, command, EV_READ | EV_PERSIST, on_command, s);
	s->stop_event = event_new(s->base, -1, EV_PERSIST, on_look, s);
	if (s->command_event != NULL && s->stop_event != NULL && event_add(s->command_event, NULL) == 0 &&
	    event_add(s->stop_event, &often) == 0 && (r = el_http_server_new(&o, &s->server)) == EL_OK)
		r = el_http_server_listen(s->server, listen_fd, routes);
	if (r == EL_OK)
		event_base_dispatch(s->base);
	el_http_server_free(s->server);
	event_free(s->command_event);
	event_free(s->stop_event);
	event_base_free(s->base);
	free(s);
	return r == EL_OK ? 0 : 1;
}

/* ---- The test's side ---- */

void
world_begin(struct world *w, const struct el_http_limits *limits)
{
	world_begin_behind(w, limits, NULL);
}

void
world_begin_behind(struct world *w, const struct el_http_limits *limits, const struct el_proxies *proxies)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int fds[2], fd;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(el_net_listen("127.0.0.1:0", &fd), EL_OK);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	w->port = ntohs(at.sin_port);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fflush(NULL);
	assert_true((w->pid = fork()) >= 0);
	if (w->pid == 0) {
		close(fds[0]);
		exit(serve(fd, fds[1], limits, proxies));
	}
	close(fd);
	close(fds[1]);
	w->command = fds[0];
}

void
world_end(struct world *w)
{
	int status;

	shutdown(w->command, SHUT_RDWR);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	close(w->command);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static uint32_t
command(struct world *w, char c)
{
	struct pollfd p = { w->command, POLLIN, 0 };
	uint32_t number;

	assert_int_equal(write(w->command, &c, 1), 1);
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(read(w->command, &number, sizeof number), sizeof number);
	return number;
}

void
world_answer_deferred(struct world *w)
{
	(void)command(w, 'a');
}

void
world_fail_deferred(struct world *w, unsigned peer_index)
{
	(void)command(w, peer_index == 0 ? '0' : '1');
}

void
world_stop(struct world *w)
{
	(void)command(w, 's');
}

static void
await_number(struct world *w, char c, unsigned n)
{
	const int64_t limit = el_clock_monotonic_ms() + PATIENCE_MS;

	while (command(w, c) != n) {
		assert_true(el_clock_monotonic_ms() < limit);
		(void)poll(NULL, 0, 1); /* the server's word can only be asked for */
	}
}

void
world_await_connections(struct world *w, unsigned n)
{
	await_number(w, 'c', n);
}

void
world_await_deferred(struct world *w, unsigned n)
{
	await_number(w, 'w', n);
}

unsigned
world_calls(struct world *w)
{
	return command(w, 'n');
}

int
dial_from(uint16_t port, const char *source)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, source, &from.sin_addr), 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&from, sizeof from), 0);
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr), 1);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

int
dial(uint16_t port)
{
	return dial_from(port, "127.0.0.1");
}

bool
offer_bytes(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		struct pollfd w = { fd, POLLOUT, 0 };
		ssize_t n;

		assert_int_equal(poll(&w, 1, PATIENCE_MS), 1);
		if ((n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT)) < 0) {
			if (errno == EAGAIN)
				continue;
			return false;
		}
		p += n;
		len -= (size_t)n;
	}
	return true;
}

void
send_bytes(int fd, const void *bytes, size_t len)
{
	assert_true(offer_bytes(fd, bytes, len));
}

void
send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/* Exactly len bytes; the connection must not end before. */
static void
read_bytes(int fd, char *out, size_t len)
{
	while (len > 0) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n;

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		n = recv(fd, out, len, 0);
		assert_true(n > 0);
		out += n;
		len -= (size_t)n;
	}
}

const char *
header_in(const struct answer *a, const char *name)
{
	static char value[512];
	const size_t len = strlen(name);
	const char *p = a->head;

	while ((p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
			snprintf(value, sizeof value, "%.*s", (int)strcspn(p + len + 2, "\r"), p + len + 2);
			return value;
		}
	}
	return NULL;
}

void
read_head_answer(int fd, struct answer *a)
{
	static const char start[] = "HTTP/1.1 ";
	size_t n = 0;

	do {
		assert_true(n < sizeof a->head - 1);
		read_bytes(fd, a->head + n, 1);
		a->head[++n] = '\0';
	} while (n < 4 || memcmp(a->head + n - 4, "\r\n\r\n", 4) != 0);
	assert_memory_equal(a->head, start, sizeof start - 1);
	a->status = atoi(a->head + sizeof start - 1);
	a->len = 0;
	a->body = NULL;
}

void
read_answer(int fd, struct answer *a)
{
	static char *body;
	const char *len;

	read_head_answer(fd, a);
	if (a->status == 204 || a->status == 100) {
		assert_null(header_in(a, "content-length"));
		return;
	}
	assert_non_null(len = header_in(a, "content-length"));
	a->len = (size_t)strtoul(len, NULL, 10);
	free(body);
	assert_non_null(body = calloc(1, a->len + 1));
	a->body = body;
	read_bytes(fd, a->body, a->len);
}

bool
ends(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;
	char c;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = recv(fd, &c, 1, 0);
	assert_true(n <= 0);
	return n == 0;
}

bool
is_silent(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

void
assert_member(const struct answer *a, const char *name, const char *text)
{
	json_t *v = json_loadb(a->body, a->len, 0, NULL);
	const char *got;

	assert_non_null(v);
	got = json_string_value(json_object_get(v, name));
	if (text == NULL)
		assert_null(got);
	else
		assert_non_null(got);
	if (got != NULL)
		assert_string_equal(got, text);
	json_decref(v);
}

const struct answer *
answered(const struct world *w, const char *request, int status)
{
	static struct answer a;
	const int fd = dial(w->port);

	(void)offer_bytes(fd, request, strlen(request));
	read_answer(fd, &a);
	if (a.status != status)
		print_message("# to: %.200s\n", request);
	assert_int_equal(a.status, status);
	close(fd);
	return &a;
}

const struct answer *
refused(const struct world *w, const char *request, int status, const char *code)
{
	const struct answer *a = answered(w, request, status);

	assert_string_equal(header_in(a, "content-type"), "application/problem+json");
	assert_member(a, "code", code);
	return a;
}
