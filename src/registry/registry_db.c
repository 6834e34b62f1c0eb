#include "registry/registry_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/registry_limits.h"
#include "registry_schema.h"
#include "table/spent.h"

enum statement {
	EACH_VENUE,
	EACH_SCANNER,
	ADD_VENUE,
	GET_VENUE,
	SET_VENUE,
	COUNT_SCANNERS,
	ADD_SCANNER,
	GET_SCANNER,
	LIST_SCANNERS,
	SET_SCANNER,
	REVOKE_SCANNER,
	DROP_UNUSED_SCANNER,
	DROP_CODES_OF,
	ADD_CODE,
	GET_CODE,
	DROP_CODE,
	DROP_OLD_CODES,
	ENROL,
	SPENT,
	SPENT_LAST = SPENT + EL_SPENT_STATEMENTS - 1,
	STATEMENTS
};

#define SCANNER_COLUMNS "id, venue, name, active, revoked, key_hash"
#define OPEN_CODE "(SELECT max(expires) FROM enrolment WHERE enrolment.scanner = scanner.id AND expires > ?2)"

static const char *const sql[STATEMENTS] = {
	[EACH_VENUE] = "SELECT id, name, business_number, owner_key_hash, approved, active FROM venue ORDER BY id",
	[EACH_SCANNER] = "SELECT " SCANNER_COLUMNS ", 0 FROM scanner ORDER BY id",
	[ADD_VENUE] = "INSERT INTO venue (name, business_number, owner_key_hash, approved, active)"
		      " VALUES (?1, ?2, ?3, ?4, ?5)",
	[GET_VENUE] = "SELECT id, name, business_number, owner_key_hash, approved, active FROM venue WHERE id = ?1",
	[SET_VENUE] = "UPDATE venue SET approved = ?2, active = ?3 WHERE id = ?1",
	[COUNT_SCANNERS] = "SELECT count(*) FROM scanner WHERE venue = ?1 AND revoked = 0",
	[ADD_SCANNER] = "INSERT INTO scanner (venue, revoked, name, active) VALUES (?1, 0, ?2, 1)",
	[GET_SCANNER] = "SELECT " SCANNER_COLUMNS ", " OPEN_CODE " FROM scanner WHERE id = ?1",
	[LIST_SCANNERS] = "SELECT " SCANNER_COLUMNS ", " OPEN_CODE
			  " FROM scanner WHERE venue = ?1 AND revoked = 0 ORDER BY id LIMIT ?3",
	[SET_SCANNER] = "UPDATE scanner SET name = ?2, active = ?3 WHERE id = ?1",
	[REVOKE_SCANNER] = "UPDATE scanner SET revoked = 1, name = '' WHERE id = ?1 AND venue = ?2",
	[DROP_UNUSED_SCANNER] = "DELETE FROM scanner WHERE id = ?1 AND key_hash IS NULL",
	[DROP_CODES_OF] = "DELETE FROM enrolment WHERE scanner = ?1",
	[ADD_CODE] = "INSERT INTO enrolment (code_hash, scanner, expires) VALUES (?1, ?2, ?3)",
	[GET_CODE] = "SELECT scanner FROM enrolment WHERE code_hash = ?1 AND expires > ?2",
	[DROP_CODE] = "DELETE FROM enrolment WHERE code_hash = ?1",
	[DROP_OLD_CODES] = "DELETE FROM enrolment WHERE expires <= ?1",
	[ENROL] = "UPDATE scanner SET key_hash = ?2 WHERE id = ?1",
	EL_SPENT_SQL(SPENT),
};

struct el_registry_db {
	struct el_table table;
};

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

static const struct el_table_kind tables = {
	.schema = el_registry_schema,
	.id = EL_REGISTRY_SCHEMA_ID,
	.version = EL_REGISTRY_SCHEMA_VERSION,
	.upgrade = el_registry_upgrade,
	.upgrade_from = EL_REGISTRY_SCHEMA_VERSION - 1,
	.settings = "PRAGMA foreign_keys = ON;",
	.sql = sql,
	.n = STATEMENTS,
};

