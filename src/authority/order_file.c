#include "authority/order_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "order/check.h"
#include "order/rjson.h"

#define ORDER_FILE_MAX (2 * EL_DOCUMENT_MAX)

static int
take_scopes(const json_t *list, struct el_order_file *f)
{
	int r;

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct el_disclosed *d = &f->scopes[i];

		if ((r = el_disclosed_from_json(json_array_get(list, i), d)) != EL_OK)
			return r;
		if (el_order_file_scope(f, d->party) != NULL)
			return EL_EFORMAT;
		f->n_scopes++;
	}
	return EL_OK;
}

int
el_order_file_from_json(const json_t *j, struct el_order_file **out)
{
	struct el_fields fields = el_fields_init(j);
	const json_t *scopes = el_fields_array(&fields, "scopes", 0, EL_ORDER_AUDIENCE_MAX);
	struct el_order_file *f = NULL;
	json_t *document = NULL;
	int r;

	*out = NULL;
	if (fields.err != EL_OK)
		return fields.err;
	if (json_object_size(j) != 3)
		return EL_EFORMAT;
	/* Without the scopes it is a signed document like any other. */
	if ((document = json_copy((json_t *)(uintptr_t)j)) == NULL || (f = calloc(1, sizeof *f)) == NULL) {
		r = EL_ENOMEM;
		goto out;
	}
	json_object_del(document, "scopes");
	if ((r = el_document_from_json(document, &f->document)) == EL_OK && (r = take_scopes(scopes, f)) == EL_OK) {
		*out = f;
		f = NULL;
	}
out:
	json_decref(document);
	el_order_file_free(f);
	return r;
}

json_t *
el_order_file_to_json(const struct el_order_file *f, const char *party)
{
	json_t *j = el_document_to_json(&f->document), *scopes = json_array();

	for (size_t i = 0; i < f->n_scopes; i++)
		if (party == NULL || strcmp(party, f->scopes[i].party) == 0)
			if (json_array_append_new(scopes, el_disclosed_to_json(&f->scopes[i])) != 0) {
				json_decref(j);
				json_decref(scopes);
				return NULL;
			}
	if (j == NULL || json_object_set_new(j, "scopes", scopes) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

int
el_order_file_read(const char *path, struct el_order_file **out)
{
	uint8_t *text = NULL;
	json_t *j = NULL;
	size_t len;
	int r;

	*out = NULL;
	if ((r = el_file_read(path, ORDER_FILE_MAX, &text, &len)) != EL_OK)
		return r;
	if ((j = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		r = EL_EFORMAT;
	else
		r = el_order_file_from_json(j, out);
	json_decref(j);
	el_secret_wipe(text, len);
	free(text);
	return r;
}

int
el_order_file_write(const char *path, const struct el_order_file *f)
{
	json_t *j = el_order_file_to_json(f, NULL);
	char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	int r = EL_ENOMEM;

	if (text != NULL) {
		r = el_file_replace(path, 0600, text, strlen(text));
		el_secret_wipe(text, strlen(text));
	}
	free(text);
	json_decref(j);
	return r;
}

void
el_order_file_free(struct el_order_file *f)
{
	if (f == NULL)
		return;
	el_document_wipe(&f->document);
	el_secret_wipe(f, sizeof *f);
	free(f);
}

const struct el_disclosed *
el_order_file_scope(const struct el_order_file *f, const char *party)
{
	for (size_t i = 0; i < f->n_scopes; i++)
		if (strcmp(f->scopes[i].party, party) == 0)
			return &f->scopes[i];
	return NULL;
}

enum el_code
el_order_file_check(const struct el_order_file *f, const struct el_policy *p, int64_t now_s, struct el_order *out)
{
	const struct el_disclosed *d;
	struct el_scope scope;
	enum el_code code;

	if (el_order_parse(f->document.doc, f->document.len, out) != EL_OK)
		return EL_CODE_MALFORMED_ORDER;
	if (!el_hash_eq(&out->deployment, &p->deployment))
		return EL_CODE_SIGNATURE_INVALID;
	if (!el_hash_eq(&out->policy, &p->hash) || now_s >= p->not_after)
		return EL_CODE_POLICY_OUTDATED;
	if (now_s >= out->expires)
		return EL_CODE_ORDER_EXPIRED;
	if (f->n_scopes != out->n_audience)
		return EL_CODE_SCOPE_MISMATCH;
	for (size_t i = 0; i < out->n_audience; i++) {
		if ((d = el_order_file_scope(f, out->audience[i].party)) == NULL)
			return EL_CODE_SCOPE_MISMATCH;
		code = el_order_check_scope(out, out->audience[i].party, d, &scope);
		if (code == EL_CODE_OK)
			code = el_order_check_template(p, &scope);
		el_scope_wipe(&scope);
		if (code != EL_CODE_OK)
			return code;
	}
	return EL_CODE_OK;
}

uint8_t
el_party_issuer(const char *party)
{
	unsigned long n;
	char *end;

	if (strncmp(party, "issuer:", 7) != 0 || party[7] < '1' || party[7] > '9')
		return 0;
	n = strtoul(party + 7, &end, 10);
	return *end == '\0' && n <= UINT8_MAX ? (uint8_t)n : 0;
}

void
el_party_of_issuer(uint8_t issuer, char out[EL_PARTY_NAME_MAX + 1])
{
	snprintf(out, EL_PARTY_NAME_MAX + 1, "issuer:%u", (unsigned)issuer);
}
