/*
 * Whole families: askers (stop first) and an echo, each a worker in a process of its own.  What happens in
 * them is told over one pipe, whose end of file says that none of them lives any more.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/family.h"
#include "scratch.h"

#define ASKERS 2
#define PATIENCE_MS 30000
#define EVENTS_MAX 8192
#define BURST 3000

enum { ASKER, ECHO };

enum what {
	STARTED = 'S', /* value: clock shift at start */
	LINKED = 'L',
	UNLINKED = 'U',
	ANSWERED = 'A', /* value: the id */
	SENT = 'B', /* a burst is queued */
	FAILED = 'F', /* there is no link now */
	RELOADED = 'R', /* value: clock shift */
	STOPPED = 'T', /* value: messages taken in all */
	ENDING = 'E'
};

struct event {
	enum what what;
	unsigned kind, index;
	pid_t pid;
	int64_t value;
};

/* Inherited by every process of the family. */
static int events_in, events_out;
static int commands_in[ASKERS], commands_out[ASKERS];

static struct event events[EVENTS_MAX];
static size_t n_events;

static void
tell(enum what what, unsigned kind, unsigned index, int64_t value)
{
	const struct event e = { what, kind, index, getpid(), value };

	if (write(events_out, &e, sizeof e) != (ssize_t)sizeof e)
		_exit(99);
}

/* Read one more event.  false: there will be none. */
static bool
more_events(void)
{
	struct pollfd p = { events_in, POLLIN, 0 };
	ssize_t n;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = read(events_in, &events[n_events], sizeof events[0]);
	if (n == 0)
		return false;
	assert_int_equal(n, sizeof events[0]);
	assert_true(++n_events < EVENTS_MAX);
	return true;
}

/* The first such event at or after `from`; waits for it. */
static size_t
await(size_t from, enum what what, unsigned kind, unsigned index)
{
	for (size_t i = from;; i++) {
		while (i == n_events)
			assert_true(more_events());
		if (events[i].what == what && events[i].kind == kind && events[i].index == index)
			return i;
	}
}

static void
await_end_of_all(void)
{
	while (more_events())
		;
}

/* ---- The children ---- */

struct asker {
	uint64_t next_id, answers;
};

static int64_t
shift_of(const struct el_worker *w)
{
	return el_worker_now(w) - (int64_t)time(NULL);
}

static int
asker_start(void *ctx, struct el_worker *w)
{
	(void)ctx;
	tell(STARTED, ASKER, el_worker_index(w), shift_of(w));
	return el_worker_watch(w, commands_in[el_worker_index(w)]);
}

static void
asker_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	(void)ctx;
	if (kind == ECHO && index == 0)
		tell(LINKED, ASKER, el_worker_index(w), 0);
}

static void
asker_link_down(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	(void)ctx;
	if (kind == ECHO && index == 0)
		tell(UNLINKED, ASKER, el_worker_index(w), 0);
}

static void
asker_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct asker *a = ctx;

	if (kind != ECHO || index != 0 || m->type != 8 || m->len != 5 || memcmp(m->body, "hello", 5) != 0)
		_exit(98);
	a->answers++;
	tell(ANSWERED, ASKER, el_worker_index(w), (int64_t)m->id);
}

static void
asker_readable(void *ctx, struct el_worker *w, int fd)
{
	struct asker *a = ctx;
	unsigned n;
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(97);
	n = c == 'b' ? BURST : 1;
	for (unsigned i = 0; i < n; i++)
		if (el_worker_put(w, ECHO, 0, 7, a->next_id++, "hello", 5) != EL_OK)
			tell(FAILED, ASKER, el_worker_index(w), 0);
	if (c == 'b')
		tell(SENT, ASKER, el_worker_index(w), n);
}

static void
asker_reload(void *ctx, struct el_worker *w)
{
	(void)ctx;
	tell(RELOADED, ASKER, el_worker_index(w), shift_of(w));
}

static struct asker the_asker;

static void
asker_stop(void *ctx)
{
	struct asker *a = ctx;

	tell(STOPPED, ASKER, 0, (int64_t)a->answers);
}

