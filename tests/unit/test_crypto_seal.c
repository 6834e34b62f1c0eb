#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/box.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/row.h"
#include "crypto/selftest.h"

static const uint8_t key[32] = { 1, 2, 3 };

static void
kdf_depends_on_key_label_and_data(void **state)
{
	static const uint8_t other[32] = { 1, 2, 4 };
	uint8_t a[32], b[32], data[2] = { 1, 0 };

	(void)state;
	el_kdf(a, key, "EL1-tags", data, 1);
	el_kdf(b, key, "EL1-tags", data, 1);
	assert_memory_equal(a, b, 32);
	el_kdf(b, key, "EL1-rows", data, 1);
	assert_memory_not_equal(a, b, 32);
	el_kdf(b, key, "EL1-tag", data, 1); /* a prefix of the label, padded */
	assert_memory_not_equal(a, b, 32);
	el_kdf(b, other, "EL1-tags", data, 1);
	assert_memory_not_equal(a, b, 32);
	el_kdf(b, key, "EL1-tags", data, 2);
	assert_memory_not_equal(a, b, 32);
}

static void
prf_is_the_beginning_of_the_kdf(void **state)
{
	uint8_t full[32], prf16[16];
	struct el_tag prf8;

	(void)state;
	el_kdf(full, key, "EL1-tag", "abcd", 4);
	el_prf8(&prf8, key, "EL1-tag", "abcd", 4);
	el_prf16(prf16, key, "EL1-tag", "abcd", 4);
	assert_memory_equal(prf8.b, full, 8);
	assert_memory_equal(prf16, full, 16);
}

static void
a_tag_is_a_big_endian_number(void **state)
{
	const struct el_tag t = { { 0x80, 0, 0, 0, 0, 0, 0, 1 } };

	(void)state;
	assert_true(el_tag_u64(&t) == 0x8000000000000001u);
}

static void
any_bit_changed_in_a_sealed_row_is_refused(void **state)
{
	const struct el_row_place place = { EL_STORE_VISIT, 1, 2, 3, 4 };
	uint8_t row[8 + EL_AEAD_OVERHEAD], out[8];

	(void)state;
	el_row_seal(key, &place, "12345678", 8, row);
	assert_int_equal(el_row_open(key, &place, row, sizeof row, out), EL_OK);
	assert_memory_equal(out, "12345678", 8);
	for (size_t bit = 0; bit < 8 * sizeof row; bit++) {
		row[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(el_row_open(key, &place, row, sizeof row, out), EL_ECRYPTO);
		row[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < sizeof row; n++)
		assert_int_equal(el_row_open(key, &place, row, n, out), n < EL_AEAD_OVERHEAD ? EL_EFORMAT : EL_ECRYPTO);
}

static void
a_row_opens_at_its_own_place_only(void **state)
{
	const struct el_row_place place = { EL_STORE_VISIT, 0x0102, 3, 4, 5 };
	struct el_row_place p[6] = { place, place, place, place, place, place };
	uint8_t row[1 + EL_AEAD_OVERHEAD], out[1];

	(void)state;
	el_row_seal(key, &place, "x", 1, row);
	p[0].store = EL_STORE_IDENTITY;
	p[1].epoch = 0x0201;
	p[2].segment = 3u << 24;
	p[3].tag_a = 5;
	p[4].tag_b = 4;
	p[5].tag_a = 5;
	p[5].tag_b = 4;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(el_row_open(key, &p[i], row, sizeof row, out), EL_ECRYPTO);
}

static void
sealing_twice_gives_two_texts(void **state)
{
	uint8_t a[1 + EL_AEAD_OVERHEAD], b[1 + EL_AEAD_OVERHEAD], box_a[1 + EL_BOX_OVERHEAD],
	    box_b[1 + EL_BOX_OVERHEAD];
	struct el_scalar s;
	struct el_point p;

	(void)state;
	el_aead_seal(key, "x", 1, NULL, 0, a);
	el_aead_seal(key, "x", 1, NULL, 0, b);
	assert_memory_not_equal(a, b, sizeof a);
	el_scalar_random(&s);
	assert_int_equal(el_point_base(&p, &s), EL_OK);
	assert_int_equal(el_box_seal(&p, "x", 1, NULL, 0, box_a), EL_OK);
	assert_int_equal(el_box_seal(&p, "x", 1, NULL, 0, box_b), EL_OK);
	assert_memory_not_equal(box_a, box_b, 32);
}

static void
any_bit_changed_in_a_box_is_refused(void **state)
{
	uint8_t box[4 + EL_BOX_OVERHEAD], out[4];
	struct el_scalar s;
	struct el_point p;

	(void)state;
	el_scalar_random(&s);
	assert_int_equal(el_point_base(&p, &s), EL_OK);
	assert_int_equal(el_box_seal(&p, "data", 4, "ad", 2, box), EL_OK);
	for (size_t bit = 0; bit < 8 * sizeof box; bit++) {
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(el_box_open(&s, &p, box, sizeof box, "ad", 2, out), EL_OK);
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < sizeof box; n++)
		assert_int_not_equal(el_box_open(&s, &p, box, n, "ad", 2, out), EL_OK);
	assert_int_equal(el_box_open(&s, &p, box, sizeof box, "ad", 2, out), EL_OK);
	assert_memory_equal(out, "data", 4);
}

static void
a_box_names_its_recipient(void **state)
{
	uint8_t box[4 + EL_BOX_OVERHEAD], out[4];
	struct el_scalar s, one;
	struct el_point p, q, g;

	(void)state;
	el_scalar_random(&s);
	el_scalar_from_u32(1, &one);
	assert_int_equal(el_point_base(&p, &s), EL_OK);
	assert_int_equal(el_point_base(&g, &one), EL_OK);
	assert_int_equal(el_point_add(&q, &p, &g), EL_OK);
	assert_int_equal(el_box_seal(&p, "data", 4, NULL, 0, box), EL_OK);
	assert_int_equal(el_box_open(&s, &q, box, sizeof box, NULL, 0, out), EL_ECRYPTO);
}

static void
sha256_is_the_published_one_in_pieces_too(void **state)
{
	static const uint8_t abc[32] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d,
		0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00,
		0x15, 0xad };
	struct el_sha256 s;
	struct el_hash h, g;

	(void)state;
	el_sha256("abc", 3, &h);
	assert_memory_equal(h.b, abc, 32);
	el_sha256_init(&s);
	el_sha256_update(&s, "a", 1);
	el_sha256_update(&s, "bc", 2);
	el_sha256_final(&s, &g);
	assert_true(el_hash_eq(&h, &g));
	g.b[31] ^= 1;
	assert_false(el_hash_eq(&h, &g));
	assert_true(el_is_zero("\0\0", 2));
	assert_false(el_is_zero("\0\1", 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kdf_depends_on_key_label_and_data),
		cmocka_unit_test(prf_is_the_beginning_of_the_kdf),
		cmocka_unit_test(a_tag_is_a_big_endian_number),
		cmocka_unit_test(any_bit_changed_in_a_sealed_row_is_refused),
		cmocka_unit_test(a_row_opens_at_its_own_place_only),
		cmocka_unit_test(sealing_twice_gives_two_texts),
		cmocka_unit_test(any_bit_changed_in_a_box_is_refused),
		cmocka_unit_test(a_box_names_its_recipient),
		cmocka_unit_test(sha256_is_the_published_one_in_pieces_too),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	return cmocka_run_group_tests_name("crypto_seal", tests, NULL, NULL);
}
