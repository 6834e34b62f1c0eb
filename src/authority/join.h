#ifndef EL_AUTHORITY_JOIN_H
#define EL_AUTHORITY_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/report.h"
#include "authority/request.h"
#include "base/buf.h"
#include "base/code.h"
#include "base/limits.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/policy.h"

/*
 * The executor's part of an order (protocol 7.2 and 7.3), in two steps with the trustees between them:
 *
 *	ask	contacts and notice: the registry releases rows.  trace: each issuer answers trace boxes.
 *	open	trustees answer partials, by file or by HTTP, in their own time
 *	finish	contacts: t partials become S, the issuers name people.  notice: the issuers tell them, and
 *		answer how many.  trace: boxes become secrets, the registry releases rows.  A report is what
 *		remains.
 *
 * Between the steps the rows may lie on disk, sealed to the order's own key.  Everything a party answers is
 * verified here again; what fails becomes an `unverifiable` line of the report, never a wrong name.
 */
struct el_join;

/*
 * One call: POST body to path at a party ("registry", "issuer:7"), signed by the executor.  EL_OK: status 200
 * and its body in *answer.  EL_EPERM: refused, code (at least 64 bytes) holds the problem's code.  Else no
 * answer came: EL_ECLOSED, EL_EBUSY, EL_ELIMIT.
 */
typedef int el_join_call_fn(void *ctx, const char *party, const char *path, const void *body, size_t len,
    struct el_buf *answer, char *code);

struct el_join_ops {
	el_join_call_fn *call;
	void (*progress)(void *ctx, const char *what, size_t done, size_t total); /* may be NULL */
	void *ctx;
};

#define EL_JOIN_MESSAGE 160

/*
 * Begin with an order file (taken over, also on failure), the trust documents (kept by reference) and the
 * order's secret.  The order is checked as every party will (signatures, quorum, policy, expiry, scopes);
 * EL_EPERM: refused, message holds the code.  EL_ENOMEM.
 */
EL_MUST_USE int el_join_new(struct el_order_file *, const struct el_trust *, const uint8_t order_secret[32],
    int64_t now_s, struct el_join **out, char message[EL_JOIN_MESSAGE]);
void el_join_free(struct el_join *); /* wipes; NULL is fine */
const struct el_order *el_join_order(const struct el_join *);

/*
 * First step.  EL_EPERM: a party refused, or its answer is not what it signed (message says which); EL_ECLOSED,
 * EL_EBUSY: try again.
 */
EL_MUST_USE int el_join_ask(struct el_join *, const struct el_join_ops *, char message[EL_JOIN_MESSAGE]);
/* The first step's result, sealed to the order's key; *out malloc'ed.  And back (verified anew). */
EL_MUST_USE int el_join_save(const struct el_join *, uint8_t **out, size_t *len);
EL_MUST_USE int el_join_restore(struct el_join *, const uint8_t *in, size_t len);

/* Requests for the trustees: one for contacts or a notice, one for each issuer of a trace.  0 when nothing was found. */
size_t el_join_requests(const struct el_join *);
size_t el_join_request_items(const struct el_join *, size_t i);
uint8_t el_join_request_issuer(const struct el_join *, size_t i); /* 0: contacts, notice */
/* The request as JSON, whole or a page of its items.  NULL: no memory. */
json_t *el_join_request(const struct el_join *, size_t i, size_t first, size_t n);

/*
 * Take a trustee's partials for request i (i = SIZE_MAX: the one that their proofs fit, as files do not say) if they
 * are proven; all of them or none.  EL_EPERM: a proof fails or is missing, or they are of another order or purpose, of
 * nobody in the policy, or beyond the request: message names the trustee, and the join goes on with others.
 * EL_EEXIST: this trustee has answered; EL_ENOMEM.  ops may be NULL; of them only progress is called.
 */
EL_MUST_USE int el_join_take(struct el_join *, const struct el_join_ops *, size_t i, const struct el_partials *,
    char message[EL_JOIN_MESSAGE]);
/* Trustees that have answered the request of the fewest. */
unsigned el_join_answered(const struct el_join *);

/*
 * Trustees whose cosignatures the checkpoint of request i has by now, ascending; those that came with partials are among
 * them.  And whether issuers will ask for those of t (P-12.10).
 */
size_t el_join_cosigners(const struct el_join *, size_t i, unsigned out[EL_TRUSTEES_MAX]);
bool el_join_needs_cosigners(const struct el_join *);

/*
 * Second step: *out is the report.  EL_EBUSY: fewer than t trustees have answered; EL_EPERM, EL_ECLOSED as
 * el_join_ask(): nothing is lost, the step may be repeated.
 */
EL_MUST_USE int el_join_finish(struct el_join *, const struct el_join_ops *, int64_t now_s, struct el_report **out,
    char message[EL_JOIN_MESSAGE]);

#endif
