/* A whole daemon in small: two net processes in front of one core, in a family of their own. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/net.h"
#include "scratch.h"
#include "test_net_world.h"

#define H "Host: a\r\n"
#define ASK "GET /ask HTTP/1.1\r\n" H "\r\n"
#define HOLD "GET /hold HTTP/1.1\r\n" H "\r\n"
#define LARGE "GET /large HTTP/1.1\r\n" H "\r\n"

enum { NET, CORE };
enum { MSG_ASK = 1, MSG_HOLD, MSG_LARGE, MSG_ANSWER };

/* What happens inside is told over a pipe; `release` is what core waits for in HOLD. */
struct event {
	char what; /* 'N' net is ready, 'L' linked, 'D' link down, 'C' core is ready, 'H' core holds, 'R' reloaded */
	unsigned index;
	pid_t pid;
	int64_t value;
};

static int events_in, events_out, release_in, release_out;

static void
tell(char what, unsigned index, int64_t value)
{
	const struct event e = { what, index, getpid(), value };

	if (write(events_out, &e, sizeof e) != (ssize_t)sizeof e)
		_exit(99);
}

/* The next event of that kind; others are passed over. */
static struct event
await(char what)
{
	struct event e;

	do {
		struct pollfd p = { events_in, POLLIN, 0 };

		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		assert_int_equal(read(events_in, &e, sizeof e), sizeof e);
	} while (e.what != what);
	return e;
}

/* ---- core ---- */

static int
core_start(void *ctx, struct el_worker *w)
{
	(void)ctx;
	tell('C', el_worker_index(w), 0);
	return EL_OK;
}

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	static uint8_t large[LARGE_LEN];
	char c;

	(void)ctx;
	if (m->type == MSG_HOLD) {
		tell('H', index, 0);
		if (read(release_in, &c, 1) != 1) /* as if the disk took its time */
			_exit(98);
	}
	if (el_worker_put(w, kind, index, MSG_ANSWER, m->id, large, m->type == MSG_LARGE ? sizeof large : 2) != EL_OK)
		_exit(97);
}

static int
core_run(struct el_child *child, void *ctx)
{
	static const struct el_worker_ops ops = { .start = core_start, .message = core_message };

	return el_worker_run(child, &ops, ctx);
}

/* ---- net ---- */

static void
forward(struct el_http_request *req, uint16_t type)
{
	el_net_forward(req, CORE, 0, type, "?", 1);
}

static void
on_ask(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward(req, MSG_ASK);
}

static void
on_hold(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward(req, MSG_HOLD);
}

static void
on_large(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward(req, MSG_LARGE);
}

static void
on_nobody(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	el_net_forward(req, CORE, 3, MSG_ASK, NULL, 0);
}

static void
on_who(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	el_http_reply_json(
	    req, 200, json_pack("{s:i, s:I}", "pid", (int)getpid(), "index", (json_int_t)el_net_index(el_net_of(req))));
}

static const struct el_route routes[] = {
	{ "GET", "/ask", EL_AUTH_PUBLIC, 0, on_ask },
	{ "GET", "/hold", EL_AUTH_PUBLIC, 0, on_hold },
	{ "GET", "/large", EL_AUTH_PUBLIC, 0, on_large },
	{ "GET", "/nobody", EL_AUTH_PUBLIC, 0, on_nobody },
	{ "GET", "/who", EL_AUTH_PUBLIC, 0, on_who },
	{ .method = NULL },
};
static const struct el_route operator_routes[] = {
	{ "GET", "/metrics", EL_AUTH_PUBLIC, 0, on_who },
	{ .method = NULL },
};
static const struct el_route unset_routes[] = {
	{ "GET", "/who", EL_AUTH_PUBLIC, 0, on_who },
	{ .method = "GET", .path = "/secret", .handle = on_who },
	{ .method = NULL },
};

static void
net_message(void *ctx, struct el_net *n, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct el_http_request *req = el_http_find(el_net_server(n), m->id);

	(void)ctx, (void)kind, (void)index;
	if (req != NULL)
		el_http_reply(req, 200, "application/octet-stream", NULL, m->body, m->len);
}

static void
net_link_up(void *ctx, struct el_net *n, unsigned kind, unsigned index)
{
	(void)ctx, (void)kind, (void)index;
	tell('L', el_net_index(n), 0);
}

static void
net_link_down(void *ctx, struct el_net *n, unsigned kind, unsigned index)
{
	(void)ctx, (void)kind, (void)index;
	tell('D', el_net_index(n), 0);
}

static void
net_reload(void *ctx, struct el_net *n)
{
	(void)ctx;
	tell('R', el_net_index(n), el_net_now(n) - (int64_t)time(NULL));
}

static bool
net_gate(void *ctx, struct el_http_request *req)
{
	(void)ctx;
	if (el_http_header(req, "closed") == NULL)
		return false;
	el_http_problem(req, EL_CODE_NOT_READY, 0);
	return true;
}

