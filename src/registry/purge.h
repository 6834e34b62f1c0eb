#ifndef EL_REGISTRY_PURGE_H
#define EL_REGISTRY_PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "entrylog/error.h"
#include "registry/registry.h"

/*
 * The turning of the days (protocol sections 3 and 9): keys are made before their day and destroyed after
 * their time, epochs with them, when the clock can be believed.
 */

/*
 * Once a second, and first of all after el_registry_open().  Commits what waits, takes pair files over, makes
 * keys, destroys what is due as far as the clock guard allows, closes segments that are older than an hour.  *changed: the queue keys or the day are
 * others than before.  A failure is final: the process must end.
 */
EL_MUST_USE int el_registry_tick(struct el_registry *, int64_t now_s, int64_t mono_ms, bool *changed);

/* Epochs whose time is over and that are still here. */
EL_MUST_USE int el_purge_due(struct el_registry *, int64_t now_s, size_t *n);

/* What /readyz tells, as of the last tick. */
void el_registry_state(struct el_registry *, int64_t now_s, struct el_service_state *out);

/*
 * The control socket's verbs: PURGE, CONFIRM_CLOCK, STATUS.  Text for the operator goes to out.  EL_ESTATE: the
 * clock is not to be believed; EL_EFORMAT: another verb, or a body.
 */
EL_MUST_USE int el_registry_control(
    struct el_registry *, uint8_t verb, size_t body_len, int64_t now_s, int64_t mono_ms, struct el_buf *out);

#endif
