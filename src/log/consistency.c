#include "log/consistency.h"

#include "crypto/hash.h"
#include "log/tree.h"

int
el_consistency_check(const struct el_consistency *c, const struct el_hash *from_root, const struct el_hash *to_root)
{
	const struct el_hash *next = c->hashes;
	struct el_hash fr, sr; /* the two roots as they grow from what both trees share */
	uint64_t fn, sn;

	if (c->from > c->to || c->n > EL_CONSISTENCY_MAX)
		return EL_EFORMAT;
	if (c->from == c->to || c->from == 0) {
		if (c->n != 0)
			return EL_EFORMAT;
		return c->from != c->to || el_hash_eq(from_root, to_root) ? EL_OK : EL_ECRYPTO;
	}
	fn = c->from - 1;
	sn = c->to - 1;
	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	/* A complete subtree at the beginning is the first tree itself, and left out of the proof. */
	if (fn == 0)
		fr = *from_root;
	else if (c->n > 0)
		fr = *next++;
	else
		return EL_ECRYPTO;
	sr = fr;
	for (; next < c->hashes + c->n; next++) {
		if (sn == 0)
			return EL_ECRYPTO;
		if ((fn & 1) != 0 || fn == sn) {
			el_tree_node(next, &fr, &fr);
			el_tree_node(next, &sr, &sr);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			el_tree_node(&sr, next, &sr);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && el_hash_eq(&fr, from_root) && el_hash_eq(&sr, to_root) ? EL_OK : EL_ECRYPTO;
}
