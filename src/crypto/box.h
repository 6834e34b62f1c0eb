#ifndef EL_CRYPTO_BOX_H
#define EL_CRYPTO_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * BOX(P, m, ad): r random; R = rG; S = rP; k = KDF(S, "EL1-box", R || P); R || ChaCha20-Poly1305-IETF with
 * key k, a zero nonce and ad (protocol section 2).  All sealing keys are ristretto255 keys.
 */
#define EL_BOX_OVERHEAD 48 /* R 32 and the MAC 16 */

/* Seal len bytes; out receives len + EL_BOX_OVERHEAD.  EL_ECRYPTO, EL_ENOMEM. */
EL_MUST_USE int el_box_seal(const struct el_point *to, const void *in, size_t len, const void *ad, size_t ad_len,
    uint8_t *out);
/* Open box_len bytes with the secret scalar of `to`; out receives box_len - EL_BOX_OVERHEAD.  EL_EFORMAT:
 * too short or R does not decode; EL_ECRYPTO: it does not open. */
EL_MUST_USE int el_box_open(const struct el_scalar *key, const struct el_point *to, const uint8_t *box, size_t box_len,
    const void *ad, size_t ad_len, uint8_t *out);
/* The same with S already known (combined from trustees' partials). */
EL_MUST_USE int el_box_open_shared(const struct el_point *shared, const struct el_point *to, const uint8_t *box,
    size_t box_len, const void *ad, size_t ad_len, uint8_t *out);

#endif
