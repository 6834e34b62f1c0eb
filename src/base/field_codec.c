#include "base/field_codec.h"

#include <stdlib.h>
#include <string.h>

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
