#ifndef EL_BASE_BUF_H
#define EL_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

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
void el_buf_put(struct el_buf *, const void *in, size_t len);
void el_buf_put_u8(struct el_buf *, uint8_t);
void el_buf_put_u16(struct el_buf *, uint16_t);
void el_buf_put_u32(struct el_buf *, uint32_t);
void el_buf_put_u64(struct el_buf *, uint64_t);
void el_buf_put_blob(struct el_buf *, const void *in, size_t len); /* u32 length, then the bytes */
void el_buf_put_text(struct el_buf *, const char *text);	   /* without its NUL */
/* Make room for len more bytes and return where they start; NULL on error.  Then el_buf_advance(). */
uint8_t *el_buf_reserve(struct el_buf *, size_t len);
void el_buf_advance(struct el_buf *, size_t len);
/* Drop the first len bytes. */
void el_buf_consume(struct el_buf *, size_t len);

#endif
