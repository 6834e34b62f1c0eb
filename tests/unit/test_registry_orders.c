#include "registry_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "token/leaf.h"

/* Orders at the registry (protocol 7.1, 7.2 step 1, 7.3 step 3). */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)

struct state {
	struct fixture f;
	struct fixture_door door;
	struct fixture_order o;
};

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
	struct state *const s = *state;

	fixture_order_free(&s->o);
	fixture_free(&s->f);
	return 0;
}

#define S struct state *const s = *state
#define REFUSED(x, what) assert_string_equal(el_code_name(x), (what))

static void
visit(struct state *s, const struct fixture_door *door, el_epoch e, uint16_t index, int64_t at)
{
	struct el_checkin in;

	fixture_token(&s->f, e, index, at, &in);
	assert_int_equal(fixture_post(&s->f, door, &in, at).code, EL_CODE_OK);
}

static void
contacts(struct state *s, int64_t now, int64_t from, int64_t to, uint32_t items)
{
	fixture_order_free(&s->o);
	fixture_contacts(&s->f, now, &s->door.venue, 1, from, to, items, &s->o);
}

static size_t
n_rows(const json_t *answer)
{
	return json_array_size(json_object_get(answer, "rows"));
}

static json_int_t
number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

/* The release is the registry's, names this order, and every row is in it. */
static void
assert_release(struct state *s, const json_t *answer)
{
	const json_t *const list = json_object_get(answer, "rows");
	struct el_hash c, leaf;
	struct el_release release;
	static struct el_document d; /* large */
	size_t i;
	json_t *row;

	assert_int_equal(el_document_from_json(json_object_get(answer, "release"), &d), EL_OK);
	assert_int_equal(el_release_open(&d, &s->f.directory->registry.answer_key, &release), EL_OK);
	assert_true(el_hash_eq(&release.order, &s->o.order.hash));
	assert_true(el_hash_eq(&release.deployment, &s->f.deployment));
	assert_int_equal(release.count, json_array_size(list));
	json_array_foreach(list, i, row)
	{
		struct el_released x;

		assert_int_equal(el_released_from_json(row, &x), EL_OK);
		assert_int_equal(x.path.index, i);
		el_released_leaf(&x, &c, &leaf);
		assert_int_equal(el_tree_check(&leaf, &x.path, &release.root), EL_OK);
	}
	el_document_wipe(&d);
}

static json_t *
answer(struct state *s, int64_t now)
{
	json_t *out;

	assert_string_equal(el_code_name(fixture_ask(&s->f, &s->o, now, &out)), "ok");
	assert_release(s, out);
	return out;
}

static void
releases_exactly_the_visits_of_the_venue_in_the_window(void **state)
{
	S;
	struct fixture_door elsewhere;
	json_t *out;

	fixture_door(&s->f, NOON, &elsewhere);
	visit(s, &s->door, E, 0, NOON - 60); /* a minute too early */
	visit(s, &s->door, E, 1, NOON + 5); /* first minute */
	visit(s, &elsewhere, E, 2, NOON + 10);
	visit(s, &s->door, E, 3, NOON + 600 + 59); /* last minute */
	visit(s, &s->door, E, 4, NOON + 660); /* a minute too late */
	contacts(s, NOON + 700, NOON + 30, NOON + 600, 10); /* from is rounded down to its minute */
	out = answer(s, NOON + 700);
	assert_int_equal(n_rows(out), 2);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 0), "minute"), NOON);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 1), "minute"), NOON + 600);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 0), "venue"), s->door.venue);
	assert_int_equal(json_array_size(json_object_get(out, "listed")), 0);
	json_decref(out);
}

static void
closes_the_live_segment_before_it_answers(void **state)
{
	S;
	uint32_t before, after;
	json_t *out;

	visit(s, &s->door, E, 0, NOON);
	assert_int_equal(s->f.g->daybook->ops->live(s->f.g->daybook, E, NOON, &before), EL_OK);
	contacts(s, NOON, NOON - 60, NOON + 60, 10);
	out = answer(s, NOON + 1);
	assert_int_equal(n_rows(out), 1);
	assert_int_equal(s->f.g->daybook->ops->live(s->f.g->daybook, E, NOON, &after), EL_OK);
	assert_true(after > before);
	json_decref(out);
}

