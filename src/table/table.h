#ifndef EL_TABLE_TABLE_H
#define EL_TABLE_TABLE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * A file of small tables (schema/README.md): one SQLite database of one process, whose statements are prepared once.
 * What is deleted is overwritten (docs/decisions, small tables), and what is committed is durable.  In every verb
 * EL_ESPACE: the disk is full, nothing was changed.  EL_EIO is final: everything after it fails, and the process must
 * end.
 */
struct el_table_kind {
	const char *schema; /* text that makes the tables and sets id and version */
	int id, version;
	const char *upgrade; /* text that makes the tables of version upgrade_from these, and says so; NULL: none */
	int upgrade_from;
	const char *settings; /* pragmas of this kind alone; NULL: none */
	const char *const *sql; /* the statements */
	int n;
};

/* Its user embeds it; the fields are for reading. */
struct el_table {
	sqlite3 *sqlite;
	sqlite3_stmt **st; /* the statements by their number in the kind, then three of its own */
	int n;
	bool failed;
};

/*
 * Open or create, with mode 0600; a file of version upgrade_from is upgraded, as a whole or not at all.  EL_EIO;
 * EL_EFORMAT: it is of another kind; EL_ENOMEM.  After a failure there is nothing to close, and closing it does no
 * harm.
 */
EL_MUST_USE int el_table_open(struct el_table *, const char *path, const struct el_table_kind *);
/* What was deleted leaves the log of changes, too, if it can. */
void el_table_close(struct el_table *);

/* A statement without values, ready to be bound; what is bound must live until it was stepped. */
sqlite3_stmt *el_table_use(struct el_table *, int s);
void el_table_bind_hash(sqlite3_stmt *, int at, const struct el_hash *);
/* EL_OK: a row, and the user resets the statement; EL_ENOTFOUND: no (more) row. */
EL_MUST_USE int el_table_step(struct el_table *, int s);
/* A statement that gives no row. */
EL_MUST_USE int el_table_run(struct el_table *, int s);
/* The first column of a statement's one row; EL_ENOTFOUND: there is none.  *out is 0 after a failure. */
EL_MUST_USE int el_table_number(struct el_table *, int s, uint64_t *out);
/* Whether a statement gives a row: EL_OK or EL_ENOTFOUND. */
EL_MUST_USE int el_table_any(struct el_table *, int s);
/* The user found what cannot be: EL_EIO, as if SQLite had failed. */
EL_MUST_USE int el_table_failed(struct el_table *);

EL_MUST_USE int el_table_begin(struct el_table *);
/* Commit if r is EL_OK; take everything back when it is not, or when that fails.  r, or the failure. */
EL_MUST_USE int el_table_end(struct el_table *, int r);
/* What was deleted must not live on in the log of changes. */
EL_MUST_USE int el_table_truncate_log(struct el_table *);

#endif
