/*
 * The folder of the public log, alone: what is appended, what a kill or a full disk leaves at every step, and what is
 * refused at the next start.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "publog/folder.h"
#include "publog/writer.h"
#include "publog_world.h"

#define MANY 70000

/* ---- Calls of the code under test, counted ---- */

static enum { QUIET, KILLS, FULL } armed;
static int steps_left;

ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __wrap_write(int fd, const void *p, size_t len);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);

/* Whether this step is the one. */
static bool
is_it(void)
{
	return armed != QUIET && steps_left-- == 0;
}

static bool
fails(void)
{
	if (!is_it())
		return false;
	if (armed == KILLS)
		_exit(77);
	errno = ENOSPC;
	return true;
}

ssize_t
__wrap_write(int fd, const void *p, size_t len)
{
	if (!fails())
		return __real_write(fd, p, len);
	/* A part of it is there. */
	return len > 1 && __real_write(fd, p, len / 2) < 0 ? -1 : (errno = ENOSPC, -1);
}

int
__wrap_fsync(int fd)
{
	(void)fd; /* what a loss of power leaves is power/log.c's to find out */
	if (armed == KILLS && is_it())
		_exit(77);
	return 0;
}

int
__wrap_rename(const char *from, const char *to)
{
	/* To put a file in the place of another takes no space. */
	if (armed == FULL && access(to, F_OK) == 0)
		return __real_rename(from, to);
	return fails() ? -1 : __real_rename(from, to);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : __real_mkdir(path, mode);
}

/* ---- A log whose entry i is a text of i ---- */

struct log {
	char dir[256];
	struct el_sign_key *key;
	struct el_log_writer *writer;
};

static size_t
entry_of(uint64_t i, char out[32])
{
	return (size_t)snprintf(out, 32, "entry %llu", (unsigned long long)i);
}

static struct el_hash *
leaves_of(size_t n)
{
	struct el_hash *const leaves = malloc(n * sizeof *leaves);
	char text[32];

	assert_non_null(leaves);
	for (size_t i = 0; i < n; i++)
		el_entry_leaf((const uint8_t *)text, entry_of(i, text), &leaves[i]);
	return leaves;
}

static int
try_open(struct log *l)
{
	return el_log_writer_open(l->dir, PUBLOG_ORIGIN, l->key, &l->writer);
}

static struct log
log_of(void **state)
{
	struct log l = { .key = publog_key(1) };

	snprintf(l.dir, sizeof l.dir, "%s", publog_path(*state, "log"));
	return l;
}

static struct log
open_log(void **state)
{
	struct log l = log_of(state);

	assert_int_equal(try_open(&l), EL_OK);
	return l;
}

static void
close_log(struct log *l)
{
	el_log_writer_close(l->writer);
	el_sign_key_free(l->key);
}

static void
reopen(struct log *l)
{
	el_log_writer_close(l->writer);
	assert_int_equal(try_open(l), EL_OK);
}

static uint64_t
size_of(const struct log *l)
{
	return el_log_writer_head(l->writer)->size;
}

/* Append entries from..to - 1 as one batch; *first, unless NULL: the index of the first. */
static int
append(struct log *l, uint64_t from, uint64_t to, uint64_t *first)
{
	struct el_log_item *const items = calloc(to - from, sizeof *items);
	char (*const texts)[32] = calloc(to - from, sizeof *texts);
	int r;

	assert_true(items != NULL && texts != NULL);
	for (uint64_t i = 0; i < to - from; i++)
		items[i] = (struct el_log_item){ .entry = (const uint8_t *)texts[i],
			.len = entry_of(from + i, texts[i]) };
	r = el_log_writer_append(l->writer, items, to - from);
	if (first != NULL)
		*first = items[0].index;
	free(items);
	free(texts);
	return r;
}

static void
fill(struct log *l, uint64_t n)
{
	assert_int_equal(append(l, size_of(l), n, NULL), EL_OK);
	assert_int_equal(size_of(l), n);
}

