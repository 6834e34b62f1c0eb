#include "issuer_fixture.h"

#include <stdlib.h>
#include <string.h>

/* Orders at the issuer: the order's limit and the day's cap (protocol 7.1). */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)
#define PHONE "+821000000001"
#define REFUSED(x, what) assert_string_equal(el_code_name(x), (what))

struct state {
	struct fixture f;
	struct fixture_order o;
	struct el_body bodies[FIXTURE_ROWS]; /* of one visitor's day */
};

#define S struct state *const s = *state

static int
begin(void **state)
{
	static struct state s;
	uint8_t credential[EL_KEY_LEN];
	struct el_day_ticket ticket;

	memset(&s, 0, sizeof s);
	fixture_make(&s.f);
	fixture_open(&s.f, NOON);
	fixture_admit(&s.f, "Visitor One", PHONE, NOON, credential);
	fixture_ticket(&s.f, credential, NOON, &ticket);
	for (uint16_t i = 0; i < FIXTURE_ROWS; i++)
		fixture_body(&s.f, &ticket, i, NOON, &s.bodies[i]);
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

/* A contacts order with a release of n bodies. */
static void
contacts(struct state *s, int64_t now, size_t n, uint32_t items)
{
	fixture_order_free(&s->o);
	fixture_contacts(&s->f, now, E, E, items, &s->o);
	fixture_release(&s->f, &s->o, s->bodies, n);
}

/* Ask for n of the release's items from `first` on: a call of its own. */
static enum el_code
ask(struct state *s, int64_t now, size_t first, size_t n)
{
	static struct fixture_order part; /* large */
	enum el_code code;
	json_t *out;

	part = s->o;
	part.raw[0] = (char)('A' + first);
	memmove(part.items, part.items + first, n * sizeof *part.items);
	part.n_items = n;
	code = fixture_identities(&s->f, &part, now, &out);
	if (code == EL_CODE_OK)
		assert_int_equal(json_array_size(json_object_get(out, "people")), n);
	json_decref(out);
	return code;
}

static void
crosses_the_limit_by_splitting_into_calls_neither_today_nor_tomorrow(void **state)
{
	const int64_t tomorrow = day_at(E + 1, 4 * 3600);
	S;

	contacts(s, NOON, 6, 4);
	REFUSED(ask(s, NOON + 1, 0, 2), "ok");
	REFUSED(ask(s, NOON + 2, 2, 2), "ok");
	REFUSED(ask(s, NOON + 3, 4, 1), "limit_exceeded");
	REFUSED(ask(s, NOON + 4, 2, 2), "ok"); /* the same again is free */
	fixture_restart(&s->f, NOON + 5);
	REFUSED(ask(s, NOON + 5, 4, 1), "limit_exceeded");
	fixture_restart(&s->f, tomorrow);
	REFUSED(ask(s, tomorrow, 4, 1), "limit_exceeded");
	REFUSED(ask(s, tomorrow + 1, 0, 2), "ok");
}

static void
crosses_the_daily_cap_under_many_orders_only_on_the_next_day(void **state)
{
	const int64_t tomorrow = day_at(E + 1, 4 * 3600);
	S;

	s->f.conf.daily_cap = 5;
	for (int i = 0; i < 2; i++) {
		contacts(s, NOON, 2, 100);
		REFUSED(ask(s, NOON + 1, 0, 2), "ok");
	}
	REFUSED(ask(s, NOON + 2, 0, 2), "ok"); /* again, free */
	contacts(s, NOON, 2, 100);
	REFUSED(ask(s, NOON + 3, 0, 2), "daily_cap");
	fixture_restart(&s->f, NOON + 4);
	REFUSED(ask(s, NOON + 4, 0, 2), "daily_cap");
	REFUSED(ask(s, NOON + 5, 1, 1), "ok"); /* one was left */
	REFUSED(ask(s, NOON + 6, 0, 1), "daily_cap");
	fixture_restart(&s->f, tomorrow);
	REFUSED(ask(s, tomorrow, 0, 2), "ok");
}

static void
counts_trace_boxes_against_the_same_cap(void **state)
{
	json_t *out;
	S;

	s->f.conf.daily_cap = 2;
	contacts(s, NOON, 2, 100);
	REFUSED(ask(s, NOON + 1, 0, 2), "ok");
	fixture_order_free(&s->o);
	fixture_trace(&s->f, NOON, PHONE, E, E, 100, &s->o);
	REFUSED(fixture_traces(&s->f, &s->o, NOON + 2, &out), "daily_cap");
	s->f.conf.daily_cap = 3;
	s->f.s->trust.policy->cap_items = 2; /* the lower counts */
	REFUSED(fixture_traces(&s->f, &s->o, NOON + 3, &out), "daily_cap");
	s->f.s->trust.policy->cap_items = 3;
	REFUSED(fixture_traces(&s->f, &s->o, NOON + 4, &out), "ok");
	json_decref(out);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(crosses_the_limit_by_splitting_into_calls_neither_today_nor_tomorrow),
		T(crosses_the_daily_cap_under_many_orders_only_on_the_next_day),
		T(counts_trace_boxes_against_the_same_cap),
	};

	return cmocka_run_group_tests_name("issuer_orders", tests, NULL, NULL);
}
