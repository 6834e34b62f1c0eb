#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "base/secret.h"
#include "issuer/draw_plain.h"
#include "issuer/net_internal.h"
#include "issuer/roles.h"
#include "order/rjson.h"

/* HTTP to messages.  Unknown fields are refused everywhere. */

void
el_issuer_forward(struct el_http_request *req, unsigned kind, unsigned index, uint16_t type, struct el_buf *body)
{
	if (body->err == EL_OK)
		el_net_forward(req, kind, index, type, body->p, body->len);
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
malformed(struct el_http_request *req)
{
	el_http_problem(req, EL_CODE_MALFORMED_REQUEST, 0);
}

/* ---- Registration ---- */

static enum el_code
read_registration(const struct el_issuer_net *n, const json_t *json, struct el_msg_register *out)
{
	struct el_fields f = el_fields_init(json);
	const char *const name = el_fields_text(&f, "name", 0, EL_REQUEST_TEXT_MAX);
	const char *const phone = el_fields_text(&f, "phone", 0, EL_REQUEST_TEXT_MAX);
	char country[8];
	int r;

	out->consent = (uint16_t)el_fields_uint(&f, "consent", UINT16_MAX);
	if (el_fields_end(&f) != EL_OK)
		return EL_CODE_MALFORMED_REQUEST;
	if ((r = el_text_name(name, out->name)) != EL_OK)
		return r == EL_ENOMEM ? EL_CODE_BUSY : EL_CODE_INVALID_NAME;
	el_issuer_conf_country(n->conf, country);
	if (el_phone_from_input(phone, country, &out->phone) != EL_OK)
		return EL_CODE_INVALID_PHONE;
	return out->consent == n->public.consent ? EL_CODE_OK : EL_CODE_CONSENT_OUTDATED;
}

static void
registrations_post(struct el_http_request *req, void *ctx)
{
	const struct el_issuer_net *const n = ctx;
	json_t *const json = el_http_json(req);
	struct el_buf body = new_body();
	struct el_msg_register m;
	enum el_code code;
	int r;

	if (json == NULL)
		return;
	memset(&m, 0, sizeof m);
	memcpy(m.address, el_http_address(req), sizeof m.address);
	code = read_registration(n, json, &m);
	json_decref(json);
	if (code == EL_CODE_OK) {
		r = el_msg_register_encode(&m, &body);
		(void)r; /* sticky */
		el_issuer_forward(req, EL_ISSUER_SMS, 0, EL_IM_REGISTER, &body);
	} else {
		el_http_problem(req, code, code == EL_CODE_BUSY ? 1 : 0);
	}
	el_secret_wipe(&m, sizeof m);
}

static bool
is_code(const char *text)
{
	return strlen(text) == EL_CODE_DIGITS && strspn(text, "0123456789") == EL_CODE_DIGITS;
}

static enum el_code
read_verify(const char *registration, const json_t *json, struct el_msg_verify *out)
{
	struct el_fields f = el_fields_init(json);
	const char *const code = el_fields_text(&f, "code", 0, EL_REQUEST_TEXT_MAX);

	if (el_fields_end(&f) != EL_OK)
		return EL_CODE_MALFORMED_REQUEST;
	if (el_base64url_exact(registration, out->id, sizeof out->id) != EL_OK)
		return EL_CODE_UNKNOWN_REGISTRATION;
	if (!is_code(code)) /* no code at all costs no try */
		return EL_CODE_WRONG_CODE;
	memcpy(out->code, code, EL_CODE_DIGITS);
	return EL_CODE_OK;
}

static void
verify_post(struct el_http_request *req, void *ctx)
{
	json_t *const json = el_http_json(req);
	struct el_buf body = new_body();
	struct el_msg_verify m;
	enum el_code code;
	int r;

	(void)ctx;
	if (json == NULL)
		return;
	memset(&m, 0, sizeof m);
	code = read_verify(el_http_param(req, "registration"), json, &m);
	json_decref(json);
	if (code == EL_CODE_OK) {
		r = el_msg_verify_encode(&m, &body);
		(void)r;
		el_issuer_forward(req, EL_ISSUER_SMS, 0, EL_IM_VERIFY, &body);
	} else {
		el_http_problem(req, code, 0);
	}
	el_secret_wipe(&m, sizeof m);
}

/* ---- Visitors ---- */

static void
days_post(struct el_http_request *req, void *ctx)
{
	json_t *const json = el_http_json(req);
	struct el_fields f = el_fields_init(json);
	struct el_buf body = new_body();
	struct el_msg_day m;
	const char *day;
	bool ok;
	int r;

	(void)ctx;
	if (json == NULL)
		return;
	day = el_fields_text(&f, "day", 1, 16);
	ok = el_fields_end(&f) == EL_OK && (strcmp(day, "today") == 0 || strcmp(day, "tomorrow") == 0);
	m.tomorrow = ok && strcmp(day, "tomorrow") == 0;
	json_decref(json);
	if (!ok) {
		malformed(req);
		return;
	}
	memcpy(m.credential, el_http_credential(req)->b, sizeof m.credential);
	r = el_msg_day_encode(&m, &body);
	(void)r;
	el_secret_wipe(&m, sizeof m);
	el_issuer_forward(req, EL_ISSUER_CORE, 0, EL_IM_DAY, &body);
}

static void
forward_visitor(struct el_http_request *req, enum el_visitor_action action)
{
	struct el_msg_visitor m = { .action = action };
	struct el_buf body = new_body();
	int r;

	memcpy(m.credential, el_http_credential(req)->b, sizeof m.credential);
	r = el_msg_visitor_encode(&m, &body);
	(void)r;
	el_secret_wipe(&m, sizeof m);
	el_issuer_forward(req, EL_ISSUER_CORE, 0, EL_IM_VISITOR, &body);
}

static void
me_get(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward_visitor(req, EL_VISITOR_GET);
}

static void
me_delete(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward_visitor(req, EL_VISITOR_WITHDRAW);
}

static void
notices_get(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward_visitor(req, EL_VISITOR_NOTICES);
}

static void
notices_delete(struct el_http_request *req, void *ctx)
{
	(void)ctx;
	forward_visitor(req, EL_VISITOR_CONFIRM);
}

static void
directory_get(struct el_http_request *req, void *ctx)
{
	const struct el_issuer_net *const n = ctx;

	el_http_reply(req, 200, "application/json", NULL, n->public.directory, n->public.directory_len);
}

/* ---- Tokens ---- */

static void
forward_draw(struct el_issuer_net *n, struct el_http_request *req, struct el_draw_request *m)
{
	int r;

	memcpy(m->ticket, el_http_credential(req)->b, sizeof m->ticket);
	r = el_msg_draw_encode(m, el_net_message(el_net_of(req)));
	(void)r; /* sticky */
	el_secret_wipe(m, sizeof *m);
	el_net_forward_message(req, EL_ISSUER_SIGNER, el_signers_choose(&n->signers), EL_IM_DRAW);
}

static void
wallet_post(struct el_http_request *req, void *ctx)
{
	struct el_draw_request m = { .is_wallet = true };
	json_t *const json = el_http_json(req);
	struct el_fields f = el_fields_init(json);
	int r;

	if (json == NULL)
		return;
	m.first = (uint32_t)el_fields_uint(&f, "first", UINT16_MAX);
	m.count = (uint32_t)el_fields_uint(&f, "count", EL_WALLET_MAX);
	r = el_fields_end(&f);
	json_decref(json);
	if (r == EL_OK)
		forward_draw(ctx, req, &m);
	else
		malformed(req);
}

/* Which picture is asked for: the first form of ours that Accept names. */
static enum el_code
read_form(const struct el_http_request *req, enum el_issuer_note *out)
{
	static const struct {
		const char *type;
		enum el_issuer_note note;
	} forms[] = { { "image/svg+xml", EL_NOTE_SVG }, { "image/png", EL_NOTE_PNG }, { "application/json", EL_NOTE_NONE },
		{ "application/*", EL_NOTE_NONE }, { "*/*", EL_NOTE_NONE } };
	const char *const accept = el_http_header(req, "accept");
	const char *at, *first = NULL;

	*out = EL_NOTE_NONE;
	if (accept == NULL)
		return EL_CODE_OK;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if ((at = strstr(accept, forms[i].type)) != NULL && (first == NULL || at < first)) {
			first = at;
			*out = forms[i].note;
		}
	return first != NULL ? EL_CODE_OK : EL_CODE_NOT_ACCEPTABLE;
}

/* false: answered. */
static bool
read_index(struct el_http_request *req, uint32_t *out)
{
	struct el_fields f;
	const uint8_t *body;
	json_t *json;
	size_t len;
	int r;

	body = el_http_body(req, &len);
	if (el_draw_plain(body, len, out))
		return true;
	if ((json = el_http_json(req)) == NULL)
		return false;
	f = el_fields_init(json);
	*out = (uint32_t)el_fields_uint(&f, "index", UINT16_MAX);
	r = el_fields_end(&f);
	json_decref(json);
	if (r != EL_OK)
		malformed(req);
	return r == EL_OK;
}

static void
tokens_post(struct el_http_request *req, void *ctx)
{
	struct el_draw_request m = { .is_wallet = false, .count = 1 };
	enum el_issuer_note note;
	enum el_code code;

	if (!read_index(req, &m.first))
		return;
	if ((code = read_form(req, &note)) != EL_CODE_OK) {
		el_http_problem(req, code, 0);
		return;
	}
	el_http_set_note(req, note);
	forward_draw(ctx, req, &m);
}

/* ---- For the operator's listener ---- */

static void
metrics_get(struct el_http_request *req, void *ctx)
{
	static const char *const names[] = { "registered", "withdrawn", "tickets", "tickets_refused", "orders_answered",
		"orders_refused", "people_named", "boxes_answered", "notices_delivered", "log_pending",
		"log_failed" };
	const struct el_issuer_net *const n = ctx;
	char text[1024];
	size_t at = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "entrylog_issuer_%s %llu\n", names[i],
		    (unsigned long long)n->log.service.state.counters[i]);
	at += (size_t)snprintf(text + at, sizeof text - at, "entrylog_issuer_ready %d\nentrylog_issuer_key_days %u\n",
	    n->log.service.state.serving, n->log.service.state.key_days);
	el_http_reply(req, 200, "text/plain; version=0.0.4", NULL, text, at);
}

