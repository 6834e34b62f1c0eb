#include "registry/registry_db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "registry_schema.h"

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	EACH_VENUE,
	EACH_SCANNER,
	ADD_VENUE,
	GET_VENUE,
	SET_VENUE,
	ADD_SCANNER,
	GET_SCANNER,
	REVOKE_SCANNER,
	DROP_CODES_OF,
	ADD_CODE,
	GET_CODE,
	DROP_CODE,
	DROP_OLD_CODES,
	ENROL,
	ORDER_SPENT,
	REQUEST_SPENT,
	SPEND,
	DAY_SPENT,
	SPEND_DAY,
	DROP_DAYS,
	STATEMENTS
};

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[EACH_VENUE] = "SELECT id, name, business_number, owner_key_hash, approved, active FROM venue ORDER BY id",
	[EACH_SCANNER] = "SELECT id, venue, revoked, key_hash FROM scanner ORDER BY id",
	[ADD_VENUE] = "INSERT INTO venue (name, business_number, owner_key_hash, approved, active)"
		      " VALUES (?1, ?2, ?3, ?4, ?5)",
	[GET_VENUE] = "SELECT id, name, business_number, owner_key_hash, approved, active FROM venue WHERE id = ?1",
	[SET_VENUE] = "UPDATE venue SET approved = ?2, active = ?3 WHERE id = ?1",
	[ADD_SCANNER] = "INSERT INTO scanner (venue, revoked) VALUES (?1, 0)",
	[GET_SCANNER] = "SELECT id, venue, revoked, key_hash FROM scanner WHERE id = ?1",
	[REVOKE_SCANNER] = "UPDATE scanner SET revoked = 1 WHERE id = ?1 AND venue = ?2",
	[DROP_CODES_OF] = "DELETE FROM enrolment WHERE scanner = ?1",
	[ADD_CODE] = "INSERT INTO enrolment (code_hash, scanner, expires) VALUES (?1, ?2, ?3)",
	[GET_CODE] = "SELECT scanner FROM enrolment WHERE code_hash = ?1 AND expires > ?2",
	[DROP_CODE] = "DELETE FROM enrolment WHERE code_hash = ?1",
	[DROP_OLD_CODES] = "DELETE FROM enrolment WHERE expires <= ?1",
	[ENROL] = "UPDATE scanner SET key_hash = ?2 WHERE id = ?1",
	[ORDER_SPENT] = "SELECT coalesce(sum(count), 0) FROM order_answered WHERE order_hash = ?1",
	[REQUEST_SPENT] = "SELECT count FROM order_answered WHERE order_hash = ?1 AND request_hash = ?2",
	[SPEND] = "INSERT INTO order_answered (order_hash, request_hash, kind, count) VALUES (?1, ?2, ?3, ?4)"
		  " ON CONFLICT DO UPDATE SET count = excluded.count",
	[DAY_SPENT] = "SELECT coalesce(sum(count), 0) FROM day_answered WHERE epoch = ?1",
	[SPEND_DAY] = "INSERT INTO day_answered (epoch, count) VALUES (?1, ?2)"
		      " ON CONFLICT DO UPDATE SET count = count + excluded.count",
	[DROP_DAYS] = "DELETE FROM day_answered WHERE epoch < ?1 - 1",
};

/*
 * secure_delete: what is deleted here is overwritten (docs/decisions, small tables).  Exclusive: no second process,
 * and no file of shared memory, for which a full disk has no room at the start.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			       "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
			       "PRAGMA mmap_size = 0;";

struct el_registry_db {
	sqlite3 *sqlite;
	sqlite3_stmt *st[STATEMENTS];
	bool failed;
};

/* ---- Statements ---- */

static sqlite3_stmt *
use(struct el_registry_db *db, enum statement s)
{
	sqlite3_reset(db->st[s]);
	sqlite3_clear_bindings(db->st[s]);
	return db->st[s];
}

