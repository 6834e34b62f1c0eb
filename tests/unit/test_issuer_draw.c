/* What a signer draws from a ticket, and what it does not let out: the linker puts our signer before the library's. */
#include "issuer_fixture.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "token/link.h"

#define ok(r) assert_int_equal((r), EL_OK)
#define NOON 43200

int __real_crypto_sign_detached(uint8_t *, unsigned long long *, const uint8_t *, unsigned long long, const uint8_t *);
int __wrap_crypto_sign_detached(uint8_t *, unsigned long long *, const uint8_t *, unsigned long long, const uint8_t *);

static struct {
	unsigned made; /* signatures */
	unsigned bad_point; /* the n-th has a wrong R and the S that fits it; 0: none */
	unsigned bad_scalar; /* the n-th has a wrong S; 0: none */
	bool always_bad_point;
} faults;

static void
to_scalar(const uint8_t *a, const uint8_t *b, const uint8_t *m, size_t len, uint8_t out[32])
{
	crypto_hash_sha512_state state;
	uint8_t h[64];

	crypto_hash_sha512_init(&state);
	crypto_hash_sha512_update(&state, a, 32);
	crypto_hash_sha512_update(&state, b, b != NULL ? 32 : 0);
	crypto_hash_sha512_update(&state, m, len);
	crypto_hash_sha512_final(&state, h);
	crypto_core_ed25519_scalar_reduce(out, h);
}

/* RFC 8032 section 5.1.6, but R is 2rB: the one fault that computing S again does not show. */
static void
sign_with_bad_point(uint8_t *sig, const uint8_t *m, size_t len, const uint8_t *sk)
{
	uint8_t h[64], r[32], twice[32], k[32];

	crypto_hash_sha512(h, sk, 32);
	h[0] &= 248;
	h[31] = (uint8_t)((h[31] & 127) | 64);
	to_scalar(h + 32, NULL, m, len, r);
	crypto_core_ed25519_scalar_add(twice, r, r);
	ok(crypto_scalarmult_ed25519_base_noclamp(sig, twice));
	to_scalar(sig, sk + 32, m, len, k);
	crypto_core_ed25519_scalar_mul(k, k, h);
	crypto_core_ed25519_scalar_add(sig + 32, k, r);
}

int
__wrap_crypto_sign_detached(
    uint8_t *sig, unsigned long long *sig_len, const uint8_t *m, unsigned long long len, const uint8_t *sk)
{
	ok(__real_crypto_sign_detached(sig, sig_len, m, len, sk));
	faults.made++;
	if (faults.always_bad_point || faults.made == faults.bad_point)
		sign_with_bad_point(sig, m, (size_t)len, sk);
	if (faults.made == faults.bad_scalar)
		sig[40] ^= 1;
	return 0;
}

/* ---- A signer's days and one visitor's ticket ---- */

struct setup {
	struct fixture f;
	int64_t now;
	struct el_signer_days days;
	struct el_day_ticket today;
	struct el_draw_request q;
	struct el_draw_result x; /* large */
};

static int
begin(void **state)
{
	struct setup *const s = calloc(1, sizeof *s);
	uint8_t credential[EL_KEY_LEN];

	if (s == NULL)
		return 1;
	memset(&faults, 0, sizeof faults);
	s->now = day_at(FIXTURE_EPOCH, NOON);
	fixture_make(&s->f);
	fixture_open(&s->f, s->now);
	fixture_admit(&s->f, "Hong Gil Dong", "+821000000001", s->now, credential);
	fixture_ticket(&s->f, credential, s->now, &s->today);
	fixture_days(&s->f, s->now, &s->days);
	memcpy(s->q.ticket, s->today.ticket, sizeof s->q.ticket);
	s->q.count = 1;
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct setup *const s = *state;

	fixture_free(&s->f);
	free(s);
	return 0;
}

static enum el_code
draw_at(struct setup *s, int64_t now_s)
{
	return el_draw(&s->days, s->f.token_key, FIXTURE_ISSUER, &s->q, now_s, &s->x);
}

