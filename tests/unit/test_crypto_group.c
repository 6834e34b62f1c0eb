#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "crypto/share.h"
#include "crypto/sign.h"

#define N 5

struct dealt {
	struct el_scalar shares[N];
	struct el_point commitments[N], r, partials[N], s;
};

/* Deal t of N, take partials for a random R, and learn S from t of them (the first t). */
static void
deal(unsigned t, struct dealt *d)
{
	static const unsigned first[N] = { 1, 2, 3, 4, 5 };
	struct el_scalar r;

	assert_int_equal(el_share_deal(t, N, d->shares, d->commitments), EL_OK);
	el_scalar_random(&r);
	assert_int_equal(el_point_base(&d->r, &r), EL_OK);
	/* S = r Y as the issuer makes it. */
	assert_int_equal(el_point_mul(&d->s, &r, &d->commitments[0]), EL_OK);
	for (unsigned j = 0; j < N; j++)
		assert_int_equal(el_share_partial(&d->shares[j], &d->r, &d->partials[j]), EL_OK);
	struct el_point s;

	assert_int_equal(el_share_combine(first, d->partials, t, &s), EL_OK);
	assert_true(el_point_eq(&s, &d->s));
}

/* Combine the trustees of a bit mask. */
static int
combine(const struct dealt *d, unsigned mask, struct el_point *out)
{
	struct el_point partials[N];
	unsigned index[N];
	size_t n = 0;

	for (unsigned j = 0; j < N; j++)
		if ((mask & 1u << j) != 0) {
			index[n] = j + 1;
			partials[n++] = d->partials[j];
		}
	return el_share_combine(index, partials, n, out);
}

static void
any_t_of_n_combine_and_fewer_do_not(void **state)
{
	(void)state;
	/* Not t = 1, a lab's: there all partials are equal, and a sum on the way may be the identity. */
	for (unsigned t = 2; t <= N; t++) {
		struct dealt d;

		deal(t, &d);
		for (unsigned mask = 1; mask < 1u << N; mask++) {
			struct el_point s;

			assert_int_equal(combine(&d, mask, &s), EL_OK);
			if (el_point_eq(&s, &d.s) != (__builtin_popcount(mask) >= (int)t))
				fail_msg("t %u, trustees %x", t, mask);
		}
	}
}

static void
a_share_fits_its_own_commitments_and_index_only(void **state)
{
	struct dealt d, other;
	struct el_scalar one, wrong;
	struct el_point y, again;

	(void)state;
	deal(3, &d);
	deal(3, &other);
	el_scalar_from_u32(1, &one);
	for (unsigned j = 1; j <= N; j++) {
		assert_int_equal(el_share_verify(d.commitments, 3, j, &d.shares[j - 1]), EL_OK);
		assert_int_equal(el_share_verify(other.commitments, 3, j, &d.shares[j - 1]), EL_ECRYPTO);
		assert_int_equal(el_share_verify(d.commitments, 3, j % N + 1, &d.shares[j - 1]), EL_ECRYPTO);
		assert_int_equal(el_share_verify(d.commitments, 2, j, &d.shares[j - 1]), EL_ECRYPTO);
		el_scalar_add(&wrong, &d.shares[j - 1], &one);
		assert_int_equal(el_share_verify(d.commitments, 3, j, &wrong), EL_ECRYPTO);
		assert_int_equal(el_share_public(d.commitments, 3, j, &y), EL_OK);
		assert_int_equal(el_point_base(&again, &d.shares[j - 1]), EL_OK);
		assert_true(el_point_eq(&y, &again));
	}
	memset(&wrong, 0, sizeof wrong);
	assert_int_equal(el_share_verify(d.commitments, 3, 1, &wrong), EL_ECRYPTO);
}

static void
a_wrong_partial_gives_another_point(void **state)
{
	struct dealt d;
	struct el_point s;

	(void)state;
	deal(2, &d);
	d.partials[1] = d.partials[2];
	assert_int_equal(combine(&d, 3, &s), EL_OK);
	assert_false(el_point_eq(&s, &d.s));
}

static void
refuses_indexes_and_numbers_out_of_range(void **state)
{
	struct el_scalar shares[EL_TRUSTEES_MAX];
	struct el_point commitments[EL_TRUSTEES_MAX], s;
	struct dealt d;

	(void)state;
	deal(2, &d);
	assert_int_equal(el_share_combine((const unsigned[]){ 2, 2 }, d.partials, 2, &s), EL_ELIMIT);
	assert_int_equal(el_share_combine((const unsigned[]){ 1, 2, 1 }, d.partials, 3, &s), EL_ELIMIT);
	assert_int_equal(el_share_combine((const unsigned[]){ 0, 1 }, d.partials, 2, &s), EL_ELIMIT);
	assert_int_equal(el_share_combine((const unsigned[]){ 1, 0 }, d.partials, 2, &s), EL_ELIMIT);
	assert_int_equal(el_share_combine((const unsigned[]){ 0 }, d.partials, 1, &s), EL_ELIMIT);
	assert_int_equal(el_share_combine((const unsigned[]){ 1 }, d.partials, 0, &s), EL_ELIMIT);
	assert_int_equal(el_share_deal(0, 1, shares, commitments), EL_ELIMIT);
	assert_int_equal(el_share_deal(3, 2, shares, commitments), EL_ELIMIT);
	assert_int_equal(el_share_deal(2, EL_TRUSTEES_MAX + 1, shares, commitments), EL_ELIMIT);
	assert_int_equal(el_share_deal(EL_TRUSTEES_MAX, EL_TRUSTEES_MAX, shares, commitments), EL_OK);
	assert_int_equal(
	    el_share_verify(commitments, EL_TRUSTEES_MAX, EL_TRUSTEES_MAX, &shares[EL_TRUSTEES_MAX - 1]), EL_OK);
	assert_int_equal(el_share_public(d.commitments, 2, 0, &s), EL_ELIMIT);
	assert_int_equal(el_share_public(d.commitments, 0, 1, &s), EL_ELIMIT);
	assert_int_equal(el_share_public(d.commitments, EL_TRUSTEES_MAX + 1, 1, &s), EL_ELIMIT);
}

