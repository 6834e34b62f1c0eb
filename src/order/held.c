#include "order/held.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "order/order_internal.h"
#include "order/release.h"

struct el_held *
el_held_new(const struct el_order *o, size_t max)
{
	struct el_held *const h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->order = *o;
	el_buf_init(&h->plain, max);
	return h;
}

void
el_held_free(struct el_held *h)
{
	if (h == NULL)
		return;
	el_buf_wipe(&h->plain);
	free(h->roots);
	free(h);
}

int
el_held_entry(struct el_held *h, const struct el_hash *answer, uint64_t count, int64_t now_s)
{
	const struct el_log_entry entry = { .type = EL_ENTRY_ORDER, .time_s = now_s, .order = h->order.hash,
		.kind = h->order.kind, .answer = *answer, .count = count };

	h->count = count;
	return el_log_entry_encode(&entry, h->entry, &h->entry_len);
}

int
el_held_seal(struct el_held *h, const char *party, const struct el_log_proof *proof, uint8_t **out, size_t *len)
{
	json_t *json;
	char *text;

	*out = NULL;
	*len = 0;
	if (h->has_proofs) {
		json = el_log_proof_to_json(proof);
		text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
		json_decref(json);
		if (text == NULL)
			return EL_ENOMEM;
		el_buf_put_text(&h->plain, ",\"proofs\":");
		el_buf_put_text(&h->plain, text);
		el_buf_put_text(&h->plain, "}");
		free(text);
	}
	if (h->plain.err != EL_OK)
		return h->plain.err;
	return el_answer_seal(&h->order.box_key, &h->order.hash, party, h->plain.p, h->plain.len, out, len);
}

bool
el_refusals_take(struct el_refusals *r, const struct el_order *o, enum el_code code, el_epoch day)
{
	if (o->n_audience == 0 || code == EL_CODE_OK || code == EL_CODE_MALFORMED_ORDER || code == EL_CODE_SIGNATURE_INVALID ||
	    code == EL_CODE_QUORUM_MISSING || code == EL_CODE_BUSY || code == EL_CODE_INTERNAL ||
	    code == EL_CODE_MALFORMED_REQUEST || code == EL_CODE_LOG_UNAVAILABLE || code == EL_CODE_NOT_READY)
		return false;
	if (r->day != day) {
		r->n = 0;
		r->day = day;
	}
	for (size_t i = 0; i < r->n; i++)
		if (r->seen[i].code == code && el_hash_eq(&r->seen[i].order, &o->hash))
			return false;
	if (r->n == EL_REFUSALS_MAX)
		return false;
	r->seen[r->n].order = o->hash;
	r->seen[r->n++].code = code;
	return true;
}

bool
el_answers_take(struct el_answers *a, const struct el_hash *order, el_epoch day)
{
	size_t i = 0;

	if (a->day != day) {
		a->n = 0;
		a->day = day;
	}
	while (i < a->n && !el_hash_eq(&a->orders[i].order, order))
		i++;
	if (i == EL_ANSWERS_ORDERS_MAX || (i < a->n && a->orders[i].n == EL_ANSWERS_MAX))
		return false;
	if (i == a->n) {
		a->orders[i].order = *order;
		a->orders[i].n = 0;
		a->n++;
	}
	a->orders[i].n++;
	return true;
}