/* As anybody reads it: the checkpoint, its signature, the root of the tiles, this entry and its path. */
static void
assert_published(const struct log *l, uint64_t size, uint64_t index)
{
	struct el_log_folder *folder;
	struct el_tile_source source;
	struct el_checkpoint c;
	struct el_hash root, leaf, same;
	struct el_path path;
	static uint8_t note[EL_NOTE_MAX];
	const uint8_t *entry;
	char text[32];
	size_t len;

	assert_int_equal(el_log_folder_note(l->dir, EL_LOG_CHECKPOINT, note, &len), EL_OK);
	assert_int_equal(el_checkpoint_open(note, len, PUBLOG_ORIGIN, el_sign_key_pk(l->key), &c), EL_OK);
	assert_int_equal(c.size, size);
	assert_int_equal(el_log_folder_new(l->dir, &folder), EL_OK);
	source = el_log_folder_source(folder);
	assert_int_equal(el_tiles_root(&source, size, &root), EL_OK);
	assert_memory_equal(&root, &c.root, sizeof root);
	assert_int_equal(el_log_folder_entry(folder, size, index, &entry, &len), EL_OK);
	assert_int_equal(len, entry_of(index, text));
	assert_memory_equal(entry, text, len);
	el_entry_leaf(entry, len, &leaf);
	assert_int_equal(el_tiles_leaf(&source, size, index, &same), EL_OK);
	assert_memory_equal(&leaf, &same, sizeof leaf);
	assert_int_equal(el_tiles_path(&source, size, index, &path), EL_OK);
	assert_int_equal(el_tree_check(&leaf, &path, &c.root), EL_OK);
	el_log_folder_free(folder);
}

static bool
exists(const struct log *l, const char *name)
{
	return access(publog_path(l->dir, name), F_OK) == 0;
}

/* ---- Cases ---- */

static void
begins_empty_and_finds_itself_again(void **state)
{
	struct log l = open_log(state);
	struct el_logged logged;

	assert_int_equal(size_of(&l), 0);
	assert_int_equal(el_log_writer_logged(l.writer, 0, &logged), EL_ENOTFOUND);
	reopen(&l);
	assert_int_equal(size_of(&l), 0);
	fill(&l, 1);
	reopen(&l);
	assert_published(&l, 1, 0);
	assert_int_equal(el_log_writer_logged(l.writer, 0, &logged), EL_OK);
	assert_int_equal(logged.len, 7);
	assert_memory_equal(logged.entry, "entry 0", 7);
	close_log(&l);
}

static void
is_the_same_tree_whatever_the_batches_are(void **state)
{
	struct log l = open_log(state);
	struct el_hash *const leaves = leaves_of(700), root;
	uint64_t size = 0;

	for (uint64_t n = 1; size < 700; n = n * 3 % 61 + 1) {
		size = size + n < 700 ? size + n : 700;
		fill(&l, size);
		el_tree_root(leaves, size, &root);
		assert_memory_equal(&root, &el_log_writer_head(l.writer)->root, sizeof root);
		if (n % 4 == 0)
			reopen(&l);
		assert_published(&l, size, size * 7 % size);
	}
	free(leaves);
	close_log(&l);
}

static void
crosses_the_borders_of_levels(void **state)
{
	struct log l = open_log(state);
	struct el_hash *const leaves = leaves_of(MANY), root, before;
	struct el_log_folder *folder;
	struct el_tile_source source;
	struct el_consistency c;
	uint64_t size = 0, old;

	assert_int_equal(el_log_folder_new(l.dir, &folder), EL_OK);
	source = el_log_folder_source(folder);
	while (size < MANY) {
		old = size;
		before = el_log_writer_head(l.writer)->root;
		size = size + 3001 < MANY ? size + 3001 : MANY;
		fill(&l, size);
		assert_int_equal(el_tiles_consistency(&source, old, size, &c), EL_OK);
		assert_int_equal(el_consistency_check(&c, &before, &el_log_writer_head(l.writer)->root), EL_OK);
	}
	el_tree_root(leaves, MANY, &root);
	assert_memory_equal(&root, &el_log_writer_head(l.writer)->root, sizeof root);
	reopen(&l);
	assert_published(&l, MANY, 0);
	assert_published(&l, MANY, 65535);
	assert_published(&l, MANY, 65536);
	assert_published(&l, MANY, MANY - 1);
	assert_true(exists(&l, "tile/2/000.p/1"));
	assert_true(exists(&l, "tile/1/000"));
	assert_true(exists(&l, "tile/0/272"));
	assert_true(exists(&l, "tile/entries/273.p/112"));
	/* What was partial and is full. */
	assert_false(exists(&l, "tile/0/011.p"));
	assert_false(exists(&l, "tile/entries/011.p"));
	assert_false(exists(&l, "tile/1/000.p"));
	el_log_folder_free(folder);
	free(leaves);
	close_log(&l);
}