static int
net_run(struct el_child *child, void *ctx)
{
	const struct el_net_role role = { .routes = ctx,
		.operator_routes = operator_routes,
		.gate = net_gate,
		.message = net_message,
		.link_up = net_link_up,
		.link_down = net_link_down,
		.reload = net_reload };
	int r;

	tell('N', el_child_index(child), 0);
	r = el_net_run(child, &role);
	return r;
}

/* ---- The family ---- */

struct daemon {
	pid_t pid;
	uint16_t port, operator_port;
};

static const struct el_family_link links[] = { { NET, CORE, EL_LINK_ALL } };

static uint16_t
port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

static void
begin_daemon(struct daemon *d, unsigned nets, const struct el_route *table, const char *lab_clock)
{
	const struct el_kind kinds[] = {
		[NET] = { .name = "net", .count = nets, .stop_order = 0, .listens = true, .run = net_run },
		[CORE] = { .name = "core", .count = 1, .stop_order = 1, .run = core_run },
	};
	int pipes[2][2], own[EL_FAMILY_COUNT_MAX], operators;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(pipes[0], O_CLOEXEC), 0);
	assert_int_equal(pipe2(pipes[1], O_CLOEXEC), 0);
	events_in = pipes[0][0], events_out = pipes[0][1];
	release_in = pipes[1][0], release_out = pipes[1][1];
	assert_int_equal(el_net_listen_each("127.0.0.1:0", own, nets), EL_OK);
	assert_int_equal(el_net_listen("127.0.0.1:0", &operators), EL_OK);
	d->port = port_of(own[0]);
	d->operator_port = port_of(operators);
	fflush(NULL);
	assert_true((d->pid = fork()) >= 0);
	if (d->pid == 0) {
		union {
			const struct el_route *in;
			void *out;
		} p = { table };
		const struct el_family f = { .name = "test",
			.kinds = kinds,
			.n_kinds = 2,
			.links = links,
			.n_links = 1,
			.own_fds = own,
			.n_own_fds = nets,
			.listen_fds = &operators,
			.n_listen_fds = 1,
			.lab_clock_file = lab_clock,
			.stop_limit_s = 20,
			.ctx = p.out };
		int r;

		close(events_in);
		close(release_out);
		r = el_family_run(&f);
		exit(r);
	}
	for (unsigned i = 0; i < nets; i++)
		close(own[i]);
	close(operators);
	close(events_out);
	close(release_in);
}

static void
begin(struct daemon *d, unsigned nets)
{
	begin_daemon(d, nets, routes, NULL);
	for (unsigned i = 0; i < nets; i++)
		(void)await('L');
}

