#include "registry_fixture.h"

#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "registry/core_internal.h"
#include "token/leaf.h"

/* Check-ins (protocol section 5): each refusal in its turn, replays, late items, attempts. */

#define E FIXTURE_EPOCH
#define NOON day_at(E, 8 * 3600)

struct state {
	struct fixture f;
	struct fixture_door door;
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
	fixture_free(&((struct state *)*state)->f);
	return 0;
}

#define S struct state *const s = *state
#define RECORDED(x, f) \
	do { \
		const struct el_checkin_result r_ = (x); \
		assert_string_equal(el_code_name(r_.code), "ok"); \
		assert_int_equal(r_.flags, (f)); \
		assert_false(r_.repeated); \
	} while (0)
#define REPEATED(x, f) \
	do { \
		const struct el_checkin_result r_ = (x); \
		assert_string_equal(el_code_name(r_.code), "ok"); \
		assert_int_equal(r_.flags, (f)); \
		assert_true(r_.repeated); \
	} while (0)
#define REFUSED(x, what) assert_string_equal(el_code_name((x).code), (what))

static uint64_t
rows(struct state *s, el_epoch e)
{
	uint64_t n;
	bool rewritten;

	assert_int_equal(s->f.g->daybook->ops->count(s->f.g->daybook, e, &n, &rewritten), EL_OK);
	return n;
}

static void
edit(struct el_checkin *in, size_t at)
{
	in->token[at] ^= 1;
}

static void
records_a_fresh_token_once(void **state)
{
	S;
	struct el_checkin in;

	fixture_token(&s->f, E, 0, NOON, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON), 0);
	assert_int_equal(rows(s, E), 1);
	fixture_attempt(&s->f, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON + 1), "already_used");
	assert_int_equal(rows(s, E), 1);
}

static void
refuses_an_unknown_key_before_anything_else(void **state)
{
	S;
	struct fixture_door stranger = s->door;
	struct el_checkin in = { .verdict = EL_CODE_MALFORMED_TOKEN };

	stranger.key.b[0] ^= 1;
	REFUSED(fixture_post(&s->f, &stranger, &in, NOON), "unauthorized");
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "malformed_token");
}

static void
refuses_a_venue_that_is_not_approved_or_not_active(void **state)
{
	S;
	const struct el_venue_change sleep = { .has_active = true }, wake = { .has_active = true, .active = true },
				     withdraw = { .has_approved = true };
	struct el_checkin in = { .verdict = EL_CODE_MALFORMED_TOKEN };
	struct el_venue v;

	assert_int_equal(el_registry_db_get_venue(s->f.g->db, s->door.venue, &v), EL_OK);
	assert_int_equal(el_venues_change(&s->f.g->venues, &v, EL_CALLER_OWNER, &sleep), EL_CODE_OK);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "venue_inactive");
	assert_int_equal(el_venues_change(&s->f.g->venues, &v, EL_CALLER_OWNER, &wake), EL_CODE_OK);
	assert_int_equal(el_venues_change(&s->f.g->venues, &v, EL_CALLER_OWNER, &withdraw), EL_CODE_FORBIDDEN);
	assert_int_equal(el_venues_change(&s->f.g->venues, &v, EL_CALLER_OPERATOR, &withdraw), EL_CODE_OK);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "venue_inactive");
	fixture_restart(&s->f, NOON);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "venue_inactive");
}

static void
refuses_a_revoked_scanner(void **state)
{
	S;
	struct el_checkin in;

	fixture_token(&s->f, E, 0, NOON, &in);
	assert_int_equal(el_venues_revoke_scanner(&s->f.g->venues, s->door.venue, s->door.scanner), EL_CODE_OK);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "unauthorized");
	fixture_restart(&s->f, NOON);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON), "unauthorized");
}

