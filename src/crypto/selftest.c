#include "crypto/selftest.h"

#include <sodium.h>

#include "base/secret.h"

/* A point of mixed order: the base point plus a point of order 2 (y and x negated). */
static void
mixed_order_point(uint8_t out[32])
{
	/* (0, -1), of order 2: p - 1 little-endian. */
	static const uint8_t order_two[32] = {
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	};
	/* Ed25519's base point: y = 4/5 (RFC 8032 section 5.1). */
	static const uint8_t base[32] = {
		0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
		0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	};
	uint8_t p[32];
	unsigned borrow = 0;

	/* (x, y) + (0, -1) = (-x, -y): y' = p - y, and the sign bit of -x is the other one. */
	for (size_t i = 0; i < 32; i++) {
		const uint8_t pi = i == 0 ? 0xed : order_two[i];
		const unsigned d = (unsigned)pi - base[i] - borrow;

		p[i] = (uint8_t)d;
		borrow = d >> 8 & 1u;
	}
	p[31] |= 0x80; /* the base point's x is even, so -x is odd */
	for (size_t i = 0; i < 32; i++)
		out[i] = p[i];
}

int
el_crypto_init(void)
{
	uint8_t mixed[32];

	if (el_secret_init() != EL_OK)
		return EL_ESTATE;
	mixed_order_point(mixed);
	return crypto_core_ed25519_is_valid_point(mixed) == 0 ? EL_OK : EL_ESTATE;
}
