#include "authority/dkg_file.h"

#include <stdlib.h>
#include <string.h>

#include "authority/dkg_internal.h"
#include "base/base64url.h"
#include "base/codec.h"
#include "crypto/group.h"
#include "crypto/hash.h"

#define FILE_LABEL "EL1-dkg-file"

static const char *const kind_names[EL_DKG_KINDS] = { "hash", "reveal", "shares", "complaint", "answer", "epochs" };

/* --- what all share --- */

bool
el_dkg_push(json_t *list, json_t *stolen)
{
	return json_array_append_new(list, stolen) == 0;
}

int
el_dkg_encode(json_t *stolen, uint8_t **out, size_t *len)
{
	int r = EL_ENOMEM;

	*out = NULL;
	*len = 0;
	if (stolen != NULL)
		r = el_rjson_encode(stolen, out, len);
	json_decref(stolen);
	return r;
}

void
el_dkg_head(struct el_fields *f, const char *kind)
{
	if (el_fields_uint(f, "version", 1) != 1 && f->err == EL_OK)
		f->err = EL_EFORMAT;
	if (strcmp(el_fields_text(f, "kind", 1, 32), kind) != 0 && f->err == EL_OK)
		f->err = EL_EFORMAT;
}

unsigned
el_dkg_trustee(struct el_fields *f, const char *key, size_t n)
{
	const unsigned j = (unsigned)el_fields_uint(f, key, n);

	if (j == 0 && f->err == EL_OK)
		f->err = EL_EFORMAT;
	return j;
}

const char *
el_dkg_purpose_name(unsigned purpose)
{
	static const char *const names[EL_DKG_PURPOSES] = { "links", "traces", "recovery" };

	return purpose < EL_DKG_PURPOSES ? names[purpose] : NULL;
}

void
el_dkg_merge(struct el_fields *f, const struct el_fields *item)
{
	const int r = el_fields_end(item);

	if (f->err == EL_OK)
		f->err = r;
}

void
el_dkg_points(struct el_fields *f, const char *key, unsigned t, struct el_point *out)
{
	const json_t *list = el_fields_array(f, key, t, t);
	uint8_t b[EL_POINT_LEN];

	for (unsigned k = 0; k < t && f->err == EL_OK; k++) {
		const json_t *one = json_array_get(list, k);

		if (!json_is_string(one) || strlen(json_string_value(one)) != json_string_length(one) ||
		    el_base64url_exact(json_string_value(one), b, sizeof b) != EL_OK ||
		    el_point_parse(b, &out[k]) != EL_OK)
			f->err = EL_EFORMAT;
	}
}

json_t *
el_dkg_points_json(const struct el_point *p, unsigned t)
{
	json_t *list = json_array();

	for (unsigned k = 0; k < t; k++)
		if (!el_dkg_push(list, el_json_bytes(p[k].b, EL_POINT_LEN))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

const char *
el_dkg_kind_name(enum el_dkg_kind k)
{
	return kind_names[k];
}

/* --- the plan --- */

size_t
el_dkg_plan_keys(const struct el_dkg_plan *p)
{
	return (size_t)p->days * EL_DKG_PURPOSES;
}

/* The rules of a bundle (P-12.2), and of lab mode. */
static int
check_plan(const struct el_dkg_plan *p)
{
	const bool alone = p->threshold == 1 && p->n == 1;

	if (alone ? !p->lab : p->threshold < 2 || p->threshold > p->n || 2 * (size_t)p->threshold <= p->n)
		return EL_EFORMAT;
	if (p->days == 0 || p->first + p->days - 1 > UINT16_MAX)
		return EL_EFORMAT;
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < i; k++)
			if (el_point_eq(&p->box_keys[i], &p->box_keys[k]))
				return EL_EFORMAT;
	return EL_OK;
}

static int
plan_from_json(const json_t *j, struct el_dkg_plan *p)
{
	struct el_fields f = el_fields_init(j);
	const json_t *list;
	int r;

	el_dkg_head(&f, "plan");
	el_fields_bytes(&f, "deployment", p->deployment.b, EL_HASH_LEN);
	p->lab = el_fields_bool(&f, "lab");
	p->threshold = (unsigned)el_fields_uint(&f, "threshold", EL_TRUSTEES_MAX);
	list = el_fields_array(&f, "trustees", 1, EL_TRUSTEES_MAX);
	p->n = json_array_size(list);
	for (size_t i = 0; i < p->n; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));

		if (el_fields_uint(&one, "index", EL_TRUSTEES_MAX) != i + 1 && one.err == EL_OK)
			one.err = EL_EFORMAT;
		el_fields_point(&one, "box_key", &p->box_keys[i]);
		el_dkg_merge(&f, &one);
	}
	p->first = (el_epoch)el_fields_uint(&f, "first_epoch", UINT16_MAX);
	p->days = (unsigned)el_fields_uint(&f, "days", EL_EPOCHS_AHEAD_MAX);
	el_fields_bytes(&f, "nonce", p->nonce, sizeof p->nonce);
	if ((r = el_fields_end(&f)) == EL_OK)
		r = check_plan(p);
	return r;
}

int
el_dkg_plan_parse(const uint8_t *in, size_t len, struct el_dkg_plan *out)
{
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_rjson_parse(in, len, &j)) == EL_OK && (r = plan_from_json(j, out)) == EL_OK)
		el_sha256(in, len, &out->hash);
	else
		memset(out, 0, sizeof *out);
	json_decref(j);
	return r;
}

