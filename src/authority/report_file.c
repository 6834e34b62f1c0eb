#include <stdlib.h>
#include <string.h>

#include "authority/report_internal.h"
#include "base/codec.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/row.h"
#include "entrylog/epoch.h"
#include "order/rjson.h"

/* Report files: the plain form in sections, one a day, each sealed under that day's report key (P-12.7). */

#define SECTION_MAX (16u * 1024 * 1024 - 1024) /* what the control socket carries */
#define AD_LEN (10 + EL_HASH_LEN + 2)

static bool
has_day(const struct el_report *r, el_epoch e)
{
	for (size_t i = 0; i < r->n_sightings; i++)
		if (r->sightings[i].epoch == e)
			return true;
	for (size_t i = 0; i < r->n_places; i++)
		if (r->places[i].epoch == e)
			return true;
	for (size_t i = 0; i < r->n_failures; i++)
		if (r->failures[i].epoch == e)
			return true;
	for (size_t i = 0; i < r->n_delivered; i++)
		if (r->delivered[i].epoch == e)
			return true;
	return false;
}

static int
seal_section(struct el_report *r, el_epoch e, el_report_seal_fn *seal, void *ctx, json_t *sections)
{
	json_t *body = el_report_body(r, e);
	char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	struct el_buf sealed;
	int err = EL_ENOMEM;

	el_buf_init(&sealed, SECTION_MAX);
	if (text != NULL && (err = seal(ctx, &r->order, e, text, strlen(text), &sealed)) == EL_OK &&
	    (err = sealed.err) == EL_OK &&
	    json_array_append_new(sections, json_pack("{s:i, s:o}", "epoch", (int)e, "sealed",
		el_json_bytes(sealed.p, sealed.len))) != 0)
		err = EL_ENOMEM;
	if (text != NULL)
		el_secret_wipe(text, strlen(text));
	free(text);
	json_decref(body);
	el_buf_wipe(&sealed);
	return err;
}

int
el_report_file_encode(struct el_report *r, el_report_seal_fn *seal, void *ctx, char **out)
{
	json_t *sections = json_array(), *j;
	int err = EL_OK;

	*out = NULL;
	for (unsigned e = 0; err == EL_OK && e <= UINT16_MAX; e++)
		if (has_day(r, (el_epoch)e))
			err = seal_section(r, (el_epoch)e, seal, ctx, sections);
	j = json_pack("{s:i, s:o, s:o, s:s, s:I, s:o}", "version", 1, "deployment",
	    el_json_bytes(r->deployment.b, EL_HASH_LEN), "order", el_json_bytes(r->order.b, EL_HASH_LEN), "kind",
	    el_order_kind_name(r->kind), "created", (json_int_t)r->created, "sections", sections);
	if (err == EL_OK && (*out = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL) == NULL)
		err = EL_ENOMEM;
	json_decref(j);
	return err;
}

static void
take_visit(struct el_fields *f, struct el_report_visit *v)
{
	v->venue = (uint32_t)el_fields_uint(f, "venue", UINT32_MAX);
	v->minute = (uint32_t)el_fields_uint(f, "minute", UINT32_MAX);
	v->flags = (uint8_t)el_fields_uint(f, "flags", UINT8_MAX);
}

static int
take_person(struct el_report *r, el_epoch e, const json_t *j)
{
	struct el_fields f = el_fields_init(j), one;
	const char *name = el_fields_text(&f, "name", 1, EL_NAME_MAX);
	const char *phone = el_fields_text(&f, "phone", 1, EL_PHONE_MAX);
	const json_t *issuers = el_fields_array(&f, "issuers", 1, UINT8_MAX);
	const json_t *visits = el_fields_array(&f, "visits", 1, SIZE_MAX);
	struct el_report_visit v;
	int err = el_fields_end(&f);

	for (size_t i = 0; err == EL_OK && i < json_array_size(visits); i++) {
		one = el_fields_init(json_array_get(visits, i));
		take_visit(&one, &v);
		err = el_fields_end(&one);
		for (size_t k = 0; err == EL_OK && k < json_array_size(issuers); k++) {
			const json_int_t n = json_integer_value(json_array_get(issuers, k));

			err = n < 1 || n > UINT8_MAX ? EL_EFORMAT : el_report_add_person(r, e, (uint8_t)n, name, phone, &v);
		}
	}
	return err;
}

