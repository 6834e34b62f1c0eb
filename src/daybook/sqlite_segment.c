#include <stdlib.h>
#include <string.h>

#include "daybook/sqlite_file.h"
#include "daybook/sqlite_internal.h"
#include "daybook_schema.h"

enum stmt { ST_COUNT, ST_WALK, ST_READ, ST_BEGIN, ST_INSERT, ST_COMMIT, ST_ROLLBACK, ST_MAX };

/* A file opened for reading has only the statements before ST_BEGIN. */
static const char *const sql[ST_MAX] = {
	[ST_COUNT] = "SELECT coalesce(max(row) + 1, 0) FROM segment_row",
	[ST_WALK] = "SELECT row, tag_a, tag_b, sealed FROM segment_row ORDER BY row",
	[ST_READ] = "SELECT row, tag_a, tag_b, sealed FROM segment_row WHERE row = ?1",
	[ST_BEGIN] = "BEGIN IMMEDIATE",
	[ST_INSERT] = "INSERT INTO segment_row (row, tag_a, tag_b, sealed) VALUES (?1, ?2, ?3, ?4)",
	[ST_COMMIT] = "COMMIT",
	[ST_ROLLBACK] = "ROLLBACK",
};

/*
 * Exclusive locking keeps the index of the write-ahead log in memory: no shared-memory file, no mmap.
 * Checkpoints are ours to make, since SQLite's own would not tell of a failure.
 */
static const char sql_live[] = "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
			       "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;"
			       "PRAGMA wal_autocheckpoint = 0;";
static const char sql_settle[] = "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
				 "PRAGMA synchronous = FULL;";
/* These answer with the mode in force, which may silently be the old one. */
static const char sql_wal_on[] = "PRAGMA journal_mode = WAL";
static const char sql_wal_off[] = "PRAGMA journal_mode = DELETE";

/* Often and small: check-ins wait while pages are copied from the log into the file. */
#define WAL_PAGES_MAX 1000

struct el_segment {
	sqlite3 *db;
	sqlite3_stmt *st[ST_MAX];
	uint32_t n_rows;
	int wal_pages; /* in the log after the last commit */
};

static int
insert(struct el_segment *s, uint32_t row, const struct el_row *in)
{
	sqlite3_stmt *st = s->st[ST_INSERT];
	int rc;

	/* A null pointer would be bound as NULL. */
	if ((rc = sqlite3_bind_int64(st, 1, row)) == SQLITE_OK &&
	    (rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)in->tag_a)) == SQLITE_OK &&
	    (rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)in->tag_b)) == SQLITE_OK)
		rc = sqlite3_bind_blob(st, 4, in->len > 0 ? (const void *)in->sealed : "", (int)in->len,
		    SQLITE_STATIC);
	return rc == SQLITE_OK ? el_sqlite_run(st) : el_sqlite_code(rc);
}

static int
free_segment(struct el_segment *s)
{
	int i, r;

	for (i = 0; i < ST_MAX; i++)
		sqlite3_finalize(s->st[i]);
	r = el_sqlite_code(sqlite3_close(s->db));
	free(s);
	return r;
}

int
el_segment_create(const char *path, struct el_segment **out)
{
	struct el_segment *s;
	int r;

	*out = NULL;
	if ((s = calloc(1, sizeof *s)) == NULL)
		return EL_ENOMEM;
	if ((r = el_sqlite_create(path, el_daybook_schema, &s->db)) == EL_OK &&
	    (r = el_sqlite_prepare(s->db, sql, ST_MAX, s->st)) == EL_OK) {
		*out = s;
		s = NULL;
	}
	if (s != NULL)
		(void)free_segment(s);
	return r;
}

int
el_segment_put(struct el_segment *s, const struct el_row *row)
{
	int r;

	if (row->len > EL_SEALED_MAX || s->n_rows == UINT32_MAX)
		return EL_ELIMIT;
	if ((r = insert(s, s->n_rows, row)) == EL_OK)
		s->n_rows++;
	return r;
}

