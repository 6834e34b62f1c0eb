#include "order/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "order/order_internal.h"

void
el_document_wipe(struct el_document *d)
{
	free(d->doc);
	memset(d, 0, sizeof *d);
}

void
el_document_init(struct el_document *d, uint8_t *doc, size_t len)
{
	memset(d, 0, sizeof *d);
	d->doc = doc;
	d->len = len;
	el_sha256(doc, len, &d->hash);
}

/* The place of this key's signature; n_signatures when there is none. */
static size_t
find(const struct el_document *d, const struct el_sign_pk *key)
{
	size_t i = 0;

	while (i < d->n_signatures && !el_sign_pk_eq(&d->signatures[i].key, key))
		i++;
	return i;
}

static int
read_signatures(struct el_fields *f, struct el_document *d)
{
	const json_t *list = el_fields_array(f, "signatures", 0, EL_SIGNATURES_MAX);

	for (size_t i = 0; i < json_array_size(list); i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_signature *s = &d->signatures[i];

		el_fields_bytes(&one, "key", s->key.b, sizeof s->key.b);
		el_fields_bytes(&one, "sig", s->sig.b, sizeof s->sig.b);
		el_fields_merge(f, &one);
		if (find(d, &s->key) != d->n_signatures)
			el_fields_fail(f, EL_EFORMAT);
		d->n_signatures = i + 1;
	}
	return el_fields_end(f);
}

int
el_document_from_json(const json_t *json, struct el_document *out)
{
	struct el_fields f = el_fields_init(json);
	uint8_t *doc;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	doc = el_fields_blob(&f, "doc", EL_DOCUMENT_MAX, &len);
	if (doc != NULL)
		el_document_init(out, doc, len);
	if ((r = read_signatures(&f, out)) != EL_OK)
		el_document_wipe(out);
	return r;
}

json_t *
el_document_to_json(const struct el_document *d)
{
	struct el_object o = el_object_init();
	json_t *list;

	el_object_bytes(&o, "doc", d->doc, d->len);
	list = el_object_array(&o, "signatures");
	for (size_t i = 0; i < d->n_signatures; i++) {
		struct el_object one = el_object_init();

		el_object_bytes(&one, "key", d->signatures[i].key.b, sizeof d->signatures[i].key.b);
		el_object_bytes(&one, "sig", d->signatures[i].sig.b, sizeof d->signatures[i].sig.b);
		el_object_append_object(&o, list, &one);
	}
	return el_object_end(&o);
}

int
el_document_read(const char *path, struct el_document *out)
{
	json_error_t error = { 0 };
	json_t *json = NULL;
	uint8_t *text = NULL;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_file_read(path, EL_DOCUMENT_MAX * 2, &text, &len)) != EL_OK)
		goto out;
	if ((json = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &error)) == NULL) {
		r = json_error_code(&error) == json_error_out_of_memory ? EL_ENOMEM : EL_EFORMAT;
		goto out;
	}
	r = el_document_from_json(json, out);
out:
	json_decref(json);
	free(text);
	return r;
}

int
el_document_write(const char *path, mode_t mode, const struct el_document *d)
{
	json_t *json = NULL;
	char *text = NULL;
	size_t n;
	int r = EL_ENOMEM;

	if ((json = el_document_to_json(d)) == NULL || (n = json_dumpb(json, NULL, 0, JSON_COMPACT)) == 0 ||
	    (text = malloc(n + 1)) == NULL || json_dumpb(json, text, n, JSON_COMPACT) != n)
		goto out;
	text[n] = '\n';
	r = el_file_replace(path, mode, text, n + 1);
out:
	free(text);
	json_decref(json);
	return r;
}

int
el_document_sign(struct el_document *d, const struct el_sign_key *key, const char *label)
{
	const size_t i = find(d, el_sign_key_pk(key));
	struct el_signature fresh;
	int r;

	if (i == EL_SIGNATURES_MAX)
		return EL_ELIMIT;
	fresh.key = *el_sign_key_pk(key);
	if ((r = el_sign(key, label, d->doc, d->len, &fresh.sig)) != EL_OK)
		return r;
	d->signatures[i] = fresh;
	if (i == d->n_signatures)
		d->n_signatures++;
	return EL_OK;
}

int
el_document_verify(const struct el_document *d, const struct el_sign_pk *key, const char *label)
{
	const size_t i = find(d, key);

	return i == d->n_signatures ? EL_ENOTFOUND : el_verify(key, label, d->doc, d->len, &d->signatures[i].sig);
}

int
el_document_open(const struct el_document *d, const struct el_sign_pk *key, const char *label, json_t **out)
{
	int r;

	*out = NULL;
	if ((r = el_document_verify(d, key, label)) != EL_OK)
		return r == EL_ENOTFOUND ? EL_ECRYPTO : r;
	return el_rjson_parse(d->doc, d->len, out);
}

int
el_deployment_check(const struct el_hash *deployment, const struct el_sign_pk *root)
{
	struct el_hash h;

	el_sha256(root->b, sizeof root->b, &h);
	return el_hash_eq(&h, deployment) ? EL_OK : EL_EFORMAT;
}

void
el_document_code(struct el_field_codec *c, struct el_document *d)
{
	uint8_t *doc = d->doc;
	size_t len = d->len;

	el_codec_blob(c, &doc, &len, EL_DOCUMENT_MAX);
	if (c->rd != NULL && doc != NULL)
		el_document_init(d, doc, len);
	el_codec_count(c, &d->n_signatures, EL_SIGNATURES_MAX);
	for (size_t i = 0; i < d->n_signatures; i++) {
		el_codec_bytes(c, d->signatures[i].key.b, sizeof d->signatures[i].key.b);
		el_codec_bytes(c, d->signatures[i].sig.b, sizeof d->signatures[i].sig.b);
	}
}