static int
asker_run(struct el_child *child, void *ctx)
{
	static const struct el_worker_ops ops = { .start = asker_start,
		.link_up = asker_link_up,
		.link_down = asker_link_down,
		.message = asker_message,
		.readable = asker_readable,
		.reload = asker_reload,
		.stop = asker_stop };

	(void)ctx;
	return el_worker_run(child, &ops, &the_asker);
}

/* The echo answers at the end of the turn, as core does after its commit. */
struct echo {
	struct {
		unsigned kind, index;
		uint64_t id;
	} group[4096 * ASKERS];
	size_t n, taken;
	bool has_ahead, has_due;
	uint64_t ahead, due; /* the id that was announced: during a message, and for the one after it */
};

static struct echo the_echo;

static int
echo_start(void *ctx, struct el_worker *w)
{
	(void)ctx;
	tell(STARTED, ECHO, el_worker_index(w), shift_of(w));
	return EL_OK;
}

static void
echo_ahead(void *ctx, unsigned kind, const struct el_msg *m)
{
	struct echo *e = ctx;

	if (kind != ASKER || m->type != 7)
		_exit(93);
	e->has_ahead = true;
	e->ahead = m->id;
}

static void
echo_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct echo *e = ctx;

	(void)w;
	if (m->type != 7 || e->n == sizeof e->group / sizeof *e->group)
		_exit(95);
	if (e->has_due && e->due != m->id)
		_exit(94); /* another one was announced */
	e->has_due = e->has_ahead;
	e->due = e->ahead;
	e->has_ahead = false;
	e->group[e->n].kind = kind;
	e->group[e->n].index = index;
	e->group[e->n++].id = m->id;
	e->taken++;
}

static int
echo_turn(void *ctx, struct el_worker *w)
{
	struct echo *e = ctx;

	for (size_t i = 0; i < e->n; i++)
		if (el_worker_put(w, e->group[i].kind, e->group[i].index, 8, e->group[i].id, "hello", 5) != EL_OK)
			continue; /* gone meanwhile */
	e->n = 0;
	e->has_due = false;
	return EL_OK;
}

static void
echo_reload(void *ctx, struct el_worker *w)
{
	(void)ctx;
	tell(RELOADED, ECHO, el_worker_index(w), shift_of(w));
}

static void
echo_stop(void *ctx)
{
	struct echo *e = ctx;

	tell(STOPPED, ECHO, 0, (int64_t)e->taken);
}

static int
echo_run(struct el_child *child, void *ctx)
{
	static const struct el_worker_ops ops = { .start = echo_start,
		.message = echo_message,
		.ahead = echo_ahead,
		.turn = echo_turn,
		.reload = echo_reload,
		.stop = echo_stop };

	(void)ctx;
	return el_worker_run(child, &ops, &the_echo);
}

/* Never gets ready. */
static int
failing_run(struct el_child *child, void *ctx)
{
	(void)ctx;
	tell(STARTED, ECHO, el_child_index(child), 0);
	return EL_ECONFIG;
}

/* Ready, but does not listen to its parent. */
static int
deaf_run(struct el_child *child, void *ctx)
{
	(void)ctx;
	el_child_ready(child);
	tell(STARTED, ECHO, el_child_index(child), 0);
	while (pause() < 0)
		;
	return EL_OK;
}

/* ---- The family ---- */

static const struct el_kind echo_kinds[] = {
	[ASKER] = { .name = "asker", .count = ASKERS, .stop_order = 0, .run = asker_run },
	[ECHO] = { .name = "echo", .count = 1, .stop_order = 1, .nice = 1, .run = echo_run },
};
static const struct el_family_link echo_links[] = { { ASKER, ECHO, EL_LINK_ALL } };
static const struct el_family echo_family = {
	.name = "test", .kinds = echo_kinds, .n_kinds = 2, .links = echo_links, .n_links = 1, .stop_limit_s = 20
};