static void
answers_with_check_ins_that_wait_for_their_commit(void **state)
{
	S;
	struct el_checkin in;
	json_t *out;

	fixture_token(&s->f, E, 0, NOON, &in);
	assert_int_equal(fixture_decide(&s->f, &s->door, &in, NOON).code, EL_CODE_OK);
	contacts(s, NOON, NOON - 60, NOON + 60, 10);
	out = answer(s, NOON);
	assert_int_equal(n_rows(out), 1);
	fixture_token(&s->f, E, 1, NOON, &in);
	assert_int_equal(fixture_post(&s->f, &s->door, &in, NOON).code, EL_CODE_OK); /* the next segment */
	json_decref(out);
}

static void
releases_nothing_with_a_signed_release_of_none(void **state)
{
	S;
	json_t *out;

	contacts(s, NOON, NOON - 60, NOON + 60, 10);
	out = answer(s, NOON);
	assert_int_equal(n_rows(out), 0);
	json_decref(out);
}

static void
releases_a_body_once_and_lists_its_further_rows(void **state)
{
	S;
	const json_t *listed;
	struct el_checkin in;
	json_t *out;

	visit(s, &s->door, E, 0, NOON);
	fixture_token(&s->f, E, 1, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	assert_int_equal(fixture_post(&s->f, &s->door, &in, NOON).code, EL_CODE_OK);
	fixture_attempt(&s->f, &in);
	assert_int_equal(fixture_post(&s->f, &s->door, &in, NOON + 100).flags, EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	contacts(s, NOON + 200, NOON - 60, NOON + 60, 2);
	out = answer(s, NOON + 200);
	assert_int_equal(n_rows(out), 2);
	listed = json_array_get(json_object_get(out, "listed"), 0);
	assert_int_equal(json_array_size(json_object_get(out, "listed")), 1);
	assert_int_equal(number(listed, "index"), 1);
	assert_int_equal(number(listed, "venue"), s->door.venue);
	assert_int_equal(number(listed, "minute"), NOON);
	assert_int_equal(number(listed, "flags"), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	json_decref(out);
}

/* Just after the day boundary a token of yesterday is filed under yesterday. */
static void
finds_yesterdays_tokens_just_after_the_day_boundary(void **state)
{
	S;
	const int64_t five = day_at(E + 1, 3600);
	json_t *out;

	fixture_tick(&s->f, five);
	visit(s, &s->door, E, 0, five);
	visit(s, &s->door, E + 1, 1, five);
	contacts(s, five, five, five + 60, 10);
	assert_int_equal(s->o.order.first_epoch, E);
	out = answer(s, five);
	assert_int_equal(n_rows(out), 2);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 0), "epoch"), E);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 1), "epoch"), E + 1);
	json_decref(out);
	fixture_order_free(&s->o);
	fixture_trace(&s->f, five, five, five + 60, E, E + 1, 10, &s->o);
	out = answer(s, five);
	assert_int_equal(n_rows(out), 2);
	json_decref(out);
}

static void
traces_one_visitor_and_no_other(void **state)
{
	S;
	struct fixture_door elsewhere;
	const struct el_day_secret ours = s->f.secret;
	json_t *out;

	fixture_door(&s->f, NOON, &elsewhere);
	visit(s, &s->door, E, 0, NOON);
	visit(s, &elsewhere, E, 65535, NOON + 60);
	visit(s, &elsewhere, E, 4, NOON + 7200); /* outside the window */
	el_random(&s->f.secret, sizeof s->f.secret);
	visit(s, &s->door, E, 0, NOON + 5);
	s->f.secret = ours;
	fixture_trace(&s->f, NOON + 7300, NOON, NOON + 3600, E, E, 10, &s->o);
	out = answer(s, NOON + 7300);
	assert_int_equal(n_rows(out), 2);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 0), "venue"), s->door.venue);
	assert_int_equal(number(json_array_get(json_object_get(out, "rows"), 1), "venue"), elsewhere.venue);
	json_decref(out);
}

/* ---- Refusals, in their order ---- */

