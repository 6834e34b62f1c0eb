#include "crypto/box.h"

#include <sodium.h>
#include <string.h>

#include "crypto/group.h"
#include "crypto/kdf.h"

_Static_assert(EL_BOX_OVERHEAD == EL_POINT_LEN + crypto_aead_chacha20poly1305_ietf_ABYTES, "box overhead");

/* A key is used once, so the nonce may be constant. */
static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

static void
box_key(uint8_t k[EL_KEY_LEN], const struct el_point *shared, const struct el_point *r, const struct el_point *to)
{
	uint8_t data[2 * EL_POINT_LEN];

	memcpy(data, r->b, EL_POINT_LEN);
	memcpy(data + EL_POINT_LEN, to->b, EL_POINT_LEN);
	el_kdf(k, shared->b, "EL1-box", data, sizeof data);
}

int
el_box_seal(const struct el_point *to, const void *in, size_t len, const void *ad, size_t ad_len, uint8_t *out)
{
	struct el_scalar secret;
	struct el_point r, shared;
	uint8_t k[EL_KEY_LEN];
	int err;

	el_scalar_random(&secret);
	if ((err = el_point_base(&r, &secret)) != EL_OK || (err = el_point_mul(&shared, &secret, to)) != EL_OK)
		goto out;
	box_key(k, &shared, &r, to);
	memcpy(out, r.b, EL_POINT_LEN);
	crypto_aead_chacha20poly1305_ietf_encrypt(out + EL_POINT_LEN, NULL, in, len, ad, ad_len, NULL, zero_nonce, k);
out:
	sodium_memzero(k, sizeof k);
	sodium_memzero(&shared, sizeof shared);
	el_scalar_wipe(&secret);
	return err;
}

int
el_box_open_shared(const struct el_point *shared, const struct el_point *to, const uint8_t *box, size_t box_len,
    const void *ad, size_t ad_len, uint8_t *out)
{
	struct el_point r;
	uint8_t k[EL_KEY_LEN];
	int err;

	if (box_len < EL_BOX_OVERHEAD)
		return EL_EFORMAT;
	if ((err = el_point_parse(box, &r)) != EL_OK)
		return err;
	box_key(k, shared, &r, to);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, box + EL_POINT_LEN, box_len - EL_POINT_LEN, ad,
		ad_len, zero_nonce, k) != 0)
		err = EL_ECRYPTO;
	sodium_memzero(k, sizeof k);
	return err;
}

int
el_box_open(const struct el_scalar *key, const struct el_point *to, const uint8_t *box, size_t box_len, const void *ad,
    size_t ad_len, uint8_t *out)
{
	struct el_point r, shared;
	int err;

	if (box_len < EL_BOX_OVERHEAD)
		return EL_EFORMAT;
	if ((err = el_point_parse(box, &r)) != EL_OK || (err = el_point_mul(&shared, key, &r)) != EL_OK)
		return err;
	err = el_box_open_shared(&shared, to, box, box_len, ad, ad_len, out);
	sodium_memzero(&shared, sizeof shared);
	return err;
}
