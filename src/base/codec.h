#ifndef EL_BASE_CODEC_H
#define EL_BASE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "entrylog/error.h"

/*
 * Big-endian cursors with a sticky error.  A reader that has failed yields zeros and keeps its first
 * error, so a format is read top to bottom and checked once, at the end, with el_rd_end().  They stand here in
 * full so that the compiler sees the lengths, which are nearly always constant.
 */
struct el_rd {
	const uint8_t *p;
	size_t left;
	int err;
};

/* A writer into a buffer of the caller's; too small a buffer sets err to EL_ELIMIT. */
struct el_wr {
	uint8_t *p;
	size_t left;
	size_t len; /* bytes written */
	int err;
};

/* Integers in place, big-endian. */
static inline uint16_t
el_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
el_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
el_get_u64(const uint8_t *p)
{
	return (uint64_t)el_get_u32(p) << 32 | el_get_u32(p + 4);
}

static inline void
el_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
el_put_u32(uint8_t *p, uint32_t v)
{
	el_put_u16(p, (uint16_t)(v >> 16));
	el_put_u16(p + 2, (uint16_t)v);
}

static inline void
el_put_u64(uint8_t *p, uint64_t v)
{
	el_put_u32(p, (uint32_t)(v >> 32));
	el_put_u32(p + 4, (uint32_t)v);
}

/* ---- Reading ---- */

static inline struct el_rd
el_rd_init(const uint8_t *in, size_t len)
{
	const struct el_rd r = { in, len, EL_OK };

	return r;
}

/* A view of len bytes in the input, NULL after an error; lives as long as the input. */
static inline const uint8_t *
el_rd_view(struct el_rd *r, size_t len)
{
	const uint8_t *const p = r->p;

	if (r->err != EL_OK)
		return NULL;
	if (len > r->left) {
		r->err = EL_EFORMAT;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

static inline uint8_t
el_rd_u8(struct el_rd *r)
{
	const uint8_t *const p = el_rd_view(r, 1);

	return p != NULL ? p[0] : 0;
}

static inline uint16_t
el_rd_u16(struct el_rd *r)
{
	const uint8_t *const p = el_rd_view(r, 2);

	return p != NULL ? el_get_u16(p) : 0;
}

static inline uint32_t
el_rd_u32(struct el_rd *r)
{
	const uint8_t *const p = el_rd_view(r, 4);

	return p != NULL ? el_get_u32(p) : 0;
}

static inline uint64_t
el_rd_u64(struct el_rd *r)
{
	const uint8_t *const p = el_rd_view(r, 8);

	return p != NULL ? el_get_u64(p) : 0;
}

static inline void
el_rd_bytes(struct el_rd *r, void *out, size_t len)
{
	const uint8_t *const p = el_rd_view(r, len);

	if (p != NULL)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

/* A view with a u32 length before it; more than max bytes is EL_ELIMIT. */
const uint8_t *el_rd_blob(struct el_rd *, size_t max, size_t *len);
/* EL_OK only when nothing failed and nothing is left over (EL_EFORMAT). */
EL_MUST_USE static inline int
el_rd_end(const struct el_rd *r)
{
	return r->err == EL_OK && r->left != 0 ? EL_EFORMAT : r->err;
}

/* ---- Writing ---- */

static inline struct el_wr
el_wr_init(uint8_t *out, size_t size)
{
	const struct el_wr w = { out, size, 0, EL_OK };

	return w;
}

static inline void
el_wr_bytes(struct el_wr *w, const void *in, size_t len)
{
	if (w->err != EL_OK)
		return;
	if (len > w->left) {
		w->err = EL_ELIMIT;
		return;
	}
	if (len > 0)
		memcpy(w->p, in, len);
	w->p += len;
	w->left -= len;
	w->len += len;
}

static inline void
el_wr_u8(struct el_wr *w, uint8_t v)
{
	el_wr_bytes(w, &v, 1);
}

static inline void
el_wr_u16(struct el_wr *w, uint16_t v)
{
	uint8_t b[2];

	el_put_u16(b, v);
	el_wr_bytes(w, b, sizeof b);
}

static inline void
el_wr_u32(struct el_wr *w, uint32_t v)
{
	uint8_t b[4];

	el_put_u32(b, v);
	el_wr_bytes(w, b, sizeof b);
}

static inline void
el_wr_u64(struct el_wr *w, uint64_t v)
{
	uint8_t b[8];

	el_put_u64(b, v);
	el_wr_bytes(w, b, sizeof b);
}

void el_wr_blob(struct el_wr *, const void *in, size_t len); /* u32 length, then the bytes */

#endif
