#include "registry_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/hash.h"
#include "registry/messages.h"

/* The scanners of a venue: listed, named, paused and bounded; and their tables, brought up from version 2. */

#define NOON day_at(FIXTURE_EPOCH, 8 * 3600)
#define KOREAN "\xec\xa0\x95\xeb\xac\xb8" /* composed */
#define KOREAN_NFD "\xe1\x84\x8c\xe1\x85\xa5\xe1\x86\xbc\xe1\x84\x86\xe1\x85\xae\xe1\x86\xab" /* the same, decomposed */

struct state {
	struct fixture f;
	struct fixture_door door;
	struct el_scanner_list list; /* the last one */
};

static const uint8_t here[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

static int
begin(void **state)
{
	static struct state s;

	memset(&s, 0, sizeof s);
	fixture_make(&s.f);
	fixture_open(&s.f, NOON);
	fixture_door(&s.f, NOON, &s.door);
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	fixture_free(&((struct state *)*state)->f);
	return 0;
}

#define S struct state *const s = *state
#define V (&s->f.g->venues)
#define REFUSED(x, what) assert_string_equal(el_code_name((x).code), (what))

static enum el_code
add(struct state *s, const char *name, int64_t now_s, uint32_t *id, char code[EL_ENROL_CODE_LEN + 1])
{
	int64_t expires;

	return el_venues_add_scanner(V, s->door.venue, name, now_s, id, code, &expires);
}

static const struct el_scanner_row *
list(struct state *s, int64_t now_s, size_t n)
{
	assert_int_equal(el_venues_list_scanners(V, s->door.venue, now_s, &s->list), EL_CODE_OK);
	assert_int_equal(s->list.n, n);
	return s->list.items;
}

static enum el_code
change(struct state *s, uint32_t scanner, const struct el_scanner_change *c, struct el_scanner_row *out)
{
	return el_venues_change_scanner(V, s->door.venue, scanner, c, NOON, out);
}

static enum el_code
rename_to(struct state *s, const char *name, struct el_scanner_row *out)
{
	return change(s, s->door.scanner, &(struct el_scanner_change){ .name = name }, out);
}

static void
set_active(struct state *s, uint32_t scanner, bool active)
{
	const struct el_scanner_change c = { .has_active = true, .active = active };
	struct el_scanner_row row;

	assert_int_equal(change(s, scanner, &c, &row), EL_CODE_OK);
	assert_int_equal(row.active, active);
}

static void
lists_what_is_not_revoked_in_the_order_of_ids(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	struct fixture_door other;
	const struct el_scanner_row *rows;
	uint32_t second, third;

	assert_int_equal(add(s, "Back door", NOON, &second, code), EL_CODE_OK);
	fixture_door(&s->f, NOON, &other); /* another venue's is not shown */
	assert_int_equal(add(s, "", NOON, &third, code), EL_CODE_OK);
	rows = list(s, NOON, 3);
	assert_int_equal(rows[0].id, s->door.scanner);
	assert_true(rows[0].has_key && rows[0].active);
	assert_int_equal(rows[0].expires_s, 0);
	assert_int_equal(rows[1].id, second);
	assert_string_equal(rows[1].name, "Back door");
	assert_true(!rows[1].has_key && rows[1].active);
	assert_int_equal(rows[1].expires_s, NOON + EL_ENROL_CODE_S);
	assert_int_equal(rows[2].id, third);
	assert_string_equal(rows[2].name, "");
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, second), EL_CODE_OK);
	assert_int_equal(list(s, NOON, 2)[1].id, third);
}

static void
shows_a_scanner_whose_code_is_over_until_it_is_removed(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	uint32_t old, fresh;
	const struct el_scanner_row *rows;

	assert_int_equal(add(s, "", NOON, &old, code), EL_CODE_OK);
	assert_int_equal(list(s, NOON + EL_ENROL_CODE_S - 1, 2)[1].expires_s, NOON + EL_ENROL_CODE_S);
	assert_int_equal(list(s, NOON + EL_ENROL_CODE_S, 2)[1].expires_s, 0);
	assert_int_equal(add(s, "", NOON + EL_ENROL_CODE_S, &fresh, code), EL_CODE_OK); /* the old code's row goes */
	rows = list(s, NOON + EL_ENROL_CODE_S, 3);
	assert_int_equal(rows[1].id, old);
	assert_false(rows[1].has_key);
	assert_int_equal(rows[1].expires_s, 0);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, old), EL_CODE_OK);
	assert_int_equal(list(s, NOON, 2)[1].id, fresh);
}

