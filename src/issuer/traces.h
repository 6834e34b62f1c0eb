#ifndef EL_ISSUER_TRACES_H
#define EL_ISSUER_TRACES_H

#include <stddef.h>
#include <stdint.h>

#include "issuer/order_gate.h"
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

/* As el_identities_answer(). */
enum el_code el_traces_answer(struct el_issuer *, const struct el_traces_call *, int64_t now_s, uint8_t **sealed,
    size_t *len, int *err);

#endif
