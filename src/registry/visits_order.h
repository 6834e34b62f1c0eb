#ifndef EL_REGISTRY_VISITS_ORDER_H
#define EL_REGISTRY_VISITS_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/document.h"
#include "order/held.h"
#include "order/scope.h"
#include "registry/registry.h"
#include "registry/visits_search.h"

/*
 * The executor's call POST /v1/orders/visits (protocol 7.1, 12.5): judged at once, then worked off in
 * steps, at the end answered sealed.  Kept are {order hash, request hash, kind, count} and nothing else.
 */
#define EL_VISITS_METHOD "POST"
#define EL_VISITS_PATH "/v1/orders/visits"

struct el_visits_call {
	struct el_hash body; /* SHA-256 of the call's body as it came */
	struct el_sign_pk key;
	uint64_t time_s;
	uint8_t nonce[16];
	struct el_sig sig;
	struct el_document order;
	struct el_disclosed scope;
	bool is_trace; /* statement and secrets came, too */
	struct el_document statement;
	struct el_visits_secret *secrets; /* malloc'ed */
	size_t n_secrets;
};

void el_visits_call_wipe(struct el_visits_call *); /* also frees what it holds; a zeroed one is fine */

struct el_visits_job;

/*
 * Judge a call, in the order of protocol 7.1: the order itself, that it speaks to the registry, its executor's
 * signature over this call (used once), scope, retention, and under a trace the statement and the
 * secrets.  The call's secrets are taken over in every case.  On EL_CODE_OK *out is to be stepped.
 */
enum el_code el_visits_order_begin(
    struct el_registry *, struct el_visits_call *, int64_t now_s, struct el_visits_job **out);
/*
 * One step, until EL_VISITS_DONE; then *code is EL_CODE_OK and *held the answer, which waits for the public log's word
 * and is the caller's, or the refusal: limit_exceeded (also of an answer that one message or one proof cannot hold),
 * daily_cap, busy (no space to write down what is spent).  A failure is final: the process must end.
 */
EL_MUST_USE int el_visits_order_step(struct el_registry *, struct el_visits_job *, int64_t now_s,
    enum el_visits_progress *, enum el_code *code, struct el_held **held);
void el_visits_job_free(struct el_visits_job *);
/* The answer has left. */
void el_visits_order_answered(struct el_registry *, const struct el_held *);

#endif
