#include "issuer/issuer_db_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer_schema.h"

static const char *const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ADD_VISITOR] = "INSERT INTO visitor (authenticator, identity, verified_until, consent) VALUES (?1, ?2, ?3, ?4)",
	[GET_VISITOR] = "SELECT identity, verified_until, consent FROM visitor WHERE authenticator = ?1",
	[DROP_VISITOR] = "DELETE FROM visitor WHERE authenticator = ?1",
	[OLD_VISITOR] = "SELECT 1 FROM visitor WHERE verified_until <= ?1 LIMIT 1",
	[DROP_OLD_VISITORS] = "DELETE FROM visitor WHERE verified_until <= ?1",
	[ORDER_SPENT] = "SELECT coalesce(sum(count), 0) FROM order_answered WHERE order_hash = ?1",
	[REQUEST_SPENT] = "SELECT count FROM order_answered WHERE order_hash = ?1 AND request_hash = ?2",
	[SPEND] = "INSERT INTO order_answered (order_hash, request_hash, kind, count) VALUES (?1, ?2, ?3, ?4)"
		  " ON CONFLICT DO UPDATE SET count = excluded.count",
	[DAY_SPENT] = "SELECT coalesce(sum(count), 0) FROM day_answered WHERE epoch = ?1",
	[SPEND_DAY] = "INSERT INTO day_answered (epoch, count) VALUES (?1, ?2)"
		      " ON CONFLICT DO UPDATE SET count = count + excluded.count",
	[DROP_DAYS] = "DELETE FROM day_answered WHERE epoch < ?1 - 1",
	[ADD_NOTICE] = "INSERT INTO notice_pending (epoch, phone_tag, place, due, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
	[GET_NOTICES] = "SELECT place, sealed FROM notice WHERE epoch = ?1 AND phone_tag = ?2",
	[GET_PENDING] = "SELECT place, sealed FROM notice_pending WHERE epoch = ?1 AND phone_tag = ?2",
	[DUE_NOTICE] = "SELECT 1 FROM notice_pending WHERE due <= ?1 LIMIT 1",
	[SHOW_NOTICES] = "INSERT INTO notice (epoch, phone_tag, place, sealed)"
			 " SELECT epoch, phone_tag, place, sealed FROM notice_pending WHERE due <= ?1 ORDER BY place",
	[DROP_SHOWN] = "DELETE FROM notice_pending WHERE due <= ?1",
	[DROP_NOTICE] = "DELETE FROM notice WHERE epoch = ?1 AND phone_tag = ?2 AND place = ?3",
	[OLD_NOTICE] = "SELECT 1 FROM notice WHERE epoch < ?1 UNION ALL"
		       " SELECT 1 FROM notice_pending WHERE epoch < ?1 LIMIT 1",
	[DROP_OLD_NOTICES] = "DELETE FROM notice WHERE epoch < ?1",
	[DROP_OLD_PENDING] = "DELETE FROM notice_pending WHERE epoch < ?1",
};

/* secure_delete: what is deleted is overwritten.  Exclusive: no second process, and no file of shared memory. */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			       "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;";

/* ---- Statements ---- */

sqlite3_stmt *
el_issuer_db_use(struct el_issuer_db *db, enum el_issuer_statement s)
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

static void
bind_authenticator(sqlite3_stmt *st, const uint8_t *authenticator)
{
	sqlite3_bind_blob(st, 1, authenticator, EL_AUTHENTICATOR_LEN, SQLITE_STATIC);
}

static int
failed(struct el_issuer_db *db)
{
	db->failed = true;
	return EL_EIO;
}

int
el_issuer_db_step(struct el_issuer_db *db, enum el_issuer_statement s)
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

int
el_issuer_db_run(struct el_issuer_db *db, enum el_issuer_statement s)
{
	const int r = el_issuer_db_step(db, s);

	return r == EL_ENOTFOUND ? EL_OK : r == EL_OK ? failed(db) : r;
}

int
el_issuer_db_begin(struct el_issuer_db *db)
{
	(void)el_issuer_db_use(db, BEGIN);
	return el_issuer_db_run(db, BEGIN);
}

