#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "crypto/selftest.h"
#include "log/tiles.h"

#define SMALL 300
#define LEAVES 131330 /* a little over 2 * 256^2 */

/* A tree in memory, by levels of tiles, and which tiles were asked for. */
static struct el_hash leaves[LEAVES], level1[LEAVES / 256], level2[LEAVES / 65536];
static const struct el_hash *const levels[3] = { leaves, level1, level2 };
static struct {
	uint64_t size; /* of the tree that is asked about */
	unsigned n_reads, fail_at; /* 0: never */
	struct el_tile read[64];
} asked;

static int
read_memory(void *ctx, const struct el_tile *t, uint8_t *out)
{
	const struct el_tile whole = el_tile_of(t->level, t->index, asked.size);

	(void)ctx;
	assert_false(t->entries);
	assert_in_range(t->level, 0, 2);
	assert_in_range(t->width, 1, 256);
	assert_int_equal(t->width, whole.width);
	for (unsigned i = 0; i < asked.n_reads; i++)
		assert_false(asked.read[i].level == t->level && asked.read[i].index == t->index);
	assert_in_range(asked.n_reads, 0, 63);
	asked.read[asked.n_reads++] = *t;
	if (asked.n_reads == asked.fail_at)
		return EL_EIO;
	memcpy(out, levels[t->level] + t->index * 256, t->width * sizeof(struct el_hash));
	return EL_OK;
}

static const struct el_tile_source memory = { read_memory, NULL };

static const struct el_tile_source *
tree_of(uint64_t size)
{
	asked.size = size;
	asked.n_reads = 0;
	asked.fail_at = 0;
	return &memory;
}

static void
build(void)
{
	for (uint32_t i = 0; i < LEAVES; i++) {
		uint8_t b[4];

		el_put_u32(b, i);
		el_entry_leaf(b, sizeof b, &leaves[i]);
	}
	for (size_t i = 0; i < LEAVES / 256; i++)
		el_tree_root(leaves + 256 * i, 256, &level1[i]);
	for (size_t i = 0; i < LEAVES / 65536; i++)
		el_tree_root(level1 + 256 * i, 256, &level2[i]);
}

/* Sizes at which a tile begins or ends, on each of the three levels. */
static const size_t sizes[] = { 511, 512, 513, 767, 768, 769, 65279, 65280, 65281, 65535, 65536, 65537, 65791, 65792,
	65793, 70000, 98304, 131071, 131072, 131073, 131328, 131329 };
#define SIZES (sizeof sizes / sizeof sizes[0])

static void
hash_is(const struct el_hash *h, const char *hex)
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", h->b[i]);
	assert_string_equal(text, hex);
}

/*
 * The certificate transparency test data (leaves, roots of the first 1..8 of them, proofs), as in
 * github.com/transparency-dev/merkle, proof/verify_test.go.
 */
static const char *const ct_leaves[8] = { "", "\x00", "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43",
	"\x50\x51\x52\x53\x54\x55\x56\x57", "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f" };
static const size_t ct_leaf_len[8] = { 0, 1, 1, 2, 2, 4, 8, 16 };
static const char *const ct_roots[8] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
#define H96 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define H5F "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define H6B "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define HBC "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define HCA "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define HD3 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define HFA "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H6E "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define H0E "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define HB0 "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"

static int
read_ct(void *ctx, const struct el_tile *t, uint8_t *out)
{
	assert_int_equal(t->level, 0);
	memcpy(out, ctx, t->width * sizeof(struct el_hash));
	return EL_OK;
}