/* A token in which everything is wrong is refused for the first thing; mended, for the next. */
static void
refuses_in_the_order_of_the_protocol(void **state)
{
	S;
	const int64_t now = NOON;
	struct el_checkin in, used;
	uint8_t tag;

	fixture_token(&s->f, E, 1, now - 100, &used); /* recorded late, so that its T is used */
	used.has_scanned_at = true;
	used.scanned_at = now - 100;
	RECORDED(fixture_post(&s->f, &s->door, &used, now), EL_FLAG_LATE);

	in = used;
	fixture_attempt(&s->f, &in);
	tag = in.token[EL_TOKEN_LEN - 1];
	in.token[0] = 2; /* version */
	in.token[1] = FIXTURE_ISSUER + 1; /* issuer */
	el_put_u16(in.token + 2, E - 1); /* epoch */
	in.token[EL_TOKEN_LEN - 1] ^= 1; /* tag */
	in.scanned_at = now + 40; /* stale, and from the future */
	in.verdict = EL_CODE_MALFORMED_TOKEN;
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "malformed_token");
	in.verdict = EL_CODE_OK;
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "unknown_version");
	in.token[0] = 1;
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "unknown_issuer");
	in.token[1] = FIXTURE_ISSUER;
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "wrong_day");
	el_put_u16(in.token + 2, E);
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "bad_tag");
	in.token[EL_TOKEN_LEN - 1] = tag;
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "stale");
	in.scanned_at = now - 106; /* six seconds before it was shown */
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "from_future");
	in.scanned_at = now - 99;
	in.has_scanned_at = false; /* live: now */
	REFUSED(fixture_post(&s->f, &s->door, &in, now), "stale");
	in.has_scanned_at = true;
	REFUSED(fixture_post(&s->f, &s->door, &in, now - 100), "already_used"); /* when it was live */
	REFUSED(fixture_post(&s->f, &s->door, &in, now - 130), "from_future"); /* 31 s ahead of the server */
	REFUSED(fixture_post(&s->f, &s->door, &in, now + 86400), "too_old");
	assert_int_equal(rows(s, E), 1);
}

static void
refuses_a_forged_token_whatever_byte_was_changed(void **state)
{
	S;
	struct el_checkin good, in;

	fixture_token(&s->f, E, 0, NOON, &good);
	for (size_t at = 4; at < EL_TOKEN_LEN; at++) {
		in = good;
		edit(&in, at);
		/* The upper half of shown_at moves it to another day, which is asked first. */
		REFUSED(fixture_post(&s->f, &s->door, &in, NOON),
		    at == EL_BODY_LEN || at == EL_BODY_LEN + 1 ? "wrong_day" : "bad_tag");
	}
	assert_int_equal(rows(s, E), 0);
	RECORDED(fixture_post(&s->f, &s->door, &good, NOON), 0);
}

static void
holds_a_token_fresh_for_fifteen_seconds_and_the_skew(void **state)
{
	S;
	struct el_checkin in;

	fixture_token(&s->f, E, 0, NOON, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON + 21), "stale");
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON - 6), "from_future");
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON + 20), 0);
	fixture_token(&s->f, E, 1, NOON, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON - 5), 0);
}

static void
refuses_a_wallet_body_shown_again(void **state)
{
	static const int64_t after[] = { 30, 3 * 3600, 15 * 3600, 16 * 3600 + 3600 }; /* the last: over the day's end */
	S;
	struct el_checkin in;
	struct el_body body;

	fixture_body(&s->f, E, 3, &body);
	fixture_stamp(&s->f, &body, NOON, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON), 0);
	for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
		fixture_tick(&s->f, NOON + after[i]);
		fixture_stamp(&s->f, &body, NOON + after[i], &in);
		REFUSED(fixture_post(&s->f, &s->door, &in, NOON + after[i]), "already_used");
	}
	fixture_restart(&s->f, NOON + 60);
	fixture_stamp(&s->f, &body, NOON + 60, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON + 60), "already_used");
	assert_int_equal(rows(s, E), 1);
	assert_int_equal(rows(s, E + 1), 0);
}

static void
takes_two_draws_in_one_second(void **state)
{
	S;
	struct el_checkin a, b;

	fixture_token(&s->f, E, 0, NOON, &a);
	fixture_token(&s->f, E, 1, NOON, &b);
	RECORDED(fixture_decide(&s->f, &s->door, &a, NOON), 0);
	RECORDED(fixture_decide(&s->f, &s->door, &b, NOON), 0);
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
	assert_int_equal(rows(s, E), 2);
}