static enum el_code
draw(struct setup *s)
{
	return draw_at(s, s->now);
}

#define assert_code(s, expected) assert_string_equal(el_code_name(draw(s)), expected)

static void
ask_wallet(struct setup *s, uint32_t first, uint32_t count)
{
	s->q.is_wallet = true;
	s->q.first = first;
	s->q.count = count;
}

static void
ask_live(struct setup *s, uint32_t index)
{
	s->q.is_wallet = false;
	s->q.first = index;
	s->q.count = 1;
}

/* As the three who check a token do. */
static void
assert_holds(const struct setup *s, const struct el_token *t, el_epoch e)
{
	struct el_point r, y;
	uint8_t token_key[EL_KEY_LEN];
	uint8_t pair[EL_KEY_LEN];

	assert_int_equal(t->version, EL_TOKEN_VERSION);
	assert_int_equal(t->issuer, FIXTURE_ISSUER);
	assert_int_equal(t->epoch, e);
	ok(el_token_check_signature(t, el_sign_key_pk(s->f.token_key)));
	memcpy(pair, s->f.pair, sizeof pair);
	for (el_epoch i = FIXTURE_EPOCH; i < e; i++)
		el_kdf(pair, pair, "EL1-next", NULL, 0);
	el_token_day_key(pair, FIXTURE_ISSUER, e, token_key);
	assert_true(el_token_check_tag(t, token_key));
	ok(el_point_parse(t->r, &r));
	ok(el_point_base(&y, &s->f.links[e - FIXTURE_FIRST]));
	assert_false(el_point_eq(&r, &y));
}

/* h_e and T of a token, by the trustees' secret and the ticket's. */
static void
assert_is_of_ticket(const struct setup *s, const struct el_token *t, const struct el_body *body, uint16_t index)
{
	struct el_day_secret secret;
	struct el_point shared;
	struct el_tid tid;
	uint8_t h[EL_HANDLE_LEN];

	ok(el_ticket_open(s->days.days[0].ticket_key, FIXTURE_ISSUER, s->q.ticket, &secret));
	fixture_shared(&s->f, body, shared.b);
	el_link_mask(&shared, t->r, &s->days.days[0].links_key, t->link.b, h);
	assert_memory_equal(h, secret.h.b, sizeof h);
	el_link_tid(secret.s, index, &tid);
	assert_memory_equal(t->tid.b, tid.b, sizeof tid.b);
}

static void
every_token_of_a_wallet_holds(void **state)
{
	struct setup *const s = *state;
	struct el_token t;

	ask_wallet(s, 100, EL_WALLET_MAX);
	assert_code(s, "ok");
	assert_int_equal(s->x.n, EL_WALLET_MAX);
	assert_true(s->x.is_wallet);
	assert_int_equal(s->x.valid_until_s, el_epoch_end(FIXTURE_EPOCH, FIXTURE_OFFSET));
	for (unsigned i = 0; i < EL_WALLET_MAX; i++) {
		const struct el_drawn_token *const d = &s->x.tokens[i];

		assert_int_equal(d->index, 100 + i);
		ok(el_token_stamp(&d->body, d->show_key, (uint32_t)s->now + i, &t));
		assert_holds(s, &t, FIXTURE_EPOCH);
		assert_is_of_ticket(s, &t, &d->body, d->index);
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(d->body.b, s->x.tokens[k].body.b, EL_BODY_LEN);
	}
}

static void
a_live_token_holds_and_shows_now(void **state)
{
	struct setup *const s = *state;
	struct el_token t;
	struct el_body body;

	ask_live(s, 65535);
	assert_code(s, "ok");
	assert_false(s->x.is_wallet);
	assert_int_equal(s->x.shown_at, s->now);
	ok(el_token_parse(s->x.token, sizeof s->x.token, &t));
	assert_int_equal(t.shown_at, s->now);
	assert_holds(s, &t, FIXTURE_EPOCH);
	el_token_body(&t, &body);
	assert_is_of_ticket(s, &t, &body, 65535);
}