static void
the_certificate_transparency_test_data_has_its_published_roots_and_proofs(void **state)
{
	static const struct {
		uint64_t index, size;
		const char *hashes[3];
	} paths[] = { { 0, 1, { 0 } }, { 0, 8, { H96, H5F, H6B } }, { 5, 8, { HBC, HCA, HD3 } }, { 2, 3, { HFA } },
		{ 1, 5, { H6E, H5F, HBC } } };
	static const struct {
		uint64_t from, to;
		const char *hashes[3];
	} proofs[] = { { 1, 1, { 0 } }, { 1, 8, { H96, H5F, H6B } }, { 6, 8, { H0E, HCA, HD3 } },
		{ 2, 5, { H5F, HBC } }, { 6, 7, { H0E, HB0, HD3 } } };
	struct el_hash h[8], roots[8];
	struct el_edge edge = { 0 };
	const struct el_tile_source source = { read_ct, h };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct el_hash root;

		el_entry_leaf((const uint8_t *)ct_leaves[i], ct_leaf_len[i], &h[i]);
		el_edge_append(&edge, &h[i]);
		el_edge_root(&edge, &root);
		hash_is(&root, ct_roots[i]);
		assert_int_equal(el_tiles_root(&source, i + 1, &roots[i]), EL_OK);
		hash_is(&roots[i], ct_roots[i]);
	}
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct el_path p;

		assert_int_equal(el_tiles_path(&source, paths[i].size, paths[i].index, &p), EL_OK);
		for (size_t k = 0; k < p.n; k++)
			hash_is(&p.hashes[k], paths[i].hashes[k]);
		assert_true(p.n == 3 || paths[i].hashes[p.n] == NULL);
		assert_int_equal(el_tree_check(&h[paths[i].index], &p, &roots[paths[i].size - 1]), EL_OK);
	}
	for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
		struct el_consistency c;

		assert_int_equal(el_tiles_consistency(&source, proofs[i].from, proofs[i].to, &c), EL_OK);
		for (size_t k = 0; k < c.n; k++)
			hash_is(&c.hashes[k], proofs[i].hashes[k]);
		assert_true(c.n == 3 || proofs[i].hashes[c.n] == NULL);
		assert_int_equal(el_consistency_check(&c, &roots[proofs[i].from - 1], &roots[proofs[i].to - 1]), EL_OK);
	}
}

static void
paths_of_tiles_are_those_of_the_specification(void **state)
{
	/* C2SP tlog-tiles (1234067), and Go's sumdb tests with our height left out (123456078, 3057500). */
	static const struct {
		const char *path;
		struct el_tile tile;
	} good[] = {
		{ "tile/0/x001/x234/067", { false, 0, 1234067, 256 } },
		{ "tile/0/000", { false, 0, 0, 256 } },
		{ "tile/0/001.p/5", { false, 0, 1, 5 } },
		{ "tile/1/x003/x057/500", { false, 1, 3057500, 256 } },
		{ "tile/0/x123/x456/078.p/2", { false, 0, 123456078, 2 } },
		{ "tile/entries/x123/x456/078", { true, 0, 123456078, 256 } },
		{ "tile/entries/273.p/112", { true, 0, 273, 112 } },
		{ "tile/0/999.p/255", { false, 0, 999, 255 } },
		{ "tile/0/x001/000.p/1", { false, 0, 1000, 1 } },
		{ "tile/2/017", { false, 2, 17, 256 } },
		{ "tile/0/x004/x294/x967/295", { false, 0, 4294967295, 256 } },
		{ "tile/4/000", { false, 4, 0, 256 } },
		{ "tile/5/000.p/1", { false, 5, 0, 1 } },
	};
	static const char *const bad[] = { "", "tile", "tile/", "tile/0", "tile/0/", "/tile/0/000", "tile//000",
		"tile/0//000", "tile/00/000", "tile/6/000", "tile/63/000", "tile/-1/000", "tile/+1/000",
		"tile/x000/000", "tile/entries0/000", "tile/data/000", "tile/entries", "tile/0/0", "tile/0/00",
		"tile/0/0000", "tile/0/1000", "tile/0/x000/000", "tile/0/x001", "tile/0/x001/", "tile/0/001/000",
		"tile/0/x001/x000", "tile/0/x01/000", "tile/0/x1/000", "tile/0/X001/000", "tile/0/000.p",
		"tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256",
		"tile/0/000.p/1000", "tile/0/000.p/1/", "tile/0/000.p/1 ", "tile/0/000 ", " tile/0/000", "tile/0/000/",
		"tile/0/000.q/1", "tile/0/000p/1", "tile/0/0a0", "tile/0/ 00", "tile/0/-01", "tile/3/5/123/456/078",
		"tile/0/x004/x294/x967/296", "tile/4/001", "tile/5/001", "tile/entries/x004/x294/x967/296",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
		"tile/0/x018/x446/x744/x073/x709/x551/616", "tile/8/../../000", "tile/0/%30%30%30" };
	struct el_tile t, zero = { 0 };
	char path[EL_TILE_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		el_tile_path(&good[i].tile, path);
		assert_string_equal(path, good[i].path);
		assert_int_equal(el_tile_parse(good[i].path, &t), EL_OK);
		assert_true(t.entries == good[i].tile.entries && t.level == good[i].tile.level &&
			    t.index == good[i].tile.index && t.width == good[i].tile.width);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (el_tile_parse(bad[i], &t) != EL_EFORMAT)
			fail_msg("accepted %s", bad[i]);
		assert_memory_equal(&t, &zero, sizeof t);
	}
	/* The longest has room. */
	t = (struct el_tile){ .entries = true, .index = UINT64_MAX, .width = 255 };
	el_tile_path(&t, path);
	assert_string_equal(path, "tile/entries/x018/x446/x744/x073/x709/x551/615.p/255");
}

