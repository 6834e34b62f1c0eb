/* What decodes is the only text of its bytes, and all bytes come back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX 1024

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t bytes[MAX];
	char text[EL_BASE64_LEN(MAX) + 1];
	size_t n, same;

	if (len > MAX)
		return 0;
	if (el_base64_decode((const char *)data, len, bytes, sizeof bytes, &n) == EL_OK) {
		el_base64_encode(bytes, n, text);
		if (strlen(text) != len || memcmp(text, data, len) != 0)
			abort();
		if (el_base64_decode((const char *)data, len, NULL, n, &same) != EL_OK || same != n)
			abort();
		if (n > 0 && el_base64_decode((const char *)data, len, bytes, n - 1, &same) != EL_ELIMIT)
			abort();
	} else if (el_base64_decode((const char *)data, len, NULL, sizeof bytes, &n) == EL_OK) {
		abort();
	}
	el_base64_encode(data, len, text);
	if (strlen(text) != EL_BASE64_LEN(len) || el_base64_decode(text, strlen(text), bytes, len, &n) != EL_OK ||
	    n != len || memcmp(bytes, data, len) != 0)
		abort();
	return 0;
}
