#include "base/base64url.h"

#include <sodium.h>
#include <string.h>

void
el_base64url_encode(const uint8_t *in, size_t len, char *out)
{
	sodium_bin2base64(out, EL_BASE64URL_LEN(len) + 1, in, len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

int
el_base64url_decode(const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len)
{
	const char *end = NULL;

	*out_len = 0;
	if (len % 4 == 1)
		return EL_EFORMAT;
	if (len / 4 * 3 + (len % 4 != 0 ? len % 4 - 1 : 0) > out_max)
		return EL_ELIMIT;
	if (len == 0)
		return EL_OK;
	/* libsodium 1.0.18 reads every byte from 0x80 on as the last letter of the alphabet. */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)in[i] >= 0x80)
			return EL_EFORMAT;
	if (sodium_base642bin(out, out_max, in, len, NULL, out_len, &end,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    end != in + len)
		return EL_EFORMAT;
	return EL_OK;
}

int
el_base64url_exact(const char *in, uint8_t *out, size_t out_len)
{
	size_t n;

	if (in == NULL || el_base64url_decode(in, strlen(in), out, out_len, &n) != EL_OK ||
	    n != out_len)
		return EL_EFORMAT;
	return EL_OK;
}
