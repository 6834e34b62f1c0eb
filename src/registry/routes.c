#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "order/rjson.h"
#include "registry/checkin_plain.h"
#include "registry/net_internal.h"
#include "registry/roles.h"

/* HTTP to messages.  Unknown fields are refused everywhere. */

static void
forward(struct el_http_request *req, uint16_t type, struct el_buf *body)
{
	if (body->err == EL_OK)
		el_net_forward(req, EL_REGISTRY_CORE, 0, type, body->p, body->len);
	else
		el_http_problem(req, EL_CODE_BUSY, 1);
	el_buf_wipe(body);
}

static struct el_buf
new_body(void)
{
	struct el_buf b;

	el_buf_init(&b, EL_MSG_MAX);
	return b;
}

static void
scanner_key(struct el_http_request *req, struct el_hash *out)
{
	const struct el_credential *const c = el_http_credential(req);

	el_sha256(c->b, c->len, out);
}

/* ---- Check-ins ---- */

static void
forward_checkins(struct el_http_request *req, struct el_msg_checkins *m)
{
	const int r = el_msg_checkins_encode(m, el_net_message(el_net_of(req)));

	(void)r; /* sticky */
	el_net_forward_message(req, EL_REGISTRY_CORE, 0, EL_RM_CHECKINS);
}

static void
checkin_post(struct el_http_request *req, void *ctx)
{
	struct el_registry_net *const n = ctx;
	struct el_checkin *const item = &n->checkins->items[0];
	const uint8_t *body;
	json_t *json;
	size_t len;

	body = el_http_body(req, &len);
	if (!el_checkin_plain(body, len, item)) {
		if ((json = el_http_json(req)) == NULL)
			return;
		el_registry_read_item(json, false, item);
		json_decref(json);
	}
	n->checkins->is_batch = false;
	n->checkins->verdict = EL_CODE_OK;
	n->checkins->n = 1;
	scanner_key(req, &n->checkins->key);
	forward_checkins(req, n->checkins);
}

/*
 * Sealed items are opened here and not in core, with the scanner's id in the ad; who the scanner is only
 * core knows.  So core is asked first, and asked again with the opened items: a scanner that was revoked
 * in between is still refused.  The first time takes them from its allowance: opening is most of the work.
 */
static void
ask_who(struct el_http_request *req, enum el_registry_note note, size_t n)
{
	struct el_buf body = new_body();
	struct el_msg_who who;
	int r;

	scanner_key(req, &who.key);
	who.n = n;
	r = el_msg_who_encode(&who, &body);
	(void)r;
	el_http_set_note(req, note);
	forward(req, EL_RM_WHO, &body);
}

static void
batch_post(struct el_http_request *req, void *ctx)
{
	struct el_registry_net *const n = ctx;
	bool is_sealed = false;
	const uint8_t *body;
	json_t *json;
	size_t len;

	body = el_http_body(req, &len);
	if (el_checkin_plain_batch(body, len, n->checkins->items, EL_BATCH_MAX, &n->checkins->n)) {
		n->checkins->is_batch = true;
		n->checkins->verdict = EL_CODE_OK;
	} else {
		if ((json = el_http_json(req)) == NULL)
			return;
		el_registry_read_batch(n, json, 0, &is_sealed);
		json_decref(json);
	}
	scanner_key(req, &n->checkins->key);
	if (is_sealed)
		ask_who(req, EL_NOTE_SEALED_ITEMS, n->checkins->n);
	else
		forward_checkins(req, n->checkins);
}

static void
scanner_get(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	ask_who(req, EL_NOTE_NONE, 0);
}

/* ---- Venues ---- */

