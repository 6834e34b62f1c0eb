#include "issuer/identity.h"

#include <assert.h>
#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"

void
el_identity_encode(const struct el_identity *v, uint8_t out[EL_IDENTITY_LEN])
{
	static const uint8_t zeros[EL_NAME_MAX + EL_PHONE_MAX];
	const size_t name_len = strnlen(v->name, EL_NAME_MAX), phone_len = strnlen(v->phone.s, EL_PHONE_MAX);
	struct el_wr w = el_wr_init(out, EL_IDENTITY_LEN);

	el_wr_u8(&w, (uint8_t)name_len); /* P-11.2, row plaintexts */
	el_wr_bytes(&w, v->name, name_len);
	el_wr_u8(&w, (uint8_t)phone_len);
	el_wr_bytes(&w, v->phone.s, phone_len);
	el_wr_bytes(&w, zeros, sizeof zeros - name_len - phone_len);
	el_wr_bytes(&w, v->h.b, sizeof v->h.b);
	el_wr_u16(&w, v->consent);
	el_wr_bytes(&w, v->salt.b, sizeof v->salt.b);
	el_wr_bytes(&w, v->com, sizeof v->com);
	el_wr_bytes(&w, v->box, sizeof v->box);
	assert(w.err == EL_OK && w.left == 0);
}

/* A text of u8 length, at most max bytes, without NUL inside. */
static void
read_text(struct el_rd *r, char *out, size_t max)
{
	const size_t len = el_rd_u8(r);

	if (len > max || len == 0) {
		r->err = r->err != EL_OK ? r->err : EL_EFORMAT;
		return;
	}
	el_rd_bytes(r, out, len);
	out[len] = '\0';
	if (r->err == EL_OK && strlen(out) != len)
		r->err = EL_EFORMAT;
}

int
el_identity_parse(const uint8_t *in, size_t len, struct el_identity *v)
{
	struct el_rd r = el_rd_init(in, len);
	const uint8_t *padding;
	struct el_phone phone;
	size_t n;

	memset(v, 0, sizeof *v);
	read_text(&r, v->name, EL_NAME_MAX);
	read_text(&r, v->phone.s, EL_PHONE_MAX);
	n = EL_NAME_MAX + EL_PHONE_MAX - strlen(v->name) - strlen(v->phone.s);
	padding = el_rd_view(&r, n);
	el_rd_bytes(&r, v->h.b, sizeof v->h.b);
	v->consent = el_rd_u16(&r);
	el_rd_bytes(&r, v->salt.b, sizeof v->salt.b);
	el_rd_bytes(&r, v->com, sizeof v->com);
	el_rd_bytes(&r, v->box, sizeof v->box);
	if (el_rd_end(&r) == EL_OK && padding != NULL && el_is_zero(padding, n) &&
	    el_text_is_nfc(v->name, strlen(v->name)) && el_phone_parse(v->phone.s, &phone) == EL_OK)
		return EL_OK;
	el_secret_wipe(v, sizeof *v);
	return EL_EFORMAT;
}

uint64_t
el_identity_handle_tag(const uint8_t tags_key[EL_KEY_LEN], const struct el_handle *h)
{
	struct el_tag tag;

	el_prf8(&tag, tags_key, "EL1-tag-h", h->b, sizeof h->b);
	return el_tag_u64(&tag);
}

uint64_t
el_identity_phone_tag(const uint8_t tags_key[EL_KEY_LEN], const struct el_phone *phone)
{
	struct el_tag tag;

	el_prf8(&tag, tags_key, "EL1-tag-p", phone->s, strlen(phone->s));
	return el_tag_u64(&tag);
}

void
el_identity_seal(const struct el_identity *v, const struct el_identity_keys *keys, el_epoch epoch, uint32_t segment,
    uint8_t sealed[EL_IDENTITY_SEALED_LEN], struct el_row *out)
{
	const struct el_row_place place = { EL_STORE_IDENTITY, epoch, segment, el_identity_handle_tag(keys->tags, &v->h),
		el_identity_phone_tag(keys->tags, &v->phone) };
	uint8_t plain[EL_IDENTITY_LEN];

	el_identity_encode(v, plain);
	el_row_seal(keys->rows, &place, plain, sizeof plain, sealed);
	el_secret_wipe(plain, sizeof plain);
	*out = (struct el_row){ place.tag_a, place.tag_b, sealed, EL_IDENTITY_SEALED_LEN };
}

int
el_identity_open(const struct el_row *row, const struct el_identity_keys *keys, el_epoch epoch, uint32_t segment,
    struct el_identity *out)
{
	const struct el_row_place place = { EL_STORE_IDENTITY, epoch, segment, row->tag_a, row->tag_b };
	uint8_t plain[EL_IDENTITY_LEN];
	int r;

	memset(out, 0, sizeof *out);
	if (row->len != EL_IDENTITY_SEALED_LEN)
		return EL_EFORMAT;
	if ((r = el_row_open(keys->rows, &place, row->sealed, row->len, plain)) == EL_OK)
		r = el_identity_parse(plain, sizeof plain, out);
	el_secret_wipe(plain, sizeof plain);
	return r;
}