static void
names_a_scanner_as_a_venue_or_not_at_all(void **state)
{
	S;
	char longest[EL_NAME_MAX + 2], code[EL_ENROL_CODE_LEN + 1];
	struct el_scanner_row row;
	uint32_t id;

	memset(longest, 'x', sizeof longest - 1);
	longest[EL_NAME_MAX + 1] = '\0';
	assert_int_equal(rename_to(s, "  " KOREAN_NFD " ", &row), EL_CODE_OK);
	assert_string_equal(row.name, KOREAN);
	assert_int_equal(rename_to(s, longest, &row), EL_CODE_INVALID_NAME);
	assert_int_equal(rename_to(s, "a\xe2\x80\xae z", &row), EL_CODE_INVALID_NAME); /* turns the text around */
	assert_int_equal(rename_to(s, "a\xff", &row), EL_CODE_INVALID_NAME);
	assert_string_equal(list(s, NOON, 1)[0].name, KOREAN);
	assert_int_equal(add(s, longest, NOON, &id, code), EL_CODE_INVALID_NAME);
	assert_int_equal(id, 0);
	assert_string_equal(code, "");
	longest[EL_NAME_MAX] = '\0';
	assert_int_equal(rename_to(s, longest, &row), EL_CODE_OK);
	assert_string_equal(list(s, NOON, 1)[0].name, longest);
	assert_int_equal(rename_to(s, "   ", &row), EL_CODE_OK);
	assert_string_equal(row.name, "");
	assert_true(row.active && row.has_key);
}

static void
changes_only_what_is_asked_of_a_scanner_of_that_venue(void **state)
{
	S;
	const struct el_scanner_change pause = { .has_active = true };
	struct fixture_door other;
	struct el_scanner_row row;

	fixture_door(&s->f, NOON, &other);
	assert_int_equal(rename_to(s, "Front door", &row), EL_CODE_OK);
	assert_int_equal(change(s, s->door.scanner, &pause, &row), EL_CODE_OK);
	assert_string_equal(row.name, "Front door");
	assert_int_equal(rename_to(s, "Side door", &row), EL_CODE_OK);
	assert_false(row.active);
	assert_int_equal(change(s, other.scanner, &pause, &row), EL_CODE_NOT_FOUND);
	assert_int_equal(change(s, other.scanner + 1, &pause, &row), EL_CODE_NOT_FOUND);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, s->door.scanner), EL_CODE_OK);
	assert_int_equal(change(s, s->door.scanner, &pause, &row), EL_CODE_NOT_FOUND);
}

static void
refuses_a_paused_scanner_and_takes_the_same_attempt_when_it_goes_on(void **state)
{
	S;
	struct fixture_door beside;
	struct el_checkin in, malformed = { .verdict = EL_CODE_MALFORMED_TOKEN };
	struct el_checkin_result x;

	fixture_scanner(&s->f, NOON, &s->door, &beside);
	fixture_token(&s->f, FIXTURE_EPOCH, 0, NOON, &in);
	set_active(s, s->door.scanner, false);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "scanner_paused");
	REFUSED(fixture_post(&s->f, &s->door, &malformed, NOON), "scanner_paused");
	REFUSED(fixture_post(&s->f, &beside, &malformed, NOON), "malformed_token");
	fixture_restart(&s->f, NOON);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "scanner_paused");
	set_active(s, s->door.scanner, true);
	x = fixture_post(&s->f, &s->door, &in, NOON + 1);
	assert_int_equal(x.code, EL_CODE_OK);
	assert_false(x.repeated); /* nothing was recorded before */
	assert_true(fixture_post(&s->f, &s->door, &in, NOON + 1).repeated);
}

