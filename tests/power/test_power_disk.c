#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "calls.h"
#include "daybook_rows.h"
#include "soak.h"

/*
 * The disk itself: careless programs meet on it what they would sooner or later meet on a real one, careful ones never
 * do.  Also what base/file.h promises.
 */
#define LEN 3000 /* six sectors, the last not whole */
#define SEEDS 60

static uint8_t old[LEN], new[LEN];

/* The file "f" of a state, by what it holds. */
enum found { FOUND_NONE, FOUND_EMPTY, FOUND_OLD, FOUND_NEW, FOUND_OTHER, FOUND_MAX };

static enum found
find_file(const struct tree *t, const char *name)
{
	const struct tree_node *f;
	size_t node;

	if (!tree_find(t, TREE_ROOT, name, &node))
		return FOUND_NONE;
	f = &t->node[node];
	if (f->len == 0)
		return FOUND_EMPTY;
	if (f->len == LEN && memcmp(f->bytes, old, LEN) == 0)
		return FOUND_OLD;
	return f->len == LEN && memcmp(f->bytes, new, LEN) == 0 ? FOUND_NEW : FOUND_OTHER;
}

struct toy {
	char root[80];
	struct disk *disk;
};

static void
toy_begin(struct toy *y, void **state)
{
	memset(old, 'o', sizeof old);
	memset(new, 'n', sizeof new);
	snprintf(y->root, sizeof y->root, "%s/toy", (const char *)*state);
	y->disk = disk_new(tree_new());
	tree_write(y->disk->now, y->root);
	calls_begin(y->disk, y->root);
}

static void
toy_end(struct toy *y)
{
	disk_free(y->disk);
}

static const char *
path_of(const struct toy *y, const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *const p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", y->root, name);
	return p;
}

/* Write a file in one go, careless of syncs. */
static void
scribble(const struct toy *y, const char *name, int flags, const uint8_t *bytes)
{
	const int fd = open(path_of(y, name), O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, LEN, 0), LEN);
	assert_int_equal(close(fd), 0);
}

/* What is found of "f" when the power goes at points from..to, by how often. */
static void
lose(const struct toy *y, size_t from, size_t to, size_t n[FOUND_MAX])
{
	memset(n, 0, FOUND_MAX * sizeof n[0]);
	for (size_t k = from; k <= to; k++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			const struct disk_loss loss = { .seed = seed * 1000 + k };
			struct tree *const left = disk_after_loss(y->disk, k, &loss);

			n[find_file(left, "f")]++;
			tree_free(left);
		}
}

static void
unsynced_overwriting_is_torn_lost_or_done(void **state)
{
	size_t n[FOUND_MAX], from;
	struct toy y;

	toy_begin(&y, state);
	assert_int_equal(el_file_create(path_of(&y, "f"), 0600, old, LEN), EL_OK);
	from = y.disk->n;
	scribble(&y, "f", 0, new);
	calls_end();
	lose(&y, from + 1, y.disk->n, n);
	assert_true(n[FOUND_OLD] > 0 && n[FOUND_NEW] > 0 && n[FOUND_OTHER] > 0);
	assert_int_equal(n[FOUND_NONE] + n[FOUND_EMPTY], 0);
	toy_end(&y);
}

static void
renaming_what_was_not_synced_can_leave_an_empty_file(void **state)
{
	size_t n[FOUND_MAX];
	struct toy y;

	toy_begin(&y, state);
	scribble(&y, "g", 0, new);
	assert_int_equal(rename(path_of(&y, "g"), path_of(&y, "f")), 0);
	assert_int_equal(el_dir_sync(y.root), EL_OK);
	calls_end();
	lose(&y, y.disk->n, y.disk->n, n);
	assert_true(n[FOUND_EMPTY] > 0 && n[FOUND_NEW] > 0);
	assert_int_equal(n[FOUND_NONE], 0);
	toy_end(&y);
}

static void
synced_file_without_synced_name_can_be_lost(void **state)
{
	size_t n[FOUND_MAX];
	struct toy y;
	int fd;

	toy_begin(&y, state);
	scribble(&y, "f", 0, new);
	fd = open(path_of(&y, "f"), O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(fsync(fd), 0);
	close(fd);
	calls_end();
	lose(&y, y.disk->n, y.disk->n, n);
	assert_true(n[FOUND_NONE] > 0 && n[FOUND_NEW] > 0);
	assert_int_equal(n[FOUND_NONE] + n[FOUND_NEW], SEEDS);
	toy_end(&y);
}

static void
later_write_can_survive_an_earlier_one(void **state)
{
	size_t n_later = 0;
	struct toy y;

	toy_begin(&y, state);
	scribble(&y, "f", 0, old);
	scribble(&y, "g", 0, new);
	calls_end();
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		const struct disk_loss loss = { .seed = seed };
		struct tree *const left = disk_after_loss(y.disk, y.disk->n, &loss);

		n_later += find_file(left, "f") != FOUND_OLD && find_file(left, "g") == FOUND_NEW;
		tree_free(left);
	}
	assert_true(n_later > 0);
	toy_end(&y);
}

