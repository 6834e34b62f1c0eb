#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "order/rjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What the scanner takes jansson takes too, and what is written from it is one text that reads the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const int r = el_rjson_check(data, len);
	json_t *first = NULL, *second = NULL;
	uint8_t *once = NULL, *twice = NULL;
	size_t n, m;

	if (el_rjson_parse(data, len, &first) != r || (first != NULL) != (r == EL_OK))
		abort();
	if (r == EL_OK) {
		if (el_rjson_encode(first, &once, &n) != EL_OK || el_rjson_parse(once, n, &second) != EL_OK ||
		    json_equal(first, second) != 1 || el_rjson_encode(second, &twice, &m) != EL_OK || m != n ||
		    memcmp(once, twice, n) != 0)
			abort();
	}
	free(once);
	free(twice);
	json_decref(first);
	json_decref(second);
	return 0;
}
