#ifndef EL_ISSUER_TRACES_H
#define EL_ISSUER_TRACES_H

#include <stddef.h>
#include <stdint.h>

#include "issuer/order_gate.h"
#include "order/held.h"
#include "order/scope.h"

/*
 * The executor's call POST /v1/orders/traces (protocol 7.3 step 1): the trace boxes of the scope's phone numbers,
 * which the issuer cannot open, and a signed statement of what they are.
 */
#define EL_TRACES_PATH "/v1/orders/traces"

struct el_traces_call {
	struct el_order_call by;
	struct el_disclosed scope;
};

void el_traces_call_wipe(struct el_traces_call *); /* a zeroed one is fine */

/*
 * As el_identities_answer().  not_ready: a day that was rewritten has no root in the public log yet; ask again in a
 * moment.
 */
enum el_code el_traces_answer(struct el_issuer *, const struct el_traces_call *, int64_t now_s, struct el_held **held,
    int *err);

#endif
