#ifndef EL_CRYPTO_SIGN_H
#define EL_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Ed25519 over label || NUL || bytes (protocol section 2).  Labels are "EL1-token", "EL1-order", ...;
 * with the NUL no label is a prefix of another.  Verification is strict: canonical S, no small-order R
 * or key, no cofactor (encoding.md, trap 3).
 */
struct el_sign_key; /* secret, in guarded memory */

/* From a 32-byte seed (RFC 8032 private key).  EL_ENOMEM. */
EL_MUST_USE int el_sign_key_new(const uint8_t seed[32], struct el_sign_key **out);
void el_sign_key_free(struct el_sign_key *);
const struct el_sign_pk *el_sign_key_pk(const struct el_sign_key *);

/* Sign, then verify before releasing.  EL_ECRYPTO: a fault happened and nothing was released. */
EL_MUST_USE int el_sign(const struct el_sign_key *, const char *label, const void *in, size_t len, struct el_sig *out);
/* EL_ECRYPTO: it does not verify; EL_ENOMEM. */
EL_MUST_USE int el_verify(const struct el_sign_pk *, const char *label, const void *in, size_t len, const struct el_sig *);

/* Accept a public key: on the curve, not of small or mixed order.  EL_EFORMAT. */
EL_MUST_USE int el_sign_pk_parse(const uint8_t in[32], struct el_sign_pk *out);
bool el_sign_pk_eq(const struct el_sign_pk *, const struct el_sign_pk *);

#endif
