/*
 * Input: from u8 || to u8 || kind u8 || hashes.  A proof that holds between two roots of one tree is the one that the
 * specification makes, and extreme sizes neither crash nor pass.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "log/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LEAVES 40

static struct el_hash leaves[LEAVES];

static int
read_leaves(void *ctx, const struct el_tile *t, uint8_t *out)
{
	(void)ctx;
	if (t->level != 0 || t->index != 0 || t->width > LEAVES)
		abort();
	memcpy(out, leaves, t->width * sizeof leaves[0]);
	return EL_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct el_tile_source source = { read_leaves, NULL };
	struct el_rd r = el_rd_init(data, len);
	struct el_consistency c = { 0 }, good;
	struct el_hash a, b;
	uint64_t from, to;

	if (el_is_zero(leaves, sizeof leaves))
		for (uint8_t i = 0; i < LEAVES; i++)
			el_entry_leaf(&i, 1, &leaves[i]);
	to = el_rd_u8(&r) % LEAVES + 1u;
	from = el_rd_u8(&r) % to + 1;
	c.from = from;
	c.to = to;
	if ((el_rd_u8(&r) & 1) != 0) {
		c.from = el_rd_u64(&r);
		c.to = el_rd_u64(&r);
	}
	while (r.err == EL_OK && r.left >= EL_HASH_LEN && c.n < EL_CONSISTENCY_MAX)
		el_rd_bytes(&r, c.hashes[c.n++].b, EL_HASH_LEN);
	el_tree_root(leaves, (size_t)from, &a);
	el_tree_root(leaves, (size_t)to, &b);
	if (el_tiles_consistency(&source, from, to, &good) != EL_OK || el_consistency_check(&good, &a, &b) != EL_OK)
		abort();
	/* Another size than the one signed beside the root is the caller's to refuse. */
	if (el_consistency_check(&c, &a, &b) == EL_OK && c.from == from && c.to == to &&
	    (c.n != good.n || memcmp(c.hashes, good.hashes, good.n * EL_HASH_LEN) != 0))
		abort();
	return 0;
}
