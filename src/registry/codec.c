#include "registry/codec_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

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
