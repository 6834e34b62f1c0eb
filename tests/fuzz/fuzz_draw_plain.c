#include <stdlib.h>

#include "issuer/draw_plain.h"
#include "order/rjson.h"

/* The body of a live draw: what is read straight from the bytes is what comes out of jansson's tree. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_fields f;
	uint32_t index;
	json_t *json;

	if (!el_draw_plain(data, len, &index))
		return 0;
	if ((json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL)) == NULL)
		abort();
	f = el_fields_init(json);
	if (el_fields_uint(&f, "index", UINT16_MAX) != index || el_fields_end(&f) != EL_OK)
		abort();
	json_decref(json);
	return 0;
}
