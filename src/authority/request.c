#include "authority/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "order/rjson.h"

static int
take_rows(const json_t *list, struct el_request *q)
{
	int r;

	q->n_rows = json_array_size(list);
	if ((q->rows = calloc(q->n_rows + 1, sizeof *q->rows)) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < q->n_rows; i++)
		if ((r = el_released_from_json(json_array_get(list, i), &q->rows[i])) != EL_OK)
			return r;
	return EL_OK;
}

int
el_boxes_from_json(const json_t *boxes, const json_t *commitments, uint8_t (**out)[EL_TRACE_BOX_LEN],
    struct el_commitment **committed, size_t *n)
{
	const size_t all = json_array_size(boxes);
	int r = EL_OK;

	*n = 0;
	*out = calloc(all + 1, sizeof **out);
	*committed = calloc(all + 1, sizeof **committed);
	if (*out == NULL || *committed == NULL)
		return EL_ENOMEM;
	if (json_array_size(commitments) != all)
		return EL_EFORMAT;
	for (; r == EL_OK && *n < all; (*n)++)
		if ((r = el_base64url_exact(json_string_value(json_array_get(boxes, *n)), (*out)[*n], EL_TRACE_BOX_LEN)) == EL_OK)
			r = el_commitment_from_json(json_array_get(commitments, *n), &(*committed)[*n]);
	return r;
}

/* A signed document, or null when the other purpose is meant. */
static void
take_document(struct el_fields *f, const char *key, bool wanted, struct el_document *out)
{
	const json_t *j;

	if (!wanted) {
		el_fields_null(f, key);
		return;
	}
	j = el_fields_object(f, key);
	if (f->err == EL_OK)
		f->err = el_document_from_json(j, out);
}

int
el_request_from_json(const json_t *j, struct el_request **out)
{
	struct el_fields f = el_fields_init(j);
	const json_t *order, *rows, *boxes, *commitments, *proofs;
	struct el_request *q;
	int r;

	*out = NULL;
	if ((q = calloc(1, sizeof *q)) == NULL)
		return EL_ENOMEM;
	q->trace = el_fields_has(&f, "statement");
	order = el_fields_object(&f, "order");
	take_document(&f, "release", !q->trace, &q->release);
	rows = el_fields_array(&f, "rows", 0, q->trace ? 0 : EL_ORDER_ROWS_MAX);
	take_document(&f, "statement", q->trace, &q->statement);
	boxes = el_fields_array(&f, "boxes", 0, q->trace ? EL_TRACE_ROWS_MAX : 0);
	commitments = el_fields_array(&f, "commitments", 0, q->trace ? EL_TRACE_ROWS_MAX : 0);
	proofs = el_fields_object(&f, "proofs");
	if ((r = el_fields_end(&f)) == EL_OK && (r = el_order_file_from_json(order, &q->order)) == EL_OK &&
	    (r = take_rows(rows, q)) == EL_OK &&
	    (r = el_boxes_from_json(boxes, commitments, &q->boxes, &q->commitments, &q->n_boxes)) == EL_OK &&
	    (r = el_log_proof_from_json(proofs, &q->proof)) == EL_OK) {
		*out = q;
		q = NULL;
	}
	el_request_free(q);
	return r;
}

int
el_request_parse(const uint8_t *in, size_t len, struct el_request **out)
{
	json_t *j = json_loadb((const char *)in, len, JSON_REJECT_DUPLICATES, NULL);
	int r = EL_EFORMAT;

	*out = NULL;
	if (j != NULL)
		r = el_request_from_json(j, out);
	json_decref(j);
	return r;
}

