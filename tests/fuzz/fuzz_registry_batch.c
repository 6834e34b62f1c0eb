#include <stdlib.h>
#include <string.h>

#include "crypto/group.h"
#include "entrylog/token.h"
#include "registry/net_internal.h"

/*
 * A batch of check-ins from JSON, as net reads it: every item gets a token of the right form or a verdict, and
 * what was read survives the way to core.
 */
static struct el_msg_checkins in, out; /* large */

static void
check_item(const struct el_checkin *x)
{
	struct el_token t;

	if (x->verdict != EL_CODE_OK)
		return;
	if (!x->has_scanned_at || x->scanned_at < 0 || el_token_parse(x->token, sizeof x->token, &t) != EL_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct el_registry_net net = { .checkins = &in, .day.n_keys = 1 };
	json_t *const json = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
	struct el_buf message;
	bool is_sealed;

	if (!json_is_object(json)) {
		json_decref(json);
		return 0;
	}
	memset(net.day.keys[0].secret.b, 1, 31);
	if (el_point_base(&net.points[0], &net.day.keys[0].secret) != EL_OK)
		abort();
	memset(&in, 0, sizeof in);
	el_registry_read_batch(&net, json, 1, &is_sealed);
	json_decref(json);
	if (in.n > EL_BATCH_MAX || (in.verdict != EL_CODE_OK && in.n != 0))
		abort();
	for (size_t i = 0; i < in.n; i++)
		check_item(&in.items[i]);
	el_buf_init(&message, EL_MSG_MAX);
	if (el_msg_checkins_encode(&in, &message) != EL_OK ||
	    el_msg_checkins_parse(message.p, message.len, &out) != EL_OK || out.n != in.n ||
	    memcmp(out.items, in.items, in.n * sizeof *in.items) != 0)
		abort();
	el_buf_wipe(&message);
	return 0;
}
