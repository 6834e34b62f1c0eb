#ifndef EL_ISSUER_ISSUER_H
#define EL_ISSUER_ISSUER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/sign.h"
#include "daybook/daybook.h"
#include "entrylog/order.h"
#include "issuer/drawn.h"
#include "issuer/group.h"
#include "issuer/issuer_conf.h"
#include "issuer/issuer_db.h"
#include "issuer/keys.h"
#include "order/callsig.h"
#include "order/held.h"
#include "order/policy.h"
#include "publog/entries.h"
#include "service/service.h"

/*
 * What the issuer's core holds: its keys, its daybook of identities, its small tables, and what it remembers in
 * memory.  Everything below data_dir is its own: keyring, identities/, issuer.db, unpublished.db, control, and the log
 * process' log/.  The clock is an argument of every verb; no verb knows a socket.  The token-signing key is the signers', never opened here.
 */

/* Since the start; for /metrics. */
struct el_issuer_counters {
	uint64_t registered, withdrawn, tickets, tickets_refused, orders_answered, orders_refused, people_named,
	    boxes_answered, notices_delivered;
};

struct el_issuer {
	const struct el_issuer_conf *conf; /* not ours */
	uint8_t number;
	char party[EL_PARTY_NAME_MAX + 1]; /* "issuer:N" */
	struct el_trust trust;
	struct el_keyring *keyring;
	struct el_daybook *daybook;
	struct el_issuer_db *db;
	struct el_issuer_keys keys;
	struct el_identity_group group;
	struct el_drawn *drawn;
	struct el_nonces *nonces;
	struct el_sign_key *answer_key;
	struct el_publog *publog; /* NULL: nothing is published, and no order can be answered */
	struct el_refusals refusals;
	struct el_answers answers;
	struct el_clock_guard guard;
	bool imported;		   /* the pair file was looked at */
	bool has_indexer;	   /* days are rewritten by another process */
	bool is_full;		   /* a row found no space on the disk */
	bool was_full;		   /* something did; whoever raises the alarm clears it */
	enum el_guard guard_said;  /* as of the last tick */
	size_t due;		   /* epochs whose time is over, as of then */
	bool late_said;		   /* the alarm of a late purge was logged */
	bool rows_purged;	   /* master rows were looked through in purged_epoch */
	el_epoch purged_epoch;
	bool notices_shown;	   /* those that waited for notices_epoch are shown */
	el_epoch notices_epoch;
	bool notices_purged;	   /* those of days before notices_oldest are gone */
	el_epoch notices_oldest;
	struct el_issuer_counters counters;
};

/*
 * Open what data_dir holds, beginning what is missing.  The trust documents are loaded and, once accepted
 * before, never replaced by older ones.  No key is made or destroyed before the first el_issuer_tick().
 * Failures are those of the parts, and EL_ECONFIG: the directory does not name this issuer with this answer
 * key; on failure *out is NULL.
 */
EL_MUST_USE int el_issuer_open(const struct el_issuer_conf *, int64_t now_s, struct el_issuer **out);
void el_issuer_close(struct el_issuer *); /* what was not committed was not acknowledged */

/* Take newer trust documents; on failure the held ones stay. */
EL_MUST_USE int el_issuer_reload(struct el_issuer *, int64_t now_s);
/*
 * Append what waits: after this it may be acknowledged.  A failure is final.  With no space on the disk rows are not
 * recorded: then s->is_full is set, and everybody who was given a ticket since it was last cleared must hear
 * `busy` instead; it does not count among their tickets of the day.
 */
EL_MUST_USE int el_issuer_commit(struct el_issuer *);

static inline uint32_t
el_issuer_day_offset(const struct el_issuer *s)
{
	return s->trust.policy->day_offset;
}

#endif
