#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

#define SQL_COMMON "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"

/* Exclusive locking keeps the index of the write-ahead log in memory: no shared-memory file, no mmap. */
static const char sql_live[] = SQL_COMMON "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;"
					  "PRAGMA wal_autocheckpoint = 4000;";
/* A file that is dropped when anything goes wrong needs no journal. */
static const char sql_tmp[] = SQL_COMMON "PRAGMA synchronous = FULL; PRAGMA journal_mode = OFF;";
static const char sql_reader[] = SQL_COMMON "PRAGMA query_only = ON;";
static const char sql_settle[] = SQL_COMMON "PRAGMA synchronous = FULL;";
/* These answer with the mode in force, which may silently be the old one. */
static const char sql_wal_on[] = "PRAGMA journal_mode = WAL";
static const char sql_wal_off[] = "PRAGMA journal_mode = DELETE";
static const char sql_id[] = "PRAGMA application_id";
static const char sql_version[] = "PRAGMA user_version";

struct el_segment {
	sqlite3 *db;
	sqlite3_stmt *st[ST_MAX];
	uint32_t n_rows;
};

static int
code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return EL_OK;
	case SQLITE_NOMEM:
		return EL_ENOMEM;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
	case SQLITE_MISMATCH:
		return EL_EFORMAT;
	default:
		return EL_EIO;
	}
}

static int
exec(sqlite3 *db, const char *text)
{
	return code_of(sqlite3_exec(db, text, NULL, NULL, NULL));
}

/* Run a statement that answers with one value, which must be want. */
static int
expect(sqlite3 *db, const char *text, const char *want)
{
	sqlite3_stmt *st = NULL;
	const char *got;
	int rc, done, r;

	if ((rc = sqlite3_prepare_v2(db, text, -1, &st, NULL)) == SQLITE_OK)
		rc = sqlite3_step(st);
	r = code_of(rc);
	if (rc == SQLITE_ROW) {
		got = (const char *)sqlite3_column_text(st, 0);
		r = got == NULL ? EL_ENOMEM : strcmp(got, want) == 0 ? EL_OK : EL_EIO;
		/* The mode is answered first and committed to the file afterwards. */
		if ((done = sqlite3_step(st)) != SQLITE_DONE && r == EL_OK)
			r = code_of(done) != EL_OK ? code_of(done) : EL_EIO;
	} else if (r == EL_OK)
		r = EL_EIO;
	sqlite3_finalize(st);
	return r;
}

static int
expect_int(sqlite3 *db, const char *text, int want)
{
	sqlite3_stmt *st = NULL;
	int rc, r;

	if ((rc = sqlite3_prepare_v2(db, text, -1, &st, NULL)) == SQLITE_OK)
		rc = sqlite3_step(st);
	r = code_of(rc);
	if (r == EL_OK && (rc != SQLITE_ROW || sqlite3_column_int(st, 0) != want))
		r = EL_EFORMAT;
	sqlite3_finalize(st);
	return r;
}

static int
open_db(const char *path, int flags, sqlite3 **out)
{
	sqlite3 *db = NULL;
	const int rc = sqlite3_open_v2(
	    path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, NULL);

	*out = db;
	return db == NULL ? EL_ENOMEM : code_of(rc);
}

static int
prepare(struct el_segment *s, bool writes)
{
	const int end = writes ? ST_MAX : ST_BEGIN;
	int i, rc;

	for (i = 0; i < end; i++) {
		rc = sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->st[i], NULL);
		if (rc != SQLITE_OK)
			return code_of(rc);
	}
	return EL_OK;
}

/* Run a statement that answers nothing and leave it ready for the next time. */
static int
run(struct el_segment *s, enum stmt which)
{
	const int rc = sqlite3_step(s->st[which]);

	sqlite3_reset(s->st[which]);
	return code_of(rc);
}

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
	return rc == SQLITE_OK ? run(s, ST_INSERT) : code_of(rc);
}

static int
free_segment(struct el_segment *s)
{
	int i, r;

	for (i = 0; i < ST_MAX; i++)
		sqlite3_finalize(s->st[i]);
	r = code_of(sqlite3_close(s->db));
	free(s);
	return r;
}