static void
refuses_the_second_person_with_one_code_at_one_door(void **state)
{
	S;
	struct el_checkin in;

	fixture_token(&s->f, E, 0, NOON, &in);
	RECORDED(fixture_decide(&s->f, &s->door, &in, NOON), 0);
	fixture_attempt(&s->f, &in);
	REFUSED(fixture_decide(&s->f, &s->door, &in, NOON), "already_used"); /* in the same group */
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
	assert_int_equal(rows(s, E), 1);
}

static void
answers_an_attempt_again_with_the_first_answer(void **state)
{
	S;
	struct fixture_door other;
	struct el_checkin in;

	fixture_scanner(&s->f, NOON, &s->door, &other);
	fixture_token(&s->f, E, 0, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	RECORDED(fixture_decide(&s->f, &s->door, &in, NOON), 0);
	REPEATED(fixture_decide(&s->f, &s->door, &in, NOON), 0); /* while it is not durable yet */
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
	REPEATED(fixture_post(&s->f, &s->door, &in, NOON + 1), 0);
	REPEATED(fixture_post(&s->f, &s->door, &in, NOON + 7200), 0); /* late: its flags are the first ones */
	fixture_restart(&s->f, NOON + 7300);
	REPEATED(fixture_post(&s->f, &s->door, &in, NOON + 7300), 0);
	REFUSED(fixture_post(&s->f, &other, &in, NOON), "already_used"); /* another scanner's attempt is not this one */
	assert_int_equal(rows(s, E), 1);
}

static void
flags_late_items(void **state)
{
	S;
	struct el_checkin in;

	fixture_token(&s->f, E, 0, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON + 31), EL_FLAG_LATE);
	REPEATED(fixture_post(&s->f, &s->door, &in, NOON + 32), EL_FLAG_LATE);
	fixture_token(&s->f, E, 1, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON + 30), 0);
	fixture_token(&s->f, E, 2, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON + 86400), EL_FLAG_LATE);
	fixture_token(&s->f, E, 3, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON + 86401), "too_old");
}

/* P-5.1: the person of a late hit was let in, so it is recorded, but once per place. */
static void
records_a_late_duplicate_once_per_venue(void **state)
{
	S;
	struct fixture_door elsewhere;
	struct el_checkin in;

	fixture_door(&s->f, NOON, &elsewhere);
	fixture_token(&s->f, E, 0, NOON, &in);
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON), 0);
	fixture_attempt(&s->f, &in);
	RECORDED(fixture_decide(&s->f, &s->door, &in, NOON + 60), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	fixture_attempt(&s->f, &in);
	REPEATED(fixture_decide(&s->f, &s->door, &in, NOON + 60), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
	REPEATED(fixture_post(&s->f, &s->door, &in, NOON + 61), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	RECORDED(fixture_post(&s->f, &elsewhere, &in, NOON + 60), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	fixture_attempt(&s->f, &in);
	fixture_restart(&s->f, NOON + 3600);
	REPEATED(fixture_post(&s->f, &elsewhere, &in, NOON + 3600), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	assert_int_equal(rows(s, E), 3);
}

static void
files_a_token_of_yesterday_under_yesterday(void **state)
{
	S;
	const int64_t five = day_at(E + 1, 3600), seven = day_at(E + 1, 2 * 3600);
	struct el_checkin in;

	fixture_tick(&s->f, five);
	fixture_token(&s->f, E, 0, five, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, five), 0);
	assert_int_equal(rows(s, E), 1);
	fixture_token(&s->f, E, 1, seven - 1, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, seven + 3), 0);
	fixture_token(&s->f, E, 2, seven, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, seven), "wrong_day");
	fixture_token(&s->f, E + 1, 3, day_at(E + 1, 0) - 1, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, day_at(E + 1, 0)), "wrong_day");
	fixture_token(&s->f, E + 1, 4, seven, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, seven), 0);
	assert_int_equal(rows(s, E + 1), 1);
}

/* A phone that is a second ahead at the turn of the day. */
static void
takes_a_token_of_tomorrow_within_the_skew(void **state)
{
	S;
	const int64_t midnight = day_at(E + 1, 0);
	struct el_checkin in;

	fixture_tick(&s->f, midnight - 2);
	fixture_token(&s->f, E + 1, 0, midnight + 1, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, midnight - 2), 0);
	assert_int_equal(rows(s, E + 1), 1);
}

