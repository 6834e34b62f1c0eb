/* What decodes is the only text of its bytes, and all bytes come back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "entrylog/base45.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MAX 2048

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t bytes[MAX];
	char text[EL_BASE45_LEN(MAX) + 1];
	size_t n, small;

	if (len > MAX)
		return 0;
	if (el_base45_decode((const char *)data, len, bytes, sizeof bytes, &n) == EL_OK) {
		el_base45_encode(bytes, n, text);
		if (strlen(text) != len || memcmp(text, data, len) != 0)
			abort();
		if (n > 0 && el_base45_decode((const char *)data, len, bytes, n - 1, &small) != EL_ELIMIT)
			abort();
	}
	el_base45_encode(data, len, text);
	if (strlen(text) != EL_BASE45_LEN(len) || el_base45_decode(text, strlen(text), bytes, len, &n) != EL_OK ||
	    n != len || memcmp(bytes, data, len) != 0)
		abort();
	return 0;
}
