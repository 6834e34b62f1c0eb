/*
 * What the live segment could have been: the same rows, in groups with one fdatasync each, through the shapes that were
 * considered (docs/decisions/010-storage.md).  storage_bench FOLDER [ROWS [GROUP]]: one line a shape.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SEALED_LEN 209
#define PATH_SIZE 600
#define ROWS_MAX 50000000
#define GROUP_MAX 10000

struct shape {
	const char *name;
	const char *schema; /* NULL: a plain file */
	const char *insert;
};

#define SETTINGS(journal, page)                                                                                        \
	"PRAGMA page_size = " #page "; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = " #journal               \
	"; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;"
#define COLUMNS "tag_a INTEGER NOT NULL, tag_b INTEGER NOT NULL, sealed BLOB NOT NULL"
#define BY_ROW "INSERT INTO t (row, tag_a, tag_b, sealed) VALUES (?1, ?2, ?3, ?4)"

static const struct shape shapes[] = {
	{ "plain file, write and fdatasync (the floor)", NULL, NULL },
	{ "append only, WAL, 4 KiB pages (ours)", SETTINGS(WAL, 4096) "CREATE TABLE t (row INTEGER PRIMARY KEY, " COLUMNS ") STRICT",
	    BY_ROW },
	{ "append only, WAL, 16 KiB pages", SETTINGS(WAL, 16384) "CREATE TABLE t (row INTEGER PRIMARY KEY, " COLUMNS ") STRICT",
	    BY_ROW },
	{ "append only, rollback journal", SETTINGS(TRUNCATE, 4096) "CREATE TABLE t (row INTEGER PRIMARY KEY, " COLUMNS ") STRICT",
	    BY_ROW },
	{ "one index on tag_b while live", SETTINGS(WAL, 4096) "CREATE TABLE t (row INTEGER PRIMARY KEY, " COLUMNS ") STRICT;"
	    "CREATE INDEX i ON t (tag_b)", BY_ROW },
	{ "indexes on both tags while live", SETTINGS(WAL, 4096) "CREATE TABLE t (row INTEGER PRIMARY KEY, " COLUMNS ") STRICT;"
	    "CREATE INDEX i ON t (tag_b); CREATE INDEX j ON t (tag_a)", BY_ROW },
	{ "tag_b as the primary key", SETTINGS(WAL, 4096) "CREATE TABLE t (row INTEGER, " COLUMNS ", PRIMARY KEY (tag_b, row)) STRICT, "
	    "WITHOUT ROWID", BY_ROW },
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
fail(const char *what)
{
	fprintf(stderr, "storage_bench: %s\n", what);
	exit(1);
}

static void
fill(uint8_t row[SEALED_LEN], uint64_t i)
{
	for (size_t at = 0; at + 8 <= SEALED_LEN; at += 8) {
		i = i * 6364136223846793005u + 1442695040888963407u;
		memcpy(row + at, &i, 8);
	}
}

static void
run_plain(const char *path, size_t rows, size_t group)
{
	uint8_t *const buffer = malloc(group * (SEALED_LEN + 16));
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t i, k;

	if (buffer == NULL || fd < 0)
		fail("cannot write the file");
	for (i = 0; i < rows; i += group) {
		for (k = 0; k < group; k++)
			fill(buffer + k * (SEALED_LEN + 16), i + k);
		if (write(fd, buffer, group * (SEALED_LEN + 16)) != (ssize_t)(group * (SEALED_LEN + 16)) || fdatasync(fd) != 0)
			fail("write");
	}
	close(fd);
	free(buffer);
}

static void
insert(sqlite3_stmt *st, uint64_t i, const uint8_t *row)
{
	uint64_t tag;

	memcpy(&tag, row, sizeof tag);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)i);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)(tag % 100000 * 0x9e3779b97f4a7c15u)); /* some venue */
	sqlite3_bind_int64(st, 3, (sqlite3_int64)tag);
	sqlite3_bind_blob(st, 4, row, SEALED_LEN, SQLITE_STATIC);
	if (sqlite3_step(st) != SQLITE_DONE)
		fail("insert");
	sqlite3_reset(st);
}

static void
run_sqlite(const struct shape *s, const char *path, size_t rows, size_t group)
{
	uint8_t row[SEALED_LEN] = { 0 };
	sqlite3_stmt *st;
	sqlite3 *db;
	size_t i, k;

	if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_exec(db, s->schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v3(db, s->insert, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK)
		fail("cannot make the database");
	for (i = 0; i < rows; i += group) {
		if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			fail("begin");
		for (k = 0; k < group; k++) {
			fill(row, i + k);
			insert(st, i + k, row);
		}
		if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			fail("commit");
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
}

int
main(int argc, char **argv)
{
	const size_t rows = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000, group = argc > 3 ? strtoul(argv[3], NULL, 10) : 150;
	char path[PATH_SIZE], beside[PATH_SIZE + 8];

	if (argc < 2 || rows == 0 || rows > ROWS_MAX || group == 0 || group > GROUP_MAX)
		fail("usage: storage_bench FOLDER [ROWS [GROUP]]");
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	snprintf(path, sizeof path, "%s/storage_bench.db", argv[1]);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);

		if (shapes[i].schema == NULL)
			run_plain(path, rows, group);
		else
			run_sqlite(&shapes[i], path, rows, group);
		printf("%-46s %8.2f us CPU a row %10.0f rows/s\n", shapes[i].name,
		    (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / (double)rows,
		    (double)rows / (seconds(CLOCK_MONOTONIC) - wall));
		fflush(stdout);
		(void)unlink(path);
		snprintf(beside, sizeof beside, "%s-wal", path);
		(void)unlink(beside);
		snprintf(beside, sizeof beside, "%s-journal", path);
		(void)unlink(beside);
	}
	return 0;
}
