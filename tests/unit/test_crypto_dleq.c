#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/dleq.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "crypto/share.h"

#define N 7
#define TRUSTEE 2

/* Seven honest partials and what proves them. */
struct proven {
	struct el_scalar share;
	struct el_point r[N], d[N];
	struct el_dleq q;
	struct el_dleq_proof proof;
};

static void
random_point(struct el_point *out)
{
	struct el_scalar s;

	el_scalar_random(&s);
	assert_int_equal(el_point_base(out, &s), EL_OK);
}

static void
prove(struct proven *p)
{
	memset(p, 0, sizeof *p);
	el_scalar_random(&p->share);
	p->q = (struct el_dleq){ .purpose = EL_DLEQ_LINKS, .epoch = 20701, .trustee = TRUSTEE, .r = p->r, .d = p->d, .n = N };
	assert_int_equal(el_point_base(&p->q.public, &p->share), EL_OK);
	memset(p->q.order.b, 0x0d, sizeof p->q.order.b);
	for (size_t i = 0; i < N; i++) {
		random_point(&p->r[i]);
		assert_int_equal(el_share_partial(&p->share, &p->r[i], &p->d[i]), EL_OK);
	}
	assert_int_equal(el_dleq_prove(&p->q, &p->share, &p->proof), EL_OK);
}

static void
accepts_honest_partials_of_any_number(void **state)
{
	struct proven p;

	(void)state;
	prove(&p);
	for (p.q.n = 1; p.q.n <= N; p.q.n++) {
		assert_int_equal(el_dleq_prove(&p.q, &p.share, &p.proof), EL_OK);
		assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_OK);
	}
}

static void
two_proofs_of_the_same_partials_differ(void **state)
{
	struct el_dleq_proof again;
	struct proven p;

	(void)state;
	prove(&p);
	assert_int_equal(el_dleq_prove(&p.q, &p.share, &again), EL_OK);
	assert_memory_not_equal(&again, &p.proof, sizeof again);
}

static void
accepts_the_public_point_that_commitments_give(void **state)
{
	struct el_scalar shares[5];
	struct el_point commitments[3];
	struct proven p;

	(void)state;
	prove(&p);
	assert_int_equal(el_share_deal(3, 5, shares, commitments), EL_OK);
	assert_int_equal(el_share_public(commitments, 3, TRUSTEE, &p.q.public), EL_OK);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(el_share_partial(&shares[TRUSTEE - 1], &p.r[i], &p.d[i]), EL_OK);
	assert_int_equal(el_dleq_prove(&p.q, &shares[TRUSTEE - 1], &p.proof), EL_OK);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_OK);
	assert_int_equal(el_share_public(commitments, 3, TRUSTEE + 1, &p.q.public), EL_OK);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
}

static void
refuses_each_wrong_partial(void **state)
{
	struct proven p;

	(void)state;
	prove(&p);
	for (size_t i = 0; i < N; i++) {
		const struct el_point right = p.d[i];

		random_point(&p.d[i]);
		assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
		p.d[i] = right;
	}
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_OK);
}

/* A prover who computes the proof over its wrong partials has no better luck. */
static void
refuses_a_proof_made_over_a_wrong_partial(void **state)
{
	struct proven p;

	(void)state;
	prove(&p);
	random_point(&p.d[3]);
	assert_int_equal(el_dleq_prove(&p.q, &p.share, &p.proof), EL_OK);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
}

/* D_1 + X and D_2 - X: their plain sum is right, so a proof over unweighted sums would take them. */
static void
refuses_two_wrong_partials_that_cancel(void **state)
{
	struct el_point x, minus_x, sum, wrong_sum;
	struct el_scalar zero, one, minus_one;
	struct proven p;

	(void)state;
	prove(&p);
	random_point(&x);
	memset(&zero, 0, sizeof zero);
	el_scalar_from_u32(1, &one);
	el_scalar_sub(&minus_one, &zero, &one);
	assert_int_equal(el_point_mul(&minus_x, &minus_one, &x), EL_OK);
	assert_int_equal(el_point_add(&sum, &p.d[0], &p.d[1]), EL_OK);
	assert_int_equal(el_point_add(&p.d[0], &p.d[0], &x), EL_OK);
	assert_int_equal(el_point_add(&p.d[1], &p.d[1], &minus_x), EL_OK);
	assert_int_equal(el_point_add(&wrong_sum, &p.d[0], &p.d[1]), EL_OK);
	assert_true(el_point_eq(&sum, &wrong_sum));
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	assert_int_equal(el_dleq_prove(&p.q, &p.share, &p.proof), EL_OK);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
}

static void
refuses_each_altered_byte_of_a_proof(void **state)
{
	struct proven p;
	uint8_t *bytes = (uint8_t *)&p.proof;

	(void)state;
	prove(&p);
	for (size_t i = 0; i < sizeof p.proof; i++) {
		bytes[i] ^= 1;
		assert_int_not_equal(el_dleq_verify(&p.q, &p.proof), EL_OK);
		bytes[i] ^= 1;
	}
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_OK);
}