static bool
parse_id(const char *text, uint32_t *out)
{
	uint64_t v = 0;

	if (text == NULL || *text < '1' || *text > '9')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || (v = v * 10 + (uint64_t)(*text - '0')) > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

static void
copy_text(char out[EL_TEXT_FIELD_MAX + 1], const char *text)
{
	(void)snprintf(out, EL_TEXT_FIELD_MAX + 1, "%s", text);
}

static void
venue_post(struct el_http_request *req, void *ctx)
{
	json_t *const json = el_http_json(req);
	struct el_fields f = el_fields_init(json);
	struct el_buf body = new_body();
	struct el_msg_venue_new m;
	int r;

	(void)ctx;
	if (json == NULL)
		return;
	memset(&m, 0, sizeof m);
	copy_text(m.name, el_fields_text(&f, "name", 0, EL_TEXT_FIELD_MAX));
	copy_text(m.business_number, el_fields_text(&f, "business_number", 0, EL_TEXT_FIELD_MAX));
	memcpy(m.address, el_http_address(req), sizeof m.address);
	r = el_fields_end(&f);
	json_decref(json);
	if (r != EL_OK) {
		el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
		return;
	}
	r = el_msg_venue_new_encode(&m, &body);
	(void)r;
	forward(req, EL_RM_VENUE_NEW, &body);
}

static void
forward_venue(struct el_http_request *req, struct el_msg_venue *m)
{
	const char *const scanner = el_http_param(req, "scanner");
	struct el_buf body = new_body();
	int r;

	if (!parse_id(el_http_param(req, "id"), &m->venue) || (scanner != NULL && !parse_id(scanner, &m->scanner))) {
		el_http_problem(req, EL_CODE_NOT_FOUND, 0);
		return;
	}
	memcpy(m->key, el_http_credential(req)->b, sizeof m->key);
	r = el_msg_venue_encode(m, &body);
	(void)r;
	el_secret_wipe(m->key, sizeof m->key);
	forward(req, EL_RM_VENUE, &body);
}

static void
venue_get(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_GET };

	(void)ctx;
	forward_venue(req, &m);
}

static void
counts_get(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_COUNTS };

	(void)ctx;
	forward_venue(req, &m);
}

static void
scanners_get(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_LIST_SCANNERS };

	(void)ctx;
	forward_venue(req, &m);
}

static void
scanner_delete(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_REVOKE_SCANNER };

	(void)ctx;
	forward_venue(req, &m);
}

static void
venue_patch(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_CHANGE };
	json_t *const json = el_http_json(req);
	struct el_fields f = el_fields_init(json);
	int r;

	(void)ctx;
	if (json == NULL)
		return;
	if ((m.change.has_approved = el_fields_has(&f, "approved")))
		m.change.approved = el_fields_bool(&f, "approved");
	if ((m.change.has_active = el_fields_has(&f, "active")))
		m.change.active = el_fields_bool(&f, "active");
	r = el_fields_end(&f);
	json_decref(json);
	if (r == EL_OK && (m.change.has_approved || m.change.has_active))
		forward_venue(req, &m);
	else
		el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
}

/* A scanner's name where there is one. */
static void
read_name(struct el_fields *f, struct el_msg_venue *m)
{
	if ((m->has_name = el_fields_has(f, "name")))
		copy_text(m->name, el_fields_text(f, "name", 0, EL_TEXT_FIELD_MAX));
}

/* Its body may be missing. */
static void
scanner_post(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_ADD_SCANNER };
	struct el_fields f;
	json_t *json;
	size_t len;
	int r = EL_OK;

	(void)ctx;
	(void)el_http_body(req, &len);
	if (len > 0) {
		if ((json = el_http_json(req)) == NULL)
			return;
		f = el_fields_init(json);
		read_name(&f, &m);
		r = el_fields_end(&f);
		json_decref(json);
	}
	if (r == EL_OK)
		forward_venue(req, &m);
	else
		el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
}

static void
scanner_patch(struct el_http_request *req, void *ctx)
{
	struct el_msg_venue m = { .action = EL_VENUE_CHANGE_SCANNER };
	json_t *const json = el_http_json(req);
	struct el_fields f = el_fields_init(json);
	int r;

	(void)ctx;
	if (json == NULL)
		return;
	read_name(&f, &m);
	if ((m.change.has_active = el_fields_has(&f, "active")))
		m.change.active = el_fields_bool(&f, "active");
	r = el_fields_end(&f);
	json_decref(json);
	if (r == EL_OK && (m.has_name || m.change.has_active))
		forward_venue(req, &m);
	else
		el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
}

