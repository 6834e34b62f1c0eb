#ifndef EL_ISSUER_PUBLISH_H
#define EL_ISSUER_PUBLISH_H

#include "issuer/issuer.h"

/*
 * Roots of rewritten days to the public log (protocol 6, 8): queued, durably, as soon as the indexer has
 * made them, a bounded number at once.  A full disk is no failure: they are found again.  EL_EIO, EL_ENOMEM.
 */
EL_MUST_USE int el_issuer_publish(struct el_issuer *, int64_t now_s);

#endif
