#ifndef EL_REGISTRY_SCANNERS_H
#define EL_REGISTRY_SCANNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "registry/registry_db.h"
#include "registry/registry_limits.h"

/*
 * Who may post: scanner key hash -> scanner, venue, rate, in memory, so that a check-in asks no table; and
 * today's counts of each venue.  Filled from the tables at start, kept in step by venues.c.
 */
struct el_scanners;

/* Why a scanner may not post, as bits. */
#define EL_BARRED_REVOKED 1u
#define EL_BARRED_PAUSED 2u

/* One line of the processor's cache: which one a check-in meets is at random. */
struct el_scanner {
	struct el_hash key;
	uint64_t tag; /* of its venue, in that epoch */
	int64_t filled_s; /* when the allowance was last filled up */
	uint32_t id, venue, allowance;
	el_epoch tag_epoch;
	bool has_tag;
	uint8_t barred; /* EL_BARRED_*; 0: it may post */
};

EL_MUST_USE int el_scanners_new(struct el_scanners **out);
void el_scanners_free(struct el_scanners *);
/* Fill from the tables. */
EL_MUST_USE int el_scanners_load(struct el_scanners *, struct el_registry_db *);

EL_MUST_USE int el_scanners_set_venue(struct el_scanners *, uint32_t venue, bool approved, bool active);
EL_MUST_USE int el_scanners_add(struct el_scanners *, const struct el_scanner_row *); /* one that has its key */
bool el_scanners_is_approved(const struct el_scanners *, uint32_t venue);
size_t el_scanners_size(const struct el_scanners *); /* places for keys; a revoked one's is taken back in time */
/* Nothing happens where nobody has that key. */
void el_scanners_revoke(struct el_scanners *, const struct el_hash *key);
void el_scanners_pause(struct el_scanners *, const struct el_hash *key, bool paused);

/* Have the place of a key fetched into the processor's cache. */
void el_scanners_prefetch(const struct el_scanners *, const struct el_hash *key);
/*
 * Who a key belongs to, and the first that applies of EL_CODE_UNAUTHORIZED (*out is NULL), EL_CODE_VENUE_INACTIVE,
 * EL_CODE_SCANNER_PAUSED, EL_CODE_OK.  *out lives until the next el_scanners_add().
 */
enum el_code el_scanners_find(struct el_scanners *, const struct el_hash *key, struct el_scanner **out);
/* Take n check-ins from the scanner's allowance.  EL_CODE_RATE_LIMITED sets *retry_after_s. */
enum el_code el_scanners_spend(struct el_scanner *, size_t n, int64_t now_s, unsigned *retry_after_s);

/*
 * Take one from a known venue's allowance of changes, a smaller one while it waits for approval.  EL_CODE_RATE_LIMITED
 * sets *retry_after_s.
 */
enum el_code el_scanners_spend_change(struct el_scanners *, uint32_t venue, int64_t now_s, unsigned *retry_after_s);

/* tag_a of its visits in an epoch whose K_tags this is; reckoned once a day. */
uint64_t el_scanners_venue_tag(struct el_scanner *, el_epoch, const uint8_t tags_key[EL_KEY_LEN]);

/* One more visit of today at that venue, in that hour of the day; another day's counts are forgotten. */
void el_scanners_count(struct el_scanners *, uint32_t venue, el_epoch today, unsigned hour);
/* Have what el_scanners_count() changes fetched into the processor's cache. */
void el_scanners_prefetch_count(const struct el_scanners *, uint32_t venue, unsigned hour);
/* Zeros for any day but the last one counted. */
void el_scanners_counts(const struct el_scanners *, uint32_t venue, el_epoch, uint32_t out[EL_COUNT_HOURS]);

#endif
