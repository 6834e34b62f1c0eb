#ifndef ENTRYLOG_BASE45_H
#define ENTRYLOG_BASE45_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * Base45 (RFC 9285), strictly: groups of three characters are a value of at most 65535, a last pair at
 * most 255, a remainder of one character is refused, upper case only.  The alphabet contains the space:
 * never trim a text.
 */

/* Characters that len bytes become, without the final NUL. */
#define EL_BASE45_LEN(len) ((len) / 2 * 3 + (len) % 2 * 2)

/* Write EL_BASE45_LEN(len) characters and a NUL to out. */
void el_base45_encode(const uint8_t *in, size_t len, char *out);

/*
 * Decode len characters into at most out_max bytes; *out_len receives their number.  EL_EFORMAT: not
 * Base45; EL_ELIMIT: longer than out_max.  On failure nothing in out is meaningful.
 */
EL_MUST_USE int el_base45_decode(
    const char *in, size_t len, uint8_t *out, size_t out_max, size_t *out_len);

#endif
