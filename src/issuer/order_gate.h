#ifndef EL_ISSUER_ORDER_GATE_H
#define EL_ISSUER_ORDER_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "issuer/issuer.h"
#include "order/document.h"

/*
 * What both calls of an executor at an issuer have in common (protocol 7.1, 12.5).  Kept are {order hash,
 * request hash, kind, count} and nothing else.
 */
struct el_order_call {
	struct el_hash body; /* SHA-256 of the call's body as it came */
	struct el_sign_pk key;
	uint64_t time_s;
	uint8_t nonce[16];
	struct el_sig sig;
	struct el_document order;
};

void el_order_call_wipe(struct el_order_call *); /* a zeroed one is fine */

/*
 * In this order: the order itself, that it speaks to us, its executor's signature over this very call (used
 * once), that its kind fits the path.  EL_CODE_OK fills *out.
 */
enum el_code el_order_gate(struct el_issuer *, const struct el_order_call *, const char *path, enum el_order_kind,
    int64_t now_s, struct el_order *out);
/*
 * Spend n items of the order's limit and of the day's cap, durably, before anything is answered; the same request
 * again is free.  limit_exceeded, daily_cap; *err other than EL_OK is final.
 */
enum el_code el_order_gate_spend(struct el_issuer *, const struct el_order *, const struct el_hash *request, size_t n,
    int64_t now_s, int *err);
/*
 * Count and log a refusal; gives the code back.  The public log hears of it where the order carried its quorum.
 */
enum el_code el_order_gate_refused(struct el_issuer *, const struct el_order *, enum el_code, int64_t now_s);
void el_order_gate_answered(struct el_issuer *, size_t n);

/* Compact JSON of a tree to a buffer; the tree is given up.  EL_ENOMEM or the buffer's error. */
EL_MUST_USE int el_order_gate_dump(struct el_buf *, json_t *stolen);

#endif
