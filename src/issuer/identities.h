#ifndef EL_ISSUER_IDENTITIES_H
#define EL_ISSUER_IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "issuer/notices.h"
#include "issuer/order_gate.h"
#include "log/tree.h"
#include "order/held.h"
#include "order/scope.h"

/*
 * The executor's calls POST /v1/orders/identities (protocol 7.2 step 3): who stands behind the links that the
 * trustees opened; and /v1/orders/notices (7.4): they are told, and nobody is named.  The issuer sees no venue and no minute, computes every handle itself, and names somebody
 * only for a body that the registry released under this order and this issuer signed.
 */
#define EL_IDENTITIES_PATH "/v1/orders/identities"

struct el_identity_item {
	struct el_body body;
	struct el_hash c;
	uint8_t shared[EL_POINT_LEN]; /* S, not decoded */
	struct el_path path;
};

struct el_identities_call {
	struct el_order_call by;
	struct el_document release;
	struct el_log_proof proof; /* of the registry's answer */
	struct el_identity_item *items; /* malloc'ed */
	size_t n_items;
	bool is_notice;		   /* then also: */
	struct el_disclosed scope; /* template and day */
};

void el_identities_call_wipe(struct el_identities_call *); /* also frees what it holds; a zeroed one is fine */

/*
 * Judge and answer.  On EL_CODE_OK *held (the caller's) is the answer, which waits for the public log's word; a
 * body given twice is malformed_request; proof_missing: the release is not in the registry's public log, or too few
 * trustees have cosigned that log.  *batch, under a notice order, is who must be told (el_notices_add()) once that word
 * is there and before the answer leaves; the caller's, NULL otherwise.  *err other than EL_OK is final: the process must end.
 */
enum el_code el_identities_answer(struct el_issuer *, const struct el_identities_call *, int64_t now_s,
    struct el_held **held, struct el_notice_batch **batch, int *err);

#endif
