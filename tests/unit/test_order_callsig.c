#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "order/callsig.h"
#include "test_order_world.h"

static struct el_call
call(void)
{
	struct el_call c = { .method = "POST", .path = "/v1/orders/visits", .party = "registry", .time_s = NOW };

	el_sha256("{}", 2, &c.body);
	memset(c.nonce, 0x5a, sizeof c.nonce);
	return c;
}

static void
call_is_the_executors_within_a_minute(void **state)
{
	struct el_call c = call();
	struct el_sig sig;

	(void)state;
	assert_int_equal(el_call_sign(&c, world_key(KEY_EXECUTOR), &sig), EL_OK);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW), EL_OK);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW + 60), EL_OK);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW - 60), EL_OK);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW + 61), EL_ESTATE);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW - 61), EL_ESTATE);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_STRANGER), &sig, NOW), EL_ECRYPTO);
	c.time_s = UINT64_MAX;
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW), EL_ESTATE);
	c.time_s = (uint64_t)INT64_MAX;
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW), EL_ESTATE);
}

static void
call_signature_covers_every_part(void **state)
{
	const struct el_call good = call();
	struct el_call c;
	struct el_sig sig;

	(void)state;
	assert_int_equal(el_call_sign(&good, world_key(KEY_EXECUTOR), &sig), EL_OK);
#define REFUSES(change) \
	c = good; \
	change; \
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW), EL_ECRYPTO)
	REFUSES(c.method = "PUT");
	REFUSES(c.path = "/v1/orders/visit");
	REFUSES(c.party = "issuer:7");
	REFUSES(c.body.b[0] ^= 1);
	REFUSES(c.time_s++);
	REFUSES(c.nonce[15] ^= 1);
	/* The same characters, cut elsewhere. */
	REFUSES((c.method = "POST/", c.path = "v1/orders/visits"));
	REFUSES((c.path = "/v1/orders/visitsr", c.party = "egistry"));
#undef REFUSES
	c = good;
	c.method = "0123456789abcdef";
	assert_int_equal(el_call_sign(&c, world_key(KEY_EXECUTOR), &sig), EL_ELIMIT);
}

static void
call_header_fits_and_reads_as_the_protocol_says(void **state)
{
	char header[EL_CALL_HEADER_MAX];
	struct el_call c = call();

	(void)state;
	c.time_s = UINT64_MAX;
	assert_int_equal(el_call_header(&c, world_key(KEY_EXECUTOR), header), EL_OK);
	c.time_s = NOW;
	assert_int_equal(el_call_header(&c, world_key(KEY_EXECUTOR), header), EL_OK);
	assert_int_equal(strlen(header), strlen("EL1 key=,time=1788500000,nonce=,sig=") + 43 + 22 + 86);
	assert_memory_equal(header, "EL1 key=", 8);
	assert_memory_equal(header + 51, ",time=1788500000,nonce=WlpaWlpaWlpaWlpaWlpaWg,sig=", 50);
}

/* --- against the committed vectors --- */

static void
from_hex(const char *hex, uint8_t *out, size_t len)
{
	assert_int_equal(strlen(hex), 2 * len);
	for (size_t i = 0; i < len; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
}

static const char *
text_of(const json_t *one, const char *key)
{
	const char *text = json_string_value(json_object_get(one, key));

	assert_non_null(text);
	return text;
}

static void
calls_of_the_vectors_verify_and_sign_alike(void **state)
{
	json_t *json = json_load_file(EL_SOURCE_DIR "/tests/vectors/callsig.json", 0, NULL), *one;
	size_t i, n = 0;

	(void)state;
	assert_non_null(json);
	json_array_foreach(json_object_get(json, "cases"), i, one)
	{
		const bool valid = json_is_true(json_object_get(one, "valid"));
		struct el_sign_key *key = NULL;
		struct el_sig sig, again;
		struct el_call c = { 0 };
		struct el_sign_pk pk;
		uint8_t seed[32];

		c.method = text_of(one, "method");
		c.path = text_of(one, "path");
		c.party = text_of(one, "party");
		el_sha256(text_of(one, "body"), strlen(text_of(one, "body")), &c.body);
		c.time_s = (uint64_t)json_integer_value(json_object_get(one, "time"));
		from_hex(text_of(one, "nonce"), c.nonce, sizeof c.nonce);
		from_hex(text_of(one, "public"), pk.b, sizeof pk.b);
		from_hex(text_of(one, "signature"), sig.b, sizeof sig.b);
		assert_int_equal(el_call_verify(&c, &pk, &sig, (int64_t)c.time_s), valid ? EL_OK : EL_ECRYPTO);
		if (valid) {
			from_hex(text_of(one, "seed"), seed, sizeof seed);
			assert_int_equal(el_sign_key_new(seed, &key), EL_OK);
			assert_int_equal(el_call_sign(&c, key, &again), EL_OK);
			assert_memory_equal(&again, &sig, sizeof sig);
			el_sign_key_free(key);
		}
		n++;
	}
	assert_true(n > 0);
	json_decref(json);
}

/* --- nonces --- */

static void
nonce_is_taken_once_in_two_minutes(void **state)
{
	const uint8_t a[16] = { 1 }, b[16] = { 2 };
	struct el_nonces *s;

	(void)state;
	assert_int_equal(el_nonces_new(&s), EL_OK);
	assert_int_equal(el_nonces_take(s, a, NOW), EL_OK);
	assert_int_equal(el_nonces_take(s, a, NOW), EL_EEXIST);
	assert_int_equal(el_nonces_take(s, b, NOW + 1), EL_OK);
	assert_int_equal(el_nonces_take(s, a, NOW + 120), EL_EEXIST);
	assert_int_equal(el_nonces_take(s, a, NOW - 3600), EL_EEXIST); /* the clock was set back */
	assert_int_equal(el_nonces_take(s, a, NOW + 121), EL_OK);
	assert_int_equal(el_nonces_take(s, b, NOW + 121), EL_EEXIST);
	el_nonces_free(s);
	el_nonces_free(NULL);
}

static void
call_cannot_be_replayed_at_the_edge_of_its_window(void **state)
{
	struct el_call c = call();
	struct el_nonces *s;
	struct el_sig sig;

	(void)state;
	assert_int_equal(el_nonces_new(&s), EL_OK);
	assert_int_equal(el_call_sign(&c, world_key(KEY_EXECUTOR), &sig), EL_OK);
	assert_int_equal(el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, NOW - 60), EL_OK);
	assert_int_equal(el_nonces_take(s, c.nonce, NOW - 60), EL_OK);
	for (int64_t now = NOW - 60; el_call_verify(&c, world_pk(KEY_EXECUTOR), &sig, now) == EL_OK; now++)
		assert_int_equal(el_nonces_take(s, c.nonce, now), EL_EEXIST);
	el_nonces_free(s);
}

