#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

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

static const char *here; /* the folder of the scenario that runs */

/* Without assertions, for the child: every job that waits, done and taken over. */
static int
do_jobs(struct el_daybook *d)
{
	struct el_job job;
	int r;

	while ((r = d->ops->job(d, &job)) == EL_OK)
		if ((r = el_daybook_sqlite_work(here, &job, renew, leaf_of_row, NULL)) != EL_OK || (r = d->ops->finish(d, &job)) != EL_OK)
			return r;
	return r == EL_ENOTFOUND ? EL_OK : r;
}

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
		here = sub;
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
	assert_true(has_trees(d, EPOCH, 1));
}

/* The same by the verbs for two processes. */
static int
act_rewrite_beside(struct el_daybook *d)
{
	const int r = d->ops->begin_rewrite(d, EPOCH);

	return r == EL_OK ? do_jobs(d) : r;
}

static int
act_index(struct el_daybook *d)
{
	const int r = d->ops->close_segment(d, EPOCH);

	return r == EL_OK ? do_jobs(d) : r;
}

static void
check_index(struct el_daybook *d, bool done)
{
	uint64_t tag = tag_b_of(ROW_OLD, 25);
	struct seen_list list = { 0 };

	assert_int_equal(d->ops->find(d, EPOCH, EPOCH, EL_TAG_B, &tag, 1, see, &list), EL_OK);
	assert_true(list.n == 1 && list.v[0].seed == 25 && list.v[0].whole);
	seen_free(&list);
	assert_true(!done || d->ops->unindexed(d, EPOCH, NULL) == 2);
	assert_true(has_trees(d, EPOCH, 1));
	expect_seeds(d, EPOCH, ROW_OLD, 0, 50);
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
	const int r = d->ops->destroy(d, EPOCH);

	return r == EL_OK ? do_jobs(d) : r;
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
rewrite_beside_is_all_or_nothing_at_every_step(void **state)
{
	const struct scenario s = { prepare_rows, act_rewrite_beside, check_rewrite, false };

	try_every_step(&s, *state);
}

static void
indexing_loses_nothing_at_any_step(void **state)
{
	const struct scenario s = { prepare_rows, act_index, check_index, false };

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

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(rewrite_is_all_or_nothing_at_every_step),
		CASE(rewrite_beside_is_all_or_nothing_at_every_step),
		CASE(indexing_loses_nothing_at_any_step),
		CASE(closing_a_segment_loses_nothing_at_any_step),
		CASE(destroying_is_all_or_nothing_at_every_step),
		CASE(first_append_of_an_epoch_is_all_or_nothing_at_every_step),
		CASE(change_of_hour_loses_nothing_at_any_step),
	};

	return cmocka_run_group_tests_name("daybook crash", cases, NULL, NULL);
}
