#include "base/base32.h"

#include <sodium.h>
#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
el_base32_code(char out[EL_ENROL_CODE_LEN + 1])
{
	for (size_t i = 0; i < EL_ENROL_CODE_LEN; i++)
		out[i] = alphabet[randombytes_uniform(32)];
	out[EL_ENROL_CODE_LEN] = '\0';
}

int
el_base32_code_parse(const char *in, char out[EL_ENROL_CODE_LEN + 1])
{
	size_t n = 0;

	for (; *in != '\0'; in++) {
		char c = *in;

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == 'O')
			c = '0';
		if (c == 'I' || c == 'L')
			c = '1';
		if (n == EL_ENROL_CODE_LEN || strchr(alphabet, c) == NULL)
			return EL_EFORMAT;
		out[n++] = c;
	}
	if (n != EL_ENROL_CODE_LEN)
		return EL_EFORMAT;
	out[n] = '\0';
	return EL_OK;
}
