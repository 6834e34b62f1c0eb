#include "entrylog/base45.h"

#include <assert.h>

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

/* Value of one character, 45 when it is none of the alphabet. */
static unsigned
value_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A') + 10;
	switch (c) {
	case ' ':
		return 36;
	case '$':
		return 37;
	case '%':
		return 38;
	case '*':
		return 39;
	case '+':
		return 40;
	case '-':
		return 41;
	case '.':
		return 42;
	case '/':
		return 43;
	case ':':
		return 44;
	default:
		return 45;
	}
}

int
el_base45_decode(const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len)
{
	const size_t bytes = len / 3 * 2 + (len % 3 == 2 ? 1 : 0);
	size_t n = 0;

	*out_len = 0;
	if (len % 3 == 1)
		return EL_EFORMAT;
	if (bytes > out_max)
		return EL_ELIMIT;
	while (len > 0) {
		const size_t take = len >= 3 ? 3 : 2;
		unsigned v = 0, scale = 1;

		for (size_t i = 0; i < take; i++, scale *= 45) {
			const unsigned d = value_of(in[i]);

			if (d == 45)
				return EL_EFORMAT;
			v += d * scale;
		}
		if (v > (take == 3 ? 0xffffu : 0xffu))
			return EL_EFORMAT;
		if (take == 3)
			out[n++] = (uint8_t)(v >> 8);
		out[n++] = (uint8_t)v;
		in += take;
		len -= take;
	}
	assert(n == bytes);
	*out_len = n;
	return EL_OK;
}
