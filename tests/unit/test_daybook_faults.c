#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daybook/sqlite_internal.h"
#include "daybook_rows.h"

/*
 * Streams of rows that something else ends.  A child's exit status says how it ended; nothing that it
 * asserts can reach cmocka.
 */
#define STOPPED 77 /* refused, and then refused for good */

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

#define EPOCH 20000

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

/* These stand before the C library's, for SQLite too: the sync number sync_fails fails, once. */
static int syncs, sync_fails;

static int
sync_or_fail(long call, int fd)
{
	if (++syncs == sync_fails) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(call, fd);
}

int
fdatasync(int fd)
{
	return sync_or_fail(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	return sync_or_fail(SYS_fsync, fd);
}

static void
failed_sync_is_final(void **state)
{
	int fails, n_final = 0;

	for (fails = 1; fails <= 60; fails++) {
		uint64_t acked = 0;
		struct el_daybook *d;
		char sub[128];
		int r = EL_OK;

		snprintf(sub, sizeof sub, "%s/%d", (const char *)*state, fails);
		d = open_book(sub, true, 10);
		syncs = 0;
		sync_fails = fails;
		while (acked < 200 && (r = try_append(d, EPOCH, NOW, acked, 1 + acked % 7)) == EL_OK)
			acked += 1 + acked % 7;
		assert_true(syncs >= fails);
		/* SQLite goes on when it could not sync the folder of a journal; of all else it must tell. */
		if (r != EL_OK) {
			n_final++;
			assert_int_equal(r, EL_EIO);
			/* The disk is well again, but what the kernel has dropped nobody knows. */
			assert_int_equal(try_append(d, EPOCH, NOW, acked, 1), EL_EIO);
			assert_int_equal(try_append(d, EPOCH + 1, NOW, acked, 1), EL_EIO);
			assert_int_equal(d->ops->close_segment(d, EPOCH), EL_EIO);
			assert_int_equal(d->ops->destroy(d, EPOCH), EL_EIO);
		}
		el_daybook_close(d);
		expect_acknowledged(sub, acked);
	}
	assert_true(n_final >= 45);
	sync_fails = 0;
}

/* So does this: from the write number full_from on there is no room for a file to grow; what it has can be changed. */
static int growths, full_from;

ssize_t
pwrite64(int fd, const void *in, size_t len, off64_t at)
{
	struct stat st;

	if (full_from != 0 && fstat(fd, &st) == 0 && at + (off64_t)len > st.st_size && ++growths >= full_from) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, in, len, at);
}

/* Rows until there is no room; then everything is tried that may be, and none of it is final. */
static uint64_t
append_until_full(struct el_daybook *d)
{
	uint64_t acked = 0;
	int r;

	while (acked < 200 && (r = try_append(d, EPOCH, NOW, acked, 1 + acked % 7)) == EL_OK)
		acked += 1 + acked % 7;
	assert_int_equal(r, EL_ESPACE);
	assert_int_equal(try_append(d, EPOCH, NOW, acked, 1), EL_ESPACE);
	r = d->ops->close_segment(d, EPOCH);
	assert_true(r == EL_OK || r == EL_ESPACE);
	r = try_append(d, EPOCH + 1, NOW, 0, 1);
	assert_true(r == EL_ESPACE);
	assert_int_equal(try_append(d, EPOCH, NOW, acked, 1), EL_ESPACE);
	return acked;
}

/*
 * Wherever the disk becomes full: nothing is final; another life begins on it, whether the first one ended well or was
 * killed; with room again it goes on.
 */
static void
disk_that_is_full_from_any_write_on_is_not_final(void **state)
{
	for (int from = 1; from <= 60; from++)
		for (int killed = 0; killed < 2; killed++) {
			struct el_daybook *d;
			uint64_t acked = 0;
			char sub[128];

			snprintf(sub, sizeof sub, "%s/%d-%d", (const char *)*state, from, killed);
			growths = 0;
			full_from = from;
			d = open_book(sub, true, 10);
			acked = append_until_full(d);
			if (killed)
				((struct el_sqlite_daybook *)d)->failed = true; /* nothing is written in closing it */
			el_daybook_close(d);
			d = open_book(sub, true, 10);
			assert_int_equal(rows_of(d, EPOCH), acked);
			assert_int_equal(try_append(d, EPOCH, NOW, acked, 1), EL_ESPACE);
			full_from = 0;
			append_seeds(d, EPOCH, NOW, acked, 25);
			expect_seeds(d, EPOCH, ROW_OLD, 0, (size_t)acked + 25);
			el_daybook_close(d);
			check_files(sub);
		}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(acknowledged_rows_survive_kill),
		CASE(full_disk_acknowledges_nothing_that_is_lost),
		CASE(failed_sync_is_final),
		CASE(disk_that_is_full_from_any_write_on_is_not_final),
	};

	return cmocka_run_group_tests_name("daybook faults", cases, NULL, NULL);
}
