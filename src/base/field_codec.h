#ifndef EL_BASE_FIELD_CODEC_H
#define EL_BASE_FIELD_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/codec.h"

/*
 * One walk over a message's fields that either writes or reads them: exactly one of the two is set.  Errors are
 * sticky in whichever it is.  The short ones stand here in full, since every check-in passes through them.
 */
struct el_field_codec {
	struct el_rd *rd;
	struct el_buf *wr;
};

static inline void
el_codec_fail(struct el_field_codec *c, int err)
{
	int *const sticky = c->rd != NULL ? &c->rd->err : &c->wr->err;

	if (*sticky == EL_OK)
		*sticky = err;
}

static inline bool
el_codec_ok(const struct el_field_codec *c)
{
	return (c->rd != NULL ? c->rd->err : c->wr->err) == EL_OK;
}

static inline void
el_codec_u16(struct el_field_codec *c, uint16_t *v)
{
	if (c->rd != NULL)
		*v = el_rd_u16(c->rd);
	else
		el_buf_put_u16(c->wr, *v);
}

static inline void
el_codec_u32(struct el_field_codec *c, uint32_t *v)
{
	if (c->rd != NULL)
		*v = el_rd_u32(c->rd);
	else
		el_buf_put_u32(c->wr, *v);
}

static inline void
el_codec_u64(struct el_field_codec *c, uint64_t *v)
{
	if (c->rd != NULL)
		*v = el_rd_u64(c->rd);
	else
		el_buf_put_u64(c->wr, *v);
}

static inline void
el_codec_i64(struct el_field_codec *c, int64_t *v)
{
	uint64_t u = (uint64_t)*v;

	el_codec_u64(c, &u);
	*v = (int64_t)u;
}

/* A number below limit in one byte, for enumerations. */
static inline unsigned
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

static inline void
el_codec_bool(struct el_field_codec *c, bool *v)
{
	*v = el_codec_enum(c, *v, 2) != 0;
}

static inline void
el_codec_bytes(struct el_field_codec *c, void *p, size_t len)
{
	if (c->rd != NULL)
		el_rd_bytes(c->rd, p, len);
	else
		el_buf_put(c->wr, p, len);
}

/* A count of at most max. */
static inline void
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

/* Text of at most size - 1 bytes, without NUL inside. */
void el_codec_text(struct el_field_codec *, char *, size_t size);
/* Bytes of at most max; when reading *p is malloc'ed, with a NUL behind. */
void el_codec_blob(struct el_field_codec *, uint8_t **p, size_t *len, size_t max);

#endif
