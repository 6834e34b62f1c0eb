#ifndef EL_REGISTRY_ROOTS_H
#define EL_REGISTRY_ROOTS_H

#include <stdint.h>

#include "entrylog/error.h"
#include "order/log_entry.h"
#include "registry/registry.h"

/*
 * The roots of closed segments for the public log (protocol 5.2, 12.10): the first segment of an epoch from from_segment on
 * that has a tree, as an EL_ENTRY_SEGMENT; the time is the caller's.  A segment that is indexed without a tree
 * (leaves.h) is passed over; one that is not indexed yet is waited for, so that none is left out.  EL_ENOTFOUND: none
 * yet; EL_EIO, EL_EFORMAT, EL_ENOMEM: its index cannot be read.  *out is zeroed then.
 */
EL_MUST_USE int el_registry_next_root(
    struct el_registry *, el_epoch, uint32_t from_segment, struct el_log_entry *out);

#endif
