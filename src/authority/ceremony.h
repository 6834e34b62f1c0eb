#ifndef EL_AUTHORITY_CEREMONY_H
#define EL_AUTHORITY_CEREMONY_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "order/policy.h"

/*
 * The dealer form of the key ceremony (protocol section 3): fresh epoch keys are dealt in memory and leave
 * only as shares sealed to the trustees.  The dealer is trusted on that day.
 */
struct el_dealing; /* the shares, in guarded memory */

/*
 * Deal epochs first..first+days-1 for the bundle's trustees and threshold, and append them to the bundle.
 * first must lie behind every epoch in it.  EL_ELIMIT: too many epochs; EL_EEXIST: an epoch is there
 * already; EL_ENOMEM; EL_ECRYPTO.  On failure the bundle's epochs are as before and *out is NULL.
 */
EL_MUST_USE int el_ceremony_deal(struct el_bundle *, el_epoch first, unsigned days, struct el_dealing **out);
void el_dealing_free(struct el_dealing *); /* wipes; NULL is fine */

/*
 * The sealed share file (12.2) of the bundle's i-th trustee; bundle_hash is of the signed bundle.  *out is
 * malloc'ed text.
 */
EL_MUST_USE int el_ceremony_seal(const struct el_dealing *, const struct el_bundle *, const struct el_hash *bundle_hash,
    size_t i, char **out);

/* Drop the epochs of a bundle that are due to be destroyed. */
void el_ceremony_drop_due(struct el_bundle *, int64_t now_s, uint32_t day_offset_s);

#endif
