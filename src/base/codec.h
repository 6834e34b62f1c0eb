#ifndef EL_BASE_CODEC_H
#define EL_BASE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * Big-endian cursors with a sticky error.  A reader that has failed yields zeros and keeps its first
 * error, so a format is read top to bottom and checked once, at the end, with el_rd_end().
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

struct el_rd el_rd_init(const uint8_t *in, size_t len);
uint8_t el_rd_u8(struct el_rd *);
uint16_t el_rd_u16(struct el_rd *);
uint32_t el_rd_u32(struct el_rd *);
uint64_t el_rd_u64(struct el_rd *);
void el_rd_bytes(struct el_rd *, void *out, size_t len);
/* A view of len bytes in the input, NULL after an error; lives as long as the input. */
const uint8_t *el_rd_view(struct el_rd *, size_t len);
/* A view with a u32 length before it; more than max bytes is EL_ELIMIT. */
const uint8_t *el_rd_blob(struct el_rd *, size_t max, size_t *len);
/* EL_OK only when nothing failed and nothing is left over (EL_EFORMAT). */
EL_MUST_USE int el_rd_end(const struct el_rd *);

struct el_wr el_wr_init(uint8_t *out, size_t size);
void el_wr_u8(struct el_wr *, uint8_t);
void el_wr_u16(struct el_wr *, uint16_t);
void el_wr_u32(struct el_wr *, uint32_t);
void el_wr_u64(struct el_wr *, uint64_t);
void el_wr_bytes(struct el_wr *, const void *in, size_t len);
void el_wr_blob(struct el_wr *, const void *in, size_t len); /* u32 length, then the bytes */

/* Integers in place, big-endian. */
uint16_t el_get_u16(const uint8_t *);
uint32_t el_get_u32(const uint8_t *);
uint64_t el_get_u64(const uint8_t *);
void el_put_u16(uint8_t *, uint16_t);
void el_put_u32(uint8_t *, uint32_t);
void el_put_u64(uint8_t *, uint64_t);

#endif
