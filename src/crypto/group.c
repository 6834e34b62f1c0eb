#include "crypto/group.h"

#include <sodium.h>
#include <string.h>

_Static_assert(EL_POINT_LEN == crypto_core_ristretto255_BYTES, "point length");
_Static_assert(EL_SCALAR_LEN == crypto_core_ristretto255_SCALARBYTES, "scalar length");

/* L = 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 9496 section 4). */
static const uint8_t order_l[32] = {
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
};

int
el_point_parse(const uint8_t in[EL_POINT_LEN], struct el_point *out)
{
	memset(out, 0, sizeof *out);
	if ((in[31] & 0x80) != 0 || sodium_is_zero(in, EL_POINT_LEN) == 1 ||
	    crypto_core_ristretto255_is_valid_point(in) != 1)
		return EL_EFORMAT;
	memcpy(out->b, in, sizeof out->b);
	return EL_OK;
}

/* Whether a < L, in constant time: subtract and look at the borrow. */
static bool
is_below_l(const uint8_t a[32])
{
	unsigned borrow = 0;

	for (size_t i = 0; i < 32; i++)
		borrow = ((unsigned)a[i] - order_l[i] - borrow) >> 8 & 1u;
	return borrow == 1;
}

int
el_scalar_parse(const uint8_t in[EL_SCALAR_LEN], struct el_scalar *out)
{
	memset(out, 0, sizeof *out);
	if (!is_below_l(in) || sodium_is_zero(in, EL_SCALAR_LEN) == 1)
		return EL_EFORMAT;
	memcpy(out->b, in, sizeof out->b);
	return EL_OK;
}

void
el_scalar_random(struct el_scalar *out)
{
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];

	/* 64 bytes reduced, rather than rejection: a fixed stream of random bytes then gives fixed scalars. */
	do {
		randombytes_buf(wide, sizeof wide);
		crypto_core_ristretto255_scalar_reduce(out->b, wide);
	} while (sodium_is_zero(out->b, sizeof out->b) == 1);
	sodium_memzero(wide, sizeof wide);
}

void
el_scalar_hash(struct el_scalar *out, const struct el_scalar *key, const struct el_part *parts, size_t n)
{
	uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES];
	crypto_generichash_blake2b_state h;

	crypto_generichash_blake2b_init(&h, key != NULL ? key->b : NULL, key != NULL ? sizeof key->b : 0, sizeof wide);
	for (size_t i = 0; i < n; i++)
		crypto_generichash_blake2b_update(&h, parts[i].p, parts[i].len);
	crypto_generichash_blake2b_final(&h, wide, sizeof wide);
	crypto_core_ristretto255_scalar_reduce(out->b, wide);
	sodium_memzero(wide, sizeof wide);
	sodium_memzero(&h, sizeof h);
}

void
el_scalar_from_u32(uint32_t v, struct el_scalar *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < 4; i++)
		out->b[i] = (uint8_t)(v >> 8 * i);
}

void
el_scalar_add(struct el_scalar *out, const struct el_scalar *a, const struct el_scalar *b)
{
	crypto_core_ristretto255_scalar_add(out->b, a->b, b->b);
}

void
el_scalar_sub(struct el_scalar *out, const struct el_scalar *a, const struct el_scalar *b)
{
	crypto_core_ristretto255_scalar_sub(out->b, a->b, b->b);
}

void
el_scalar_mul(struct el_scalar *out, const struct el_scalar *a, const struct el_scalar *b)
{
	crypto_core_ristretto255_scalar_mul(out->b, a->b, b->b);
}

int
el_scalar_invert(struct el_scalar *out, const struct el_scalar *a)
{
	return crypto_core_ristretto255_scalar_invert(out->b, a->b) == 0 ? EL_OK : EL_EFORMAT;
}

void
el_scalar_wipe(struct el_scalar *s)
{
	sodium_memzero(s, sizeof *s);
}

int
el_point_base(struct el_point *out, const struct el_scalar *s)
{
	return crypto_scalarmult_ristretto255_base(out->b, s->b) == 0 ? EL_OK : EL_ECRYPTO;
}

int
el_point_mul(struct el_point *out, const struct el_scalar *s, const struct el_point *p)
{
	return crypto_scalarmult_ristretto255(out->b, s->b, p->b) == 0 ? EL_OK : EL_ECRYPTO;
}

int
el_point_add(struct el_point *out, const struct el_point *a, const struct el_point *b)
{
	if (crypto_core_ristretto255_add(out->b, a->b, b->b) != 0 || sodium_is_zero(out->b, sizeof out->b) == 1)
		return EL_ECRYPTO;
	return EL_OK;
}

bool
el_point_eq(const struct el_point *a, const struct el_point *b)
{
	return sodium_memcmp(a->b, b->b, sizeof a->b) == 0;
}
