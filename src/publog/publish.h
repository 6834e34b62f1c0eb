#ifndef EL_PUBLOG_PUBLISH_H
#define EL_PUBLOG_PUBLISH_H

#include <stdint.h>

#include "base/code.h"
#include "entrylog/order.h"
#include "order/held.h"
#include "order/policy.h"
#include "publog/entries.h"

/*
 * What both services tell their public logs beside the orders they answer (protocol 8, 12.10): refusals of signed orders,
 * days destroyed, documents accepted.  It is kept on disk until the log has it, or in memory while the disk is full
 * (el_publog_keep()).  Neither that nor an el_publog that is NULL keeps anybody from refusing or destroying: an entry that
 * finds no place is lost, and the event log says so.
 */
void el_publog_say(struct el_publog *, const struct el_log_entry *);
/* A zeroed order carried no quorum and is not told of. */
void el_publog_say_refused(struct el_publog *, struct el_refusals *, const struct el_order *, enum el_code, int64_t now_s,
    uint32_t day_offset_s);
/* The day's roots are forgotten, too. */
void el_publog_say_destroyed(struct el_publog *, el_epoch, uint64_t n_rows, int64_t now_s);
/* accepted: one bit for each of enum el_entry_document. */
void el_publog_say_documents(struct el_publog *, const struct el_trust *, unsigned accepted, int64_t now_s);

/* Who may cosign by this policy (protocol 12.10). */
void el_publog_witnesses_of(const struct el_policy *, struct el_log_witnesses *out);

/*
 * Queue roots of one epoch that are new: next() fills the first at or behind `from` but for its time, EL_ENOTFOUND when
 * there is none yet.  At most *left of them, which is counted down.  EL_ESPACE, EL_EIO, what next() returned.
 */
typedef int el_next_root_fn(void *ctx, el_epoch, uint32_t from, struct el_log_entry *out);
EL_MUST_USE int el_publog_queue_roots(struct el_publog *, el_epoch, el_next_root_fn *next, void *ctx, int64_t now_s,
    unsigned *left);

#endif
