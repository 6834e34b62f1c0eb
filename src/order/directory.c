#include <stdlib.h>
#include <string.h>

#include "order/order_internal.h"
#include "order/policy.h"

/* --- parsing (P-12.3) --- */

/* Printable ASCII without spaces; the client decides which schemes it speaks. */
static void
read_url(struct el_fields *f, char *out, size_t size)
{
	el_fields_copy(f, "url", out, size);
	for (const char *p = out; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			el_fields_fail(f, EL_EFORMAT);
}

static bool
read_log_key(struct el_fields *f, struct el_sign_pk *out)
{
	if (el_fields_has(f, "log_key")) {
		el_fields_sign_pk(f, "log_key", out);
		return f->err == EL_OK;
	}
	el_fields_null(f, "log_key");
	return false;
}

static void
read_keys(struct el_fields *f, struct el_issuer_entry *e)
{
	const json_t *list = el_fields_array(f, "keys", 1, EL_ISSUER_KEYS_MAX);

	e->n_keys = json_array_size(list);
	for (size_t i = 0; i < e->n_keys; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));

		e->keys[i].from = el_fields_epoch(&one, "from");
		e->keys[i].to = el_fields_epoch(&one, "to");
		el_fields_sign_pk(&one, "key", &e->keys[i].key);
		el_fields_merge(f, &one);
	}
}

static void
read_issuers(struct el_fields *f, struct el_directory *d)
{
	const json_t *list = el_fields_array(f, "issuers", 0, EL_ISSUERS_MAX);

	d->n_issuers = json_array_size(list);
	for (size_t i = 0; i < d->n_issuers; i++) {
		struct el_fields one = el_fields_init(json_array_get(list, i));
		struct el_issuer_entry *e = &d->issuers[i];

		e->issuer = (uint8_t)el_fields_uint(&one, "issuer", UINT8_MAX);
		el_fields_copy(&one, "name", e->name, sizeof e->name);
		read_url(&one, e->url, sizeof e->url);
		read_keys(&one, e);
		el_fields_sign_pk(&one, "answer_key", &e->answer_key);
		e->has_log_key = read_log_key(&one, &e->log_key);
		el_fields_merge(f, &one);
	}
}

static void
read_registry(struct el_fields *f, struct el_directory *d)
{
	struct el_fields one = el_fields_init(el_fields_object(f, "registry"));

	el_fields_copy(&one, "name", d->registry.name, sizeof d->registry.name);
	read_url(&one, d->registry.url, sizeof d->registry.url);
	el_fields_sign_pk(&one, "answer_key", &d->registry.answer_key);
	d->registry.has_log_key = read_log_key(&one, &d->registry.log_key);
	el_fields_merge(f, &one);
}

/* --- the rules --- */

static bool
are_keys_ok(const struct el_issuer_entry *e)
{
	for (size_t i = 0; i < e->n_keys; i++) {
		/* A key that signs tokens answers no orders (P-3). */
		if (e->keys[i].from > e->keys[i].to || el_sign_pk_eq(&e->keys[i].key, &e->answer_key))
			return false;
		for (size_t j = 0; j < i; j++)
			if (e->keys[i].from <= e->keys[j].to && e->keys[j].from <= e->keys[i].to)
				return false;
	}
	return true;
}

static int
check_rules(const struct el_directory *d)
{
	for (size_t i = 0; i < d->n_issuers; i++) {
		if (d->issuers[i].issuer == 0 || !are_keys_ok(&d->issuers[i]))
			return EL_EFORMAT;
		for (size_t j = 0; j < i; j++)
			if (d->issuers[i].issuer == d->issuers[j].issuer)
				return EL_EFORMAT;
	}
	return EL_OK;
}

static int
parse(const json_t *json, struct el_directory *d)
{
	struct el_fields f = el_fields_init(json);
	int r;

	memset(d, 0, sizeof *d);
	el_fields_head(&f, &d->deployment, &d->serial, &d->not_after);
	read_issuers(&f, d);
	read_registry(&f, d);
	if ((r = el_fields_end(&f)) == EL_OK)
		r = check_rules(d);
	return r;
}

