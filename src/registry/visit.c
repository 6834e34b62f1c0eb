#include "registry/visit.h"

#include <assert.h>
#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/kdf.h"
#include "token/leaf.h"

_Static_assert(4 + 4 + 4 + 1 + EL_ATTEMPT_LEN + EL_SALT_LEN + EL_BODY_LEN == EL_VISIT_LEN, "length of a visit");

void
el_visit_encode(const struct el_visit *v, uint8_t out[EL_VISIT_LEN])
{
	struct el_wr w = el_wr_init(out, EL_VISIT_LEN);

	el_wr_u32(&w, v->venue); /* P-11.2, row plaintexts */
	el_wr_u32(&w, v->scanner);
	el_wr_u32(&w, v->minute);
	el_wr_u8(&w, v->flags);
	el_wr_bytes(&w, v->attempt.b, sizeof v->attempt.b);
	el_wr_bytes(&w, v->salt.b, sizeof v->salt.b);
	el_wr_bytes(&w, v->body.b, sizeof v->body.b);
	assert(w.err == EL_OK && w.left == 0);
}

int
el_visit_parse(const uint8_t *in, size_t len, struct el_visit *v)
{
	struct el_rd r = el_rd_init(in, len);
	int err;

	memset(v, 0, sizeof *v);
	v->venue = el_rd_u32(&r);
	v->scanner = el_rd_u32(&r);
	v->minute = el_rd_u32(&r);
	v->flags = el_rd_u8(&r);
	el_rd_bytes(&r, v->attempt.b, sizeof v->attempt.b);
	el_rd_bytes(&r, v->salt.b, sizeof v->salt.b);
	el_rd_bytes(&r, v->body.b, sizeof v->body.b);
	if ((err = el_rd_end(&r)) != EL_OK)
		return err;
	return v->minute % 60 == 0 && (v->flags & ~(EL_FLAG_LATE | EL_FLAG_DUPLICATE)) == 0 ? EL_OK : EL_EFORMAT;
}

uint64_t
el_visit_venue_tag(const uint8_t tags_key[EL_KEY_LEN], uint32_t venue)
{
	uint8_t data[4];
	struct el_tag tag;

	el_put_u32(data, venue);
	el_prf8(&tag, tags_key, "EL1-tag-v", data, sizeof data);
	return el_tag_u64(&tag);
}

uint64_t
el_visit_tid_tag(const uint8_t tags_key[EL_KEY_LEN], const struct el_tid *tid)
{
	struct el_tag tag;

	el_prf8(&tag, tags_key, "EL1-tag-t", tid->b, sizeof tid->b);
	return el_tag_u64(&tag);
}

void
el_visit_tid(const struct el_body *body, struct el_tid *out)
{
	memcpy(out->b, body->b + 4, sizeof out->b); /* after version, issuer and epoch */
}

void
el_visit_seal(const struct el_visit *v, const uint8_t rows_key[EL_KEY_LEN], el_epoch epoch, uint32_t segment,
    uint64_t tag_a, uint64_t tag_b, uint8_t out[EL_VISIT_SEALED_LEN])
{
	const struct el_row_place place = { EL_STORE_VISIT, epoch, segment, tag_a, tag_b };
	uint8_t plain[EL_VISIT_LEN];

	el_visit_encode(v, plain);
	el_row_seal(rows_key, &place, plain, sizeof plain, out);
	el_secret_wipe(plain, sizeof plain);
}

int
el_visit_open(const struct el_row *row, const uint8_t rows_key[EL_KEY_LEN], el_epoch epoch, uint32_t segment,
    struct el_visit *out)
{
	const struct el_row_place place = { EL_STORE_VISIT, epoch, segment, row->tag_a, row->tag_b };
	uint8_t plain[EL_VISIT_LEN];
	int r;

	memset(out, 0, sizeof *out);
	if (row->len != EL_VISIT_SEALED_LEN)
		return EL_EFORMAT;
	if ((r = el_row_open(rows_key, &place, row->sealed, row->len, plain)) == EL_OK)
		r = el_visit_parse(plain, sizeof plain, out);
	el_secret_wipe(plain, sizeof plain);
	return r;
}
