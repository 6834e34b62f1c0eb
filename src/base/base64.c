#include "base/base64.h"

#include <sodium.h>

void
el_base64_encode(const uint8_t *in, size_t len, char *out)
{
	sodium_bin2base64(out, EL_BASE64_LEN(len) + 1, in, len, sodium_base64_VARIANT_ORIGINAL);
}

/* 0..63, or 64 for what is no letter. */
static unsigned
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* n_letters (2..4) of a group to the n_letters - 1 bytes they hold. */
static int
decode_group(const char *in, unsigned n_letters, uint8_t bytes[3])
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < n_letters; i++) {
		const unsigned v = value_of(in[i]);

		if (v > 63)
			return EL_EFORMAT;
		bits |= (uint32_t)v << (18 - 6 * i);
	}
	bytes[0] = (uint8_t)(bits >> 16);
	bytes[1] = (uint8_t)(bits >> 8);
	bytes[2] = (uint8_t)bits;
	/* Bits of the last letter that no byte has room for: with them a text would not be the only one. */
	if ((n_letters < 4 && bytes[2] != 0) || (n_letters < 3 && bytes[1] != 0))
		return EL_EFORMAT;
	return EL_OK;
}

int
el_base64_decode(const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len)
{
	unsigned n_pads = 0;
	size_t n;

	*out_len = 0;
	if (len % 4 != 0)
		return EL_EFORMAT;
	while (n_pads < 2 && len > n_pads && in[len - 1 - n_pads] == '=')
		n_pads++;
	n = len / 4 * 3 - n_pads;
	if (n > out_max)
		return EL_ELIMIT;
	for (size_t i = 0, at = 0; i < len; i += 4) {
		const unsigned n_letters = i + 4 < len ? 4 : 4 - n_pads;
		uint8_t bytes[3];

		if (decode_group(in + i, n_letters, bytes) != EL_OK)
			return EL_EFORMAT;
		for (unsigned k = 0; k < n_letters - 1; k++, at++)
			if (out != NULL)
				out[at] = bytes[k];
	}
	*out_len = n;
	return EL_OK;
}
