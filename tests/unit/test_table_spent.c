#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "table/spent.h"

/* What orders may be answered, counted over requests and days. */

enum statement { OTHER, SPENT, SPENT_LAST = SPENT + EL_SPENT_STATEMENTS - 1, STATEMENTS };

static const char *const sql[STATEMENTS] = { [OTHER] = "SELECT count(*) FROM day_answered", EL_SPENT_SQL(SPENT) };
static const struct el_table_kind kind = {
	.schema = "PRAGMA application_id = 78; PRAGMA user_version = 1;"
		  "CREATE TABLE order_answered (order_hash BLOB NOT NULL, request_hash BLOB NOT NULL, kind INTEGER NOT NULL,"
		  " count INTEGER NOT NULL, PRIMARY KEY (order_hash, request_hash)) STRICT, WITHOUT ROWID;"
		  "CREATE TABLE day_answered (epoch INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;",
	.id = 78,
	.version = 1,
	.sql = sql,
	.n = STATEMENTS,
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
	(void)snprintf(s.dir, sizeof s.dir, "/tmp/el_spent.XXXXXX");
	assert_non_null(mkdtemp(s.dir));
	(void)snprintf(s.path, sizeof s.path, "%s/spent.db", s.dir);
	assert_int_equal(el_table_open(&s.t, s.path, &kind), EL_OK);
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	struct state *const s = *state;

	el_table_close(&s->t);
	(void)unlink(s->path);
	return rmdir(s->dir);
}

struct limits {
	uint64_t order, day;
};
#define WIDE ((struct limits){ 1000000, 1000000 })

static enum el_code
spend(struct state *s, unsigned order, unsigned request, uint64_t n, el_epoch day, struct limits max)
{
	const struct el_hash o = { { (uint8_t)order } }, r = { { (uint8_t)request, (uint8_t)(request >> 8) } };
	const struct el_spending spending = {
		.order = &o, .request = &r, .kind = 1, .n = n, .order_max = max.order, .day = day, .day_max = max.day
	};
	int err;
	const enum el_code code = el_spend(&s->t, SPENT, &spending, &err);

	assert_int_equal(err, EL_OK);
	return code;
}

static void
bounds_an_order_over_all_of_its_requests(void **state)
{
	const struct limits max = { 10, 1000 };

	assert_int_equal(spend(*state, 1, 1, 6, 100, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 1, 2, 5, 100, max), EL_CODE_LIMIT_EXCEEDED);
	assert_int_equal(spend(*state, 1, 2, 4, 101, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 1, 3, 1, 102, max), EL_CODE_LIMIT_EXCEEDED);
	assert_int_equal(spend(*state, 2, 3, 10, 102, max), EL_CODE_OK); /* another order */
}

static void
gives_the_same_request_again_free(void **state)
{
	const struct limits max = { 10, 10 };

	assert_int_equal(spend(*state, 1, 1, 8, 100, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 1, 1, 8, 100, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 1, 1, 3, 100, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 1, 2, 3, 100, max), EL_CODE_LIMIT_EXCEEDED); /* fewer gave nothing back */
	assert_int_equal(spend(*state, 1, 1, 10, 100, max), EL_CODE_OK); /* two more */
	assert_int_equal(spend(*state, 1, 1, 11, 100, max), EL_CODE_LIMIT_EXCEEDED);
}

static void
bounds_a_day_over_all_orders(void **state)
{
	const struct limits max = { 1000, 10 };

	assert_int_equal(spend(*state, 1, 1, 6, 100, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 2, 1, 5, 100, max), EL_CODE_DAILY_CAP);
	assert_int_equal(spend(*state, 2, 1, 5, 101, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 1, 1, 6, 101, max), EL_CODE_OK); /* answered yesterday: nothing new */
	assert_int_equal(spend(*state, 3, 1, 5, 101, max), EL_CODE_OK);
	assert_int_equal(spend(*state, 3, 2, 1, 101, max), EL_CODE_DAILY_CAP);
	assert_int_equal(spend(*state, 3, 3, 0, 101, max), EL_CODE_OK); /* that nothing was found is an answer, too */
}

static void
forgets_days_before_yesterday(void **state)
{
	struct state *const s = *state;
	uint64_t n;

	for (el_epoch day = 100; day < 110; day++)
		assert_int_equal(spend(s, 1, day, 1, day, WIDE), EL_CODE_OK);
	(void)el_table_use(&s->t, OTHER);
	assert_int_equal(el_table_number(&s->t, OTHER, &n), EL_OK);
	assert_int_equal(n, 2);
}

static void
notes_nothing_on_a_full_disk(void **state)
{
	struct state *const s = *state;
	enum el_code code = EL_CODE_OK;
	unsigned n = 0;

	assert_int_equal(sqlite3_exec(s->t.sqlite, "PRAGMA max_page_count = 5", NULL, NULL, NULL), SQLITE_OK);
	while (n < 1000 && (code = spend(s, 1, n, 1, 100, WIDE)) == EL_CODE_OK)
		n++;
	assert_int_equal(code, EL_CODE_BUSY);
	assert_int_equal(sqlite3_exec(s->t.sqlite, "PRAGMA max_page_count = 100", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(spend(s, 1, n, 1, 100, (struct limits){ n, 1000 }), EL_CODE_LIMIT_EXCEEDED);
	assert_int_equal(spend(s, 1, n, 1, 100, (struct limits){ 1000, n }), EL_CODE_DAILY_CAP);
	assert_int_equal(spend(s, 1, n, 1, 100, (struct limits){ n + 1, n + 1 }), EL_CODE_OK);
}

static void
says_why_a_broken_table_answers_nothing(void **state)
{
	struct state *const s = *state;
	const struct el_hash h = { { 1 } };
	const struct el_spending spending = { .order = &h, .request = &h, .n = 1, .order_max = 9, .day_max = 9 };
	int err;

	assert_int_equal(el_table_failed(&s->t), EL_EIO);
	assert_int_equal(el_spend(&s->t, SPENT, &spending, &err), EL_CODE_INTERNAL);
	assert_int_equal(err, EL_EIO);
	s->t.failed = false;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bounds_an_order_over_all_of_its_requests),
		CASE(gives_the_same_request_again_free),
		CASE(bounds_a_day_over_all_orders),
		CASE(forgets_days_before_yesterday),
		CASE(notes_nothing_on_a_full_disk),
		CASE(says_why_a_broken_table_answers_nothing),
	};

	return cmocka_run_group_tests_name("spent", tests, NULL, NULL);
}
