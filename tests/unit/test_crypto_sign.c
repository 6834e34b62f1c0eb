/* Both ways of signing, and what each lets through when the library errs: the linker puts ours before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "crypto/sign.h"

#define LABEL "EL1-token"

int __real_crypto_sign_detached(uint8_t *, unsigned long long *, const uint8_t *, unsigned long long, const uint8_t *);
int __wrap_crypto_sign_detached(uint8_t *, unsigned long long *, const uint8_t *, unsigned long long, const uint8_t *);

/* What goes wrong in the next signature. */
enum fault {
	NO_FAULT,
	IN_SIGNATURE, /* bit `at` of the result flips */
	IN_SCALAR, /* bit `at` of the secret scalar is another while S is made */
	IN_NONCE, /* r is a small number, in R as well: the signature is valid and gives the key away */
	IN_PUBLIC_KEY /* bit `at` of the public key beside the seed flips */
};
static enum fault fault;
static unsigned at;

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

/* RFC 8032 section 5.1.6, with the fault. */
static void
sign_badly(uint8_t *sig, const uint8_t *m, size_t len, const uint8_t *sk)
{
	uint8_t h[64], r[32] = { 3 }, k[32];

	crypto_hash_sha512(h, sk, 32);
	h[0] &= 248;
	h[31] = (uint8_t)((h[31] & 127) | 64);
	if (fault != IN_NONCE)
		to_scalar(h + 32, NULL, m, len, r);
	assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(sig, r), 0);
	to_scalar(sig, sk + 32, m, len, k);
	if (fault == IN_SCALAR)
		h[at / 8] ^= (uint8_t)(1 << at % 8);
	crypto_core_ed25519_scalar_mul(k, k, h);
	crypto_core_ed25519_scalar_add(sig + 32, k, r);
}

int
__wrap_crypto_sign_detached(
    uint8_t *sig, unsigned long long *sig_len, const uint8_t *m, unsigned long long len, const uint8_t *sk)
{
	uint8_t key[64];

	memcpy(key, sk, sizeof key);
	if (fault == IN_PUBLIC_KEY)
		key[32 + at / 8] ^= (uint8_t)(1 << at % 8);
	if (fault == IN_SCALAR || fault == IN_NONCE)
		sign_badly(sig, m, (size_t)len, sk);
	else
		assert_int_equal(__real_crypto_sign_detached(sig, sig_len, m, len, key), 0);
	if (fault == IN_SIGNATURE)
		sig[at / 8] ^= (uint8_t)(1 << at % 8);
	return 0;
}

static struct el_sign_key *
new_key(void)
{
	struct el_sign_key *key;
	uint8_t seed[32];

	el_random(seed, sizeof seed);
	assert_int_equal(el_sign_key_new(seed, &key), EL_OK);
	fault = NO_FAULT;
	return key;
}

static void
both_ways_give_the_same_bytes(void **state)
{
	struct el_sig checked, unique;
	uint8_t message[600];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct el_sign_key *const key = new_key();

		el_random(message, sizeof message);
		for (size_t len = 0; len <= sizeof message; len += 100) {
			assert_int_equal(el_sign(key, LABEL, message, len, &checked), EL_OK);
			assert_int_equal(el_sign_unique(key, LABEL, message, len, &unique), EL_OK);
			assert_memory_equal(checked.b, unique.b, sizeof checked.b);
		}
		el_sign_key_free(key);
	}
}

static void
a_key_signs_the_same_open_and_closed(void **state)
{
	struct el_sign_key *const key = new_key();
	struct el_sig closed, opened;

	(void)state;
	assert_int_equal(el_sign(key, LABEL, "x", 1, &closed), EL_OK);
	el_sign_key_open(key);
	el_sign_key_open(key); /* again: harmless, and so is closing */
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(el_sign(key, LABEL, "x", 1, &opened), EL_OK);
		assert_memory_equal(closed.b, opened.b, sizeof closed.b);
		assert_int_equal(el_sign_unique(key, LABEL, "x", 1, &opened), EL_OK);
		assert_memory_equal(closed.b, opened.b, sizeof closed.b);
	}
	el_sign_key_close(key);
	el_sign_key_close(key);
	assert_int_equal(el_sign_unique(key, LABEL, "x", 1, &opened), EL_OK);
	assert_memory_equal(closed.b, opened.b, sizeof closed.b);
	el_sign_key_free(key);
}