int
el_registry_db_open(const char *path, struct el_registry_db **out)
{
	struct el_registry_db *const db = calloc(1, sizeof *db);
	int r;

	*out = NULL;
	if (db == NULL)
		return EL_ENOMEM;
	if ((r = el_table_open(&db->table, path, &tables)) != EL_OK) {
		free(db);
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
	el_table_close(&db->table);
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
	sqlite3_stmt *const st = el_table_use(&db->table, EACH_VENUE);
	struct el_venue v;
	int r, stop = EL_OK;

	while (stop == EL_OK && (r = el_table_step(&db->table, EACH_VENUE)) == EL_OK) {
		column_venue(st, &v);
		stop = fn(ctx, &v);
	}
	sqlite3_reset(st);
	return stop != EL_OK ? stop : r == EL_ENOTFOUND ? EL_OK : r;
}

int
el_registry_db_add_venue(struct el_registry_db *db, struct el_venue *v)
{
	sqlite3_stmt *const st = el_table_use(&db->table, ADD_VENUE);
	int r;

	sqlite3_bind_text(st, 1, v->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, v->business_number, -1, SQLITE_STATIC);
	el_table_bind_hash(st, 3, &v->owner_key);
	sqlite3_bind_int(st, 4, v->approved);
	sqlite3_bind_int(st, 5, v->active);
	if ((r = el_table_run(&db->table, ADD_VENUE)) == EL_OK)
		v->id = (uint32_t)sqlite3_last_insert_rowid(db->table.sqlite);
	return r;
}

int
el_registry_db_get_venue(struct el_registry_db *db, uint32_t id, struct el_venue *out)
{
	sqlite3_stmt *const st = el_table_use(&db->table, GET_VENUE);
	int r;

	sqlite3_bind_int64(st, 1, id);
	if ((r = el_table_step(&db->table, GET_VENUE)) == EL_OK)
		column_venue(st, out);
	sqlite3_reset(st);
	return r;
}

int
el_registry_db_set_venue(struct el_registry_db *db, uint32_t id, bool approved, bool active)
{
	sqlite3_stmt *const st = el_table_use(&db->table, SET_VENUE);

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int(st, 2, approved);
	sqlite3_bind_int(st, 3, active);
	return el_table_run(&db->table, SET_VENUE);
}

/* ---- Scanners and their codes ---- */

static void
column_scanner(sqlite3_stmt *st, struct el_scanner_row *s)
{
	memset(s, 0, sizeof *s);
	s->id = (uint32_t)sqlite3_column_int64(st, 0);
	s->venue = (uint32_t)sqlite3_column_int64(st, 1);
	column_text(st, 2, s->name, sizeof s->name);
	s->active = sqlite3_column_int(st, 3) != 0;
	s->revoked = sqlite3_column_int(st, 4) != 0;
	s->has_key = sqlite3_column_type(st, 5) == SQLITE_BLOB;
	column_hash(st, 5, &s->key);
	s->expires_s = sqlite3_column_int64(st, 6);
}

int
el_registry_db_each_scanner(struct el_registry_db *db, int (*fn)(void *ctx, const struct el_scanner_row *), void *ctx)
{
	sqlite3_stmt *const st = el_table_use(&db->table, EACH_SCANNER);
	struct el_scanner_row s;
	int r, stop = EL_OK;

	while (stop == EL_OK && (r = el_table_step(&db->table, EACH_SCANNER)) == EL_OK) {
		column_scanner(st, &s);
		stop = fn(ctx, &s);
	}
	sqlite3_reset(st);
	return stop != EL_OK ? stop : r == EL_ENOTFOUND ? EL_OK : r;
}

static int
add_code(struct el_registry_db *db, const struct el_hash *code, uint32_t scanner, int64_t expires_s)
{
	sqlite3_stmt *const st = el_table_use(&db->table, ADD_CODE);

	el_table_bind_hash(st, 1, code);
	sqlite3_bind_int64(st, 2, scanner);
	sqlite3_bind_int64(st, 3, expires_s);
	return el_table_run(&db->table, ADD_CODE);
}

static int
check_room(struct el_registry_db *db, uint32_t venue)
{
	uint64_t n;
	int r;

	sqlite3_bind_int64(el_table_use(&db->table, COUNT_SCANNERS), 1, venue);
	r = el_table_number(&db->table, COUNT_SCANNERS, &n);
	return r == EL_OK && n >= EL_SCANNERS_PER_VENUE ? EL_ELIMIT : r;
}

int
el_registry_db_add_scanner(struct el_registry_db *db, uint32_t venue, const char *name, const struct el_hash *code,
    int64_t expires_s, int64_t now_s, uint32_t *id)
{
	sqlite3_stmt *st;
	int r;

	*id = 0;
	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	sqlite3_bind_int64(el_table_use(&db->table, DROP_OLD_CODES), 1, now_s);
	st = el_table_use(&db->table, ADD_SCANNER);
	sqlite3_bind_int64(st, 1, venue);
	sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC);
	if ((r = check_room(db, venue)) == EL_OK && (r = el_table_run(&db->table, DROP_OLD_CODES)) == EL_OK &&
	    (r = el_table_run(&db->table, ADD_SCANNER)) == EL_OK) {
		*id = (uint32_t)sqlite3_last_insert_rowid(db->table.sqlite);
		r = add_code(db, code, *id, expires_s);
	}
	return el_table_end(&db->table, r);
}