static void
a_tree_has_the_tiles_that_the_specification_counts(void **state)
{
	(void)state;
	/* C2SP tlog-tiles: a tree of 70,000, and one of 256. */
	assert_int_equal(el_tile_of(0, 0, 70000).width, 256);
	assert_int_equal(el_tile_of(0, 272, 70000).width, 256);
	assert_int_equal(el_tile_of(0, 273, 70000).width, 112);
	assert_int_equal(el_tile_of(0, 274, 70000).width, 0);
	assert_int_equal(el_tile_of(1, 0, 70000).width, 256);
	assert_int_equal(el_tile_of(1, 1, 70000).width, 17);
	assert_int_equal(el_tile_of(1, 2, 70000).width, 0);
	assert_int_equal(el_tile_of(2, 0, 70000).width, 1);
	assert_int_equal(el_tile_of(3, 0, 70000).width, 0);
	assert_int_equal(el_tile_of(0, 0, 256).width, 256);
	assert_int_equal(el_tile_of(0, 1, 256).width, 0);
	assert_int_equal(el_tile_of(1, 0, 256).width, 1);
	assert_int_equal(el_tile_of(0, 0, 0).width, 0);
	assert_int_equal(el_tile_of(5, 0, EL_LOG_SIZE_MAX).width, 1);
	assert_int_equal(el_tile_of(4, 0, EL_LOG_SIZE_MAX).width, 256);
	assert_int_equal(el_tile_of(5, 0, EL_LOG_SIZE_MAX - 1).width, 0);
	assert_int_equal(el_tile_of(5, UINT64_MAX, UINT64_MAX).width, 0);
}

static void
roots_and_edges_of_tiles_are_those_of_the_leaves(void **state)
{
	struct el_edge grown = { 0 }, edge;
	size_t big = 0;

	(void)state;
	for (size_t n = 0; n <= LEAVES; n++) {
		if (n > 0)
			el_edge_append(&grown, &leaves[n - 1]);
		if (n <= SMALL || (big < SIZES && n == sizes[big])) {
			struct el_hash want, root;

			big += n > SMALL;
			el_tree_root(leaves, n, &want);
			assert_int_equal(el_tiles_root(tree_of(n), n, &root), EL_OK);
			assert_memory_equal(&root, &want, sizeof root);
			el_edge_root(&grown, &root);
			assert_memory_equal(&root, &want, sizeof root);
			assert_int_equal(el_tiles_edge(tree_of(n), n, &edge), EL_OK);
			assert_memory_equal(&edge, &grown, sizeof edge);
		}
	}
	assert_int_equal(big, SIZES);
}

static void
same_path(const struct el_tree *tree, size_t n, size_t i)
{
	struct el_path want, p;
	struct el_hash leaf;

	el_tree_get_path(tree, i, &want);
	assert_int_equal(el_tiles_path(tree_of(n), n, i, &p), EL_OK);
	assert_memory_equal(&p, &want, sizeof p);
	assert_int_equal(el_tiles_leaf(tree_of(n), n, i, &leaf), EL_OK);
	assert_memory_equal(&leaf, &leaves[i], sizeof leaf);
}

