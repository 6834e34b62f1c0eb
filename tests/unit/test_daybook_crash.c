#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "daybook/sqlite_internal.h"
#include "daybook_rows.h"

/*
 * A child works on a daybook and ends in the middle; the parent opens it again and looks.  The child's
 * exit status says how it ended; nothing it asserts can reach cmocka.
 */
#define STOPPED 77 /* in the step that it was to end in */

static int
setup(void **state)
{
	char *const dir = calloc(1, 64);

	assert_non_null(dir);
	folder_new(dir);
	*state = dir;
	return 0;
}

static int
teardown(void **state)
{
	folder_remove(*state);
	free(*state);
	return 0;
}

static struct el_daybook *
open_book(const char *dir, bool hourly, uint32_t segment_rows)
{
	const struct el_daybook_options options = { hourly, segment_rows };
	struct el_daybook *d;

	assert_int_equal(el_daybook_sqlite_open(dir, &options, &d), EL_OK);
	return d;
}

/* For children: EL_OK when the rows were acknowledged. */
static int
try_append(struct el_daybook *d, el_epoch epoch, int64_t now_s, uint64_t first, size_t n)
{
	struct made_row m[8];
	struct el_row rows[8];
	uint32_t segment, row;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		make_row(&m[i], ROW_OLD, first + i);
		rows[i] = m[i].row;
	}
	if ((r = d->ops->live(d, epoch, now_s, &segment)) == EL_OK)
		r = d->ops->append(d, epoch, segment, rows, n, &row);
	return r;
}

static int
check_one_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *const end = strrchr(path, '.');
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;

	(void)st;
	(void)ftw;
	if (type != FTW_F || end == NULL || strcmp(end, ".db") != 0)
		return 0;
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(q, 0), "ok");
	sqlite3_finalize(q);
	sqlite3_close(db);
	return 0;
}

static void
check_files(const char *dir)
{
	assert_int_equal(nftw(dir, check_one_file, 16, FTW_PHYS), 0);
}

/* The steps. */

static int steps, stop_at;

static void
count_step(void)
{
	if (++steps == stop_at)
		_exit(STOPPED);
}

struct scenario {
	void (*prepare)(struct el_daybook *); /* in the parent; EPOCH's and its neighbour's rows */
	int (*act)(struct el_daybook *);      /* in the child, from stopping to stopping */
	void (*check)(struct el_daybook *, bool done); /* in the parent; done: act returned EL_OK */
	bool hourly;
};

#define EPOCH 20000

/* Run act in a child that ends at step stop (0: none); whether act had returned by then. */
static bool
run_until(const struct scenario *s, const char *dir, int stop, int *n_steps)
{
	struct el_daybook *d;
	int fd[2], status, r;
	uint8_t done = 0;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	if ((pid = fork()) == 0) {
		const struct el_daybook_options options = { s->hourly, 0 };

		if (el_daybook_sqlite_open(dir, &options, &d) != EL_OK)
			_exit(1);
		steps = 0;
		stop_at = stop;
		el_daybook_step_hook = count_step;
		r = s->act(d);
		done = r == EL_OK ? 1 : 2;
		if (write(fd[1], &done, 1) != 1)
			_exit(2);
		_exit(stop == 0 ? steps : 3);
	}
	assert_true(pid > 0);
	close(fd[1]);
	(void)!read(fd[0], &done, 1);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (stop == 0)
		*n_steps = WEXITSTATUS(status);
	else
		assert_int_equal(WEXITSTATUS(status), STOPPED);
	assert_int_not_equal(done, 2);
	return done == 1;
}

static void
try_every_step(const struct scenario *s, const char *dir)
{
	struct el_daybook *d;
	char sub[128];
	int n = 0, stop;
	bool done;

	/* 0 is the run that is not stopped and counts the steps. */
	for (stop = 0; stop <= n; stop++) {
		snprintf(sub, sizeof sub, "%s/%d", dir, stop);
		d = open_book(sub, s->hourly, 0);
		s->prepare(d);
		el_daybook_close(d);
		done = run_until(s, sub, stop, &n);
		assert_int_equal(done, stop == 0);
		/* Twice: recovery leaves nothing to be recovered differently. */
		for (int again = 0; again < 2; again++) {
			d = open_book(sub, s->hourly, 0);
			s->check(d, done);
			el_daybook_close(d);
		}
		/* What was interrupted can be done now. */
		d = open_book(sub, s->hourly, 0);
		assert_int_equal(s->act(d), EL_OK);
		s->check(d, true);
		el_daybook_close(d);
		check_files(sub);
	}
	assert_true(n >= 4);
}

