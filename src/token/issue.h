#ifndef EL_TOKEN_ISSUE_H
#define EL_TOKEN_ISSUE_H

#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "token/ticket.h"

/*
 * Draw the body of token `index` of a day ticket (protocol section 4.3): no state, nothing kept.  links_key is
 * Y_e of the epoch.  Its signature is not verified: whoever hands bodies out verifies samples
 * (docs/decisions/008).  EL_ECRYPTO; EL_ENOMEM.
 */
EL_MUST_USE int el_issue_body(const struct el_sign_key *token_key, uint8_t issuer, el_epoch,
    const struct el_point *links_key, const struct el_day_secret *, uint16_t index, struct el_body *out);

#endif
