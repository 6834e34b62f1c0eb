#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "order/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
try_scope(const uint8_t *data, size_t len)
{
	static uint8_t once[EL_SCOPE_MAX], twice[EL_SCOPE_MAX];
	static struct el_scope a, b;
	size_t n, m;

	if (el_scope_parse(data, len, &a) != EL_OK)
		return;
	if (el_scope_encode(&a, once, sizeof once, &n) != EL_OK || el_scope_parse(once, n, &b) != EL_OK ||
	    memcmp(&a, &b, sizeof a) != 0 || el_scope_encode(&b, twice, sizeof twice, &m) != EL_OK || n != m ||
	    memcmp(once, twice, n) != 0)
		abort();
	/* Whatever is covered lies inside the signed window, to the minute. */
	if (el_scope_covers(&a, a.venues[0], (uint32_t)len) && ((int64_t)len > a.to || (int64_t)len + 60 <= a.from))
		abort();
}

static void
try_disclosed(const uint8_t *data, size_t len)
{
	json_t *json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL), *again = NULL;
	static struct el_disclosed d;

	if (json != NULL && el_disclosed_from_json(json, &d) == EL_OK) {
		if ((again = el_disclosed_to_json(&d)) == NULL || json_equal(json, again) != 1)
			abort();
		try_scope(d.scope, d.len);
	}
	json_decref(again);
	json_decref(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_scope(data, len);
	try_disclosed(data, len);
	return 0;
}
