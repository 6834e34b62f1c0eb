#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Control and format characters could reorder or hide text on a screen or in a spreadsheet. */
static bool
is_hidden(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return false;
	}
}

static bool
has_hidden(const char *text, size_t len)
{
	utf8proc_int32_t c;

	while (len > 0) {
		const utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);

		if (n <= 0 || is_hidden(c))
			return true;
		text += n;
		len -= (size_t)n;
	}
	return false;
}

bool
el_text_is_utf8(const char *text, size_t len)
{
	utf8proc_int32_t c;

	while (len > 0) {
		const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);

		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
is_space(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return c == 0x85 || (c >= '\t' && c <= '\r');
	}
}

bool
el_text_has_space(const char *text, size_t len)
{
	utf8proc_int32_t c;

	while (len > 0) {
		const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &c);

		if (n <= 0)
			return false;
		if (is_space(c))
			return true;
		text += n;
		len -= (size_t)n;
	}
	return false;
}

/* NFC form of len bytes, malloc'ed; NULL when they are not UTF-8 (or there is no memory). */
static char *
nfc_of(const char *text, size_t len)
{
	utf8proc_uint8_t *out = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &out,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE) < 0)
		return NULL;
	return (char *)out;
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

bool
el_text_is_nfc(const char *text, size_t len)
{
	char *nfc;
	bool same;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	if (is_ascii(text, len))
		return true;
	if ((nfc = nfc_of(text, len)) == NULL)
		return false;
	same = strlen(nfc) == len && memcmp(nfc, text, len) == 0;
	free(nfc);
	return same;
}

int
el_text_name(const char *in, char out[EL_NAME_MAX + 1])
{
	size_t len = strlen(in);
	char *nfc;

	while (len > 0 && in[0] == ' ') {
		in++;
		len--;
	}
	while (len > 0 && in[len - 1] == ' ')
		len--;
	if (len == 0)
		return EL_EFORMAT;
	if (len > 4 * EL_NAME_MAX)
		return EL_ELIMIT;
	if ((nfc = nfc_of(in, len)) == NULL)
		return EL_EFORMAT;
	len = strlen(nfc);
	if (len > EL_NAME_MAX || has_hidden(nfc, len)) {
		free(nfc);
		return len > EL_NAME_MAX ? EL_ELIMIT : EL_EFORMAT;
	}
	memcpy(out, nfc, len + 1);
	free(nfc);
	return EL_OK;
}

int
el_phone_parse(const char *in, struct el_phone *out)
{
	const size_t n = strspn(in[0] == '+' ? in + 1 : in, "0123456789");

	if (in[0] != '+' || in[1] < '1' || in[1] > '9' || n < 7 || n > 15 || in[n + 1] != '\0' ||
	    strncmp(in, "+820", 4) == 0)
		return EL_EFORMAT;
	memset(out, 0, sizeof *out);
	memcpy(out->s, in, n + 1);
	return EL_OK;
}

int
el_phone_from_input(const char *in, const char *country, struct el_phone *out)
{
	char digits[40], text[48];
	size_t n = 0;

	for (; *in != '\0'; in++) {
		if (strchr(" -.()", *in) != NULL)
			continue;
		if (n == sizeof digits - 1)
			return EL_EFORMAT;
		digits[n++] = *in;
	}
	digits[n] = '\0';
	if (digits[0] == '+')
		return el_phone_parse(digits, out);
	if (strncmp(digits, "00", 2) == 0)
		snprintf(text, sizeof text, "+%s", digits + 2);
	else if (digits[0] == '0')
		snprintf(text, sizeof text, "+%s%s", country, digits + 1);
	else
		return EL_EFORMAT;
	return el_phone_parse(text, out);
}