static void
tells_a_queue_that_is_too_old_from_a_code_of_another_day(void **state)
{
	S;
	const int64_t later = day_at(E + 5, 3600);
	struct el_checkin in;

	fixture_tick(&s->f, later);
	fixture_token(&s->f, E, 0, NOON, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, later), "wrong_day");
	in.has_scanned_at = true;
	in.scanned_at = NOON;
	REFUSED(fixture_post(&s->f, &s->door, &in, later), "too_old");
}

static void
survives_a_clock_that_is_set_back(void **state)
{
	S;
	const int64_t before = day_at(E - 3, 3600);
	struct el_checkin in;
	bool changed;

	fixture_token(&s->f, E, 0, NOON, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON), 0);
	assert_int_equal(el_registry_tick(s->f.g, before, s->f.mono_ms + 1000, &changed), EL_OK);
	assert_int_equal(s->f.g->guard_said, EL_GUARD_JUMPED);
	fixture_token(&s->f, E, 1, NOON, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, before), "wrong_day");
	in.token[2] = (E - 3) >> 8, in.token[3] = (E - 3) & 0xff;
	el_put_u32(in.token + EL_BODY_LEN, (uint32_t)before);
	REFUSED(fixture_post(&s->f, &s->door, &in, before), "wrong_day"); /* no K_pair so far back */
	assert_int_equal(el_registry_tick(s->f.g, NOON + 60, s->f.mono_ms + 2000, &changed), EL_OK);
	fixture_token(&s->f, E, 0, NOON + 60, &in);
	REFUSED(fixture_post(&s->f, &s->door, &in, NOON + 60), "already_used"); /* still known */
	fixture_token(&s->f, E, 2, NOON + 60, &in);
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON + 60), 0);
}

static void
stores_the_minute_and_never_the_second(void **state)
{
	S;
	struct el_checkin in;
	uint32_t segment, row, live, next;
	size_t cursor = 0;
	struct el_visit v;
	struct el_token t;
	struct el_body body;
	uint8_t plain[EL_VISIT_LEN];
	const struct el_day *const day = el_days_get(s->f.g->days, E);

	fixture_body(&s->f, E, 0, &body);
	fixture_stamp(&s->f, &body, NOON + 41, &in);
	RECORDED(fixture_decide(&s->f, &s->door, &in, NOON + 43), 0);
	assert_int_equal(el_token_parse(in.token, sizeof in.token, &t), EL_OK);
	assert_true(el_seen_next(s->f.g->seen, E, el_visit_tid_tag(day->tags, &t.tid), &cursor, &segment, &row));
	/* It is known under the place that it will have. */
	assert_int_equal(s->f.g->daybook->ops->live(s->f.g->daybook, E, NOON, &live), EL_OK);
	assert_int_equal(s->f.g->daybook->ops->next_row(s->f.g->daybook, E, live, &next), EL_OK);
	assert_true(segment == live && row == next);
	memset(&v, 0, sizeof v);
	v.venue = s->door.venue;
	v.scanner = s->door.scanner;
	v.minute = (uint32_t)NOON;
	v.body = body;
	el_visit_encode(&v, plain);
	assert_int_equal(el_get_u32(plain + 8) % 60, 0);
	assert_int_equal(el_visit_parse(plain, sizeof plain - 1, &v), EL_EFORMAT);
	plain[11] ^= 1;
	assert_int_equal(el_visit_parse(plain, sizeof plain, &v), EL_EFORMAT);
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
}

static void
limits_a_scanner_but_not_its_neighbour(void **state)
{
	S;
	struct fixture_door other;
	struct el_scanner *scanner;
	unsigned retry;

	fixture_scanner(&s->f, NOON, &s->door, &other);
	assert_int_equal(el_checkin_admit(s->f.g, &s->door.key, EL_BATCH_MAX, NOON, &scanner, &retry), EL_CODE_OK);
	assert_int_equal(el_checkin_admit(s->f.g, &s->door.key, 101, NOON, &scanner, &retry), EL_CODE_RATE_LIMITED);
	assert_int_equal(retry, 3);
	assert_int_equal(el_checkin_admit(s->f.g, &other.key, EL_BATCH_MAX, NOON, &scanner, &retry), EL_CODE_OK);
	assert_int_equal(el_checkin_admit(s->f.g, &s->door.key, 101, NOON + 3, &scanner, &retry), EL_CODE_OK);
	assert_int_equal(
	    el_checkin_admit(s->f.g, &s->door.key, EL_BATCH_MAX, NOON - 7200, &scanner, &retry), EL_CODE_OK);
}