static void
replaced_file_is_the_old_or_the_new_one(void **state)
{
	size_t n[FOUND_MAX], from;
	struct toy y;

	toy_begin(&y, state);
	assert_int_equal(el_file_replace(path_of(&y, "f"), 0600, old, LEN), EL_OK);
	from = y.disk->n;
	assert_int_equal(el_file_replace(path_of(&y, "f"), 0600, new, LEN), EL_OK);
	calls_end();
	lose(&y, from, y.disk->n, n);
	assert_true(n[FOUND_OLD] > 0 && n[FOUND_NEW] > 0);
	assert_int_equal(n[FOUND_NONE] + n[FOUND_EMPTY] + n[FOUND_OTHER], 0);
	lose(&y, y.disk->n, y.disk->n, n);
	assert_int_equal(n[FOUND_NEW], SEEDS);
	toy_end(&y);
}

static void
created_file_is_whole_and_destroyed_one_leaves_no_byte(void **state)
{
	size_t n[FOUND_MAX], n_left = 0;
	struct toy y;

	toy_begin(&y, state);
	assert_int_equal(el_file_create(path_of(&y, "f"), 0600, new, LEN), EL_OK);
	lose(&y, y.disk->n, y.disk->n, n);
	assert_int_equal(n[FOUND_NEW], SEEDS);
	assert_int_equal(el_file_destroy(path_of(&y, "f")), EL_OK);
	calls_end();
	lose(&y, y.disk->n, y.disk->n, n);
	assert_int_equal(n[FOUND_NONE], SEEDS);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		const struct disk_loss loss = { .seed = seed };
		struct tree *const left = disk_after_loss(y.disk, y.disk->n, &loss);

		n_left += tree_contains(left, new, 16);
		tree_free(left);
	}
	assert_int_equal(n_left, 0);
	toy_end(&y);
}

static void
what_a_killed_program_left_is_seen_and_can_still_be_lost(void **state)
{
	const struct disk_loss loss = { .everything = true };
	struct disk *killed;
	struct tree *left;
	struct toy y;

	toy_begin(&y, state);
	scribble(&y, "f", 0, new);
	calls_end();
	killed = disk_killed(y.disk, y.disk->n);
	assert_int_equal(find_file(killed->now, "f"), FOUND_NEW);
	left = disk_after_loss(killed, killed->n, &loss);
	assert_int_equal(find_file(left, "f"), FOUND_NONE);
	tree_free(left);
	disk_free(killed);
	toy_end(&y);
}

static void
folder_that_a_killed_program_made_is_safe_when_it_was_asked_for_again(void **state)
{
	const struct disk_loss loss = { .everything = true };
	struct disk *killed;
	struct tree *left;
	struct toy y;
	size_t node;

	toy_begin(&y, state);
	assert_int_equal(el_dir_make(path_of(&y, "d")), EL_OK);
	calls_end();
	/* After the mkdir and before its sync. */
	assert_int_equal(y.disk->op[0].kind, DISK_LINK);
	killed = disk_killed(y.disk, 1);
	calls_begin(killed, y.root);
	assert_int_equal(el_dir_make(path_of(&y, "d")), EL_OK);
	calls_end();
	left = disk_after_loss(killed, killed->n, &loss);
	assert_true(tree_find(left, TREE_ROOT, "d", &node));
	tree_free(left);
	disk_free(killed);
	toy_end(&y);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, soak_setup, soak_teardown)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		CASE(unsynced_overwriting_is_torn_lost_or_done),
		CASE(renaming_what_was_not_synced_can_leave_an_empty_file),
		CASE(synced_file_without_synced_name_can_be_lost),
		CASE(later_write_can_survive_an_earlier_one),
		CASE(replaced_file_is_the_old_or_the_new_one),
		CASE(created_file_is_whole_and_destroyed_one_leaves_no_byte),
		CASE(what_a_killed_program_left_is_seen_and_can_still_be_lost),
		CASE(folder_that_a_killed_program_made_is_safe_when_it_was_asked_for_again),
	};

	return cmocka_run_group_tests_name("power disk", cases, NULL, NULL);
}
