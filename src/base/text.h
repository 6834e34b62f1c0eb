#ifndef EL_BASE_TEXT_H
#define EL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "entrylog/error.h"

/* A phone number in the one form: E.164, `+[1-9][0-9]{6,14}`, and never `+820...`. */
struct el_phone {
	char s[EL_PHONE_MAX + 1];
};

/* Whether text is valid UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool el_text_is_utf8(const char *text, size_t len);

/* Whether a space of Unicode is in valid UTF-8: category Z, U+0085, and the ASCII ones from tab to carriage return. */
bool el_text_has_space(const char *text, size_t len);

/* Whether text is valid UTF-8 in Normalization Form C without control characters. */
bool el_text_is_nfc(const char *text, size_t len);

/*
 * A visitor's name as stored: 1 to EL_NAME_MAX bytes, brought into NFC, outer spaces dropped, no control
 * or format characters.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM.
 */
EL_MUST_USE int el_text_name(const char *in, char out[EL_NAME_MAX + 1]);

/* Accept only the stored form.  EL_EFORMAT otherwise. */
EL_MUST_USE int el_phone_parse(const char *in, struct el_phone *out);

/*
 * What a person types to the stored form: spaces, hyphens, dots and parentheses dropped, "00" or '+' in
 * front is international, a national number's leading 0 is replaced by '+' and country (digits, "82").
 */
EL_MUST_USE int el_phone_from_input(const char *in, const char *country, struct el_phone *out);

#endif
