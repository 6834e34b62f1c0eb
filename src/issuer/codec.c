#include "issuer/codec_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void
el_codec_fail(struct el_field_codec *c, int err)
{
	int *const sticky = c->rd != NULL ? &c->rd->err : &c->wr->err;

	if (*sticky == EL_OK)
		*sticky = err;
}

bool
el_codec_ok(const struct el_field_codec *c)
{
	return (c->rd != NULL ? c->rd->err : c->wr->err) == EL_OK;
}

void
el_codec_u16(struct el_field_codec *c, uint16_t *v)
{
	if (c->rd != NULL)
		*v = el_rd_u16(c->rd);
	else
		el_buf_put_u16(c->wr, *v);
}

void
el_codec_u32(struct el_field_codec *c, uint32_t *v)
{
	if (c->rd != NULL)
		*v = el_rd_u32(c->rd);
	else
		el_buf_put_u32(c->wr, *v);
}

void
el_codec_u64(struct el_field_codec *c, uint64_t *v)
{
	if (c->rd != NULL)
		*v = el_rd_u64(c->rd);
	else
		el_buf_put_u64(c->wr, *v);
}

void
el_codec_i64(struct el_field_codec *c, int64_t *v)
{
	uint64_t u = (uint64_t)*v;

	el_codec_u64(c, &u);
	*v = (int64_t)u;
}

unsigned
el_codec_enum(struct el_field_codec *c, unsigned value, unsigned limit)
{
	if (c->rd != NULL)
		value = el_rd_u8(c->rd);
	if (value >= limit) {
		el_codec_fail(c, EL_EFORMAT);
		return 0;
	}
	if (c->wr != NULL)
		el_buf_put_u8(c->wr, (uint8_t)value);
	return value;
}

void
el_codec_bool(struct el_field_codec *c, bool *v)
{
	*v = el_codec_enum(c, *v, 2) != 0;
}

void
el_codec_bytes(struct el_field_codec *c, void *p, size_t len)
{
	if (c->rd != NULL)
		el_rd_bytes(c->rd, p, len);
	else
		el_buf_put(c->wr, p, len);
}

void
el_codec_count(struct el_field_codec *c, size_t *n, size_t max)
{
	uint32_t v = (uint32_t)*n;

	el_codec_u32(c, &v);
	if (v > max) {
		el_codec_fail(c, EL_ELIMIT);
		v = 0;
	}
	*n = el_codec_ok(c) ? v : 0;
}

void
el_codec_text(struct el_field_codec *c, char *text, size_t size)
{
	size_t len = c->wr != NULL ? strnlen(text, size) : 0;

	el_codec_count(c, &len, size - 1);
	el_codec_bytes(c, text, len);
	if (c->wr != NULL)
		return;
	text[len] = '\0';
	if (strlen(text) != len)
		el_codec_fail(c, EL_EFORMAT);
}

void
el_codec_blob(struct el_field_codec *c, uint8_t **p, size_t *len, size_t max)
{
	const uint8_t *view;

	if (c->wr != NULL) {
		if (*len > max)
			el_codec_fail(c, EL_ELIMIT);
		el_buf_put_blob(c->wr, *p, *len);
		return;
	}
	*p = NULL;
	view = el_rd_blob(c->rd, max, len);
	if (!el_codec_ok(c) || (*p = malloc(*len + 1)) == NULL) {
		el_codec_fail(c, EL_ENOMEM);
		*len = 0;
		return;
	}
	if (*len > 0)
		memcpy(*p, view, *len);
	(*p)[*len] = 0;
}

void
el_codec_document(struct el_field_codec *c, struct el_document *d)
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
