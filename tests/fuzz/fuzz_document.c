#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "order/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A signed document that is read comes back from what is written of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct el_document a, b;
	json_t *json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL), *again = NULL;

	if (json != NULL && el_document_from_json(json, &a) == EL_OK) {
		if ((again = el_document_to_json(&a)) == NULL || json_equal(json, again) != 1 ||
		    el_document_from_json(again, &b) != EL_OK || a.len != b.len || memcmp(a.doc, b.doc, a.len) != 0 ||
		    memcmp(&a.hash, &b.hash, sizeof a.hash) != 0 || a.n_signatures != b.n_signatures ||
		    memcmp(a.signatures, b.signatures, sizeof a.signatures) != 0)
			abort();
		el_document_wipe(&b);
	}
	el_document_wipe(&a);
	json_decref(again);
	json_decref(json);
	return 0;
}