int
el_segment_create(const char *path, struct el_segment **out)
{
	struct el_segment *s = NULL;
	int fd, r = EL_EIO;

	*out = NULL;
	/* Made here and not by SQLite, for the mode; the log beside it inherits it. */
	if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return EL_EIO;
	close(fd);
	if ((s = calloc(1, sizeof *s)) == NULL)
		return EL_ENOMEM;
	if ((r = open_db(path, SQLITE_OPEN_READWRITE, &s->db)) != EL_OK ||
	    (r = exec(s->db, sql_tmp)) != EL_OK || (r = exec(s->db, el_daybook_schema)) != EL_OK ||
	    (r = prepare(s, true)) != EL_OK || (r = run(s, ST_BEGIN)) != EL_OK)
		goto out;
	*out = s;
	s = NULL;
out:
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
	const int r = run(s, ST_COMMIT), closed = free_segment(s);

	return r == EL_OK ? closed : r;
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
	if ((r = open_db(path, live ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, &s->db)) != EL_OK ||
	    (r = exec(s->db, live ? sql_live : sql_reader)) != EL_OK ||
	    (r = expect_int(s->db, sql_id, EL_DAYBOOK_SCHEMA_ID)) != EL_OK ||
	    (r = expect_int(s->db, sql_version, EL_DAYBOOK_SCHEMA_VERSION)) != EL_OK ||
	    (live && (r = expect(s->db, sql_wal_on, "wal")) != EL_OK) || (r = prepare(s, live)) != EL_OK)
		goto out;
	if ((rc = sqlite3_step(s->st[ST_COUNT])) == SQLITE_ROW)
		s->n_rows = (uint32_t)sqlite3_column_int64(s->st[ST_COUNT], 0);
	sqlite3_reset(s->st[ST_COUNT]);
	if ((r = code_of(rc)) != EL_OK)
		goto out;
	*out = s;
	s = NULL;
out:
	if (s != NULL)
		(void)free_segment(s);
	return r;
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
	r = run(s, ST_BEGIN);
	for (i = 0; i < n && r == EL_OK; i++)
		r = insert(s, s->n_rows + (uint32_t)i, &rows[i]);
	if (r == EL_OK) {
		if (run(s, ST_COMMIT) == EL_OK) {
			s->n_rows += (uint32_t)n;
			return EL_OK;
		}
		/* Whatever it was, the rows may be in the log already. */
		r = EL_EIO;
	}
	/* Some errors have rolled back by themselves. */
	if (!sqlite3_get_autocommit(s->db) && run(s, ST_ROLLBACK) != EL_OK)
		r = EL_EIO;
	return r;
}

uint32_t
el_segment_rows(const struct el_segment *s)
{
	return s->n_rows;
}

/* A callback may read the segment that it is called from: then the statement is taken. */
static int
take(struct el_segment *s, enum stmt which, sqlite3_stmt **out)
{
	*out = s->st[which];
	if (!sqlite3_stmt_busy(*out))
		return EL_OK;
	return code_of(sqlite3_prepare_v2(s->db, sql[which], -1, out, NULL));
}

static void
give_back(struct el_segment *s, enum stmt which, sqlite3_stmt *st)
{
	if (st == s->st[which])
		sqlite3_reset(st);
	else
		sqlite3_finalize(st);
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

static bool
is_among(const uint64_t *tags, size_t n, uint64_t tag)
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

	if ((r = take(s, ST_WALK, &st)) != EL_OK)
		return r;
	while (r == EL_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		/* The sealed column is not touched unless the row is wanted. */
		if (q->tags == NULL ||
		    is_among(q->tags, q->n_tags, (uint64_t)sqlite3_column_int64(st, column)))
			r = emit(st, ref, q->tags_only, q->fn, q->ctx);
	}
	if (r == EL_OK)
		r = code_of(rc);
	give_back(s, ST_WALK, st);
	return r;
}

int
el_segment_read(struct el_segment *s, const struct el_row_ref *ref, el_row_fn *fn, void *ctx)
{
	sqlite3_stmt *st;
	int rc, r;

	if ((r = take(s, ST_READ, &st)) != EL_OK)
		return r;
	if ((rc = sqlite3_bind_int64(st, 1, ref->row)) == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		r = emit(st, ref, false, fn, ctx);
	else
		r = rc == SQLITE_DONE ? EL_ENOTFOUND : code_of(rc);
	give_back(s, ST_READ, st);
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

int
el_segment_settle(struct el_segment *s, const char *path)
{
	sqlite3 *db = NULL;
	const int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	int r;

	if (rc != SQLITE_OK) {
		el_segment_close(s, true);
		return code_of(rc);
	}
	el_daybook_step();
	if ((r = free_segment(s)) != EL_OK)
		return r;
	el_daybook_step();
	/* A second connection: under exclusive locking a journal would be left beside the file. */
	if ((r = open_db(path, SQLITE_OPEN_READWRITE, &db)) == EL_OK &&
	    (r = exec(db, sql_settle)) == EL_OK)
		r = expect(db, sql_wal_off, "delete");
	if (sqlite3_close(db) != SQLITE_OK && r == EL_OK)
		r = EL_EIO;
	el_daybook_step();
	return r;
}
