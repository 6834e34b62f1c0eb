#ifndef EL_BASE_BUF_H
#define EL_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/codec.h"
#include "entrylog/error.h"

/*
 * A byte buffer that grows up to a ceiling given at birth.  Errors are sticky: after one, puts do
 * nothing and err keeps the first code, so a long encoding is checked once.  Its memory is wiped
 * whenever it is given back.
 */
struct el_buf {
	uint8_t *p;
	size_t len;
	size_t size;
	size_t max;
	int err;
};

void el_buf_init(struct el_buf *, size_t max);
/* Wipes and frees the bytes; the buffer is empty and usable again. */
void el_buf_wipe(struct el_buf *);
/* Wipes what was put and forgets an error; keeps up to `keep` bytes of memory for the next use. */
void el_buf_clear(struct el_buf *, size_t keep);
/* What el_buf_reserve() does where the memory does not suffice. */
uint8_t *el_buf_grow(struct el_buf *, size_t len);
/* Make room for len more bytes and return where they start; NULL on error.  Then el_buf_advance(). */
static inline uint8_t *
el_buf_reserve(struct el_buf *b, size_t len)
{
	/* Nearly always; no size is above the ceiling. */
	return b->err == EL_OK && len <= b->size - b->len ? b->p + b->len : el_buf_grow(b, len);
}

static inline void
el_buf_put(struct el_buf *b, const void *in, size_t len)
{
	uint8_t *const p = el_buf_reserve(b, len);

	if (p == NULL || len == 0)
		return;
	memcpy(p, in, len);
	b->len += len;
}

static inline void
el_buf_put_u8(struct el_buf *b, uint8_t v)
{
	el_buf_put(b, &v, 1);
}

static inline void
el_buf_put_u16(struct el_buf *b, uint16_t v)
{
	uint8_t p[2];

	el_put_u16(p, v);
	el_buf_put(b, p, sizeof p);
}

static inline void
el_buf_put_u32(struct el_buf *b, uint32_t v)
{
	uint8_t p[4];

	el_put_u32(p, v);
	el_buf_put(b, p, sizeof p);
}

static inline void
el_buf_put_u64(struct el_buf *b, uint64_t v)
{
	uint8_t p[8];

	el_put_u64(p, v);
	el_buf_put(b, p, sizeof p);
}

void el_buf_put_blob(struct el_buf *, const void *in, size_t len); /* u32 length, then the bytes */
void el_buf_put_text(struct el_buf *, const char *text);	   /* without its NUL */
void el_buf_advance(struct el_buf *, size_t len);
/* Drop the first len bytes. */
void el_buf_consume(struct el_buf *, size_t len);

#endif
