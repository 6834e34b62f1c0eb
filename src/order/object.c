#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/secret.h"
#include "base/text.h"
#include "order/order_internal.h"

json_t *
el_json_bytes(const void *in, size_t len)
{
	const size_t n = EL_BASE64URL_LEN(len);
	char *text = malloc(n + 1);
	json_t *out = NULL;

	if (text == NULL)
		return NULL;
	el_base64url_encode(in, len, text);
	out = json_stringn_nocheck(text, n);
	el_secret_wipe(text, n + 1); /* a call of the executor carries secrets this way */
	free(text);
	return out;
}

struct el_object
el_object_init(void)
{
	struct el_object o = { json_object(), EL_OK };

	if (o.json == NULL)
		o.err = EL_ENOMEM;
	return o;
}

void
el_object_json(struct el_object *o, const char *key, json_t *stolen)
{
	/* jansson takes the value over even when it fails, and takes NULL for a failure. */
	if (json_object_set_new_nocheck(o->json, key, stolen) != 0 && o->err == EL_OK)
		o->err = EL_ENOMEM;
}

void
el_object_uint(struct el_object *o, const char *key, uint64_t v)
{
	if (v > EL_RJSON_INT_MAX && o->err == EL_OK)
		o->err = EL_EFORMAT;
	el_object_json(o, key, json_integer((json_int_t)v));
}

void
el_object_bool(struct el_object *o, const char *key, bool v)
{
	el_object_json(o, key, json_boolean(v));
}

void
el_object_null(struct el_object *o, const char *key)
{
	el_object_json(o, key, json_null());
}

void
el_object_text(struct el_object *o, const char *key, const char *text)
{
	const size_t len = strlen(text);

	if (!el_text_is_nfc(text, len)) {
		if (o->err == EL_OK)
			o->err = EL_EFORMAT;
		return;
	}
	el_object_json(o, key, json_stringn_nocheck(text, len));
}

void
el_object_bytes(struct el_object *o, const char *key, const void *in, size_t len)
{
	el_object_json(o, key, el_json_bytes(in, len));
}

void
el_object_hash(struct el_object *o, const char *key, const struct el_hash *h)
{
	el_object_bytes(o, key, h->b, sizeof h->b);
}

void
el_object_head(struct el_object *o, const struct el_hash *deployment, uint64_t serial, int64_t not_after)
{
	el_object_uint(o, "version", 1);
	el_object_hash(o, "deployment", deployment);
	el_object_uint(o, "serial", serial);
	el_object_uint(o, "not_after", (uint64_t)not_after);
}

void
el_object_nest(struct el_object *o, const char *key, struct el_object *inner)
{
	if (o->err == EL_OK)
		o->err = inner->err;
	el_object_json(o, key, el_object_end(inner));
}

json_t *
el_object_array(struct el_object *o, const char *key)
{
	json_t *array = json_array();

	el_object_json(o, key, array);
	return o->err == EL_OK ? array : NULL;
}

void
el_object_append(struct el_object *o, json_t *array, json_t *stolen)
{
	if (json_array_append_new(array, stolen) != 0 && o->err == EL_OK)
		o->err = EL_ENOMEM;
}

void
el_object_append_object(struct el_object *o, json_t *array, struct el_object *item)
{
	if (o->err == EL_OK)
		o->err = item->err;
	el_object_append(o, array, el_object_end(item));
}

json_t *
el_object_end(struct el_object *o)
{
	json_t *json = o->json;

	o->json = NULL;
	if (o->err == EL_OK)
		return json;
	json_decref(json);
	return NULL;
}

int
el_object_encode(struct el_object *o, uint8_t **out, size_t *len)
{
	json_t *json = el_object_end(o);
	int r;

	*out = NULL;
	*len = 0;
	if (json == NULL)
		return o->err;
	r = el_rjson_encode(json, out, len);
	json_decref(json);
	return r;
}
