#ifndef EL_REGISTRY_VISITS_ANSWER_H
#define EL_REGISTRY_VISITS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/held.h"
#include "registry/registry.h"
#include "registry/visits_search.h"

/*
 * From rows to the answer (protocol 12.5): each body released once, further rows with it listed, each row with the path
 * to the logged root of its segment; the order's limit spent durably; the release signed.  It is held until the public
 * log has its entry (order/held.h).
 */
/*
 * Whether the public log has the roots of all segments that these rows stand in, and where: EL_OK fills *roots (malloc'ed)
 * with their places; EL_ENOTFOUND: one is still on its way.  A segment that can have no tree is left out, and its rows
 * are released unproven.
 */
EL_MUST_USE int el_visits_roots(struct el_registry *, const struct el_found *rows, size_t n, uint64_t **roots,
    size_t *n_roots);

/*
 * The answer under way, written in steps of bounded work, so that check-ins go on in between.  rows are kept by
 * reference.  request: SHA-256 of the call's body; the same request again costs nothing but what has come since.
 * Refusal: limit_exceeded, daily_cap, busy (no space to write down what is spent).  internal: *err says why, and but for EL_ENOMEM
 * the process must end.  On EL_CODE_OK *out is to be stepped.
 */
struct el_visits_writer;
enum el_code el_visits_writer_begin(struct el_registry *, const struct el_order *, const struct el_hash *request,
    const struct el_found *rows, size_t n, int64_t now_s, struct el_visits_writer **out, int *err);
/* *held, the caller's, is set when all of it is written; its roots are not filled in.  EL_ENOMEM, EL_ELIMIT, EL_ECRYPTO. */
EL_MUST_USE int el_visits_writer_step(struct el_visits_writer *, struct el_registry *, struct el_held **held);
void el_visits_writer_free(struct el_visits_writer *); /* NULL is fine */

#endif
