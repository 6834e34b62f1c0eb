#ifndef EL_CRYPTO_SCHNORR_H
#define EL_CRYPTO_SCHNORR_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Schnorr proofs over ristretto255 (protocol 12.9): whoever made one knows the secret x of P = x G, and said so about
 * this label and these bytes.  Used for what a trustee says in a distributed ceremony, whose only key is one that
 * boxes are sealed to: a box hashes under KDF labels, a proof under its own, so neither helps with the other.
 *
 *	k = BLAKE2b-512(key x; "EL1-schnorr" NUL || label NUL || data) mod L,  R = k G
 *	c = BLAKE2b-512(label NUL || P 32 || R 32 || data) mod L,  z = k + c x,  proof = R 32 || z 32
 *
 * The nonce is a function of all that it is used for, so the same statement always has the same proof.
 */
#define EL_SCHNORR_LEN 64

/* EL_ECRYPTO: x is zero, or a fault: the proof is verified before it is released. */
EL_MUST_USE int el_schnorr_prove(const char *label, const struct el_scalar *x, const void *data, size_t len,
    uint8_t proof[EL_SCHNORR_LEN]);
/* EL_ECRYPTO: it does not verify (a proof that does not decode included). */
EL_MUST_USE int el_schnorr_verify(const char *label, const struct el_point *p, const void *data, size_t len,
    const uint8_t proof[EL_SCHNORR_LEN]);

#endif
