#ifndef EL_REGISTRY_PUBLISH_H
#define EL_REGISTRY_PUBLISH_H

#include "registry/registry.h"

/*
 * Roots of closed segments to the public log (claim N; protocol 5.2, 8): queued, durably, as soon as the indexer has
 * made them, a bounded number at once.  A full disk is no failure: they are found again.  EL_EIO, EL_ENOMEM.
 */
EL_MUST_USE int el_registry_publish(struct el_registry *, int64_t now_s);

#endif
