#ifndef EL_REGISTRY_CHECKIN_H
#define EL_REGISTRY_CHECKIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "registry/registry.h"

/*
 * Check-ins (protocol section 5): decided one by one in the order in which they arrive, sealed and gathered
 * by epoch, made durable together.  Until el_checkin_commit() has returned EL_OK no answer may leave.
 */
struct el_checkin {
	enum el_code verdict; /* what net found wrong with its form; EL_CODE_OK: nothing */
	uint8_t token[EL_TOKEN_LEN];
	struct el_attempt attempt;
	bool has_scanned_at; /* else it is now */
	int64_t scanned_at;
};

struct el_checkin_result {
	enum el_code code; /* EL_CODE_OK: recorded, with flags; else refused */
	uint8_t flags; /* EL_FLAG_* */
	bool repeated; /* the answer to this attempt again; nothing new was stored */
};

/*
 * Whether this key may post n check-ins now, in the order of the protocol: unauthorized, venue_inactive,
 * scanner_paused, rate_limited (*retry_after_s is set).  *out as el_scanners_find().
 */
enum el_code el_checkin_admit(struct el_registry *, const struct el_hash *key, size_t n, int64_t now_s,
    struct el_scanner **out, unsigned *retry_after_s);

/*
 * Decide one check-in of a scanner that was admitted.  EL_OK: *out is what it will be told (`busy` where the disk is
 * full).  A failure (EL_EIO,
 * EL_ENOMEM) is final: the process must end without acknowledging the group.
 */
EL_MUST_USE int el_checkin_decide(struct el_registry *, struct el_scanner *, const struct el_checkin *,
    int64_t now_s, struct el_checkin_result *out);
/*
 * Append what was decided since the last commit, one append an epoch.  Must come before anything else reads
 * or closes segments of the daybook.  After a failure the process must end without acknowledging anything.  With no
 * space on the disk rows are not recorded: then g->is_full is set, and everybody who was told of a recorded
 * check-in since it was last cleared must hear `busy` instead.
 */
EL_MUST_USE int el_checkin_commit(struct el_registry *);

#endif
