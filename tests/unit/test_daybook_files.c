#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "daybook_rows.h"

/* What the SQLite backend leaves on disk: names, modes, schema, bytes. */

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
open_book(const char *dir)
{
	const struct el_daybook_options options = { 0 };
	struct el_daybook *d;

	assert_int_equal(el_daybook_sqlite_open(dir, &options, &d), EL_OK);
	return d;
}

static bool
is_there(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static mode_t
mode_of(const char *dir, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
run_sql(const char *dir, const char *name, const char *text)
{
	char path[256];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
names_files_by_their_state(void **state)
{
	const char *const dir = *state;
	struct el_daybook *const d = open_book(dir);
	uint64_t n;

	append_seeds(d, 7, NOW, 0, 10);
	assert_true(is_there(dir, "00007/000000.live.db") && is_there(dir, "00007/000000.live.db-wal"));
	assert_int_equal(folder_count(dir), 2); /* no shared-memory file */
	assert_int_equal(mode_of(dir, "00007"), 0700);
	assert_int_equal(mode_of(dir, "00007/000000.live.db"), 0600);
	assert_int_equal(mode_of(dir, "00007/000000.live.db-wal"), 0600);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	assert_true(is_there(dir, "00007/000000.db"));
	assert_int_equal(folder_count(dir), 1);
	expect_seeds(d, 7, ROW_OLD, 0, 10);
	assert_int_equal(folder_count(dir), 1);
	append_seeds(d, 7, NOW, 10, 10);
	assert_true(is_there(dir, "00007/000001.live.db"));
	assert_int_equal(d->ops->rewrite(d, 7, renew, NULL, &n), EL_OK);
	assert_true(is_there(dir, "00007/000002.sorted.db"));
	assert_int_equal(mode_of(dir, "00007/000002.sorted.db"), 0600);
	assert_int_equal(folder_count(dir), 1);
	el_daybook_close(d);
}

static void
refuses_a_schema_it_does_not_know(void **state)
{
	static const char *const change[] = { "PRAGMA user_version = 2", "PRAGMA application_id = 1" };
	const struct el_daybook_options options = { 0 };
	const char *const dir = *state;
	struct el_daybook *d = open_book(dir);
	size_t i;

	append_seeds(d, 7, NOW, 0, 10);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	append_seeds(d, 8, NOW, 0, 10);
	el_daybook_close(d);
	for (i = 0; i < 2; i++) {
		run_sql(dir, i == 0 ? "00007/000000.db" : "00008/000000.live.db", change[i]);
		assert_int_equal(el_daybook_sqlite_open(dir, &options, &d), EL_EFORMAT);
		assert_null(d);
		run_sql(dir, "00007/000000.db", "PRAGMA user_version = 1");
	}
	run_sql(dir, "00008/000000.live.db", "PRAGMA application_id = 1162626114");
	el_daybook_close(open_book(dir));
}

static void
makes_a_damaged_index_again(void **state)
{
	/* The first is an index of the form before this one. */
	static const char *const damage[] = { "PRAGMA user_version = 2", "UPDATE summary SET n_rows = 11",
		"UPDATE summary SET root = x'00'", "junk" };
	const char *const dir = *state;
	struct el_daybook *d = open_book(dir);
	char path[256];
	uint8_t junk[5000];
	size_t i;

	append_seeds(d, 7, NOW, 0, 10);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	assert_int_equal(work(d, el_daybook_sqlite_work, dir, 9), 1);
	assert_true(is_there(dir, "00007/000000.index.db") && is_there(dir, "00007/000000.db"));
	assert_int_equal(mode_of(dir, "00007/000000.index.db"), 0600);
	assert_int_equal(folder_count(dir), 2);
	memset(junk, 0x5a, sizeof junk);
	snprintf(path, sizeof path, "%s/00007/000000.index.db", dir);
	for (i = 0; i < 4; i++) {
		el_daybook_close(d);
		if (i < 3)
			run_sql(dir, "00007/000000.index.db", damage[i]);
		else
			assert_int_equal(el_file_replace(path, 0600, junk, sizeof junk), EL_OK);
		d = open_book(dir);
		assert_int_equal(d->ops->unindexed(d, 7, NULL), 0);
		expect_seeds(d, 7, ROW_OLD, 0, 10);
		assert_int_equal(work(d, el_daybook_sqlite_work, dir, 9), 1);
		expect_seeds(d, 7, ROW_OLD, 0, 10);
		assert_true(has_trees(d, 7, 1));
	}
	el_daybook_close(d);
	check_files(dir);
}

/* Row 300 of 600, whose tile is the second of three, and row 0. */
static void
expect_paths(struct el_daybook *d, int of_300, int of_0)
{
	struct el_row_ref ref = { 7, 0, 300 };
	struct el_path path;

	for (int again = 0; again < 2; again++) {
		assert_int_equal(d->ops->path(d, &ref, &path), again == 0 ? of_300 : of_0);
		assert_int_equal(path.size, again == 0 ? (of_300 == EL_OK) * 600 : (of_0 == EL_OK) * 600);
		ref.row = 0;
	}
}

static void
gives_no_path_from_a_damaged_tree(void **state)
{
	static const struct {
		const char *sql;
		int of_300, of_0;
	} damage[] = {
		{ "UPDATE tree_tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1", EL_EFORMAT, EL_OK },
		{ "DELETE FROM tree_tile WHERE level = 0 AND number = 1", EL_EFORMAT, EL_OK },
		{ "UPDATE tree_tile SET hashes = zeroblob(8191) WHERE level = 0 AND number = 0", EL_EFORMAT, EL_EFORMAT },
		{ "UPDATE tree_tile SET hashes = zeroblob(64) WHERE level = 1", EL_EFORMAT, EL_EFORMAT },
		{ "UPDATE summary SET root = zeroblob(32)", EL_EFORMAT, EL_EFORMAT },
		{ "UPDATE summary SET root = NULL", EL_ENOTFOUND, EL_ENOTFOUND },
	};
	const char *const dir = *state;
	struct el_daybook *d = open_book(dir);

	append_seeds(d, 7, NOW, 0, 600);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	assert_int_equal(work(d, el_daybook_sqlite_work, dir, 9), 1);
	expect_paths(d, EL_OK, EL_OK);
	for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
		el_daybook_close(d);
		run_sql(dir, "00007/000000.index.db", damage[i].sql);
		d = open_book(dir);
		expect_paths(d, damage[i].of_300, damage[i].of_0);
		expect_seeds(d, 7, ROW_OLD, 0, 600); /* what is found does not hang on it */
	}
	el_daybook_close(d);
}

static int
compare_tags(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Every third row of 600 by its second tag, among 2,000 tags of which none is there; as much as n are found. */
static int
find_every_third(struct el_daybook *d, size_t *n)
{
	static uint64_t tags[2200];
	struct seen_list seen = { 0 };
	int r;

	for (size_t i = 0; i < 200; i++)
		tags[i] = tag_b_of(ROW_OLD, 3 * i);
	for (size_t i = 200; i < 2200; i++)
		tags[i] = tag_b_of(ROW_OLD, 100000 + i);
	qsort(tags, 2200, sizeof tags[0], compare_tags);
	r = d->ops->find(d, 7, 7, EL_TAG_B, tags, 2200, see, &seen);
	*n = seen.n;
	for (size_t i = 0; r == EL_OK && i < seen.n; i++)
		assert_true(seen.v[i].whole && seen.v[i].seed == 3 * i && seen.v[i].ref.row == 3 * i);
	seen_free(&seen);
	return r;
}

static void
finds_rows_by_many_tags_with_a_filter_and_without(void **state)
{
	static const struct {
		const char *sql;
		int r;
		size_t n;
	} cases[] = {
		{ "", EL_OK, 200 },
		{ "UPDATE tag_b_filter SET words = zeroblob(301 * 8)", EL_OK, 0 }, /* it is asked */
		{ "UPDATE tag_b_filter SET words = zeroblob(300 * 8)", EL_EFORMAT, 0 },
		{ "DELETE FROM tag_b_filter", EL_OK, 200 },
	};
	const char *const dir = *state;
	struct el_daybook *d = open_book(dir);
	size_t n;

	append_seeds(d, 7, NOW, 0, 600);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	assert_int_equal(work(d, el_daybook_sqlite_work, dir, 9), 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		el_daybook_close(d);
		run_sql(dir, "00007/000000.index.db", cases[i].sql);
		d = open_book(dir);
		assert_int_equal(find_every_third(d, &n), cases[i].r);
		assert_int_equal(n, cases[i].n);
	}
	el_daybook_close(d);
}

/* What a worker was making when its life ended, and what it finishes in the next one. */
static void
drops_what_was_in_the_making(void **state)
{
	const char *const dir = *state;
	struct el_daybook *d = open_book(dir);
	struct el_job job;

	append_seeds(d, 7, NOW, 0, 10);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	assert_int_equal(d->ops->job(d, &job), EL_OK);
	assert_int_equal(el_daybook_sqlite_work(dir, &job, NULL, NULL, NULL), EL_OK);
	assert_true(is_there(dir, "00007/000000.tmp.index.db"));
	el_daybook_close(d);
	d = open_book(dir);
	assert_false(is_there(dir, "00007/000000.tmp.index.db"));
	assert_int_equal(d->ops->finish(d, &job), EL_ENOTFOUND);
	assert_int_equal(el_daybook_sqlite_work(dir, &job, NULL, NULL, NULL), EL_OK);
	assert_int_equal(d->ops->finish(d, &job), EL_OK);
	el_daybook_close(d);
}

static void
refuses_a_file_that_is_no_database(void **state)
{
	const struct el_daybook_options options = { 0 };
	const char *const dir = *state;
	struct el_daybook *d = open_book(dir);
	char path[256];
	uint8_t junk[5000];

	append_seeds(d, 7, NOW, 0, 1);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	el_daybook_close(d);
	memset(junk, 0x5a, sizeof junk);
	snprintf(path, sizeof path, "%s/00007/000000.db", dir);
	assert_int_equal(el_file_replace(path, 0600, junk, sizeof junk), EL_OK);
	assert_int_equal(el_daybook_sqlite_open(dir, &options, &d), EL_EFORMAT);
	assert_null(d);
}

static void
is_used_by_one_at_a_time(void **state)
{
	const struct el_daybook_options options = { 0 };
	struct el_daybook *const d = open_book(*state), *other;

	assert_int_equal(el_daybook_sqlite_open(*state, &options, &other), EL_EBUSY);
	assert_null(other);
	el_daybook_close(d);
	el_daybook_close(open_book(*state));
}

static void
leaves_no_byte_of_an_old_row_after_a_rewrite(void **state)
{
	const char *const dir = *state;
	struct el_daybook *const d = open_book(dir);
	struct made_row m;
	uint64_t n, seed;

	append_seeds(d, 7, NOW, 0, 60);
	assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	append_seeds(d, 7, NOW, 60, 60);
	make_row(&m, ROW_OLD, 77);
	/* That the search finds what is there. */
	assert_true(folder_contains(dir, m.sealed + 9, 24));
	assert_int_equal(d->ops->rewrite(d, 7, renew, NULL, &n), EL_OK);
	for (seed = 0; seed < 120; seed++) {
		make_row(&m, ROW_OLD, seed);
		assert_false(folder_contains(dir, m.sealed + 9, 24));
		assert_false(folder_contains(dir, m.sealed + ROW_LEN - 24, 24));
		make_row(&m, ROW_NEW, seed);
		assert_true(folder_contains(dir, m.sealed + 9, 24));
	}
	assert_int_equal(d->ops->destroy(d, 7), EL_OK);
	assert_false(is_there(dir, "00007"));
	assert_int_equal(work(d, el_daybook_sqlite_work, dir, 9), 1);
	assert_int_equal(folder_count(dir), 0);
	el_daybook_close(d);
}

static const uint8_t *
find_row(const uint8_t *p, size_t len, uint64_t seed)
{
	struct made_row m;

	make_row(&m, ROW_NEW, seed);
	return memmem(p, len, m.sealed, ROW_LEN);
}

/* Rows in the order of their places in the file, page after page, must be in tag order too. */
static void
places_rewritten_rows_in_the_file_in_tag_order(void **state)
{
	enum { N = 2000, PAGE = 4096 };
	struct el_daybook *const d = open_book(*state);
	struct seen_list list = { 0 };
	const uint8_t *at, *before = NULL;
	uint8_t *p;
	size_t len, i, page = 0;
	char path[256];
	uint64_t n;

	append_seeds(d, 7, NOW, 0, N);
	assert_int_equal(d->ops->rewrite(d, 7, renew, NULL, &n), EL_OK);
	assert_int_equal(d->ops->scan(d, 7, false, see, &list), EL_OK);
	assert_int_equal(list.n, N);
	snprintf(path, sizeof path, "%s/00007/000001.sorted.db", (const char *)*state);
	assert_int_equal(el_file_read(path, 1 << 22, &p, &len), EL_OK);
	for (i = 0; i < N; i++) {
		assert_true(i == 0 || list.v[i - 1].tag_a < list.v[i].tag_a);
		at = find_row(p, len, list.v[i].seed);
		assert_non_null(at);
		/* A page is filled from its end. */
		assert_true(before == NULL || (size_t)(at - p) / PAGE > page ||
		    ((size_t)(at - p) / PAGE == page && at < before));
		page = (size_t)(at - p) / PAGE;
		before = at;
	}
	free(p);
	seen_free(&list);
	el_daybook_close(d);
}

static int
give_tags_in_turn(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment,
    uint8_t *sealed, struct el_row *out)
{
	const int r = renew(NULL, from, in, segment, sealed, out);

	out->tag_a = (uint64_t)++*(int *)ctx;
	return r;
}

static void
refuses_a_rewrite_whose_tags_change(void **state)
{
	struct el_daybook *const d = open_book(*state);
	int calls = 0;
	uint64_t n;

	append_seeds(d, 7, NOW, 0, 5);
	assert_int_equal(d->ops->rewrite(d, 7, give_tags_in_turn, &calls, &n), EL_ESTATE);
	expect_seeds(d, 7, ROW_OLD, 0, 5);
	assert_false(is_there(*state, "00007/000001.tmp.db"));
	el_daybook_close(d);
}

static int
count_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
keeps_a_bounded_number_of_files_open(void **state)
{
	struct el_daybook *const d = open_book(*state);
	const int before = count_fds();
	uint64_t i;

	for (i = 0; i < 120; i++) {
		append_seeds(d, 7, NOW, i, 1);
		assert_int_equal(d->ops->close_segment(d, 7), EL_OK);
	}
	expect_seeds(d, 7, ROW_OLD, 0, 120);
	expect_seeds(d, 7, ROW_OLD, 0, 120);
	assert_true(count_fds() - before <= 32);
	assert_int_equal(d->ops->destroy(d, 7), EL_OK);
	assert_int_equal(count_fds(), before);
	el_daybook_close(d);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(names_files_by_their_state),
		CASE(refuses_a_schema_it_does_not_know),
		CASE(makes_a_damaged_index_again),
		CASE(gives_no_path_from_a_damaged_tree),
		CASE(finds_rows_by_many_tags_with_a_filter_and_without),
		CASE(drops_what_was_in_the_making),
		CASE(refuses_a_file_that_is_no_database),
		CASE(is_used_by_one_at_a_time),
		CASE(leaves_no_byte_of_an_old_row_after_a_rewrite),
		CASE(places_rewritten_rows_in_the_file_in_tag_order),
		CASE(refuses_a_rewrite_whose_tags_change),
		CASE(keeps_a_bounded_number_of_files_open),
	};

	return cmocka_run_group_tests_name("daybook files", cases, NULL, NULL);
}