static void
the_same_index_gives_another_token_of_the_same_id(void **state)
{
	struct setup *const s = *state;
	struct el_token a, b;

	ask_live(s, 5);
	assert_code(s, "ok");
	ok(el_token_parse(s->x.token, sizeof s->x.token, &a));
	assert_code(s, "ok");
	ok(el_token_parse(s->x.token, sizeof s->x.token, &b));
	assert_memory_equal(a.tid.b, b.tid.b, sizeof a.tid.b);
	assert_memory_not_equal(a.r, b.r, sizeof a.r);
	assert_memory_not_equal(a.link.b, b.link.b, sizeof a.link.b);
}

/* ---- Refusals ---- */

static void
refuses_indices_out_of_range(void **state)
{
	struct setup *const s = *state;
	static const uint32_t bad[][2] = { { 0, 0 }, { 0, EL_WALLET_MAX + 1 }, { 65536, 1 }, { 65535, 2 }, { 65530, 7 },
		{ UINT32_MAX, 1 }, { 0, UINT32_MAX } };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ask_wallet(s, bad[i][0], bad[i][1]);
		assert_code(s, "malformed_request");
	}
	ask_live(s, 65536);
	assert_code(s, "malformed_request");
	ask_live(s, 0);
	s->q.count = 2;
	assert_code(s, "malformed_request");
	s->q.count = 0;
	assert_code(s, "malformed_request");
	ask_wallet(s, 65535, 1);
	assert_code(s, "ok");
	ask_wallet(s, 65536 - EL_WALLET_MAX, EL_WALLET_MAX);
	assert_code(s, "ok");
}

static void
draws_nothing_before_core_has_told_the_days(void **state)
{
	struct setup *const s = *state;

	s->days.n = 0;
	assert_code(s, "not_ready");
	s->days.n = 2;
	s->days.days[0].epoch = FIXTURE_EPOCH + 5; /* others are there, the ticket's is not */
	assert_code(s, "ticket_invalid");
}

static void
admits_todays_ticket_until_the_day_ends(void **state)
{
	struct setup *const s = *state;
	const int64_t end_s = el_epoch_end(FIXTURE_EPOCH, FIXTURE_OFFSET);

	for (int wallet = 0; wallet < 2; wallet++) {
		s->q.is_wallet = wallet != 0;
		assert_int_equal(draw_at(s, end_s - 1), EL_CODE_OK);
		assert_int_equal(draw_at(s, end_s), EL_CODE_TICKET_INVALID);
		assert_int_equal(draw_at(s, el_epoch_start(FIXTURE_EPOCH, FIXTURE_OFFSET)), EL_CODE_OK);
	}
}

static void
admits_tomorrows_ticket_for_a_wallet_only(void **state)
{
	struct setup *const s = *state;
	struct el_day_secret secret;
	struct el_token t;

	el_random(&secret, sizeof secret);
	el_ticket_seal(s->days.days[1].ticket_key, FIXTURE_ISSUER, FIXTURE_EPOCH + 1, &secret, s->q.ticket);
	ask_live(s, 0);
	assert_code(s, "ticket_invalid");
	ask_wallet(s, 0, 1);
	assert_code(s, "ok");
	assert_int_equal(s->x.valid_until_s, el_epoch_end(FIXTURE_EPOCH + 1, FIXTURE_OFFSET));
	ok(el_token_stamp(&s->x.tokens[0].body, s->x.tokens[0].show_key, (uint32_t)s->now + 86400, &t));
	assert_holds(s, &t, FIXTURE_EPOCH + 1);
	/* The day after it is nobody's yet, though a key for it were there. */
	s->days.days[1].epoch = FIXTURE_EPOCH + 2;
	el_ticket_seal(s->days.days[1].ticket_key, FIXTURE_ISSUER, FIXTURE_EPOCH + 2, &secret, s->q.ticket);
	assert_code(s, "ticket_invalid");
}