static void
bind_hash(sqlite3_stmt *st, int at, const struct el_hash *h)
{
	sqlite3_bind_blob(st, at, h->b, sizeof h->b, SQLITE_STATIC);
}

static int
failed(struct el_registry_db *db)
{
	db->failed = true;
	return EL_EIO;
}

/* EL_OK: a row; EL_ENOTFOUND: no (more) row; EL_ESPACE: the disk is full, and nothing was changed. */
static int
step(struct el_registry_db *db, enum statement s)
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
run(struct el_registry_db *db, enum statement s)
{
	const int r = step(db, s);

	return r == EL_ENOTFOUND ? EL_OK : r == EL_OK ? failed(db) : r;
}

static int
begin(struct el_registry_db *db)
{
	(void)use(db, BEGIN);
	return run(db, BEGIN);
}

/* Commit, or take everything back when the work in between went wrong. */
static int
end(struct el_registry_db *db, int r)
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

static void
column_hash(sqlite3_stmt *st, int at, struct el_hash *out)
{
	memset(out, 0, sizeof *out);
	if (sqlite3_column_bytes(st, at) == (int)sizeof out->b)
		memcpy(out->b, sqlite3_column_blob(st, at), sizeof out->b);
}

static void
column_text(sqlite3_stmt *st, int at, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(st, at);

	(void)snprintf(out, size, "%s", text != NULL ? (const char *)text : "");
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
check_schema(struct el_registry_db *db)
{
	sqlite3_int64 id, version, objects;
	int r;

	if ((r = pragma(db->sqlite, "PRAGMA application_id", &id)) != EL_OK ||
	    (r = pragma(db->sqlite, "PRAGMA user_version", &version)) != EL_OK ||
	    (r = pragma(db->sqlite, "SELECT count(*) FROM sqlite_schema", &objects)) != EL_OK)
		return r;
	if (id == EL_REGISTRY_SCHEMA_ID && version == EL_REGISTRY_SCHEMA_VERSION)
		return EL_OK;
	if (id != 0 || version != 0 || objects != 0)
		return EL_EFORMAT;
	/* All or nothing: the two pragmas of the schema are part of the transaction. */
	if (sqlite3_exec(db->sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db->sqlite, el_registry_schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db->sqlite, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return EL_EIO;
	return EL_OK;
}

static int
prepare_all(struct el_registry_db *db)
{
	for (int s = 0; s < STATEMENTS; s++)
		if (sqlite3_prepare_v3(db->sqlite, sql[s], -1, SQLITE_PREPARE_PERSISTENT, &db->st[s], NULL) !=
		    SQLITE_OK)
			return EL_EIO;
	return EL_OK;
}

int
el_registry_db_open(const char *path, struct el_registry_db **out)
{
	struct el_registry_db *db;
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
		el_registry_db_close(db);
		return r;
	}
	*out = db;
	return EL_OK;
}

void
el_registry_db_close(struct el_registry_db *db)
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

/* ---- Venues ---- */

static void
column_venue(sqlite3_stmt *st, struct el_venue *v)
{
	memset(v, 0, sizeof *v);
	v->id = (uint32_t)sqlite3_column_int64(st, 0);
	column_text(st, 1, v->name, sizeof v->name);
	column_text(st, 2, v->business_number, sizeof v->business_number);
	column_hash(st, 3, &v->owner_key);
	v->approved = sqlite3_column_int(st, 4) != 0;
	v->active = sqlite3_column_int(st, 5) != 0;
}

int
el_registry_db_each_venue(struct el_registry_db *db, int (*fn)(void *ctx, const struct el_venue *), void *ctx)
{
	sqlite3_stmt *const st = use(db, EACH_VENUE);
	struct el_venue v;
	int r, stop = EL_OK;

	while (stop == EL_OK && (r = step(db, EACH_VENUE)) == EL_OK) {
		column_venue(st, &v);
		stop = fn(ctx, &v);
	}
	sqlite3_reset(st);
	return stop != EL_OK ? stop : r == EL_ENOTFOUND ? EL_OK : r;
}

int
el_registry_db_add_venue(struct el_registry_db *db, struct el_venue *v)
{
	sqlite3_stmt *const st = use(db, ADD_VENUE);
	int r;

	sqlite3_bind_text(st, 1, v->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, v->business_number, -1, SQLITE_STATIC);
	bind_hash(st, 3, &v->owner_key);
	sqlite3_bind_int(st, 4, v->approved);
	sqlite3_bind_int(st, 5, v->active);
	if ((r = run(db, ADD_VENUE)) == EL_OK)
		v->id = (uint32_t)sqlite3_last_insert_rowid(db->sqlite);
	return r;
}

int
el_registry_db_get_venue(struct el_registry_db *db, uint32_t id, struct el_venue *out)
{
	sqlite3_stmt *const st = use(db, GET_VENUE);
	int r;

	sqlite3_bind_int64(st, 1, id);
	if ((r = step(db, GET_VENUE)) == EL_OK)
		column_venue(st, out);
	sqlite3_reset(st);
	return r;
}

int
el_registry_db_set_venue(struct el_registry_db *db, uint32_t id, bool approved, bool active)
{
	sqlite3_stmt *const st = use(db, SET_VENUE);

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, approved);
	sqlite3_bind_int(st, 3, active);
	return run(db, SET_VENUE);
}

/* ---- Scanners and their codes ---- */

static void
column_scanner(sqlite3_stmt *st, struct el_scanner_row *s)
{
	memset(s, 0, sizeof *s);
	s->id = (uint32_t)sqlite3_column_int64(st, 0);
	s->venue = (uint32_t)sqlite3_column_int64(st, 1);
	s->revoked = sqlite3_column_int(st, 2) != 0;
	s->has_key = sqlite3_column_type(st, 3) == SQLITE_BLOB;
	column_hash(st, 3, &s->key);
}

int
el_registry_db_each_scanner(struct el_registry_db *db, int (*fn)(void *ctx, const struct el_scanner_row *), void *ctx)
{
	sqlite3_stmt *const st = use(db, EACH_SCANNER);
	struct el_scanner_row s;
	int r, stop = EL_OK;

	while (stop == EL_OK && (r = step(db, EACH_SCANNER)) == EL_OK) {
		column_scanner(st, &s);
		stop = fn(ctx, &s);
	}
	sqlite3_reset(st);
	return stop != EL_OK ? stop : r == EL_ENOTFOUND ? EL_OK : r;
}

static int
add_code(struct el_registry_db *db, const struct el_hash *code, uint32_t scanner, int64_t expires_s)
{
	sqlite3_stmt *const st = use(db, ADD_CODE);

	bind_hash(st, 1, code);
	sqlite3_bind_int64(st, 2, scanner);
	sqlite3_bind_int64(st, 3, expires_s);
	return run(db, ADD_CODE);
}

int
el_registry_db_add_scanner(struct el_registry_db *db, uint32_t venue, const struct el_hash *code, int64_t expires_s,
    int64_t now_s, uint32_t *id)
{
	int r;

	*id = 0;
	if ((r = begin(db)) != EL_OK)
		return r;
	sqlite3_bind_int64(use(db, DROP_OLD_CODES), 1, now_s);
	sqlite3_bind_int64(use(db, ADD_SCANNER), 1, venue);
	if ((r = run(db, DROP_OLD_CODES)) == EL_OK && (r = run(db, ADD_SCANNER)) == EL_OK) {
		*id = (uint32_t)sqlite3_last_insert_rowid(db->sqlite);
		r = add_code(db, code, *id, expires_s);
	}
	return end(db, r);
}

int
el_registry_db_revoke_scanner(struct el_registry_db *db, uint32_t venue, uint32_t scanner)
{
	sqlite3_stmt *st;
	int r;

	if ((r = begin(db)) != EL_OK)
		return r;
	st = use(db, REVOKE_SCANNER);
	sqlite3_bind_int64(st, 1, scanner);
	sqlite3_bind_int64(st, 2, venue);
	if ((r = run(db, REVOKE_SCANNER)) == EL_OK && sqlite3_changes(db->sqlite) != 1)
		r = EL_ENOTFOUND;
	sqlite3_bind_int64(use(db, DROP_CODES_OF), 1, scanner);
	if (r == EL_OK)
		r = run(db, DROP_CODES_OF);
	return end(db, r);
}

static int
scanner_of_code(struct el_registry_db *db, const struct el_hash *code, int64_t now_s, struct el_scanner_row *out)
{
	sqlite3_stmt *st = use(db, GET_CODE);
	sqlite3_int64 id = 0;
	int r;

	bind_hash(st, 1, code);
	sqlite3_bind_int64(st, 2, now_s);
	if ((r = step(db, GET_CODE)) == EL_OK)
		id = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (r != EL_OK)
		return r;
	st = use(db, GET_SCANNER);
	sqlite3_bind_int64(st, 1, id);
	if ((r = step(db, GET_SCANNER)) == EL_OK)
		column_scanner(st, out);
	sqlite3_reset(st);
	return r;
}

int
el_registry_db_enrol(struct el_registry_db *db, const struct el_hash *code, int64_t now_s, const struct el_hash *key,
    struct el_scanner_row *out)
{
	sqlite3_stmt *st;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = begin(db)) != EL_OK)
		return r;
	if ((r = scanner_of_code(db, code, now_s, out)) == EL_OK) {
		bind_hash(use(db, DROP_CODE), 1, code);
		st = use(db, ENROL);
		sqlite3_bind_int64(st, 1, out->id);
		bind_hash(st, 2, key);
		if ((r = run(db, DROP_CODE)) == EL_OK)
			r = run(db, ENROL);
	}
	out->key = *key;
	out->has_key = true;
	return end(db, r);
}