static void
prepare_rows(struct el_daybook *d)
{
	append_seeds(d, EPOCH, NOW, 0, 20);
	assert_int_equal(d->ops->close_segment(d, EPOCH), EL_OK);
	append_seeds(d, EPOCH, NOW, 20, 30);
	append_seeds(d, EPOCH + 1, NOW, 1000, 5);
}

static void
prepare_nothing(struct el_daybook *d)
{
	append_seeds(d, EPOCH + 1, NOW, 1000, 5);
}

static int
act_rewrite(struct el_daybook *d)
{
	uint64_t n;
	const int r = d->ops->rewrite(d, EPOCH, renew, NULL, &n);

	return r != EL_OK ? r : n == 50 ? EL_OK : EL_ESTATE;
}

static void
check_rewrite(struct el_daybook *d, bool done)
{
	uint64_t n;
	bool rewritten;

	assert_int_equal(d->ops->count(d, EPOCH, &n, &rewritten), EL_OK);
	assert_true(rewritten || !done);
	expect_seeds(d, EPOCH, rewritten ? ROW_NEW : ROW_OLD, 0, 50);
	expect_seeds(d, EPOCH + 1, ROW_OLD, 1000, 5);
}

static int
act_close(struct el_daybook *d)
{
	return d->ops->close_segment(d, EPOCH);
}

static void
check_close(struct el_daybook *d, bool done)
{
	(void)done;
	expect_seeds(d, EPOCH, ROW_OLD, 0, 50);
	expect_seeds(d, EPOCH + 1, ROW_OLD, 1000, 5);
}

static int
act_destroy(struct el_daybook *d)
{
	return d->ops->destroy(d, EPOCH);
}

static void
check_destroy(struct el_daybook *d, bool done)
{
	el_epoch e[3];
	size_t n;

	assert_int_equal(d->ops->epochs(d, e, 3, &n), EL_OK);
	assert_true(n == 1 || (n == 2 && !done));
	expect_seeds(d, EPOCH, ROW_OLD, 0, n == 1 ? 0 : 50);
	expect_seeds(d, EPOCH + 1, ROW_OLD, 1000, 5);
}

static uint64_t
rows_of(struct el_daybook *d, el_epoch epoch)
{
	uint64_t n;
	bool rewritten;

	assert_int_equal(d->ops->count(d, epoch, &n, &rewritten), EL_OK);
	return n;
}

/* Once: it is called again on what a crash has left. */
static int
act_first_append(struct el_daybook *d)
{
	uint64_t n;
	bool rewritten;
	int r = d->ops->count(d, EPOCH, &n, &rewritten);

	if (r == EL_OK && n == 0 && (r = try_append(d, EPOCH, NOW, 0, 3)) == EL_OK)
		el_daybook_step(); /* the acknowledgement itself is a step, too */
	return r;
}

static void
check_first_append(struct el_daybook *d, bool done)
{
	const uint64_t n = rows_of(d, EPOCH);

	assert_true(n == 3 || (n == 0 && !done));
	expect_seeds(d, EPOCH, ROW_OLD, 0, (size_t)n);
	expect_seeds(d, EPOCH + 1, ROW_OLD, 1000, 5);
}

/* Also at the change of hour, with a segment to close first. */
static int
act_roll_over(struct el_daybook *d)
{
	uint64_t n;
	bool rewritten;
	int r;

	if ((r = d->ops->count(d, EPOCH, &n, &rewritten)) == EL_OK && n == 50 &&
	    (r = try_append(d, EPOCH, NOW, 50, 1)) == EL_OK)
		n++;
	if (r == EL_OK && n == 51)
		r = try_append(d, EPOCH, NOW + 2 * EL_SEGMENT_S, 51, 2);
	return r;
}

static void
check_roll_over(struct el_daybook *d, bool done)
{
	const uint64_t n = rows_of(d, EPOCH);

	assert_true(n == 53 || ((n == 50 || n == 51) && !done));
	expect_seeds(d, EPOCH, ROW_OLD, 0, (size_t)n);
	expect_seeds(d, EPOCH + 1, ROW_OLD, 1000, 5);
}

static void
rewrite_is_all_or_nothing_at_every_step(void **state)
{
	const struct scenario s = { prepare_rows, act_rewrite, check_rewrite, false };

	try_every_step(&s, *state);
}

static void
closing_a_segment_loses_nothing_at_any_step(void **state)
{
	const struct scenario s = { prepare_rows, act_close, check_close, false };

	try_every_step(&s, *state);
}

static void
destroying_is_all_or_nothing_at_every_step(void **state)
{
	const struct scenario s = { prepare_rows, act_destroy, check_destroy, false };

	try_every_step(&s, *state);
}

