#include <stdlib.h>
#include <string.h>

#include "daybook/sqlite_file.h"
#include "daybook/sqlite_internal.h"
#include "daybook_schema.h"

enum stmt { ST_SUMMARY, ST_FIND_A, ST_FIND_B, ST_EACH_A, ST_EACH_B, ST_MAX };

static const char *const sql[ST_MAX] = {
	[ST_SUMMARY] = "SELECT n_rows, root FROM summary",
	[ST_FIND_A] = "SELECT row FROM tag_a_row WHERE tag = ?1",
	[ST_FIND_B] = "SELECT row FROM tag_b_row WHERE tag = ?1",
	[ST_EACH_A] = "SELECT tag, row FROM tag_a_row ORDER BY tag, row",
	[ST_EACH_B] = "SELECT tag, row FROM tag_b_row ORDER BY tag, row",
};

static const char *const sql_put[EL_TAG_COLUMNS + 1] = {
	[EL_TAG_A] = "INSERT INTO tag_a_row (tag, row) VALUES (?1, ?2)",
	[EL_TAG_B] = "INSERT INTO tag_b_row (tag, row) VALUES (?1, ?2)",
	[EL_TAG_COLUMNS] = "INSERT INTO summary (n_rows, root) VALUES (?1, ?2)",
};

/* Above one tag in so many rows it is cheaper to read the whole index once than to descend for each tag. */
#define MERGE_ABOVE 16
/* Above one tag in so many rows it is cheaper to read the filter first: it takes as long as descending a few times. */
#define FILTER_ABOVE 1000

struct el_index {
	sqlite3 *db;
	sqlite3_stmt *st[ST_MAX];
	uint32_t n_rows;
	bool has_tree;
	struct el_hash root;
	struct el_index_tree *tree; /* NULL until a path is asked for */
};

/* The highest bit is flipped: SQLite's signed order is then the order of the tags. */
static sqlite3_int64
to_sql(uint64_t tag)
{
	return (sqlite3_int64)(tag ^ UINT64_C(1) << 63);
}

static uint64_t
from_sql(sqlite3_int64 v)
{
	return (uint64_t)v ^ UINT64_C(1) << 63;
}

/* ---- Making ---- */

struct entry {
	uint64_t tag;
	uint32_t row;
};

struct entries {
	enum el_tag_column which;
	struct entry *v;
	uint32_t n, n_max;
};

static int
gather(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct entries *e = ctx;

	if (e->n == e->n_max || ref->row != e->n)
		return EL_EFORMAT; /* more rows than there should be, or numbers with gaps */
	e->v[e->n++] = (struct entry){ e->which == EL_TAG_A ? row->tag_a : row->tag_b, ref->row };
	return EL_OK;
}

