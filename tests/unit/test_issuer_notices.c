#include "issuer_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "entrylog/epoch.h"

/* Exposure notices at the issuer (protocol 7.4): told and not named, shown in one batch a day, gone with the day. */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)
#define NEXT day_at(E + 1, 0)
#define ONE "+821000000001"
#define TWO "+821000000002"
#define REFUSED(x, what) assert_string_equal(el_code_name(x), (what))

struct state {
	struct fixture f;
	struct fixture_order o;
	uint8_t one[EL_KEY_LEN], two[EL_KEY_LEN]; /* credentials */
	struct el_body bodies[3];		  /* 0 and 1: of one; 2: of two */
};

#define S struct state *const s = *state

static int
begin(void **state)
{
	static struct state s;
	struct el_day_ticket ticket;

	memset(&s, 0, sizeof s);
	fixture_make(&s.f);
	fixture_open(&s.f, NOON);
	fixture_admit(&s.f, "Visitor One", ONE, NOON, s.one);
	fixture_admit(&s.f, "Visitor Two", TWO, NOON, s.two);
	fixture_ticket(&s.f, s.one, NOON, &ticket);
	for (uint16_t i = 0; i < 2; i++)
		fixture_body(&s.f, &ticket, i, NOON, &s.bodies[i]);
	fixture_ticket(&s.f, s.two, NOON, &ticket);
	fixture_body(&s.f, &ticket, 0, NOON, &s.bodies[2]);
	*state = &s;
	return 0;
}

static int
end(void **state)
{
	S;

	fixture_order_free(&s->o);
	fixture_free(&s->f);
	return 0;
}

/* A notice to the visitors of n bodies from `first` on, with an answer of so many delivered. */
static void
deliver(struct state *s, int64_t now, unsigned template, el_epoch day, size_t first, size_t n, size_t delivered)
{
	json_t *out;

	fixture_order_free(&s->o);
	fixture_notice(&s->f, now, template, day, E, E + 1, 100, &s->o);
	fixture_release(&s->f, &s->o, s->bodies + first, n);
	REFUSED(fixture_deliver(&s->f, &s->o, now, &out), "ok");
	assert_int_equal(json_integer_value(json_object_get(out, "delivered")), delivered);
	assert_int_equal(json_array_size(json_object_get(out, "missing")), n - delivered);
	assert_int_equal(json_object_size(out), 2);
	json_decref(out);
}

/* What a visitor sees, as "template day, ..."; valid until the next call. */
static const char *
seen(struct state *s, const uint8_t *credential, int64_t now)
{
	struct el_notices *const x = calloc(1, sizeof *x);
	static char text[256];
	char expected[32];
	size_t at = 0;
	int err;

	text[0] = '\0';
	REFUSED(el_notices_list(s->f.s, credential, now, x, &err), "ok");
	assert_int_equal(err, EL_OK);
	for (size_t i = 0; i < x->n; i++) {
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%u %d", i > 0 ? ", " : "", x->list[i].template,
		    x->list[i].day - E);
		(void)snprintf(expected, sizeof expected, "text %u", x->list[i].template);
		assert_string_equal(x->list[i].en, expected);
	}
	free(x);
	return text;
}

static void
confirm(struct state *s, const uint8_t *credential, int64_t now)
{
	int err;

	REFUSED(el_notices_confirm(s->f.s, credential, now, &err), "ok");
	assert_int_equal(err, EL_OK);
}

static void
tells_whoever_is_behind_the_links_once_the_day_is_over(void **state)
{
	S;

	deliver(s, NOON + 1, 7, E, 0, 2, 2);
	assert_string_equal(seen(s, s->one, NOON + 2), "");
	fixture_tick(&s->f, NEXT - 1);
	assert_string_equal(seen(s, s->one, NEXT - 1), "");
	fixture_tick(&s->f, NEXT);
	assert_string_equal(seen(s, s->one, NEXT), "7 0");
	assert_string_equal(seen(s, s->two, NEXT), "");
}

static void
loses_no_acknowledged_notice_over_a_restart_and_shows_none_early(void **state)
{
	S;

	deliver(s, NOON + 1, 7, E, 0, 1, 1);
	fixture_restart(&s->f, NOON + 2);
	assert_string_equal(seen(s, s->one, NOON + 2), "");
	fixture_restart(&s->f, day_at(E + 3, 60)); /* off when the day ended */
	assert_string_equal(seen(s, s->one, day_at(E + 3, 60)), "7 0");
	fixture_restart(&s->f, day_at(E + 3, 61));
	assert_string_equal(seen(s, s->one, day_at(E + 3, 61)), "7 0");
}