static void
paths_from_tiles_are_those_of_the_leaves(void **state)
{
	struct el_tree *tree;

	(void)state;
	for (size_t n = 1; n <= SMALL; n++) {
		assert_int_equal(el_tree_new(leaves, n, &tree), EL_OK);
		/* All of them where a tile is new, every 31st and the last elsewhere. */
		for (size_t i = 0; i < n; i += n <= 70 || (n >= 255 && n <= 258) ? 1 : 31)
			same_path(tree, n, i);
		same_path(tree, n, n - 1);
		el_tree_free(tree);
	}
	for (size_t k = 0; k < SIZES; k += 2) {
		const size_t n = sizes[k];

		assert_int_equal(el_tree_new(leaves, n, &tree), EL_OK);
		for (size_t i = 0; i < n; i += n / 7)
			same_path(tree, n, i);
		for (size_t i = 0; i < SIZES && sizes[i] < n; i++)
			same_path(tree, n, sizes[i]);
		same_path(tree, n, n - 1);
		same_path(tree, n, n - 2);
		el_tree_free(tree);
	}
}

/* PROOF(m, D[n]) as RFC 9162 section 2.1.4.1 defines it, over leaves. */
static size_t
define_proof(const struct el_hash *d, size_t n, size_t m, bool is_whole, struct el_hash *out)
{
	size_t k = 1, count;

	if (m == n) {
		if (!is_whole)
			el_tree_root(d, n, out);
		return is_whole ? 0 : 1;
	}
	while (k * 2 < n)
		k *= 2;
	if (m <= k) {
		count = define_proof(d, k, m, is_whole, out);
		el_tree_root(d + k, n - k, &out[count]);
	} else {
		count = define_proof(d + k, n - k, m - k, false, out);
		el_tree_root(d, k, &out[count]);
	}
	return count + 1;
}

static void
same_proof(size_t from, size_t to)
{
	struct el_consistency c, want = { .from = from, .to = to };
	struct el_hash a, b;

	want.n = from > 0 ? define_proof(leaves, to, from, true, want.hashes) : 0;
	assert_int_equal(el_tiles_consistency(tree_of(to), from, to, &c), EL_OK);
	assert_int_equal(c.n, want.n);
	assert_memory_equal(&c, &want, sizeof c);
	el_tree_root(leaves, from, &a);
	el_tree_root(leaves, to, &b);
	assert_int_equal(el_consistency_check(&c, &a, &b), EL_OK);
}

static void
consistency_from_tiles_is_that_of_the_leaves(void **state)
{
	(void)state;
	for (size_t to = 0; to <= SMALL; to++)
		for (size_t from = 0; from <= to; from += to <= 40 ? 1 : 1 + to / 5)
			same_proof(from, to);
	for (size_t from = 250; from <= 260; from++)
		for (size_t to = from; to <= 520; to += 9)
			same_proof(from, to);
	same_proof(65536, 131072);
	same_proof(65537, 131073);
	/* Here it is enough that they hold, since a proof that holds is the only one. */
	for (size_t k = 0; k < SIZES; k++)
		for (size_t i = 0; i <= k; i++) {
			struct el_consistency c;
			struct el_hash a, b;

			assert_int_equal(el_tiles_consistency(tree_of(sizes[k]), sizes[i], sizes[k], &c), EL_OK);
			assert_int_equal(el_tiles_root(tree_of(sizes[i]), sizes[i], &a), EL_OK);
			assert_int_equal(el_tiles_root(tree_of(sizes[k]), sizes[k], &b), EL_OK);
			assert_int_equal(el_consistency_check(&c, &a, &b), EL_OK);
		}
}

