#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "log/tree.h"

#define MAX 70
static struct el_hash leaves[MAX];

static void
an_empty_tree_is_the_hash_of_nothing(void **state)
{
	static const uint8_t nothing[32] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8,
		0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78,
		0x52, 0xb8, 0x55 };
	struct el_tree *tree;
	struct el_hash root;

	(void)state;
	el_tree_root(leaves, 0, &root);
	assert_memory_equal(root.b, nothing, 32);
	el_tree_root(NULL, 0, &root);
	assert_memory_equal(root.b, nothing, 32);
	assert_int_equal(el_tree_new(leaves, 0, &tree), EL_OK);
	el_tree_get_root(tree, &root);
	assert_memory_equal(root.b, nothing, 32);
	el_tree_free(tree);
	el_tree_free(NULL);
}

static void
the_example_tree_of_rfc_6962_has_its_published_roots(void **state)
{
	/* The inputs of the certificate transparency test data. */
	static const struct {
		const char *bytes;
		size_t n;
	} in[] = { { "", 0 }, { "\x00", 1 }, { "\x10", 1 }, { "\x20\x21", 2 }, { "\x30\x31", 2 },
		{ "\x40\x41\x42\x43", 4 }, { "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
		{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16 } };
	static const uint8_t root8[32] = { 0x5d, 0xc9, 0xda, 0x79, 0xa7, 0x06, 0x59, 0xa9, 0xad, 0x55, 0x9c, 0xb7, 0x01,
		0xde, 0xd9, 0xa2, 0xab, 0x9d, 0x82, 0x3a, 0xad, 0x2f, 0x49, 0x60, 0xcf, 0xe3, 0x70, 0xef, 0xf4, 0x60,
		0x43, 0x28 };
	struct el_hash h[8], root;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		uint8_t leaf[20] = { 0 };

		memcpy(leaf + 1, in[i].bytes, in[i].n);
		el_sha256(leaf, in[i].n + 1, &h[i]);
	}
	el_tree_root(h, 8, &root);
	assert_memory_equal(root.b, root8, 32);
}

static void
both_ways_of_building_agree_and_every_path_leads_to_the_root(void **state)
{
	(void)state;
	for (size_t n = 1; n <= MAX; n++) {
		struct el_hash root, same;
		struct el_tree *tree;

		el_tree_root(leaves, n, &root);
		assert_int_equal(el_tree_new(leaves, n, &tree), EL_OK);
		el_tree_get_root(tree, &same);
		assert_true(el_hash_eq(&root, &same));
		for (size_t i = 0; i < n; i++) {
			struct el_path a, b;

			el_tree_path(leaves, n, i, &a);
			el_tree_get_path(tree, i, &b);
			assert_memory_equal(&a, &b, sizeof a);
			assert_int_equal(el_tree_check(&leaves[i], &a, &root), EL_OK);
		}
		el_tree_free(tree);
	}
}

static void
no_path_proves_another_leaf_index_size_or_hash(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 20; n++) {
		struct el_hash root;

		el_tree_root(leaves, n, &root);
		for (size_t i = 0; i < n; i++) {
			struct el_path good, p;

			el_tree_path(leaves, n, i, &good);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(el_tree_check(&leaves[k], &good, &root), k == i ? EL_OK : EL_ECRYPTO);
			p = good;
			for (p.index = 0; p.index < n + 2; p.index++)
				if (p.index != i)
					assert_int_not_equal(el_tree_check(&leaves[i], &p, &root), EL_OK);
			for (size_t h = 0; h < good.n; h++) {
				p = good;
				p.hashes[h].b[31] ^= 1;
				assert_int_equal(el_tree_check(&leaves[i], &p, &root), EL_ECRYPTO);
				p = good;
				p.n = h;
				assert_int_equal(el_tree_check(&leaves[i], &p, &root), EL_ECRYPTO);
			}
			p = good;
			p.hashes[p.n++] = leaves[0];
			assert_int_equal(el_tree_check(&leaves[i], &p, &root), EL_ECRYPTO);
		}
	}
}

static void
extreme_paths_are_refused(void **state)
{
	struct el_path p = { .index = UINT64_MAX, .size = UINT64_MAX };

	(void)state;
	assert_int_equal(el_tree_check(&leaves[0], &p, &leaves[0]), EL_EFORMAT);
	p.index = UINT64_MAX - 1;
	assert_int_equal(el_tree_check(&leaves[0], &p, &leaves[0]), EL_ECRYPTO);
	p.n = EL_PATH_HASHES_MAX;
	assert_int_equal(el_tree_check(&leaves[0], &p, &leaves[0]), EL_ECRYPTO);
	p.n = EL_PATH_HASHES_MAX + 1;
	assert_int_equal(el_tree_check(&leaves[0], &p, &leaves[0]), EL_EFORMAT);
	p = (struct el_path){ .index = 0, .size = 0 };
	assert_int_equal(el_tree_check(&leaves[0], &p, &leaves[0]), EL_EFORMAT);
	p.size = 1;
	assert_int_equal(el_tree_check(&leaves[0], &p, &leaves[0]), EL_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_is_the_hash_of_nothing),
		cmocka_unit_test(the_example_tree_of_rfc_6962_has_its_published_roots),
		cmocka_unit_test(both_ways_of_building_agree_and_every_path_leads_to_the_root),
		cmocka_unit_test(no_path_proves_another_leaf_index_size_or_hash),
		cmocka_unit_test(extreme_paths_are_refused),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	for (uint32_t i = 0; i < MAX; i++) {
		uint8_t b[4];

		el_put_u32(b, i);
		el_sha256(b, sizeof b, &leaves[i]);
	}
	return cmocka_run_group_tests_name("log_tree", tests, NULL, NULL);
}
