#ifndef EL_ISSUER_CORE_INTERNAL_H
#define EL_ISSUER_CORE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indexer/jobs.h"
#include "issuer/identities.h"
#include "issuer/issuer.h"
#include "issuer/messages.h"
#include "issuer/notices.h"
#include "issuer/traces.h"
#include "service/outbox.h"

/*
 * The core process: the only one with the keyring, the daybook and the tables.  It decides in the order of
 * arrival and answers a whole turn at once, after one append an epoch.  core.c is its life, core_visitors.c and
 * core_orders.c what is asked of it.
 */

struct el_from {
	unsigned kind, index;
	uint64_t id;
};

/* An answer to an order, and who asked. */
struct el_waiting {
	struct el_from from;
	uint64_t id; /* under which the log was asked */
	struct el_held *held;
	struct el_notice_batch *batch; /* to be told before the answer leaves; NULL: nobody */
	int64_t until_ms; /* when a log that says nothing is waited for no longer */
};
#define EL_WAITING_MAX 16

struct el_issuer_core {
	const struct el_issuer_conf *conf;
	struct el_issuer *s;
	struct el_jobs jobs;
	bool full_said; /* the alarm of a full disk was logged */
	struct el_outbox outbox;
	struct el_waiting waiting[EL_WAITING_MAX];
	size_t n_waiting;
	uint64_t log_serial;
	int control_fd;
	int failed; /* why the process must end; nothing leaves any more */
};

/* The process must end, and nothing leaves any more. */
void el_issuer_core_fail(struct el_issuer_core *, int err);
/* Send what stands in the outbox to who asked. */
void el_issuer_core_answer(struct el_issuer_core *, const struct el_from *, uint16_t type);
void el_issuer_core_refuse(struct el_issuer_core *, const struct el_from *, enum el_code);
/* What a verb could not write: a full disk is told to who asked, all else is final. */
void el_issuer_core_not_written(struct el_issuer_core *, const struct el_from *, int err);
void el_issuer_core_misbehaved(const struct el_msg *);

/* One request each; the answer goes into the outbox, or later, for an order. */
void el_issuer_core_on_admit(struct el_issuer_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_issuer_core_on_day(struct el_issuer_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_issuer_core_on_visitor(struct el_issuer_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_issuer_core_on_identities(
    struct el_issuer_core *, struct el_worker *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_issuer_core_on_traces(
    struct el_issuer_core *, struct el_worker *, const struct el_from *, const struct el_msg *, int64_t now_s);
/* The log's word on what was asked under this id: other than EL_OK, and nothing is answered. */
void el_issuer_core_on_log_word(
    struct el_issuer_core *, uint64_t id, int result, const struct el_log_proof *, int64_t now_s);
/* A log process that hangs, and does not die, must not hold the places of other orders.  Its word is nobody's then. */
void el_issuer_core_give_up_waiting(struct el_issuer_core *, int64_t now_s);

#endif
