#ifndef EL_ISSUER_ROOTS_H
#define EL_ISSUER_ROOTS_H

#include "entrylog/error.h"
#include "issuer/issuer.h"
#include "log/tree.h"
#include "order/log_entry.h"

/*
 * The root of a rewritten day for the issuer's log (protocol 6, 12.10), as an EL_ENTRY_IDENTITIES; the time is the caller's.
 * EL_ENOTFOUND: the day is not rewritten, its one segment not indexed yet, or without a tree (close_day.h); EL_EIO,
 * EL_EFORMAT, EL_ENOMEM: its index cannot be read.  *out is zeroed then.
 */
EL_MUST_USE int el_issuer_root(struct el_issuer *, el_epoch, struct el_log_entry *out);
/* The path of a row to that root (a commitment of protocol 12.5).  As above; *out is zeroed then. */
EL_MUST_USE int el_issuer_path(struct el_issuer *, const struct el_row_ref *, struct el_path *out);

#endif
