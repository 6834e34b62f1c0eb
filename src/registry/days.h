#ifndef EL_REGISTRY_DAYS_H
#define EL_REGISTRY_DAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "crypto/keyring.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "registry/registry_conf.h"

/*
 * The registry's keys by epoch (protocol section 3): K_visit for 28 days, the queue key and each issuer's
 * K_pair as long as tokens of the epoch can arrive.  The keyring holds them; here stand the rules of their
 * life and what is derived from them for the check-ins of now.
 */
struct el_days;

struct el_day_issuer {
	uint8_t issuer;
	bool has_key;
	uint8_t key[EL_KEY_LEN]; /* k_e of protocol section 4.3 */
};

/* An epoch whose tokens can arrive; lives in guarded memory until the next el_days_step(). */
struct el_day {
	el_epoch epoch;
	bool has_visit; /* tags and rows are keys */
	uint8_t tags[EL_KEY_LEN], rows[EL_KEY_LEN];
	struct el_day_issuer issuers[EL_ISSUERS_MAX];
	size_t n_issuers;
};

/* Neither conf nor keyring is taken over.  EL_ENOMEM. */
EL_MUST_USE int el_days_new(
    const struct el_registry_conf *, struct el_keyring *, uint32_t day_offset_s, struct el_days **out);
void el_days_free(struct el_days *);

/* Tokens of an epoch can arrive until end(e) + 2 h + late limit. */
int64_t el_days_arrival_end(const struct el_days *, el_epoch);
/* The oldest epoch whose tokens can arrive now, and tomorrow. */
el_epoch el_days_first(const struct el_days *, int64_t now_s);
el_epoch el_days_last(const struct el_days *, int64_t now_s);

/*
 * Take over the pair files that are there: K_pair of the epochs from the oldest that can arrive to
 * tomorrow goes into the keyring, then the file is destroyed.  EL_ECONFIG: an issuer has neither file nor
 * key; EL_EEXIST: the file's key is not of the chain that the keyring holds; else as el_keyfile_read().
 */
EL_MUST_USE int el_days_import(struct el_days *, int64_t now_s);
/*
 * Make what today and tomorrow need: K_visit and queue keys, and K_pair of every epoch that can arrive,
 * ratcheted forward over any gap.  *changed: a queue key was made, or another day began.
 */
EL_MUST_USE int el_days_step(struct el_days *, int64_t now_s, bool *changed);
/* Forget what is derived; the next step derives it from what the keyring holds then. */
void el_days_forget(struct el_days *);

/* NULL: not an epoch that can arrive, as of the last step. */
const struct el_day *el_days_get(const struct el_days *, el_epoch);
bool el_days_knows_issuer(const struct el_days *, uint8_t issuer);

/* K_tags and K_rows of any epoch that is not destroyed; the caller wipes them.  EL_ENOTFOUND. */
EL_MUST_USE int el_days_visit_keys(
    const struct el_days *, el_epoch, uint8_t tags[EL_KEY_LEN], uint8_t rows[EL_KEY_LEN]);
/* Whether the key's time is over at now. */
bool el_days_is_due(const struct el_days *, struct el_key_id, int64_t now_s);

/* The queue keys of the epochs that can arrive, newest first; the caller wipes them. */
struct el_queue_key {
	el_epoch epoch;
	struct el_scalar secret;
};
#define EL_QUEUE_KEYS_MAX 8
size_t el_days_queue_keys(const struct el_days *, int64_t now_s, struct el_queue_key out[EL_QUEUE_KEYS_MAX]);

#endif
