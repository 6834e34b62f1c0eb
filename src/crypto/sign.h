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

/*
 * The key's pages can be read only while it signs.  For a process that signs all the time: from open to close they
 * stay readable, and no signature costs the two system calls that this takes otherwise.
 */
void el_sign_key_open(struct el_sign_key *);
void el_sign_key_close(struct el_sign_key *);

/* Sign, then verify before releasing.  EL_ECRYPTO: a fault happened and nothing was released. */
EL_MUST_USE int el_sign(const struct el_sign_key *, const char *label, const void *in, size_t len, struct el_sig *out);
/*
 * The same bytes at a third of the price, for tokens only (docs/decisions/008): not verified, but S is computed a
 * second time, from copies of the secret and of the public key.  The message must hold something fresh and random,
 * so that none is ever signed twice, and the caller verifies samples.  EL_ECRYPTO: the two differ, and nothing was
 * released.
 */
EL_MUST_USE int el_sign_unique(const struct el_sign_key *, const char *label, const void *in, size_t len,
    struct el_sig *out);
/* EL_ECRYPTO: it does not verify; EL_ENOMEM. */
EL_MUST_USE int el_verify(const struct el_sign_pk *, const char *label, const void *in, size_t len, const struct el_sig *);

/*
 * Plain Ed25519 for signed notes (C2SP signed-note and tlog-cosignature), which know no label.  A note is text without
 * NUL, and everything that is signed under a label has one: so neither passes for the other, and bytes with a NUL, or
 * none, are refused here (EL_EFORMAT).  Otherwise as el_sign() and el_verify(); EL_ECRYPTO.
 */
EL_MUST_USE int el_sign_note(const struct el_sign_key *, const void *in, size_t len, struct el_sig *out);
EL_MUST_USE int el_verify_note(const struct el_sign_pk *, const void *in, size_t len, const struct el_sig *);

/* Accept a public key: on the curve, not of small or mixed order.  EL_EFORMAT. */
EL_MUST_USE int el_sign_pk_parse(const uint8_t in[32], struct el_sign_pk *out);
bool el_sign_pk_eq(const struct el_sign_pk *, const struct el_sign_pk *);

#endif