static void
records_a_thousand_in_one_group(void **state)
{
	S;
	struct el_scanner *scanner;
	struct el_checkin_result out;
	struct el_checkin in;
	unsigned retry;

	assert_int_equal(el_checkin_admit(s->f.g, &s->door.key, 1, NOON, &scanner, &retry), EL_CODE_OK);
	for (uint16_t i = 0; i < 1000; i++) {
		fixture_token(
		    &s->f, i % 3 == 0 ? E + 1 : E, i, i % 3 == 0 ? day_at(E + 1, 0) : day_at(E + 1, 0) - 1, &in);
		assert_int_equal(el_checkin_decide(s->f.g, scanner, &in, day_at(E + 1, 0), &out), EL_OK);
		RECORDED(out, 0);
	}
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
	assert_int_equal(rows(s, E), 666);
	assert_int_equal(rows(s, E + 1), 334);
	fixture_restart(&s->f, day_at(E + 1, 5));
	assert_int_equal(el_seen_count(s->f.g->seen), 1000);
}

static int
failing_append(struct el_daybook *d, el_epoch e, uint32_t segment, const struct el_row *list, size_t n, uint32_t *first)
{
	(void)d, (void)e, (void)segment, (void)list, (void)n, (void)first;
	return EL_EIO;
}

/* The process ends then; the next life knows nothing of what was never acknowledged. */
static void
acknowledges_nothing_when_the_append_fails(void **state)
{
	S;
	const struct el_daybook_ops *const good = s->f.g->daybook->ops;
	struct el_daybook_ops bad = *good;
	struct el_checkin in;

	bad.append = failing_append;
	s->f.g->daybook->ops = &bad;
	fixture_token(&s->f, E, 0, NOON, &in);
	RECORDED(fixture_decide(&s->f, &s->door, &in, NOON), 0);
	assert_int_equal(el_checkin_commit(s->f.g), EL_EIO);
	s->f.g->daybook->ops = good;
	fixture_restart(&s->f, NOON + 1);
	assert_int_equal(rows(s, E), 0);
	RECORDED(fixture_post(&s->f, &s->door, &in, NOON + 1), 0);
}

static int
misnumbering_append(
    struct el_daybook *d, el_epoch e, uint32_t segment, const struct el_row *list, size_t n, uint32_t *first)
{
	(void)d, (void)e, (void)segment, (void)list, (void)n;
	*first = 1; /* next_row() said 0 */
	return EL_OK;
}

/* The tokens seen would name rows that are others'. */
static void
acknowledges_nothing_when_rows_get_other_numbers(void **state)
{
	S;
	const struct el_daybook_ops *const good = s->f.g->daybook->ops;
	struct el_daybook_ops bad = *good;
	struct el_checkin in;

	bad.append = misnumbering_append;
	s->f.g->daybook->ops = &bad;
	fixture_token(&s->f, E, 0, NOON, &in);
	RECORDED(fixture_decide(&s->f, &s->door, &in, NOON), 0);
	assert_int_equal(el_checkin_commit(s->f.g), EL_ESTATE);
	s->f.g->daybook->ops = good;
}

static int
append_without_space(
    struct el_daybook *d, el_epoch e, uint32_t segment, const struct el_row *list, size_t n, uint32_t *first)
{
	(void)d, (void)e, (void)segment, (void)list, (void)n, (void)first;
	return EL_ESPACE;
}

