#ifndef EL_CRYPTO_DLEQ_H
#define EL_CRYPTO_DLEQ_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Proofs that a trustee's partials are right (protocol 7.2 and 11.2): one proof says of n pairs that log_G(Y_j) =
 * log_R(D) for every one of them, batched with weights that are a hash of all pairs (the composites of RFC 9497,
 * section 2.2).  With weights that did not depend on the pairs, two wrong partials could cancel each other.
 */
#define EL_DLEQ_MAX 20000 /* pairs under one proof */

enum el_dleq_purpose { EL_DLEQ_LINKS = 1, EL_DLEQ_TRACES = 2, EL_DLEQ_RECOVERY = 3 };

/* What a proof speaks of.  All of it goes into the hash, so that a proof fits nothing else. */
struct el_dleq {
	enum el_dleq_purpose purpose;
	el_epoch epoch;
	unsigned trustee;	/* j, 1..255 */
	struct el_point public; /* Y_j, from the bundle's commitments: el_share_public() */
	struct el_hash order;
	const struct el_point *r, *d; /* R_1.., D_1..: points that were parsed */
	size_t n;		      /* 1..EL_DLEQ_MAX */
	void (*progress)(void *ctx, size_t done, size_t total); /* now and then, in pairs; may be NULL */
	void *ctx;
};

struct el_dleq_proof {
	struct el_scalar c, s;
};

/*
 * Prove with the share y of Y_j = y G that every D is y R.  The caller has computed D so; this is not looked at again,
 * and a proof over others verifies nowhere.  Costs n multiplications.  EL_ELIMIT: n or trustee; EL_ECRYPTO: the share
 * is not Y_j's, or a point is the identity.  On failure *out is zeroed.
 */
EL_MUST_USE int el_dleq_prove(const struct el_dleq *, const struct el_scalar *share, struct el_dleq_proof *out);
/*
 * Costs 2n multiplications.  EL_ELIMIT: n or trustee; EL_EFORMAT: c or s is zero or not reduced; EL_ECRYPTO: at least
 * one pair is wrong, or the proof is of other pairs, another day, order, trustee or purpose.
 */
EL_MUST_USE int el_dleq_verify(const struct el_dleq *, const struct el_dleq_proof *);

#endif