static struct el_visits_call call; /* large */

static enum el_code
ask_call(struct state *s, int64_t now)
{
	return fixture_answer(&s->f, &call, &s->o, now, NULL);
}

static void
refuses_in_the_order_of_the_protocol(void **state)
{
	S;
	const int64_t now = NOON;

	/* Wrong in everything: no quorum, expired, another executor, another scope, out of retention. */
	contacts(s, now, now - EL_RETENTION_S - 60, now, 10);
	s->o.order.expires = now - 1;
	s->o.order.created = now - 100;
	s->o.order.policy.b[0] ^= 1;
	fixture_sign(&s->f, &s->o, 1);
	fixture_call(&s->f, &s->o, now, &call);
	call.key = *el_sign_key_pk(s->f.stranger);
	call.scope.salt[0] ^= 1;
	call.order.doc[0] ^= 1;
	REFUSED(ask_call(s, now), "malformed_order");

	fixture_call(&s->f, &s->o, now, &call);
	call.order.signatures[0].sig.b[0] ^= 1;
	REFUSED(ask_call(s, now), "signature_invalid");
	REFUSED(fixture_ask(&s->f, &s->o, now, NULL), "quorum_missing");
	fixture_sign(&s->f, &s->o, 2);
	REFUSED(fixture_ask(&s->f, &s->o, now, NULL), "policy_outdated");
	s->o.order.policy = s->f.policy->hash;
	fixture_sign(&s->f, &s->o, 2);
	REFUSED(fixture_ask(&s->f, &s->o, now, NULL), "order_expired");
	s->o.order.expires = now + 100;
	fixture_sign(&s->f, &s->o, 2);
	fixture_call(&s->f, &s->o, now, &call);
	call.key = *el_sign_key_pk(s->f.stranger);
	call.scope.salt[0] ^= 1;
	REFUSED(ask_call(s, now), "executor_mismatch");
	fixture_call(&s->f, &s->o, now, &call);
	call.scope.salt[0] ^= 1;
	REFUSED(ask_call(s, now), "scope_mismatch");
	REFUSED(fixture_ask(&s->f, &s->o, now, NULL), "out_of_retention");
}

static void
refuses_an_order_that_does_not_speak_to_the_registry(void **state)
{
	S;

	contacts(s, NOON, NOON - 60, NOON, 10);
	memmove(&s->o.order.audience[0], &s->o.order.audience[1], sizeof s->o.order.audience[0]);
	s->o.order.n_audience = 1;
	fixture_sign(&s->f, &s->o, 2);
	fixture_call(&s->f, &s->o, NOON, &call);
	call.key = *el_sign_key_pk(s->f.stranger); /* asked later */
	REFUSED(ask_call(s, NOON), "scope_mismatch");
}

static void
takes_each_call_of_the_executor_once(void **state)
{
	S;

	contacts(s, NOON, NOON - 60, NOON, 10);
	fixture_call(&s->f, &s->o, NOON, &call);
	call.sig.b[0] ^= 1;
	REFUSED(ask_call(s, NOON), "executor_mismatch");
	s->f.nonces--;
	fixture_call(&s->f, &s->o, NOON, &call); /* the forged one has not used the nonce up */
	REFUSED(ask_call(s, NOON), "ok");
	s->f.nonces--;
	fixture_call(&s->f, &s->o, NOON, &call);
	REFUSED(ask_call(s, NOON), "executor_mismatch");
	fixture_call(&s->f, &s->o, NOON, &call);
	call.body.b[0] ^= 1;
	REFUSED(ask_call(s, NOON), "executor_mismatch");
	fixture_call(&s->f, &s->o, NOON, &call);
	REFUSED(ask_call(s, NOON + 61), "executor_mismatch");
}

