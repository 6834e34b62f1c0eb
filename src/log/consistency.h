#ifndef EL_LOG_CONSISTENCY_H
#define EL_LOG_CONSISTENCY_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/* Consistency proofs (RFC 9162 section 2.1.4): the tree of `from` leaves is a beginning of that of `to`. */
#define EL_CONSISTENCY_MAX 64
struct el_consistency {
	uint64_t from, to;
	size_t n;
	struct el_hash hashes[EL_CONSISTENCY_MAX];
};

/*
 * The caller first compares both sizes with those signed beside the roots.  EL_ECRYPTO: the tree of `from` leaves is
 * no beginning of the other; EL_EFORMAT: from over to, too many hashes, or hashes where none are due.  Equal sizes
 * need equal roots; otherwise from 0 proves nothing, whatever the roots, and is EL_OK.
 */
EL_MUST_USE int el_consistency_check(
    const struct el_consistency *, const struct el_hash *from_root, const struct el_hash *to_root);

#endif
