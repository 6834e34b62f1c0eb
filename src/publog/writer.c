#include "publog/writer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "publog/folder.h"
#include "publog/growth.h"

#define FILE_MODE 0600

struct el_log_writer {
	char *dir;
	const struct el_sign_key *key;
	struct el_log_folder *folder;
	struct el_checkpoint head;
	struct el_buf note;
	struct el_log_growth *now, *next;
	struct el_hash recent[EL_LOG_RECENT]; /* leaf i at i modulo that */
	char made[EL_TILE_LEVELS + 1][EL_LOG_PATH_MAX]; /* the folder that was made last, of each level and of entries */
	int failed;
};

static void
remember(struct el_log_writer *w, uint64_t index, const struct el_hash *leaf)
{
	w->recent[index % EL_LOG_RECENT] = *leaf;
}

/* ---- Opening ---- */

/* The sink of a log that is read again: the file must hold what its entries make. */
static int
check_tile(void *ctx, const struct el_tile *t, const uint8_t *bytes, size_t len)
{
	struct el_log_writer *const w = ctx;
	uint8_t *const found = w->next->bundle; /* free for it until the first append */
	size_t n;
	int r;

	if (t->entries)
		return EL_OK; /* they came from there */
	if ((r = el_log_folder_read(w->dir, t, found, EL_LOG_TILE_MAX, &n)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_EFORMAT : r;
	return n == len && memcmp(found, bytes, len) == 0 ? EL_OK : EL_ECRYPTO;
}

static int
replay_bundle(struct el_log_writer *w, struct el_log_growth *s, const uint8_t *bytes, size_t len, unsigned width)
{
	struct el_rd rd = el_rd_init(bytes, len);
	struct el_hash leaf;
	int r;

	for (unsigned k = 0; k < width; k++) {
		const size_t n = el_rd_u16(&rd);
		const uint8_t *const entry = el_rd_view(&rd, n);

		if (rd.err != EL_OK || n == 0 || n > EL_ENTRY_MAX)
			return EL_EFORMAT;
		el_entry_leaf(entry, n, &leaf);
		remember(w, s->edge.size, &leaf);
		if ((r = el_log_growth_push(s, entry, n, &leaf, check_tile, w)) != EL_OK)
			return r;
	}
	return el_rd_end(&rd);
}

static int
replay(struct el_log_writer *w)
{
	uint8_t *const bytes = malloc(EL_LOG_BUNDLE_MAX);
	struct el_hash root;
	struct el_tile t;
	size_t len;
	int r = bytes != NULL ? EL_OK : EL_ENOMEM;

	while (r == EL_OK && w->now->edge.size < w->head.size) {
		t = el_tile_of(0, w->now->edge.size / EL_TILE_WIDTH, w->head.size);
		t.entries = true;
		if ((r = el_log_folder_read(w->dir, &t, bytes, EL_LOG_BUNDLE_MAX, &len)) == EL_OK)
			r = replay_bundle(w, w->now, bytes, len, t.width);
		if (r == EL_ENOTFOUND)
			r = EL_EFORMAT;
	}
	if (r == EL_OK)
		r = el_log_growth_end(w->now, check_tile, w);
	if (r == EL_OK) {
		el_edge_root(&w->now->edge, &root);
		r = el_hash_eq(&root, &w->head.root) ? EL_OK : EL_ECRYPTO;
	}
	free(bytes);
	return r;
}

/* The two names of the checkpoint.  EL_ELIMIT. */
static int
names(const struct el_log_writer *w, char next[EL_LOG_PATH_MAX], char path[EL_LOG_PATH_MAX])
{
	const int r = el_path_join(next, EL_LOG_PATH_MAX, w->dir, EL_LOG_CHECKPOINT_NEXT);

	return r == EL_OK ? el_path_join(path, EL_LOG_PATH_MAX, w->dir, EL_LOG_CHECKPOINT) : r;
}

/*
 * From the moment when it is durable under its first name there is no way back, though nobody has seen it: what ends here
 * goes on in adopt().  The second name needs no sync of its own; it is safe with the next one's first.
 */
static int
publish(const struct el_log_writer *w, const struct el_buf *note)
{
	char next[EL_LOG_PATH_MAX], path[EL_LOG_PATH_MAX];
	int r;

	if ((r = names(w, next, path)) != EL_OK || (r = el_file_replace(next, FILE_MODE, note->p, note->len)) != EL_OK)
		return r;
	return rename(next, path) == 0 ? EL_OK : EL_EIO;
}

/* Finish a publication that a life before began.  EL_EFORMAT: it is older than what is published, so not ours. */
static int
adopt(const struct el_log_writer *w, uint8_t note[EL_NOTE_MAX])
{
	char next[EL_LOG_PATH_MAX], path[EL_LOG_PATH_MAX];
	struct el_checkpoint newer, older = { .size = 0 };
	size_t len;
	int r;

	/* What is read must not be lost afterwards. */
	if ((r = names(w, next, path)) != EL_OK || (r = el_dir_sync(w->dir)) != EL_OK)
		return r;
	if ((r = el_log_folder_note(w->dir, EL_LOG_CHECKPOINT_NEXT, note, &len)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	if (el_checkpoint_parse(note, len, &newer) != EL_OK)
		return EL_EFORMAT;
	r = el_log_folder_note(w->dir, EL_LOG_CHECKPOINT, note, &len);
	if (r != EL_OK && r != EL_ENOTFOUND)
		return r;
	if (r == EL_OK && (el_checkpoint_parse(note, len, &older) != EL_OK || older.size > newer.size))
		return EL_EFORMAT;
	return rename(next, path) == 0 ? EL_OK : EL_EIO;
}

/*
 * An empty log is published before its first tile, so that tiles without a checkpoint mean that it was lost.
 */
static int
begin(struct el_log_writer *w)
{
	char path[EL_LOG_PATH_MAX];
	int r;

	if ((r = el_path_join(path, sizeof path, w->dir, "tile")) != EL_OK)
		return r;
	if (access(path, F_OK) == 0)
		return EL_EFORMAT;
	el_edge_root(&w->now->edge, &w->head.root);
	if ((r = el_checkpoint_sign(&w->head, w->key, &w->note)) != EL_OK)
		return r;
	return publish(w, &w->note);
}

static int
read_folder(struct el_log_writer *w, const char *origin)
{
	uint8_t *const note = malloc(EL_NOTE_MAX);
	size_t len;
	int r;

	if (note == NULL)
		return EL_ENOMEM;
	if (strlen(origin) > EL_LOG_ORIGIN_MAX) {
		r = EL_ELIMIT;
		goto out;
	}
	memcpy(w->head.origin, origin, strlen(origin) + 1);
	if ((r = el_dir_make(w->dir)) != EL_OK || (r = adopt(w, note)) != EL_OK)
		goto out;
	if ((r = el_log_folder_note(w->dir, EL_LOG_CHECKPOINT, note, &len)) == EL_ENOTFOUND) {
		r = begin(w);
		goto out;
	}
	if (r != EL_OK)
		goto out;
	el_buf_put(&w->note, note, len);
	if ((r = w->note.err) != EL_OK)
		goto out;
	if ((r = el_checkpoint_open(note, len, origin, el_sign_key_pk(w->key), &w->head)) == EL_OK)
		r = replay(w);
	else if (r == EL_ELIMIT)
		r = EL_EFORMAT;
out:
	free(note);
	return r;
}

int
el_log_writer_open(const char *dir, const char *origin, const struct el_sign_key *key, struct el_log_writer **out)
{
	struct el_log_writer *w;
	int r = EL_ENOMEM;

	*out = NULL;
	if ((w = calloc(1, sizeof *w)) == NULL)
		return EL_ENOMEM;
	w->key = key;
	el_buf_init(&w->note, EL_NOTE_MAX);
	if ((w->dir = strdup(dir)) == NULL || (w->now = calloc(1, sizeof *w->now)) == NULL ||
	    (w->next = calloc(1, sizeof *w->next)) == NULL || (r = el_log_folder_new(dir, &w->folder)) != EL_OK ||
	    (r = read_folder(w, origin)) != EL_OK)
		goto out;
	*out = w;
	w = NULL;
out:
	el_log_writer_close(w);
	return r;
}

void
el_log_writer_close(struct el_log_writer *w)
{
	if (w == NULL)
		return;
	el_log_folder_free(w->folder);
	el_buf_wipe(&w->note);
	free(w->now);
	free(w->next);
	free(w->dir);
	free(w);
}

/* ---- Appending ---- */

/* Have the folders of a tile's file.  Tiles come in order, so the last one of a level is nearly always that of the next. */
static int
make_folders(struct el_log_writer *w, const struct el_tile *t, const char *path)
{
	char *const made = w->made[t->entries ? EL_TILE_LEVELS : t->level];
	const size_t len = (size_t)(strrchr(path, '/') - path);
	char folder[EL_LOG_PATH_MAX];
	int r;

	if (strlen(made) == len && memcmp(made, path, len) == 0)
		return EL_OK;
	for (size_t i = strlen(w->dir) + 1; i <= len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		if ((r = el_dir_make(folder)) != EL_OK)
			return r;
	}
	memcpy(made, path, len);
	made[len] = '\0';
	return EL_OK;
}

static int
write_tile(void *ctx, const struct el_tile *t, const uint8_t *bytes, size_t len)
{
	struct el_log_writer *const w = ctx;
	char path[EL_LOG_PATH_MAX];
	int r;

	if ((r = el_log_folder_path(w->dir, t, path)) != EL_OK || (r = make_folders(w, t, path)) != EL_OK)
		return r;
	return el_file_replace(path, FILE_MODE, bytes, len);
}

/* Remove the partial tiles before a full one.  What stays behind takes space and does no harm. */
static void
drop_partials(const struct el_log_writer *w, struct el_tile t)
{
	char folder[EL_LOG_PATH_MAX], path[EL_LOG_PATH_MAX];
	struct dirent *e;
	DIR *d;

	t.width = 1;
	if (el_log_folder_path(w->dir, &t, folder) != EL_OK)
		return;
	*strrchr(folder, '/') = '\0';
	if ((d = opendir(folder)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && el_path_join(path, sizeof path, folder, e->d_name) == EL_OK)
			(void)unlink(path);
	closedir(d);
	(void)rmdir(folder);
}

/* The tiles that were partial before and are full under the checkpoint that is published now. */
static void
tidy(const struct el_log_writer *w, const struct el_log_growth *before)
{
	for (unsigned level = 0; level < EL_TILE_LEVELS; level++) {
		const struct el_log_level *const l = &before->levels[level];
		struct el_tile t = { .level = level, .index = l->index };

		if (l->n == 0 || w->now->levels[level].index == l->index)
			continue;
		drop_partials(w, t);
		t.entries = true;
		if (level == 0)
			drop_partials(w, t);
	}
}

static bool
is_recent(const struct el_log_writer *w, const struct el_hash *leaf, uint64_t *index)
{
	const uint64_t n = w->head.size < EL_LOG_RECENT ? w->head.size : EL_LOG_RECENT;

	for (uint64_t i = w->head.size; i > w->head.size - n; i--)
		if (memcmp(&w->recent[(i - 1) % EL_LOG_RECENT], leaf, sizeof *leaf) == 0) {
			*index = i - 1;
			return true;
		}
	return false;
}

/* Say of each item where it is or will be; the number of new ones. */
static size_t
place(const struct el_log_writer *w, struct el_log_item *items, size_t n)
{
	size_t n_new = 0, j;

	for (size_t i = 0; i < n; i++) {
		el_entry_leaf(items[i].entry, items[i].len, &items[i].leaf);
		if (is_recent(w, &items[i].leaf, &items[i].index))
			continue;
		for (j = 0; j < i && memcmp(&items[j].leaf, &items[i].leaf, sizeof items[i].leaf) != 0;)
			j++;
		items[i].index = j < i ? items[j].index : w->head.size + n_new++;
	}
	return n_new;
}

static int
write_items(struct el_log_writer *w, struct el_log_growth *s, const struct el_log_item *items, size_t n)
{
	int r = EL_OK;

	for (size_t i = 0; r == EL_OK && i < n; i++)
		if (items[i].index == s->edge.size)
			r = el_log_growth_push(s, items[i].entry, items[i].len, &items[i].leaf, write_tile, w);
	return r == EL_OK ? el_log_growth_end(s, write_tile, w) : r;
}

/* What was published is what counts from here on. */
static void
take_over(struct el_log_writer *w, const struct el_checkpoint *head, struct el_buf *note, const struct el_log_item *items,
    size_t n)
{
	struct el_log_growth *const before = w->now;

	for (size_t i = 0; i < n; i++)
		if (items[i].index >= w->head.size)
			remember(w, items[i].index, &items[i].leaf);
	w->now = w->next;
	w->next = before;
	w->head = *head;
	el_buf_wipe(&w->note);
	w->note = *note;
	el_buf_init(note, EL_NOTE_MAX);
	tidy(w, before);
}

static int
final(struct el_log_writer *w, int r)
{
	if (r != EL_OK && r != EL_ESPACE && r != EL_ENOMEM)
		w->failed = r;
	return r;
}

int
el_log_writer_append(struct el_log_writer *w, struct el_log_item *items, size_t n)
{
	struct el_checkpoint head = w->head;
	struct el_buf note;
	int r;

	if (w->failed != EL_OK)
		return w->failed;
	if (place(w, items, n) == 0)
		return EL_OK;
	el_buf_init(&note, EL_NOTE_MAX);
	el_log_growth_copy(w->next, w->now);
	if ((r = write_items(w, w->next, items, n)) == EL_OK) {
		head.size = w->next->edge.size;
		el_edge_root(&w->next->edge, &head.root);
		if ((r = el_checkpoint_sign(&head, w->key, &note)) == EL_OK && (r = publish(w, &note)) == EL_OK)
			take_over(w, &head, &note, items, n);
	}
	el_buf_wipe(&note);
	return final(w, r);
}

/* ---- Asking ---- */

const struct el_checkpoint *
el_log_writer_head(const struct el_log_writer *w)
{
	return &w->head;
}

const uint8_t *
el_log_writer_note(const struct el_log_writer *w, size_t *len)
{
	*len = w->note.len;
	return w->note.p;
}

int
el_log_writer_logged(struct el_log_writer *w, uint64_t index, struct el_logged *out)
{
	const struct el_tile_source source = el_log_folder_source(w->folder);
	const uint8_t *entry;
	struct el_hash leaf;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_log_folder_entry(w->folder, w->head.size, index, &entry, &out->len)) != EL_OK)
		return r;
	if (out->len > EL_ENTRY_MAX)
		return EL_EFORMAT;
	memcpy(out->entry, entry, out->len);
	if ((r = el_tiles_path(&source, w->head.size, index, &out->path)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_EIO : r;
	el_entry_leaf(out->entry, out->len, &leaf);
	return el_tree_check(&leaf, &out->path, &w->head.root);
}

int
el_log_writer_cosign(struct el_log_writer *w, const uint8_t *line, size_t len)
{
	struct el_buf note;
	int r;

	if (w->failed != EL_OK)
		return w->failed;
	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_put(&note, w->note.p, w->note.len);
	if ((r = note.err) == EL_OK && (r = el_note_add_line(&note, line, len)) == EL_OK && note.len > w->note.len &&
	    (r = final(w, publish(w, &note))) == EL_OK) {
		el_buf_wipe(&w->note);
		w->note = note;
		el_buf_init(&note, EL_NOTE_MAX);
	}
	el_buf_wipe(&note);
	return r;
}
