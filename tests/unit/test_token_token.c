#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "token/issue.h"
#include "token/link.h"
#include "token/ticket.h"
#include "token/trace_box.h"

#define SHOWN 1788500000u

/* An issuer, a visitor's day and one token of it. */
static struct {
	struct el_sign_key *key;
	struct el_scalar y;
	struct el_point links_key;
	struct el_day_secret day;
	uint8_t day_key[32];
	struct el_body body;
	uint8_t bytes[EL_TOKEN_LEN];
} f;

static int
setup(void **state)
{
	static const uint8_t seed[32] = { 7 }, pair[32] = { 8 };
	uint8_t show_key[32];
	struct el_token t;

	(void)state;
	el_random(&f.day, sizeof f.day);
	el_scalar_random(&f.y);
	el_token_day_key(pair, 7, 20700, f.day_key);
	if (el_sign_key_new(seed, &f.key) != EL_OK || el_point_base(&f.links_key, &f.y) != EL_OK ||
	    el_issue_body(f.key, 7, 20700, &f.links_key, &f.day, 3, &f.body) != EL_OK)
		return -1;
	el_token_show_key(f.day_key, &f.body, show_key);
	if (el_token_stamp(&f.body, show_key, SHOWN, &t) != EL_OK)
		return -1;
	el_token_encode(&t, f.bytes);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	el_sign_key_free(f.key);
	return 0;
}

static void
a_drawn_token_passes_all_three_checks(void **state)
{
	struct el_token t, again;
	char text[EL_TOKEN_TEXT_LEN + 1];

	(void)state;
	assert_int_equal(el_token_parse(f.bytes, sizeof f.bytes, &t), EL_OK);
	assert_int_equal(t.version, EL_TOKEN_VERSION);
	assert_int_equal(t.issuer, 7);
	assert_int_equal(t.epoch, 20700);
	assert_int_equal(t.shown_at, SHOWN);
	assert_int_equal(el_token_check_signature(&t, el_sign_key_pk(f.key)), EL_OK);
	assert_true(el_token_check_tag(&t, f.day_key));
	assert_int_equal(el_token_freshness(t.shown_at, SHOWN + 3, 5), EL_FRESH);
	el_token_text(&t, text);
	assert_int_equal(strlen(text), EL_TOKEN_TEXT_LEN);
	assert_int_equal(el_token_parse_text(text, strlen(text), &again), EL_OK);
	assert_memory_equal(&t, &again, sizeof t);
}

static void
any_single_bit_changed_is_refused(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * EL_TOKEN_LEN; bit++) {
		uint8_t bad[EL_TOKEN_LEN];
		struct el_token t;
		bool signature, tag;

		memcpy(bad, f.bytes, sizeof bad);
		bad[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_int_equal(el_token_parse(bad, sizeof bad, &t), EL_OK);
		signature = el_token_check_signature(&t, el_sign_key_pk(f.key)) == EL_OK;
		tag = el_token_check_tag(&t, f.day_key);
		/* Each check by itself refuses all that it covers. */
		if (tag || signature != (bit / 8 >= EL_BODY_LEN))
			fail_msg("bit %zu", bit);
	}
}

static void
another_day_issuer_or_pair_has_another_tag(void **state)
{
	static const uint8_t pair[32] = { 8 }, other[32] = { 9 };
	uint8_t key[32];
	struct el_token t;

	(void)state;
	assert_int_equal(el_token_parse(f.bytes, sizeof f.bytes, &t), EL_OK);
	el_token_day_key(pair, 7, 20700, key);
	assert_true(el_token_check_tag(&t, key));
	el_token_day_key(pair, 8, 20700, key);
	assert_false(el_token_check_tag(&t, key));
	el_token_day_key(pair, 7, 20701, key);
	assert_false(el_token_check_tag(&t, key));
	el_token_day_key(other, 7, 20700, key);
	assert_false(el_token_check_tag(&t, key));
}

static void
only_the_exact_length_is_a_token(void **state)
{
	uint8_t longer[EL_TOKEN_LEN + 1] = { 0 };
	struct el_token t;

	(void)state;
	memcpy(longer, f.bytes, EL_TOKEN_LEN);
	for (size_t n = 0; n <= EL_TOKEN_LEN + 1; n++) {
		assert_int_equal(el_token_parse(longer, n, &t), n == EL_TOKEN_LEN ? EL_OK : EL_EFORMAT);
		assert_int_equal(el_token_parse_body(longer, n, &t), n == EL_BODY_LEN ? EL_OK : EL_EFORMAT);
	}
}

