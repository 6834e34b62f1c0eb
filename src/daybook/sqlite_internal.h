#ifndef EL_DAYBOOK_SQLITE_INTERNAL_H
#define EL_DAYBOOK_SQLITE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "daybook/daybook.h"

/*
 * The SQLite backend.  A segment is one file; what state it is in stands in its name, so that every
 * change of state is one rename (schema/README.md).
 */
enum el_segment_kind {
	EL_SEGMENT_TMP,
	EL_SEGMENT_LIVE,
	EL_SEGMENT_CLOSED,
	EL_SEGMENT_SORTED,
	/* No segments: the index of one. */
	EL_SEGMENT_TMP_INDEX,
	EL_SEGMENT_INDEX
};

#define EL_SEGMENT_NUMBER_MAX 999999u /* six digits of a file's name */
#define EL_DAYBOOK_DIR_MAX 1000
#define EL_DAYBOOK_PATH_SIZE (EL_DAYBOOK_DIR_MAX + 48) /* "/65535/999999.tmp.index.db-journal" */
#define EL_FOLDER_NAME_SIZE 32

/* sqlite_segment.c: one file. */
struct el_segment;

/* What a walk wants.  tags NULL: every row; else those whose tag is among the sorted ones. */
struct el_segment_query {
	enum el_tag_column which;
	const uint64_t *tags;
	size_t n_tags;
	bool tags_only;
	el_row_fn *fn;
	void *ctx;
};

/*
 * Make a new file at path (mode 0600, schema inside) that is filled with el_segment_put() and made
 * durable by el_segment_finish().  Until then it may hold anything and must have the TMP name.
 * EL_EIO, EL_ENOMEM; a file that is left over is the caller's to unlink.
 */
EL_MUST_USE int el_segment_create(const char *path, struct el_segment **out);
EL_MUST_USE int el_segment_put(struct el_segment *, const struct el_row *);
/* Always closes the segment. */
EL_MUST_USE int el_segment_finish(struct el_segment *);

/* Open a live file for appending, or any other one for reading.  EL_EIO, EL_EFORMAT, EL_ENOMEM. */
EL_MUST_USE int el_segment_open(const char *path, enum el_segment_kind, struct el_segment **out);
/* One durable transaction.  EL_EIO when it is unknown whether the rows are on disk; else none is. */
EL_MUST_USE int el_segment_append(
    struct el_segment *, const struct el_row *rows, size_t n, uint32_t *first_row);
uint32_t el_segment_rows(const struct el_segment *);
/* Both give the row's epoch and segment as they stand in *ref. */
EL_MUST_USE int el_segment_walk(
    struct el_segment *, const struct el_row_ref *ref, const struct el_segment_query *);
EL_MUST_USE int el_segment_read(
    struct el_segment *, const struct el_row_ref *ref, el_row_fn *fn, void *ctx);
/* Close.  With keep_wal nothing is written in doing so; the next open recovers.  NULL is fine. */
void el_segment_close(struct el_segment *, bool keep_wal);
/*
 * Bring a live file to rest: all rows in the one file, not in WAL mode.  Closes the segment and sets it to NULL,
 * but after EL_ESPACE, when it is live as before.
 */
EL_MUST_USE int el_segment_settle(struct el_segment **, const char *path);
bool el_segment_is_among(const uint64_t *sorted_tags, size_t n, uint64_t tag);

/* sqlite_index.c: the index of one segment. */
struct el_index;

/*
 * Make the index of the segment at `segment`, which the job names, durably as a new file at path; leaf and ctx as in
 * el_daybook_sqlite_work().  EL_EFORMAT: it has not job->n_rows rows, numbered from 0; EL_EIO, EL_ESPACE, EL_ENOMEM; a file
 * that is left over is the caller's to unlink.
 */
EL_MUST_USE int el_index_make(
    const char *segment, const struct el_job *, el_leaf_fn *leaf, void *ctx, const char *path);
/* EL_EFORMAT: it is no index, or that of a segment with another number of rows; EL_EIO, EL_ENOMEM. */
EL_MUST_USE int el_index_open(const char *path, uint32_t n_rows, struct el_index **out);
void el_index_close(struct el_index *);
/* The rows of n sorted, distinct tags, ascending; *rows is malloc'ed, NULL where there are none. */
EL_MUST_USE int el_index_find(struct el_index *, enum el_tag_column which, const uint64_t *sorted_tags, size_t n,
    uint32_t **rows, size_t *n_rows);
/* Every row's tag in the order of tags; ref as in el_segment_walk(). */
EL_MUST_USE int el_index_each(
    struct el_index *, const struct el_row_ref *ref, enum el_tag_column which, el_tag_fn *fn, void *ctx);
/* EL_ENOTFOUND: it has no tree. */
EL_MUST_USE int el_index_root(const struct el_index *, struct el_hash *root);
/* As path() of the daybook; row is below the number of rows. */
EL_MUST_USE int el_index_path(struct el_index *, uint32_t row, struct el_path *out);