static void
keeps_partial_tiles_until_the_full_one_is_published(void **state)
{
	struct log l = open_log(state);

	fill(&l, 5);
	fill(&l, 255);
	assert_true(exists(&l, "tile/0/000.p/5"));
	assert_true(exists(&l, "tile/entries/000.p/5"));
	fill(&l, 256);
	assert_false(exists(&l, "tile/0/000.p"));
	assert_false(exists(&l, "tile/entries/000.p"));
	assert_true(exists(&l, "tile/0/000"));
	assert_published(&l, 256, 255);
	close_log(&l);
}

static void
does_not_append_a_recent_entry_again(void **state)
{
	struct log l = open_log(state);
	struct el_log_item twice[3] = { { .entry = (const uint8_t *)"a", .len = 1 },
		{ .entry = (const uint8_t *)"b", .len = 1 }, { .entry = (const uint8_t *)"a", .len = 1 } };
	uint64_t first;

	fill(&l, 10);
	assert_int_equal(append(&l, 3, 12, &first), EL_OK);
	assert_int_equal(first, 3);
	assert_int_equal(size_of(&l), 12);
	assert_int_equal(append(&l, 11, 12, &first), EL_OK);
	assert_int_equal(first, 11);
	assert_int_equal(size_of(&l), 12);
	reopen(&l);
	assert_int_equal(append(&l, 0, 3, &first), EL_OK);
	assert_int_equal(size_of(&l), 12);
	assert_published(&l, 12, 11);
	assert_int_equal(el_log_writer_append(l.writer, twice, 3), EL_OK);
	assert_int_equal(size_of(&l), 14);
	assert_int_equal(twice[0].index, 12);
	assert_int_equal(twice[1].index, 13);
	assert_int_equal(twice[2].index, 12);
	close_log(&l);
}

static void
knows_the_newest_4096_only(void **state)
{
	struct log l = open_log(state);
	uint64_t first;

	fill(&l, EL_LOG_RECENT + 1);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(append(&l, 1, 2, &first), EL_OK);
		assert_int_equal(first, 1);
		assert_int_equal(size_of(&l), EL_LOG_RECENT + 1);
		reopen(&l);
	}
	assert_int_equal(append(&l, 0, 1, &first), EL_OK);
	assert_int_equal(first, EL_LOG_RECENT + 1);
	close_log(&l);
}

static void
a_full_disk_changes_nothing(void **state)
{
	struct log l = open_log(state);
	bool was_full = true;
	uint64_t size = 250;

	fill(&l, size);
	/* Each round crosses the border of a tile. */
	for (int step = 0; was_full; step++) {
		const struct el_checkpoint before = *el_log_writer_head(l.writer);

		armed = FULL;
		steps_left = step;
		was_full = append(&l, size, size + 256, NULL) != EL_OK;
		armed = QUIET;
		if (was_full) {
			assert_memory_equal(&before, el_log_writer_head(l.writer), sizeof before);
			assert_published(&l, size, size - 1);
			fill(&l, size + 256);
		}
		size += 256;
		assert_published(&l, size, size - 1);
		assert_true(step > 8 || was_full);
	}
	reopen(&l);
	assert_int_equal(size_of(&l), size);
	close_log(&l);
}

/* Append from a process that is killed at that step; true: it was. */
static bool
killed_at(void **state, int step, uint64_t from, uint64_t to)
{
	struct log l;
	int status;
	pid_t pid;

	fflush(NULL);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		armed = KILLS;
		steps_left = step;
		l = log_of(state);
		if (try_open(&l) != EL_OK || append(&l, from, to, NULL) != EL_OK)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0));
	return WEXITSTATUS(status) == 77;
}

