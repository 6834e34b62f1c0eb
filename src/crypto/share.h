#ifndef EL_CRYPTO_SHARE_H
#define EL_CRYPTO_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Shamir shares of an epoch key over the scalars of ristretto255, with Feldman commitments (protocol
 * section 3).  f has degree t - 1, trustee j = 1..n holds f(j), commitment k is a_k G, and commitment 0 is
 * the epoch's public key.  2 <= t, 2t > n; t = n = 1 in lab mode only (the caller's rule).
 */

/*
 * Deal fresh shares of a random secret that is never written anywhere.  shares[j-1] is trustee j's; the
 * caller wipes them.  EL_ELIMIT: not 1 <= t <= n <= EL_TRUSTEES_MAX; EL_ECRYPTO.
 */
EL_MUST_USE int el_share_deal(unsigned t, unsigned n, struct el_scalar *shares, struct el_point *commitments);

/*
 * The coefficients of a polynomial that need not be kept, in a distributed ceremony: a_k = BLAKE2b-512(key seed;
 * "EL1-dkg-poly" NUL || context || k u8) mod L, k = 0..t-1 (12.9).  The caller wipes them.
 */
void el_share_derive(const uint8_t seed[EL_KEY_LEN], const void *context, size_t len, unsigned t, struct el_scalar *a);
/* f(j) of these coefficients; 1 <= t <= EL_TRUSTEES_MAX. */
void el_share_at(const struct el_scalar *a, unsigned t, unsigned j, struct el_scalar *out);

/* Y_j = sum over k of j^k C_k: the public key of trustee j's share.  EL_ELIMIT, EL_ECRYPTO. */
EL_MUST_USE int el_share_public(const struct el_point *commitments, unsigned t, unsigned j, struct el_point *out);
/* Whether a share fits its commitments: f(j) G = Y_j.  EL_ECRYPTO: it does not. */
EL_MUST_USE int el_share_verify(const struct el_point *commitments, unsigned t, unsigned j,
    const struct el_scalar *share);

/* D_j = f(j) R, a trustee's partial for the point R. */
EL_MUST_USE int el_share_partial(const struct el_scalar *share, const struct el_point *r, struct el_point *out);
/*
 * Combine partials of t distinct trustees into S = f(0) R by Lagrange interpolation at 0.  EL_ELIMIT: an index
 * of 0 or given twice, or too many.
 */
EL_MUST_USE int el_share_combine(const unsigned *index, const struct el_point *partials, size_t t, struct el_point *out);
/* The same in two steps, for many points of the same trustees: the coefficients of that set, and the sum with them. */
EL_MUST_USE int el_share_coefficients(const unsigned *index, size_t t, struct el_scalar *out);
EL_MUST_USE int el_share_combine_with(const struct el_scalar *coefficients, const struct el_point *partials, size_t t,
    struct el_point *out);

#endif