static void
enrol_post(struct el_http_request *req, void *ctx)
{
	json_t *const json = el_http_json(req);
	struct el_fields f = el_fields_init(json);
	struct el_buf body = new_body();
	struct el_msg_enrol m;
	int r;

	(void)ctx;
	if (json == NULL)
		return;
	memset(&m, 0, sizeof m);
	copy_text(m.code, el_fields_text(&f, "code", 0, EL_TEXT_FIELD_MAX));
	memcpy(m.address, el_http_address(req), sizeof m.address);
	r = el_fields_end(&f);
	json_decref(json);
	if (r != EL_OK) {
		el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
		return;
	}
	r = el_msg_enrol_encode(&m, &body);
	(void)r;
	el_secret_wipe(&m, sizeof m);
	forward(req, EL_RM_ENROL, &body);
}

static void
directory_get(struct el_http_request *req, void *ctx)
{
	const struct el_registry_net *const n = ctx;

	if (el_registry_has_day(n, req))
		el_http_reply(req, 200, "application/json", NULL, n->day.directory, n->day.directory_len);
}

/* ---- Orders ---- */

static int
read_secrets(const json_t *list, struct el_visits_call *call)
{
	const size_t n = json_array_size(list);
	int r = EL_OK;

	if ((call->secrets = calloc(n + 1, sizeof *call->secrets)) == NULL)
		return EL_ENOMEM;
	call->n_secrets = n;
	for (size_t i = 0; i < n && r == EL_OK; i++) {
		struct el_fields f = el_fields_init(json_array_get(list, i));

		call->secrets[i].epoch = (el_epoch)el_fields_uint(&f, "epoch", UINT16_MAX);
		el_fields_bytes(&f, "secret", call->secrets[i].secret, sizeof call->secrets[i].secret);
		r = el_fields_end(&f);
	}
	return r;
}

/* The call's own shape is malformed_request, that of what it carries malformed_order. */
static enum el_code
read_order(const json_t *json, struct el_visits_call *call)
{
	struct el_fields f = el_fields_init(json);
	const json_t *order, *scope, *statement = NULL, *secrets = NULL;

	order = el_fields_object(&f, "order");
	scope = el_fields_object(&f, "scope");
	call->is_trace = json_object_get(json, "statement") != NULL || json_object_get(json, "secrets") != NULL;
	if (call->is_trace) {
		statement = el_fields_object(&f, "statement");
		secrets = el_fields_array(&f, "secrets", 0, EL_ORDER_SECRETS_MAX);
	}
	if (el_fields_end(&f) != EL_OK)
		return EL_CODE_MALFORMED_REQUEST;
	if (el_document_from_json(order, &call->order) != EL_OK ||
	    el_disclosed_from_json(scope, &call->scope) != EL_OK ||
	    (call->is_trace &&
		(el_document_from_json(statement, &call->statement) != EL_OK || read_secrets(secrets, call) != EL_OK)))
		return EL_CODE_MALFORMED_ORDER;
	return EL_CODE_OK;
}

static void
read_credential(struct el_http_request *req, struct el_visits_call *call)
{
	const struct el_credential *const c = el_http_credential(req);
	const uint8_t *body;
	size_t len;

	memcpy(call->key.b, c->key, sizeof call->key.b);
	memcpy(call->nonce, c->nonce, sizeof call->nonce);
	memcpy(call->sig.b, c->sig, sizeof call->sig.b);
	call->time_s = c->time_s;
	body = el_http_body(req, &len);
	el_sha256(body, len, &call->body);
}