int
el_issuer_db_end(struct el_issuer_db *db, int r)
{
	if (r == EL_OK) {
		(void)el_issuer_db_use(db, COMMIT);
		r = el_issuer_db_run(db, COMMIT);
	}
	/* Some failures have taken it back by themselves. */
	if (r == EL_OK || sqlite3_get_autocommit(db->sqlite))
		return r;
	(void)el_issuer_db_use(db, ROLLBACK);
	return el_issuer_db_run(db, ROLLBACK) == EL_OK ? r : EL_EIO;
}

int
el_issuer_db_truncate_log(struct el_issuer_db *db)
{
	const int rc = sqlite3_wal_checkpoint_v2(db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) & 0xff;

	return rc == SQLITE_OK ? EL_OK : rc == SQLITE_FULL ? EL_ESPACE : failed(db);
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
check_schema(struct el_issuer_db *db)
{
	sqlite3_int64 id, version, objects;
	int r;

	if ((r = pragma(db->sqlite, "PRAGMA application_id", &id)) != EL_OK ||
	    (r = pragma(db->sqlite, "PRAGMA user_version", &version)) != EL_OK ||
	    (r = pragma(db->sqlite, "SELECT count(*) FROM sqlite_schema", &objects)) != EL_OK)
		return r;
	if (id == EL_ISSUER_SCHEMA_ID && version == EL_ISSUER_SCHEMA_VERSION)
		return EL_OK;
	if (id != 0 || version != 0 || objects != 0)
		return EL_EFORMAT;
	/* All or nothing: the two pragmas of the schema are part of the transaction. */
	if (sqlite3_exec(db->sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db->sqlite, el_issuer_schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db->sqlite, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return EL_EIO;
	return EL_OK;
}

static int
prepare_all(struct el_issuer_db *db)
{
	for (int s = 0; s < STATEMENTS; s++)
		if (sqlite3_prepare_v3(db->sqlite, sql[s], -1, SQLITE_PREPARE_PERSISTENT, &db->st[s], NULL) != SQLITE_OK)
			return EL_EIO;
	return EL_OK;
}

int
el_issuer_db_open(const char *path, struct el_issuer_db **out)
{
	struct el_issuer_db *db;
	int fd, r;

	*out = NULL;
	/* Made by us, so that it has its mode from the first moment. */
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return EL_EIO;
	close(fd);
	if ((db = calloc(1, sizeof *db)) == NULL)
		return EL_ENOMEM;
	r = sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		sqlite3_exec(db->sqlite, settings, NULL, NULL, NULL) == SQLITE_OK ?
		EL_OK :
		EL_EIO;
	if (r == EL_OK && (r = check_schema(db)) == EL_OK && (r = prepare_all(db)) == EL_OK &&
	    (r = el_issuer_db_truncate_log(db)) == EL_OK)
		r = el_dir_sync_parent(path);
	if (r != EL_OK) {
		el_issuer_db_close(db);
		return r;
	}
	*out = db;
	return EL_OK;
}

void
el_issuer_db_close(struct el_issuer_db *db)
{
	if (db == NULL)
		return;
	for (int s = 0; s < STATEMENTS; s++)
		sqlite3_finalize(db->st[s]);
	if (db->sqlite != NULL && !db->failed) {
		const int r = el_issuer_db_truncate_log(db);

		(void)r; /* the next start does it */
	}
	sqlite3_close(db->sqlite);
	free(db);
}

/* ---- Visitors ---- */

int
el_issuer_db_add_visitor(struct el_issuer_db *db, const struct el_master_row *row)
{
	sqlite3_stmt *const st = el_issuer_db_use(db, ADD_VISITOR);

	bind_authenticator(st, row->authenticator);
	sqlite3_bind_blob(st, 2, row->identity, sizeof row->identity, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, row->verified_until_s);
	sqlite3_bind_int(st, 4, row->consent);
	return el_issuer_db_run(db, ADD_VISITOR);
}

int
el_issuer_db_get_visitor(struct el_issuer_db *db, const uint8_t authenticator[EL_AUTHENTICATOR_LEN],
    struct el_master_row *out)
{
	sqlite3_stmt *const st = el_issuer_db_use(db, GET_VISITOR);
	int r;

	memset(out, 0, sizeof *out);
	bind_authenticator(st, authenticator);
	if ((r = el_issuer_db_step(db, GET_VISITOR)) == EL_OK) {
		memcpy(out->authenticator, authenticator, sizeof out->authenticator);
		if (sqlite3_column_bytes(st, 0) == (int)sizeof out->identity)
			memcpy(out->identity, sqlite3_column_blob(st, 0), sizeof out->identity);
		out->verified_until_s = sqlite3_column_int64(st, 1);
		out->consent = (uint16_t)sqlite3_column_int(st, 2);
	}
	sqlite3_reset(st);
	return r;
}

int
el_issuer_db_drop_visitor(struct el_issuer_db *db, const uint8_t authenticator[EL_AUTHENTICATOR_LEN])
{
	int r;

	bind_authenticator(el_issuer_db_use(db, DROP_VISITOR), authenticator);
	if ((r = el_issuer_db_run(db, DROP_VISITOR)) != EL_OK)
		return r;
	return el_issuer_db_truncate_log(db);
}

int
el_issuer_db_drop_visitors(struct el_issuer_db *db, int64_t until_s, uint64_t *n_gone)
{
	int r;

	*n_gone = 0;
	sqlite3_bind_int64(el_issuer_db_use(db, OLD_VISITOR), 1, until_s);
	r = el_issuer_db_step(db, OLD_VISITOR);
	sqlite3_reset(db->st[OLD_VISITOR]);
	if (r != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	sqlite3_bind_int64(el_issuer_db_use(db, DROP_OLD_VISITORS), 1, until_s);
	if ((r = el_issuer_db_run(db, DROP_OLD_VISITORS)) != EL_OK)
		return r;
	*n_gone = (uint64_t)sqlite3_changes64(db->sqlite);
	return el_issuer_db_truncate_log(db);
}

/* ---- Orders ---- */

static int
get_count(struct el_issuer_db *db, enum el_issuer_statement s, uint64_t *out)
{
	int r;

	*out = 0;
	if ((r = el_issuer_db_step(db, s)) == EL_OK)
		*out = (uint64_t)sqlite3_column_int64(db->st[s], 0);
	sqlite3_reset(db->st[s]);
	return r;
}

int
el_issuer_db_order_spent(struct el_issuer_db *db, const struct el_hash *order, uint64_t *total)
{
	bind_hash(el_issuer_db_use(db, ORDER_SPENT), 1, order);
	return get_count(db, ORDER_SPENT, total);
}

int
el_issuer_db_request_spent(struct el_issuer_db *db, const struct el_hash *order, const struct el_hash *request,
    uint64_t *count)
{
	sqlite3_stmt *const st = el_issuer_db_use(db, REQUEST_SPENT);

	bind_hash(st, 1, order);
	bind_hash(st, 2, request);
	return get_count(db, REQUEST_SPENT, count);
}

int
el_issuer_db_day_spent(struct el_issuer_db *db, el_epoch day, uint64_t *total)
{
	sqlite3_bind_int(el_issuer_db_use(db, DAY_SPENT), 1, day);
	return get_count(db, DAY_SPENT, total);
}

static int
spend_day(struct el_issuer_db *db, el_epoch day, uint64_t more)
{
	sqlite3_stmt *const st = el_issuer_db_use(db, SPEND_DAY);
	int r;

	sqlite3_bind_int(st, 1, day);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)more);
	if ((r = el_issuer_db_run(db, SPEND_DAY)) != EL_OK)
		return r;
	sqlite3_bind_int(el_issuer_db_use(db, DROP_DAYS), 1, day);
	return el_issuer_db_run(db, DROP_DAYS);
}

int
el_issuer_db_spend(struct el_issuer_db *db, const struct el_hash *order, const struct el_hash *request, unsigned kind,
    uint64_t count, el_epoch day, uint64_t more)
{
	sqlite3_stmt *const st = el_issuer_db_use(db, SPEND);
	int r;

	bind_hash(st, 1, order);
	bind_hash(st, 2, request);
	sqlite3_bind_int64(st, 3, kind);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)count);
	if ((r = el_issuer_db_begin(db)) != EL_OK)
		return r;
	if ((r = el_issuer_db_run(db, SPEND)) == EL_OK)
		r = spend_day(db, day, more);
	return el_issuer_db_end(db, r);
}