static void
two_draws_of_one_second_differ_in_everything_but_t(void **state)
{
	struct el_body again;
	struct el_token a, b;

	(void)state;
	assert_int_equal(el_issue_body(f.key, 7, 20700, &f.links_key, &f.day, 3, &again), EL_OK);
	assert_int_equal(el_token_parse_body(f.body.b, EL_BODY_LEN, &a), EL_OK);
	assert_int_equal(el_token_parse_body(again.b, EL_BODY_LEN, &b), EL_OK);
	assert_memory_equal(a.tid.b, b.tid.b, sizeof a.tid.b); /* the same index: refused as already used */
	assert_memory_not_equal(a.r, b.r, sizeof a.r);
	assert_memory_not_equal(a.link.b, b.link.b, sizeof a.link.b);
	assert_memory_not_equal(a.sig.b, b.sig.b, sizeof a.sig.b);
	assert_int_equal(el_issue_body(f.key, 7, 20700, &f.links_key, &f.day, 4, &again), EL_OK);
	assert_int_equal(el_token_parse_body(again.b, EL_BODY_LEN, &b), EL_OK);
	assert_memory_not_equal(a.tid.b, b.tid.b, sizeof a.tid.b);
}

static void
every_index_has_its_own_id_and_65536_wraps(void **state)
{
	static struct el_tid ids[65536];
	struct el_tid wrapped;

	(void)state;
	for (unsigned i = 0; i < 65536; i++)
		el_link_tid(f.day.s, (uint16_t)i, &ids[i]);
	for (unsigned i = 1; i < 65536; i++)
		assert_memory_not_equal(ids[i].b, ids[i - 1].b, sizeof ids[i].b);
	assert_memory_not_equal(ids[256].b, ids[1].b, sizeof ids[1].b);
	el_link_tid(f.day.s, (uint16_t)65536u, &wrapped);
	assert_memory_equal(wrapped.b, ids[0].b, sizeof wrapped.b);
}

static void
the_link_opens_with_the_day_s_key_only(void **state)
{
	struct el_scalar other;
	struct el_point r, shared, y;
	struct el_handle h;
	struct el_token t;

	(void)state;
	assert_int_equal(el_token_parse(f.bytes, sizeof f.bytes, &t), EL_OK);
	assert_int_equal(el_point_parse(t.r, &r), EL_OK);
	assert_int_equal(el_point_mul(&shared, &f.y, &r), EL_OK);
	el_link_mask(&shared, t.r, &f.links_key, t.link.b, h.b);
	assert_memory_equal(h.b, f.day.h.b, sizeof h.b);
	el_scalar_random(&other);
	assert_int_equal(el_point_base(&y, &other), EL_OK);
	el_link_mask(&shared, t.r, &y, t.link.b, h.b);
	assert_memory_not_equal(h.b, f.day.h.b, sizeof h.b);
	assert_int_equal(el_point_mul(&shared, &other, &r), EL_OK);
	el_link_mask(&shared, t.r, &f.links_key, t.link.b, h.b);
	assert_memory_not_equal(h.b, f.day.h.b, sizeof h.b);
}

static void
freshness_ends_at_its_exact_seconds(void **state)
{
	(void)state;
	for (uint32_t skew = 0; skew <= EL_SKEW_MAX_S; skew += 5) {
		const int64_t s = skew;

		assert_int_equal(el_token_freshness(SHOWN, SHOWN - s, skew), EL_FRESH);
		assert_int_equal(el_token_freshness(SHOWN, SHOWN - s - 1, skew), EL_FROM_FUTURE);
		assert_int_equal(el_token_freshness(SHOWN, SHOWN + 15 + s, skew), EL_FRESH);
		assert_int_equal(el_token_freshness(SHOWN, SHOWN + 16 + s, skew), EL_STALE);
	}
	assert_int_equal(el_token_freshness(UINT32_MAX, 0, 5), EL_FROM_FUTURE);
	assert_int_equal(el_token_freshness(0, UINT32_MAX, 5), EL_STALE);
	assert_int_equal(el_token_freshness(0, INT64_MAX, 5), EL_STALE);
}

static void
a_text_has_exactly_one_form(void **state)
{
	char text[EL_TOKEN_TEXT_LEN + 2], bad[EL_TOKEN_TEXT_LEN + 2];
	struct el_token t;

	(void)state;
	assert_int_equal(el_token_parse(f.bytes, sizeof f.bytes, &t), EL_OK);
	el_token_text(&t, text);
	for (size_t n = 0; n < EL_TOKEN_TEXT_LEN; n++)
		assert_int_equal(el_token_parse_text(text, n, &t), EL_EFORMAT);
	memcpy(bad, text, EL_TOKEN_TEXT_LEN);
	bad[EL_TOKEN_TEXT_LEN] = ' ';
	assert_int_equal(el_token_parse_text(bad, EL_TOKEN_TEXT_LEN + 1, &t), EL_EFORMAT);
	for (size_t i = 0; i < EL_TOKEN_TEXT_LEN; i++) {
		memcpy(bad, text, sizeof bad);
		bad[i] = 'a';
		assert_int_equal(el_token_parse_text(bad, EL_TOKEN_TEXT_LEN, &t), EL_EFORMAT);
		bad[i] = '\0';
		assert_int_equal(el_token_parse_text(bad, EL_TOKEN_TEXT_LEN, &t), EL_EFORMAT);
	}
}