static int
by_tag(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* In the order of the table, so that its pages are written one after the other and full. */
static int
put_column(struct el_segment *from, sqlite3_stmt *put, struct entries *e)
{
	const struct el_segment_query q = { .which = e->which, .tags_only = true, .fn = gather, .ctx = e };
	const struct el_row_ref ref = { 0, 0, 0 };
	uint32_t i;
	int rc, r;

	e->n = 0;
	if ((r = el_segment_walk(from, &ref, &q)) != EL_OK)
		return r;
	if (e->n != e->n_max)
		return EL_EFORMAT;
	if (e->n > 1)
		qsort(e->v, e->n, sizeof e->v[0], by_tag);
	for (i = 0; i < e->n && r == EL_OK; i++) {
		if ((rc = sqlite3_bind_int64(put, 1, to_sql(e->v[i].tag))) != SQLITE_OK ||
		    (rc = sqlite3_bind_int64(put, 2, e->v[i].row)) != SQLITE_OK)
			return el_sqlite_code(rc);
		r = el_sqlite_run(put);
	}
	return r;
}

/* root NULL: it has no tree. */
static int
put_summary(sqlite3_stmt *put, uint32_t n_rows, const struct el_hash *root)
{
	int rc;

	if ((rc = sqlite3_bind_int64(put, 1, n_rows)) == SQLITE_OK && root != NULL)
		rc = sqlite3_bind_blob(put, 2, root->b, sizeof root->b, SQLITE_STATIC);
	return rc == SQLITE_OK ? el_sqlite_run(put) : el_sqlite_code(rc);
}

static int
put_filter(const struct entries *e, sqlite3 *db)
{
	struct el_filter f;
	int r;

	if ((r = el_filter_new(e->n, &f)) != EL_OK)
		return r;
	for (uint32_t i = 0; i < e->n; i++)
		el_filter_add(&f, e->v[i].tag);
	r = el_filter_put(&f, db);
	el_filter_free(&f);
	return r;
}

static int
fill(struct el_segment *from, sqlite3 *db, uint32_t n_rows, const struct el_hash *root)
{
	struct entries e = { .n_max = n_rows };
	sqlite3_stmt *st[EL_TAG_COLUMNS + 1] = { NULL };
	int i, r;

	/* One column after the other: half the memory. */
	if (n_rows > 0 && (e.v = calloc(n_rows, sizeof e.v[0])) == NULL)
		return EL_ENOMEM;
	r = el_sqlite_prepare(db, sql_put, EL_TAG_COLUMNS + 1, st);
	for (i = 0; i < EL_TAG_COLUMNS && r == EL_OK; i++) {
		e.which = (enum el_tag_column)i;
		if ((r = put_column(from, st[i], &e)) == EL_OK && i == EL_TAG_B)
			r = put_filter(&e, db);
		el_daybook_step();
	}
	if (r == EL_OK)
		r = put_summary(st[EL_TAG_COLUMNS], n_rows, root);
	for (i = 0; i <= EL_TAG_COLUMNS; i++)
		sqlite3_finalize(st[i]);
	free(e.v);
	return r;
}

/* All of the new file but its beginning and end. */
static int
put_all(struct el_segment *from, const struct el_job *job, el_leaf_fn *leaf, void *ctx, sqlite3 *db)
{
	const struct el_row_ref ref = { job->epoch, job->segment, 0 };
	bool has_tree = leaf != NULL;
	struct el_hash root;
	int r;

	if (has_tree && (r = el_index_tree_make(from, &ref, leaf, ctx, db, &root)) != EL_OK) {
		if (r != EL_ECRYPTO)
			return r;
		has_tree = false;
	}
	el_daybook_step();
	return fill(from, db, (uint32_t)job->n_rows, has_tree ? &root : NULL);
}

int
el_index_make(const char *segment, const struct el_job *job, el_leaf_fn *leaf, void *ctx, const char *path)
{
	struct el_segment *from = NULL;
	sqlite3 *db = NULL;
	int r;

	if ((r = el_segment_open(segment, EL_SEGMENT_CLOSED, &from)) != EL_OK)
		return r;
	if (el_segment_rows(from) != job->n_rows)
		r = EL_EFORMAT;
	if (r == EL_OK && (r = el_sqlite_create(path, el_daybook_index_schema, &db)) == EL_OK) {
		el_daybook_step();
		if ((r = put_all(from, job, leaf, ctx, db)) == EL_OK)
			r = el_sqlite_exec(db, "COMMIT");
	}
	el_segment_close(from, false);
	if (sqlite3_close(db) != SQLITE_OK && r == EL_OK)
		r = EL_EIO;
	el_daybook_step();
	return r;
}

/* ---- Reading ---- */

void
el_index_close(struct el_index *x)
{
	int i;

	if (x == NULL)
		return;
	el_index_tree_close(x->tree);
	for (i = 0; i < ST_MAX; i++)
		sqlite3_finalize(x->st[i]);
	(void)sqlite3_close(x->db);
	free(x);
}

static int
read_summary(struct el_index *x)
{
	sqlite3_stmt *const st = x->st[ST_SUMMARY];
	const int rc = sqlite3_step(st);
	const void *root;
	int r = el_sqlite_code(rc);

	if (r == EL_OK && (rc != SQLITE_ROW || sqlite3_column_int64(st, 0) != (sqlite3_int64)x->n_rows))
		r = EL_EFORMAT;
	if (r == EL_OK && (x->has_tree = sqlite3_column_type(st, 1) != SQLITE_NULL)) {
		root = sqlite3_column_blob(st, 1);
		if (root != NULL && sqlite3_column_bytes(st, 1) == EL_HASH_LEN)
			memcpy(x->root.b, root, EL_HASH_LEN);
		else
			r = EL_EFORMAT;
	}
	sqlite3_reset(st);
	return r;
}

int
el_index_open(const char *path, uint32_t n_rows, struct el_index **out)
{
	struct el_index *x;
	int r;

	*out = NULL;
	if ((x = calloc(1, sizeof *x)) == NULL)
		return EL_ENOMEM;
	x->n_rows = n_rows;
	if ((r = el_sqlite_open_reader(
		 path, EL_DAYBOOK_INDEX_SCHEMA_ID, EL_DAYBOOK_INDEX_SCHEMA_VERSION, &x->db)) == EL_OK &&
	    (r = el_sqlite_prepare(x->db, sql, ST_MAX, x->st)) == EL_OK && (r = read_summary(x)) == EL_OK) {
		*out = x;
		x = NULL;
	}
	el_index_close(x);
	return r;
}

int
el_index_root(const struct el_index *x, struct el_hash *root)
{
	if (!x->has_tree)
		return EL_ENOTFOUND;
	*root = x->root;
	return EL_OK;
}

int
el_index_path(struct el_index *x, uint32_t row, struct el_path *out)
{
	int r;

	if (!x->has_tree)
		return EL_ENOTFOUND;
	if (x->tree == NULL && (r = el_index_tree_open(x->db, x->n_rows, &x->root, &x->tree)) != EL_OK)
		return r;
	return el_index_tree_path(x->tree, row, out);
}

struct rows {
	uint32_t *v;
	size_t n, size;
};

static int
keep(struct rows *rows, sqlite3_int64 row)
{
	if (rows->n == rows->size) {
		const size_t size = rows->size != 0 ? rows->size * 2 : 64;
		uint32_t *more = realloc(rows->v, size * sizeof *more);

		if (more == NULL)
			return EL_ENOMEM;
		rows->v = more;
		rows->size = size;
	}
	rows->v[rows->n++] = (uint32_t)row;
	return EL_OK;
}

static int
find_one(sqlite3_stmt *st, uint64_t tag, struct rows *rows)
{
	int rc, r;

	if ((rc = sqlite3_bind_int64(st, 1, to_sql(tag))) != SQLITE_OK)
		return el_sqlite_code(rc);
	for (r = EL_OK; r == EL_OK && (rc = sqlite3_step(st)) == SQLITE_ROW;)
		r = keep(rows, sqlite3_column_int64(st, 0));
	sqlite3_reset(st);
	return r == EL_OK ? el_sqlite_code(rc) : r;
}

/* Both lists are in the order of tags, so that one walk over each is enough. */
static int
merge(sqlite3_stmt *mine, const uint64_t *tags, size_t n, struct rows *rows)
{
	sqlite3_stmt *st;
	size_t i = 0;
	int rc = SQLITE_DONE, r;

	if ((r = el_sqlite_take(mine, &st)) != EL_OK)
		return r;
	while (r == EL_OK && i < n && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const uint64_t tag = from_sql(sqlite3_column_int64(st, 0));

		while (i < n && tags[i] < tag)
			i++;
		if (i < n && tags[i] == tag)
			r = keep(rows, sqlite3_column_int64(st, 1));
	}
	if (r == EL_OK)
		r = el_sqlite_code(rc);
	el_sqlite_give_back(mine, st);
	return r;
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
find_all(struct el_index *x, enum el_tag_column which, const uint64_t *tags, size_t n, struct rows *rows)
{
	int r = EL_OK;
	size_t i;

	if (n > x->n_rows / MERGE_ABOVE)
		r = merge(x->st[which == EL_TAG_A ? ST_EACH_A : ST_EACH_B], tags, n, rows);
	else
		for (i = 0; i < n && r == EL_OK; i++)
			r = find_one(x->st[which == EL_TAG_A ? ST_FIND_A : ST_FIND_B], tags[i], rows);
	return r;
}

int
el_index_find(struct el_index *x, enum el_tag_column which, const uint64_t *tags, size_t n, uint32_t **out,
    size_t *n_rows)
{
	struct rows rows = { 0 };
	uint64_t *kept = NULL;
	int r = EL_ENOTFOUND;

	if (which == EL_TAG_B && n > x->n_rows / FILTER_ABOVE) {
		size_t n_kept;

		if ((r = el_filter_sift(x->db, x->n_rows, tags, n, &kept, &n_kept)) == EL_OK)
			r = find_all(x, which, kept, n_kept, &rows);
		free(kept);
	}
	if (r == EL_ENOTFOUND)
		r = find_all(x, which, tags, n, &rows);
	if (r == EL_OK && rows.n > 1)
		qsort(rows.v, rows.n, sizeof rows.v[0], by_number);
	if (r != EL_OK) {
		free(rows.v);
		rows = (struct rows){ 0 };
	}
	*out = rows.v;
	*n_rows = rows.n;
	return r;
}

int
el_index_each(
    struct el_index *x, const struct el_row_ref *where, enum el_tag_column which, el_tag_fn *fn, void *ctx)
{
	sqlite3_stmt *const mine = x->st[which == EL_TAG_A ? ST_EACH_A : ST_EACH_B];
	struct el_row_ref ref = *where;
	sqlite3_stmt *st;
	int rc = SQLITE_DONE, r;

	if ((r = el_sqlite_take(mine, &st)) != EL_OK)
		return r;
	while (r == EL_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		ref.row = (uint32_t)sqlite3_column_int64(st, 1);
		r = fn(ctx, &ref, from_sql(sqlite3_column_int64(st, 0)));
	}
	if (r == EL_OK)
		r = el_sqlite_code(rc);
	el_sqlite_give_back(mine, st);
	return r;
}