static void
gives_the_same_notice_for_a_person_and_day_once(void **state)
{
	S;

	deliver(s, NOON + 1, 7, E, 0, 2, 2); /* two visits of one person */
	deliver(s, NOON + 2, 7, E, 0, 3, 3); /* a second order, while the first waits */
	fixture_tick(&s->f, NEXT);
	deliver(s, NEXT + 1, 7, E, 0, 3, 3); /* and when it is shown */
	fixture_tick(&s->f, day_at(E + 2, 0));
	assert_string_equal(seen(s, s->one, day_at(E + 2, 0)), "7 0");
	assert_string_equal(seen(s, s->two, day_at(E + 2, 0)), "7 0");
	deliver(s, day_at(E + 2, 1), 1, E, 0, 1, 1); /* another text */
	deliver(s, day_at(E + 2, 1), 7, E + 1, 0, 1, 1); /* another day that it speaks of */
	fixture_tick(&s->f, day_at(E + 3, 0));
	assert_string_equal(seen(s, s->one, day_at(E + 3, 0)), "1 0, 7 0, 7 1");
}

static void
removes_what_was_confirmed_and_nothing_else(void **state)
{
	S;

	deliver(s, NOON + 1, 7, E, 0, 3, 3);
	fixture_tick(&s->f, NEXT);
	deliver(s, NEXT + 1, 1, E, 0, 1, 1);
	confirm(s, s->one, NEXT + 2);
	assert_string_equal(seen(s, s->one, NEXT + 3), "");
	assert_string_equal(seen(s, s->two, NEXT + 3), "7 0");
	fixture_restart(&s->f, NEXT + 4);
	assert_string_equal(seen(s, s->one, NEXT + 4), "");
	fixture_tick(&s->f, day_at(E + 2, 0)); /* nobody had seen this one yet */
	assert_string_equal(seen(s, s->one, day_at(E + 2, 0)), "1 0");
	confirm(s, s->one, day_at(E + 2, 1));
	confirm(s, s->one, day_at(E + 2, 2)); /* of nothing */
}

static void
refuses_a_credential_that_is_nobodys(void **state)
{
	static struct el_notices x; /* large */
	const uint8_t nobody[EL_KEY_LEN] = { 1 };
	int err;
	S;

	REFUSED(el_notices_list(s->f.s, nobody, NOON, &x, &err), "unauthorized");
	assert_int_equal(err, EL_OK);
	REFUSED(el_notices_confirm(s->f.s, nobody, NOON, &err), "unauthorized");
	assert_int_equal(err, EL_OK);
}

/* Rows of a table; the issuer is closed for it. */
static int
rows_of(struct state *s, const char *table, int64_t now)
{
	char path[512], text[64];
	sqlite3_stmt *st;
	sqlite3 *db;
	int n;

	fixture_close(&s->f);
	(void)snprintf(path, sizeof path, "%s", fixture_path(&s->f, "issuer.db"));
	(void)snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	fixture_open(&s->f, now);
	return n;
}

static int
take_row(void *ctx, const struct el_notice_row *row)
{
	*(struct el_notice_row *)ctx = *row;
	return EL_OK;
}

/* The one row of visitor one, as it is stored. */
static void
stored(struct state *s, bool pending, struct el_notice_row *out)
{
	struct el_identity_keys keys;
	struct el_phone phone;

	memset(out, 0, sizeof *out);
	assert_int_equal(el_phone_parse(ONE, &phone), EL_OK);
	assert_int_equal(el_issuer_keys_of(&s->f.s->keys, EL_KEY_ID, E, &keys), EL_OK);
	assert_int_equal(el_issuer_db_each_notice(
			     s->f.s->db, E, el_identity_phone_tag(keys.tags, &phone), pending, take_row, out),
	    EL_OK);
	assert_int_equal(out->epoch, E);
}

static void
leaves_no_byte_of_what_was_confirmed(void **state)
{
	struct el_notice_row waiting, shown;
	S;

	deliver(s, NOON + 1, 7, E, 0, 3, 3);
	stored(s, true, &waiting);
	assert_true(fixture_holds(&s->f, waiting.sealed, sizeof waiting.sealed));
	fixture_tick(&s->f, NEXT);
	stored(s, false, &shown);
	assert_memory_equal(waiting.sealed, shown.sealed, sizeof shown.sealed);
	confirm(s, s->one, NEXT + 1);
	assert_false(fixture_holds(&s->f, shown.sealed, sizeof shown.sealed));
	assert_int_equal(rows_of(s, "notice", NEXT + 2), 1);
	assert_int_equal(rows_of(s, "notice_pending", NEXT + 2), 0);
}

static void
goes_with_the_day_of_the_visit(void **state)
{
	const int64_t due = el_epoch_destroy_at(E, FIXTURE_OFFSET);
	struct el_notice_row row;
	S;

	deliver(s, NOON + 1, 7, E, 0, 1, 1);
	for (el_epoch e = E + 1; day_at(e, 0) < due; e++)
		fixture_tick(&s->f, day_at(e, 0));
	/* The visitor's registration lasts 30 days, so only the day's end can take the notice away. */
	fixture_tick(&s->f, due - 1);
	assert_string_equal(seen(s, s->one, due - 1), "7 0");
	stored(s, false, &row);
	deliver(s, due - 1, 1, E, 0, 1, 1); /* this one waits */
	fixture_tick(&s->f, due);
	assert_string_equal(seen(s, s->one, due), "");
	assert_false(fixture_holds(&s->f, row.sealed, sizeof row.sealed));
	assert_int_equal(rows_of(s, "notice", due), 0);
	assert_int_equal(rows_of(s, "notice_pending", due), 0);
}

