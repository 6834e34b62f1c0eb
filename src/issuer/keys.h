#ifndef EL_ISSUER_KEYS_H
#define EL_ISSUER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "daybook/daybook.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "issuer/identity.h"
#include "issuer/issuer_conf.h"

/*
 * The issuer's keys by epoch (protocol section 3): K_live until the day is rewritten, K_id for 28 days more,
 * the ticket key and K_pair until the day ends.  The keyring holds them; here stand the rules of their life.
 */
struct el_issuer_keys {
	const struct el_issuer_conf *conf; /* not ours, as the two below */
	struct el_keyring *keyring;
	struct el_daybook *daybook;
	uint32_t day_offset;
	bool stepped;
	el_epoch today; /* as of the last step */
};

void el_issuer_keys_init(struct el_issuer_keys *, const struct el_issuer_conf *, struct el_keyring *,
    struct el_daybook *, uint32_t day_offset_s);

el_epoch el_issuer_keys_today(const struct el_issuer_keys *, int64_t now_s);
el_epoch el_issuer_keys_tomorrow(const struct el_issuer_keys *, int64_t now_s);

/*
 * Take over the pair file when it is there: K_pair of today and tomorrow goes into the keyring, then the file
 * is destroyed.  EL_ECONFIG: there is neither file nor key; EL_EEXIST: the file's key is not of the chain that
 * the keyring holds; else as el_keyfile_read().
 */
EL_MUST_USE int el_issuer_keys_import(struct el_issuer_keys *, int64_t now_s);
/*
 * Make what today and tomorrow need, in one write: K_live and K_id, the ticket key, and K_pair ratcheted forward
 * over any gap.  *changed: another day began, or keys were made.
 */
EL_MUST_USE int el_issuer_keys_step(struct el_issuer_keys *, int64_t now_s, bool *changed);

/*
 * K_tags and K_rows that the rows of an epoch are under now: K_id's when it was rewritten, else K_live's.  The
 * caller wipes them.  EL_ENOTFOUND: destroyed, or never made.
 */
EL_MUST_USE int el_issuer_keys_rows(const struct el_issuer_keys *, el_epoch, struct el_identity_keys *out);
EL_MUST_USE int el_issuer_keys_of(const struct el_issuer_keys *, enum el_key_kind, el_epoch, struct el_identity_keys *out);

/* What a signer holds of a day: the ticket key and k_e; the caller wipes it.  EL_ENOTFOUND. */
EL_MUST_USE int el_issuer_keys_ticket(const struct el_issuer_keys *, el_epoch, uint8_t out[EL_KEY_LEN]);
EL_MUST_USE int el_issuer_keys_token(const struct el_issuer_keys *, el_epoch, uint8_t out[EL_KEY_LEN]);

#endif
