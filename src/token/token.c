#include "entrylog/token.h"

#include <assert.h>
#include <string.h>

#include "base/codec.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/sign.h"
#include "entrylog/base45.h"

static const char prefix[] = "EL1:";
#define PREFIX_LEN (sizeof prefix - 1)
_Static_assert(PREFIX_LEN + EL_BASE45_LEN(EL_TOKEN_LEN) == EL_TOKEN_TEXT_LEN, "length of the QR text");
_Static_assert(1 + 1 + 2 + EL_TID_LEN + EL_POINT_LEN + 16 == EL_TOKEN_SIGNED_LEN, "length of the signed part");
_Static_assert(EL_TOKEN_SIGNED_LEN + EL_SIG_LEN == EL_BODY_LEN, "length of the body");
_Static_assert(EL_BODY_LEN + 4 + 8 == EL_TOKEN_LEN, "length of the token");

static void
read_body(struct el_rd *r, struct el_token *t)
{
	t->version = el_rd_u8(r); /* P-4.3 */
	t->issuer = el_rd_u8(r);
	t->epoch = el_rd_u16(r);
	el_rd_bytes(r, t->tid.b, sizeof t->tid.b);
	el_rd_bytes(r, t->r, sizeof t->r);
	el_rd_bytes(r, t->link.b, sizeof t->link.b);
	el_rd_bytes(r, t->sig.b, sizeof t->sig.b);
}

int
el_token_parse(const uint8_t *in, size_t len, struct el_token *t)
{
	struct el_rd r = el_rd_init(in, len);

	memset(t, 0, sizeof *t);
	read_body(&r, t);
	t->shown_at = el_rd_u32(&r);
	el_rd_bytes(&r, t->tag.b, sizeof t->tag.b);
	return el_rd_end(&r);
}

int
el_token_parse_body(const uint8_t *in, size_t len, struct el_token *t)
{
	struct el_rd r = el_rd_init(in, len);

	memset(t, 0, sizeof *t);
	read_body(&r, t);
	return el_rd_end(&r);
}

static void
write_signed_part(struct el_wr *w, const struct el_token *t)
{
	el_wr_u8(w, t->version);
	el_wr_u8(w, t->issuer);
	el_wr_u16(w, t->epoch);
	el_wr_bytes(w, t->tid.b, sizeof t->tid.b);
	el_wr_bytes(w, t->r, sizeof t->r);
	el_wr_bytes(w, t->link.b, sizeof t->link.b);
}

void
el_token_body(const struct el_token *t, struct el_body *out)
{
	struct el_wr w = el_wr_init(out->b, sizeof out->b);

	write_signed_part(&w, t);
	el_wr_bytes(&w, t->sig.b, sizeof t->sig.b);
	assert(w.err == EL_OK && w.left == 0);
}

void
el_token_encode(const struct el_token *t, uint8_t out[EL_TOKEN_LEN])
{
	struct el_wr w = el_wr_init(out, EL_TOKEN_LEN);

	write_signed_part(&w, t);
	el_wr_bytes(&w, t->sig.b, sizeof t->sig.b);
	el_wr_u32(&w, t->shown_at);
	el_wr_bytes(&w, t->tag.b, sizeof t->tag.b);
	assert(w.err == EL_OK && w.left == 0);
}

void
el_token_text(const struct el_token *t, char out[EL_TOKEN_TEXT_LEN + 1])
{
	uint8_t bytes[EL_TOKEN_LEN];

	el_token_encode(t, bytes);
	memcpy(out, prefix, PREFIX_LEN);
	el_base45_encode(bytes, sizeof bytes, out + PREFIX_LEN);
}

int
el_token_parse_text(const char *in, size_t len, struct el_token *t)
{
	uint8_t bytes[EL_TOKEN_LEN];
	size_t n;
	int r;

	memset(t, 0, sizeof *t);
	if (len != EL_TOKEN_TEXT_LEN || memcmp(in, prefix, PREFIX_LEN) != 0)
		return EL_EFORMAT;
	if ((r = el_base45_decode(in + PREFIX_LEN, len - PREFIX_LEN, bytes, sizeof bytes, &n)) != EL_OK)
		return r;
	return el_token_parse(bytes, n, t);
}

void
el_token_day_key(const uint8_t pair[EL_KEY_LEN], uint8_t issuer, el_epoch epoch, uint8_t out[EL_KEY_LEN])
{
	uint8_t data[3] = { issuer };

	el_put_u16(data + 1, epoch);
	el_kdf(out, pair, "EL1-tok", data, sizeof data);
}

void
el_token_show_key(const uint8_t day_key[EL_KEY_LEN], const struct el_body *body, uint8_t out[EL_KEY_LEN])
{
	el_kdf(out, day_key, "EL1-show", body->b, sizeof body->b);
}

void
el_token_tag(const uint8_t show_key[EL_KEY_LEN], uint32_t shown_at, struct el_tag *out)
{
	uint8_t data[4];

	el_put_u32(data, shown_at);
	el_prf8(out, show_key, "EL1-tag", data, sizeof data);
}

int
el_token_stamp(const struct el_body *body, const uint8_t show_key[EL_KEY_LEN], uint32_t shown_at, struct el_token *out)
{
	int r = el_token_parse_body(body->b, sizeof body->b, out);

	if (r != EL_OK)
		return r;
	out->shown_at = shown_at;
	el_token_tag(show_key, shown_at, &out->tag);
	return EL_OK;
}

int
el_token_check_signature(const struct el_token *t, const struct el_sign_pk *issuer_key)
{
	uint8_t part[EL_TOKEN_SIGNED_LEN];
	struct el_wr w = el_wr_init(part, sizeof part);

	write_signed_part(&w, t);
	return el_verify(issuer_key, "EL1-token", part, sizeof part, &t->sig);
}

bool
el_token_has_tag(const struct el_token *t, const uint8_t show_key[EL_KEY_LEN])
{
	struct el_tag expected;

	el_token_tag(show_key, t->shown_at, &expected);
	return el_bytes_eq(expected.b, t->tag.b, sizeof expected.b);
}

bool
el_token_check_tag(const struct el_token *t, const uint8_t day_key[EL_KEY_LEN])
{
	uint8_t show_key[EL_KEY_LEN];
	struct el_body body;
	bool has;

	el_token_body(t, &body);
	el_token_show_key(day_key, &body, show_key);
	has = el_token_has_tag(t, show_key);
	el_secret_wipe(show_key, sizeof show_key);
	return has;
}

enum el_freshness
el_token_freshness(uint32_t shown_at, int64_t scanned_at_s, uint32_t skew_s)
{
	const int64_t age = scanned_at_s - (int64_t)shown_at;

	if (age < -(int64_t)skew_s)
		return EL_FROM_FUTURE;
	return age > (int64_t)EL_FRESH_S + skew_s ? EL_STALE : EL_FRESH;
}