int
el_segment_finish(struct el_segment *s)
{
	const int r = el_sqlite_run(s->st[ST_COMMIT]), closed = free_segment(s);

	return r == EL_OK ? closed : r;
}

static int
note_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct el_segment *s = ctx;

	(void)db, (void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

static int
open_live(struct el_segment *s, const char *path)
{
	int r;

	if ((r = el_sqlite_open(path, SQLITE_OPEN_READWRITE, &s->db)) != EL_OK ||
	    (r = el_sqlite_exec(s->db, sql_live)) != EL_OK ||
	    (r = el_sqlite_check_schema(s->db, EL_DAYBOOK_SCHEMA_ID, EL_DAYBOOK_SCHEMA_VERSION)) != EL_OK)
		return r;
	sqlite3_wal_hook(s->db, note_wal, s);
	return el_sqlite_expect(s->db, sql_wal_on, "wal");
}

/*
 * Copy the log into the file.  With no space for that the log goes on growing, and the next commit tries
 * again; any other failure is final.
 */
static int
checkpoint(struct el_segment *s)
{
	const int r = el_sqlite_code(sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));

	return r == EL_ESPACE ? EL_OK : r;
}

int
el_segment_open(const char *path, enum el_segment_kind kind, struct el_segment **out)
{
	const bool live = kind == EL_SEGMENT_LIVE;
	struct el_segment *s = NULL;
	int rc, r;

	*out = NULL;
	if ((s = calloc(1, sizeof *s)) == NULL)
		return EL_ENOMEM;
	r = live ? open_live(s, path) :
		   el_sqlite_open_reader(path, EL_DAYBOOK_SCHEMA_ID, EL_DAYBOOK_SCHEMA_VERSION, &s->db);
	if (r != EL_OK || (r = el_sqlite_prepare(s->db, sql, live ? ST_MAX : ST_BEGIN, s->st)) != EL_OK)
		goto out;
	if ((rc = sqlite3_step(s->st[ST_COUNT])) == SQLITE_ROW)
		s->n_rows = (uint32_t)sqlite3_column_int64(s->st[ST_COUNT], 0);
	sqlite3_reset(s->st[ST_COUNT]);
	if ((r = el_sqlite_code(rc)) != EL_OK)
		goto out;
	/*
	 * A life that was killed between a commit's write and its sync leaves rows that are read now and could be
	 * gone after a power loss.  A checkpoint begins with that sync.
	 */
	if (live && (r = checkpoint(s)) != EL_OK)
		goto out;
	*out = s;
	s = NULL;
out:
	if (s != NULL)
		(void)free_segment(s);
	return r;
}

/*
 * A commit that found no space has written no whole frame with a commit mark, so that no recovery sees its
 * rows; after any other failure of a commit they may be in the log.
 */
static int
commit(struct el_segment *s, size_t n)
{
	const int r = el_sqlite_run(s->st[ST_COMMIT]);

	if (r != EL_OK)
		return r == EL_ESPACE ? r : EL_EIO;
	s->n_rows += (uint32_t)n;
	return s->wal_pages >= WAL_PAGES_MAX && checkpoint(s) != EL_OK ? EL_EIO : EL_OK;
}

int
el_segment_append(struct el_segment *s, const struct el_row *rows, size_t n, uint32_t *first_row)
{
	size_t i;
	int r;

	*first_row = s->n_rows;
	for (i = 0; i < n; i++)
		if (rows[i].len > EL_SEALED_MAX)
			return EL_ELIMIT;
	if (n > UINT32_MAX - s->n_rows)
		return EL_ELIMIT;
	if (n == 0)
		return EL_OK;
	r = el_sqlite_run(s->st[ST_BEGIN]);
	for (i = 0; i < n && r == EL_OK; i++)
		r = insert(s, s->n_rows + (uint32_t)i, &rows[i]);
	if (r == EL_OK && (r = commit(s, n)) == EL_OK)
		return EL_OK;
	/* Some errors have rolled back by themselves. */
	if (!sqlite3_get_autocommit(s->db) && el_sqlite_run(s->st[ST_ROLLBACK]) != EL_OK)
		r = EL_EIO;
	return r;
}