static void
nonces_are_full_until_some_are_forgotten(void **state)
{
	uint8_t nonce[16] = { 0 };
	struct el_nonces *s;

	(void)state;
	assert_int_equal(el_nonces_new(&s), EL_OK);
	for (unsigned round = 0; round < 3; round++) {
		const int64_t now = NOW + 200 * (int64_t)round;

		for (unsigned i = 0; i < EL_NONCES_MAX; i++) {
			memcpy(nonce, &i, sizeof i);
			assert_int_equal(el_nonces_take(s, nonce, now), EL_OK);
		}
		nonce[15] = 1;
		assert_int_equal(el_nonces_take(s, nonce, now + 120), EL_EBUSY);
		nonce[15] = 0;
	}
	el_nonces_free(s);
}

static void
call_under_an_order_is_its_executors_and_comes_once(void **state)
{
	struct el_order order = { .executor = *world_pk(KEY_EXECUTOR) };
	const struct el_sign_pk *const key = world_pk(KEY_EXECUTOR), *const other = world_pk(KEY_STRANGER);
	struct el_call c = call();
	struct el_nonces *nonces;
	struct el_sig sig;

	(void)state;
	assert_int_equal(el_nonces_new(&nonces), EL_OK);
	assert_int_equal(el_call_sign(&c, world_key(KEY_EXECUTOR), &sig), EL_OK);
	assert_int_equal(el_call_check(nonces, &c, other, &sig, &order, NOW), EL_CODE_EXECUTOR_MISMATCH);
	assert_int_equal(el_call_check(nonces, &c, key, &sig, &order, NOW + 61), EL_CODE_EXECUTOR_MISMATCH);
	assert_int_equal(el_call_check(nonces, &c, key, &sig, &order, NOW), EL_CODE_OK); /* those took no nonce */
	assert_int_equal(el_call_check(nonces, &c, key, &sig, &order, NOW), EL_CODE_EXECUTOR_MISMATCH);
	for (uint32_t i = 0; i < EL_NONCES_MAX - 1; i++) {
		memcpy(c.nonce, &i, sizeof i);
		assert_int_equal(el_nonces_take(nonces, c.nonce, NOW), EL_OK);
	}
	memset(c.nonce, 0xa5, sizeof c.nonce);
	assert_int_equal(el_call_sign(&c, world_key(KEY_EXECUTOR), &sig), EL_OK);
	assert_int_equal(el_call_check(nonces, &c, key, &sig, &order, NOW), EL_CODE_BUSY);
	el_nonces_free(nonces);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_is_the_executors_within_a_minute),
		cmocka_unit_test(call_signature_covers_every_part),
		cmocka_unit_test(call_header_fits_and_reads_as_the_protocol_says),
		cmocka_unit_test(calls_of_the_vectors_verify_and_sign_alike),
		cmocka_unit_test(nonce_is_taken_once_in_two_minutes),
		cmocka_unit_test(call_cannot_be_replayed_at_the_edge_of_its_window),
		cmocka_unit_test(call_under_an_order_is_its_executors_and_comes_once),
		cmocka_unit_test(nonces_are_full_until_some_are_forgotten),
	};

	return cmocka_run_group_tests(tests, world_up, world_down);
}
