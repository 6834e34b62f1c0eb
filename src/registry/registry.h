#ifndef EL_REGISTRY_REGISTRY_H
#define EL_REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/keyring.h"
#include "crypto/sign.h"
#include "daybook/daybook.h"
#include "order/callsig.h"
#include "order/held.h"
#include "order/policy.h"
#include "publog/entries.h"
#include "registry/days.h"
#include "registry/registry_conf.h"
#include "registry/registry_db.h"
#include "registry/scanners.h"
#include "registry/seen.h"
#include "registry/venues.h"
#include "service/service.h"

/*
 * The registry of one deployment: its keys, its daybook, its small tables, and what it remembers in memory.
 * Everything below data_dir is its own: keyring, visits/, registry.db, unpublished.db, control, and the log process' log/.  The clock is an argument of
 * every verb; no verb knows a socket.
 */
struct el_group; /* check-ins that are decided and wait for their append (checkin.c) */

/* Since the start; for /metrics. */
struct el_registry_counters {
	uint64_t recorded, repeated, refused, late, duplicate, orders_answered, orders_refused, rows_released,
	    groups; /* transactions that recorded check-ins */
};

struct el_registry {
	const struct el_registry_conf *conf; /* not ours */
	struct el_trust trust;
	uint32_t day_offset; /* of the policy at the start; the days of a deployment never move */
	struct el_keyring *keyring;
	struct el_daybook *daybook;
	struct el_registry_db *db;
	struct el_scanners *scanners;
	struct el_venues venues;
	struct el_seen *seen;
	struct el_days *days;
	struct el_group *group;
	struct el_nonces *nonces;
	struct el_sign_key *answer_key;
	struct el_publog *publog; /* NULL: nothing is published, and no order can be answered */
	struct el_refusals refusals;
	struct el_answers answers;
	struct el_clock_guard guard;
	bool imported; /* pair files were looked at */
	bool is_full; /* a row found no space on the disk (checkin.h) */
	bool was_full; /* something did; whoever raises the alarm clears it */
	bool has_indexer; /* closed segments are indexed meanwhile: orders wait for that instead of scanning */
	/* When an order last closed a live segment: today's and that of the day before, by epoch modulo 2. */
	struct {
		el_epoch epoch;
		int64_t ms; /* 0: none did */
	} order_closed[2];
	enum el_guard guard_said; /* as of the last tick */
	bool late_said; /* the alarm of a late purge was logged */
	struct el_registry_counters counters;
};

/*
 * Open what data_dir holds, beginning what is missing.  The trust documents are loaded and, once accepted
 * before, never replaced by older ones.  No key is made or destroyed before the first el_registry_tick().
 * Failures are those of the parts; on failure *out is NULL.
 */
EL_MUST_USE int el_registry_open(const struct el_registry_conf *, int64_t now_s, struct el_registry **out);
void el_registry_close(struct el_registry *); /* what was not committed was not acknowledged */

/* Take newer trust documents; on failure the held ones stay. */
EL_MUST_USE int el_registry_reload(struct el_registry *, int64_t now_s);

static inline uint32_t
el_registry_day_offset(const struct el_registry *r)
{
	return r->day_offset;
}

#endif
