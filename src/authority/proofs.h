#ifndef EL_AUTHORITY_PROOFS_H
#define EL_AUTHORITY_PROOFS_H

#include <stdbool.h>
#include <stddef.h>

#include "authority/request.h"
#include "crypto/dleq.h"
#include "order/policy.h"

/*
 * The proofs of a partials answer (protocol 7.2 step 2, 11.2, 12.6): one for each epoch of which it has partials,
 * since the shares differ by day.  The trustee makes them, the executor checks them against the bundle.
 */

/* What was asked, item by item: the day of a row or box, and its R. */
struct el_asked {
	el_epoch epoch;
	bool is_point; /* else r is zero: no trustee can have opened it */
	struct el_point r;
};
/*
 * The items of a request; statement is that of a trace request, opened, and has as many rows as there are boxes.  *out
 * is malloc'ed, NULL on failure.  EL_ENOMEM.
 */
EL_MUST_USE int el_proofs_asked(const struct el_request *, const struct el_trace_statement *, struct el_asked **out);

/* The share of an epoch that has partials, and its public point. */
typedef void el_proofs_share_fn(void *ctx, el_epoch, struct el_scalar *share, struct el_point *public);

/*
 * Add the proofs to partials that have none; every index is below the number asked for.  EL_ENOMEM; EL_ELIMIT: over
 * EL_ORDER_DAYS_MAX epochs; EL_ECRYPTO: a share is not its public point's.
 */
EL_MUST_USE int el_proofs_make(struct el_partials *, const struct el_asked *, el_proofs_share_fn *, void *ctx);

typedef void el_proofs_progress_fn(void *ctx, size_t done, size_t total); /* in partials */

/*
 * Whether every partial is proven, by exactly one proof; every index is below the number asked for.  EL_ECRYPTO: a
 * proof does not verify; EL_EFORMAT: a day with partials has no proof, or one without has; EL_ENOTFOUND: the bundle
 * does not have the day; EL_ENOMEM.  progress may be NULL.
 */
EL_MUST_USE int el_proofs_check(const struct el_partials *, const struct el_asked *, const struct el_bundle *,
    el_proofs_progress_fn *progress, void *ctx);

#endif
