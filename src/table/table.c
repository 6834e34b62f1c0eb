#include "table/table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum own { BEGIN, COMMIT, ROLLBACK, OWN_STATEMENTS };

static const char *const own_sql[OWN_STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
};

/*
 * Exclusive: no second process, and no file of shared memory, for which a full disk has no room at the start.  What is
 * sorted for an index stays in memory: no file beside ours, and none that nobody overwrites.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			       "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA mmap_size = 0;"
			       "PRAGMA temp_store = MEMORY;";

/* ---- Statements ---- */

sqlite3_stmt *
el_table_use(struct el_table *t, int s)
{
	sqlite3_reset(t->st[s]);
	sqlite3_clear_bindings(t->st[s]);
	return t->st[s];
}

void
el_table_bind_hash(sqlite3_stmt *st, int at, const struct el_hash *h)
{
	sqlite3_bind_blob(st, at, h->b, sizeof h->b, SQLITE_STATIC);
}

int
el_table_failed(struct el_table *t)
{
	t->failed = true;
	return EL_EIO;
}

int
el_table_step(struct el_table *t, int s)
{
	switch (t->failed ? SQLITE_ERROR : sqlite3_step(t->st[s]) & 0xff) {
	case SQLITE_ROW:
		return EL_OK;
	case SQLITE_DONE:
		sqlite3_reset(t->st[s]);
		return EL_ENOTFOUND;
	case SQLITE_FULL:
		sqlite3_reset(t->st[s]);
		return EL_ESPACE;
	default:
		sqlite3_reset(t->st[s]);
		return el_table_failed(t);
	}
}

int
el_table_run(struct el_table *t, int s)
{
	const int r = el_table_step(t, s);

	return r == EL_ENOTFOUND ? EL_OK : r == EL_OK ? el_table_failed(t) : r;
}

int
el_table_number(struct el_table *t, int s, uint64_t *out)
{
	int r;

	*out = 0;
	if ((r = el_table_step(t, s)) == EL_OK)
		*out = (uint64_t)sqlite3_column_int64(t->st[s], 0);
	sqlite3_reset(t->st[s]);
	return r;
}

int
el_table_any(struct el_table *t, int s)
{
	const int r = el_table_step(t, s);

	sqlite3_reset(t->st[s]);
	return r;
}

/* ---- Transactions ---- */

static int
run_own(struct el_table *t, enum own own)
{
	const int s = t->n + (int)own;

	(void)el_table_use(t, s);
	return el_table_run(t, s);
}

int
el_table_begin(struct el_table *t)
{
	return run_own(t, BEGIN);
}

int
el_table_end(struct el_table *t, int r)
{
	if (r == EL_OK)
		r = run_own(t, COMMIT);
	/* Some failures have taken it back by themselves. */
	if (r == EL_OK || sqlite3_get_autocommit(t->sqlite))
		return r;
	return run_own(t, ROLLBACK) == EL_OK ? r : EL_EIO;
}

int
el_table_truncate_log(struct el_table *t)
{
	const int rc = sqlite3_wal_checkpoint_v2(t->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) & 0xff;

	return rc == SQLITE_OK ? EL_OK : rc == SQLITE_FULL ? EL_ESPACE : el_table_failed(t);
}

/* ---- Opening ---- */

static int
exec(sqlite3 *sqlite, const char *text)
{
	return sqlite3_exec(sqlite, text, NULL, NULL, NULL) == SQLITE_OK ? EL_OK : EL_EIO;
}

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

/* All or nothing: the pragmas of the text are part of the transaction. */
static int
exec_whole(sqlite3 *sqlite, const char *text)
{
	int r;

	if ((r = exec(sqlite, own_sql[BEGIN])) != EL_OK || (r = exec(sqlite, text)) != EL_OK)
		return r;
	return exec(sqlite, own_sql[COMMIT]);
}

static int
check_schema(struct el_table *t, const struct el_table_kind *kind)
{
	sqlite3_int64 id, version, objects;
	int r;

	if ((r = pragma(t->sqlite, "PRAGMA application_id", &id)) != EL_OK ||
	    (r = pragma(t->sqlite, "PRAGMA user_version", &version)) != EL_OK ||
	    (r = pragma(t->sqlite, "SELECT count(*) FROM sqlite_schema", &objects)) != EL_OK)
		return r;
	if (id == kind->id && version == kind->version)
		return EL_OK;
	if (id == kind->id && kind->upgrade != NULL && version == kind->upgrade_from)
		return exec_whole(t->sqlite, kind->upgrade);
	if (id != 0 || version != 0 || objects != 0)
		return EL_EFORMAT;
	return exec_whole(t->sqlite, kind->schema);
}

static int
prepare_all(struct el_table *t, const struct el_table_kind *kind)
{
	if ((t->st = calloc((size_t)kind->n + OWN_STATEMENTS, sizeof *t->st)) == NULL)
		return EL_ENOMEM;
	t->n = kind->n;
	for (int s = 0; s < t->n + OWN_STATEMENTS; s++) {
		const char *const text = s < t->n ? kind->sql[s] : own_sql[s - t->n];

		if (sqlite3_prepare_v3(t->sqlite, text, -1, SQLITE_PREPARE_PERSISTENT, &t->st[s], NULL) != SQLITE_OK)
			return EL_EIO;
	}
	return EL_OK;
}

int
el_table_open(struct el_table *t, const char *path, const struct el_table_kind *kind)
{
	int fd, r;

	memset(t, 0, sizeof *t);
	/* Made by us, so that it has its mode from the first moment. */
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		return EL_EIO;
	close(fd);
	r = sqlite3_open_v2(path, &t->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK ?
	    EL_OK : EL_EIO;
	if (r == EL_OK && (r = exec(t->sqlite, settings)) == EL_OK && kind->settings != NULL)
		r = exec(t->sqlite, kind->settings);
	if (r == EL_OK && (r = check_schema(t, kind)) == EL_OK && (r = prepare_all(t, kind)) == EL_OK)
		r = el_dir_sync_parent(path);
	if (r != EL_OK)
		el_table_close(t);
	return r;
}

void
el_table_close(struct el_table *t)
{
	if (t->st != NULL)
		for (int s = 0; s < t->n + OWN_STATEMENTS; s++)
			sqlite3_finalize(t->st[s]);
	free(t->st);
	if (t->sqlite != NULL && !t->failed) {
		const int r = el_table_truncate_log(t);

		(void)r; /* the next time does it */
	}
	sqlite3_close(t->sqlite);
	memset(t, 0, sizeof *t);
}
