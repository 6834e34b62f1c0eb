#include "issuer/issuer_db_internal.h"

#include <stdlib.h>
#include <string.h>

#include "issuer_schema.h"

static const char *const sql[STATEMENTS] = {
	[ADD_VISITOR] = "INSERT INTO visitor (authenticator, identity, verified_until, consent) VALUES (?1, ?2, ?3, ?4)",
	[GET_VISITOR] = "SELECT identity, verified_until, consent FROM visitor WHERE authenticator = ?1",
	[DROP_VISITOR] = "DELETE FROM visitor WHERE authenticator = ?1",
	[OLD_VISITOR] = "SELECT 1 FROM visitor WHERE verified_until <= ?1 LIMIT 1",
	[DROP_OLD_VISITORS] = "DELETE FROM visitor WHERE verified_until <= ?1",
	EL_SPENT_SQL(SPENT),
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

/* ---- Opening ---- */

static const struct el_table_kind tables = {
	.schema = el_issuer_schema,
	.id = EL_ISSUER_SCHEMA_ID,
	.version = EL_ISSUER_SCHEMA_VERSION,
	.sql = sql,
	.n = STATEMENTS,
};

int
el_issuer_db_open(const char *path, struct el_issuer_db **out)
{
	struct el_issuer_db *const db = calloc(1, sizeof *db);
	int r;

	*out = NULL;
	if (db == NULL)
		return EL_ENOMEM;
	if ((r = el_table_open(&db->table, path, &tables)) != EL_OK ||
	    (r = el_table_truncate_log(&db->table)) != EL_OK) {
		el_table_close(&db->table);
		free(db);
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
	el_table_close(&db->table);
	free(db);
}

/* ---- Visitors ---- */

static void
bind_authenticator(sqlite3_stmt *st, const uint8_t *authenticator)
{
	sqlite3_bind_blob(st, 1, authenticator, EL_AUTHENTICATOR_LEN, SQLITE_STATIC);
}

int
el_issuer_db_add_visitor(struct el_issuer_db *db, const struct el_master_row *row)
{
	sqlite3_stmt *const st = el_table_use(&db->table, ADD_VISITOR);

	bind_authenticator(st, row->authenticator);
	sqlite3_bind_blob(st, 2, row->identity, sizeof row->identity, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, row->verified_until_s);
	sqlite3_bind_int(st, 4, row->consent);
	return el_table_run(&db->table, ADD_VISITOR);
}

int
el_issuer_db_get_visitor(struct el_issuer_db *db, const uint8_t authenticator[EL_AUTHENTICATOR_LEN],
    struct el_master_row *out)
{
	sqlite3_stmt *const st = el_table_use(&db->table, GET_VISITOR);
	int r;

	memset(out, 0, sizeof *out);
	bind_authenticator(st, authenticator);
	if ((r = el_table_step(&db->table, GET_VISITOR)) == EL_OK) {
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

	bind_authenticator(el_table_use(&db->table, DROP_VISITOR), authenticator);
	if ((r = el_table_run(&db->table, DROP_VISITOR)) != EL_OK)
		return r;
	return el_table_truncate_log(&db->table);
}

int
el_issuer_db_drop_visitors(struct el_issuer_db *db, int64_t until_s, uint64_t *n_gone)
{
	int r;

	*n_gone = 0;
	sqlite3_bind_int64(el_table_use(&db->table, OLD_VISITOR), 1, until_s);
	if ((r = el_table_any(&db->table, OLD_VISITOR)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	sqlite3_bind_int64(el_table_use(&db->table, DROP_OLD_VISITORS), 1, until_s);
	if ((r = el_table_run(&db->table, DROP_OLD_VISITORS)) != EL_OK)
		return r;
	*n_gone = (uint64_t)sqlite3_changes64(db->table.sqlite);
	return el_table_truncate_log(&db->table);
}

/* ---- Orders ---- */

enum el_code
el_issuer_db_spend(struct el_issuer_db *db, const struct el_spending *s, int *err)
{
	return el_spend(&db->table, SPENT, s, err);
}
