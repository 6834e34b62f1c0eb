#ifndef EL_REGISTRY_VISITS_ANSWER_H
#define EL_REGISTRY_VISITS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "registry/registry.h"
#include "registry/visits_search.h"

/*
 * From rows to the sealed answer (protocol 12.5): each body released once, further rows with it listed; the
 * order's limit spent durably; the release signed; all of it sealed to the order's key.
 */

/*
 * request: SHA-256 of the call's body; the same request again costs nothing but what has come since.  Refusals:
 * limit_exceeded, daily_cap.  On EL_CODE_OK *out is malloc'ed.  internal: *err says why, and but for EL_ENOMEM the process
 * must end.
 */
enum el_code el_visits_answer(struct el_registry *, const struct el_order *, const struct el_hash *request,
    const struct el_found *rows, size_t n, int64_t now_s, uint8_t **out, size_t *len, int *err);

#endif
