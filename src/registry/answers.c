#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "order/rjson.h"
#include "registry/net_internal.h"
#include "registry/roles.h"
#include "token/leaf.h"

/* Messages of core to HTTP. */

static void
write_result(struct el_json_text *t, const struct el_checkin_result *x)
{
	el_json_text_open(t, '{');
	if (x->code != EL_CODE_OK) {
		el_json_text_key(t, "code");
		el_json_text_string(t, el_code_name(x->code));
	} else {
		el_json_text_key(t, "status");
		el_json_text_string(t, "recorded");
		el_json_text_key(t, "flags");
		el_json_text_open(t, '[');
		if ((x->flags & EL_FLAG_LATE) != 0)
			el_json_text_string(t, "late");
		if ((x->flags & EL_FLAG_DUPLICATE) != 0)
			el_json_text_string(t, "duplicate");
		el_json_text_close(t, ']');
	}
	el_json_text_close(t, '}');
}

static void
on_results(struct el_registry_net *n, struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_results *const x = n->results;
	struct el_json_text t;

	if (el_msg_results_parse(m->body, m->len, x) != EL_OK || (!x->is_batch && x->n != 1)) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	t = el_http_write_json(req);
	if (!x->is_batch) {
		write_result(&t, &x->items[0]);
		el_http_reply_written(req, x->items[0].repeated ? 200 : 201, &t);
		return;
	}
	el_json_text_open(&t, '{');
	el_json_text_key(&t, "results");
	el_json_text_open(&t, '[');
	for (size_t i = 0; i < x->n; i++)
		write_result(&t, &x->items[i]);
	el_json_text_close(&t, ']');
	el_json_text_close(&t, '}');
	el_http_reply_written(req, 200, &t);
}

static json_t *
queue_keys_json(const struct el_registry_net *n, int64_t now_s)
{
	const el_epoch today = el_epoch_of(now_s, n->day.day_offset);
	json_t *const list = json_array();

	for (size_t i = n->day.n_keys; i-- > 0;) /* ours are newest first */
		if (n->day.keys[i].epoch == today || n->day.keys[i].epoch == today + 1)
			(void)json_array_append_new(
			    list, json_pack("{s:i, s:o}", "epoch", (int)n->day.keys[i].epoch, "key",
				      el_json_bytes(n->points[i].b, sizeof n->points[i].b)));
	return list;
}

/* A batch with sealed items, now that the scanner is known and its allowance is spent. */
static void
resume_batch(struct el_registry_net *n, struct el_net *net, struct el_http_request *req, uint64_t id, uint32_t scanner)
{
	json_t *const json = el_http_json(req);
	const struct el_credential *const c = el_http_credential(req);
	struct el_buf body;
	bool is_sealed;
	int r;

	if (json == NULL)
		return;
	el_buf_init(&body, EL_MSG_MAX);
	el_registry_read_batch(n, json, scanner, &is_sealed);
	json_decref(json);
	el_sha256(c->b, c->len, &n->checkins->key);
	el_http_set_note(req, EL_NOTE_NONE);
	if ((r = el_msg_checkins_encode(n->checkins, &body)) == EL_OK)
		r = el_net_put(net, EL_REGISTRY_CORE, 0, EL_RM_OPENED, id, body.p, body.len);
	if (r != EL_OK)
		el_http_problem(req, EL_CODE_BUSY, 1);
	el_buf_wipe(&body);
}

static void
on_scanner(struct el_registry_net *n, struct el_net *net, struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_scanner x;

	if (el_msg_scanner_parse(m->body, m->len, &x) != EL_OK) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	if (!el_registry_has_day(n, req))
		return;
	if (el_http_note(req) == EL_NOTE_SEALED_ITEMS && !x.active) {
		el_http_problem(req, EL_CODE_SCANNER_PAUSED, 0); /* as core would say, before any item is opened */
		return;
	}
	if (el_http_note(req) == EL_NOTE_SEALED_ITEMS) {
		resume_batch(n, net, req, m->id, x.id);
		return;
	}
	el_http_reply_json(req, 200,
	    json_pack("{s:I, s:b, s:{s:I, s:s}, s:O, s:o, s:I, s:I, s:I}", "id", (json_int_t)x.id, "active",
		(int)x.active, "venue", "id", (json_int_t)x.venue, "name", x.name, "directory", n->directory,
		"queue_keys", queue_keys_json(n, el_net_now(net)), "late_limit", (json_int_t)n->day.late_limit, "skew",
		(json_int_t)n->day.skew, "day_offset", (json_int_t)n->day.day_offset));
}