static void
keeps_no_name_number_order_or_text_in_clear(void **state)
{
	S;

	deliver(s, NOON + 1, 7, E, 0, 3, 3);
	for (int i = 0; i < 2; i++) {
		assert_false(fixture_holds(&s->f, ONE, strlen(ONE)));
		assert_false(fixture_holds(&s->f, "Visitor", 7));
		assert_false(fixture_holds(&s->f, s->o.order.id, sizeof s->o.order.id));
		assert_false(fixture_holds(&s->f, "text 7", 6));
		assert_false(fixture_holds(&s->f, s->bodies[0].b, sizeof s->bodies[0].b));
		fixture_tick(&s->f, NEXT);
	}
}

static void
answers_a_count_and_why_the_others_were_not_reached(void **state)
{
	json_t *out, *missing;
	S;

	fixture_notice(&s->f, NOON, 7, E, E, E, 100, &s->o);
	fixture_release(&s->f, &s->o, s->bodies, 3);
	fixture_shared(&s->f, &s->bodies[2], s->o.items[1].shared); /* a wrong S leads to no handle */
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 1, &out), "ok");
	assert_int_equal(json_integer_value(json_object_get(out, "delivered")), 2);
	missing = json_object_get(out, "missing");
	assert_int_equal(json_array_size(missing), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(missing, 0), "index")), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(missing, 0), "reason")), "not_found");
	json_decref(out);
	assert_int_equal(s->f.s->counters.notices_delivered, 2);
	assert_int_equal(s->f.s->counters.people_named, 0);
}

static void
refuses_what_is_not_the_orders_notice(void **state)
{
	json_t *out;
	S;

	fixture_notice(&s->f, NOON, 2, E, E, E, 100, &s->o); /* no such template in the policy */
	fixture_release(&s->f, &s->o, s->bodies, 1);
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 1, &out), "scope_mismatch");
	fixture_order_free(&s->o);
	fixture_notice(&s->f, NOON, 7, E + 1, E, E, 100, &s->o); /* speaks of a day that the order does not touch */
	fixture_release(&s->f, &s->o, s->bodies, 1);
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 1, &out), "scope_mismatch");
	fixture_order_free(&s->o);
	fixture_notice(&s->f, NOON, 7, E, E, E, 100, &s->o);
	fixture_release(&s->f, &s->o, s->bodies, 1);
	s->o.scope.scope[s->o.scope.len - 2] ^= 1; /* another day than the one signed */
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 1, &out), "scope_mismatch");
	s->o.scope.scope[s->o.scope.len - 2] ^= 1;
	REFUSED(fixture_identities(&s->f, &s->o, NOON + 1, &out), "scope_mismatch"); /* a notice names nobody */
	fixture_order_free(&s->o);
	fixture_contacts(&s->f, NOON, E, E, 100, &s->o);
	fixture_release(&s->f, &s->o, s->bodies, 1);
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 1, &out), "scope_mismatch");
	fixture_tick(&s->f, NEXT);
	assert_string_equal(seen(s, s->one, NEXT), "");
}

static void
spends_limit_and_cap_like_a_contacts_order(void **state)
{
	json_t *out;
	S;

	s->f.conf.daily_cap = 4;
	fixture_notice(&s->f, NOON, 7, E, E, E, 2, &s->o);
	fixture_release(&s->f, &s->o, s->bodies, 3);
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 1, &out), "limit_exceeded");
	deliver(s, NOON + 2, 7, E, 0, 3, 3);
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 3, &out), "ok"); /* the same again is free */
	json_decref(out);
	fixture_order_free(&s->o);
	fixture_notice(&s->f, NOON, 7, E, E, E, 2, &s->o);
	fixture_release(&s->f, &s->o, s->bodies, 2);
	REFUSED(fixture_deliver(&s->f, &s->o, NOON + 4, &out), "daily_cap");
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(tells_whoever_is_behind_the_links_once_the_day_is_over),
		T(loses_no_acknowledged_notice_over_a_restart_and_shows_none_early),
		T(gives_the_same_notice_for_a_person_and_day_once),
		T(removes_what_was_confirmed_and_nothing_else),
		T(refuses_a_credential_that_is_nobodys),
		T(leaves_no_byte_of_what_was_confirmed),
		T(goes_with_the_day_of_the_visit),
		T(keeps_no_name_number_order_or_text_in_clear),
		T(answers_a_count_and_why_the_others_were_not_reached),
		T(refuses_what_is_not_the_orders_notice),
		T(spends_limit_and_cap_like_a_contacts_order),
	};

	return cmocka_run_group_tests_name("issuer_notices", tests, NULL, NULL);
}