/* sqlite_tree.c: the tree in the index of a segment. */
/*
 * Make the tree of a segment's rows within the transaction in which its index is made.  EL_ECRYPTO: a row has no leaf, and
 * there is no tile then; EL_EFORMAT: the rows are not numbered from 0; EL_EIO, EL_ESPACE, EL_ENOMEM; what leaf returned.
 */
EL_MUST_USE int el_index_tree_make(struct el_segment *from, const struct el_row_ref *segment, el_leaf_fn *leaf, void *ctx,
    sqlite3 *db, struct el_hash *root);
/* What is needed to read paths; db must outlive it.  EL_EFORMAT: it is no tree with this root; EL_EIO, EL_ENOMEM. */
struct el_index_tree;
EL_MUST_USE int el_index_tree_open(sqlite3 *db, uint32_t n_rows, const struct el_hash *root, struct el_index_tree **out);
EL_MUST_USE int el_index_tree_path(struct el_index_tree *, uint32_t row, struct el_path *out);
void el_index_tree_close(struct el_index_tree *);

/* sqlite_filter.c: which tags of the second column a segment can have at all. */
struct el_filter {
	uint8_t *words; /* NULL: none for so many rows */
	uint32_t n_words;
};
EL_MUST_USE int el_filter_new(uint32_t n_rows, struct el_filter *out); /* EL_ENOMEM */
void el_filter_add(struct el_filter *, uint64_t tag);
/* Into an index that is being made.  EL_EIO, EL_ESPACE, EL_ENOMEM. */
EL_MUST_USE int el_filter_put(const struct el_filter *, sqlite3 *db);
void el_filter_free(struct el_filter *);
/*
 * Of n tags those that an index of n_rows may have, in their order; *out is malloc'ed (NULL for none).  EL_ENOTFOUND: it
 * has no filter; EL_EFORMAT, EL_EIO, EL_ENOMEM.
 */
EL_MUST_USE int el_filter_sift(sqlite3 *db, uint32_t n_rows, const uint64_t *tags, size_t n, uint64_t **out,
    size_t *n_out);

/* sqlite_folder.c: names and folders. */
bool el_folder_is_epoch(const char *name, el_epoch *out);
bool el_folder_is_gone(const char *name, el_epoch *out);
bool el_folder_is_segment(const char *name, uint32_t *number, enum el_segment_kind *);
void el_folder_path(char out[EL_DAYBOOK_PATH_SIZE], const char *dir, el_epoch, const char *suffix);
void el_folder_segment_name(char out[EL_FOLDER_NAME_SIZE], uint32_t number, enum el_segment_kind);
void el_folder_segment_path(char out[EL_DAYBOOK_PATH_SIZE], const char *dir, el_epoch, uint32_t number,
    enum el_segment_kind);
/* Calls fn with every name but "." and ".."; anything but EL_OK ends it. */
EL_MUST_USE int el_folder_each(
    const char *path, int (*fn)(void *ctx, const char *name), void *ctx);
/* Unlink every file but the ones of segment *keep (NULL: every one), then fsync the folder. */
EL_MUST_USE int el_folder_clear(const char *path, const uint32_t *keep);
/* Unlink what was being made when an earlier life ended. */
EL_MUST_USE int el_folder_drop_tmp(const char *path);
/* Clear and remove a folder, durably.  A missing one is EL_OK. */
EL_MUST_USE int el_folder_remove(const char *path);
/* Rename within a folder, durably.  EL_ESPACE: it has the old name still. */
EL_MUST_USE int el_folder_rename(const char *from, const char *to);

/* sqlite_daybook.c: what is on disk and what of it is open. */
struct el_segment_info {
	uint32_t number, n_rows;
	enum el_segment_kind kind;
	bool indexed;
};

struct el_epoch_info {
	el_epoch epoch;
	bool rewritten;
	bool rewriting;		     /* takes no more rows; the sorted segment is in the making */
	uint32_t next;		     /* number of the next segment */
	struct el_segment *live;     /* the last segment, when its kind is LIVE; else NULL */
	int64_t begun_s;	     /* when the live one was begun; of no use after another life */
	struct el_segment_info *seg; /* ascending */
	size_t n_seg;
};

#define EL_DAYBOOK_READERS 32 /* closed segments kept open */

struct el_reader {
	bool taken;
	el_epoch epoch;
	uint32_t number, pins;
	uint64_t used;
	struct el_segment *seg; /* NULL until it is asked for ... */
	struct el_index *index; /* ... and so with this one */
};

struct el_sqlite_daybook {
	struct el_daybook base;
	char dir[EL_DAYBOOK_DIR_MAX + 1];
	struct el_daybook_options options;
	int dir_fd;	   /* holds the lock of the one process that uses the folder */
	bool failed;	   /* a write failed: nothing more is acknowledged */
	unsigned walking;  /* callbacks running, in which nothing may be written */
	struct el_epoch_info *ep; /* ascending */
	size_t n_ep;
	struct el_reader reader[EL_DAYBOOK_READERS];
	uint64_t reader_clock;
	uint8_t destroyed[65536 / 8]; /* epochs destroyed in this life, or not yet removed */
	uint8_t gone[65536 / 8]; /* of these: whose files are to be removed */
	size_t n_gone;
};