static void
on_venue_is(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_venue_is x;

	if (el_msg_venue_is_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else if (x.is_new)
		el_http_reply_json(req, 201,
		    json_pack("{s:I, s:o, s:b}", "id", (json_int_t)x.venue.id, "owner_key",
			el_json_bytes(x.owner_key, sizeof x.owner_key), "approved", (int)x.venue.approved));
	else
		el_http_reply_json(req, 200,
		    json_pack("{s:I, s:s, s:s, s:b, s:b}", "id", (json_int_t)x.venue.id, "name", x.venue.name,
			"business_number", x.venue.business_number, "approved", (int)x.venue.approved, "active",
			(int)x.venue.active));
	el_secret_wipe(&x, sizeof x);
}

static void
on_scanner_new(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_scanner_new x;

	if (el_msg_scanner_new_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_reply_json(req, 201,
		    json_pack("{s:I, s:s, s:I}", "id", (json_int_t)x.id, "code", x.code, "expires_at",
			(json_int_t)x.expires_s));
	el_secret_wipe(&x, sizeof x);
}

static json_t *
scanner_json(const struct el_scanner_row *x)
{
	return json_pack("{s:I, s:s, s:b, s:b, s:o}", "id", (json_int_t)x->id, "name", x->name, "active",
	    (int)x->active, "enrolled", (int)x->has_key, "expires_at",
	    x->expires_s != 0 ? json_integer(x->expires_s) : json_null());
}

static void
on_scanners(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_scanners *const x = calloc(1, sizeof *x);
	json_t *list;

	if (x == NULL) {
		el_http_problem(req, EL_CODE_BUSY, 1);
		return;
	}
	if (el_msg_scanners_parse(m->body, m->len, x) != EL_OK || (!x->is_list && x->list.n != 1)) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	} else if (!x->is_list) {
		el_http_reply_json(req, 200, scanner_json(&x->list.items[0]));
	} else {
		list = json_array();
		for (size_t i = 0; i < x->list.n; i++)
			(void)json_array_append_new(list, scanner_json(&x->list.items[i]));
		el_http_reply_json(req, 200, json_pack("{s:o}", "scanners", list));
	}
	free(x);
}

static void
on_enrolled(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_enrolled x;

	if (el_msg_enrolled_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_reply_json(req, 201,
		    json_pack("{s:I, s:o}", "id", (json_int_t)x.id, "key", el_json_bytes(x.key, sizeof x.key)));
	el_secret_wipe(&x, sizeof x);
}

static void
on_counts(const struct el_registry_net *n, struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_counts x;
	json_t *list;

	if (el_msg_counts_parse(m->body, m->len, &x) != EL_OK) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	if (!el_registry_has_day(n, req))
		return;
	list = json_array();
	for (size_t i = 0; i < EL_COUNT_HOURS; i++)
		(void)json_array_append_new(list, json_integer(x.hours[i]));
	el_http_reply_json(req, 200,
	    json_pack("{s:i, s:I, s:I, s:o}", "epoch", (int)x.epoch, "day_start",
		(json_int_t)el_epoch_start(x.epoch, n->day.day_offset), "since", (json_int_t)x.since_s, "hours", list));
}

/* Tens of megabytes at most: written in one go, not through a tree of JSON. */
static void
on_released(struct el_http_request *req, const struct el_msg *m)
{
	static const char head[] = "{\"sealed\":\"", tail[] = "\"}";
	const size_t text_len = EL_BASE64URL_LEN(m->len), len = sizeof head - 1 + text_len + sizeof tail - 1;
	char *const text = malloc(len + 1);

	if (text == NULL) {
		el_http_problem(req, EL_CODE_BUSY, 1);
		return;
	}
	memcpy(text, head, sizeof head - 1);
	el_base64url_encode(m->body, m->len, text + sizeof head - 1);
	memcpy(text + sizeof head - 1 + text_len, tail, sizeof tail);
	el_http_reply(req, 200, "application/json", NULL, text, len);
	free(text);
}

static void
on_refused(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_refused x;

	if (el_msg_refused_parse(m->body, m->len, &x) != EL_OK || x.code == EL_CODE_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_problem(req, x.code, x.retry_after_s);
}

void
el_registry_answer(struct el_registry_net *n, struct el_net *net, const struct el_msg *m)
{
	struct el_http_request *const req = el_http_find(el_net_server(net), m->id);

	if (req == NULL)
		return; /* the client is gone, or its time was over */
	switch (m->type) {
	case EL_RM_REFUSED:
		on_refused(req, m);
		break;
	case EL_RM_RESULTS:
		on_results(n, req, m);
		break;
	case EL_RM_SCANNER:
		on_scanner(n, net, req, m);
		break;
	case EL_RM_VENUE_IS:
		on_venue_is(req, m);
		break;
	case EL_RM_SCANNER_NEW:
		on_scanner_new(req, m);
		break;
	case EL_RM_SCANNERS:
		on_scanners(req, m);
		break;
	case EL_RM_DONE:
		el_http_reply(req, 204, NULL, NULL, NULL, 0);
		break;
	case EL_RM_COUNTS:
		on_counts(n, req, m);
		break;
	case EL_RM_ENROLLED:
		on_enrolled(req, m);
		break;
	case EL_RM_RELEASED:
		on_released(req, m);
		break;
	default:
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		break;
	}
}