static int
status_of(struct daemon *d)
{
	int status;

	assert_int_equal(waitpid(d->pid, &status, 0), d->pid);
	close(events_in);
	close(release_out);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
end(struct daemon *d)
{
	assert_int_equal(kill(d->pid, SIGTERM), 0);
	assert_int_equal(status_of(d), 0);
}

static const struct answer *
get(uint16_t port, const char *request, int status)
{
	const struct world w = { .port = port };

	return answered(&w, request, status);
}

static void
forwards_requests_and_their_answers(void **state)
{
	struct daemon d;
	struct answer a;
	int fd;

	(void)state;
	begin(&d, 2);
	fd = dial(d.port);
	for (unsigned i = 0; i < 100; i++)
		send_text(fd, ASK);
	for (unsigned i = 0; i < 100; i++) {
		read_answer(fd, &a);
		assert_int_equal(a.status, 200);
		assert_int_equal(a.len, 2);
	}
	send_text(fd, LARGE);
	read_answer(fd, &a);
	assert_int_equal(a.len, LARGE_LEN);
	/* A process that is not there. */
	send_text(fd, "GET /nobody HTTP/1.1\r\n" H "\r\n");
	read_answer(fd, &a);
	assert_int_equal(a.status, 503);
	assert_member(&a, "code", "busy");
	/* The gate is before the handler. */
	send_text(fd, "GET /ask HTTP/1.1\r\n" H "Closed: yes\r\n\r\n");
	read_answer(fd, &a);
	assert_member(&a, "code", "not_ready");
	close(fd);
	end(&d);
}

static void
serves_operators_on_sockets_of_their_own(void **state)
{
	static const char metrics[] = "GET /metrics HTTP/1.1\r\n" H "\r\n";
	struct daemon d;

	(void)state;
	begin(&d, 1);
	get(d.operator_port, metrics, 200);
	get(d.operator_port, ASK, 404);
	get(d.port, metrics, 404);
	end(&d);
}

static void
answers_busy_when_core_dies_and_serves_on_with_its_successor(void **state)
{
	struct daemon d;
	struct answer a;
	pid_t core;
	int fd;

	(void)state;
	begin(&d, 1);
	fd = dial(d.port);
	for (unsigned round = 0; round < 3; round++) {
		send_text(fd, HOLD);
		core = await('H').pid;
		assert_int_equal(kill(core, SIGKILL), 0);
		read_answer(fd, &a);
		assert_int_equal(a.status, 503);
		assert_member(&a, "code", "busy");
		(void)await('D');
		(void)await('L');
		send_text(fd, ASK);
		read_answer(fd, &a);
		assert_int_equal(a.status, 200);
	}
	close(fd);
	end(&d);
}

static void
replaces_a_net_process_that_dies(void **state)
{
	struct daemon d;
	json_t *v;
	pid_t net;

	(void)state;
	begin(&d, 1);
	v = json_loads(get(d.port, "GET /who HTTP/1.1\r\n" H "\r\n", 200)->body, 0, NULL);
	net = (pid_t)json_integer_value(json_object_get(v, "pid"));
	json_decref(v);
	assert_true(net > 1);
	assert_int_equal(kill(net, SIGKILL), 0);
	/* Clients wait in the listening socket, which the parent holds, for the successor. */
	get(d.port, "GET /who HTTP/1.1\r\n" H "\r\n", 200);
	(void)await('L');
	get(d.port, ASK, 200);
	end(&d);
}

/* Who answers 64 new clients: the pid of each net process, 0 for one that answers none of them. */
static void
ask_who(const struct daemon *d, pid_t pids[2])
{
	pids[0] = pids[1] = 0;
	for (unsigned i = 0; i < 64; i++) {
		json_t *const v = json_loads(get(d->port, "GET /who HTTP/1.1\r\n" H "\r\n", 200)->body, 0, NULL);
		const json_int_t index = json_integer_value(json_object_get(v, "index"));

		assert_true(index == 0 || index == 1);
		pids[index] = (pid_t)json_integer_value(json_object_get(v, "pid"));
		json_decref(v);
	}
}

static void
gives_each_net_process_clients_of_its_own(void **state)
{
	struct daemon d;
	pid_t first[2], then[2];

	(void)state;
	begin(&d, 2);
	ask_who(&d, first);
	assert_true(first[0] > 1 && first[1] > 1 && first[0] != first[1]);
	/* Its clients wait for the successor, which has the same queue; the other's are not affected. */
	assert_int_equal(kill(first[0], SIGKILL), 0);
	ask_who(&d, then);
	assert_true(then[0] > 1 && then[0] != first[0]);
	assert_int_equal(then[1], first[1]);
	end(&d);
}

static void
answers_what_it_accepted_before_it_stops(void **state)
{
	struct daemon d;
	struct answer a;
	int held, behind, idle;

	(void)state;
	begin(&d, 1); /* the one that has been told to stop is the one that answers */
	idle = dial(d.port);
	send_text(idle, ASK);
	read_answer(idle, &a);
	held = dial(d.port);
	send_text(held, HOLD);
	(void)await('H');
	behind = dial(d.port);
	send_text(behind, HOLD);
	assert_int_equal(kill(d.pid, SIGTERM), 0);
	assert_true(ends(idle)); /* the net process has been told */
	assert_int_equal(write(release_out, "..", 2), 2);
	read_answer(held, &a);
	assert_int_equal(a.status, 200);
	assert_string_equal(header_in(&a, "connection"), "close");
	assert_true(ends(held));
	close(held);
	close(behind);
	close(idle);
	assert_int_equal(status_of(&d), 0);
}

static void
passes_the_lab_clock_on(void **state)
{
	const char *file = scratch_path(state, "clock");
	struct daemon d;
	struct event e;

	scratch_write(file, 0600, "0\n", 2);
	begin_daemon(&d, 1, routes, file);
	(void)await('L');
	scratch_write(file, 0600, "31536000\n", 9);
	assert_int_equal(kill(d.pid, SIGHUP), 0);
	e = await('R');
	assert_true(e.value > 31535000 && e.value < 31537000);
	assert_non_null(header_in(get(d.port, ASK, 200), "date"));
	end(&d);
}

static void
refuses_a_route_without_authorisation(void **state)
{
	struct daemon d;

	(void)state;
	begin_daemon(&d, 1, unset_routes, NULL);
	assert_int_equal(status_of(&d), 1);
}

static void
serves_many_clients_at_once(void **state)
{
	static int fds[300];
	struct daemon d;
	struct answer a;

	(void)state;
	begin(&d, 2);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		fds[i] = dial(d.port);
		send_text(fds[i], i % 50 == 7 ? LARGE ASK : ASK ASK);
	}
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
		for (unsigned k = 0; k < 2; k++) {
			read_answer(fds[i], &a);
			assert_int_equal(a.status, 200);
			assert_int_equal(a.len, i % 50 == 7 && k == 0 ? LARGE_LEN : 2);
		}
		close(fds[i]);
	}
	end(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards_requests_and_their_answers),
		cmocka_unit_test(serves_operators_on_sockets_of_their_own),
		cmocka_unit_test(answers_busy_when_core_dies_and_serves_on_with_its_successor),
		cmocka_unit_test(replaces_a_net_process_that_dies),
		cmocka_unit_test(gives_each_net_process_clients_of_its_own),
		cmocka_unit_test(answers_what_it_accepted_before_it_stops),
		with_scratch(passes_the_lab_clock_on),
		cmocka_unit_test(refuses_a_route_without_authorisation),
		cmocka_unit_test(serves_many_clients_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