int
el_dkg_plan_encode(const struct el_dkg_plan *p, uint8_t **out, size_t *len)
{
	json_t *list = json_array();
	int r;

	*out = NULL;
	*len = 0;
	if ((r = check_plan(p)) != EL_OK) {
		json_decref(list);
		return r;
	}
	for (size_t i = 0; i < p->n; i++)
		if (!el_dkg_push(list, json_pack("{s:i, s:o}", "index", (int)i + 1, "box_key",
		    el_json_bytes(p->box_keys[i].b, EL_POINT_LEN)))) {
			json_decref(list);
			return EL_ENOMEM;
		}
	return el_dkg_encode(json_pack("{s:i, s:s, s:o, s:b, s:i, s:o, s:i, s:i, s:o}", "version", 1, "kind", "plan",
				 "deployment", el_json_bytes(p->deployment.b, EL_HASH_LEN), "lab", (int)p->lab,
				 "threshold", (int)p->threshold, "trustees", list, "first_epoch", (int)p->first, "days",
				 (int)p->days, "nonce", el_json_bytes(p->nonce, sizeof p->nonce)),
	    out, len);
}

/* --- the envelope --- */

void
el_dkg_file_wipe(struct el_dkg_file *f)
{
	free(f->doc);
	memset(f, 0, sizeof *f);
}

int
el_dkg_file_parse(const uint8_t *in, size_t len, struct el_dkg_file *out)
{
	struct el_fields f;
	json_t *j = NULL;
	const char *kind;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_rjson_parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	if (el_fields_uint(&f, "version", 1) != 1 && f.err == EL_OK)
		f.err = EL_EFORMAT;
	kind = el_fields_text(&f, "kind", 1, 32);
	while (out->kind < EL_DKG_KINDS && strcmp(kind, kind_names[out->kind]) != 0)
		out->kind++;
	if (out->kind == EL_DKG_KINDS && f.err == EL_OK)
		f.err = EL_EFORMAT;
	el_fields_bytes(&f, "plan", out->plan.b, EL_HASH_LEN);
	out->trustee = el_dkg_trustee(&f, "trustee", EL_TRUSTEES_MAX);
	out->doc = el_fields_blob(&f, "doc", EL_DOCUMENT_MAX, &out->len);
	el_fields_bytes(&f, "proof", out->proof, sizeof out->proof);
	r = el_fields_end(&f);
	json_decref(j);
	if (r != EL_OK)
		el_dkg_file_wipe(out);
	return r;
}

int
el_dkg_file_encode(const struct el_dkg_file *f, uint8_t **out, size_t *len)
{
	return el_dkg_encode(json_pack("{s:i, s:s, s:o, s:i, s:o, s:o}", "version", 1, "kind", kind_names[f->kind],
				 "plan", el_json_bytes(f->plan.b, EL_HASH_LEN), "trustee", (int)f->trustee, "doc",
				 el_json_bytes(f->doc, f->len), "proof", el_json_bytes(f->proof, sizeof f->proof)),
	    out, len);
}

/* What the proof is over: kind as a text with its length, plan, trustee, SHA-256 of doc. */
#define SAID_MAX (1 + 16 + EL_HASH_LEN + 1 + EL_HASH_LEN)
static size_t
said(const struct el_dkg_file *f, uint8_t out[SAID_MAX])
{
	const char *kind = kind_names[f->kind];
	struct el_wr w = el_wr_init(out, SAID_MAX);
	struct el_hash doc;

	el_sha256(f->doc, f->len, &doc);
	el_wr_u8(&w, (uint8_t)strlen(kind));
	el_wr_bytes(&w, kind, strlen(kind));
	el_wr_bytes(&w, f->plan.b, EL_HASH_LEN);
	el_wr_u8(&w, (uint8_t)f->trustee);
	el_wr_bytes(&w, doc.b, EL_HASH_LEN);
	return w.len;
}

int
el_dkg_file_prove(struct el_dkg_file *f, const struct el_scalar *key)
{
	uint8_t bytes[SAID_MAX];
	const size_t n = said(f, bytes);

	return el_schnorr_prove(FILE_LABEL, key, bytes, n, f->proof);
}

int
el_dkg_file_verify(const struct el_dkg_file *f, const struct el_dkg_plan *p)
{
	uint8_t bytes[SAID_MAX];
	const size_t n = said(f, bytes);

	if (!el_hash_eq(&f->plan, &p->hash) || f->trustee < 1 || f->trustee > p->n)
		return EL_EPERM;
	return el_schnorr_verify(FILE_LABEL, &p->box_keys[f->trustee - 1], bytes, n, f->proof);
}

/* --- a trustee's secret --- */

int
el_dkg_state_parse(const uint8_t *in, size_t len, struct el_dkg_state *out)
{
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_rjson_parse(in, len, &j)) != EL_OK)
		return r;
	f = el_fields_init(j);
	el_dkg_head(&f, "state");
	el_fields_bytes(&f, "plan", out->plan.b, EL_HASH_LEN);
	out->trustee = el_dkg_trustee(&f, "trustee", EL_TRUSTEES_MAX);
	el_fields_bytes(&f, "box", out->box, sizeof out->box);
	if ((r = el_fields_end(&f)) != EL_OK)
		memset(out, 0, sizeof *out);
	json_decref(j);
	return r;
}

int
el_dkg_state_encode(const struct el_dkg_state *s, uint8_t **out, size_t *len)
{
	return el_dkg_encode(json_pack("{s:i, s:s, s:o, s:i, s:o}", "version", 1, "kind", "state", "plan",
	    el_json_bytes(s->plan.b, EL_HASH_LEN), "trustee", (int)s->trustee, "box",
	    el_json_bytes(s->box, sizeof s->box)), out, len);
}