static void
a_kill_at_any_step_leaves_the_log_before_or_after(void **state)
{
	struct el_hash *const leaves = leaves_of(600), root;
	unsigned old = 0, new = 0;
	bool killed = true;
	struct log l;

	for (int step = 0; killed; step++) {
		killed = killed_at(state, step, 0, 250);
		killed |= killed_at(state, step, 250, 520);
		l = open_log(state);
		old += killed && size_of(&l) <= 250;
		new += killed && size_of(&l) == 520;
		el_tree_root(leaves, size_of(&l), &root);
		assert_memory_equal(&root, &el_log_writer_head(l.writer)->root, sizeof root);
		/* Sent again, everything is there once; what a crash left is written over by other entries. */
		assert_int_equal(append(&l, size_of(&l), 600, NULL), EL_OK);
		assert_published(&l, 600, 599);
		el_tree_root(leaves, 600, &root);
		assert_memory_equal(&root, &el_log_writer_head(l.writer)->root, sizeof root);
		reopen(&l);
		close_log(&l);
		publog_remove(publog_path(*state, "log"));
	}
	assert_true(old > 10 && new > 0);
	free(leaves);
}

/* Change a file, expect that the log does not open (EL_OK: for one of the two reasons), put it back. */
static void
refuses(struct log *l, const char *name, void (*damage)(const char *path, size_t len), int want)
{
	const char *const path = publog_path(l->dir, name);
	static uint8_t before[EL_LOG_BUNDLE_MAX];
	ssize_t len;
	int fd, r;

	assert_true((fd = open(path, O_RDONLY)) >= 0);
	assert_true((len = read(fd, before, sizeof before)) > 0);
	close(fd);
	damage(path, (size_t)len);
	r = try_open(l);
	if (want != EL_OK ? r != want : r != EL_ECRYPTO && r != EL_EFORMAT)
		fail_msg("%s: %d", name, r);
	(void)unlink(path);
	assert_true((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) >= 0);
	assert_int_equal(write(fd, before, (size_t)len), len);
	close(fd);
	assert_int_equal(try_open(l), EL_OK);
	el_log_writer_close(l->writer);
	l->writer = NULL;
}

static void
flip(const char *path, size_t len)
{
	const int fd = open(path, O_RDWR);
	uint8_t b;

	assert_int_equal(pread(fd, &b, 1, (off_t)(len / 2)), 1);
	b ^= 1;
	assert_int_equal(pwrite(fd, &b, 1, (off_t)(len / 2)), 1);
	close(fd);
}

static void
cut(const char *path, size_t len)
{
	assert_int_equal(truncate(path, (off_t)len - 1), 0);
}

static void
grow(const char *path, size_t len)
{
	assert_int_equal(truncate(path, (off_t)len + 32), 0);
}

static void
lose(const char *path, size_t len)
{
	(void)len;
	assert_int_equal(unlink(path), 0);
}

static char elsewhere[256]; /* beside the folder */

static void
point_elsewhere(const char *path, size_t len)
{
	(void)len;
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
}

static void
refuses_to_start_on_what_contradicts_the_checkpoint(void **state)
{
	static const char *const tiles[] = { "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2" };
	static const char *const bundles[] = { "tile/entries/000", "tile/entries/001", "tile/entries/002.p/88" };
	struct log l = open_log(state);

	fill(&l, 600);
	el_log_writer_close(l.writer);
	for (size_t i = 0; i < sizeof tiles / sizeof tiles[0]; i++) {
		refuses(&l, tiles[i], flip, EL_ECRYPTO);
		refuses(&l, tiles[i], cut, EL_EFORMAT);
		refuses(&l, tiles[i], grow, EL_EFORMAT);
		refuses(&l, tiles[i], lose, EL_EFORMAT);
	}
	for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++) {
		refuses(&l, bundles[i], flip, EL_OK); /* an entry or a length */
		refuses(&l, bundles[i], cut, EL_EFORMAT);
		refuses(&l, bundles[i], grow, EL_EFORMAT);
		refuses(&l, bundles[i], lose, EL_EFORMAT);
	}
	refuses(&l, "checkpoint", lose, EL_EFORMAT);
	refuses(&l, "checkpoint", cut, EL_EFORMAT);
	(void)snprintf(elsewhere, sizeof elsewhere, "%s", publog_path(*state, "elsewhere"));
	refuses(&l, "tile/0/001", point_elsewhere, EL_EIO);
	l.writer = NULL;
	close_log(&l);
}

