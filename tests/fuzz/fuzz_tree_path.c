/*
 * Input: size u8 || index u8 || kind u8 || leaf 32 || hashes.  A path that leads to a tree's root proves only
 * what is in that tree, and extreme sizes neither crash nor pass.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "log/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LEAVES 32

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct el_hash leaves[LEAVES];
	struct el_rd r = el_rd_init(data, len);
	struct el_path p = { 0 }, good;
	struct el_hash leaf, root;
	size_t n;

	if (el_is_zero(leaves, sizeof leaves))
		for (uint8_t i = 0; i < LEAVES; i++)
			el_sha256(&i, 1, &leaves[i]);
	n = el_rd_u8(&r) % LEAVES + 1u;
	p.size = n;
	p.index = el_rd_u8(&r);
	if ((el_rd_u8(&r) & 1) != 0) {
		p.size = el_rd_u64(&r);
		p.index = el_rd_u64(&r);
	}
	el_rd_bytes(&r, leaf.b, sizeof leaf.b);
	while (r.err == EL_OK && r.left >= EL_HASH_LEN && p.n < EL_PATH_HASHES_MAX)
		el_rd_bytes(&r, p.hashes[p.n++].b, EL_HASH_LEN);
	el_tree_root(leaves, n, &root);
	if (el_tree_check(&leaf, &p, &root) == EL_OK) {
		/* Whoever lies about the size can name an inner node a leaf; the size is signed beside the root. */
		if (p.size != n)
			return 0;
		if (!el_hash_eq(&leaf, &leaves[p.index]))
			abort();
		el_tree_path(leaves, n, (size_t)p.index, &good);
		if (p.n != good.n || memcmp(p.hashes, good.hashes, p.n * EL_HASH_LEN) != 0)
			abort(); /* two paths of one leaf */
	}
	/* And the right one is always accepted. */
	el_tree_path(leaves, n, p.index % n, &good);
	if (el_tree_check(&leaves[p.index % n], &good, &root) != EL_OK)
		abort();
	return 0;
}
