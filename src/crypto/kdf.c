#include "crypto/kdf.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/codec.h"

void
el_kdf(uint8_t out[EL_KEY_LEN], const uint8_t key[EL_KEY_LEN], const char *label, const void *data, size_t len)
{
	uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = { 0 };
	const size_t n = strlen(label);
	int r;

	assert(n > 0 && n <= sizeof personal);
	memcpy(personal, label, n);
	r = crypto_generichash_blake2b_salt_personal(out, EL_KEY_LEN, data, len, key, EL_KEY_LEN, NULL, personal);
	assert(r == 0);
	(void)r;
}

void
el_prf8(struct el_tag *out, const uint8_t key[EL_KEY_LEN], const char *label, const void *data, size_t len)
{
	uint8_t full[EL_KEY_LEN];

	el_kdf(full, key, label, data, len);
	memcpy(out->b, full, sizeof out->b);
	sodium_memzero(full, sizeof full);
}

void
el_prf16(uint8_t out[16], const uint8_t key[EL_KEY_LEN], const char *label, const void *data, size_t len)
{
	uint8_t full[EL_KEY_LEN];

	el_kdf(full, key, label, data, len);
	memcpy(out, full, 16);
	sodium_memzero(full, sizeof full);
}

uint64_t
el_tag_u64(const struct el_tag *t)
{
	return el_get_u64(t->b);
}

void
el_day_key_tags(uint8_t out[EL_KEY_LEN], const uint8_t day_key[EL_KEY_LEN])
{
	el_kdf(out, day_key, "EL1-tags", NULL, 0);
}

void
el_day_key_rows(uint8_t out[EL_KEY_LEN], const uint8_t day_key[EL_KEY_LEN])
{
	el_kdf(out, day_key, "EL1-rows", NULL, 0);
}
