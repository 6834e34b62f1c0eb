#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "table/table.h"

/* Small tables: opening, statements, transactions. */

enum statement { ADD, GET, COUNT, DROP, FOREIGN_KEYS, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[ADD] = "INSERT INTO word (id, text) VALUES (?1, ?2)",
	[GET] = "SELECT id FROM word WHERE id = ?1",
	[COUNT] = "SELECT count(*) FROM word",
	[DROP] = "DELETE FROM word WHERE id = ?1",
	[FOREIGN_KEYS] = "PRAGMA foreign_keys",
};
#define SCHEMA(version)                                                                                                \
	"PRAGMA application_id = 77; PRAGMA user_version = " version ";"                                               \
	"CREATE TABLE word (id INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;"
static const struct el_table_kind words = {
	.schema = SCHEMA("3"), .id = 77, .version = 3, .sql = sql, .n = STATEMENTS
};

struct state {
	char dir[64], path[96];
	struct el_table t;
};

static int
begin(void **state)
{
	static struct state s;

	memset(&s, 0, sizeof s);
	(void)snprintf(s.dir, sizeof s.dir, "/tmp/el_table.XXXXXX");
	assert_non_null(mkdtemp(s.dir));
	(void)snprintf(s.path, sizeof s.path, "%s/words.db", s.dir);
	assert_int_equal(el_table_open(&s.t, s.path, &words), EL_OK);
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	struct state *const s = *state;
	char path[sizeof s->path + 8];

	el_table_close(&s->t);
	(void)unlink(s->path);
	(void)snprintf(path, sizeof path, "%s-wal", s->path);
	(void)unlink(path);
	return rmdir(s->dir);
}

#define S struct state *const s = *state
#define T (&s->t)

static int
add(struct el_table *t, int id, const void *text, size_t len)
{
	sqlite3_stmt *const st = el_table_use(t, ADD);

	sqlite3_bind_int(st, 1, id);
	sqlite3_bind_blob(st, 2, text, (int)len, SQLITE_STATIC);
	return el_table_run(t, ADD);
}

static uint64_t
count(struct el_table *t)
{
	uint64_t n;

	(void)el_table_use(t, COUNT);
	assert_int_equal(el_table_number(t, COUNT, &n), EL_OK);
	return n;
}

static bool
has(struct el_table *t, int id)
{
	int r;

	sqlite3_bind_int(el_table_use(t, GET), 1, id);
	r = el_table_any(t, GET);
	assert_true(r == EL_OK || r == EL_ENOTFOUND);
	return r == EL_OK;
}

/* Whether the bytes stand in a file of the table. */
static bool
stands_in(const struct state *s, const char *suffix, const char *text)
{
	static char bytes[1 << 18];
	char path[sizeof s->path + 8];
	FILE *f;
	size_t n = 0;

	(void)snprintf(path, sizeof path, "%s%s", s->path, suffix);
	if ((f = fopen(path, "rb")) != NULL) {
		n = fread(bytes, 1, sizeof bytes, f);
		(void)fclose(f);
	}
	return memmem(bytes, n, text, strlen(text)) != NULL;
}

