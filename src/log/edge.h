#ifndef EL_LOG_EDGE_H
#define EL_LOG_EDGE_H

#include <stdint.h>

#include "entrylog/types.h"

/*
 * A tree that grows: the hashes of its right edge, so that appending costs two hashes a leaf.  A zeroed one is the
 * empty tree; where a bit of size is not set, its node is zero, so that equal trees are equal bytes.
 */
struct el_edge {
	uint64_t size;
	/* nodes[h]: of the complete subtree of 2^h leaves at the right edge, where bit h of size is set */
	struct el_hash nodes[64];
};
void el_edge_append(struct el_edge *, const struct el_hash *leaf);
/* SHA-256("") for the empty tree. */
void el_edge_root(const struct el_edge *, struct el_hash *out);

#endif