static void
no_proof_shows_another_beginning(void **state)
{
	(void)state;
	for (size_t to = 2; to <= 33; to++)
		for (size_t from = 1; from < to; from++) {
			struct el_consistency good, c;
			struct el_hash a, b, other;

			assert_int_equal(el_tiles_consistency(tree_of(to), from, to, &good), EL_OK);
			el_tree_root(leaves, from, &a);
			el_tree_root(leaves, to, &b);
			other = a;
			other.b[31] ^= 1;
			assert_int_equal(el_consistency_check(&good, &other, &b), EL_ECRYPTO);
			other = b;
			other.b[0] ^= 1;
			assert_int_equal(el_consistency_check(&good, &a, &other), EL_ECRYPTO);
			assert_int_equal(el_consistency_check(&good, &b, &a), EL_ECRYPTO);
			for (size_t i = 0; i < good.n; i++) {
				c = good;
				c.hashes[i].b[7] ^= 0x10;
				assert_int_equal(el_consistency_check(&c, &a, &b), EL_ECRYPTO);
				c = good;
				c.n = i;
				assert_int_equal(el_consistency_check(&c, &a, &b), EL_ECRYPTO);
			}
			c = good;
			c.hashes[c.n++] = b;
			assert_int_equal(el_consistency_check(&c, &a, &b), EL_ECRYPTO);
			c = good;
			memmove(c.hashes + 1, c.hashes, c.n++ * sizeof c.hashes[0]);
			assert_int_equal(el_consistency_check(&c, &a, &b), EL_ECRYPTO);
			c = good;
			for (c.from = 1; c.from <= to; c.from++)
				if (c.from != from)
					assert_int_not_equal(el_consistency_check(&c, &a, &b), EL_OK);
		}
}

static void
extreme_proofs_are_refused(void **state)
{
	struct el_consistency c = { .from = 2, .to = 1 };
	const struct el_hash *const h = &leaves[0], *const other = &leaves[1];

	(void)state;
	assert_int_equal(el_consistency_check(&c, h, h), EL_EFORMAT);
	c = (struct el_consistency){ .from = 1, .to = 2 };
	assert_int_equal(el_consistency_check(&c, h, h), EL_ECRYPTO);
	c = (struct el_consistency){ .from = 3, .to = 4 };
	assert_int_equal(el_consistency_check(&c, h, h), EL_ECRYPTO);
	c.n = EL_CONSISTENCY_MAX + 1;
	assert_int_equal(el_consistency_check(&c, h, h), EL_EFORMAT);
	c = (struct el_consistency){ .from = UINT64_MAX, .to = UINT64_MAX };
	assert_int_equal(el_consistency_check(&c, h, h), EL_OK);
	assert_int_equal(el_consistency_check(&c, h, other), EL_ECRYPTO);
	c.n = 1;
	assert_int_equal(el_consistency_check(&c, h, h), EL_EFORMAT);
	c = (struct el_consistency){ .from = UINT64_MAX - 1, .to = UINT64_MAX, .n = EL_CONSISTENCY_MAX };
	assert_int_equal(el_consistency_check(&c, h, h), EL_ECRYPTO);
	c = (struct el_consistency){ .from = UINT64_C(1) << 63, .to = UINT64_MAX, .n = EL_CONSISTENCY_MAX };
	assert_int_equal(el_consistency_check(&c, h, h), EL_ECRYPTO);
	c = (struct el_consistency){ .from = 0, .to = 5 };
	assert_int_equal(el_consistency_check(&c, h, other), EL_OK);
	c.n = 1;
	assert_int_equal(el_consistency_check(&c, h, other), EL_EFORMAT);
	c = (struct el_consistency){ .from = 0, .to = 0 };
	assert_int_equal(el_consistency_check(&c, h, h), EL_OK);
	assert_int_equal(el_consistency_check(&c, h, other), EL_ECRYPTO);
}

/* A tree without end in which all leaves are the same: each node of a height is, too. */
static struct el_hash alike[41];

static int
read_alike(void *ctx, const struct el_tile *t, uint8_t *out)
{
	(void)ctx;
	for (unsigned i = 0; i < t->width; i++)
		memcpy(out + i * sizeof(struct el_hash), &alike[8 * t->level], sizeof(struct el_hash));
	return EL_OK;
}

static void
alike_root(uint64_t n, struct el_hash *out)
{
	unsigned h = 0;
	struct el_hash right;

	while (n >> h > 1)
		h++;
	*out = alike[h];
	if (n != UINT64_C(1) << h) {
		alike_root(n - (UINT64_C(1) << h), &right);
		el_tree_node(&alike[h], &right, out);
	}
}