static int
take_place(struct el_report *r, el_epoch e, const json_t *j)
{
	struct el_fields f = el_fields_init(j);
	struct el_report_visit v;
	int err;

	take_visit(&f, &v);
	if ((err = el_fields_end(&f)) != EL_OK)
		return err;
	return el_report_add_place(r, e, &v);
}

static int
take_failure(struct el_report *r, el_epoch e, const json_t *j)
{
	struct el_fields f = el_fields_init(j);
	const uint32_t venue = (uint32_t)el_fields_uint(&f, "venue", UINT32_MAX);
	const uint32_t minute = (uint32_t)el_fields_uint(&f, "minute", UINT32_MAX);
	const char *reason = el_fields_text(&f, "reason", 1, EL_REASON_MAX);
	int err;

	if ((err = el_fields_end(&f)) != EL_OK)
		return err;
	return el_report_add_unverifiable(r, e, venue, minute, reason);
}

static int
take_section(struct el_report *r, el_epoch e, const uint8_t *text, size_t len)
{
	json_t *j = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL);
	struct el_fields f = el_fields_init(j);
	const json_t *people, *places, *failures;
	uint32_t delivered;
	int err;

	if (j == NULL)
		return EL_EFORMAT;
	people = el_fields_array(&f, "people", 0, SIZE_MAX);
	places = el_fields_array(&f, "places", 0, SIZE_MAX);
	failures = el_fields_array(&f, "unverifiable", 0, SIZE_MAX);
	delivered = (uint32_t)el_fields_uint(&f, "delivered", EL_ORDER_ROWS_MAX);
	if ((err = el_fields_end(&f)) == EL_OK && delivered > 0)
		err = el_report_count_delivered(r, e, delivered);
	for (size_t i = 0; err == EL_OK && i < json_array_size(people); i++)
		err = take_person(r, e, json_array_get(people, i));
	for (size_t i = 0; err == EL_OK && i < json_array_size(places); i++)
		err = take_place(r, e, json_array_get(places, i));
	for (size_t i = 0; err == EL_OK && i < json_array_size(failures); i++)
		err = take_failure(r, e, json_array_get(failures, i));
	json_decref(j);
	return err;
}

static int
open_section(struct el_report *r, const json_t *j, el_report_seal_fn *open, void *ctx, size_t *n_gone)
{
	struct el_fields f = el_fields_init(j);
	const el_epoch e = (el_epoch)el_fields_uint(&f, "epoch", UINT16_MAX);
	size_t len = 0;
	uint8_t *sealed = el_fields_blob(&f, "sealed", SECTION_MAX, &len);
	struct el_buf plain;
	int err;

	el_buf_init(&plain, SECTION_MAX);
	if ((err = el_fields_end(&f)) == EL_OK) {
		err = open(ctx, &r->order, e, sealed, len, &plain);
		if (err == EL_ENOTFOUND) {
			++*n_gone;
			err = EL_OK;
		} else if (err == EL_OK)
			err = take_section(r, e, plain.p, plain.len);
	}
	free(sealed);
	el_buf_wipe(&plain);
	return err;
}

