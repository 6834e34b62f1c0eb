#include <stdlib.h>
#include <string.h>

#include "authority/dkg_file.h"
#include "authority/dkg_internal.h"
#include "base/base64url.h"
#include "crypto/box.h"
#include "crypto/group.h"

/* What the files of a distributed ceremony say (protocol 12.9), below the envelope. */

/* Parse restricted JSON and begin to read it; *json is the caller's to decref. */
static int
begin(const uint8_t *in, size_t len, json_t **json, struct el_fields *f)
{
	const int r = el_rjson_parse(in, len, json);

	*f = el_fields_init(*json);
	return r;
}

/* --- hash and reveal --- */

int
el_dkg_hash_parse(const uint8_t *in, size_t len, struct el_hash *out)
{
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = begin(in, len, &j, &f)) == EL_OK) {
		el_fields_bytes(&f, "hash", out->b, EL_HASH_LEN);
		r = el_fields_end(&f);
	}
	json_decref(j);
	return r;
}

int
el_dkg_hash_encode(const struct el_hash *h, uint8_t **out, size_t *len)
{
	return el_dkg_encode(json_pack("{s:o}", "hash", el_json_bytes(h->b, EL_HASH_LEN)), out, len);
}

void
el_dkg_reveal_wipe(struct el_dkg_reveal *v)
{
	free(v->commitments);
	memset(v, 0, sizeof *v);
}

int
el_dkg_reveal_parse(const struct el_dkg_plan *p, const uint8_t *in, size_t len, struct el_dkg_reveal *out)
{
	const json_t *list, *one;
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = begin(in, len, &j, &f)) == EL_OK) {
		list = el_fields_array(&f, "hashes", p->n, p->n);
		for (size_t i = 0; i < p->n && f.err == EL_OK; i++) {
			one = json_array_get(list, i);
			out->has[i] = !json_is_null(one);
			if (out->has[i] &&
			    (!json_is_string(one) || strlen(json_string_value(one)) != json_string_length(one)))
				f.err = EL_EFORMAT;
			else if (out->has[i])
				f.err = el_base64url_exact(json_string_value(one), out->hashes[i].b, EL_HASH_LEN);
		}
		out->commitments = el_fields_blob(&f, "commitments", EL_DOCUMENT_MAX, &out->len);
		r = el_fields_end(&f);
	}
	if (r != EL_OK)
		el_dkg_reveal_wipe(out);
	json_decref(j);
	return r;
}

int
el_dkg_reveal_encode(const struct el_dkg_plan *p, const struct el_dkg_reveal *v, uint8_t **out, size_t *len)
{
	json_t *list = json_array();

	*out = NULL;
	*len = 0;
	for (size_t i = 0; i < p->n; i++)
		if (!el_dkg_push(list, v->has[i] ? el_json_bytes(v->hashes[i].b, EL_HASH_LEN) : json_null())) {
			json_decref(list);
			return EL_ENOMEM;
		}
	return el_dkg_encode(
	    json_pack("{s:o, s:o}", "hashes", list, "commitments", el_json_bytes(v->commitments, v->len)), out, len);
}

/* --- commitments --- */

struct el_point *
el_dkg_of_purpose(struct el_epoch_keys *k, unsigned purpose)
{
	return purpose == 0 ? k->links : purpose == 1 ? k->traces : k->recovery;
}

struct el_point *
el_dkg_of_key(struct el_epoch_keys *epochs, size_t key)
{
	return el_dkg_of_purpose(&epochs[key / EL_DKG_PURPOSES], (unsigned)(key % EL_DKG_PURPOSES));
}

void
el_dkg_commitments_wipe(struct el_dkg_commitments *c)
{
	free(c->epochs);
	free(c->proofs);
	memset(c, 0, sizeof *c);
}

int
el_dkg_commitments_new(const struct el_dkg_plan *p, struct el_dkg_commitments *out)
{
	out->epochs = calloc(p->days, sizeof *out->epochs);
	out->proofs = calloc(el_dkg_plan_keys(p), sizeof *out->proofs);
	if (out->epochs == NULL || out->proofs == NULL) {
		el_dkg_commitments_wipe(out);
		return EL_ENOMEM;
	}
	for (unsigned d = 0; d < p->days; d++)
		out->epochs[d].epoch = (el_epoch)(p->first + d);
	return EL_OK;
}

static void
read_commitment(struct el_fields *f, const struct el_dkg_plan *p, const char *key, struct el_point *points,
    uint8_t proof[EL_SCHNORR_LEN])
{
	struct el_fields one = el_fields_init(el_fields_object(f, key));

	el_dkg_points(&one, "points", p->threshold, points);
	el_fields_bytes(&one, "proof", proof, EL_SCHNORR_LEN);
	el_dkg_merge(f, &one);
}

static int
read_commitments(const struct el_dkg_plan *p, struct el_fields *f, struct el_dkg_commitments *c)
{
	const json_t *list;

	el_fields_point(f, "box_key", &c->box_key);
	list = el_fields_array(f, "epochs", p->days, p->days);
	for (unsigned d = 0; d < p->days && f->err == EL_OK; d++) {
		struct el_fields day = el_fields_init(json_array_get(list, d));

		if (el_fields_uint(&day, "epoch", UINT16_MAX) != c->epochs[d].epoch && day.err == EL_OK)
			day.err = EL_EFORMAT;
		for (unsigned k = 0; k < EL_DKG_PURPOSES; k++)
			read_commitment(&day, p, el_dkg_purpose_name(k), el_dkg_of_purpose(&c->epochs[d], k),
			    c->proofs[d * EL_DKG_PURPOSES + k]);
		el_dkg_merge(f, &day);
	}
	return el_fields_end(f);
}