uint32_t
el_segment_rows(const struct el_segment *s)
{
	return s->n_rows;
}

/* Hand the current row out; its tags are known already. */
static int
emit(sqlite3_stmt *st, const struct el_row_ref *where, bool tags_only, el_row_fn *fn, void *ctx)
{
	struct el_row_ref ref = *where;
	struct el_row row = { 0 };

	ref.row = (uint32_t)sqlite3_column_int64(st, 0);
	row.tag_a = (uint64_t)sqlite3_column_int64(st, 1);
	row.tag_b = (uint64_t)sqlite3_column_int64(st, 2);
	if (!tags_only) {
		row.sealed = sqlite3_column_blob(st, 3);
		row.len = (size_t)sqlite3_column_bytes(st, 3);
		if (row.sealed == NULL && sqlite3_errcode(sqlite3_db_handle(st)) == SQLITE_NOMEM)
			return EL_ENOMEM;
	}
	return fn(ctx, &ref, &row);
}

bool
el_segment_is_among(const uint64_t *tags, size_t n, uint64_t tag)
{
	size_t low = 0, high = n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (tags[mid] == tag)
			return true;
		if (tags[mid] < tag)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

int
el_segment_walk(struct el_segment *s, const struct el_row_ref *ref, const struct el_segment_query *q)
{
	const int column = q->which == EL_TAG_A ? 1 : 2;
	sqlite3_stmt *st;
	int rc = SQLITE_DONE, r;

	if ((r = el_sqlite_take(s->st[ST_WALK], &st)) != EL_OK)
		return r;
	while (r == EL_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		/* The sealed column is not touched unless the row is wanted. */
		if (q->tags == NULL ||
		    el_segment_is_among(q->tags, q->n_tags, (uint64_t)sqlite3_column_int64(st, column)))
			r = emit(st, ref, q->tags_only, q->fn, q->ctx);
	}
	if (r == EL_OK)
		r = el_sqlite_code(rc);
	el_sqlite_give_back(s->st[ST_WALK], st);
	return r;
}

int
el_segment_read(struct el_segment *s, const struct el_row_ref *ref, el_row_fn *fn, void *ctx)
{
	sqlite3_stmt *st;
	int rc, r;

	if ((r = el_sqlite_take(s->st[ST_READ], &st)) != EL_OK)
		return r;
	if ((rc = sqlite3_bind_int64(st, 1, ref->row)) == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		r = emit(st, ref, false, fn, ctx);
	else
		r = rc == SQLITE_DONE ? EL_ENOTFOUND : el_sqlite_code(rc);
	el_sqlite_give_back(s->st[ST_READ], st);
	return r;
}

void
el_segment_close(struct el_segment *s, bool keep_wal)
{
	if (s == NULL)
		return;
	if (keep_wal)
		(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)free_segment(s);
}

/* A second connection: under exclusive locking a journal would be left beside the file. */
static int
leave_wal(const char *path)
{
	sqlite3 *db = NULL;
	int r;

	if ((r = el_sqlite_open(path, SQLITE_OPEN_READWRITE, &db)) == EL_OK &&
	    (r = el_sqlite_exec(db, sql_settle)) == EL_OK)
		r = el_sqlite_expect(db, sql_wal_off, "delete");
	if (sqlite3_close(db) != SQLITE_OK && r == EL_OK)
		r = EL_EIO;
	return r;
}

int
el_segment_settle(struct el_segment **segment, const char *path)
{
	struct el_segment *s = *segment;
	int r;

	r = el_sqlite_code(sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	if (r == EL_ESPACE)
		return r;
	*segment = NULL;
	if (r != EL_OK) {
		el_segment_close(s, true);
		return r;
	}
	el_daybook_step();
	if ((r = free_segment(s)) != EL_OK)
		return r;
	el_daybook_step();
	r = leave_wal(path);
	el_daybook_step();
	/* No space even for the change of mode: it is live again. */
	if (r == EL_ESPACE && el_segment_open(path, EL_SEGMENT_LIVE, segment) != EL_OK)
		r = EL_EIO;
	return r;
}
