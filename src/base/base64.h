#ifndef EL_BASE_BASE64_H
#define EL_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * base64 with padding (RFC 4648 section 4), strictly: whole groups of four, zero trailing bits, no other character.
 *  For what is published (signed notes); where bytes are secret, base64url.h decodes without branches.
 */

/* Characters that len bytes become, without the final NUL. */
#define EL_BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Write EL_BASE64_LEN(len) characters and a NUL to out. */
void el_base64_encode(const uint8_t *in, size_t len, char *out);

/*
 * Decode into at most out_max bytes; with out NULL only check and count.  *out_len is 0 on failure.
 * EL_EFORMAT: not strict base64; EL_ELIMIT: more than out_max bytes.
 */
EL_MUST_USE int el_base64_decode(const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len);

#endif
