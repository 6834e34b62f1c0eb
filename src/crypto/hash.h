#ifndef EL_CRYPTO_HASH_H
#define EL_CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/* SHA-256 (FIPS 180-4), for everything that is published or compared between parties. */
#define EL_SHA256_STATE 128
struct el_sha256 {
	_Alignas(16) uint8_t state[EL_SHA256_STATE];
};
void el_sha256_init(struct el_sha256 *);
void el_sha256_update(struct el_sha256 *, const void *in, size_t len);
void el_sha256_final(struct el_sha256 *, struct el_hash *out);
void el_sha256(const void *in, size_t len, struct el_hash *out);

/* Constant time. */
bool el_hash_eq(const struct el_hash *, const struct el_hash *);
/* Constant time over any bytes an attacker could guess one by one. */
bool el_bytes_eq(const void *, const void *, size_t len);
bool el_is_zero(const void *, size_t len);

/* Fresh random bytes from libsodium's (replaceable) generator. */
void el_random(void *out, size_t len);

#endif
