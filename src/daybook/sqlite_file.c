#include "daybook/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SQL_COMMON "PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"

/* A file that is dropped when anything goes wrong needs no journal. */
static const char sql_new[] = SQL_COMMON "PRAGMA synchronous = FULL; PRAGMA journal_mode = OFF;";
/* The lock is taken once: a file that nobody changes need not be looked at again before each statement. */
static const char sql_reader[] = SQL_COMMON
    "PRAGMA query_only = ON; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -256;";

int
el_sqlite_code(int rc)
{
	/* The index of a write-ahead log finds no room; it holds nothing that would be lost. */
	if (rc == SQLITE_IOERR_SHMSIZE)
		return EL_ESPACE;
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
	case SQLITE_FULL:
		return EL_ESPACE;
	default:
		return EL_EIO;
	}
}

int
el_sqlite_exec(sqlite3 *db, const char *text)
{
	return el_sqlite_code(sqlite3_exec(db, text, NULL, NULL, NULL));
}

int
el_sqlite_open(const char *path, int flags, sqlite3 **out)
{
	sqlite3 *db = NULL;
	const int rc = sqlite3_open_v2(
	    path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, NULL);

	*out = db;
	return db == NULL ? EL_ENOMEM : el_sqlite_code(rc);
}

int
el_sqlite_create(const char *path, const char *schema, sqlite3 **out)
{
	int fd, r;

	*out = NULL;
	/* Made here and not by SQLite, for the mode; the log beside it inherits it. */
	if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return errno == ENOSPC || errno == EDQUOT ? EL_ESPACE : EL_EIO;
	close(fd);
	if ((r = el_sqlite_open(path, SQLITE_OPEN_READWRITE, out)) != EL_OK ||
	    (r = el_sqlite_exec(*out, sql_new)) != EL_OK || (r = el_sqlite_exec(*out, "BEGIN IMMEDIATE")) != EL_OK)
		return r;
	return el_sqlite_exec(*out, schema);
}

static int
expect_int(sqlite3 *db, const char *text, int want)
{
	sqlite3_stmt *st = NULL;
	int rc, r;

	if ((rc = sqlite3_prepare_v2(db, text, -1, &st, NULL)) == SQLITE_OK)
		rc = sqlite3_step(st);
	r = el_sqlite_code(rc);
	if (r == EL_OK && (rc != SQLITE_ROW || sqlite3_column_int(st, 0) != want))
		r = EL_EFORMAT;
	sqlite3_finalize(st);
	return r;
}

int
el_sqlite_check_schema(sqlite3 *db, int id, int version)
{
	const int r = expect_int(db, "PRAGMA application_id", id);

	return r != EL_OK ? r : expect_int(db, "PRAGMA user_version", version);
}

int
el_sqlite_open_reader(const char *path, int id, int version, sqlite3 **out)
{
	int r;

	if ((r = el_sqlite_open(path, SQLITE_OPEN_READONLY, out)) != EL_OK ||
	    (r = el_sqlite_exec(*out, sql_reader)) != EL_OK)
		return r;
	return el_sqlite_check_schema(*out, id, version);
}

int
el_sqlite_expect(sqlite3 *db, const char *text, const char *want)
{
	sqlite3_stmt *st = NULL;
	const char *got;
	int rc, done, r;

	if ((rc = sqlite3_prepare_v2(db, text, -1, &st, NULL)) == SQLITE_OK)
		rc = sqlite3_step(st);
	r = el_sqlite_code(rc);
	if (rc == SQLITE_ROW) {
		got = (const char *)sqlite3_column_text(st, 0);
		r = got == NULL ? EL_ENOMEM : strcmp(got, want) == 0 ? EL_OK : EL_EIO;
		/* A mode is answered first and committed to the file afterwards. */
		if ((done = sqlite3_step(st)) != SQLITE_DONE && r == EL_OK)
			r = el_sqlite_code(done) != EL_OK ? el_sqlite_code(done) : EL_EIO;
	} else if (r == EL_OK)
		r = EL_EIO;
	sqlite3_finalize(st);
	return r;
}

int
el_sqlite_prepare(sqlite3 *db, const char *const *text, int n, sqlite3_stmt **out)
{
	int i, rc;

	for (i = 0; i < n; i++)
		if ((rc = sqlite3_prepare_v3(db, text[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i], NULL)) != SQLITE_OK)
			return el_sqlite_code(rc);
	return EL_OK;
}

int
el_sqlite_run(sqlite3_stmt *st)
{
	const int rc = sqlite3_step(st);

	sqlite3_reset(st);
	return el_sqlite_code(rc);
}

int
el_sqlite_take(sqlite3_stmt *mine, sqlite3_stmt **out)
{
	*out = mine;
	if (!sqlite3_stmt_busy(mine))
		return EL_OK;
	return el_sqlite_code(sqlite3_prepare_v2(sqlite3_db_handle(mine), sqlite3_sql(mine), -1, out, NULL));
}

void
el_sqlite_give_back(sqlite3_stmt *mine, sqlite3_stmt *taken)
{
	if (taken == mine)
		sqlite3_reset(taken);
	else
		sqlite3_finalize(taken);
}
