#ifndef EL_BASE_BASE32_H
#define EL_BASE_BASE32_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"

/*
 * Enrolment codes: 12 characters of Crockford's base32 (no I, L, O, U), 60 bits, shown as they are typed.
 */
#define EL_ENROL_CODE_LEN 12

/* Draw a fresh code; out receives 12 characters and a NUL. */
void el_base32_code(char out[EL_ENROL_CODE_LEN + 1]);

/*
 * Bring what a person typed into the one form: upper case, hyphens and spaces dropped, O to 0, I and L
 * to 1.  EL_EFORMAT when it is not 12 characters of the alphabet then.
 */
EL_MUST_USE int el_base32_code_parse(const char *in, char out[EL_ENROL_CODE_LEN + 1]);

#endif