static void
scalars_obey_the_field(void **state)
{
	struct el_scalar a, b, c, d, zero, one;

	(void)state;
	el_scalar_from_u32(0, &zero);
	el_scalar_from_u32(1, &one);
	el_scalar_random(&a);
	el_scalar_random(&b);
	assert_int_equal(el_scalar_invert(&c, &a), EL_OK);
	el_scalar_mul(&d, &a, &c);
	assert_memory_equal(d.b, one.b, sizeof d.b);
	d = a;
	assert_int_equal(el_scalar_invert(&d, &d), EL_OK); /* in place, as share.c does */
	assert_memory_equal(d.b, c.b, sizeof d.b);
	assert_int_equal(el_scalar_invert(&d, &zero), EL_EFORMAT);
	el_scalar_add(&c, &a, &b);
	el_scalar_sub(&c, &c, &b);
	assert_memory_equal(c.b, a.b, sizeof c.b);
	el_scalar_from_u32(0x01020304, &c);
	assert_memory_equal(c.b, "\x04\x03\x02\x01\x00", 5);
	el_scalar_wipe(&c);
	assert_true(el_is_zero(&c, sizeof c));
}

static void
results_that_are_the_identity_are_refused(void **state)
{
	struct el_scalar a, minus, zero;
	struct el_point p, q, s;

	(void)state;
	el_scalar_from_u32(0, &zero);
	el_scalar_random(&a);
	el_scalar_sub(&minus, &zero, &a);
	assert_int_equal(el_point_base(&p, &a), EL_OK);
	assert_int_equal(el_point_base(&q, &minus), EL_OK);
	assert_int_equal(el_point_add(&s, &p, &q), EL_ECRYPTO);
	assert_int_equal(el_point_base(&s, &zero), EL_ECRYPTO);
	assert_int_equal(el_point_mul(&s, &zero, &p), EL_ECRYPTO);
}

static void
points_with_a_second_encoding_are_refused(void **state)
{
	struct el_scalar a;
	struct el_point p, out;

	(void)state;
	el_scalar_random(&a);
	assert_int_equal(el_point_base(&p, &a), EL_OK);
	assert_int_equal(el_point_parse(p.b, &out), EL_OK);
	assert_true(el_point_eq(&p, &out));
	p.b[31] |= 0x80;
	/* The trap: this libsodium takes it for the same point. */
	assert_int_equal(el_point_parse(p.b, &out), EL_EFORMAT);
	assert_true(el_is_zero(&out, sizeof out));
}

static void
the_self_test_uses_a_point_of_mixed_order(void **state)
{
	/* Base point plus the point of order 2, as selftest.c computes it by hand. */
	static const uint8_t base[32] = { 0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66 };
	static const uint8_t mixed[32] = { 0x95, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
		0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99, 0x99,
		0x99, 0x99 };
	uint8_t two[32], sum[32];
	struct el_sign_pk pk;

	(void)state;
	memset(two, 0xff, sizeof two);
	two[0] = 0xec;
	two[31] = 0x7f;
	assert_int_equal(crypto_core_ed25519_add(sum, base, two), 0);
	assert_memory_equal(sum, mixed, sizeof sum); /* so it is on the curve: refusing it is no accident */
	assert_int_equal(el_sign_pk_parse(base, &pk), EL_OK);
	assert_int_equal(el_sign_pk_parse(mixed, &pk), EL_EFORMAT);
	assert_int_equal(el_crypto_init(), EL_OK); /* again: harmless */
}

static void
any_bit_changed_in_a_signature_is_refused(void **state)
{
	static const uint8_t seed[32] = { 3 };
	struct el_sign_key *key;
	struct el_sig sig;
	uint8_t message[600] = { 1 };

	(void)state;
	assert_int_equal(el_sign_key_new(seed, &key), EL_OK);
	assert_int_equal(el_sign(key, "EL1-order", message, sizeof message, &sig), EL_OK);
	assert_int_equal(el_verify(el_sign_key_pk(key), "EL1-order", message, sizeof message, &sig), EL_OK);
	for (size_t bit = 0; bit < 512; bit++) {
		sig.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    el_verify(el_sign_key_pk(key), "EL1-order", message, sizeof message, &sig), EL_ECRYPTO);
		sig.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	message[599] ^= 1; /* beyond what is kept on the stack */
	assert_int_equal(el_verify(el_sign_key_pk(key), "EL1-order", message, sizeof message, &sig), EL_ECRYPTO);
	el_sign_key_free(key);
	el_sign_key_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_t_of_n_combine_and_fewer_do_not),
		cmocka_unit_test(a_share_fits_its_own_commitments_and_index_only),
		cmocka_unit_test(a_wrong_partial_gives_another_point),
		cmocka_unit_test(refuses_indexes_and_numbers_out_of_range),
		cmocka_unit_test(scalars_obey_the_field),
		cmocka_unit_test(results_that_are_the_identity_are_refused),
		cmocka_unit_test(points_with_a_second_encoding_are_refused),
		cmocka_unit_test(the_self_test_uses_a_point_of_mixed_order),
		cmocka_unit_test(any_bit_changed_in_a_signature_is_refused),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("crypto_group", tests, NULL, NULL);
}
