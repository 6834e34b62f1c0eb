#ifndef EL_ISSUER_DRAWN_H
#define EL_ISSUER_DRAWN_H

#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "issuer/issuer_db.h"

/*
 * How many day tickets each credential has had for an epoch (protocol 4.2): in memory only, so that nothing on
 * disk tells how often a visitor asked.
 */
struct el_drawn;

EL_MUST_USE int el_drawn_new(struct el_drawn **out);
void el_drawn_free(struct el_drawn *);
/* Count one more.  EL_ELIMIT: EL_TICKETS_PER_DAY are drawn; EL_ENOMEM. */
EL_MUST_USE int el_drawn_take(struct el_drawn *, const uint8_t authenticator[EL_AUTHENTICATOR_LEN], el_epoch);
/* What the last el_drawn_take() of this credential and epoch counted was not given out. */
void el_drawn_give(struct el_drawn *, const uint8_t authenticator[EL_AUTHENTICATOR_LEN], el_epoch);
/* Forget the epochs before `first`. */
void el_drawn_keep(struct el_drawn *, el_epoch first);

#endif