static void
the_largest_trees_have_proofs(void **state)
{
	static const uint64_t around[] = { UINT64_C(1) << 24, UINT64_C(1) << 32, 3 * (UINT64_C(1) << 30),
		UINT64_C(1) << 39, EL_LOG_SIZE_MAX - 256, EL_LOG_SIZE_MAX - 1 };
	const struct el_tile_source source = { read_alike, NULL };

	(void)state;
	el_entry_leaf((const uint8_t *)"x", 1, &alike[0]);
	for (unsigned h = 1; h <= 40; h++)
		el_tree_node(&alike[h - 1], &alike[h - 1], &alike[h]);
	for (size_t i = 0; i < sizeof around / sizeof around[0]; i++)
		for (uint64_t n = around[i] - 1; n <= around[i] + 1; n++) {
			const uint64_t indexes[] = { 0, 1, n / 2, n / 3, n - 2, n - 1 };
			struct el_hash want, root, a;
			struct el_edge edge;

			alike_root(n, &want);
			assert_int_equal(el_tiles_root(&source, n, &root), EL_OK);
			assert_memory_equal(&root, &want, sizeof root);
			assert_int_equal(el_tiles_edge(&source, n, &edge), EL_OK);
			el_edge_root(&edge, &root);
			assert_memory_equal(&root, &want, sizeof root);
			for (size_t k = 0; k < sizeof indexes / sizeof indexes[0]; k++) {
				struct el_consistency c;
				struct el_path p;

				assert_int_equal(el_tiles_path(&source, n, indexes[k], &p), EL_OK);
				assert_int_equal(el_tree_check(&alike[0], &p, &root), EL_OK);
				assert_int_equal(el_tiles_consistency(&source, indexes[k] + 1, n, &c), EL_OK);
				alike_root(indexes[k] + 1, &a);
				assert_int_equal(el_consistency_check(&c, &a, &root), EL_OK);
			}
		}
}

static void
what_no_tree_has_is_refused(void **state)
{
	static const struct el_path no_path;
	static const struct el_consistency no_proof;
	const uint64_t over = EL_LOG_SIZE_MAX + 1;
	struct el_consistency c;
	struct el_hash h;
	struct el_path p;
	struct el_edge e;

	(void)state;
	assert_int_equal(el_tiles_root(tree_of(over), over, &h), EL_EFORMAT);
	assert_int_equal(el_tiles_path(tree_of(over), over, 0, &p), EL_EFORMAT);
	assert_int_equal(el_tiles_leaf(tree_of(over), over, 0, &h), EL_EFORMAT);
	assert_int_equal(el_tiles_consistency(tree_of(over), 1, over, &c), EL_EFORMAT);
	assert_int_equal(el_tiles_edge(tree_of(over), over, &e), EL_EFORMAT);
	assert_int_equal(el_tiles_path(tree_of(5), 5, 5, &p), EL_EFORMAT);
	assert_int_equal(el_tiles_path(tree_of(0), 0, 0, &p), EL_EFORMAT);
	assert_memory_equal(&p, &no_path, sizeof p);
	assert_int_equal(el_tiles_leaf(tree_of(5), 5, 5, &h), EL_EFORMAT);
	assert_int_equal(el_tiles_leaf(tree_of(5), 5, UINT64_MAX, &h), EL_EFORMAT);
	assert_int_equal(el_tiles_consistency(tree_of(5), 6, 5, &c), EL_EFORMAT);
	assert_memory_equal(&c, &no_proof, sizeof c);
	assert_int_equal(asked.n_reads, 0);
}