static void
says_first_that_a_key_is_unknown_then_of_its_venue_then_of_the_scanner(void **state)
{
	S;
	const struct el_venue_change sleep = { .has_active = true };
	struct el_scanner *scanner;
	struct el_venue v;

	set_active(s, s->door.scanner, false);
	assert_int_equal(el_scanners_find(s->f.g->scanners, &s->door.key, &scanner), EL_CODE_SCANNER_PAUSED);
	assert_int_equal(scanner->id, s->door.scanner); /* it may still ask who it is */
	assert_int_equal(el_registry_db_get_venue(s->f.g->db, s->door.venue, &v), EL_OK);
	assert_int_equal(el_venues_change(V, &v, EL_CALLER_OWNER, &sleep), EL_CODE_OK);
	assert_int_equal(el_scanners_find(s->f.g->scanners, &s->door.key, &scanner), EL_CODE_VENUE_INACTIVE);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, s->door.scanner), EL_CODE_OK);
	assert_int_equal(el_scanners_find(s->f.g->scanners, &s->door.key, &scanner), EL_CODE_UNAUTHORIZED);
	assert_null(scanner);
}

static void
keeps_a_scanner_paused_that_enrols_only_then(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	uint8_t key[EL_KEY_LEN];
	struct el_scanner *scanner;
	struct el_hash hash;
	uint32_t id, made;
	unsigned retry;

	assert_int_equal(add(s, "", NOON, &made, code), EL_CODE_OK);
	set_active(s, made, false);
	assert_int_equal(el_venues_enrol(V, code, here, NOON, &id, key, &retry), EL_CODE_OK);
	assert_int_equal(id, made);
	el_sha256(key, sizeof key, &hash);
	assert_int_equal(el_scanners_find(s->f.g->scanners, &hash, &scanner), EL_CODE_SCANNER_PAUSED);
	set_active(s, made, true);
	assert_int_equal(el_scanners_find(s->f.g->scanners, &hash, &scanner), EL_CODE_OK);
}

static void
gives_a_venue_100_scanners_that_are_not_revoked(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	struct fixture_door other;
	uint32_t id, last = 0;

	for (size_t i = 1; i < EL_SCANNERS_PER_VENUE; i++)
		assert_int_equal(add(s, "", NOON, &last, code), EL_CODE_OK);
	assert_int_equal(add(s, "", NOON, &id, code), EL_CODE_LIMIT_EXCEEDED);
	assert_string_equal(code, "");
	assert_int_equal(list(s, NOON, EL_SCANNERS_PER_VENUE)[EL_SCANNERS_PER_VENUE - 1].id, last);
	fixture_door(&s->f, NOON, &other); /* another venue has its own */
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, last), EL_CODE_OK);
	assert_int_equal(add(s, "", NOON, &id, code), EL_CODE_OK);
	assert_true(id > last + 1);
	assert_int_equal(add(s, "", NOON, &id, code), EL_CODE_LIMIT_EXCEEDED);
	assert_false(V->failed);
}

static int
count_row(void *n, const struct el_scanner_row *row)
{
	(void)row;
	++*(int *)n;
	return EL_OK;
}

static int
rows_in_table(struct state *s)
{
	int n = 0;

	assert_int_equal(el_registry_db_each_scanner(s->f.g->db, count_row, &n), EL_OK);
	return n;
}

static void
keeps_nothing_of_a_scanner_that_was_revoked_before_it_had_a_key(void **state)
{
	S;
	char code[EL_ENROL_CODE_LEN + 1];
	const int before = rows_in_table(s);
	struct fixture_door other;
	uint32_t id, next;

	assert_int_equal(add(s, "", NOON, &id, code), EL_CODE_OK);
	assert_int_equal(rows_in_table(s), before + 1);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue + 1, id), EL_CODE_NOT_FOUND); /* another venue's */
	assert_int_equal(rows_in_table(s), before + 1);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, id), EL_CODE_OK);
	assert_int_equal(rows_in_table(s), before);
	assert_int_equal(add(s, "", NOON, &next, code), EL_CODE_OK);
	assert_true(next > id); /* nobody's stale request means the new one */
	fixture_scanner(&s->f, NOON, &s->door, &other);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, other.scanner), EL_CODE_OK);
	assert_int_equal(rows_in_table(s), before + 2); /* visits name it */
}

