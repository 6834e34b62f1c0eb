#ifndef EL_LOG_TREE_H
#define EL_LOG_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/* Merkle trees as RFC 6962 section 2.1 / RFC 9162 section 2.1 hash them, over leaf hashes already made. */
#define EL_PATH_HASHES_MAX 40
#define EL_LOG_SIZE_MAX (UINT64_C(1) << EL_PATH_HASHES_MAX) /* leaves of a public log: what a path has room for */

struct el_path {
	uint64_t index, size;
	size_t n;
	struct el_hash hashes[EL_PATH_HASHES_MAX];
};

/* SHA-256(0x01 || left || right); out may be one of them. */
void el_tree_node(const struct el_hash *left, const struct el_hash *right, struct el_hash *out);
/* MTH of n leaf hashes; SHA-256("") for none. */
void el_tree_root(const struct el_hash *leaves, size_t n, struct el_hash *out);
/* The inclusion path of leaf `index` among n. */
void el_tree_path(const struct el_hash *leaves, size_t n, size_t index, struct el_path *out);

/*
 * All inclusion paths at once from one pass over the tree, for answers with many rows: O(n) hashes once
 * instead of O(n) each.  EL_ENOMEM.
 */
struct el_tree;
EL_MUST_USE int el_tree_new(const struct el_hash *leaves, size_t n, struct el_tree **out);
void el_tree_free(struct el_tree *);
void el_tree_get_root(const struct el_tree *, struct el_hash *out);
void el_tree_get_path(const struct el_tree *, size_t index, struct el_path *out);

/*
 * Check a path (RFC 9162 section 2.1.3.2).  The caller first compares path.size with the size that is signed
 * beside the root: with another size an inner node can pass for a leaf.  EL_ECRYPTO: it does not lead to the
 * root; EL_EFORMAT.
 */
EL_MUST_USE int el_tree_check(const struct el_hash *leaf, const struct el_path *, const struct el_hash *root);

#endif