static void
open_pipes(void)
{
	int fds[2];

	n_events = 0;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	events_in = fds[0];
	events_out = fds[1];
	for (size_t i = 0; i < ASKERS; i++) {
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		commands_in[i] = fds[0];
		commands_out[i] = fds[1];
	}
}

/* Run a family in a process of its own. */
static pid_t
run_family(const struct el_family *f)
{
	pid_t pid;
	int r;

	open_pipes();
	fflush(NULL);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		close(events_in);
		for (size_t i = 0; i < ASKERS; i++)
			close(commands_out[i]);
		r = el_family_run(f);
		exit(r);
	}
	close(events_out);
	for (size_t i = 0; i < ASKERS; i++)
		close(commands_in[i]);
	return pid;
}

static int
status_of(pid_t pid)
{
	int status;

	await_end_of_all();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(events_in);
	for (size_t i = 0; i < ASKERS; i++)
		close(commands_out[i]);
	return status;
}

static void
stops_well(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	status = status_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
ask(unsigned index, char what)
{
	assert_int_equal(write(commands_out[index], &what, 1), 1);
}

/* What became of a question: answered, failed, or perhaps lost with a link that has a successor now. */
static size_t
await_outcome(size_t from, unsigned index)
{
	for (size_t i = from;; i++) {
		while (i == n_events)
			assert_true(more_events());
		if (events[i].kind == ASKER && events[i].index == index &&
		    (events[i].what == ANSWERED || events[i].what == FAILED || events[i].what == LINKED))
			return i;
	}
}

/* Every asker gets its answer; asked again when its link was to a process that had died meanwhile. */
static void
all_links_work(void)
{
	for (unsigned i = 0; i < ASKERS; i++) {
		size_t from = n_events, at;

		ask(i, 'e');
		while (at = await_outcome(from, i), events[at].what != ANSWERED) {
			from = 1 + (events[at].what == FAILED ? await(at, LINKED, ASKER, i) : at);
			ask(i, 'e');
		}
	}
}

static pid_t
start_echo_family(const struct el_family *f)
{
	const pid_t pid = run_family(f);

	for (unsigned i = 0; i < ASKERS; i++)
		await(0, LINKED, ASKER, i);
	all_links_work();
	return pid;
}

static unsigned
descriptors_of(pid_t pid)
{
	struct dirent *e;
	char path[64];
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	assert_non_null(dir = opendir(path));
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* ---- Cases ---- */

static void
joins_its_processes_and_stops_them_in_order(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	size_t first, last;

	(void)state;
	stops_well(pid);
	last = await(0, STOPPED, ECHO, 0);
	first = await(0, STOPPED, ASKER, 0);
	first = await(first + 1, STOPPED, ASKER, 0); /* both askers before the echo */
	assert_true(first < last);
	assert_int_equal(events[last].value, ASKERS);
}

static void
stops_on_sigint_too(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);

	(void)state;
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(status_of(pid), 0);
}

static void
replaces_a_killed_child_and_links_it_anew(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	pid_t old;
	size_t at = await(0, STARTED, ECHO, 0), mark;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		old = events[at].pid;
		mark = n_events;
		assert_int_equal(kill(old, SIGKILL), 0);
		at = await(mark, STARTED, ECHO, 0);
		assert_int_not_equal(events[at].pid, old);
		for (unsigned i = 0; i < ASKERS; i++)
			await(await(mark, UNLINKED, ASKER, i), LINKED, ASKER, i);
		all_links_work();
		/* Waited for: no zombie is left of it. */
		assert_int_equal(kill(old, 0), -1);
		assert_int_equal(errno, ESRCH);
	}
	/* The other side of the link, too. */
	mark = n_events;
	assert_int_equal(kill(events[await(0, STARTED, ASKER, 1)].pid, SIGKILL), 0);
	await(mark, LINKED, ASKER, 1);
	all_links_work();
	stops_well(pid);
}

/* The parent closes its copies of a link just after it has told both ends, so it is counted when it has gone on. */
static unsigned
descriptors_of_parent(pid_t pid)
{
	const size_t mark = n_events;

	assert_int_equal(kill(pid, SIGHUP), 0);
	await(mark, RELOADED, ECHO, 0);
	return descriptors_of(pid);
}

