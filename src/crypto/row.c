#include "crypto/row.h"

#include <assert.h>
#include <sodium.h>

#include "base/codec.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_Static_assert(EL_AEAD_OVERHEAD == NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES, "row overhead");

void
el_aead_seal(const uint8_t key[EL_KEY_LEN], const void *in, size_t len, const void *ad, size_t ad_len, uint8_t *out)
{
	randombytes_buf(out, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, in, len, ad, ad_len, NULL, out, key);
}

int
el_aead_open(const uint8_t key[EL_KEY_LEN], const uint8_t *in, size_t len, const void *ad, size_t ad_len, uint8_t *out)
{
	if (len < EL_AEAD_OVERHEAD)
		return EL_EFORMAT;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, in + NONCE, len - NONCE, ad, ad_len, in, key) != 0)
		return EL_ECRYPTO;
	return EL_OK;
}

#define ROW_AD_LEN (1 + 2 + 4 + 8 + 8)

static void
row_ad(const struct el_row_place *p, uint8_t ad[ROW_AD_LEN])
{
	struct el_wr w = el_wr_init(ad, ROW_AD_LEN);

	el_wr_u8(&w, (uint8_t)p->store);
	el_wr_u16(&w, p->epoch);
	el_wr_u32(&w, p->segment);
	el_wr_u64(&w, p->tag_a);
	el_wr_u64(&w, p->tag_b);
	assert(w.err == EL_OK && w.left == 0);
}

void
el_row_seal(const uint8_t rows_key[EL_KEY_LEN], const struct el_row_place *p, const void *in, size_t len, uint8_t *out)
{
	uint8_t ad[ROW_AD_LEN];

	row_ad(p, ad);
	el_aead_seal(rows_key, in, len, ad, sizeof ad, out);
}

int
el_row_open(const uint8_t rows_key[EL_KEY_LEN], const struct el_row_place *p, const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t ad[ROW_AD_LEN];

	row_ad(p, ad);
	return el_aead_open(rows_key, in, len, ad, sizeof ad, out);
}
