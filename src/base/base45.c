#include "entrylog/base45.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

void
el_base45_encode(const uint8_t *in, size_t len, char *out)
{
	unsigned v;

	for (; len >= 2; in += 2, len -= 2) {
		v = (unsigned)in[0] << 8 | in[1];
		*out++ = alphabet[v % 45];
		*out++ = alphabet[v / 45 % 45];
		*out++ = alphabet[v / 2025];
	}
	if (len == 1) {
		*out++ = alphabet[in[0] % 45];
		*out++ = alphabet[in[0] / 45];
	}
	*out = '\0';
}

/* The value of each character from the space on, and one more; 0: none of the alphabet. */
static const uint8_t values[] = { 37, 0, 0, 0, 38, 39, 0, 0, 0, 0, 40, 41, 0, 42, 43, 44, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	45, 0, 0, 0, 0, 0, 0, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
	33, 34, 35, 36 };

static unsigned
value_of(char c)
{
	const unsigned at = (unsigned char)c - (unsigned)' ';

	return at < sizeof values ? values[at] : 0;
}

/* One group of two or three characters to one or two bytes. */
static int
decode_group(const char *in, size_t n_bytes, uint8_t *out)
{
	const unsigned a = value_of(in[0]), b = value_of(in[1]);
	const unsigned c = n_bytes == 2 ? value_of(in[2]) : 1;
	const unsigned v = (a - 1) + (b - 1) * 45 + (c - 1) * 2025;

	if (a == 0 || b == 0 || c == 0 || v > (n_bytes == 2 ? 0xffffu : 0xffu))
		return EL_EFORMAT;
	if (n_bytes == 2)
		*out++ = (uint8_t)(v >> 8);
	*out = (uint8_t)v;
	return EL_OK;
}

int
el_base45_decode(const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len)
{
	const size_t bytes = len / 3 * 2 + (len % 3 == 2 ? 1 : 0);
	size_t n;

	*out_len = 0;
	if (len % 3 == 1)
		return EL_EFORMAT;
	if (bytes > out_max)
		return EL_ELIMIT;
	for (n = 0; n + 2 <= bytes; n += 2, in += 3)
		if (decode_group(in, 2, out + n) != EL_OK)
			return EL_EFORMAT;
	if (n < bytes && decode_group(in, 1, out + n) != EL_OK)
		return EL_EFORMAT;
	*out_len = bytes;
	return EL_OK;
}
