#include "authority/answer.h"

#include <stdlib.h>
#include <string.h>

#include "authority/request.h"
#include "base/base64url.h"
#include "base/limits.h"
#include "base/secret.h"
#include "order/rjson.h"

#define LISTED_MAX (4 * EL_ORDER_ROWS_MAX)

static int
parse(const uint8_t *in, size_t len, json_t **out)
{
	*out = json_loadb((const char *)in, len, JSON_REJECT_DUPLICATES, NULL);
	return *out != NULL ? EL_OK : EL_EFORMAT;
}

int
el_answer_unwrap(const uint8_t *in, size_t len, uint8_t **out, size_t *out_len)
{
	struct el_fields f;
	json_t *j;
	int r;

	*out = NULL;
	if ((r = parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	*out = el_fields_blob(&f, "sealed", EL_MSG_MAX, out_len);
	if ((r = el_fields_end(&f)) != EL_OK) {
		free(*out);
		*out = NULL;
	}
	json_decref(j);
	return r;
}

int
el_listed_from_json(const json_t *j, struct el_listed *out)
{
	struct el_fields f = el_fields_init(j);
	const json_t *proof;

	out->index = (uint32_t)el_fields_uint(&f, "index", EL_ORDER_ROWS_MAX - 1);
	out->segment = (uint32_t)el_fields_uint(&f, "segment", UINT32_MAX);
	out->venue = (uint32_t)el_fields_uint(&f, "venue", UINT32_MAX);
	out->minute = (uint32_t)el_fields_uint(&f, "minute", UINT32_MAX);
	out->flags = (uint8_t)el_fields_uint(&f, "flags", UINT8_MAX);
	el_fields_bytes(&f, "salt", out->salt.b, sizeof out->salt.b);
	proof = el_fields_object(&f, "proof");
	if (f.err == EL_OK)
		f.err = el_path_from_json(proof, &out->proof);
	return el_fields_end(&f);
}

json_t *
el_listed_to_json(const struct el_listed *l)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:i, s:o, s:o}", "index", (json_int_t)l->index, "segment",
	    (json_int_t)l->segment, "venue", (json_int_t)l->venue, "minute", (json_int_t)l->minute, "flags", (int)l->flags,
	    "salt", el_json_bytes(l->salt.b, sizeof l->salt.b), "proof", el_path_to_json(&l->proof));
}

static int
take_rows(const json_t *rows, const json_t *listed, struct el_release_answer *a)
{
	int r;

	a->rows = calloc(json_array_size(rows) + 1, sizeof *a->rows);
	a->listed = calloc(json_array_size(listed) + 1, sizeof *a->listed);
	if (a->rows == NULL || a->listed == NULL)
		return EL_ENOMEM;
	for (; a->n_rows < json_array_size(rows); a->n_rows++)
		if ((r = el_released_from_json(json_array_get(rows, a->n_rows), &a->rows[a->n_rows])) != EL_OK)
			return r;
	for (; a->n_listed < json_array_size(listed); a->n_listed++) {
		if ((r = el_listed_from_json(json_array_get(listed, a->n_listed), &a->listed[a->n_listed])) != EL_OK)
			return r;
		if (a->listed[a->n_listed].index >= a->n_rows)
			return EL_EFORMAT;
	}
	return EL_OK;
}

int
el_release_answer_parse(const uint8_t *in, size_t len, struct el_release_answer *out)
{
	const json_t *release, *rows, *listed, *proofs;
	struct el_fields f;
	json_t *j;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	release = el_fields_object(&f, "release");
	rows = el_fields_array(&f, "rows", 0, EL_ORDER_ROWS_MAX);
	listed = el_fields_array(&f, "listed", 0, LISTED_MAX);
	proofs = el_fields_object(&f, "proofs");
	if ((r = el_fields_end(&f)) != EL_OK || (r = el_document_from_json(release, &out->release)) != EL_OK ||
	    (r = el_log_proof_from_json(proofs, &out->proof)) != EL_OK ||
	    (r = take_rows(rows, listed, out)) != EL_OK)
		el_release_answer_wipe(out);
	json_decref(j);
	return r;
}

void
el_release_answer_wipe(struct el_release_answer *a)
{
	el_document_wipe(&a->release);
	free(a->rows);
	free(a->listed);
	el_log_proof_wipe(&a->proof);
	memset(a, 0, sizeof *a);
}

