#ifndef EL_PUBLOG_ENTRIES_H
#define EL_PUBLOG_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "order/log_proof.h"
#include "proc/family.h"
#include "publog/messages.h"

/*
 * Core's side of the public log.  Entries that must be published some time (roots, destroyed days, accepted documents)
 * are queued in data_dir/unpublished.db and sent again until the log has them; the entry of an order is asked for and
 * waited for, and its word says whether the order may be answered.
 *
 * Verbs that write are durable on return.  EL_ESPACE: the disk is full, nothing was changed; EL_EIO is final: the process
 * must end.
 */
struct el_publog;

#define EL_PUBLOG_ASKED_MAX 64 /* orders that wait for their word */
#define EL_PUBLOG_KEPT_MAX 64 /* entries that wait for space on the disk */

/* Open or create.  log_kind: the log process in the family.  EL_EIO, EL_EFORMAT, EL_ENOMEM, EL_ELIMIT. */
EL_MUST_USE int el_publog_open(const char *data_dir, unsigned log_kind, struct el_publog **out);
void el_publog_close(struct el_publog *); /* NULL is fine */

/* ---- What must be published some time ---- */

/* Queue an entry.  EL_EFORMAT, EL_ELIMIT: no valid entry; EL_ENOMEM. */
EL_MUST_USE int el_publog_queue(struct el_publog *, const uint8_t *entry, size_t len);
/*
 * The same of an entry that nobody can make again: where the disk is full it waits in memory, with at most
 * EL_PUBLOG_KEPT_MAX others, and el_publog_next() tries again.  A process that ends meanwhile loses it.  EL_ESPACE: too
 * many wait.
 */
EL_MUST_USE int el_publog_keep(struct el_publog *, const uint8_t *entry, size_t len);
/* As el_publog_queue(), of the root of a segment (an issuer's rewritten day is segment 0).  EL_EEXIST: it is queued or logged. */
EL_MUST_USE int el_publog_queue_root(
    struct el_publog *, el_epoch, uint32_t segment, const uint8_t *entry, size_t len);
/* The index of a segment's root in the log.  EL_ENOTFOUND: it is not logged (yet), or its epoch was forgotten. */
EL_MUST_USE int el_publog_root(struct el_publog *, el_epoch, uint32_t segment, uint64_t *index);
/* One above the highest segment of an epoch whose root is queued or logged; 0: there is none. */
EL_MUST_USE int el_publog_rooted(struct el_publog *, el_epoch, uint32_t *next_segment);
/* The day was destroyed: where its roots are is of no use any more.  Those queued are logged all the same. */
EL_MUST_USE int el_publog_forget(struct el_publog *, el_epoch);

/* ---- What an order waits for ---- */

/*
 * Ask for an entry to be logged, with a proof of it and of the roots at these indices, in this order.  The id is the
 * caller's.  EL_EBUSY: the log is not there or fails at the moment (log_unavailable), or too many wait; EL_ELIMIT: more
 * than EL_LOG_ROOTS_MAX roots; EL_ENOMEM.
 */
EL_MUST_USE int el_publog_ask(struct el_publog *, struct el_worker *, uint64_t id, const uint8_t *entry, size_t len,
    const uint64_t *root_indices, size_t n);

struct el_publog_word {
	uint64_t id;
	int result; /* EL_OK: it is published, with this proof; else nothing may be answered */
	uint64_t index;
	struct el_log_proof proof; /* whoever takes the word wipes it */
};
/*
 * A message of the log process.  EL_OK: it is the word on what was asked; EL_ENOTFOUND: nothing for the caller; EL_EIO is
 * final.  el_publog_next() is to be called after it.  A log that is shorter than one that gave its word before, in this life
 * or on a root that is still known, is refused with an alarm (`log_contradicts`): somebody put an old copy in its place.
 */
EL_MUST_USE int el_publog_done(struct el_publog *, const struct el_msg *, struct el_publog_word *);
/*
 * The next one of the asked ids whose word will not come, since the log process died: it may be published or not.  To be
 * called until it says false, after el_publog_link_up() and el_publog_link_down().
 */
bool el_publog_take_failed(struct el_publog *, uint64_t *id);

/* ---- The link ---- */

/* A new log process; nothing is sent before it has said that its log is open.  EL_EIO is final. */
EL_MUST_USE int el_publog_link_up(struct el_publog *, struct el_worker *);
EL_MUST_USE int el_publog_link_down(struct el_publog *); /* EL_EIO is final */
/* Write what found no space, and send what waits, oldest first and a bounded number at once; about once a second, and after each word.  EL_EIO is final. */
EL_MUST_USE int el_publog_next(struct el_publog *, struct el_worker *);
/* Who may cosign from now on (policy.witnesses); every new log process is told again. */
void el_publog_set_witnesses(struct el_publog *, struct el_worker *, const struct el_log_witnesses *);

/* Whether an order can be answered now, as far as it is the log's to say. */
bool el_publog_available(const struct el_publog *);
struct el_publog_counts {
	uint64_t pending; /* wait to be published, on the disk or for it */
	uint64_t logged, failed; /* words since the start */
};
void el_publog_counts(const struct el_publog *, struct el_publog_counts *); /* NULL: all 0 */

#endif