int
el_directory_open(const struct el_document *doc, const struct el_sign_pk *root, struct el_directory *out)
{
	json_t *json;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_document_open(doc, root, EL_LABEL_DIRECTORY, &json)) == EL_OK && (r = parse(json, out)) == EL_OK &&
	    (r = el_deployment_check(&out->deployment, root)) == EL_OK)
		out->hash = doc->hash;
	if (r != EL_OK)
		memset(out, 0, sizeof *out);
	json_decref(json);
	return r;
}

/* --- encoding --- */

static void
write_log_key(struct el_object *o, bool has, const struct el_sign_pk *key)
{
	if (has)
		el_object_bytes(o, "log_key", key->b, sizeof key->b);
	else
		el_object_null(o, "log_key");
}

static void
write_issuers(struct el_object *o, const struct el_directory *d)
{
	json_t *list = el_object_array(o, "issuers"), *keys;

	for (size_t i = 0; i < d->n_issuers; i++) {
		const struct el_issuer_entry *e = &d->issuers[i];
		struct el_object one = el_object_init();

		el_object_uint(&one, "issuer", e->issuer);
		el_object_text(&one, "name", e->name);
		el_object_text(&one, "url", e->url);
		keys = el_object_array(&one, "keys");
		for (size_t k = 0; k < e->n_keys; k++) {
			struct el_object key = el_object_init();

			el_object_uint(&key, "from", e->keys[k].from);
			el_object_uint(&key, "to", e->keys[k].to);
			el_object_bytes(&key, "key", e->keys[k].key.b, sizeof e->keys[k].key.b);
			el_object_append_object(&one, keys, &key);
		}
		el_object_bytes(&one, "answer_key", e->answer_key.b, sizeof e->answer_key.b);
		write_log_key(&one, e->has_log_key, &e->log_key);
		el_object_append_object(o, list, &one);
	}
}

int
el_directory_encode(const struct el_directory *d, uint8_t **out, size_t *len)
{
	struct el_object o = el_object_init(), registry = el_object_init();
	struct el_directory *again = NULL;
	json_t *json;
	int r;

	*out = NULL;
	*len = 0;
	el_object_head(&o, &d->deployment, d->serial, d->not_after);
	write_issuers(&o, d);
	el_object_text(&registry, "name", d->registry.name);
	el_object_text(&registry, "url", d->registry.url);
	el_object_bytes(&registry, "answer_key", d->registry.answer_key.b, sizeof d->registry.answer_key.b);
	write_log_key(&registry, d->registry.has_log_key, &d->registry.log_key);
	el_object_nest(&o, "registry", &registry);
	json = el_object_end(&o);
	/* Read back what will be signed: then no rule can stand here and not there. */
	if ((r = o.err) == EL_OK && (r = (again = malloc(sizeof *again)) == NULL ? EL_ENOMEM : EL_OK) == EL_OK &&
	    (r = parse(json, again)) == EL_OK)
		r = el_rjson_encode(json, out, len);
	free(again);
	json_decref(json);
	return r;
}

const struct el_issuer_entry *
el_directory_issuer(const struct el_directory *d, uint8_t issuer)
{
	for (size_t i = 0; i < d->n_issuers; i++)
		if (d->issuers[i].issuer == issuer)
			return &d->issuers[i];
	return NULL;
}

const struct el_sign_pk *
el_directory_token_key(const struct el_directory *d, uint8_t issuer, el_epoch epoch)
{
	const struct el_issuer_entry *e = el_directory_issuer(d, issuer);

	for (size_t i = 0; e != NULL && i < e->n_keys; i++)
		if (e->keys[i].from <= epoch && epoch <= e->keys[i].to)
			return &e->keys[i].key;
	return NULL;
}
