#ifndef EL_ISSUER_CODEC_INTERNAL_H
#define EL_ISSUER_CODEC_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/codec.h"
#include "order/document.h"

/*
 * One walk over a message's fields that either writes or reads them: exactly one of the two is set.  Errors are
 * sticky in whichever it is.
 */
struct el_field_codec {
	struct el_rd *rd;
	struct el_buf *wr;
};

void el_codec_fail(struct el_field_codec *, int err);
bool el_codec_ok(const struct el_field_codec *);
void el_codec_u16(struct el_field_codec *, uint16_t *);
void el_codec_u32(struct el_field_codec *, uint32_t *);
void el_codec_u64(struct el_field_codec *, uint64_t *);
void el_codec_i64(struct el_field_codec *, int64_t *);
void el_codec_bool(struct el_field_codec *, bool *);
/* A number below limit in one byte, for enumerations. */
unsigned el_codec_enum(struct el_field_codec *, unsigned value, unsigned limit);
void el_codec_bytes(struct el_field_codec *, void *, size_t len);
/* A count of at most max. */
void el_codec_count(struct el_field_codec *, size_t *, size_t max);
/* Text of at most size - 1 bytes, without NUL inside. */
void el_codec_text(struct el_field_codec *, char *, size_t size);
/* Bytes of at most max; when reading *p is malloc'ed, with a NUL behind. */
void el_codec_blob(struct el_field_codec *, uint8_t **p, size_t *len, size_t max);
/* A signed document; when reading, also its hash is made. */
void el_codec_document(struct el_field_codec *, struct el_document *);

#endif
