#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/group.h"
#include "crypto/schnorr.h"
#include "crypto/selftest.h"
#include "crypto/share.h"

static struct el_scalar x;
static struct el_point p;

static int
up(void **state)
{
	(void)state;
	if (el_crypto_init() != EL_OK)
		return -1;
	el_scalar_random(&x);
	return el_point_base(&p, &x);
}

static void
proves_knowledge_to_everybody(void **state)
{
	uint8_t proof[EL_SCHNORR_LEN], again[EL_SCHNORR_LEN];

	(void)state;
	assert_int_equal(el_schnorr_prove("EL1-test", &x, "word", 4, proof), EL_OK);
	assert_int_equal(el_schnorr_verify("EL1-test", &p, "word", 4, proof), EL_OK);
	assert_int_equal(el_schnorr_prove("EL1-test", &x, "word", 4, again), EL_OK);
	assert_memory_equal(proof, again, sizeof proof);
}

static void
two_statements_never_share_a_nonce(void **state)
{
	uint8_t a[EL_SCHNORR_LEN], b[EL_SCHNORR_LEN], c[EL_SCHNORR_LEN];

	(void)state;
	assert_int_equal(el_schnorr_prove("EL1-test", &x, "word", 4, a), EL_OK);
	assert_int_equal(el_schnorr_prove("EL1-test", &x, "worD", 4, b), EL_OK);
	assert_int_equal(el_schnorr_prove("EL1-tesT", &x, "word", 4, c), EL_OK);
	assert_memory_not_equal(a, b, EL_POINT_LEN);
	assert_memory_not_equal(a, c, EL_POINT_LEN);
	assert_memory_not_equal(b, c, EL_POINT_LEN);
}

static void
refuses_proof_of_another_key_label_or_word_and_every_changed_bit(void **state)
{
	uint8_t proof[EL_SCHNORR_LEN], zero[EL_SCHNORR_LEN] = { 0 };
	struct el_scalar other;
	struct el_point q;

	(void)state;
	assert_int_equal(el_schnorr_prove("EL1-test", &x, "word", 4, proof), EL_OK);
	el_scalar_random(&other);
	assert_int_equal(el_point_base(&q, &other), EL_OK);
	assert_int_equal(el_schnorr_verify("EL1-test", &q, "word", 4, proof), EL_ECRYPTO);
	assert_int_equal(el_schnorr_verify("EL1-tesT", &p, "word", 4, proof), EL_ECRYPTO);
	assert_int_equal(el_schnorr_verify("EL1-test", &p, "words", 5, proof), EL_ECRYPTO);
	assert_int_equal(el_schnorr_verify("EL1-test", &p, "word", 4, zero), EL_ECRYPTO);
	for (size_t i = 0; i < sizeof proof * 8; i++) {
		proof[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_equal(el_schnorr_verify("EL1-test", &p, "word", 4, proof), EL_ECRYPTO);
		proof[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void
refuses_to_prove_nothing(void **state)
{
	const struct el_scalar nothing = { { 0 } };
	uint8_t proof[EL_SCHNORR_LEN];

	(void)state;
	assert_int_equal(el_schnorr_prove("EL1-test", &nothing, "word", 4, proof), EL_ECRYPTO);
}

/* Coefficients out of a seed: the same for the same context alone, and shares of them fit their commitments. */
static void
derives_polynomials_whose_shares_fit(void **state)
{
	uint8_t seed[EL_KEY_LEN] = { 9 };
	struct el_scalar a[3], b[3], f;
	struct el_point c[3];

	(void)state;
	el_share_derive(seed, "one", 3, 3, a);
	el_share_derive(seed, "one", 3, 3, b);
	assert_memory_equal(a, b, sizeof a);
	el_share_derive(seed, "two", 3, 3, b);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++)
			assert_memory_not_equal(&a[i], &b[k], sizeof a[0]);
	assert_memory_not_equal(&a[0], &a[1], sizeof a[0]);
	for (size_t k = 0; k < 3; k++)
		assert_int_equal(el_point_base(&c[k], &a[k]), EL_OK);
	for (unsigned j = 1; j <= 5; j++) {
		el_share_at(a, 3, j, &f);
		assert_int_equal(el_share_verify(c, 3, j, &f), EL_OK);
		assert_int_equal(el_share_verify(c, 3, j + 1, &f), EL_ECRYPTO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proves_knowledge_to_everybody),
		cmocka_unit_test(two_statements_never_share_a_nonce),
		cmocka_unit_test(refuses_proof_of_another_key_label_or_word_and_every_changed_bit),
		cmocka_unit_test(refuses_to_prove_nothing),
		cmocka_unit_test(derives_polynomials_whose_shares_fit),
	};

	return cmocka_run_group_tests_name("crypto schnorr", tests, up, NULL);
}
