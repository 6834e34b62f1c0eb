#ifndef EL_BASE_BASE64URL_H
#define EL_BASE_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/* base64url without padding (RFC 4648 section 5), strictly: zero trailing bits, no other character. */

/* Characters that len bytes become, without the final NUL. */
#define EL_BASE64URL_LEN(len) (((len) * 4 + 2) / 3)

/* Write EL_BASE64URL_LEN(len) characters and a NUL to out. */
void el_base64url_encode(const uint8_t *in, size_t len, char *out);

/* Decode into at most out_max bytes.  EL_EFORMAT: not strict base64url; EL_ELIMIT: too long. */
EL_MUST_USE int el_base64url_decode(
    const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len);

/* Decode exactly out_len bytes; anything else is EL_EFORMAT.  in is NUL-terminated, NULL is refused. */
EL_MUST_USE int el_base64url_exact(const char *in, uint8_t *out, size_t out_len);

#endif
