#ifndef EL_CRYPTO_ROW_H
#define EL_CRYPTO_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * Sealed bytes under a symmetric key: nonce 24 || XChaCha20-Poly1305 ciphertext (protocol section 2).
 */
#define EL_AEAD_OVERHEAD 40

/* out receives len + EL_AEAD_OVERHEAD bytes; the nonce is random. */
void el_aead_seal(const uint8_t key[EL_KEY_LEN], const void *in, size_t len, const void *ad, size_t ad_len, uint8_t *out);
/* out receives len - EL_AEAD_OVERHEAD bytes.  EL_EFORMAT: too short; EL_ECRYPTO: it does not open. */
EL_MUST_USE int el_aead_open(const uint8_t key[EL_KEY_LEN], const uint8_t *in, size_t len, const void *ad, size_t ad_len,
    uint8_t *out);

/* A daybook row's ad: store u8 || epoch u16 || segment u32 || tag_a 8 || tag_b 8 (encoding.md). */
enum el_store { EL_STORE_IDENTITY = 1, EL_STORE_VISIT = 2, EL_STORE_NOTICE = 3 };
struct el_row_place {
	enum el_store store;
	el_epoch epoch;
	uint32_t segment;
	uint64_t tag_a, tag_b;
};
void el_row_seal(const uint8_t rows_key[EL_KEY_LEN], const struct el_row_place *, const void *in, size_t len, uint8_t *out);
EL_MUST_USE int el_row_open(const uint8_t rows_key[EL_KEY_LEN], const struct el_row_place *, const uint8_t *in, size_t len,
    uint8_t *out);

#endif