int
el_registry_db_get_scanner(struct el_registry_db *db, uint32_t id, int64_t now_s, struct el_scanner_row *out)
{
	sqlite3_stmt *const st = el_table_use(&db->table, GET_SCANNER);
	int r;

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, now_s);
	if ((r = el_table_step(&db->table, GET_SCANNER)) == EL_OK)
		column_scanner(st, out);
	sqlite3_reset(st);
	return r;
}

int
el_registry_db_list_scanners(
    struct el_registry_db *db, uint32_t venue, int64_t now_s, struct el_scanner_row *out, size_t max, size_t *n)
{
	sqlite3_stmt *const st = el_table_use(&db->table, LIST_SCANNERS);
	int r = EL_OK;

	*n = 0;
	sqlite3_bind_int64(st, 1, venue);
	sqlite3_bind_int64(st, 2, now_s);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)max);
	while (*n < max && (r = el_table_step(&db->table, LIST_SCANNERS)) == EL_OK)
		column_scanner(st, &out[(*n)++]);
	sqlite3_reset(st);
	if (r == EL_OK || r == EL_ENOTFOUND)
		return EL_OK;
	*n = 0;
	return r;
}

int
el_registry_db_set_scanner(struct el_registry_db *db, uint32_t id, const char *name, bool active)
{
	sqlite3_stmt *const st = el_table_use(&db->table, SET_SCANNER);

	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 3, active);
	return el_table_run(&db->table, SET_SCANNER);
}

int
el_registry_db_revoke_scanner(struct el_registry_db *db, uint32_t venue, uint32_t scanner)
{
	sqlite3_stmt *st;
	int r;

	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	st = el_table_use(&db->table, REVOKE_SCANNER);
	sqlite3_bind_int64(st, 1, scanner);
	sqlite3_bind_int64(st, 2, venue);
	if ((r = el_table_run(&db->table, REVOKE_SCANNER)) == EL_OK && sqlite3_changes(db->table.sqlite) != 1)
		r = EL_ENOTFOUND;
	sqlite3_bind_int64(el_table_use(&db->table, DROP_CODES_OF), 1, scanner);
	sqlite3_bind_int64(el_table_use(&db->table, DROP_UNUSED_SCANNER), 1, scanner);
	if (r == EL_OK && (r = el_table_run(&db->table, DROP_CODES_OF)) == EL_OK)
		r = el_table_run(&db->table, DROP_UNUSED_SCANNER);
	return el_table_end(&db->table, r);
}

static int
scanner_of_code(struct el_registry_db *db, const struct el_hash *code, int64_t now_s, struct el_scanner_row *out)
{
	sqlite3_stmt *const st = el_table_use(&db->table, GET_CODE);
	sqlite3_int64 id = 0;
	int r;

	el_table_bind_hash(st, 1, code);
	sqlite3_bind_int64(st, 2, now_s);
	if ((r = el_table_step(&db->table, GET_CODE)) == EL_OK)
		id = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return r == EL_OK ? el_registry_db_get_scanner(db, (uint32_t)id, now_s, out) : r;
}

int
el_registry_db_enrol(struct el_registry_db *db, const struct el_hash *code, int64_t now_s, const struct el_hash *key,
    struct el_scanner_row *out)
{
	sqlite3_stmt *st;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	if ((r = scanner_of_code(db, code, now_s, out)) == EL_OK) {
		el_table_bind_hash(el_table_use(&db->table, DROP_CODE), 1, code);
		st = el_table_use(&db->table, ENROL);
		sqlite3_bind_int64(st, 1, out->id);
		el_table_bind_hash(st, 2, key);
		if ((r = el_table_run(&db->table, DROP_CODE)) == EL_OK)
			r = el_table_run(&db->table, ENROL);
	}
	out->key = *key;
	out->has_key = true;
	out->expires_s = 0;
	return el_table_end(&db->table, r);
}

/* ---- Orders ---- */

enum el_code
el_registry_db_spend(struct el_registry_db *db, const struct el_spending *s, int *err)
{
	return el_spend(&db->table, SPENT, s, err);
}