/* EL_EIO after a failed write; EL_ESTATE inside a callback. */
EL_MUST_USE int el_sqlite_daybook_may_write(const struct el_sqlite_daybook *);
/* Passes r on, and remembers a failure that is final. */
EL_MUST_USE int el_sqlite_daybook_wrote(struct el_sqlite_daybook *, int r);
/* Where in the registry the first epoch that is not before e stands. */
size_t el_sqlite_daybook_position(const struct el_sqlite_daybook *, el_epoch e);
struct el_epoch_info *el_sqlite_daybook_epoch(struct el_sqlite_daybook *, el_epoch);
/* Add an epoch to the registry (EL_ENOMEM); the folder is the caller's concern. */
EL_MUST_USE int el_sqlite_daybook_add(struct el_sqlite_daybook *, el_epoch, struct el_epoch_info **out);
/* Find an epoch, or make its folder durably.  EL_ESTATE: destroyed. */
EL_MUST_USE int el_sqlite_daybook_make(struct el_sqlite_daybook *, el_epoch, struct el_epoch_info **out);
EL_MUST_USE int el_sqlite_daybook_add_segment(struct el_epoch_info *, const struct el_segment_info *);
/* Close the live segment, if there is one; its rows are in a closed one then. */
EL_MUST_USE int el_sqlite_daybook_close_live(struct el_sqlite_daybook *, struct el_epoch_info *);

/* sqlite_read.c: closed segments that are open, and the verbs that walk. */
/* A segment for reading; given back with el_sqlite_daybook_unpin(). */
EL_MUST_USE int el_sqlite_daybook_pin(struct el_sqlite_daybook *, struct el_epoch_info *,
    const struct el_segment_info *, struct el_segment **out);
void el_sqlite_daybook_unpin(struct el_sqlite_daybook *, struct el_segment *);
/* Close the readers of an epoch whose files are about to go. */
void el_sqlite_daybook_evict(struct el_sqlite_daybook *, el_epoch);
int el_sqlite_daybook_find_indexed(struct el_daybook *, el_epoch, enum el_tag_column which, const uint64_t *sorted_tags,
    size_t n, el_row_fn *fn, void *ctx);
int el_sqlite_daybook_each_tag(
    struct el_daybook *, el_epoch, uint32_t from, enum el_tag_column which, el_tag_fn *fn, void *ctx);
uint32_t el_sqlite_daybook_unindexed(struct el_daybook *, el_epoch, uint32_t *end);
int el_sqlite_daybook_find(struct el_daybook *, el_epoch from, el_epoch to, enum el_tag_column which,
    const uint64_t *sorted_tags, size_t n, el_row_fn *fn, void *ctx);
int el_sqlite_daybook_read(struct el_daybook *, const struct el_row_ref *, el_row_fn *fn, void *ctx);
int el_sqlite_daybook_scan(struct el_daybook *, el_epoch, bool tags_only, el_row_fn *fn, void *ctx);
int el_sqlite_daybook_root(struct el_daybook *, el_epoch, uint32_t segment, uint64_t *n_rows, struct el_hash *root);
int el_sqlite_daybook_path(struct el_daybook *, const struct el_row_ref *, struct el_path *out);

/* sqlite_recover.c: fill the registry from the folder, finishing or dropping what is half done. */
EL_MUST_USE int el_sqlite_daybook_recover(struct el_sqlite_daybook *);

/*
 * sqlite_rewrite.c: make the sorted segment of an epoch durably as a new file at path, from its closed ones in
 * `folder`.  EL_EFORMAT: they have not job->n_rows rows; a file that is left over is the caller's to unlink.
 */
EL_MUST_USE int el_rewrite_make(
    const char *folder, const struct el_job *, el_rewrite_fn *fn, void *ctx, const char *path);

/* sqlite_job.c: the verbs that hand work out and take its results over. */
int el_sqlite_daybook_rewrite(struct el_daybook *, el_epoch, el_rewrite_fn *fn, void *ctx, uint64_t *n_rows);
int el_sqlite_daybook_begin_rewrite(struct el_daybook *, el_epoch);
int el_sqlite_daybook_job(struct el_daybook *, struct el_job *out);
int el_sqlite_daybook_finish(struct el_daybook *, const struct el_job *);
/* The files of a destroyed epoch are to be removed. */
void el_sqlite_daybook_add_gone(struct el_sqlite_daybook *, el_epoch);

/*
 * Called after each step of a change on disk; NULL but in the crash tests, which end the process in it.
 */
extern void (*el_daybook_step_hook)(void);
void el_daybook_step(void);

#endif