static void
first_append_of_an_epoch_is_all_or_nothing_at_every_step(void **state)
{
	const struct scenario s = { prepare_nothing, act_first_append, check_first_append, false };

	try_every_step(&s, *state);
}

static void
change_of_hour_loses_nothing_at_any_step(void **state)
{
	const struct scenario s = { prepare_rows, act_roll_over, check_roll_over, true };

	try_every_step(&s, *state);
}

/* Streams of rows that something else ends. */

/* In the child: append until refused, and say after each group how many rows are acknowledged. */
static void
stream(const char *dir, int fd, uint32_t segment_rows, int64_t clock_step)
{
	const struct el_daybook_options options = { true, segment_rows };
	struct el_daybook *d;
	uint64_t n = 0;
	int64_t now = NOW;

	if (el_daybook_sqlite_open(dir, &options, &d) != EL_OK)
		_exit(1);
	while (n < 100000) { /* far beyond what ends it */
		const size_t group = 1 + n % 7;

		if (try_append(d, EPOCH, now += clock_step, n, group) != EL_OK)
			break;
		n += group;
		if (write(fd, &n, sizeof n) != (ssize_t)sizeof n)
			_exit(2);
	}
	/* After the first failure nothing may be acknowledged any more. */
	_exit(try_append(d, EPOCH, now, n, 1) == EL_EIO ? STOPPED : 3);
}

/* What was acknowledged is there once; what was not may be there, as a whole group. */
static void
expect_acknowledged(const char *dir, uint64_t acked)
{
	struct el_daybook *const d = open_book(dir, true, 0);
	const uint64_t n = rows_of(d, EPOCH);

	assert_true(n == acked || n == acked + 1 + acked % 7);
	expect_seeds(d, EPOCH, ROW_OLD, 0, (size_t)n);
	append_seeds(d, EPOCH, NOW, n, 1);
	expect_seeds(d, EPOCH, ROW_OLD, 0, (size_t)n + 1);
	el_daybook_close(d);
	check_files(dir);
}

static void
acknowledged_rows_survive_kill(void **state)
{
	static const uint64_t after[] = { 1, 100, 333, 1000, 2500 };
	size_t i;

	for (i = 0; i < sizeof after / sizeof after[0]; i++) {
		uint64_t n, acked = 0;
		char sub[128];
		int fd[2], status;
		pid_t pid;

		snprintf(sub, sizeof sub, "%s/%zu", (const char *)*state, i);
		assert_int_equal(pipe(fd), 0);
		if ((pid = fork()) == 0)
			stream(sub, fd[1], 200, 40);
		assert_true(pid > 0);
		close(fd[1]);
		while (read(fd[0], &n, sizeof n) == (ssize_t)sizeof n) {
			acked = n;
			if (n >= after[i])
				kill(pid, SIGKILL); /* and read what it had said before it died */
		}
		close(fd[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_true(acked >= after[i]);
		expect_acknowledged(sub, acked);
	}
}

/* A limit on the size of files works without a disk of one's own, and for any user. */
static void
full_disk_acknowledges_nothing_that_is_lost(void **state)
{
	static const rlim_t limit[] = { 10000, 60001, 300000, 2000000 };
	size_t i;

	for (i = 0; i < sizeof limit / sizeof limit[0]; i++) {
		uint64_t n, acked = 0;
		char sub[128];
		int fd[2], status;
		pid_t pid;

		snprintf(sub, sizeof sub, "%s/%zu", (const char *)*state, i);
		assert_int_equal(pipe(fd), 0);
		if ((pid = fork()) == 0) {
			const struct rlimit rl = { limit[i], limit[i] };

			signal(SIGXFSZ, SIG_IGN);
			if (setrlimit(RLIMIT_FSIZE, &rl) != 0)
				_exit(4);
			stream(sub, fd[1], 0, 0); /* one segment, which reaches the limit */
		}
		assert_true(pid > 0);
		close(fd[1]);
		while (read(fd[0], &n, sizeof n) == (ssize_t)sizeof n)
			acked = n;
		close(fd[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), STOPPED);
		expect_acknowledged(sub, acked);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(rewrite_is_all_or_nothing_at_every_step),
		CASE(closing_a_segment_loses_nothing_at_any_step),
		CASE(destroying_is_all_or_nothing_at_every_step),
		CASE(first_append_of_an_epoch_is_all_or_nothing_at_every_step),
		CASE(change_of_hour_loses_nothing_at_any_step),
		CASE(acknowledged_rows_survive_kill),
		CASE(full_disk_acknowledges_nothing_that_is_lost),
	};

	return cmocka_run_group_tests_name("daybook crash", cases, NULL, NULL);
}
