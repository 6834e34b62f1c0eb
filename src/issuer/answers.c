#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64url.h"
#include "base/event_log.h"
#include "base/secret.h"
#include "entrylog/qr.h"
#include "entrylog/token.h"
#include "issuer/net_internal.h"
#include "order/rjson.h"

/* Messages of the other processes to HTTP. */

#define QR_SCALE 8 /* pixels a module */

static void
on_refused(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_refused x;

	if (el_msg_refused_parse(m->body, m->len, &x) != EL_OK || x.code == EL_CODE_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_problem(req, x.code, x.retry_after_s);
}

static void
on_registered(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_registered x;

	if (el_msg_registered_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_reply_json(req, 202, json_pack("{s:o, s:I}", "registration", el_json_bytes(x.id, sizeof x.id),
						 "expires_at", (json_int_t)x.expires_s));
}

static void
on_admitted(struct el_http_request *req, const struct el_msg *m)
{
	struct el_msg_admitted x;

	if (el_msg_admitted_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_reply_json(req, 201,
		    json_pack("{s:o, s:I}", "credential", el_json_bytes(x.credential, sizeof x.credential),
			"verified_until", (json_int_t)x.verified_until_s));
	el_secret_wipe(&x, sizeof x);
}

static void
on_ticket(struct el_http_request *req, const struct el_msg *m)
{
	struct el_day_ticket x;

	if (el_msg_ticket_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else
		el_http_reply_json(req, 201,
		    json_pack("{s:o, s:i, s:I}", "ticket", el_json_bytes(x.ticket, sizeof x.ticket), "epoch", (int)x.epoch,
			"valid_until", (json_int_t)x.valid_until_s));
	el_secret_wipe(&x, sizeof x);
}

static void
on_me(struct el_http_request *req, const struct el_msg *m)
{
	json_t *days;
	struct el_me x;

	if (el_msg_me_parse(m->body, m->len, &x) != EL_OK) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	days = json_array();
	for (size_t i = 0; i < x.n_days; i++)
		(void)json_array_append_new(days, json_pack("{s:i, s:I}", "epoch", (int)x.days[i].epoch, "until",
						      (json_int_t)x.days[i].until_s));
	el_http_reply_json(req, 200,
	    json_pack("{s:s, s:s, s:I, s:i, s:o}", "name", x.name, "phone", x.phone.s, "verified_until",
		(json_int_t)x.verified_until_s, "consent", (int)x.consent, "days", days));
	el_secret_wipe(&x, sizeof x);
}

static void
on_notices(struct el_http_request *req, const struct el_msg *m)
{
	struct el_notices *const x = calloc(1, sizeof *x);
	json_t *list;

	if (x == NULL || el_msg_notices_parse(m->body, m->len, x) != EL_OK) {
		el_http_problem(req, x == NULL ? EL_CODE_BUSY : EL_CODE_INTERNAL, 0);
		free(x);
		return;
	}
	list = json_array();
	for (size_t i = 0; i < x->n; i++)
		(void)json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:i}", "template", (int)x->list[i].template, "ko",
						      x->list[i].ko, "en", x->list[i].en, "day", (int)x->list[i].day));
	el_http_reply_json(req, 200, json_pack("{s:o}", "notices", list));
	free(x);
}

static void
on_done(struct el_http_request *req)
{
	el_http_reply(req, 204, NULL, NULL, NULL, 0);
}

/* Megabytes at most: written in one go, not through a tree of JSON. */
static void
on_sealed(struct el_http_request *req, const struct el_msg *m)
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

/* ---- Tokens ---- */

static void
reply_wallet(struct el_http_request *req, const struct el_draw_result *x)
{
	struct el_json_text t = el_http_write_json(req);

	el_json_text_open(&t, '{');
	el_json_text_key(&t, "tokens");
	el_json_text_open(&t, '[');
	for (size_t i = 0; i < x->n; i++) {
		const struct el_drawn_token *const drawn = &x->tokens[i];

		el_json_text_open(&t, '{');
		el_json_text_key(&t, "index");
		el_json_text_uint(&t, drawn->index);
		el_json_text_key(&t, "body");
		el_json_text_bytes(&t, drawn->body.b, sizeof drawn->body.b);
		el_json_text_key(&t, "key");
		el_json_text_bytes(&t, drawn->show_key, sizeof drawn->show_key);
		el_json_text_close(&t, '}');
	}
	el_json_text_close(&t, ']');
	el_json_text_key(&t, "valid_until");
	el_json_text_uint(&t, (uint64_t)x->valid_until_s);
	el_json_text_close(&t, '}');
	el_http_reply_written(req, 201, &t);
}

static void
reply_picture(struct el_http_request *req, const struct el_draw_result *x, const char *text, bool is_png)
{
	const unsigned long shown_at = x->shown_at, expires_at = shown_at + EL_FRESH_S;
	char headers[96];
	uint8_t *picture = NULL;
	size_t len;

	if (el_qr_draw(text, is_png ? EL_QR_PNG : EL_QR_SVG, QR_SCALE, &picture, &len) != EL_OK) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	(void)snprintf(headers, sizeof headers, "X-Shown-At: %lu\r\nX-Expires-At: %lu\r\n", shown_at, expires_at);
	el_http_reply(req, 201, is_png ? "image/png" : "image/svg+xml", headers, picture, len);
	free(picture);
}

static void
reply_text(struct el_http_request *req, const struct el_draw_result *x, const char *text)
{
	struct el_json_text t = el_http_write_json(req);

	el_json_text_open(&t, '{');
	el_json_text_key(&t, "token");
	el_json_text_string(&t, text);
	el_json_text_key(&t, "shown_at");
	el_json_text_uint(&t, x->shown_at);
	el_json_text_key(&t, "expires_at");
	el_json_text_uint(&t, (uint64_t)x->shown_at + EL_FRESH_S);
	el_json_text_close(&t, '}');
	el_http_reply_written(req, 201, &t);
}

static void
reply_token(struct el_http_request *req, const struct el_draw_result *x)
{
	const uint64_t note = el_http_note(req);
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token token;

	if (el_token_parse(x->token, sizeof x->token, &token) != EL_OK) {
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		return;
	}
	el_token_text(&token, text);
	if (note == EL_NOTE_PNG || note == EL_NOTE_SVG)
		reply_picture(req, x, text, note == EL_NOTE_PNG);
	else
		reply_text(req, x, text);
	el_secret_wipe(text, sizeof text);
	el_secret_wipe(&token, sizeof token);
}

static void
on_drawn(struct el_http_request *req, const struct el_msg *m)
{
	struct el_draw_result x;

	if (el_msg_drawn_parse(m->body, m->len, &x) != EL_OK)
		el_http_problem(req, EL_CODE_INTERNAL, 0);
	else if (x.is_wallet)
		reply_wallet(req, &x);
	else
		reply_token(req, &x);
	el_secret_wipe(&x, sizeof x);
}

void
el_issuer_answer(struct el_net *net, const struct el_msg *m)
{
	struct el_http_request *const req = el_http_find(el_net_server(net), m->id);

	if (req == NULL)
		return; /* the client is gone, or its time was over */
	switch (m->type) {
	case EL_IM_REFUSED:
		on_refused(req, m);
		break;
	case EL_IM_REGISTERED:
		on_registered(req, m);
		break;
	case EL_IM_ADMITTED:
		on_admitted(req, m);
		break;
	case EL_IM_TICKET:
		on_ticket(req, m);
		break;
	case EL_IM_ME:
		on_me(req, m);
		break;
	case EL_IM_NOTICES:
		on_notices(req, m);
		break;
	case EL_IM_DONE:
		on_done(req);
		break;
	case EL_IM_SEALED:
		on_sealed(req, m);
		break;
	case EL_IM_DRAWN:
		on_drawn(req, m);
		break;
	default:
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		el_http_problem(req, EL_CODE_INTERNAL, 0);
		break;
	}
}
