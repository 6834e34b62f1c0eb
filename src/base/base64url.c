#include "base/base64url.h"

#include <sodium.h>
#include <string.h>

#include "base/codec.h"

void
el_base64url_encode(const uint8_t *in, size_t len, char *out)
{
	sodium_bin2base64(out, EL_BASE64URL_LEN(len) + 1, in, len,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/*
 * Eight letters at once, a byte of a word each, and no branch or look-up that depends on them: what is decoded here
 * are keys.
 */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define GROUP 8 /* letters, of six bytes */

/* Of bytes below 0x80: 0xff in each that lies in first..last. */
static uint64_t
in_range(uint64_t c, unsigned first, unsigned last)
{
	return (((c + EACH(0x80 - first)) & ~(c + EACH(0x7f - last)) & EACH(0x80)) >> 7) * 0xff;
}

/* The 48 bits of a group; *bad is set where a byte is no letter. */
static uint64_t
decode_group(const char in[GROUP], uint64_t *bad)
{
	const uint64_t raw = el_get_u64((const uint8_t *)in), c = raw & EACH(0x7f);
	const uint64_t upper = in_range(c, 'A', 'Z'), lower = in_range(c, 'a', 'z'), digit = in_range(c, '0', '9');
	const uint64_t minus = in_range(c, '-', '-'), line = in_range(c, '_', '_');
	uint64_t v;

	*bad |= (raw & EACH(0x80)) | ~(upper | lower | digit | minus | line);
	v = ((upper & c) - (upper & EACH('A'))) | ((lower & c) - (lower & EACH('a' - 26))) |
	    ((digit & c) + (digit & EACH(52 - '0'))) | (minus & EACH(62)) | (line & EACH(63));
	/* Six bits in each byte to twelve in each half-word, 24 in each word, 48 in all. */
	v = (v >> 8 & UINT64_C(0x003f003f003f003f)) << 6 | (v & UINT64_C(0x003f003f003f003f));
	v = (v >> 16 & UINT64_C(0x00000fff00000fff)) << 12 | (v & UINT64_C(0x00000fff00000fff));
	return (v >> 32) << 24 | (v & 0xffffff);
}

static void
put_bytes(uint64_t bits, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(bits >> (40 - 8 * i));
}

int
el_base64url_decode(const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len)
{
	const size_t n = len / 4 * 3 + (len % 4 != 0 ? len % 4 - 1 : 0), rest = len % GROUP;
	const char *const end = in + len - rest;
	uint64_t bad = 0, bits;
	char last[GROUP];

	*out_len = 0;
	if (len % 4 == 1)
		return EL_EFORMAT;
	if (n > out_max)
		return EL_ELIMIT;
	for (; in < end; in += GROUP, out += 6)
		put_bytes(decode_group(in, &bad), out, 6);
	if (rest > 0) {
		memset(last, 'A', sizeof last); /* zeros */
		memcpy(last, in, rest);
		bits = decode_group(last, &bad);
		put_bytes(bits, out, n % 6);
		/* Bits of the last letter that no byte has room for: with them a text would not be the only one. */
		bad |= bits & ((UINT64_C(1) << (48 - n % 6 * 8)) - 1);
		sodium_memzero(last, sizeof last);
	}
	if (bad != 0)
		return EL_EFORMAT;
	*out_len = n;
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