static void
order_post(struct el_http_request *req, void *ctx)
{
	struct el_visits_call *const call = calloc(1, sizeof *call);
	json_t *const json = call != NULL ? el_http_json(req) : NULL;
	struct el_buf body = new_body();
	enum el_code code;
	int r;

	(void)ctx;
	if (json == NULL) {
		if (call == NULL)
			el_http_problem(req, EL_CODE_BUSY, 1);
		free(call);
		return;
	}
	read_credential(req, call);
	code = read_order(json, call);
	json_decref(json);
	if (code == EL_CODE_OK) {
		r = el_msg_order_encode(call, &body);
		(void)r;
		forward(req, EL_RM_ORDER, &body);
	} else {
		el_http_problem(req, code, 0);
	}
	el_visits_call_wipe(call);
	free(call);
}

/* ---- For the operator's listener ---- */

static void
metrics_get(struct el_http_request *req, void *ctx)
{
	static const char *const names[] = { "recorded", "repeated", "refused", "late", "duplicate", "orders_answered",
		"orders_refused", "rows_released", "tokens_in_memory", "groups", "log_pending", "log_failed" };
	const struct el_registry_net *const n = ctx;
	char text[1024];
	size_t at = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "entrylog_registry_%s %llu\n", names[i],
		    (unsigned long long)n->log.service.state.counters[i]);
	at +=
	    (size_t)snprintf(text + at, sizeof text - at, "entrylog_registry_ready %d\nentrylog_registry_key_days %u\n",
		n->log.service.state.serving, n->log.service.state.key_days);
	el_http_reply(req, 200, "text/plain; version=0.0.4", NULL, text, at);
}

const struct el_route el_registry_routes[] = { EL_SERVICE_ROUTES,
	EL_PUBLOG_ROUTES,
	{ "POST", "/v1/checkins", EL_AUTH_SCANNER, EL_HTTP_BODY_MAX, checkin_post },
	{ "POST", "/v1/checkins/batch", EL_AUTH_SCANNER, EL_HTTP_BATCH_BODY_MAX, batch_post },
	{ "POST", "/v1/venues", EL_AUTH_PUBLIC, EL_HTTP_BODY_MAX, venue_post },
	{ "GET", "/v1/venues/{id}", EL_AUTH_OWNER, 0, venue_get },
	{ "PATCH", "/v1/venues/{id}", EL_AUTH_OWNER, EL_HTTP_BODY_MAX, venue_patch },
	{ "GET", "/v1/venues/{id}/counts", EL_AUTH_OWNER, 0, counts_get },
	{ "GET", "/v1/venues/{id}/scanners", EL_AUTH_OWNER, 0, scanners_get },
	{ "POST", "/v1/venues/{id}/scanners", EL_AUTH_OWNER, EL_HTTP_BODY_MAX, scanner_post },
	{ "PATCH", "/v1/venues/{id}/scanners/{scanner}", EL_AUTH_OWNER, EL_HTTP_BODY_MAX, scanner_patch },
	{ "DELETE", "/v1/venues/{id}/scanners/{scanner}", EL_AUTH_OWNER, 0, scanner_delete },
	{ "POST", "/v1/scanners/enrol", EL_AUTH_PUBLIC, EL_HTTP_BODY_MAX, enrol_post },
	{ "GET", "/v1/scanner", EL_AUTH_SCANNER, 0, scanner_get },
	{ "GET", "/v1/directory", EL_AUTH_PUBLIC, 0, directory_get },
	{ "POST", EL_VISITS_PATH, EL_AUTH_EXECUTOR, EL_HTTP_ORDER_BODY_MAX, order_post },
	{ "GET", "/", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/scanner", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/scanner/", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/scanner/sw.js", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/venue", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/venue/", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/assets/{file}", EL_AUTH_PUBLIC, 0, el_service_page },
	{ NULL, NULL, EL_AUTH_UNSET, 0, NULL } };

const struct el_route el_registry_operator_routes[] = { EL_SERVICE_ROUTES,
	{ "GET", "/metrics", EL_AUTH_PUBLIC, 0, metrics_get }, { NULL, NULL, EL_AUTH_UNSET, 0, NULL } };
