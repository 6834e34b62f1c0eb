#ifndef EL_ISSUER_VISITORS_H
#define EL_ISSUER_VISITORS_H

#include <stdint.h>

#include "base/limits.h"
#include "base/text.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "issuer/issuer_db.h"

/*
 * Registered visitors (protocol 4.1).  Their credential opens their master row; without it the row tells when
 * it ends and nothing else, not even whether a phone number is known.
 */
struct el_visitor {
	uint8_t authenticator[EL_AUTHENTICATOR_LEN];
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	uint16_t consent;
	int64_t verified_until_s;
};

/* KDF(vc, "EL1-auth", ""). */
void el_visitors_authenticator(const uint8_t credential[EL_KEY_LEN], uint8_t out[EL_AUTHENTICATOR_LEN]);

/* A new visitor: draws the credential, durable on return.  EL_EIO is final. */
EL_MUST_USE int el_visitors_admit(struct el_issuer_db *, const char *name, const struct el_phone *, uint16_t consent,
    int64_t now_s, uint32_t day_offset_s, uint8_t credential[EL_KEY_LEN], int64_t *verified_until_s);
/*
 * Who this is; the caller wipes *out.  EL_ENOTFOUND: nobody, or the registration has ended (*out is zeroed);
 * EL_EIO is final.
 */
EL_MUST_USE int el_visitors_find(struct el_issuer_db *, const uint8_t credential[EL_KEY_LEN], int64_t now_s,
    struct el_visitor *out);
/* Withdrawal: no further ticket, no master row.  EL_ENOTFOUND as above. */
EL_MUST_USE int el_visitors_withdraw(struct el_issuer_db *, const uint8_t credential[EL_KEY_LEN], int64_t now_s);
/* Rows whose time is over: EL_MASTER_ROW_DAYS after their registration's end. */
EL_MUST_USE int el_visitors_purge(struct el_issuer_db *, int64_t now_s, uint64_t *n_gone);

#endif