/* ---- Orders ---- */

static int
get_count(struct el_registry_db *db, enum statement s, uint64_t *out)
{
	int r;

	*out = 0;
	if ((r = step(db, s)) == EL_OK)
		*out = (uint64_t)sqlite3_column_int64(db->st[s], 0);
	sqlite3_reset(db->st[s]);
	return r;
}

int
el_registry_db_order_spent(struct el_registry_db *db, const struct el_hash *order, uint64_t *total)
{
	bind_hash(use(db, ORDER_SPENT), 1, order);
	return get_count(db, ORDER_SPENT, total);
}

int
el_registry_db_request_spent(
    struct el_registry_db *db, const struct el_hash *order, const struct el_hash *request, uint64_t *count)
{
	sqlite3_stmt *const st = use(db, REQUEST_SPENT);

	bind_hash(st, 1, order);
	bind_hash(st, 2, request);
	return get_count(db, REQUEST_SPENT, count);
}

int
el_registry_db_day_spent(struct el_registry_db *db, el_epoch day, uint64_t *total)
{
	sqlite3_bind_int(use(db, DAY_SPENT), 1, day);
	return get_count(db, DAY_SPENT, total);
}

static int
spend_day(struct el_registry_db *db, el_epoch day, uint64_t more)
{
	sqlite3_stmt *const st = use(db, SPEND_DAY);
	int r;

	sqlite3_bind_int(st, 1, day);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)more);
	if ((r = run(db, SPEND_DAY)) != EL_OK)
		return r;
	sqlite3_bind_int(use(db, DROP_DAYS), 1, day);
	return run(db, DROP_DAYS);
}

int
el_registry_db_spend(struct el_registry_db *db, const struct el_hash *order, const struct el_hash *request, unsigned kind,
    uint64_t count, el_epoch day, uint64_t more)
{
	sqlite3_stmt *const st = use(db, SPEND);
	int r;

	bind_hash(st, 1, order);
	bind_hash(st, 2, request);
	sqlite3_bind_int64(st, 3, kind);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)count);
	if ((r = begin(db)) != EL_OK)
		return r;
	if ((r = run(db, SPEND)) == EL_OK)
		r = spend_day(db, day, more);
	return end(db, r);
}
