#ifndef EL_REGISTRY_MESSAGES_H
#define EL_REGISTRY_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base32.h"
#include "base/buf.h"
#include "base/code.h"
#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "registry/checkin.h"
#include "registry/days.h"
#include "registry/registry_db.h"
#include "registry/venues.h"
#include "registry/visits_order.h"
#include "service/service.h"

/*
 * What passes between net and core.  One function a message describes both directions, so that encoding
 * and parsing cannot differ; exactly one encoding is valid.  encode: EL_ELIMIT, EL_ENOMEM (and a full
 * buffer's sticky error).  parse: EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; what it allocates is the caller's to wipe,
 * also after a failure.
 */
enum el_registry_msg_type {
	/* net -> core; each is answered with its id */
	EL_RM_CHECKINS = EL_MSG_ROLE,
	EL_RM_WHO, /* which scanner is this, and may it post so many sealed items: answered SCANNER */
	EL_RM_VENUE_NEW,
	EL_RM_VENUE,
	EL_RM_ENROL,
	EL_RM_ORDER,
	EL_RM_OPENED, /* as CHECKINS, of items whose allowance a WHO has spent */
	/* core -> net */
	EL_RM_REFUSED,
	EL_RM_RESULTS,
	EL_RM_SCANNER,
	EL_RM_VENUE_IS,
	EL_RM_SCANNER_NEW,
	EL_RM_SCANNERS,
	EL_RM_DONE, /* no body */
	EL_RM_COUNTS,
	EL_RM_ENROLLED,
	EL_RM_RELEASED, /* the sealed bytes */
	/* core -> net, unasked */
	EL_RM_DAY
};

#define EL_TEXT_FIELD_MAX 400 /* a text that a client sent and nobody has judged yet */

struct el_msg_checkins {
	struct el_hash key; /* SHA-256 of the scanner's */
	bool is_batch;
	enum el_code verdict; /* on the request as a whole */
	size_t n;
	struct el_checkin items[EL_BATCH_MAX];
};

struct el_msg_results {
	bool is_batch;
	size_t n;
	struct el_checkin_result items[EL_BATCH_MAX];
};

struct el_msg_who {
	struct el_hash key;
	size_t n; /* items that would be opened for it; 0: it only asks */
};
struct el_msg_scanner {
	uint32_t id, venue;
	char name[EL_NAME_MAX + 1]; /* of the venue */
	bool active;
};

struct el_msg_venue_new {
	char name[EL_TEXT_FIELD_MAX + 1], business_number[EL_TEXT_FIELD_MAX + 1];
	uint8_t address[16];
};

enum el_venue_action {
	EL_VENUE_GET,
	EL_VENUE_CHANGE,
	EL_VENUE_LIST_SCANNERS,
	EL_VENUE_ADD_SCANNER,
	EL_VENUE_CHANGE_SCANNER,
	EL_VENUE_REVOKE_SCANNER,
	EL_VENUE_COUNTS
};
struct el_msg_venue {
	uint8_t key[EL_KEY_LEN]; /* the bearer's: owner, operator, or (for the counts) a scanner of the venue */
	uint32_t venue;
	enum el_venue_action action;
	struct el_venue_change change; /* of the scanner: only whether it is active */
	uint32_t scanner;
	bool has_name;
	char name[EL_TEXT_FIELD_MAX + 1]; /* of the scanner */
};
struct el_msg_venue_is {
	struct el_venue venue; /* without the hash of its owner's key */
	bool is_new;
	uint8_t owner_key[EL_KEY_LEN]; /* new ones only */
};
struct el_msg_scanner_new {
	uint32_t id;
	char code[EL_ENROL_CODE_LEN + 1];
	int64_t expires_s;
};
/* The scanners of a venue, or the one that was changed; without the hashes of their keys. */
struct el_msg_scanners {
	bool is_list;
	struct el_scanner_list list;
};
struct el_msg_counts {
	el_epoch epoch;
	int64_t since_s; /* counted since */
	uint32_t hours[EL_COUNT_HOURS];
};

struct el_msg_enrol {
	char code[EL_TEXT_FIELD_MAX + 1];
	uint8_t address[16];
};
struct el_msg_enrolled {
	uint32_t id;
	uint8_t key[EL_KEY_LEN];
};

