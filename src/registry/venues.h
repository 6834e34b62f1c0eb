#ifndef EL_REGISTRY_VENUES_H
#define EL_REGISTRY_VENUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base32.h"
#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "registry/registry_db.h"
#include "registry/registry_limits.h"
#include "registry/scanners.h"
#include "registry/tries.h"

/*
 * Venues and their scanners: the tables and, in step with them, what the check-ins look at.  Every call
 * answers an enum el_code; EL_CODE_INTERNAL means that a table could not be written and the process must end
 * (el_venues_failed()).
 */
struct el_venues {
	struct el_registry_db *db; /* not ours */
	struct el_scanners *scanners; /* not ours */
	struct el_tries *tries; /* wrong codes */
	struct el_tries *begun, *begun_by_all; /* venues begun */
	struct el_tries *changed_waiting; /* changes of all venues that wait for approval */
	bool failed;
};

EL_MUST_USE int el_venues_init(struct el_venues *, struct el_registry_db *, struct el_scanners *);
void el_venues_wipe(struct el_venues *);

/*
 * A Korean business registration number: ten digits, with or without the hyphens of 123-45-67890, whose last
 * one is the check digit.  EL_EFORMAT.
 */
EL_MUST_USE int el_business_number_parse(const char *in, char out[EL_BUSINESS_NUMBER_LEN + 1]);

/*
 * A venue waits for approval, active.  owner_key is shown once and only its hash is kept.  invalid_name,
 * invalid_business_number; rate_limited, since anyone may call this and each venue is a durable write.
 */
enum el_code el_venues_create(struct el_venues *, const char *name, const char *business_number,
    const uint8_t address[16], int64_t now_s, struct el_venue *out, uint8_t owner_key[EL_KEY_LEN],
    unsigned *retry_after_s);

/* Who asks about a venue. */
enum el_venue_caller { EL_CALLER_NONE, EL_CALLER_OWNER, EL_CALLER_OPERATOR };
/*
 * The venue for a caller with this key.  unauthorized: neither its owner's nor the operator's (and for
 * others than the operator, whether there is such a venue is not told); not_found.
 */
enum el_code el_venues_get(struct el_venues *, uint32_t id, const uint8_t key[EL_KEY_LEN], bool is_operator,
    struct el_venue *out, enum el_venue_caller *caller);

/*
 * Before an owner's change of a venue or of its scanners: rate_limited, since each is a durable write that check-ins
 * wait for, and anyone may own a venue that waits for approval.  It costs the same whatever becomes of the change.
 */
enum el_code el_venues_spend_change(struct el_venues *, uint32_t venue, int64_t now_s, unsigned *retry_after_s);

/* forbidden: only the operator approves. */
struct el_venue_change {
	bool has_approved, approved, has_active, active;
};
enum el_code el_venues_change(
    struct el_venues *, struct el_venue *, enum el_venue_caller, const struct el_venue_change *);

/* invalid_name; limit_exceeded: the venue has EL_SCANNERS_PER_VENUE.  An empty name is none. */
enum el_code el_venues_add_scanner(struct el_venues *, uint32_t venue, const char *name, int64_t now_s,
    uint32_t *scanner, char code[EL_ENROL_CODE_LEN + 1], int64_t *expires_s);
/* Those that are not revoked, in the order of their ids. */
struct el_scanner_list {
	size_t n;
	struct el_scanner_row items[EL_SCANNERS_PER_VENUE];
};
enum el_code el_venues_list_scanners(struct el_venues *, uint32_t venue, int64_t now_s, struct el_scanner_list *out);
/* not_found: no such scanner of that venue, or revoked; invalid_name.  *out is the scanner as it is then. */
struct el_scanner_change {
	const char *name; /* as it was typed; NULL: it stays */
	bool has_active, active;
};
enum el_code el_venues_change_scanner(struct el_venues *, uint32_t venue, uint32_t scanner,
    const struct el_scanner_change *, int64_t now_s, struct el_scanner_row *out);
/* not_found: also one that was revoked before it had a key. */
enum el_code el_venues_revoke_scanner(struct el_venues *, uint32_t venue, uint32_t scanner);
/* invalid_enrolment; rate_limited after EL_ENROL_TRIES wrong codes of one address. */
enum el_code el_venues_enrol(struct el_venues *, const char *code, const uint8_t address[16], int64_t now_s,
    uint32_t *scanner, uint8_t key[EL_KEY_LEN], unsigned *retry_after_s);

#endif