int
el_boxes_answer_parse(const uint8_t *in, size_t len, struct el_boxes_answer *out)
{
	const json_t *statement, *boxes, *commitments, *proofs;
	struct el_fields f;
	json_t *j;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	statement = el_fields_object(&f, "statement");
	boxes = el_fields_array(&f, "boxes", 0, EL_TRACE_ROWS_MAX);
	commitments = el_fields_array(&f, "commitments", 0, EL_TRACE_ROWS_MAX);
	proofs = el_fields_object(&f, "proofs");
	if ((r = el_fields_end(&f)) == EL_OK && (r = el_document_from_json(statement, &out->statement)) == EL_OK &&
	    (r = el_log_proof_from_json(proofs, &out->proof)) == EL_OK)
		r = el_boxes_from_json(boxes, commitments, &out->boxes, &out->commitments, &out->n);
	if (r != EL_OK)
		el_boxes_answer_wipe(out);
	json_decref(j);
	return r;
}

void
el_boxes_answer_wipe(struct el_boxes_answer *a)
{
	el_document_wipe(&a->statement);
	free(a->boxes);
	if (a->commitments != NULL)
		el_secret_wipe(a->commitments, a->n * sizeof *a->commitments);
	free(a->commitments);
	el_log_proof_wipe(&a->proof);
	memset(a, 0, sizeof *a);
}

/* Names come as they were given; what is no stored form is refused, not shown. */
static int
take_person(const json_t *j, struct el_person *out, size_t n, bool *seen)
{
	struct el_fields f = el_fields_init(j);
	const size_t i = (size_t)el_fields_uint(&f, "index", EL_ORDER_PAGE_MAX - 1);
	struct el_person p;
	int r;

	memset(&p, 0, sizeof p);
	if (f.err == EL_OK && (i >= n || seen[i]))
		return EL_EFORMAT;
	if (el_fields_has(&f, "missing")) {
		strncpy(p.missing, el_fields_text(&f, "missing", 1, sizeof p.missing - 1), sizeof p.missing - 1);
	} else {
		strncpy(p.name, el_fields_text(&f, "name", 1, EL_NAME_MAX), EL_NAME_MAX);
		if ((r = el_phone_parse(el_fields_text(&f, "phone", 1, EL_PHONE_MAX), &p.phone)) != EL_OK && f.err == EL_OK)
			return r;
		if (f.err == EL_OK && !el_text_is_nfc(p.name, strlen(p.name)))
			return EL_EFORMAT;
	}
	if ((r = el_fields_end(&f)) != EL_OK)
		return r;
	out[i] = p;
	seen[i] = true;
	el_secret_wipe(&p, sizeof p);
	return EL_OK;
}

int
el_people_answer_parse(const uint8_t *in, size_t len, struct el_person *out, size_t n)
{
	bool seen[EL_ORDER_PAGE_MAX] = { false };
	const json_t *people;
	struct el_fields f;
	json_t *j;
	int r;

	if (n > EL_ORDER_PAGE_MAX)
		return EL_ELIMIT;
	if ((r = parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	people = el_fields_array(&f, "people", n, n);
	r = el_fields_end(&f);
	for (size_t i = 0; r == EL_OK && i < n; i++)
		r = take_person(json_array_get(people, i), out, n, seen);
	if (r != EL_OK)
		el_secret_wipe(out, n * sizeof *out);
	json_decref(j);
	return r;
}

static int
take_missing(const json_t *j, struct el_person *out, size_t n)
{
	struct el_fields f = el_fields_init(j);
	const size_t i = (size_t)el_fields_uint(&f, "index", EL_ORDER_PAGE_MAX - 1);
	const char *reason = el_fields_text(&f, "reason", 1, sizeof out->missing - 1);
	int r;

	if ((r = el_fields_end(&f)) != EL_OK)
		return r;
	if (i >= n || out[i].missing[0] != '\0')
		return EL_EFORMAT;
	memcpy(out[i].missing, reason, strlen(reason) + 1);
	return EL_OK;
}

int
el_delivered_answer_parse(const uint8_t *in, size_t len, struct el_person *out, size_t n)
{
	const json_t *missing;
	uint64_t delivered;
	struct el_fields f;
	json_t *j;
	int r;

	memset(out, 0, n * sizeof *out);
	if (n > EL_ORDER_PAGE_MAX)
		return EL_ELIMIT;
	if ((r = parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	delivered = el_fields_uint(&f, "delivered", EL_ORDER_PAGE_MAX);
	missing = el_fields_array(&f, "missing", 0, n);
	if ((r = el_fields_end(&f)) == EL_OK && delivered + json_array_size(missing) != n)
		r = EL_EFORMAT;
	for (size_t i = 0; r == EL_OK && i < json_array_size(missing); i++)
		r = take_missing(json_array_get(missing, i), out, n);
	json_decref(j);
	return r;
}
