#ifndef EL_TEST_DAYBOOK_ROWS_H
#define EL_TEST_DAYBOOK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"

/*
 * Rows that are recognised again: everything in one follows from its seed, and the seed can be read back
 * from the sealed bytes.  Tests of daybooks share these; they fail through cmocka's assertions.
 */
#define ROW_LEN 200
#define NOW 1700000000

enum row_form { ROW_OLD, ROW_NEW }; /* as appended, as rewritten */

struct made_row {
	struct el_row row;
	uint8_t sealed[ROW_LEN];
};

uint64_t tag_a_of(enum row_form, uint64_t seed);
uint64_t tag_b_of(enum row_form, uint64_t seed);
void make_row(struct made_row *, enum row_form, uint64_t seed);

/* Append the rows of seeds first..first + n - 1, in one transaction; returns the segment. */
uint32_t append_seeds(struct el_daybook *, el_epoch, int64_t now_s, uint64_t first, size_t n);

/* The same for children, at most 8 rows, without assertions: EL_OK when they were acknowledged. */
int try_append(struct el_daybook *, el_epoch, int64_t now_s, uint64_t first, size_t n);

/* An el_rewrite_fn from ROW_OLD to ROW_NEW. */
int renew(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment, uint8_t *sealed,
    struct el_row *out);

/* An el_leaf_fn: the hash of the place and of all bytes. */
int leaf_of_row(void *ctx, const struct el_row_ref *, const struct el_row *, struct el_hash *leaf);
/*
 * Whether every segment that has an index has the root of these leaves, and every step-th of its rows a path that leads
 * there.  Without assertions.
 */
bool has_trees(struct el_daybook *, el_epoch, uint32_t step);

/* What does a backend's jobs, as el_daybook_sqlite_work(). */
typedef int daybook_worker(const char *dir, const struct el_job *, el_rewrite_fn *fn, el_leaf_fn *leaf, void *ctx);

/* Do at most max waiting jobs and have them taken over, rewriting by renew(), with leaves by leaf_of_row(); returns how many there were. */
size_t work(struct el_daybook *, daybook_worker *, const char *dir, size_t max);

struct seen {
	struct el_row_ref ref;
	uint64_t tag_a, tag_b, seed;
	size_t len;
	enum row_form form;
	bool whole; /* the row is byte for byte what its seed says */
};

struct seen_list {
	struct seen *v;
	size_t n;
};

/* An el_row_fn: ctx is a struct seen_list. */
int see(void *ctx, const struct el_row_ref *, const struct el_row *);
void seen_free(struct seen_list *);

uint64_t rows_of(struct el_daybook *, el_epoch);
/* Fails unless the epoch holds exactly the seeds first..first + n - 1, each once and whole, in one form. */
void expect_seeds(struct el_daybook *, el_epoch, enum row_form, uint64_t first, size_t n);

/* A folder of one test. */
void folder_new(char out[64]);
void folder_remove(const char *path);
/* Files below path, folders not counted. */
size_t folder_count(const char *path);
/* Whether any file below path contains these bytes. */
bool folder_contains(const char *path, const void *needle, size_t len);
/* Every *.db below path passes SQLite's own check. */
void check_files(const char *path);

#endif
