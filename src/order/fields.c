#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "crypto/group.h"
#include "order/order_internal.h"

struct el_fields
el_fields_init(const json_t *object)
{
	return (struct el_fields){ object, 0, json_is_object(object) ? EL_OK : EL_EFORMAT };
}

void
el_fields_fail(struct el_fields *f, int err)
{
	if (f->err == EL_OK)
		f->err = err;
}

/* The value under key, counted as taken; NULL after an error. */
static const json_t *
take(struct el_fields *f, const char *key)
{
	const json_t *v;

	if (f->err != EL_OK)
		return NULL;
	if ((v = json_object_get(f->object, key)) == NULL) {
		f->err = EL_EFORMAT;
		return NULL;
	}
	f->taken++;
	return v;
}

uint64_t
el_fields_uint(struct el_fields *f, const char *key, uint64_t max)
{
	const json_t *v = take(f, key);

	if (v == NULL)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > max) {
		f->err = EL_EFORMAT;
		return 0;
	}
	return (uint64_t)json_integer_value(v);
}

bool
el_fields_bool(struct el_fields *f, const char *key)
{
	const json_t *v = take(f, key);

	if (v != NULL && !json_is_boolean(v))
		f->err = EL_EFORMAT;
	return json_is_true(v);
}

const char *
el_fields_text(struct el_fields *f, const char *key, size_t min, size_t max)
{
	const json_t *v = take(f, key);
	size_t len;

	if (v == NULL)
		return "";
	len = json_string_length(v);
	if (!json_is_string(v) || len < min || strlen(json_string_value(v)) != len)
		f->err = EL_EFORMAT;
	else if (len > max)
		f->err = EL_ELIMIT;
	return f->err == EL_OK ? json_string_value(v) : "";
}

int
el_json_exact(const json_t *v, void *out, size_t len)
{
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v) ||
	    el_base64url_exact(json_string_value(v), out, len) != EL_OK) {
		memset(out, 0, len);
		return EL_EFORMAT;
	}
	return EL_OK;
}

int
el_json_point(const json_t *v, struct el_point *out)
{
	uint8_t b[EL_POINT_LEN];

	return el_json_exact(v, b, sizeof b) != EL_OK || el_point_parse(b, out) != EL_OK ? EL_EFORMAT : EL_OK;
}

int
el_json_sign_pk(const json_t *v, struct el_sign_pk *out)
{
	uint8_t b[sizeof out->b];

	return el_json_exact(v, b, sizeof b) != EL_OK || el_sign_pk_parse(b, out) != EL_OK ? EL_EFORMAT : EL_OK;
}

void
el_fields_bytes(struct el_fields *f, const char *key, void *out, size_t len)
{
	const json_t *v = take(f, key);

	memset(out, 0, len);
	if (v != NULL)
		f->err = el_json_exact(v, out, len);
}

uint8_t *
el_fields_blob(struct el_fields *f, const char *key, size_t max, size_t *len)
{
	const char *text = el_fields_text(f, key, 0, EL_BASE64URL_LEN(max));
	uint8_t *out;

	*len = 0;
	if (f->err != EL_OK)
		return NULL;
	if ((out = malloc(max < strlen(text) ? max + 1 : strlen(text) + 1)) == NULL) {
		f->err = EL_ENOMEM;
		return NULL;
	}
	if ((f->err = el_base64url_decode(text, strlen(text), out, max, len)) != EL_OK) {
		*len = 0;
		free(out);
		return NULL;
	}
	return out;
}

void
el_fields_point(struct el_fields *f, const char *key, struct el_point *out)
{
	const json_t *v = take(f, key);

	memset(out, 0, sizeof *out);
	if (v != NULL)
		f->err = el_json_point(v, out);
}

void
el_fields_sign_pk(struct el_fields *f, const char *key, struct el_sign_pk *out)
{
	const json_t *v = take(f, key);

	memset(out, 0, sizeof *out);
	if (v != NULL)
		f->err = el_json_sign_pk(v, out);
}

const json_t *
el_fields_array(struct el_fields *f, const char *key, size_t min, size_t max)
{
	const json_t *v = take(f, key);

	if (v == NULL)
		return NULL;
	if (!json_is_array(v) || json_array_size(v) < min)
		f->err = EL_EFORMAT;
	else if (json_array_size(v) > max)
		f->err = EL_ELIMIT;
	return f->err == EL_OK ? v : NULL;
}

const json_t *
el_fields_object(struct el_fields *f, const char *key)
{
	const json_t *v = take(f, key);

	if (v != NULL && !json_is_object(v))
		f->err = EL_EFORMAT;
	return f->err == EL_OK ? v : NULL;
}

void
el_fields_null(struct el_fields *f, const char *key)
{
	const json_t *v = take(f, key);

	if (v != NULL && !json_is_null(v))
		f->err = EL_EFORMAT;
}

bool
el_fields_has(const struct el_fields *f, const char *key)
{
	const json_t *v = f->err == EL_OK ? json_object_get(f->object, key) : NULL;

	return v != NULL && !json_is_null(v);
}

int
el_fields_end(const struct el_fields *f)
{
	if (f->err != EL_OK)
		return f->err;
	/* Keys are unique, so as many taken as there are means that none is unknown. */
	return f->taken == json_object_size(f->object) ? EL_OK : EL_EFORMAT;
}

int64_t
el_fields_time(struct el_fields *f, const char *key)
{
	return (int64_t)el_fields_uint(f, key, EL_RJSON_INT_MAX);
}

el_epoch
el_fields_epoch(struct el_fields *f, const char *key)
{
	return (el_epoch)el_fields_uint(f, key, UINT16_MAX);
}

void
el_fields_copy(struct el_fields *f, const char *key, char *out, size_t size)
{
	const char *text = el_fields_text(f, key, 1, size - 1);

	memset(out, 0, size);
	memcpy(out, text, strlen(text));
}

void
el_fields_hash(struct el_fields *f, const char *key, struct el_hash *out)
{
	el_fields_bytes(f, key, out->b, sizeof out->b);
}

void
el_fields_version(struct el_fields *f)
{
	if (el_fields_uint(f, "version", EL_RJSON_INT_MAX) != 1)
		el_fields_fail(f, EL_EFORMAT);
}

void
el_fields_head(struct el_fields *f, struct el_hash *deployment, uint64_t *serial, int64_t *not_after)
{
	el_fields_version(f);
	el_fields_hash(f, "deployment", deployment);
	*serial = el_fields_uint(f, "serial", EL_RJSON_INT_MAX);
	*not_after = el_fields_time(f, "not_after");
}

enum el_order_kind
el_fields_kind(struct el_fields *f)
{
	const char *name = el_fields_text(f, "kind", 1, SIZE_MAX);

	for (unsigned kind = 0; kind < EL_ORDER_KINDS && f->err == EL_OK; kind++)
		if (strcmp(name, el_order_kind_name((enum el_order_kind)kind)) == 0)
			return (enum el_order_kind)kind;
	el_fields_fail(f, EL_EFORMAT);
	return EL_ORDER_KINDS;
}

void
el_fields_merge(struct el_fields *f, const struct el_fields *item)
{
	el_fields_fail(f, el_fields_end(item));
}