const struct el_route el_issuer_routes[] = {
	EL_SERVICE_ROUTES,
	EL_PUBLOG_ROUTES,
	{ "POST", "/v1/registrations", EL_AUTH_PUBLIC, EL_HTTP_BODY_MAX, registrations_post },
	{ "POST", "/v1/registrations/{registration}/verify", EL_AUTH_PUBLIC, EL_HTTP_BODY_MAX, verify_post },
	{ "POST", "/v1/days", EL_AUTH_VISITOR, EL_HTTP_BODY_MAX, days_post },
	{ "POST", "/v1/wallet", EL_AUTH_TICKET, EL_HTTP_BODY_MAX, wallet_post },
	{ "POST", "/v1/tokens", EL_AUTH_TICKET, EL_HTTP_BODY_MAX, tokens_post },
	{ "GET", "/v1/me", EL_AUTH_VISITOR, 0, me_get },
	{ "DELETE", "/v1/me", EL_AUTH_VISITOR, 0, me_delete },
	{ "GET", "/v1/me/notices", EL_AUTH_VISITOR, 0, notices_get },
	{ "DELETE", "/v1/me/notices", EL_AUTH_VISITOR, 0, notices_delete },
	{ "GET", "/v1/directory", EL_AUTH_PUBLIC, 0, directory_get },
	{ "POST", EL_IDENTITIES_PATH, EL_AUTH_EXECUTOR, EL_HTTP_ORDER_BODY_MAX, el_issuer_identities_post },
	{ "POST", EL_NOTICES_PATH, EL_AUTH_EXECUTOR, EL_HTTP_ORDER_BODY_MAX, el_issuer_notices_post },
	{ "POST", EL_TRACES_PATH, EL_AUTH_EXECUTOR, EL_HTTP_ORDER_BODY_MAX, el_issuer_traces_post },
	{ "GET", "/", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/sw.js", EL_AUTH_PUBLIC, 0, el_service_page },
	{ "GET", "/assets/{file}", EL_AUTH_PUBLIC, 0, el_service_page },
	{ NULL, NULL, EL_AUTH_UNSET, 0, NULL }
};

const struct el_route el_issuer_operator_routes[] = {
	EL_SERVICE_ROUTES,
	{ "GET", "/metrics", EL_AUTH_PUBLIC, 0, metrics_get },
	{ NULL, NULL, EL_AUTH_UNSET, 0, NULL }
};
