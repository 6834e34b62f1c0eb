#include "crypto/hash.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= EL_SHA256_STATE, "SHA-256 state fits");
_Static_assert(EL_HASH_LEN == crypto_hash_sha256_BYTES, "SHA-256 length");
_Static_assert(EL_HASH_LEN == crypto_verify_32_BYTES, "the comparison's length");

static crypto_hash_sha256_state *
state_of(struct el_sha256 *s)
{
	return (crypto_hash_sha256_state *)(void *)s->state;
}

void
el_sha256_init(struct el_sha256 *s)
{
	crypto_hash_sha256_init(state_of(s));
}

void
el_sha256_update(struct el_sha256 *s, const void *in, size_t len)
{
	crypto_hash_sha256_update(state_of(s), in, len);
}

void
el_sha256_final(struct el_sha256 *s, struct el_hash *out)
{
	crypto_hash_sha256_final(state_of(s), out->b);
	sodium_memzero(s, sizeof *s);
}

void
el_sha256(const void *in, size_t len, struct el_hash *out)
{
	crypto_hash_sha256(out->b, in, len);
}

bool
el_hash_eq(const struct el_hash *a, const struct el_hash *b)
{
	return crypto_verify_32(a->b, b->b) == 0; /* several times faster than sodium_memcmp(), and once a check-in */
}

bool
el_bytes_eq(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

bool
el_is_zero(const void *p, size_t len)
{
	return sodium_is_zero(p, len) == 1;
}

void
el_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}