static void
spends_the_limit_across_calls_and_restarts(void **state)
{
	S;
	json_t *out;

	visit(s, &s->door, E, 0, NOON);
	visit(s, &s->door, E, 1, NOON);
	contacts(s, NOON, NOON - 60, NOON + 3600, 3);
	out = answer(s, NOON);
	assert_int_equal(n_rows(out), 2);
	json_decref(out);
	out = answer(s, NOON + 1); /* the same request again costs nothing */
	assert_int_equal(n_rows(out), 2);
	json_decref(out);
	fixture_restart(&s->f, NOON + 2);
	out = answer(s, NOON + 2);
	json_decref(out);
	s->o.raw[0] ^= 1; /* another request for the same rows: two more than the three */
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 3, NULL), "limit_exceeded");
	s->o.raw[0] ^= 1;
	visit(s, &s->door, E, 2, NOON + 60); /* what has come since costs */
	out = answer(s, NOON + 61);
	assert_int_equal(n_rows(out), 3);
	json_decref(out);
	visit(s, &s->door, E, 3, NOON + 120);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 121, NULL), "limit_exceeded");
	fixture_restart(&s->f, NOON + 180);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 181, NULL), "limit_exceeded");
}

/* Each call could close a segment and is an entry of the log, also where its answer costs nothing. */
static void
works_on_one_order_so_often_in_a_day(void **state)
{
	S;
	uint32_t before, after;

	visit(s, &s->door, E, 0, NOON);
	contacts(s, NOON, NOON - 60, NOON + 3600, 3);
	for (unsigned i = 0; i < EL_ANSWERS_MAX; i++)
		json_decref(answer(s, NOON + i));
	visit(s, &s->door, E, 1, NOON + EL_ANSWERS_MAX);
	(void)s->f.g->daybook->ops->unindexed(s->f.g->daybook, E, &before);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + EL_ANSWERS_MAX + 1, NULL), "daily_cap");
	(void)s->f.g->daybook->ops->unindexed(s->f.g->daybook, E, &after);
	assert_int_equal(before, after); /* nothing was closed for it */
}

static void
refuses_visits_beyond_28_days_to_the_minute(void **state)
{
	S;
	const int64_t edge = NOON + EL_RETENTION_S;
	json_t *out;

	visit(s, &s->door, E, 0, NOON);
	visit(s, &s->door, E, 1, NOON + 60);
	for (el_epoch e = E + 1; e <= E + 28; e++)
		fixture_tick(&s->f, day_at(e, 0));
	fixture_tick(&s->f, edge);
	contacts(s, edge, NOON, NOON + 60, 10);
	out = answer(s, edge);
	assert_int_equal(n_rows(out), 2);
	json_decref(out);
	REFUSED(fixture_ask(&s->f, &s->o, edge + 1, NULL), "out_of_retention");
	contacts(s, edge + 1, NOON + 60, NOON + 60, 10);
	out = answer(s, edge + 1);
	assert_int_equal(n_rows(out), 1);
	json_decref(out);
}

static void
refuses_secrets_that_the_issuer_did_not_state(void **state)
{
	S;

	visit(s, &s->door, E, 0, NOON);
	fixture_trace(&s->f, NOON, NOON - 60, NOON + 60, E, E, 10, &s->o);
	fixture_call(&s->f, &s->o, NOON, &call);
	call.secrets[0].secret[0] ^= 1;
	REFUSED(ask_call(s, NOON), "scope_mismatch");
	fixture_call(&s->f, &s->o, NOON, &call);
	call.secrets[0].epoch = E - 1;
	REFUSED(ask_call(s, NOON), "scope_mismatch");
	fixture_call(&s->f, &s->o, NOON, &call);
	call.statement.signatures[0].sig.b[0] ^= 1;
	REFUSED(ask_call(s, NOON), "signature_invalid");
	fixture_call(&s->f, &s->o, NOON, &call);
	call.is_trace = false;
	REFUSED(ask_call(s, NOON), "scope_mismatch");
	REFUSED(fixture_ask(&s->f, &s->o, NOON, NULL), "ok");
}

static void
refuses_another_orders_statement(void **state)
{
	S;
	static struct fixture_order other; /* large */
	struct el_document mine;

	fixture_trace(&s->f, NOON, NOON - 60, NOON + 60, E, E, 10, &s->o);
	fixture_trace(&s->f, NOON, NOON - 60, NOON + 60, E, E, 10, &other);
	mine = s->o.statement;
	s->o.statement = other.statement;
	REFUSED(fixture_ask(&s->f, &s->o, NOON, NULL), "scope_mismatch");
	s->o.statement = mine;
	fixture_order_free(&other);
}

