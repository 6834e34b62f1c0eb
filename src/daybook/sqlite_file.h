#ifndef EL_DAYBOOK_SQLITE_FILE_H
#define EL_DAYBOOK_SQLITE_FILE_H

#include <sqlite3.h>

#include "entrylog/error.h"

/* What segments and their indexes have in common: one SQLite file each, opened, checked and closed alike. */

/*
 * Each process has one thread: no locks around SQLite's memory, and no statistics of it.  Refused, and of no
 * consequence, where SQLite is in use already.
 */
void el_sqlite_set_up(void);

/* The error of a result code: EL_ESPACE for a full disk, EL_EFORMAT for bytes that are no database. */
int el_sqlite_code(int rc);

/* *db is set, and must be closed, also after a failure (but EL_ENOMEM). */
EL_MUST_USE int el_sqlite_open(const char *path, int flags, sqlite3 **db);
/*
 * Make an empty file at path, mode 0600, with the schema inside one transaction that is left open; nothing
 * of it is durable before that is committed.  *db as above.  EL_EIO: there is one already, or else.
 */
EL_MUST_USE int el_sqlite_create(const char *path, const char *schema, sqlite3 **db);
EL_MUST_USE int el_sqlite_exec(sqlite3 *, const char *text);
/* A file to read that nobody changes any more; EL_EFORMAT: it has another id or version. */
EL_MUST_USE int el_sqlite_open_reader(const char *path, int id, int version, sqlite3 **db);
EL_MUST_USE int el_sqlite_check_schema(sqlite3 *, int id, int version);

/* Run a statement that answers with one value, which must be want (else EL_EIO). */
EL_MUST_USE int el_sqlite_expect(sqlite3 *, const char *text, const char *want);
EL_MUST_USE int el_sqlite_prepare(sqlite3 *, const char *const *text, int n, sqlite3_stmt **out);
/* Run a statement that answers nothing and leave it ready for the next time. */
EL_MUST_USE int el_sqlite_run(sqlite3_stmt *);

/* A callback may run the statement that it is called from: then it is taken, and *out is another one like it. */
EL_MUST_USE int el_sqlite_take(sqlite3_stmt *mine, sqlite3_stmt **out);
void el_sqlite_give_back(sqlite3_stmt *mine, sqlite3_stmt *taken);

#endif