static void
a_failure_to_read_is_handed_on_and_leaves_nothing(void **state)
{
	static const struct el_path no_path;
	static const struct el_consistency no_proof;
	static const struct el_edge no_edge;
	static const struct el_hash no_hash;
	const size_t n = 70000;
	unsigned failures = 0;

	(void)state;
	for (unsigned at = 1;; at++) {
		struct el_path p;
		int r;

		(void)tree_of(n);
		asked.fail_at = at;
		if ((r = el_tiles_path(&memory, n, 300, &p)) == EL_OK)
			break;
		assert_int_equal(r, EL_EIO);
		assert_memory_equal(&p, &no_path, sizeof p);
		failures++;
	}
	assert_in_range(failures, 4, 6);
	for (unsigned at = 1; at <= 3; at++) {
		struct el_consistency c;
		struct el_hash h;
		struct el_edge e;

		(void)tree_of(n);
		asked.fail_at = at;
		assert_int_equal(el_tiles_consistency(&memory, 65535, n, &c), EL_EIO);
		assert_memory_equal(&c, &no_proof, sizeof c);
		(void)tree_of(n);
		asked.fail_at = at;
		assert_int_equal(el_tiles_root(&memory, n, &h), EL_EIO);
		assert_memory_equal(&h, &no_hash, sizeof h);
		(void)tree_of(n);
		asked.fail_at = at;
		assert_int_equal(el_tiles_edge(&memory, n, &e), EL_EIO);
		assert_memory_equal(&e, &no_edge, sizeof e);
	}
	(void)tree_of(n);
	asked.fail_at = 1;
	{
		struct el_hash h;

		assert_int_equal(el_tiles_leaf(&memory, n, 1, &h), EL_EIO);
		assert_memory_equal(&h, &no_hash, sizeof h);
	}
}

static void
entries_come_out_of_their_bundle(void **state)
{
	static const uint8_t three[] = { 0, 2, 'a', 'b', 0, 0, 0, 1, 'c' };
	static uint8_t many[257 * 3];
	const uint8_t *entry;
	size_t len;

	(void)state;
	assert_int_equal(el_bundle_entry(three, sizeof three, 0, &entry, &len), EL_OK);
	assert_int_equal(len, 2);
	assert_ptr_equal(entry, three + 2);
	assert_int_equal(el_bundle_entry(three, sizeof three, 1, &entry, &len), EL_OK);
	assert_int_equal(len, 0);
	assert_int_equal(el_bundle_entry(three, sizeof three, 2, &entry, &len), EL_OK);
	assert_memory_equal(entry, "c", 1);
	assert_int_equal(el_bundle_entry(three, sizeof three, 3, &entry, &len), EL_ENOTFOUND);
	assert_null(entry);
	assert_int_equal(el_bundle_entry(three, 0, 0, &entry, &len), EL_ENOTFOUND);
	assert_int_equal(el_bundle_entry(NULL, 0, 0, &entry, &len), EL_ENOTFOUND);
	for (size_t cut = 1; cut < sizeof three; cut++)
		assert_int_equal(
		    el_bundle_entry(three, cut, 0, &entry, &len), cut == 4 || cut == 6 ? EL_OK : EL_EFORMAT);
	for (size_t i = 0; i < sizeof many; i += 3)
		many[i + 1] = 1;
	assert_int_equal(el_bundle_entry(many, 256 * 3, 255, &entry, &len), EL_OK);
	assert_ptr_equal(entry, many + 255 * 3 + 2);
	assert_int_equal(el_bundle_entry(many, 256 * 3, 256, &entry, &len), EL_ENOTFOUND);
	assert_int_equal(el_bundle_entry(many, sizeof many, 0, &entry, &len), EL_EFORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_transparency_test_data_has_its_published_roots_and_proofs),
		cmocka_unit_test(paths_of_tiles_are_those_of_the_specification),
		cmocka_unit_test(a_tree_has_the_tiles_that_the_specification_counts),
		cmocka_unit_test(roots_and_edges_of_tiles_are_those_of_the_leaves),
		cmocka_unit_test(paths_from_tiles_are_those_of_the_leaves),
		cmocka_unit_test(consistency_from_tiles_is_that_of_the_leaves),
		cmocka_unit_test(no_proof_shows_another_beginning),
		cmocka_unit_test(extreme_proofs_are_refused),
		cmocka_unit_test(the_largest_trees_have_proofs),
		cmocka_unit_test(what_no_tree_has_is_refused),
		cmocka_unit_test(a_failure_to_read_is_handed_on_and_leaves_nothing),
		cmocka_unit_test(entries_come_out_of_their_bundle),
	};

	if (el_crypto_init() != EL_OK)
		return 1;
	build();
	return cmocka_run_group_tests_name("log_tiles", tests, NULL, NULL);
}
