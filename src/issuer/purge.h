#ifndef EL_ISSUER_PURGE_H
#define EL_ISSUER_PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"
#include "issuer/issuer.h"

/*
 * The turning of the days (protocol sections 3, 6 and 9): keys are made before their day, a day that is over is
 * rewritten in the order of its tags and loses K_live, and goes altogether at its time, when the clock can be
 * believed.
 */

/*
 * Once a second, and first of all after el_issuer_open().  Commits what waits, takes the pair file over, makes
 * keys, closes days, destroys what is due as far as the clock guard allows.  *changed: the keys that signers
 * hold are others than before.  A failure is final: the process must end.
 */
EL_MUST_USE int el_issuer_tick(struct el_issuer *, int64_t now_s, int64_t mono_ms, bool *changed);

/* Epochs whose time is over and that are still here. */
EL_MUST_USE int el_issuer_due(struct el_issuer *, int64_t now_s, size_t *n);

/* What /readyz tells, as of the last tick. */
void el_issuer_state(struct el_issuer *, int64_t now_s, struct el_service_state *out);

/*
 * The control socket's verbs: PURGE, CONFIRM_CLOCK, STATUS.  Text for the operator goes to out.  EL_ESTATE: the
 * clock is not to be believed; EL_EFORMAT: another verb, or a body.
 */
EL_MUST_USE int el_issuer_control(struct el_issuer *, uint8_t verb, size_t body_len, int64_t now_s, int64_t mono_ms,
    struct el_buf *out);

#endif
