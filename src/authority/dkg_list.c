#include <stdlib.h>
#include <string.h>

#include "authority/dkg_file.h"
#include "authority/dkg_internal.h"
#include "crypto/group.h"
#include "crypto/hash.h"

/*
 * Complaints and answers (protocol 12.9): keys named for other trustees, in one form.  Trustees and keys stand in
 * order, none twice, so that every list has one encoding.
 */

void
el_dkg_list_wipe(struct el_dkg_list *l)
{
	free(l->named);
	free(l->shares);
	memset(l, 0, sizeof *l);
}

int
el_dkg_list_new(const struct el_dkg_plan *p, bool with_shares, struct el_dkg_list *out)
{
	const size_t n = p->n * el_dkg_plan_keys(p);

	memset(out, 0, sizeof *out);
	if ((out->named = calloc(n, sizeof *out->named)) == NULL ||
	    (with_shares && (out->shares = calloc(n, sizeof *out->shares)) == NULL)) {
		el_dkg_list_wipe(out);
		return EL_ENOMEM;
	}
	return EL_OK;
}

bool
el_dkg_list_names(const struct el_dkg_plan *p, const struct el_dkg_list *l, unsigned trustee)
{
	const size_t keys = el_dkg_plan_keys(p);

	for (size_t i = 0; l->named != NULL && i < keys; i++)
		if (l->named[(trustee - 1) * keys + i])
			return true;
	return false;
}

/* One key of one trustee; *next is the least index that may still come. */
static void
read_key(struct el_fields *f, const struct el_dkg_plan *p, const json_t *j, struct el_dkg_list *l, size_t base,
    size_t *next)
{
	struct el_fields one = el_fields_init(j);
	const size_t epoch = (size_t)el_fields_uint(&one, "epoch", UINT16_MAX);
	const char *purpose = el_fields_text(&one, "purpose", 1, 16);
	uint8_t share[EL_SCALAR_LEN];
	unsigned k = 0;
	size_t at;

	if (l->shares != NULL)
		el_fields_bytes(&one, "share", share, sizeof share);
	el_dkg_merge(f, &one);
	while (k < EL_DKG_PURPOSES && strcmp(purpose, el_dkg_purpose_name(k)) != 0)
		k++;
	if (f->err != EL_OK)
		return;
	if (k == EL_DKG_PURPOSES || epoch < p->first || epoch >= (size_t)p->first + p->days ||
	    (at = (epoch - p->first) * EL_DKG_PURPOSES + k) < *next) {
		f->err = EL_EFORMAT;
		return;
	}
	*next = at + 1;
	l->named[base + at] = true;
	if (l->shares != NULL)
		f->err = el_scalar_parse(share, &l->shares[base + at]);
}

static int
read_list(const struct el_dkg_plan *p, struct el_fields *f, struct el_dkg_list *l)
{
	const json_t *all = el_fields_array(f, "trustees", 0, p->n);
	const size_t keys = el_dkg_plan_keys(p);
	unsigned before = 0;

	for (size_t i = 0; i < json_array_size(all) && f->err == EL_OK; i++) {
		struct el_fields one = el_fields_init(json_array_get(all, i));
		const unsigned j = el_dkg_trustee(&one, "trustee", p->n);
		const json_t *list = el_fields_array(&one, "keys", 1, keys);
		size_t next = 0;

		if (one.err == EL_OK && j <= before)
			one.err = EL_EFORMAT;
		for (size_t k = 0; k < json_array_size(list) && one.err == EL_OK; k++)
			read_key(&one, p, json_array_get(list, k), l, (j - 1) * keys, &next);
		before = j;
		el_dkg_merge(f, &one);
	}
	return el_fields_end(f);
}

int
el_dkg_list_parse(const struct el_dkg_plan *p, bool with_shares, const uint8_t *in, size_t len, struct el_dkg_list *out)
{
	struct el_fields f;
	json_t *j = NULL;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_rjson_parse(in, len, &j)) == EL_OK && (r = el_dkg_list_new(p, with_shares, out)) == EL_OK) {
		f = el_fields_init(j);
		if ((r = read_list(p, &f, out)) != EL_OK)
			el_dkg_list_wipe(out);
	}
	json_decref(j);
	return r;
}

/* The keys of one trustee; NULL: no memory. */
static json_t *
keys_json(const struct el_dkg_plan *p, const struct el_dkg_list *l, size_t base)
{
	json_t *list = json_array();

	for (size_t i = 0; i < el_dkg_plan_keys(p); i++) {
		json_t *one;

		if (!l->named[base + i])
			continue;
		one = json_pack("{s:i, s:s}", "epoch", (int)(p->first + i / EL_DKG_PURPOSES), "purpose",
		    el_dkg_purpose_name((unsigned)(i % EL_DKG_PURPOSES)));
		if (l->shares != NULL &&
		    json_object_set_new(one, "share", el_json_bytes(l->shares[base + i].b, EL_SCALAR_LEN)) != 0) {
			json_decref(one);
			one = NULL;
		}
		if (!el_dkg_push(list, one)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int
el_dkg_list_encode(const struct el_dkg_plan *p, const struct el_dkg_list *l, uint8_t **out, size_t *len)
{
	json_t *all = json_array();

	*out = NULL;
	*len = 0;
	for (unsigned j = 1; j <= p->n; j++)
		if (el_dkg_list_names(p, l, j) && !el_dkg_push(all, json_pack("{s:i, s:o}", "trustee", (int)j, "keys",
		    keys_json(p, l, (j - 1) * el_dkg_plan_keys(p))))) {
			json_decref(all);
			return EL_ENOMEM;
		}
	return el_dkg_encode(json_pack("{s:o}", "trustees", all), out, len);
}