int
el_dkg_commitments_parse(const struct el_dkg_plan *p, const uint8_t *in, size_t len, struct el_dkg_commitments *out)
{
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = begin(in, len, &j, &f)) == EL_OK && (r = el_dkg_commitments_new(p, out)) == EL_OK &&
	    (r = read_commitments(p, &f, out)) != EL_OK)
		el_dkg_commitments_wipe(out);
	json_decref(j);
	return r;
}

int
el_dkg_commitments_encode(const struct el_dkg_plan *p, const struct el_dkg_commitments *c, uint8_t **out, size_t *len)
{
	json_t *list = json_array();

	*out = NULL;
	*len = 0;
	for (unsigned d = 0; d < p->days; d++) {
		json_t *day = json_pack("{s:i}", "epoch", (int)c->epochs[d].epoch);

		for (unsigned k = 0; day != NULL && k < EL_DKG_PURPOSES; k++)
			if (json_object_set_new(day, el_dkg_purpose_name(k), json_pack("{s:o, s:o}", "points",
			    el_dkg_points_json(el_dkg_of_purpose(&c->epochs[d], k), p->threshold), "proof",
			    el_json_bytes(c->proofs[d * EL_DKG_PURPOSES + k], EL_SCHNORR_LEN))) != 0) {
				json_decref(day);
				day = NULL;
			}
		if (!el_dkg_push(list, day)) {
			json_decref(list);
			return EL_ENOMEM;
		}
	}
	return el_dkg_encode(json_pack("{s:o, s:o}", "box_key", el_json_bytes(c->box_key.b, EL_POINT_LEN), "epochs",
	    list), out, len);
}

/* --- shares --- */

int
el_dkg_sealed_parse(const struct el_dkg_plan *p, const uint8_t *in, size_t len, struct el_dkg_sealed *out)
{
	const size_t box_len = el_dkg_plan_keys(p) * EL_SCALAR_LEN + EL_BOX_OVERHEAD;
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = begin(in, len, &j, &f)) == EL_OK) {
		out->to = el_dkg_trustee(&f, "to", p->n);
		out->box = el_fields_blob(&f, "shares", box_len, &out->len);
		if ((r = el_fields_end(&f)) == EL_OK && out->len != box_len)
			r = EL_EFORMAT;
	}
	if (r != EL_OK) {
		free(out->box);
		memset(out, 0, sizeof *out);
	}
	json_decref(j);
	return r;
}

int
el_dkg_sealed_encode(const struct el_dkg_sealed *s, uint8_t **out, size_t *len)
{
	return el_dkg_encode(
	    json_pack("{s:i, s:o}", "to", (int)s->to, "shares", el_json_bytes(s->box, s->len)), out, len);
}

/* --- the result --- */

void
el_dkg_result_wipe(struct el_dkg_result *r)
{
	free(r->epochs);
	memset(r, 0, sizeof *r);
}

static int
read_result(const struct el_dkg_plan *p, struct el_fields *f, struct el_dkg_result *out)
{
	const json_t *who = el_fields_array(f, "qualified", p->threshold, p->n);
	const json_t *list = el_fields_array(f, "epochs", p->days, p->days);
	json_int_t before = 0;

	if ((out->epochs = calloc(p->days, sizeof *out->epochs)) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < json_array_size(who) && f->err == EL_OK; i++) {
		const json_t *one = json_array_get(who, i);
		const json_int_t j = json_integer_value(one);

		if (!json_is_integer(one) || j <= before || (size_t)j > p->n)
			f->err = EL_EFORMAT;
		else
			out->qualified[j - 1] = true;
		before = j;
	}
	for (unsigned d = 0; d < p->days && f->err == EL_OK; d++) {
		struct el_fields day = el_fields_init(json_array_get(list, d));

		out->epochs[d].epoch = (el_epoch)(p->first + d);
		if (el_fields_uint(&day, "epoch", UINT16_MAX) != out->epochs[d].epoch && day.err == EL_OK)
			day.err = EL_EFORMAT;
		for (unsigned k = 0; k < EL_DKG_PURPOSES; k++)
			el_dkg_points(
			    &day, el_dkg_purpose_name(k), p->threshold, el_dkg_of_purpose(&out->epochs[d], k));
		el_dkg_merge(f, &day);
	}
	return el_fields_end(f);
}

int
el_dkg_result_parse(const struct el_dkg_plan *p, const uint8_t *in, size_t len, struct el_dkg_result *out)
{
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = begin(in, len, &j, &f)) == EL_OK && (r = read_result(p, &f, out)) != EL_OK)
		el_dkg_result_wipe(out);
	json_decref(j);
	return r;
}

int
el_dkg_result_encode(const struct el_dkg_plan *p, const struct el_dkg_result *q, uint8_t **out, size_t *len)
{
	json_t *who = json_array(), *list = json_array();
	bool ok = true;

	*out = NULL;
	*len = 0;
	for (size_t i = 0; ok && i < p->n; i++)
		ok = !q->qualified[i] || el_dkg_push(who, json_integer((json_int_t)i + 1));
	for (unsigned d = 0; ok && d < p->days; d++) {
		struct el_epoch_keys *e = &q->epochs[d];

		ok = el_dkg_push(list, json_pack("{s:i, s:o, s:o, s:o}", "epoch", (int)e->epoch, "links",
		    el_dkg_points_json(e->links, p->threshold), "traces", el_dkg_points_json(e->traces, p->threshold),
		    "recovery", el_dkg_points_json(e->recovery, p->threshold)));
	}
	if (!ok) {
		json_decref(who);
		json_decref(list);
		return EL_ENOMEM;
	}
	return el_dkg_encode(json_pack("{s:o, s:o}", "qualified", who, "epochs", list), out, len);
}
