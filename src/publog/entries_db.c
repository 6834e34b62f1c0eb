#include "publog/entries_db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "publog_schema.h"

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	ADD,
	IS_LOGGED,
	OLDEST,
	COUNT,
	KEEP_ROOT,
	DROP,
	ROOT,
	SIZE,
	NEXT_SEGMENT,
	FORGET,
	FORGET_PENDING,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ADD] = "INSERT INTO pending (epoch, segment, entry) VALUES (?1, ?2, ?3)",
	[IS_LOGGED] = "SELECT 1 FROM roots WHERE epoch = ?1 AND segment = ?2"
		      " UNION ALL SELECT 1 FROM pending WHERE epoch = ?1 AND segment = ?2",
	[OLDEST] = "SELECT id, entry FROM pending ORDER BY id LIMIT ?1",
	[COUNT] = "SELECT count(*) FROM pending",
	[KEEP_ROOT] = "INSERT INTO roots (epoch, segment, entry_index)"
		      " SELECT epoch, segment, ?2 FROM pending WHERE id = ?1 AND epoch IS NOT NULL",
	[DROP] = "DELETE FROM pending WHERE id = ?1",
	[ROOT] = "SELECT entry_index FROM roots WHERE epoch = ?1 AND segment = ?2",
	[SIZE] = "SELECT coalesce(max(entry_index) + 1, 0) FROM roots",
	[NEXT_SEGMENT] = "SELECT coalesce(max(segment) + 1, 0) FROM (SELECT segment FROM roots WHERE epoch = ?1"
			 " UNION ALL SELECT segment FROM pending WHERE epoch = ?1)",
	[FORGET] = "DELETE FROM roots WHERE epoch = ?1",
	[FORGET_PENDING] = "UPDATE pending SET epoch = NULL, segment = NULL WHERE epoch = ?1",
};

/* As of the roles' tables (registry_db.c): what is deleted is overwritten, and there is no file of shared memory. */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			       "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;";

struct el_publog_db {
	sqlite3 *sqlite;
	sqlite3_stmt *st[STATEMENTS];
	bool failed;
};

/* ---- Statements ---- */

static sqlite3_stmt *
use(struct el_publog_db *db, enum statement s)
{
	sqlite3_reset(db->st[s]);
	sqlite3_clear_bindings(db->st[s]);
	return db->st[s];
}

static int
failed(struct el_publog_db *db)
{
	db->failed = true;
	return EL_EIO;
}

/* EL_OK: a row; EL_ENOTFOUND: no (more) row; EL_ESPACE: the disk is full, and nothing was changed. */
static int
step(struct el_publog_db *db, enum statement s)
{
	switch (db->failed ? SQLITE_ERROR : sqlite3_step(db->st[s]) & 0xff) {
	case SQLITE_ROW:
		return EL_OK;
	case SQLITE_DONE:
		sqlite3_reset(db->st[s]);
		return EL_ENOTFOUND;
	case SQLITE_FULL:
		sqlite3_reset(db->st[s]);
		return EL_ESPACE;
	default:
		sqlite3_reset(db->st[s]);
		return failed(db);
	}
}

/* A statement that gives no row. */
static int
run(struct el_publog_db *db, enum statement s)
{
	const int r = step(db, s);

	return r == EL_ENOTFOUND ? EL_OK : r == EL_OK ? failed(db) : r;
}

/* A statement that gives one number. */
static int
number(struct el_publog_db *db, enum statement s, uint64_t *out)
{
	int r;

	*out = 0;
	if ((r = step(db, s)) == EL_OK)
		*out = (uint64_t)sqlite3_column_int64(db->st[s], 0);
	sqlite3_reset(db->st[s]);
	return r;
}

static int
begin(struct el_publog_db *db)
{
	(void)use(db, BEGIN);
	return run(db, BEGIN);
}

/* Commit, or take everything back when the work in between went wrong. */
static int
end(struct el_publog_db *db, int r)
{
	if (r == EL_OK) {
		(void)use(db, COMMIT);
		r = run(db, COMMIT);
	}
	/* Some failures have taken it back by themselves. */
	if (r == EL_OK || sqlite3_get_autocommit(db->sqlite))
		return r;
	(void)use(db, ROLLBACK);
	return run(db, ROLLBACK) == EL_OK ? r : EL_EIO;
}

static sqlite3_stmt *
use_segment(struct el_publog_db *db, enum statement s, const struct el_publog_segment *at)
{
	sqlite3_stmt *const st = use(db, s);

	sqlite3_bind_int64(st, 1, at->epoch);
	sqlite3_bind_int64(st, 2, at->segment);
	return st;
}

/* ---- Opening ---- */

