#ifndef EL_AUTHORITY_JOIN_INTERNAL_H
#define EL_AUTHORITY_JOIN_INTERNAL_H

#include "authority/answer.h"
#include "authority/join.h"
#include "authority/proofs.h"
#include "base/limits.h"
#include "order/proven.h"

/* The logged roots that came with an answer. */
struct el_join_proven {
	struct el_log_entry *sorted; /* malloc'ed */
	struct el_roots roots;
};

/* One request to the trustees and what came back. */
struct el_join_part {
	uint8_t issuer; /* 0: contacts, notice */
	struct el_request *request;
	struct el_join_proven proven;
	struct el_trace_statement statement; /* trace */
	struct el_listed *listed;	     /* contacts: further visits of released bodies */
	size_t n_listed;
	struct el_asked *asked; /* of the request, once partials have come; malloc'ed */
	struct el_partials *partials; /* proven, one of each trustee */
	size_t n_partials;
};

struct el_join {
	struct el_order_file *file;
	const struct el_trust *trust;
	struct el_order order;
	uint8_t *secret; /* guarded */
	struct el_join_part *parts;
	size_t n_parts;
};

/* Items of a part's request. */
size_t el_join_items(const struct el_join_part *);
/*
 * Ask one party with a JSON body (taken over) and open its sealed answer; *out malloc'ed.  As
 * el_join_call_fn; EL_EPERM also when the answer does not open.
 */
EL_MUST_USE int el_join_call(const struct el_join *, const struct el_join_ops *, const char *party, const char *path,
    json_t *body, uint8_t **out, size_t *len, char message[EL_JOIN_MESSAGE]);
/* "registry: out_of_retention"; returns EL_EPERM. */
int el_join_refuse(char message[EL_JOIN_MESSAGE], const char *party, const char *why);
/* Make room for one more part, zeroed; NULL: no memory. */
struct el_join_part *el_join_part_new(struct el_join *);
/*
 * Check a release over all its rows (root, count, order, deployment, each path): EL_EPERM, EL_ENOMEM.
 */
EL_MUST_USE int el_join_check_release(const struct el_join *, const struct el_document *,
    const struct el_released *, size_t n);
/*
 * Check that an answer of this party is in its public log, and take the roots out of its proof (el_join_proven_wipe()).
 * EL_EPERM, with a message; EL_ENOMEM.
 */
EL_MUST_USE int el_join_check_log(const struct el_join *, const char *party, const struct el_log_proof *,
    const struct el_document *statement, struct el_join_proven *out, char message[EL_JOIN_MESSAGE]);
void el_join_proven_wipe(struct el_join_proven *); /* a zeroed one is fine */
/* Why a further visit of a released row does not count; NULL: it does. */
const char *el_join_judge_listed(const struct el_join_proven *, const struct el_released *, const struct el_listed *);
/* A request of this order for trustees, with the scope of that party, nothing in it yet. */
EL_MUST_USE int el_join_request_new(const struct el_join *, const char *party, struct el_request **out);
/*
 * Put the cosignature that came with a trustee's partials behind the checkpoint of the part's proof, if it is one;
 * otherwise nothing happens.  EL_ENOMEM.
 */
EL_MUST_USE int el_join_take_cosignature(struct el_join *, struct el_join_part *, const struct el_partials *);
/* S for item i from the first t partials; else a reason. */
const char *el_join_combine(const struct el_join *, const struct el_join_part *, uint32_t i, struct el_point *out);
/* Why no trustee opened item i. */
const char *el_join_why_not(const struct el_join_part *, uint32_t i);

/* Of a notice, too: there the issuers name nobody, and the report counts. */
EL_MUST_USE int el_join_finish_contacts(struct el_join *, const struct el_join_ops *, struct el_report *,
    char message[EL_JOIN_MESSAGE]);
EL_MUST_USE int el_join_finish_trace(struct el_join *, const struct el_join_ops *, struct el_report *,
    char message[EL_JOIN_MESSAGE]);

#endif