static void
refuses_a_proof_of_another_purpose_epoch_trustee_or_order(void **state)
{
	struct proven p;
	struct el_dleq other;

	(void)state;
	prove(&p);
	other = p.q;
	other.purpose = EL_DLEQ_TRACES;
	assert_int_equal(el_dleq_verify(&other, &p.proof), EL_ECRYPTO);
	other = p.q;
	other.epoch++;
	assert_int_equal(el_dleq_verify(&other, &p.proof), EL_ECRYPTO);
	other = p.q;
	other.trustee++;
	assert_int_equal(el_dleq_verify(&other, &p.proof), EL_ECRYPTO);
	other = p.q;
	other.order.b[31] ^= 1;
	assert_int_equal(el_dleq_verify(&other, &p.proof), EL_ECRYPTO);
	other = p.q;
	random_point(&other.public);
	assert_int_equal(el_dleq_verify(&other, &p.proof), EL_ECRYPTO);
}

static void
swap(struct el_point *a, struct el_point *b)
{
	const struct el_point t = *a;

	*a = *b;
	*b = t;
}

static void
refuses_pairs_reordered_left_out_or_repeated(void **state)
{
	struct proven p;

	(void)state;
	prove(&p);
	swap(&p.r[1], &p.r[4]);
	swap(&p.d[1], &p.d[4]); /* every pair still right */
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	swap(&p.r[1], &p.r[4]);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	swap(&p.d[1], &p.d[4]);
	p.q.n = N - 1;
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	p.q.n = N;
	p.r[N - 1] = p.r[0];
	p.d[N - 1] = p.d[0];
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
}

static void
refuses_the_identity_anywhere(void **state)
{
	struct proven p, good;

	(void)state;
	prove(&good);
	p = good;
	p.q.r = p.r;
	p.q.d = p.d;
	memset(&p.d[2], 0, sizeof p.d[2]);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	p.d[2] = good.d[2];
	memset(&p.r[2], 0, sizeof p.r[2]);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	assert_int_equal(el_dleq_prove(&p.q, &p.share, &p.proof), EL_ECRYPTO);
	assert_true(el_is_zero(&p.proof, sizeof p.proof));
	p.r[2] = good.r[2];
	p.proof = good.proof;
	memset(&p.q.public, 0, sizeof p.q.public);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
	/* All of it the identity, with which every equation holds. */
	memset(p.r, 0, sizeof p.r);
	memset(p.d, 0, sizeof p.d);
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_ECRYPTO);
}

static void
refuses_scalars_that_are_zero_or_not_reduced(void **state)
{
	static const uint8_t order_l[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde,
		0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	struct el_scalar *part[2];
	struct proven p;

	(void)state;
	prove(&p);
	part[0] = &p.proof.c;
	part[1] = &p.proof.s;
	for (size_t k = 0; k < 2; k++) {
		const struct el_scalar right = *part[k];
		unsigned carry = 0;

		/* The same number mod L, written larger. */
		for (size_t i = 0; i < 32; i++) {
			carry += (unsigned)right.b[i] + order_l[i];
			part[k]->b[i] = (uint8_t)carry;
			carry >>= 8;
		}
		assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_EFORMAT);
		memset(part[k], 0, sizeof *part[k]);
		assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_EFORMAT);
		*part[k] = right;
	}
	assert_int_equal(el_dleq_verify(&p.q, &p.proof), EL_OK);
}

static void
proves_nothing_with_a_share_that_is_not_the_public_ones(void **state)
{
	struct el_scalar other;
	struct proven p;

	(void)state;
	prove(&p);
	el_scalar_random(&other);
	assert_int_equal(el_dleq_prove(&p.q, &other, &p.proof), EL_ECRYPTO);
	assert_true(el_is_zero(&p.proof, sizeof p.proof));
	memset(&other, 0, sizeof other);
	assert_int_equal(el_dleq_prove(&p.q, &other, &p.proof), EL_ECRYPTO);
}

static void
refuses_no_pairs_too_many_and_trustees_out_of_range(void **state)
{
	static const size_t numbers[] = { 0, EL_DLEQ_MAX + 1 };
	static const unsigned trustees[] = { 0, 256 };
	struct proven p;
	struct el_dleq q;

	(void)state;
	prove(&p);
	for (size_t i = 0; i < 2; i++) {
		q = p.q;
		q.n = numbers[i];
		assert_int_equal(el_dleq_verify(&q, &p.proof), EL_ELIMIT);
		q = p.q;
		q.trustee = trustees[i];
		assert_int_equal(el_dleq_verify(&q, &p.proof), EL_ELIMIT);
		assert_int_equal(el_dleq_prove(&q, &p.share, &p.proof), EL_ELIMIT);
		assert_int_equal(el_dleq_prove(&p.q, &p.share, &p.proof), EL_OK);
	}
}

static int
setup(void **state)
{
	(void)state;
	return el_crypto_init();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_honest_partials_of_any_number),
		cmocka_unit_test(two_proofs_of_the_same_partials_differ),
		cmocka_unit_test(accepts_the_public_point_that_commitments_give),
		cmocka_unit_test(refuses_each_wrong_partial),
		cmocka_unit_test(refuses_a_proof_made_over_a_wrong_partial),
		cmocka_unit_test(refuses_two_wrong_partials_that_cancel),
		cmocka_unit_test(refuses_each_altered_byte_of_a_proof),
		cmocka_unit_test(refuses_a_proof_of_another_purpose_epoch_trustee_or_order),
		cmocka_unit_test(refuses_pairs_reordered_left_out_or_repeated),
		cmocka_unit_test(refuses_the_identity_anywhere),
		cmocka_unit_test(refuses_scalars_that_are_zero_or_not_reduced),
		cmocka_unit_test(proves_nothing_with_a_share_that_is_not_the_public_ones),
		cmocka_unit_test(refuses_no_pairs_too_many_and_trustees_out_of_range),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