static void
a_ticket_opens_for_its_issuer_and_day_only(void **state)
{
	static const uint8_t key[32] = { 5 }, other[32] = { 6 };
	uint8_t ticket[EL_TICKET_LEN];
	struct el_day_secret out;

	(void)state;
	el_ticket_seal(key, 7, 20700, &f.day, ticket);
	assert_int_equal(el_ticket_epoch(ticket), 20700);
	assert_int_equal(el_ticket_open(key, 7, ticket, &out), EL_OK);
	assert_memory_equal(&out, &f.day, sizeof out);
	assert_int_equal(el_ticket_open(key, 8, ticket, &out), EL_ECRYPTO);
	assert_int_equal(el_ticket_open(other, 7, ticket, &out), EL_ECRYPTO);
	for (size_t bit = 0; bit < 8 * sizeof ticket; bit++) {
		ticket[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(el_ticket_open(key, 7, ticket, &out), EL_ECRYPTO);
		assert_true(el_is_zero(&out, sizeof out));
		ticket[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
a_trace_box_holds_the_secret_that_com_binds(void **state)
{
	uint8_t com[32], box[EL_TRACE_BOX_LEN], s[32], lie[32] = { 1 };
	struct el_point r, shared;

	(void)state;
	el_trace_com(f.day.s, com);
	assert_int_equal(el_trace_box_seal(&f.links_key, 7, 20700, f.day.s, com, box), EL_OK);
	assert_int_equal(el_point_parse(box, &r), EL_OK);
	assert_int_equal(el_point_mul(&shared, &f.y, &r), EL_OK);
	assert_int_equal(el_trace_box_open(&shared, &f.links_key, 7, 20700, com, box, s), EL_OK);
	assert_memory_equal(s, f.day.s, sizeof s);
	assert_int_equal(el_trace_box_open(&shared, &f.links_key, 8, 20700, com, box, s), EL_ECRYPTO);
	assert_int_equal(el_trace_box_open(&shared, &f.links_key, 7, 20701, com, box, s), EL_ECRYPTO);
	assert_int_equal(el_trace_box_seal(&f.links_key, 7, 20700, lie, com, box), EL_OK);
	assert_int_equal(el_point_parse(box, &r), EL_OK);
	assert_int_equal(el_point_mul(&shared, &f.y, &r), EL_OK);
	assert_int_equal(el_trace_box_open(&shared, &f.links_key, 7, 20700, com, box, s), EL_ECRYPTO);
	assert_true(el_is_zero(s, sizeof s));
}

static void
a_day_has_its_bounds_at_the_deployment_s_hour(void **state)
{
	const uint32_t offset = 18000;
	const el_epoch e = 20700;
	const int64_t start = el_epoch_start(e, offset), end = el_epoch_end(e, offset);

	(void)state;
	assert_true(end - start == EL_DAY_S);
	assert_true(start % EL_DAY_S == EL_DAY_S - 18000); /* 19:00 UTC is 04:00 in Korea */
	assert_int_equal(el_epoch_of(start - 1, offset), e - 1);
	assert_int_equal(el_epoch_of(start, offset), e);
	assert_int_equal(el_epoch_of(end - 1, offset), e);
	assert_int_equal(el_epoch_of(end, offset), e + 1);
	assert_false(el_epoch_admits(e, start - 1, offset));
	assert_true(el_epoch_admits(e, start, offset));
	assert_true(el_epoch_admits(e, end + 7199, offset));
	assert_false(el_epoch_admits(e, end + 7200, offset));
	assert_true(el_epoch_destroy_at(e, offset) == end + 7200 + 28 * 86400);
	/* Nothing outside the calendar breaks anything. */
	assert_int_equal(el_epoch_of(-1, offset), 0);
	assert_int_equal(el_epoch_of(INT64_MIN, offset), 0);
	assert_int_equal(el_epoch_of(INT64_MAX, offset), UINT16_MAX);
	assert_int_equal(el_epoch_of((int64_t)UINT16_MAX * EL_DAY_S + 2 * EL_DAY_S, 0), UINT16_MAX);
	assert_int_equal(el_epoch_of((int64_t)UINT16_MAX * EL_DAY_S - 1, 86399), UINT16_MAX);
	assert_int_equal(el_epoch_of((int64_t)UINT16_MAX * EL_DAY_S - 1, 0), UINT16_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drawn_token_passes_all_three_checks),
		cmocka_unit_test(any_single_bit_changed_is_refused),
		cmocka_unit_test(another_day_issuer_or_pair_has_another_tag),
		cmocka_unit_test(only_the_exact_length_is_a_token),
		cmocka_unit_test(two_draws_of_one_second_differ_in_everything_but_t),
		cmocka_unit_test(every_index_has_its_own_id_and_65536_wraps),
		cmocka_unit_test(the_link_opens_with_the_day_s_key_only),
		cmocka_unit_test(freshness_ends_at_its_exact_seconds),
		cmocka_unit_test(a_text_has_exactly_one_form),
		cmocka_unit_test(a_ticket_opens_for_its_issuer_and_day_only),
		cmocka_unit_test(a_trace_box_holds_the_secret_that_com_binds),
		cmocka_unit_test(a_day_has_its_bounds_at_the_deployment_s_hour),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("token", tests, setup, teardown);
}
