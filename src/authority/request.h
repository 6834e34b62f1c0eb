#ifndef EL_AUTHORITY_REQUEST_H
#define EL_AUTHORITY_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/order_file.h"
#include "crypto/dleq.h"
#include "entrylog/error.h"
#include "log/note.h"
#include "order/log_proof.h"
#include "order/release.h"

/*
 * What an executor asks of trustees and what they answer (protocol 12.6).  Parsers are strict and verify
 * nothing: shapes only.
 */
#define EL_REQUEST_FILE_MAX EL_FILE_MAX
#define EL_REASON_MAX 63 /* [a-z0-9_] */
#define EL_COSIGNATURE_MAX EL_NOTE_LINE_MAX

struct el_request {
	struct el_order_file *order;
	bool trace;			/* statement and boxes; else release and rows */
	struct el_document release, statement;
	struct el_released *rows;
	size_t n_rows;
	uint8_t (*boxes)[EL_TRACE_BOX_LEN];
	struct el_commitment *commitments; /* n_boxes, too */
	size_t n_boxes;
	struct el_log_proof proof; /* of the party's answer */
};

/* EL_EFORMAT; EL_ELIMIT: more rows than EL_ORDER_ROWS_MAX or boxes than EL_TRACE_ROWS_MAX; EL_ENOMEM. */
EL_MUST_USE int el_request_from_json(const json_t *, struct el_request **out);
EL_MUST_USE int el_request_parse(const uint8_t *in, size_t len, struct el_request **out);
/* first and n choose a page of rows (or boxes); party: whose scope is disclosed.  NULL: no memory. */
json_t *el_request_to_json(const struct el_request *, const char *party, size_t first, size_t n);
void el_request_free(struct el_request *); /* NULL is fine */
/*
 * Trace boxes and their commitments, arrays of one length, which answers and requests have alike; both malloc'ed, also
 * on failure.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM.
 */
EL_MUST_USE int el_boxes_from_json(const json_t *boxes, const json_t *commitments, uint8_t (**out)[EL_TRACE_BOX_LEN],
    struct el_commitment **committed, size_t *n);

/* ---- Partials ---- */
struct el_partial {
	uint32_t index; /* of the request's row or box */
	struct el_point point;
};
struct el_refusal {
	uint32_t index;
	char reason[EL_REASON_MAX + 1];
};
/* That the partials of one epoch, among the items first..first + n - 1 of the request, are right. */
struct el_proof {
	el_epoch epoch;
	uint32_t first, n; /* not on the wire: the page that was asked for */
	struct el_dleq_proof dleq;
};
struct el_partials {
	struct el_hash order;
	unsigned trustee;
	bool traces; /* purpose: Z shares; else links, Y shares */
	struct el_partial *partials; /* ascending */
	size_t n;
	struct el_refusal *refused; /* ascending */
	size_t n_refused;
	struct el_proof *proofs; /* ascending by epoch; where pages were put together, page by page */
	size_t n_proofs;
	/* The trustee's signature line over the checkpoint of the request's proof (log/note.h); 0 bytes: none. */
	uint8_t cosignature[EL_COSIGNATURE_MAX];
	size_t cosignature_len;
};
/*
 * One answer as it came; its proofs speak of all of it.  Indexes and epochs ascend, points and scalars are such, no
 * index has two answers.  Whether there is a proof for each epoch is not asked here: that takes the request
 * (authority/proofs.h).  EL_EFORMAT; EL_ELIMIT: more than EL_ORDER_ROWS_MAX, or EL_ORDER_DAYS_MAX proofs; EL_ENOMEM;
 * *out is zeroed then.
 */
EL_MUST_USE int el_partials_parse(const uint8_t *in, size_t len, struct el_partials *out);
EL_MUST_USE int el_partials_encode(const struct el_partials *, char **out); /* malloc'ed text */
/* Put a signature line in; one that is too long, or empty, is none. */
void el_partials_set_cosignature(struct el_partials *, const uint8_t *line, size_t len);
void el_partials_wipe(struct el_partials *); /* a zeroed one is fine */
/* The partial for an index; NULL.  The refusal's reason; NULL. */
const struct el_partial *el_partials_find(const struct el_partials *, uint32_t index);
const char *el_partials_reason(const struct el_partials *, uint32_t index);

/* A reason as reports and files may hold it: 1 to EL_REASON_MAX of [a-z0-9_]. */
bool el_reason_is_valid(const char *);

#endif