/* The head of a report file; *sections is a view into *out, which is the caller's to decref. */
static int
parse_head(const uint8_t *text, size_t len, struct el_report *r, json_t **out, const json_t **sections)
{
	struct el_fields f;
	const char *kind;

	if ((*out = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		return EL_EFORMAT;
	f = el_fields_init(*out);
	if (el_fields_uint(&f, "version", 1) != 1 && f.err == EL_OK)
		f.err = EL_EFORMAT;
	el_fields_bytes(&f, "deployment", r->deployment.b, EL_HASH_LEN);
	el_fields_bytes(&f, "order", r->order.b, EL_HASH_LEN);
	kind = el_fields_text(&f, "kind", 1, 16);
	r->created = (int64_t)el_fields_uint(&f, "created", UINT32_MAX);
	*sections = el_fields_array(&f, "sections", 0, EL_ORDER_DAYS_MAX);
	r->kind = EL_ORDER_CONTACTS;
	while (r->kind < EL_ORDER_KINDS && strcmp(kind, el_order_kind_name(r->kind)) != 0)
		r->kind++;
	if (r->kind == EL_ORDER_KINDS && f.err == EL_OK)
		f.err = EL_EFORMAT;
	return el_fields_end(&f);
}

int
el_report_file_parse(const uint8_t *text, size_t len, el_report_seal_fn *open, void *ctx, struct el_report **out,
    size_t *n_gone)
{
	struct el_report *r = calloc(1, sizeof *r);
	const json_t *sections = NULL;
	json_t *j = NULL;
	int err;

	*out = NULL;
	*n_gone = 0;
	if (r == NULL)
		return EL_ENOMEM;
	err = parse_head(text, len, r, &j, &sections);
	for (size_t i = 0; err == EL_OK && i < json_array_size(sections); i++)
		err = open_section(r, json_array_get(sections, i), open, ctx, n_gone);
	json_decref(j);
	if (err == EL_OK)
		*out = r;
	else
		el_report_free(r);
	return err;
}

int
el_report_file_last(const uint8_t *text, size_t len, uint32_t day_offset_s, el_epoch *last)
{
	struct el_report head;
	const json_t *sections = NULL;
	json_t *j = NULL;
	int err;

	memset(&head, 0, sizeof head);
	if ((err = parse_head(text, len, &head, &j, &sections)) == EL_OK) {
		*last = json_array_size(sections) == 0 ? el_epoch_of(head.created, day_offset_s) : 0;
		for (size_t i = 0; i < json_array_size(sections); i++) {
			const json_int_t e = json_integer_value(json_object_get(json_array_get(sections, i), "epoch"));

			if (e > *last && e <= UINT16_MAX)
				*last = (el_epoch)e;
		}
	}
	json_decref(j);
	return err;
}

static void
section_ad(const struct el_hash *order, el_epoch e, uint8_t ad[AD_LEN])
{
	memcpy(ad, "EL1-report", 10);
	memcpy(ad + 10, order->b, EL_HASH_LEN);
	el_put_u16(ad + 10 + EL_HASH_LEN, e);
}

int
el_report_seal(struct el_keyring *k, const struct el_hash *order, el_epoch e, const void *in, size_t len,
    struct el_buf *out)
{
	const struct el_key_id id = { EL_KEY_REPORT, 0, e };
	uint8_t key[EL_KEY_LEN], ad[AD_LEN], *p;
	int err;

	if ((err = el_keyring_ensure(k, id)) != EL_OK || (err = el_keyring_get(k, id, key)) != EL_OK)
		return err;
	section_ad(order, e, ad);
	if ((p = el_buf_reserve(out, len + EL_AEAD_OVERHEAD)) != NULL) {
		el_aead_seal(key, in, len, ad, sizeof ad, p);
		el_buf_advance(out, len + EL_AEAD_OVERHEAD);
	}
	el_secret_wipe(key, sizeof key);
	return out->err;
}

int
el_report_open(const struct el_keyring *k, const struct el_hash *order, el_epoch e, const void *in, size_t len,
    struct el_buf *out)
{
	const struct el_key_id id = { EL_KEY_REPORT, 0, e };
	uint8_t key[EL_KEY_LEN], ad[AD_LEN], *p;
	int err;

	if (len < EL_AEAD_OVERHEAD)
		return EL_EFORMAT;
	if ((err = el_keyring_get(k, id, key)) != EL_OK)
		return err;
	section_ad(order, e, ad);
	if ((p = el_buf_reserve(out, len - EL_AEAD_OVERHEAD + 1)) == NULL)
		err = out->err;
	else if ((err = el_aead_open(key, in, len, ad, sizeof ad, p)) == EL_OK)
		el_buf_advance(out, len - EL_AEAD_OVERHEAD);
	el_secret_wipe(key, sizeof key);
	return err;
}