static void
makes_a_file_of_its_owner_alone(void **state)
{
	S;
	struct stat st;

	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
finds_after_a_restart_what_was_written(void **state)
{
	S;

	assert_int_equal(add(T, 1, "one", 3), EL_OK);
	el_table_close(T);
	assert_int_equal(el_table_open(T, s->path, &words), EL_OK);
	assert_true(has(T, 1));
	assert_false(has(T, 2));
	assert_int_equal(count(T), 1);
}

static void
refuses_a_file_of_another_kind(void **state)
{
	S;
	struct el_table_kind other = words;

	el_table_close(T);
	other.version = 4;
	assert_int_equal(el_table_open(T, s->path, &other), EL_EFORMAT);
	other.version = 3;
	other.id = 78;
	assert_int_equal(el_table_open(T, s->path, &other), EL_EFORMAT);
	el_table_close(T); /* does no harm */
}

static void
refuses_tables_that_it_did_not_make(void **state)
{
	S;
	sqlite3 *db;

	el_table_close(T);
	assert_int_equal(unlink(s->path), 0);
	assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE word (id)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(el_table_open(T, s->path, &words), EL_EFORMAT);
}

static void
makes_nothing_of_a_schema_that_fails(void **state)
{
	S;
	struct el_table_kind broken = words;

	el_table_close(T);
	assert_int_equal(unlink(s->path), 0);
	broken.schema = SCHEMA("3") "CREATE TABLE word (id);";
	assert_int_equal(el_table_open(T, s->path, &broken), EL_EIO);
	assert_int_equal(el_table_open(T, s->path, &words), EL_OK);
	assert_int_equal(count(T), 0);
}

#define UPGRADE "ALTER TABLE word ADD COLUMN tone INTEGER NOT NULL DEFAULT 7; PRAGMA user_version = 4;"

static void
upgrades_the_version_before_as_a_whole_or_not_at_all(void **state)
{
	S;
	struct el_table_kind next = words;

	next.version = 4;
	next.upgrade_from = 3;
	assert_int_equal(add(T, 1, "one", 3), EL_OK);
	el_table_close(T);
	next.upgrade = UPGRADE "CREATE TABLE word (id);";
	assert_int_equal(el_table_open(T, s->path, &next), EL_EIO);
	assert_int_equal(el_table_open(T, s->path, &words), EL_OK); /* as it was */
	el_table_close(T);
	next.upgrade = UPGRADE;
	assert_int_equal(el_table_open(T, s->path, &next), EL_OK);
	assert_true(has(T, 1));
	el_table_close(T);
	assert_int_equal(el_table_open(T, s->path, &next), EL_OK); /* once */
	el_table_close(T);
	assert_int_equal(el_table_open(T, s->path, &words), EL_EFORMAT);
	next.upgrade_from = 2;
	next.version = 5;
	assert_int_equal(el_table_open(T, s->path, &next), EL_EFORMAT);
}

static void
opens_with_the_settings_of_its_kind(void **state)
{
	S;
	struct el_table_kind strict = words;
	uint64_t on;

	el_table_close(T);
	strict.settings = "PRAGMA foreign_keys = ON;";
	assert_int_equal(el_table_open(T, s->path, &strict), EL_OK);
	(void)el_table_use(T, FOREIGN_KEYS);
	assert_int_equal(el_table_number(T, FOREIGN_KEYS, &on), EL_OK);
	assert_int_equal(on, 1);
}

static void
takes_back_what_went_wrong_in_between(void **state)
{
	S;

	assert_int_equal(el_table_begin(T), EL_OK);
	assert_int_equal(add(T, 1, "one", 3), EL_OK);
	assert_int_equal(el_table_end(T, EL_ENOTFOUND), EL_ENOTFOUND);
	assert_int_equal(count(T), 0);
	assert_int_equal(el_table_begin(T), EL_OK);
	assert_int_equal(add(T, 1, "one", 3), EL_OK);
	assert_int_equal(el_table_end(T, EL_OK), EL_OK);
	assert_int_equal(count(T), 1);
}

static void
changes_nothing_on_a_full_disk(void **state)
{
	S;
	static uint8_t much[1 << 16];

	assert_int_equal(sqlite3_exec(T->sqlite, "PRAGMA max_page_count = 4", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(el_table_begin(T), EL_OK);
	assert_int_equal(add(T, 1, "one", 3), EL_OK);
	assert_int_equal(el_table_end(T, add(T, 2, much, sizeof much)), EL_ESPACE);
	assert_false(T->failed);
	assert_int_equal(count(T), 0);
	assert_int_equal(add(T, 1, "one", 3), EL_OK); /* and goes on */
}

static void
fails_for_good_after_a_failure(void **state)
{
	S;
	uint64_t n = 7;

	assert_int_equal(add(T, 1, "one", 3), EL_OK);
	assert_int_equal(add(T, 1, "one", 3), EL_EIO); /* the key is there already */
	assert_true(T->failed);
	(void)el_table_use(T, COUNT);
	assert_int_equal(el_table_number(T, COUNT, &n), EL_EIO);
	assert_int_equal(n, 0);
	assert_int_equal(el_table_begin(T), EL_EIO);
}

static void
takes_a_row_that_cannot_be_for_a_failure(void **state)
{
	S;

	(void)el_table_use(T, COUNT);
	assert_int_equal(el_table_run(T, COUNT), EL_EIO);
	assert_true(T->failed);
}

static void
leaves_nothing_of_what_was_deleted(void **state)
{
	static const char text[] = "a word to be forgotten";
	S;

	assert_int_equal(add(T, 1, text, sizeof text - 1), EL_OK);
	assert_true(stands_in(s, "-wal", text));
	sqlite3_bind_int(el_table_use(T, DROP), 1, 1);
	assert_int_equal(el_table_run(T, DROP), EL_OK);
	assert_int_equal(el_table_truncate_log(T), EL_OK);
	assert_false(stands_in(s, "", text));
	assert_false(stands_in(s, "-wal", text));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(makes_a_file_of_its_owner_alone),
		CASE(finds_after_a_restart_what_was_written),
		CASE(refuses_a_file_of_another_kind),
		CASE(refuses_tables_that_it_did_not_make),
		CASE(makes_nothing_of_a_schema_that_fails),
		CASE(upgrades_the_version_before_as_a_whole_or_not_at_all),
		CASE(opens_with_the_settings_of_its_kind),
		CASE(takes_back_what_went_wrong_in_between),
		CASE(changes_nothing_on_a_full_disk),
		CASE(fails_for_good_after_a_failure),
		CASE(takes_a_row_that_cannot_be_for_a_failure),
		CASE(leaves_nothing_of_what_was_deleted),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
