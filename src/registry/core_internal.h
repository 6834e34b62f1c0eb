#ifndef EL_REGISTRY_CORE_INTERNAL_H
#define EL_REGISTRY_CORE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "indexer/jobs.h"
#include "registry/messages.h"
#include "registry/registry.h"
#include "service/outbox.h"

/*
 * The core process: the only one with store keys, the daybook and the tables.  It decides in the order of
 * arrival and answers a whole turn at once, after one append an epoch.  core.c is its life, core_requests.c what
 * net asks of it.
 */

/* Who asked, and under which id. */
struct el_from {
	unsigned kind, index;
	uint64_t id;
};

struct el_waiting_order {
	struct el_from from;
	struct el_visits_job *job;
	struct el_held *held; /* its answer, which waits for the log's word on log_id */
	uint64_t log_id;
	int64_t until_ms; /* when its client is refused if it still waits for an index or the log */
};

struct el_core {
	const struct el_registry_conf *conf;
	struct el_registry *g;
	struct el_msg_checkins *checkins; /* scratch */
	struct el_msg_results *results; /* scratch */
	struct el_outbox outbox;
	struct el_waiting_order orders[EL_ORDERS_WAITING_MAX];
	size_t n_orders;
	struct el_jobs jobs;
	uint64_t log_serial; /* the id of what the log was asked last */
	int control_fd, wake_fd; /* wake_fd is always readable; watched while an order has something to do */
	bool full_said; /* the alarm of a full disk was logged */
	int64_t started_s;
	int failed; /* why the process must end; nothing leaves any more */
};

/* The process must end, and nothing leaves any more. */
void el_core_fail(struct el_core *, int err);
void el_core_refuse(struct el_core *, const struct el_from *, enum el_code, unsigned retry_after_s);

/* One request each; the answer goes into the outbox, or later, for an order. */
void el_core_on_checkins(struct el_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_core_on_who(struct el_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_core_on_venue_new(struct el_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_core_on_venue(struct el_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_core_on_enrol(struct el_core *, const struct el_from *, const struct el_msg *, int64_t now_s);
void el_core_on_order(
    struct el_core *, struct el_worker *, const struct el_from *, const struct el_msg *, int64_t now_s);
/* The log's word on what was asked under this id: result other than EL_OK, and nothing is released. */
void el_core_on_log_word(struct el_core *, struct el_worker *, uint64_t id, int result, const struct el_log_proof *);
/* One step of the order at work; check-ins are taken between two of them. */
void el_core_step_order(struct el_core *, struct el_worker *);
/* A segment was indexed, or time has passed: an order that waits may go on, or has waited long enough. */
void el_core_wake_order(struct el_core *, struct el_worker *);

#endif
