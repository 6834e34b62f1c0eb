#include "base/buf.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void
el_buf_init(struct el_buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
}

void
el_buf_wipe(struct el_buf *b)
{
	if (b->p != NULL)
		sodium_memzero(b->p, b->size);
	free(b->p);
	el_buf_init(b, b->max);
}

void
el_buf_clear(struct el_buf *b, size_t keep)
{
	if (b->size > keep || b->err != EL_OK) {
		el_buf_wipe(b);
		return;
	}
	if (b->len > 0)
		sodium_memzero(b->p, b->len);
	b->len = 0;
}

uint8_t *
el_buf_grow(struct el_buf *b, size_t len)
{
	size_t size = b->size != 0 ? b->size : 256;
	uint8_t *p;

	if (b->err != EL_OK)
		return NULL;
	if (len > b->max || b->len > b->max - len) {
		b->err = EL_ELIMIT;
		return NULL;
	}
	while (size < b->len + len)
		size *= 2;
	if (size > b->max)
		size = b->max;
	/* Not realloc: the old block may hold a secret and must be wiped before it is given back. */
	if ((p = malloc(size)) == NULL) {
		b->err = EL_ENOMEM;
		return NULL;
	}
	if (b->p != NULL) {
		memcpy(p, b->p, b->len);
		sodium_memzero(b->p, b->size);
		free(b->p);
	}
	b->p = p;
	b->size = size;
	return p + b->len;
}

void
el_buf_advance(struct el_buf *b, size_t len)
{
	assert(b->len + len <= b->size);
	b->len += len;
}

void
el_buf_consume(struct el_buf *b, size_t len)
{
	assert(len <= b->len);
	b->len -= len;
	if (len > 0 && b->len > 0)
		memmove(b->p, b->p + len, b->len);
}

void
el_buf_put_blob(struct el_buf *b, const void *in, size_t len)
{
	if (len > UINT32_MAX) {
		b->err = b->err != EL_OK ? b->err : EL_ELIMIT;
		return;
	}
	el_buf_put_u32(b, (uint32_t)len);
	el_buf_put(b, in, len);
}

void
el_buf_put_text(struct el_buf *b, const char *text)
{
	el_buf_put(b, text, strlen(text));
}