static void
loses_no_descriptors_over_restarts(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	const pid_t asker = events[await(0, STARTED, ASKER, 0)].pid;
	const unsigned of_parent = descriptors_of_parent(pid), of_asker = descriptors_of(asker);
	unsigned of_echo = 0;
	size_t at = await(0, STARTED, ECHO, 0), mark;

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		mark = n_events;
		assert_int_equal(kill(events[at].pid, SIGKILL), 0);
		at = await(mark, STARTED, ECHO, 0);
		for (unsigned i = 0; i < ASKERS; i++)
			await(mark, LINKED, ASKER, i);
		all_links_work();
		if (round == 0)
			of_echo = descriptors_of(events[at].pid);
		assert_int_equal(descriptors_of_parent(pid), of_parent);
		assert_int_equal(descriptors_of(asker), of_asker);
		assert_int_equal(descriptors_of(events[at].pid), of_echo);
	}
	stops_well(pid);
}

static void
replaces_all_that_die_at_once(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	pid_t all[1 + ASKERS];
	size_t mark;

	(void)state;
	all[0] = events[await(0, STARTED, ECHO, 0)].pid;
	for (unsigned i = 0; i < ASKERS; i++)
		all[1 + i] = events[await(0, STARTED, ASKER, i)].pid;
	mark = n_events;
	/* Stopped, the parent meets one SIGCHLD for the three. */
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (unsigned i = 0; i < 1 + ASKERS; i++)
		assert_int_equal(kill(all[i], SIGKILL), 0);
	assert_int_equal(kill(pid, SIGCONT), 0);
	for (unsigned i = 0; i < ASKERS; i++)
		await(mark, LINKED, ASKER, i);
	all_links_work();
	stops_well(pid);
}

static void
finishes_what_was_accepted_before_it_stops(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	size_t mark = n_events;

	(void)state;
	for (unsigned i = 0; i < ASKERS; i++)
		ask(i, 'b');
	for (unsigned i = 0; i < ASKERS; i++)
		await(mark, SENT, ASKER, i);
	stops_well(pid);
	assert_int_equal(events[await(0, STOPPED, ECHO, 0)].value, ASKERS + ASKERS * BURST);
}

/* Two readings of the clock may have a minute between them. */
static void
assert_shift(int64_t got, int64_t want)
{
	assert_true(got >= want - 60 && got <= want + 60);
}

static void
passes_the_lab_clock_on_at_sighup(void **state)
{
	const char *file = scratch_path(state, "clock");
	struct el_family f = echo_family;
	size_t mark;
	pid_t pid;

	f.lab_clock_file = file;
	scratch_write(file, 0600, "86400\n", 6);
	pid = start_echo_family(&f);
	assert_shift(events[await(0, STARTED, ECHO, 0)].value, 86400);
	assert_shift(events[await(0, STARTED, ASKER, 1)].value, 86400);
	scratch_write(file, 0600, "-7200\n", 6);
	mark = n_events;
	assert_int_equal(kill(pid, SIGHUP), 0);
	assert_shift(events[await(mark, RELOADED, ECHO, 0)].value, -7200);
	assert_shift(events[await(mark, RELOADED, ASKER, 0)].value, -7200);
	assert_shift(events[await(mark, RELOADED, ASKER, 1)].value, -7200);
	/* A successor begins with it. */
	mark = n_events;
	assert_int_equal(kill(events[await(0, STARTED, ECHO, 0)].pid, SIGKILL), 0);
	assert_shift(events[await(mark, STARTED, ECHO, 0)].value, -7200);
	/* A file that cannot be read changes nothing. */
	for (unsigned i = 0; i < ASKERS; i++)
		await(mark, LINKED, ASKER, i);
	scratch_write(file, 0600, "soon\n", 5);
	mark = n_events;
	assert_int_equal(kill(pid, SIGHUP), 0);
	assert_shift(events[await(mark, RELOADED, ECHO, 0)].value, -7200);
	stops_well(pid);
}