static void
refuses_a_checkpoint_that_says_something_else(void **state)
{
	struct log l = open_log(state);
	struct el_sign_key *const other = publog_key(2);
	struct el_checkpoint c;
	struct el_buf note;
	int fd;

	fill(&l, 20);
	c = *el_log_writer_head(l.writer);
	el_log_writer_close(l.writer);
	assert_int_equal(el_log_writer_open(l.dir, PUBLOG_ORIGIN, other, &l.writer), EL_ECRYPTO);
	assert_int_equal(el_log_writer_open(l.dir, "entrylog/0123456789abcdef/issuer-7", l.key, &l.writer), EL_EFORMAT);
	/* Even with our own signature, as an older backup of the folder may have it. */
	c.size = 19;
	el_buf_init(&note, EL_NOTE_MAX);
	assert_int_equal(el_checkpoint_sign(&c, l.key, &note), EL_OK);
	assert_true((fd = open(publog_path(l.dir, "checkpoint"), O_WRONLY | O_TRUNC)) >= 0);
	assert_int_equal(write(fd, note.p, note.len), (ssize_t)note.len);
	close(fd);
	assert_int_equal(try_open(&l), EL_EFORMAT); /* there is no tile of 19 */
	el_buf_wipe(&note);
	el_sign_key_free(other);
	l.writer = NULL;
	close_log(&l);
}

static void
ends_when_its_folder_is_altered_under_it(void **state)
{
	struct log l = open_log(state);
	struct el_logged logged;

	fill(&l, 300);
	assert_int_equal(el_log_writer_logged(l.writer, 299, &logged), EL_OK);
	flip(publog_path(l.dir, "tile/entries/000"), 10 * 9 + 4 + 94); /* in entry 10 */
	assert_int_equal(el_log_writer_logged(l.writer, 10, &logged), EL_ECRYPTO);
	close_log(&l);
}

static void
keeps_cosignatures_behind_the_newest_checkpoint(void **state)
{
	struct log l = open_log(state);
	struct el_sign_key *const witness = publog_key(3);
	static const char name[] = "entrylog/0123456789abcdef/trustee-1";
	struct el_buf line;
	const uint8_t *note;
	uint64_t time_s;
	size_t len, before;

	fill(&l, 3);
	note = el_log_writer_note(l.writer, &before);
	el_buf_init(&line, EL_NOTE_MAX);
	assert_int_equal(el_checkpoint_cosign(note, before, name, witness, 1700000000, &line), EL_OK);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(el_log_writer_cosign(l.writer, line.p, line.len), EL_OK);
		reopen(&l);
		note = el_log_writer_note(l.writer, &len);
		assert_int_equal(len, before + line.len);
		assert_int_equal(el_note_verify(note, len, name, EL_NOTE_COSIGNATURE, el_sign_key_pk(witness), &time_s),
		    EL_OK);
		assert_int_equal(time_s, 1700000000);
	}
	fill(&l, 4);
	(void)el_log_writer_note(l.writer, &len);
	assert_true(len < before + line.len);
	el_buf_wipe(&line);
	el_sign_key_free(witness);
	close_log(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(begins_empty_and_finds_itself_again),
		with_folder(is_the_same_tree_whatever_the_batches_are),
		with_folder(crosses_the_borders_of_levels),
		with_folder(keeps_partial_tiles_until_the_full_one_is_published),
		with_folder(does_not_append_a_recent_entry_again),
		with_folder(knows_the_newest_4096_only),
		with_folder(a_full_disk_changes_nothing),
		with_folder(a_kill_at_any_step_leaves_the_log_before_or_after),
		with_folder(refuses_to_start_on_what_contradicts_the_checkpoint),
		with_folder(refuses_a_checkpoint_that_says_something_else),
		with_folder(ends_when_its_folder_is_altered_under_it),
		with_folder(keeps_cosignatures_behind_the_newest_checkpoint),
	};

	if (el_secret_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("publog writer", tests, NULL, NULL);
}