struct el_msg_refused {
	enum el_code code;
	uint32_t retry_after_s;
};

/* What every net process holds: the queue keys, newest first, and what scanners are told. */
struct el_msg_day {
	uint32_t day_offset, late_limit, skew;
	size_t n_keys;
	struct el_queue_key keys[EL_QUEUE_KEYS_MAX];
	uint8_t *directory; /* JSON text of the signed document, malloc'ed */
	size_t directory_len;
};
void el_msg_day_wipe(struct el_msg_day *);

EL_MUST_USE int el_msg_checkins_encode(struct el_msg_checkins *, struct el_buf *);
EL_MUST_USE int el_msg_checkins_parse(const uint8_t *in, size_t len, struct el_msg_checkins *);
/* Whose check-ins those are, before they are parsed; false: it is too short. */
bool el_msg_checkins_key(const uint8_t *in, size_t len, struct el_hash *key);
EL_MUST_USE int el_msg_results_encode(struct el_msg_results *, struct el_buf *);
EL_MUST_USE int el_msg_results_parse(const uint8_t *in, size_t len, struct el_msg_results *);
EL_MUST_USE int el_msg_who_encode(struct el_msg_who *, struct el_buf *);
EL_MUST_USE int el_msg_who_parse(const uint8_t *in, size_t len, struct el_msg_who *);
EL_MUST_USE int el_msg_scanner_encode(struct el_msg_scanner *, struct el_buf *);
EL_MUST_USE int el_msg_scanner_parse(const uint8_t *in, size_t len, struct el_msg_scanner *);
EL_MUST_USE int el_msg_venue_new_encode(struct el_msg_venue_new *, struct el_buf *);
EL_MUST_USE int el_msg_venue_new_parse(const uint8_t *in, size_t len, struct el_msg_venue_new *);
EL_MUST_USE int el_msg_venue_encode(struct el_msg_venue *, struct el_buf *);
EL_MUST_USE int el_msg_venue_parse(const uint8_t *in, size_t len, struct el_msg_venue *);
EL_MUST_USE int el_msg_venue_is_encode(struct el_msg_venue_is *, struct el_buf *);
EL_MUST_USE int el_msg_venue_is_parse(const uint8_t *in, size_t len, struct el_msg_venue_is *);
EL_MUST_USE int el_msg_scanner_new_encode(struct el_msg_scanner_new *, struct el_buf *);
EL_MUST_USE int el_msg_scanner_new_parse(const uint8_t *in, size_t len, struct el_msg_scanner_new *);
EL_MUST_USE int el_msg_scanners_encode(struct el_msg_scanners *, struct el_buf *);
EL_MUST_USE int el_msg_scanners_parse(const uint8_t *in, size_t len, struct el_msg_scanners *);
EL_MUST_USE int el_msg_counts_encode(struct el_msg_counts *, struct el_buf *);
EL_MUST_USE int el_msg_counts_parse(const uint8_t *in, size_t len, struct el_msg_counts *);
EL_MUST_USE int el_msg_enrol_encode(struct el_msg_enrol *, struct el_buf *);
EL_MUST_USE int el_msg_enrol_parse(const uint8_t *in, size_t len, struct el_msg_enrol *);
EL_MUST_USE int el_msg_enrolled_encode(struct el_msg_enrolled *, struct el_buf *);
EL_MUST_USE int el_msg_enrolled_parse(const uint8_t *in, size_t len, struct el_msg_enrolled *);
EL_MUST_USE int el_msg_refused_encode(struct el_msg_refused *, struct el_buf *);
EL_MUST_USE int el_msg_refused_parse(const uint8_t *in, size_t len, struct el_msg_refused *);
EL_MUST_USE int el_msg_order_encode(struct el_visits_call *, struct el_buf *);
EL_MUST_USE int el_msg_order_parse(const uint8_t *in, size_t len, struct el_visits_call *);
EL_MUST_USE int el_msg_day_encode(struct el_msg_day *, struct el_buf *);
EL_MUST_USE int el_msg_day_parse(const uint8_t *in, size_t len, struct el_msg_day *);

#endif