static void
answers_twenty_thousand_rows_and_not_one_more(void **state)
{
	S;
	const struct el_day *const day = el_days_get(s->f.g->days, E);
	struct el_daybook *const b = s->f.g->daybook;
	struct el_row *const list = calloc(EL_ORDER_ROWS_MAX + 1, sizeof *list);
	uint8_t *const sealed = calloc(EL_ORDER_ROWS_MAX + 1, EL_VISIT_SEALED_LEN);
	struct el_visit v = { .venue = s->door.venue, .scanner = s->door.scanner, .minute = (uint32_t)NOON };
	uint32_t segment, first;
	json_t *out;

	v.body.b[0] = 1;
	v.body.b[1] = FIXTURE_ISSUER;
	el_put_u16(v.body.b + 2, E);
	assert_int_equal(b->ops->live(b, E, NOON, &segment), EL_OK);
	for (uint32_t i = 0; i < EL_ORDER_ROWS_MAX + 1; i++) {
		struct el_tid tid;
		uint8_t *const at = sealed + (size_t)i * EL_VISIT_SEALED_LEN;

		el_put_u32(v.body.b + 4, i);
		el_visit_tid(&v.body, &tid);
		list[i] = (struct el_row){ el_visit_venue_tag(day->tags, v.venue), el_visit_tid_tag(day->tags, &tid),
			at, EL_VISIT_SEALED_LEN };
		el_visit_seal(&v, day->rows, E, segment, list[i].tag_a, list[i].tag_b, at);
	}
	assert_int_equal(b->ops->append(b, E, segment, list, EL_ORDER_ROWS_MAX, &first), EL_OK);
	contacts(s, NOON, NOON - 60, NOON + 60, EL_ORDER_ROWS_MAX);
	out = answer(s, NOON);
	assert_int_equal(n_rows(out), EL_ORDER_ROWS_MAX);
	json_decref(out);
	assert_int_equal(b->ops->live(b, E, NOON, &segment), EL_OK);
	el_visit_seal(&v, day->rows, E, segment, list[EL_ORDER_ROWS_MAX].tag_a, list[EL_ORDER_ROWS_MAX].tag_b, sealed);
	list[EL_ORDER_ROWS_MAX].sealed = sealed;
	assert_int_equal(b->ops->append(b, E, segment, &list[EL_ORDER_ROWS_MAX], 1, &first), EL_OK);
	REFUSED(fixture_ask(&s->f, &s->o, NOON, NULL), "limit_exceeded");
	free(list);
	free(sealed);
}

static size_t
asked(struct state *s, int64_t now)
{
	json_t *const out = answer(s, now);
	const size_t n = n_rows(out);

	json_decref(out);
	return n;
}

static void
crosses_the_daily_cap_under_many_orders_only_on_the_next_day(void **state)
{
	const int64_t tomorrow = day_at(E + 1, 4 * 3600);
	S;

	s->f.conf.daily_cap = 5;
	for (uint16_t i = 0; i < 2; i++)
		visit(s, &s->door, E, i, NOON);
	for (int i = 0; i < 2; i++) {
		contacts(s, NOON, NOON - 60, NOON + 3600, 100);
		assert_int_equal(asked(s, NOON + 1), 2);
	}
	assert_int_equal(asked(s, NOON + 2), 2); /* again, free */
	contacts(s, NOON, NOON - 60, NOON + 3600, 100);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 3, NULL), "daily_cap");
	fixture_restart(&s->f, NOON + 4);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 5, NULL), "daily_cap");
	REFUSED(fixture_ask(&s->f, &s->o, day_at(E + 1, -1), NULL), "daily_cap");
	fixture_restart(&s->f, tomorrow);
	assert_int_equal(asked(s, tomorrow), 2);
	contacts(s, tomorrow, NOON - 60, NOON + 3600, 100);
	assert_int_equal(asked(s, tomorrow + 1), 2);
	contacts(s, tomorrow, NOON - 60, NOON + 3600, 100);
	REFUSED(fixture_ask(&s->f, &s->o, tomorrow + 2, NULL), "daily_cap");
	/* A clock that goes back over the boundary gives nothing of that day anew. */
	contacts(s, NOON, NOON - 60, NOON + 3600, 100);
	REFUSED(fixture_ask(&s->f, &s->o, day_at(E + 1, -1), NULL), "daily_cap");
	contacts(s, tomorrow, NOON - 60, NOON - 60, 100); /* nothing released, nothing counted */
	assert_int_equal(asked(s, tomorrow + 3), 0);
}