static void
refuses_what_is_no_ticket_of_ours(void **state)
{
	struct setup *const s = *state;
	struct el_day_secret secret;

	for (size_t at = 0; at < sizeof s->q.ticket; at++) {
		s->q.ticket[at] ^= 1;
		assert_code(s, "ticket_invalid");
		s->q.ticket[at] ^= 1;
	}
	assert_code(s, "ok");
	el_random(&secret, sizeof secret);
	el_ticket_seal(s->days.days[0].ticket_key, FIXTURE_ISSUER + 1, FIXTURE_EPOCH, &secret, s->q.ticket);
	assert_code(s, "ticket_invalid"); /* another issuer's */
	el_ticket_seal(s->days.days[1].ticket_key, FIXTURE_ISSUER, FIXTURE_EPOCH, &secret, s->q.ticket);
	assert_code(s, "ticket_invalid"); /* under another day's key */
	memset(s->q.ticket, 0, sizeof s->q.ticket);
	assert_code(s, "ticket_invalid");
}

/* ---- Faults (docs/decisions/008) ---- */

static void
assert_nothing_is_left(const struct setup *s, size_t n)
{
	assert_int_equal(s->x.n, 0);
	assert_true(el_is_zero(s->x.token, sizeof s->x.token));
	assert_true(el_is_zero(s->x.tokens, n * sizeof s->x.tokens[0]));
}

static void
a_wrong_scalar_never_leaves(void **state)
{
	struct setup *const s = *state;

	for (unsigned n = 1; n <= EL_WALLET_MAX; n++) {
		ask_wallet(s, 0, EL_WALLET_MAX);
		faults.made = 0;
		faults.bad_scalar = n;
		assert_code(s, "internal");
		assert_int_equal(faults.made, n);
		assert_nothing_is_left(s, n);
	}
	ask_live(s, 0);
	faults.made = 0;
	faults.bad_scalar = 1;
	assert_code(s, "internal");
	assert_nothing_is_left(s, 0);
}

static void
a_signer_that_is_always_wrong_fills_no_wallet(void **state)
{
	struct setup *const s = *state;

	faults.always_bad_point = true;
	for (unsigned i = 0; i < 50; i++) {
		ask_wallet(s, 0, EL_WALLET_MAX);
		assert_code(s, "internal"); /* one of every full wallet is verified */
		assert_nothing_is_left(s, EL_WALLET_MAX);
	}
}

/* Each place of a wallet is verified at times: 400 chances of 1 in 16 to be found, missed with 6e-12. */
static void
any_token_of_a_wallet_may_be_the_one_that_is_verified(void **state)
{
	struct setup *const s = *state;

	ask_wallet(s, 0, EL_WALLET_MAX);
	for (unsigned n = 1; n <= EL_WALLET_MAX; n += 5) {
		unsigned tries = 0;

		do {
			faults.made = 0;
			faults.bad_point = n;
			assert_in_range(++tries, 1, 400);
		} while (draw(s) == EL_CODE_OK);
		assert_int_equal(faults.made, n);
	}
}

static void
some_live_draws_are_verified(void **state)
{
	struct setup *const s = *state;
	unsigned found = 0;

	faults.always_bad_point = true;
	ask_live(s, 0);
	for (unsigned i = 0; i < 1600; i++)
		if (draw(s) == EL_CODE_INTERNAL)
			found++;
	/* 1 in 16: mean 100, standard deviation 9.7; five of these. */
	assert_in_range(found, 52, 148);
}

#define with_setup(t) cmocka_unit_test_setup_teardown(t, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_setup(every_token_of_a_wallet_holds),
		with_setup(a_live_token_holds_and_shows_now),
		with_setup(the_same_index_gives_another_token_of_the_same_id),
		with_setup(refuses_indices_out_of_range),
		with_setup(draws_nothing_before_core_has_told_the_days),
		with_setup(admits_todays_ticket_until_the_day_ends),
		with_setup(admits_tomorrows_ticket_for_a_wallet_only),
		with_setup(refuses_what_is_no_ticket_of_ours),
		with_setup(a_wrong_scalar_never_leaves),
		with_setup(a_signer_that_is_always_wrong_fills_no_wallet),
		with_setup(any_token_of_a_wallet_may_be_the_one_that_is_verified),
		with_setup(some_live_draws_are_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