static void
forgets_revoked_keys_in_memory_and_no_other(void **state)
{
	S;
	struct el_scanners *table;
	struct el_scanner *found;
	struct el_scanner_row row = { .venue = s->door.venue, .active = true, .has_key = true };

	assert_int_equal(el_scanners_new(&table), EL_OK);
	assert_int_equal(el_scanners_set_venue(table, row.venue, true, true), EL_OK);
	for (row.id = 1; row.id <= 5000; row.id++) { /* every tenth stays */
		el_sha256(&row.id, sizeof row.id, &row.key);
		assert_int_equal(el_scanners_add(table, &row), EL_OK);
		if (row.id % 10 != 0)
			el_scanners_revoke(table, &row.key);
	}
	for (row.id = 1; row.id <= 5000; row.id++) {
		el_sha256(&row.id, sizeof row.id, &row.key);
		assert_int_equal(
		    el_scanners_find(table, &row.key, &found), row.id % 10 == 0 ? EL_CODE_OK : EL_CODE_UNAUTHORIZED);
		assert_true(row.id % 10 != 0 || found->id == row.id);
	}
	assert_true(el_scanners_size(table) <= 8 * 500);
	el_scanners_free(table);
}

static void
path_of(const struct state *s, char path[EL_CONF_STR_MAX + 32])
{
	(void)snprintf(path, EL_CONF_STR_MAX + 32, "%s/registry.db", s->f.conf.service.data_dir);
}

static void
forgets_the_name_of_a_revoked_scanner(void **state)
{
	static const char name[] = "a name to be forgotten";
	S;
	char path[EL_CONF_STR_MAX + 32];
	struct el_scanner_row row;
	uint8_t *bytes;
	size_t n;

	assert_int_equal(rename_to(s, name, &row), EL_CODE_OK);
	assert_int_equal(el_venues_revoke_scanner(V, s->door.venue, s->door.scanner), EL_CODE_OK);
	fixture_close(&s->f);
	path_of(s, path);
	assert_int_equal(el_file_read(path, EL_FILE_MAX, &bytes, &n), EL_OK);
	assert_null(memmem(bytes, n, name, sizeof name - 1));
	free(bytes);
}

/* ---- Messages ---- */

static void
carries_a_full_list_between_core_and_net_and_no_fuller_one(void **state)
{
	struct el_msg_scanners *const m = calloc(2, sizeof *m);
	struct el_buf buf;

	(void)state;
	assert_non_null(m);
	el_buf_init(&buf, EL_MSG_MAX);
	m->is_list = true;
	m->list.n = EL_SCANNERS_PER_VENUE;
	for (uint32_t i = 0; i < EL_SCANNERS_PER_VENUE; i++) {
		m->list.items[i] = (struct el_scanner_row){ .id = i + 1, .active = i % 2 == 0, .has_key = i % 3 == 0 };
		memset(m->list.items[i].name, 'x', EL_NAME_MAX);
		m->list.items[i].expires_s = NOON + i;
	}
	assert_int_equal(el_msg_scanners_encode(m, &buf), EL_OK);
	assert_int_equal(el_msg_scanners_parse(buf.p, buf.len, m + 1), EL_OK);
	assert_memory_equal(m, m + 1, sizeof *m);
	assert_int_equal(el_msg_scanners_parse(buf.p, buf.len - 1, m + 1), EL_EFORMAT);
	buf.p[4]++; /* the count */
	assert_int_equal(el_msg_scanners_parse(buf.p, buf.len, m + 1), EL_ELIMIT);
	el_buf_wipe(&buf);
	free(m);
}

/* ---- Tables of version 2 ---- */

#define KEY "X'0101010101010101010101010101010101010101010101010101010101010101'"
static const char version_2[] =
    "PRAGMA application_id = 1162629191; PRAGMA user_version = 2;"
    "CREATE TABLE venue (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, business_number TEXT NOT NULL,"
    " owner_key_hash BLOB NOT NULL, approved INTEGER NOT NULL, active INTEGER NOT NULL) STRICT;"
    "CREATE TABLE scanner (id INTEGER PRIMARY KEY AUTOINCREMENT, venue INTEGER NOT NULL REFERENCES venue (id),"
    " key_hash BLOB UNIQUE, revoked INTEGER NOT NULL) STRICT;"
    "CREATE TABLE enrolment (code_hash BLOB PRIMARY KEY, scanner INTEGER NOT NULL REFERENCES scanner (id),"
    " expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE order_answered (order_hash BLOB NOT NULL, request_hash BLOB NOT NULL, kind INTEGER NOT NULL,"
    " count INTEGER NOT NULL, PRIMARY KEY (order_hash, request_hash)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE day_answered (epoch INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;"
    "INSERT INTO venue VALUES (1, 'Cafe Example', '1234567891', " KEY ", 1, 1);"
    "INSERT INTO scanner VALUES (1, 1, " KEY ", 0), (2, 1, NULL, 1), (3, 1, NULL, 0);"
    "INSERT INTO enrolment VALUES (" KEY ", 3, 2000000000);";

