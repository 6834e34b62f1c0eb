#ifndef EL_CRYPTO_GROUP_H
#define EL_CRYPTO_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * ristretto255 with every check that libsodium 1.0.18 alone does not make (encoding.md, traps 1 and 2):
 * a point with bit 255 set, the identity, a scalar not below L and a zero scalar are refused.
 */

/* Decode a point: canonical and not the identity, or EL_EFORMAT. */
EL_MUST_USE int el_point_parse(const uint8_t in[EL_POINT_LEN], struct el_point *out);
/* Decode a scalar: below L and not zero, or EL_EFORMAT. */
EL_MUST_USE int el_scalar_parse(const uint8_t in[EL_SCALAR_LEN], struct el_scalar *out);
/* A fresh scalar, uniformly random below L, never zero. */
void el_scalar_random(struct el_scalar *out);
struct el_part {
	const void *p;
	size_t len;
};
/* A label with its NUL. */
#define EL_PART_LABEL(label) { (label), strlen(label) + 1 }
/*
 * BLAKE2b-512 of the parts, one behind the other, under a key unless it is NULL; its 64 bytes are reduced, so that no
 * scalar is noticeably more likely than another.
 */
void el_scalar_hash(struct el_scalar *out, const struct el_scalar *key, const struct el_part *, size_t n);
/* A small number as a scalar. */
void el_scalar_from_u32(uint32_t v, struct el_scalar *out);
void el_scalar_add(struct el_scalar *out, const struct el_scalar *a, const struct el_scalar *b);
void el_scalar_sub(struct el_scalar *out, const struct el_scalar *a, const struct el_scalar *b);
void el_scalar_mul(struct el_scalar *out, const struct el_scalar *a, const struct el_scalar *b);
/* 1/a mod L; EL_EFORMAT for zero. */
EL_MUST_USE int el_scalar_invert(struct el_scalar *out, const struct el_scalar *a);
void el_scalar_wipe(struct el_scalar *);

/* out = s G.  EL_ECRYPTO when the result is the identity (s = 0). */
EL_MUST_USE int el_point_base(struct el_point *out, const struct el_scalar *s);
/* out = s P for a point that was parsed.  EL_ECRYPTO when the result is the identity. */
EL_MUST_USE int el_point_mul(struct el_point *out, const struct el_scalar *s, const struct el_point *p);
/* out = a + b; EL_ECRYPTO when it is the identity. */
EL_MUST_USE int el_point_add(struct el_point *out, const struct el_point *a, const struct el_point *b);
bool el_point_eq(const struct el_point *, const struct el_point *);

#endif