static void
crosses_the_limit_by_splitting_into_calls_neither_today_nor_tomorrow(void **state)
{
	const int64_t tomorrow = day_at(E + 1, 3600);
	S;

	for (uint16_t i = 0; i < 2; i++)
		visit(s, &s->door, E, i, NOON);
	contacts(s, day_at(E, 20 * 3600), NOON - 60, NOON + 3600, 5);
	for (int i = 0; i < 2; i++) {
		s->o.raw[0]++;
		assert_int_equal(asked(s, day_at(E, 20 * 3600) + i), 2);
	}
	s->o.raw[0]++;
	REFUSED(fixture_ask(&s->f, &s->o, day_at(E, 20 * 3600) + 2, NULL), "limit_exceeded");
	fixture_restart(&s->f, tomorrow);
	REFUSED(fixture_ask(&s->f, &s->o, tomorrow, NULL), "limit_exceeded");
}

static void
answers_a_notice_as_it_answers_contacts(void **state)
{
	json_t *out;
	S;

	visit(s, &s->door, E, 0, NOON);
	contacts(s, NOON, NOON - 60, NOON + 3600, 100);
	s->o.order.kind = EL_ORDER_NOTICE;
	fixture_sign(&s->f, &s->o, 1);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 1, NULL), "quorum_missing");
	fixture_sign(&s->f, &s->o, 2);
	out = answer(s, NOON + 1);
	assert_int_equal(n_rows(out), 1);
	json_decref(out);
	s->o.order.kind = EL_ORDER_RECOVERY; /* looks for no visits */
	fixture_sign(&s->f, &s->o, 2);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 2, NULL), "scope_mismatch");
}

static void
takes_the_lower_of_its_own_cap_and_the_policys(void **state)
{
	S;

	visit(s, &s->door, E, 0, NOON);
	visit(s, &s->door, E, 1, NOON);
	s->f.g->trust.policy->cap_items = 1;
	contacts(s, NOON, NOON - 60, NOON + 3600, 100);
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 1, NULL), "daily_cap");
	s->f.g->trust.policy->cap_items = 100;
	s->f.conf.daily_cap = 1;
	REFUSED(fixture_ask(&s->f, &s->o, NOON + 2, NULL), "daily_cap");
	s->f.conf.daily_cap = 2;
	assert_int_equal(asked(s, NOON + 3), 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(releases_exactly_the_visits_of_the_venue_in_the_window),
		T(closes_the_live_segment_before_it_answers),
		T(answers_with_check_ins_that_wait_for_their_commit),
		T(releases_nothing_with_a_signed_release_of_none),
		T(releases_a_body_once_and_lists_its_further_rows),
		T(finds_yesterdays_tokens_just_after_the_day_boundary),
		T(traces_one_visitor_and_no_other),
		T(refuses_in_the_order_of_the_protocol),
		T(refuses_an_order_that_does_not_speak_to_the_registry),
		T(takes_each_call_of_the_executor_once),
		T(spends_the_limit_across_calls_and_restarts),
		T(works_on_one_order_so_often_in_a_day),
		T(crosses_the_limit_by_splitting_into_calls_neither_today_nor_tomorrow),
		T(crosses_the_daily_cap_under_many_orders_only_on_the_next_day),
		T(answers_a_notice_as_it_answers_contacts),
		T(takes_the_lower_of_its_own_cap_and_the_policys),
		T(refuses_visits_beyond_28_days_to_the_minute),
		T(refuses_secrets_that_the_issuer_did_not_state),
		T(refuses_another_orders_statement),
		T(answers_twenty_thousand_rows_and_not_one_more),
	};

	return cmocka_run_group_tests_name("registry_orders", tests, NULL, NULL);
}
