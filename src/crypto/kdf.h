#ifndef EL_CRYPTO_KDF_H
#define EL_CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/types.h"

/*
 * KDF(key, label, data): BLAKE2b-256, keyed with 32 bytes, personalised with the label zero-padded to 16
 * bytes, no salt (protocol section 2).  Labels are constants of the program, at most 16 characters.
 */
void el_kdf(uint8_t out[EL_KEY_LEN], const uint8_t key[EL_KEY_LEN], const char *label, const void *data, size_t len);

/* PRFn: the first n bytes of the KDF's output. */
void el_prf8(struct el_tag *out, const uint8_t key[EL_KEY_LEN], const char *label, const void *data, size_t len);
void el_prf16(uint8_t out[16], const uint8_t key[EL_KEY_LEN], const char *label, const void *data, size_t len);

/* A tag as the daybook's number (big-endian). */
uint64_t el_tag_u64(const struct el_tag *);

/* K_tags and K_rows of a day key. */
void el_day_key_tags(uint8_t out[EL_KEY_LEN], const uint8_t day_key[EL_KEY_LEN]);
void el_day_key_rows(uint8_t out[EL_KEY_LEN], const uint8_t day_key[EL_KEY_LEN]);

#endif
