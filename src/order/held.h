#ifndef EL_ORDER_HELD_H
#define EL_ORDER_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "order/log_entry.h"
#include "order/log_proof.h"

/*
 * An answer to an order that is complete but for the public log's word: it is held back until its entry is durable and
 * published (protocol 7.1, 8), and only then sealed to the order's key.
 */
struct el_held {
	struct el_order order;
	struct el_buf plain; /* the answer's JSON; without its last brace where proofs come behind it */
	bool has_proofs;
	uint64_t count; /* of visits or people */
	uint8_t entry[EL_ENTRY_MAX];
	size_t entry_len;
	uint64_t *roots; /* malloc'ed: where the log has the roots that the answer's rows lie under */
	size_t n_roots;
};
/* An empty one whose text may grow to max bytes; NULL: no memory. */
struct el_held *el_held_new(const struct el_order *, size_t max);
void el_held_free(struct el_held *); /* wipes; NULL is fine */
/* Its entry: the order was answered with this statement (EL_ENTRY_ORDER), about `count` visits or people. */
EL_MUST_USE int el_held_entry(struct el_held *, const struct el_hash *answer, uint64_t count, int64_t now_s);
/* With the log's word: put the proofs behind the text and seal it.  *out malloc'ed.  EL_ENOMEM, EL_ELIMIT, EL_ECRYPTO. */
EL_MUST_USE int el_held_seal(struct el_held *, const char *party, const struct el_log_proof *, uint8_t **out, size_t *len);

/*
 * Refusals that the log is told of: those of orders that carry their quorum, each (order, code) once a day and at most
 * EL_REFUSALS_MAX a day, so that whoever holds one signed order cannot fill the log with it.  In memory only.
 */
#define EL_REFUSALS_MAX 256
struct el_refusals {
	el_epoch day;
	size_t n;
	struct {
		struct el_hash order;
		enum el_code code;
	} seen[EL_REFUSALS_MAX];
};
/* Whether this one is to be logged; it counts as logged then.  A zeroed order carried no quorum.  day: today's. */
bool el_refusals_take(struct el_refusals *, const struct el_order *, enum el_code, el_epoch day);

/*
 * Calls under one order that are worked on, at most EL_ANSWERS_MAX a day: the same request is answered again free, and each
 * may close a segment and makes an entry of the log, neither of which may grow without bound.  In memory only.
 */
#define EL_ANSWERS_MAX 512
#define EL_ANSWERS_ORDERS_MAX 4096 /* orders in one day */
struct el_answers {
	el_epoch day;
	size_t n;
	struct {
		struct el_hash order;
		unsigned n;
	} orders[EL_ANSWERS_ORDERS_MAX];
};
/* Whether one more may be worked on; it counts then.  false is daily_cap.  day: today's. */
bool el_answers_take(struct el_answers *, const struct el_hash *order, el_epoch day);

#endif
