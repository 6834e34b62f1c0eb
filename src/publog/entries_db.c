#include "publog/entries_db.h"

#include <stdlib.h>
#include <string.h>

#include "publog_schema.h"
#include "table/table.h"

enum statement {
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

struct el_publog_db {
	struct el_table table;
};

static sqlite3_stmt *
use_segment(struct el_publog_db *db, enum statement s, const struct el_publog_segment *at)
{
	sqlite3_stmt *const st = el_table_use(&db->table, s);

	sqlite3_bind_int64(st, 1, at->epoch);
	sqlite3_bind_int64(st, 2, at->segment);
	return st;
}

/* ---- Opening ---- */

static const struct el_table_kind tables = {
	.schema = el_publog_schema,
	.id = EL_PUBLOG_SCHEMA_ID,
	.version = EL_PUBLOG_SCHEMA_VERSION,
	.sql = sql,
	.n = STATEMENTS,
};

int
el_publog_db_open(const char *path, struct el_publog_db **out)
{
	struct el_publog_db *const db = calloc(1, sizeof *db);
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
el_publog_db_close(struct el_publog_db *db)
{
	if (db == NULL)
		return;
	el_table_close(&db->table);
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
		if ((r = el_table_any(&db->table, IS_LOGGED)) != EL_ENOTFOUND)
			return r == EL_OK ? EL_EEXIST : r;
	}
	st = segment != NULL ? use_segment(db, ADD, segment) : el_table_use(&db->table, ADD);
	sqlite3_bind_blob(st, 3, entry, (int)len, SQLITE_STATIC);
	return el_table_run(&db->table, ADD);
}

static int
column_entry(struct el_publog_db *db, sqlite3_stmt *st, struct el_publog_pending *out)
{
	const int len = sqlite3_column_bytes(st, 1);

	if (len <= 0 || len > EL_ENTRY_MAX)
		return el_table_failed(&db->table);
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
	sqlite3_stmt *const st = el_table_use(&db->table, OLDEST);
	int r = EL_OK;

	sqlite3_bind_int64(st, 1, (sqlite3_int64)max);
	for (*n = 0; *n < max && (r = el_table_step(&db->table, OLDEST)) == EL_OK; ++*n)
		if ((r = column_entry(db, st, &out[*n])) != EL_OK)
			break;
	sqlite3_reset(st);
	return r == EL_ENOTFOUND ? EL_OK : r;
}

int
el_publog_db_count(struct el_publog_db *db, uint64_t *out)
{
	(void)el_table_use(&db->table, COUNT);
	return el_table_number(&db->table, COUNT, out);
}

static int
done_one(struct el_publog_db *db, const struct el_publog_pending *p)
{
	sqlite3_stmt *const keep = el_table_use(&db->table, KEEP_ROOT);
	int r;

	sqlite3_bind_int64(keep, 1, (sqlite3_int64)p->id);
	sqlite3_bind_int64(keep, 2, (sqlite3_int64)p->index);
	sqlite3_bind_int64(el_table_use(&db->table, DROP), 1, (sqlite3_int64)p->id);
	return (r = el_table_run(&db->table, KEEP_ROOT)) == EL_OK ? el_table_run(&db->table, DROP) : r;
}

int
el_publog_db_done(struct el_publog_db *db, const struct el_publog_pending *list, size_t n)
{
	int r;

	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < n; i++)
		if (list[i].logged)
			r = done_one(db, &list[i]);
	return el_table_end(&db->table, r);
}

/* ---- Roots ---- */

int
el_publog_db_root(struct el_publog_db *db, const struct el_publog_segment *at, uint64_t *index)
{
	(void)use_segment(db, ROOT, at);
	return el_table_number(&db->table, ROOT, index);
}

int
el_publog_db_size(struct el_publog_db *db, uint64_t *out)
{
	(void)el_table_use(&db->table, SIZE);
	return el_table_number(&db->table, SIZE, out);
}

int
el_publog_db_next_segment(struct el_publog_db *db, el_epoch epoch, uint32_t *out)
{
	uint64_t next;
	int r;

	sqlite3_bind_int64(el_table_use(&db->table, NEXT_SEGMENT), 1, epoch);
	r = el_table_number(&db->table, NEXT_SEGMENT, &next);
	*out = (uint32_t)next;
	return r;
}

int
el_publog_db_forget(struct el_publog_db *db, el_epoch epoch)
{
	int r;

	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	sqlite3_bind_int64(el_table_use(&db->table, FORGET), 1, epoch);
	sqlite3_bind_int64(el_table_use(&db->table, FORGET_PENDING), 1, epoch);
	if ((r = el_table_run(&db->table, FORGET)) == EL_OK)
		r = el_table_run(&db->table, FORGET_PENDING);
	return el_table_end(&db->table, r);
}
