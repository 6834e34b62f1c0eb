#include <stdlib.h>
#include <string.h>

#include "registry/checkin_plain.h"
#include "registry/net_internal.h"

/*
 * Check-ins in the plain form, single and in batches: what is read straight from the bytes is what comes out of
 * jansson's tree, item for item and byte for byte.
 */
static struct el_msg_checkins plain, tree; /* large */

static void
expect_same(const struct el_checkin *a, const struct el_checkin *b)
{
	if (a->verdict != EL_CODE_OK || b->verdict != EL_CODE_OK || memcmp(a->token, b->token, sizeof a->token) != 0 ||
	    memcmp(a->attempt.b, b->attempt.b, sizeof a->attempt.b) != 0 || a->has_scanned_at != b->has_scanned_at ||
	    a->scanned_at != b->scanned_at)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_registry_net net = { .checkins = &tree };
	json_t *json;
	bool is_sealed;

	if (el_checkin_plain(data, len, &plain.items[0])) {
		json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(json))
			abort();
		el_registry_read_item(json, false, &tree.items[0]);
		json_decref(json);
		expect_same(&plain.items[0], &tree.items[0]);
	}
	if (el_checkin_plain_batch(data, len, plain.items, EL_BATCH_MAX, &plain.n)) {
		json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(json))
			abort();
		el_registry_read_batch(&net, json, 0, &is_sealed);
		json_decref(json);
		if (is_sealed || tree.verdict != EL_CODE_OK || tree.n != plain.n)
			abort();
		for (size_t i = 0; i < plain.n; i++)
			expect_same(&plain.items[i], &tree.items[i]);
	}
	return 0;
}