static json_t *
rows_to_json(const struct el_request *q, size_t first, size_t n)
{
	json_t *list = json_array();

	for (size_t i = first; list != NULL && i < first + n; i++)
		if (json_array_append_new(list, q->trace ? el_json_bytes(q->boxes[i], EL_TRACE_BOX_LEN) :
		    el_released_to_json(&q->rows[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *
commitments_to_json(const struct el_request *q, size_t first, size_t n)
{
	json_t *list = json_array();

	for (size_t i = first; list != NULL && i < first + n; i++)
		if (json_array_append_new(list, el_commitment_to_json(&q->commitments[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

json_t *
el_request_to_json(const struct el_request *q, const char *party, size_t first, size_t n)
{
	json_t *order = el_order_file_to_json(q->order, party), *list = rows_to_json(q, first, n), *document, *proofs;

	document = el_document_to_json(q->trace ? &q->statement : &q->release);
	proofs = el_log_proof_to_json(&q->proof);
	if (q->trace)
		return json_pack("{s:o, s:n, s:[], s:o, s:o, s:o, s:o}", "order", order, "release", "rows", "statement",
		    document, "boxes", list, "commitments", commitments_to_json(q, first, n), "proofs", proofs);
	return json_pack("{s:o, s:o, s:o, s:n, s:[], s:[], s:o}", "order", order, "release", document, "rows", list,
	    "statement", "boxes", "commitments", "proofs", proofs);
}

void
el_request_free(struct el_request *q)
{
	if (q == NULL)
		return;
	el_order_file_free(q->order);
	el_document_wipe(&q->release);
	el_document_wipe(&q->statement);
	free(q->rows);
	free(q->boxes);
	if (q->commitments != NULL)
		el_secret_wipe(q->commitments, q->n_boxes * sizeof *q->commitments); /* phone numbers */
	free(q->commitments);
	el_log_proof_wipe(&q->proof);
	free(q);
}

bool
el_reason_is_valid(const char *reason)
{
	const size_t n = strlen(reason);

	return n >= 1 && n <= EL_REASON_MAX && strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* Indices ascend in both lists, so none is answered twice. */
static int
take_partials(const json_t *list, struct el_partials *p)
{
	struct el_fields f;
	int r;

	if ((p->partials = calloc(json_array_size(list) + 1, sizeof *p->partials)) == NULL)
		return EL_ENOMEM;
	for (; p->n < json_array_size(list); p->n++) {
		struct el_partial *one = &p->partials[p->n];

		f = el_fields_init(json_array_get(list, p->n));
		one->index = (uint32_t)el_fields_uint(&f, "index", EL_ORDER_ROWS_MAX - 1);
		el_fields_point(&f, "point", &one->point);
		if ((r = el_fields_end(&f)) != EL_OK)
			return r;
		if (p->n > 0 && one->index <= one[-1].index)
			return EL_EFORMAT;
	}
	return EL_OK;
}

static int
take_refusals(const json_t *list, struct el_partials *p)
{
	struct el_fields f;
	int r;

	if ((p->refused = calloc(json_array_size(list) + 1, sizeof *p->refused)) == NULL)
		return EL_ENOMEM;
	for (; p->n_refused < json_array_size(list); p->n_refused++) {
		struct el_refusal *one = &p->refused[p->n_refused];

		f = el_fields_init(json_array_get(list, p->n_refused));
		one->index = (uint32_t)el_fields_uint(&f, "index", EL_ORDER_ROWS_MAX - 1);
		strncpy(one->reason, el_fields_text(&f, "reason", 1, EL_REASON_MAX), EL_REASON_MAX);
		if ((r = el_fields_end(&f)) != EL_OK)
			return r;
		if (!el_reason_is_valid(one->reason) || (p->n_refused > 0 && one->index <= one[-1].index) ||
		    el_partials_find(p, one->index) != NULL)
			return EL_EFORMAT;
	}
	return EL_OK;
}

/* What the line says is verified with the note that it belongs to (join_witness.c). */
static void
take_cosignature(struct el_fields *f, struct el_partials *p)
{
	uint8_t *line;
	size_t len;

	if (!el_fields_has(f, "cosignature")) {
		el_fields_null(f, "cosignature");
		return;
	}
	line = el_fields_blob(f, "cosignature", EL_COSIGNATURE_MAX, &len);
	if (line != NULL)
		el_partials_set_cosignature(p, line, len);
	if (f->err == EL_OK && len == 0)
		f->err = EL_EFORMAT;
	free(line);
}

void
el_partials_set_cosignature(struct el_partials *p, const uint8_t *line, size_t len)
{
	p->cosignature_len = len <= sizeof p->cosignature ? len : 0;
	if (p->cosignature_len > 0)
		memcpy(p->cosignature, line, p->cosignature_len);
}

static void
take_scalar(struct el_fields *f, const char *key, struct el_scalar *out)
{
	uint8_t b[EL_SCALAR_LEN];

	el_fields_bytes(f, key, b, sizeof b);
	if (f->err == EL_OK)
		f->err = el_scalar_parse(b, out);
}

static int
take_proofs(const json_t *list, struct el_partials *p)
{
	struct el_fields f;
	int r;

	if ((p->proofs = calloc(json_array_size(list) + 1, sizeof *p->proofs)) == NULL)
		return EL_ENOMEM;
	for (; p->n_proofs < json_array_size(list); p->n_proofs++) {
		struct el_proof *one = &p->proofs[p->n_proofs];

		f = el_fields_init(json_array_get(list, p->n_proofs));
		one->epoch = (el_epoch)el_fields_uint(&f, "epoch", UINT16_MAX);
		take_scalar(&f, "c", &one->dleq.c);
		take_scalar(&f, "s", &one->dleq.s);
		one->n = EL_ORDER_ROWS_MAX;
		if ((r = el_fields_end(&f)) != EL_OK)
			return r;
		if (p->n_proofs > 0 && one->epoch <= one[-1].epoch)
			return EL_EFORMAT;
	}
	return EL_OK;
}

int
el_partials_parse(const uint8_t *in, size_t len, struct el_partials *out)
{
	const json_t *partials, *refused, *proofs;
	const char *purpose;
	struct el_fields f;
	json_t *j;
	int r;

	memset(out, 0, sizeof *out);
	if ((j = json_loadb((const char *)in, len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		return EL_EFORMAT;
	f = el_fields_init(j);
	if (el_fields_uint(&f, "version", 1) != 1 && f.err == EL_OK)
		f.err = EL_EFORMAT;
	el_fields_bytes(&f, "order", out->order.b, EL_HASH_LEN);
	out->trustee = (unsigned)el_fields_uint(&f, "trustee", EL_TRUSTEES_MAX);
	purpose = el_fields_text(&f, "purpose", 5, 6);
	partials = el_fields_array(&f, "partials", 0, EL_ORDER_ROWS_MAX);
	refused = el_fields_array(&f, "refused", 0, EL_ORDER_ROWS_MAX);
	proofs = el_fields_array(&f, "proofs", 0, EL_ORDER_DAYS_MAX);
	take_cosignature(&f, out);
	out->traces = strcmp(purpose, "traces") == 0;
	if ((r = el_fields_end(&f)) == EL_OK && ((!out->traces && strcmp(purpose, "links") != 0) || out->trustee == 0))
		r = EL_EFORMAT;
	if (r != EL_OK || (r = take_partials(partials, out)) != EL_OK || (r = take_refusals(refused, out)) != EL_OK ||
	    (r = take_proofs(proofs, out)) != EL_OK)
		el_partials_wipe(out);
	json_decref(j);
	return r;
}

static json_t *
proofs_to_json(const struct el_partials *p)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < p->n_proofs; i++)
		if (json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "epoch", (int)p->proofs[i].epoch, "c",
		    el_json_bytes(p->proofs[i].dleq.c.b, EL_SCALAR_LEN), "s",
		    el_json_bytes(p->proofs[i].dleq.s.b, EL_SCALAR_LEN))) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

int
el_partials_encode(const struct el_partials *p, char **out)
{
	json_t *partials = json_array(), *refused = json_array(), *j;
	int r = EL_OK;

	for (size_t i = 0; i < p->n; i++)
		if (json_array_append_new(partials, json_pack("{s:i, s:o}", "index", (int)p->partials[i].index, "point",
		    el_json_bytes(p->partials[i].point.b, EL_POINT_LEN))) != 0)
			r = EL_ENOMEM;
	for (size_t i = 0; i < p->n_refused; i++)
		if (json_array_append_new(refused, json_pack("{s:i, s:s}", "index", (int)p->refused[i].index, "reason",
		    p->refused[i].reason)) != 0)
			r = EL_ENOMEM;
	j = json_pack("{s:i, s:o, s:i, s:s, s:o, s:o, s:o, s:o}", "version", 1, "order",
	    el_json_bytes(p->order.b, EL_HASH_LEN), "trustee", (int)p->trustee, "purpose", p->traces ? "traces" : "links",
	    "partials", partials, "refused", refused, "proofs", proofs_to_json(p), "cosignature",
	    p->cosignature_len > 0 ? el_json_bytes(p->cosignature, p->cosignature_len) : json_null());
	*out = r == EL_OK && j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	json_decref(j);
	return *out != NULL ? EL_OK : EL_ENOMEM;
}

void
el_partials_wipe(struct el_partials *p)
{
	free(p->partials);
	free(p->refused);
	free(p->proofs);
	memset(p, 0, sizeof *p);
}

const struct el_partial *
el_partials_find(const struct el_partials *p, uint32_t index)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (p->partials[mid].index == index)
			return &p->partials[mid];
		if (p->partials[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const char *
el_partials_reason(const struct el_partials *p, uint32_t index)
{
	for (size_t i = 0; i < p->n_refused; i++)
		if (p->refused[i].index == index)
			return p->refused[i].reason;
	return NULL;
}
