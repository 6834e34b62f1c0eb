#ifndef EL_TOKEN_LEAF_H
#define EL_TOKEN_LEAF_H

#include <stdint.h>

#include "base/text.h"
#include "entrylog/types.h"

/* What the registry commits to before it is asked (protocol section 5.2, encoding.md). */
#define EL_FLAG_LATE 1
#define EL_FLAG_DUPLICATE 2

/* c = SHA-256("EL1-place" NUL || salt || venue u32 || minute u32 || flags u8): hides place and time. */
void el_leaf_place(const struct el_salt *, uint32_t venue, uint32_t minute, uint8_t flags, struct el_hash *out);
/* leaf = SHA-256(0x00 || c || body), the RFC 6962 leaf hash. */
void el_leaf_visit(const struct el_hash *c, const struct el_body *, struct el_hash *out);
/* SHA-256(0x00 || salt || u8 length || phone || com || SHA-256(box)): a row of a rewritten identity day. */
void el_leaf_identity(const struct el_salt *, const struct el_phone *, const uint8_t com[32], const struct el_hash *box,
    struct el_hash *out);

#endif