static void
our_bad_signer_is_right_but_for_its_fault(void **state)
{
	struct el_sign_key *const key = new_key();
	struct el_sig sig;

	(void)state;
	fault = IN_NONCE; /* its signature holds, which is why verifying finds no bad nonce */
	assert_int_equal(el_sign(key, LABEL, "x", 1, &sig), EL_OK);
	assert_int_equal(el_verify(el_sign_key_pk(key), LABEL, "x", 1, &sig), EL_OK);
	el_sign_key_free(key);
}

static void
assert_refused(int (*sign)(const struct el_sign_key *, const char *, const void *, size_t, struct el_sig *),
    const struct el_sign_key *key, enum fault f, unsigned bit)
{
	struct el_sig sig;

	fault = f;
	at = bit;
	memset(&sig, 1, sizeof sig);
	assert_int_equal(sign(key, LABEL, "x", 1, &sig), EL_ECRYPTO);
	assert_true(el_is_zero(sig.b, sizeof sig.b)); /* nothing is released */
	fault = NO_FAULT;
}

static void
neither_way_releases_what_tells_of_the_scalar(void **state)
{
	struct el_sign_key *const key = new_key();

	(void)state;
	for (unsigned bit = 0; bit < 253; bit++) {
		assert_refused(el_sign, key, IN_SCALAR, bit);
		assert_refused(el_sign_unique, key, IN_SCALAR, bit);
	}
	for (unsigned bit = 0; bit < 256; bit++) {
		assert_refused(el_sign, key, IN_SIGNATURE, 256 + bit);
		assert_refused(el_sign_unique, key, IN_SIGNATURE, 256 + bit);
		assert_refused(el_sign, key, IN_PUBLIC_KEY, bit);
		assert_refused(el_sign_unique, key, IN_PUBLIC_KEY, bit);
	}
	el_sign_key_free(key);
}

static void
a_bad_nonce_is_refused_for_tokens(void **state)
{
	struct el_sign_key *const key = new_key();

	(void)state;
	assert_refused(el_sign_unique, key, IN_NONCE, 0);
	el_sign_key_free(key);
}

/* R and S from one call do not fit then, which both see; a wrong R with the S that fits it is for samples to find. */
static void
a_changed_point_is_refused(void **state)
{
	struct el_sign_key *const key = new_key();

	(void)state;
	for (unsigned bit = 0; bit < 256; bit++) {
		assert_refused(el_sign, key, IN_SIGNATURE, bit);
		assert_refused(el_sign_unique, key, IN_SIGNATURE, bit);
	}
	el_sign_key_free(key);
}

static int
sign_note(const struct el_sign_key *key, const char *label, const void *in, size_t len, struct el_sig *out)
{
	(void)label;
	return el_sign_note(key, in, len, out);
}

static void
a_note_is_verified_before_it_is_released(void **state)
{
	struct el_sign_key *const key = new_key();

	(void)state;
	for (unsigned bit = 0; bit < 253; bit += 4)
		assert_refused(sign_note, key, IN_SCALAR, bit);
	for (unsigned bit = 0; bit < 512; bit += 4)
		assert_refused(sign_note, key, IN_SIGNATURE, bit);
	for (unsigned bit = 0; bit < 256; bit += 4)
		assert_refused(sign_note, key, IN_PUBLIC_KEY, bit);
	el_sign_key_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_give_the_same_bytes),
		cmocka_unit_test(a_key_signs_the_same_open_and_closed),
		cmocka_unit_test(our_bad_signer_is_right_but_for_its_fault),
		cmocka_unit_test(neither_way_releases_what_tells_of_the_scalar),
		cmocka_unit_test(a_bad_nonce_is_refused_for_tokens),
		cmocka_unit_test(a_changed_point_is_refused),
		cmocka_unit_test(a_note_is_verified_before_it_is_released),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("crypto_sign", tests, NULL, NULL);
}