/* A late duplicate in the group shares its tag with a row that stays. */
static void
forgets_exactly_the_rows_that_found_no_space(void **state)
{
	S;
	const struct el_daybook_ops *const good = s->f.g->daybook->ops;
	struct el_daybook_ops bad = *good;
	struct el_checkin kept, late, lost;

	fixture_token(&s->f, E, 0, NOON, &kept);
	RECORDED(fixture_post(&s->f, &s->door, &kept, NOON), 0);
	late = kept;
	late.attempt.b[0] ^= 1;
	late.has_scanned_at = true;
	late.scanned_at = NOON;
	fixture_token(&s->f, E, 1, NOON + 400, &lost);
	bad.append = append_without_space;
	s->f.g->daybook->ops = &bad;
	RECORDED(fixture_decide(&s->f, &s->door, &late, NOON + 400), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	RECORDED(fixture_decide(&s->f, &s->door, &lost, NOON + 400), 0);
	assert_int_equal(el_seen_count(s->f.g->seen), 3);
	assert_int_equal(el_checkin_commit(s->f.g), EL_OK);
	assert_true(s->f.g->is_full);
	assert_int_equal(el_seen_count(s->f.g->seen), 1);
	s->f.g->daybook->ops = good;
	s->f.g->is_full = false;
	assert_int_equal(rows(s, E), 1);
	RECORDED(fixture_post(&s->f, &s->door, &lost, NOON + 401), 0);
	RECORDED(fixture_post(&s->f, &s->door, &late, NOON + 401), EL_FLAG_LATE | EL_FLAG_DUPLICATE);
	lost.attempt.b[0] ^= 1;
	REFUSED(fixture_post(&s->f, &s->door, &lost, NOON + 402), "already_used");
	assert_int_equal(rows(s, E), 3);
}

/* ---- As core hears them from net ---- */

struct core {
	struct el_core c;
	struct el_msg_checkins checkins, out;
	struct el_msg_results results;
	struct el_buf body;
};

static struct core *
core_of(struct state *s)
{
	static struct core x;

	x.c = (struct el_core){ .conf = &s->f.conf, .g = s->f.g, .checkins = &x.checkins, .results = &x.results };
	el_outbox_init(&x.c.outbox);
	el_buf_init(&x.body, EL_MSG_MAX);
	return &x;
}

/* What core says to it, with the code of a refusal. */
static uint16_t
said(struct core *x, enum el_code *code)
{
	const struct el_answer *const a = &x->c.outbox.answers[0];
	struct el_msg_refused refused = { .code = EL_CODE_OK };
	uint16_t type;

	assert_int_equal(x->c.outbox.n, 1);
	if ((type = a->type) == EL_RM_REFUSED)
		assert_int_equal(el_msg_refused_parse(x->c.outbox.bytes.p + a->at, a->len, &refused), EL_OK);
	assert_true(refused.code != EL_CODE_RATE_LIMITED || refused.retry_after_s > 0);
	*code = refused.code;
	el_outbox_wipe(&x->c.outbox);
	el_outbox_init(&x->c.outbox);
	el_buf_wipe(&x->body);
	el_buf_init(&x->body, EL_MSG_MAX);
	return type;
}

static uint16_t
ask_who(struct core *x, const struct fixture_door *door, size_t n, int64_t now_s, enum el_code *code)
{
	struct el_msg_who who = { door->key, n };

	assert_int_equal(el_msg_who_encode(&who, &x->body), EL_OK);
	el_core_on_who(&x->c, &(struct el_from){ 0 }, &(struct el_msg){ EL_RM_WHO, 1, x->body.p, x->body.len }, now_s);
	return said(x, code);
}

/* A batch of so many items with nothing in them. */
static uint16_t
post_batch(struct core *x, const struct fixture_door *door, uint16_t type, size_t n, int64_t now_s, enum el_code *code)
{
	memset(&x->out, 0, sizeof x->out);
	x->out.key = door->key;
	x->out.is_batch = true;
	x->out.n = n;
	for (size_t i = 0; i < n; i++)
		x->out.items[i].verdict = EL_CODE_MALFORMED_TOKEN;
	assert_int_equal(el_msg_checkins_encode(&x->out, &x->body), EL_OK);
	el_core_on_checkins(&x->c, &(struct el_from){ 0 }, &(struct el_msg){ type, 1, x->body.p, x->body.len }, now_s);
	return said(x, code);
}

static void
takes_sealed_items_from_the_allowance_before_they_are_opened_and_only_then(void **state)
{
	S;
	struct core *const x = core_of(s);
	enum el_code code;

	assert_int_equal(ask_who(x, &s->door, EL_BATCH_MAX, NOON, &code), EL_RM_SCANNER);
	assert_int_equal(ask_who(x, &s->door, 1, NOON, &code), EL_RM_REFUSED);
	assert_int_equal(code, EL_CODE_RATE_LIMITED);
	assert_int_equal(ask_who(x, &s->door, 0, NOON, &code), EL_RM_SCANNER);
	assert_int_equal(post_batch(x, &s->door, EL_RM_CHECKINS, 1, NOON, &code), EL_RM_REFUSED);
	assert_int_equal(code, EL_CODE_RATE_LIMITED);
	assert_int_equal(post_batch(x, &s->door, EL_RM_OPENED, EL_BATCH_MAX, NOON, &code), EL_RM_RESULTS);
	assert_int_equal(ask_who(x, &s->door, EL_BATCH_MAX, NOON + 10, &code), EL_RM_SCANNER); /* it cost nothing again */
	/* Meanwhile its owner has revoked it. */
	assert_int_equal(el_venues_revoke_scanner(&s->f.g->venues, s->door.venue, s->door.scanner), EL_CODE_OK);
	assert_int_equal(post_batch(x, &s->door, EL_RM_OPENED, EL_BATCH_MAX, NOON + 10, &code), EL_RM_REFUSED);
	assert_int_equal(code, EL_CODE_UNAUTHORIZED);
	assert_int_equal(ask_who(x, &s->door, EL_BATCH_MAX, NOON + 10, &code), EL_RM_REFUSED);
	assert_int_equal(code, EL_CODE_UNAUTHORIZED);
	el_outbox_wipe(&x->c.outbox);
	el_buf_wipe(&x->body);
}

static void
says_that_a_scanner_is_paused_before_it_says_that_it_has_posted_too_much(void **state)
{
	S;
	struct core *const x = core_of(s);
	const struct el_scanner_change pause = { .has_active = true };
	struct el_scanner_row row;
	enum el_code code;

	assert_int_equal(ask_who(x, &s->door, EL_BATCH_MAX, NOON, &code), EL_RM_SCANNER);
	assert_int_equal(
	    el_venues_change_scanner(&s->f.g->venues, s->door.venue, s->door.scanner, &pause, NOON, &row), EL_CODE_OK);
	/* Net refuses with scanner_paused: it opens nothing, and nothing is taken. */
	assert_int_equal(ask_who(x, &s->door, EL_BATCH_MAX, NOON, &code), EL_RM_SCANNER);
	assert_int_equal(post_batch(x, &s->door, EL_RM_OPENED, 1, NOON, &code), EL_RM_REFUSED);
	assert_int_equal(code, EL_CODE_SCANNER_PAUSED);
	el_outbox_wipe(&x->c.outbox);
	el_buf_wipe(&x->body);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(records_a_fresh_token_once),
		T(refuses_an_unknown_key_before_anything_else),
		T(refuses_a_venue_that_is_not_approved_or_not_active),
		T(refuses_a_revoked_scanner),
		T(refuses_in_the_order_of_the_protocol),
		T(refuses_a_forged_token_whatever_byte_was_changed),
		T(holds_a_token_fresh_for_fifteen_seconds_and_the_skew),
		T(refuses_a_wallet_body_shown_again),
		T(takes_two_draws_in_one_second),
		T(refuses_the_second_person_with_one_code_at_one_door),
		T(answers_an_attempt_again_with_the_first_answer),
		T(flags_late_items),
		T(records_a_late_duplicate_once_per_venue),
		T(files_a_token_of_yesterday_under_yesterday),
		T(takes_a_token_of_tomorrow_within_the_skew),
		T(tells_a_queue_that_is_too_old_from_a_code_of_another_day),
		T(survives_a_clock_that_is_set_back),
		T(stores_the_minute_and_never_the_second),
		T(limits_a_scanner_but_not_its_neighbour),
		T(records_a_thousand_in_one_group),
		T(acknowledges_nothing_when_the_append_fails),
		T(acknowledges_nothing_when_rows_get_other_numbers),
		T(forgets_exactly_the_rows_that_found_no_space),
		T(takes_sealed_items_from_the_allowance_before_they_are_opened_and_only_then),
		T(says_that_a_scanner_is_paused_before_it_says_that_it_has_posted_too_much),
	};

	return cmocka_run_group_tests_name("registry_checkin", tests, NULL, NULL);
}
