#include <string.h>

#include "issuer/issuer_db_internal.h"

/* The tables of notices (protocol 7.4).  Whatever writes leaves the log of changes empty: its order is that of arrival. */

static void
bind_row(sqlite3_stmt *st, const struct el_notice_row *row)
{
	sqlite3_bind_int(st, 1, row->epoch);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)row->tag);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)row->place);
}

/* End a transaction and leave nothing of it but its result. */
static int
end_clean(struct el_issuer_db *db, int r)
{
	if ((r = el_table_end(&db->table, r)) != EL_OK)
		return r;
	/* It is done: a log that finds no room to be emptied is emptied after the next change. */
	return (r = el_table_truncate_log(&db->table)) == EL_ESPACE ? EL_OK : r;
}

int
el_issuer_db_add_notices(struct el_issuer_db *db, const struct el_notice_row *rows, size_t n, el_epoch due)
{
	sqlite3_stmt *st;
	int r;

	if (n == 0)
		return EL_OK;
	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < n; i++) {
		bind_row(st = el_table_use(&db->table, ADD_NOTICE), &rows[i]);
		sqlite3_bind_int(st, 4, due);
		sqlite3_bind_blob(st, 5, rows[i].sealed, sizeof rows[i].sealed, SQLITE_STATIC);
		r = el_table_run(&db->table, ADD_NOTICE);
	}
	return end_clean(db, r);
}

int
el_issuer_db_each_notice(struct el_issuer_db *db, el_epoch epoch, uint64_t tag, bool pending, el_notice_fn *fn, void *ctx)
{
	const enum el_issuer_statement s = pending ? GET_PENDING : GET_NOTICES;
	struct el_notice_row row = { .epoch = epoch, .tag = tag };
	sqlite3_stmt *const st = el_table_use(&db->table, s);
	int r;

	sqlite3_bind_int(st, 1, epoch);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)tag);
	while ((r = el_table_step(&db->table, s)) == EL_OK) {
		if (sqlite3_column_bytes(st, 1) != (int)sizeof row.sealed)
			continue; /* damaged: as if there were none */
		row.place = (uint64_t)sqlite3_column_int64(st, 0);
		memcpy(row.sealed, sqlite3_column_blob(st, 1), sizeof row.sealed);
		if ((r = fn(ctx, &row)) != EL_OK)
			break;
	}
	sqlite3_reset(st);
	return r == EL_ENOTFOUND ? EL_OK : r;
}

int
el_issuer_db_show_notices(struct el_issuer_db *db, el_epoch today)
{
	int r;

	sqlite3_bind_int(el_table_use(&db->table, DUE_NOTICE), 1, today);
	if ((r = el_table_any(&db->table, DUE_NOTICE)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	sqlite3_bind_int(el_table_use(&db->table, SHOW_NOTICES), 1, today);
	if ((r = el_table_run(&db->table, SHOW_NOTICES)) == EL_OK) {
		sqlite3_bind_int(el_table_use(&db->table, DROP_SHOWN), 1, today);
		r = el_table_run(&db->table, DROP_SHOWN);
	}
	return end_clean(db, r);
}

int
el_issuer_db_drop_notices(struct el_issuer_db *db, const struct el_notice_row *rows, size_t n)
{
	int r;

	if (n == 0)
		return EL_OK;
	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < n; i++) {
		bind_row(el_table_use(&db->table, DROP_NOTICE), &rows[i]);
		r = el_table_run(&db->table, DROP_NOTICE);
	}
	return end_clean(db, r);
}

int
el_issuer_db_purge_notices(struct el_issuer_db *db, el_epoch oldest)
{
	int r;

	sqlite3_bind_int(el_table_use(&db->table, OLD_NOTICE), 1, oldest);
	if ((r = el_table_any(&db->table, OLD_NOTICE)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_OK : r;
	if ((r = el_table_begin(&db->table)) != EL_OK)
		return r;
	sqlite3_bind_int(el_table_use(&db->table, DROP_OLD_NOTICES), 1, oldest);
	if ((r = el_table_run(&db->table, DROP_OLD_NOTICES)) == EL_OK) {
		sqlite3_bind_int(el_table_use(&db->table, DROP_OLD_PENDING), 1, oldest);
		r = el_table_run(&db->table, DROP_OLD_PENDING);
	}
	return end_clean(db, r);
}