static int
pragma(sqlite3 *sqlite, const char *text, sqlite3_int64 *out)
{
	sqlite3_stmt *st = NULL;
	int r = EL_EIO;

	if (sqlite3_prepare_v2(sqlite, text, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
		*out = sqlite3_column_int64(st, 0);
		r = EL_OK;
	}
	sqlite3_finalize(st);
	return r;
}

static int
check_schema(struct el_publog_db *db)
{
	sqlite3_int64 id, version, objects;
	int r;

	if ((r = pragma(db->sqlite, "PRAGMA application_id", &id)) != EL_OK ||
	    (r = pragma(db->sqlite, "PRAGMA user_version", &version)) != EL_OK ||
	    (r = pragma(db->sqlite, "SELECT count(*) FROM sqlite_schema", &objects)) != EL_OK)
		return r;
	if (id == EL_PUBLOG_SCHEMA_ID && version == EL_PUBLOG_SCHEMA_VERSION)
		return EL_OK;
	if (id != 0 || version != 0 || objects != 0)
		return EL_EFORMAT;
	/* All or nothing: the two pragmas of the schema are part of the transaction. */
	if (sqlite3_exec(db->sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db->sqlite, el_publog_schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db->sqlite, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return EL_EIO;
	return EL_OK;
}

static int
prepare_all(struct el_publog_db *db)
{
	for (int s = 0; s < STATEMENTS; s++)
		if (sqlite3_prepare_v3(db->sqlite, sql[s], -1, SQLITE_PREPARE_PERSISTENT, &db->st[s], NULL) !=
		    SQLITE_OK)
			return EL_EIO;
	return EL_OK;
}

int
el_publog_db_open(const char *path, struct el_publog_db **out)
{
	struct el_publog_db *db;
	int fd, r;

	*out = NULL;
	/* Made by us, so that it has its mode from the first moment. */
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return EL_EIO;
	close(fd);
	if ((db = calloc(1, sizeof *db)) == NULL)
		return EL_ENOMEM;
	r = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		    sqlite3_exec(db->sqlite, settings, NULL, NULL, NULL) == SQLITE_OK
		? EL_OK
		: EL_EIO;
	if (r == EL_OK && (r = check_schema(db)) == EL_OK && (r = prepare_all(db)) == EL_OK)
		r = el_dir_sync_parent(path);
	if (r != EL_OK) {
		el_publog_db_close(db);
		return r;
	}
	*out = db;
	return EL_OK;
}

void
el_publog_db_close(struct el_publog_db *db)
{
	if (db == NULL)
		return;
	for (int s = 0; s < STATEMENTS; s++)
		sqlite3_finalize(db->st[s]);
	/* What was deleted must not live on in the log of changes. */
	if (db->sqlite != NULL && !db->failed)
		(void)sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_close(db->sqlite);
	free(db);
}

/* ---- Pending entries ---- */

int
el_publog_db_add(struct el_publog_db *db, const uint8_t *entry, size_t len, const struct el_publog_segment *segment)
{
	sqlite3_stmt *st;
	int r;

	if (segment != NULL) {
		(void)use_segment(db, IS_LOGGED, segment);
		r = step(db, IS_LOGGED);
		sqlite3_reset(db->st[IS_LOGGED]);
		if (r != EL_ENOTFOUND)
			return r == EL_OK ? EL_EEXIST : r;
	}
	st = segment != NULL ? use_segment(db, ADD, segment) : use(db, ADD);
	sqlite3_bind_blob(st, 3, entry, (int)len, SQLITE_STATIC);
	return run(db, ADD);
}

static int
column_entry(struct el_publog_db *db, sqlite3_stmt *st, struct el_publog_pending *out)
{
	const int len = sqlite3_column_bytes(st, 1);

	if (len <= 0 || len > EL_ENTRY_MAX)
		return failed(db);
	out->id = (uint64_t)sqlite3_column_int64(st, 0);
	out->len = (size_t)len;
	memcpy(out->entry, sqlite3_column_blob(st, 1), out->len);
	out->index = 0;
	out->logged = false;
	return EL_OK;
}

int
el_publog_db_oldest(struct el_publog_db *db, struct el_publog_pending *out, size_t max, size_t *n)
{
	sqlite3_stmt *const st = use(db, OLDEST);
	int r = EL_OK;

	sqlite3_bind_int64(st, 1, (sqlite3_int64)max);
	for (*n = 0; *n < max && (r = step(db, OLDEST)) == EL_OK; ++*n)
		if ((r = column_entry(db, st, &out[*n])) != EL_OK)
			break;
	sqlite3_reset(st);
	return r == EL_ENOTFOUND ? EL_OK : r;
}

int
el_publog_db_count(struct el_publog_db *db, uint64_t *out)
{
	(void)use(db, COUNT);
	return number(db, COUNT, out);
}

static int
done_one(struct el_publog_db *db, const struct el_publog_pending *p)
{
	sqlite3_stmt *const keep = use(db, KEEP_ROOT);
	int r;

	sqlite3_bind_int64(keep, 1, (sqlite3_int64)p->id);
	sqlite3_bind_int64(keep, 2, (sqlite3_int64)p->index);
	sqlite3_bind_int64(use(db, DROP), 1, (sqlite3_int64)p->id);
	return (r = run(db, KEEP_ROOT)) == EL_OK ? run(db, DROP) : r;
}

int
el_publog_db_done(struct el_publog_db *db, const struct el_publog_pending *list, size_t n)
{
	int r;

	if ((r = begin(db)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < n; i++)
		if (list[i].logged)
			r = done_one(db, &list[i]);
	return end(db, r);
}

/* ---- Roots ---- */

int
el_publog_db_root(struct el_publog_db *db, const struct el_publog_segment *at, uint64_t *index)
{
	(void)use_segment(db, ROOT, at);
	return number(db, ROOT, index);
}

int
el_publog_db_size(struct el_publog_db *db, uint64_t *out)
{
	(void)use(db, SIZE);
	return number(db, SIZE, out);
}

int
el_publog_db_next_segment(struct el_publog_db *db, el_epoch epoch, uint32_t *out)
{
	uint64_t next;
	int r;

	sqlite3_bind_int64(use(db, NEXT_SEGMENT), 1, epoch);
	r = number(db, NEXT_SEGMENT, &next);
	*out = (uint32_t)next;
	return r;
}

int
el_publog_db_forget(struct el_publog_db *db, el_epoch epoch)
{
	int r;

	if ((r = begin(db)) != EL_OK)
		return r;
	sqlite3_bind_int64(use(db, FORGET), 1, epoch);
	sqlite3_bind_int64(use(db, FORGET_PENDING), 1, epoch);
	if ((r = run(db, FORGET)) == EL_OK)
		r = run(db, FORGET_PENDING);
	return end(db, r);
}