static void
leaves_no_children_when_it_is_killed(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	int status;

	(void)state;
	assert_int_equal(kill(pid, SIGKILL), 0);
	status = status_of(pid); /* waits until nobody holds the pipe any more */
	assert_true(WIFSIGNALED(status));
}

static void
gives_up_when_a_child_cannot_start_three_times(void **state)
{
	const struct el_kind kinds[] = { { .name = "failing", .count = 1, .run = failing_run } };
	const struct el_family f = { .name = "test", .kinds = kinds, .n_kinds = 1, .stop_limit_s = 20 };
	const pid_t pid = run_family(&f);
	const int status = status_of(pid);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_int_equal(n_events, 3);
}

static void
ends_the_others_when_one_kind_cannot_start(void **state)
{
	struct el_kind kinds[2];
	struct el_family f = echo_family;
	int status;

	(void)state;
	memcpy(kinds, echo_kinds, sizeof kinds);
	kinds[ECHO].run = failing_run;
	f.kinds = kinds;
	status = status_of(run_family(&f));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	await(0, STOPPED, ASKER, 0); /* in order, not by force */
}

static void
kills_what_does_not_stop(void **state)
{
	const struct el_kind kinds[] = { { .name = "deaf", .count = 2, .run = deaf_run } };
	const struct el_family f = { .name = "test", .kinds = kinds, .n_kinds = 1, .stop_limit_s = 1 };
	const pid_t pid = run_family(&f);
	int status;

	(void)state;
	await(0, STARTED, ECHO, 0);
	await(0, STARTED, ECHO, 1);
	assert_int_equal(kill(pid, SIGTERM), 0);
	status = status_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
leaves_signals_to_the_parent(void **state)
{
	const pid_t pid = start_echo_family(&echo_family);
	const size_t at = await(0, STARTED, ECHO, 0);

	(void)state;
	/* As a terminal or a service manager does, to every process. */
	assert_int_equal(kill(events[at].pid, SIGTERM), 0);
	assert_int_equal(kill(events[at].pid, SIGINT), 0);
	assert_int_equal(kill(events[at].pid, SIGHUP), 0);
	all_links_work();
	assert_int_equal(kill(events[at].pid, 0), 0);
	stops_well(pid);
}

static void
expect_note(int fd, const char *text)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char note[64];
	ssize_t n;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = recv(fd, note, sizeof note, 0);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(note, text, strlen(text));
}

static void
tells_a_service_manager_when_all_are_ready(void **state)
{
	const char *path = scratch_path(state, "notify");
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	assert_true(fd >= 0 && strlen(path) < sizeof at.sun_path);
	memcpy(at.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
	pid = run_family(&echo_family);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	expect_note(fd, "READY=1\n");
	for (unsigned i = 0; i < ASKERS; i++)
		await(0, STARTED, ASKER, i); /* not before everyone */
	await(0, STARTED, ECHO, 0);
	assert_int_equal(kill(pid, SIGTERM), 0);
	expect_note(fd, "STOPPING=1\n");
	assert_int_equal(status_of(pid), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_its_processes_and_stops_them_in_order),
		cmocka_unit_test(stops_on_sigint_too),
		cmocka_unit_test(replaces_a_killed_child_and_links_it_anew),
		cmocka_unit_test(loses_no_descriptors_over_restarts),
		cmocka_unit_test(replaces_all_that_die_at_once),
		cmocka_unit_test(finishes_what_was_accepted_before_it_stops),
		with_scratch(passes_the_lab_clock_on_at_sighup),
		cmocka_unit_test(leaves_no_children_when_it_is_killed),
		cmocka_unit_test(gives_up_when_a_child_cannot_start_three_times),
		cmocka_unit_test(ends_the_others_when_one_kind_cannot_start),
		cmocka_unit_test(kills_what_does_not_stop),
		cmocka_unit_test(leaves_signals_to_the_parent),
		with_scratch(tells_a_service_manager_when_all_are_ready),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
