#include <string.h>

#include "base/base64url.h"
#include "base/codec.h"
#include "base/secret.h"
#include "crypto/box.h"
#include "entrylog/token.h"
#include "order/rjson.h"
#include "registry/net_internal.h"

/* Check-ins from JSON: plain items, and items sealed by a scanner that had no network (protocol 5.3). */

#define TOKEN_TEXT_MAX 1024
#define ITEM_LEN (EL_TOKEN_LEN + EL_ATTEMPT_LEN + 4)
#define SEALED_LEN (ITEM_LEN + EL_BOX_OVERHEAD)
#define TIME_MAX ((UINT64_C(1) << 53) - 1)

void
el_registry_read_item(const json_t *json, bool needs_time, struct el_checkin *out)
{
	struct el_fields f = el_fields_init(json);
	struct el_token token;
	const char *text;

	memset(out, 0, sizeof *out);
	text = el_fields_text(&f, "token", 0, TOKEN_TEXT_MAX);
	el_fields_bytes(&f, "attempt", out->attempt.b, sizeof out->attempt.b);
	if (needs_time || el_fields_has(&f, "scanned_at")) {
		out->scanned_at = (int64_t)el_fields_uint(&f, "scanned_at", TIME_MAX);
		out->has_scanned_at = true;
	}
	if (el_fields_end(&f) != EL_OK)
		out->verdict = EL_CODE_MALFORMED_REQUEST;
	else if (el_token_parse_text(text, strlen(text), &token) != EL_OK)
		out->verdict = EL_CODE_MALFORMED_TOKEN;
	else
		el_token_encode(&token, out->token);
}

/* Which of the days' keys it was sealed to nobody says: the newest first. */
static bool
open_sealed(const struct el_registry_net *n, const uint8_t *sealed, uint32_t scanner, uint8_t plain[ITEM_LEN])
{
	static const char label[] = "EL1-box-queue";
	uint8_t ad[sizeof label - 1 + 4];

	memcpy(ad, label, sizeof label - 1);
	el_put_u32(ad + sizeof label - 1, scanner); /* P-11.2: an item is one scanner's own */
	for (size_t i = 0; i < n->day.n_keys; i++)
		if (el_box_open(&n->day.keys[i].secret, &n->points[i], sealed, SEALED_LEN, ad, sizeof ad, plain) ==
		    EL_OK)
			return true;
	return false;
}

static void
read_sealed(const struct el_registry_net *n, const json_t *json, uint32_t scanner, struct el_checkin *out)
{
	struct el_fields f = el_fields_init(json);
	uint8_t sealed[SEALED_LEN], plain[ITEM_LEN];
	const char *text = el_fields_text(&f, "sealed", 0, TOKEN_TEXT_MAX);
	struct el_rd rd = el_rd_init(plain, sizeof plain);
	int r;

	memset(out, 0, sizeof *out);
	if (el_fields_end(&f) != EL_OK) {
		out->verdict = EL_CODE_MALFORMED_REQUEST;
		return;
	}
	if (el_base64url_exact(text, sealed, sizeof sealed) != EL_OK || !open_sealed(n, sealed, scanner, plain)) {
		out->verdict = EL_CODE_MALFORMED_TOKEN;
		return;
	}
	el_rd_bytes(&rd, out->token, sizeof out->token);
	el_rd_bytes(&rd, out->attempt.b, sizeof out->attempt.b);
	out->scanned_at = el_rd_u32(&rd);
	out->has_scanned_at = true;
	r = el_rd_end(&rd);
	out->verdict = r == EL_OK ? EL_CODE_OK : EL_CODE_MALFORMED_TOKEN;
	el_secret_wipe(plain, sizeof plain);
}

void
el_registry_read_batch(struct el_registry_net *n, const json_t *body, uint32_t scanner, bool *is_sealed)
{
	struct el_msg_checkins *const m = n->checkins;
	struct el_fields f = el_fields_init(body);
	const json_t *items = el_fields_array(&f, "items", 0, SIZE_MAX);

	*is_sealed = false;
	m->is_batch = true;
	m->n = 0;
	m->verdict = EL_CODE_OK;
	if (el_fields_end(&f) != EL_OK)
		m->verdict = EL_CODE_MALFORMED_REQUEST;
	else if (json_array_size(items) > EL_BATCH_MAX)
		m->verdict = EL_CODE_TOO_LARGE;
	if (m->verdict != EL_CODE_OK)
		return;
	for (; m->n < json_array_size(items); m->n++) {
		const json_t *const item = json_array_get(items, m->n);

		if (json_object_get(item, "sealed") == NULL) {
			el_registry_read_item(item, true, &m->items[m->n]);
			continue;
		}
		*is_sealed = true;
		if (scanner != 0)
			read_sealed(n, item, scanner, &m->items[m->n]);
	}
}