static void
run_sql(const char *path, const char *text)
{
	sqlite3 *sqlite;

	assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sqlite, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sqlite);
}

/* Columns and indexes of the tables, as text. */
static void
shape_of(const char *path, char *out, size_t size)
{
	static const char query[] =
	    "SELECT group_concat(line, char(10)) FROM (SELECT m.type || ' ' || m.name || ' ' || x.cid || x.name ||"
	    " x.type || x.\"notnull\" || coalesce(x.dflt_value, '-') || x.pk AS line FROM sqlite_schema m,"
	    " pragma_table_info(m.name) x WHERE m.type = 'table' UNION ALL SELECT sql FROM sqlite_schema"
	    " WHERE type = 'index' AND sql IS NOT NULL UNION ALL SELECT 'version ' || user_version FROM"
	    " pragma_user_version ORDER BY 1)";
	sqlite3_stmt *st;
	sqlite3 *sqlite;

	assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(sqlite, query, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	(void)snprintf(out, size, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(sqlite);
}

static void
brings_tables_of_version_2_to_what_a_new_file_has(void **state)
{
	S;
	static char fresh[4096], upgraded[4096];
	char path[EL_CONF_STR_MAX + 32], old[EL_CONF_STR_MAX + 40];
	struct el_scanner_row rows[4];
	struct el_registry_db *db;
	size_t n;

	fixture_close(&s->f);
	path_of(s, path);
	shape_of(path, fresh, sizeof fresh);
	(void)snprintf(old, sizeof old, "%s.old", path);
	run_sql(old, version_2);
	for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
		assert_int_equal(el_registry_db_open(old, &db), EL_OK);
		assert_int_equal(el_registry_db_list_scanners(db, 1, NOON, rows, 4, &n), EL_OK);
		assert_int_equal(n, 2);
		assert_int_equal(rows[0].id, 1);
		assert_string_equal(rows[0].name, "");
		assert_true(rows[0].active && rows[0].has_key);
		assert_int_equal(rows[1].id, 3);
		assert_true(rows[1].active && !rows[1].has_key);
		assert_int_equal(rows[1].expires_s, 2000000000);
		el_registry_db_close(db);
	}
	shape_of(old, upgraded, sizeof upgraded);
	assert_string_equal(upgraded, fresh);
	assert_non_null(strstr(fresh, "scanner_of_venue"));
}

static void
refuses_tables_of_a_version_that_it_does_not_know(void **state)
{
	S;
	char path[EL_CONF_STR_MAX + 32];
	struct el_registry_db *db;

	fixture_close(&s->f);
	path_of(s, path);
	run_sql(path, "PRAGMA user_version = 1");
	assert_int_equal(el_registry_db_open(path, &db), EL_EFORMAT);
	run_sql(path, "PRAGMA user_version = 4");
	assert_int_equal(el_registry_db_open(path, &db), EL_EFORMAT);
	assert_null(db);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(lists_what_is_not_revoked_in_the_order_of_ids),
		T(shows_a_scanner_whose_code_is_over_until_it_is_removed),
		T(names_a_scanner_as_a_venue_or_not_at_all),
		T(changes_only_what_is_asked_of_a_scanner_of_that_venue),
		T(refuses_a_paused_scanner_and_takes_the_same_attempt_when_it_goes_on),
		T(says_first_that_a_key_is_unknown_then_of_its_venue_then_of_the_scanner),
		T(keeps_a_scanner_paused_that_enrols_only_then),
		T(gives_a_venue_100_scanners_that_are_not_revoked),
		T(keeps_nothing_of_a_scanner_that_was_revoked_before_it_had_a_key),
		T(forgets_revoked_keys_in_memory_and_no_other),
		T(forgets_the_name_of_a_revoked_scanner),
		T(carries_a_full_list_between_core_and_net_and_no_fuller_one),
		T(brings_tables_of_version_2_to_what_a_new_file_has),
		T(refuses_tables_of_a_version_that_it_does_not_know),
	};

	return cmocka_run_group_tests_name("registry_scanners", tests, NULL, NULL);
}
