#ifndef EL_REGISTRY_VISITS_SEARCH_H
#define EL_REGISTRY_VISITS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/scope.h"
#include "registry/registry.h"
#include "registry/visit.h"

/*
 * The search of an order (protocol 7.2 step 1, 7.3 step 3), in bounded steps, so that check-ins go on in
 * between: under a contacts order the venues' rows of each epoch, under a trace the rows of all 65,536 tokens
 * that each day secret can have made.
 */
struct el_visits_secret {
	el_epoch epoch;
	uint8_t secret[32]; /* s_e */
};

/* One row of the answer. */
struct el_found {
	struct el_row_ref ref;
	struct el_visit visit;
};

struct el_visits_search;

/* What a step has come to.  WAITING: the next one is of no use before a segment is indexed or a second is over. */
enum el_visits_progress { EL_VISITS_MORE, EL_VISITS_WAITING, EL_VISITS_DONE };

/*
 * scope is copied; secrets (malloc'ed, any order) are taken over in every case and wiped as soon as they are
 * used.  first..last are the order's epochs.  EL_ENOMEM.
 */
EL_MUST_USE int el_visits_search_new(const struct el_scope *, el_epoch first, el_epoch last,
    struct el_visits_secret *secrets, size_t n_secrets, struct el_visits_search **out);
void el_visits_search_free(struct el_visits_search *); /* wipes what it holds */

/*
 * One step.  EL_ELIMIT: over EL_ORDER_ROWS_MAX rows, the order's fault; any other failure (EL_EIO, EL_ENOMEM) is
 * the store's.
 */
EL_MUST_USE int el_visits_search_step(
    struct el_visits_search *, struct el_registry *, int64_t now_s, enum el_visits_progress *);
/* What was found, by (epoch, segment, row). */
const struct el_found *el_visits_search_rows(const struct el_visits_search *, size_t *n);

#endif
