#include "issuer/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/field_codec.h"
#include "base/secret.h"

/* ---- The fields of each message, in their order ---- */

static void
refused(struct el_field_codec *c, struct el_msg_refused *m)
{
	m->code = el_codec_enum(c, m->code, EL_CODE_MAX);
	el_codec_u32(c, &m->retry_after_s);
}

/* ---- Registration ---- */

static void
register_(struct el_field_codec *c, struct el_msg_register *m)
{
	el_codec_bytes(c, m->address, sizeof m->address);
	el_codec_text(c, m->name, sizeof m->name);
	el_codec_text(c, m->phone.s, sizeof m->phone.s);
	el_codec_u16(c, &m->consent);
}

static void
registered(struct el_field_codec *c, struct el_msg_registered *m)
{
	el_codec_bytes(c, m->id, sizeof m->id);
	el_codec_i64(c, &m->expires_s);
}

static void
verify(struct el_field_codec *c, struct el_msg_verify *m)
{
	el_codec_bytes(c, m->id, sizeof m->id);
	el_codec_text(c, m->code, sizeof m->code);
}

static void
admit(struct el_field_codec *c, struct el_msg_admit *m)
{
	el_codec_text(c, m->name, sizeof m->name);
	el_codec_text(c, m->phone.s, sizeof m->phone.s);
	el_codec_u16(c, &m->consent);
}

static void
admitted(struct el_field_codec *c, struct el_msg_admitted *m)
{
	el_codec_bytes(c, m->credential, sizeof m->credential);
	el_codec_i64(c, &m->verified_until_s);
}

/* ---- Days and what is stored ---- */

static void
day(struct el_field_codec *c, struct el_msg_day *m)
{
	el_codec_bytes(c, m->credential, sizeof m->credential);
	el_codec_bool(c, &m->tomorrow);
}

static void
ticket(struct el_field_codec *c, struct el_day_ticket *m)
{
	el_codec_bytes(c, m->ticket, sizeof m->ticket);
	el_codec_u16(c, &m->epoch);
	el_codec_i64(c, &m->valid_until_s);
}

static void
visitor(struct el_field_codec *c, struct el_msg_visitor *m)
{
	el_codec_bytes(c, m->credential, sizeof m->credential);
	m->action = el_codec_enum(c, m->action, EL_VISITOR_CONFIRM + 1);
}

static void
me(struct el_field_codec *c, struct el_me *m)
{
	el_codec_text(c, m->name, sizeof m->name);
	el_codec_text(c, m->phone.s, sizeof m->phone.s);
	el_codec_i64(c, &m->verified_until_s);
	el_codec_u16(c, &m->consent);
	el_codec_count(c, &m->n_days, EL_ME_DAYS_MAX);
	for (size_t i = 0; i < m->n_days; i++) {
		el_codec_u16(c, &m->days[i].epoch);
		el_codec_i64(c, &m->days[i].until_s);
	}
}

static void
notices(struct el_field_codec *c, struct el_notices *m)
{
	el_codec_count(c, &m->n, EL_NOTICES_MAX);
	for (size_t i = 0; i < m->n; i++) {
		el_codec_u16(c, &m->list[i].template);
		el_codec_u16(c, &m->list[i].day);
		el_codec_text(c, m->list[i].ko, sizeof m->list[i].ko);
		el_codec_text(c, m->list[i].en, sizeof m->list[i].en);
	}
}

/* ---- Orders ---- */

static void
disclosed(struct el_field_codec *c, struct el_disclosed *m)
{
	el_codec_text(c, m->party, sizeof m->party);
	el_codec_bytes(c, m->salt, sizeof m->salt);
	el_codec_count(c, &m->len, EL_SCOPE_MAX);
	el_codec_bytes(c, m->scope, m->len);
}

static void
executor(struct el_field_codec *c, struct el_order_call *m)
{
	el_codec_bytes(c, m->body.b, sizeof m->body.b);
	el_codec_bytes(c, m->key.b, sizeof m->key.b);
	el_codec_u64(c, &m->time_s);
	el_codec_bytes(c, m->nonce, sizeof m->nonce);
	el_codec_bytes(c, m->sig.b, sizeof m->sig.b);
	el_document_code(c, &m->order);
}

static void
path(struct el_field_codec *c, struct el_path *p)
{
	el_codec_u64(c, &p->index);
	el_codec_u64(c, &p->size);
	el_codec_count(c, &p->n, EL_PATH_HASHES_MAX);
	for (size_t i = 0; i < p->n; i++)
		el_codec_bytes(c, p->hashes[i].b, sizeof p->hashes[i].b);
}

static void
log_proof(struct el_field_codec *c, struct el_log_proof *p)
{
	struct el_buf bytes;
	const uint8_t *in;
	size_t len;
	int r;

	if (c->rd != NULL) {
		if ((in = el_rd_blob(c->rd, EL_HTTP_ORDER_BODY_MAX, &len)) != NULL && (r = el_log_proof_get(in, len, p)) != EL_OK)
			el_codec_fail(c, r);
		return;
	}
	el_buf_init(&bytes, EL_HTTP_ORDER_BODY_MAX);
	el_log_proof_put(&bytes, p);
	if (bytes.err == EL_OK)
		el_buf_put_blob(c->wr, bytes.p, bytes.len);
	else
		el_codec_fail(c, bytes.err);
	el_buf_wipe(&bytes);
}

static void
identities(struct el_field_codec *c, struct el_identities_call *m)
{
	executor(c, &m->by);
	el_document_code(c, &m->release);
	log_proof(c, &m->proof);
	el_codec_count(c, &m->n_items, EL_IDENTITY_ITEMS_MAX);
	if (c->rd != NULL && (m->items = calloc(m->n_items + 1, sizeof *m->items)) == NULL) {
		m->n_items = 0;
		el_codec_fail(c, EL_ENOMEM);
	}
	for (size_t i = 0; i < m->n_items; i++) {
		el_codec_bytes(c, m->items[i].body.b, sizeof m->items[i].body.b);
		el_codec_bytes(c, m->items[i].c.b, sizeof m->items[i].c.b);
		el_codec_bytes(c, m->items[i].shared, sizeof m->items[i].shared);
		path(c, &m->items[i].path);
	}
	el_codec_bool(c, &m->is_notice);
	if (m->is_notice)
		disclosed(c, &m->scope);
}

static void
traces(struct el_field_codec *c, struct el_traces_call *m)
{
	executor(c, &m->by);
	disclosed(c, &m->scope);
}

/* ---- Drawing ---- */

static void
draw(struct el_field_codec *c, struct el_draw_request *m)
{
	el_codec_bytes(c, m->ticket, sizeof m->ticket);
	el_codec_bool(c, &m->is_wallet);
	el_codec_u32(c, &m->first);
	el_codec_u32(c, &m->count);
}

static void
drawn(struct el_field_codec *c, struct el_draw_result *m)
{
	el_codec_bool(c, &m->is_wallet);
	if (!m->is_wallet) {
		el_codec_bytes(c, m->token, sizeof m->token);
		el_codec_u32(c, &m->shown_at);
		return;
	}
	el_codec_i64(c, &m->valid_until_s);
	el_codec_count(c, &m->n, EL_WALLET_MAX);
	for (size_t i = 0; i < m->n; i++) {
		el_codec_u16(c, &m->tokens[i].index);
		el_codec_bytes(c, m->tokens[i].body.b, sizeof m->tokens[i].body.b);
		el_codec_bytes(c, m->tokens[i].show_key, sizeof m->tokens[i].show_key);
	}
}

/* ---- Unasked ---- */

static void
public(struct el_field_codec *c, struct el_msg_public *m)
{
	el_codec_u32(c, &m->day_offset);
	el_codec_u16(c, &m->consent);
	el_codec_blob(c, &m->directory, &m->directory_len, 2 * EL_DOCUMENT_MAX);
}

void
el_msg_public_wipe(struct el_msg_public *m)
{
	free(m->directory);
	memset(m, 0, sizeof *m);
}

static void
days(struct el_field_codec *c, struct el_signer_days *m)
{
	el_codec_u32(c, &m->day_offset);
	el_codec_count(c, &m->n, EL_SIGNER_DAYS_MAX);
	for (size_t i = 0; i < m->n; i++) {
		el_codec_u16(c, &m->days[i].epoch);
		el_codec_bytes(c, m->days[i].ticket_key, sizeof m->days[i].ticket_key);
		el_codec_bytes(c, m->days[i].token_key, sizeof m->days[i].token_key);
		el_codec_bytes(c, m->days[i].links_key.b, sizeof m->days[i].links_key.b);
	}
}

/* ---- Both directions of each ---- */

#define BOTH(name, type, fields)                                                                                       \
	int el_msg_##name##_encode(type *m, struct el_buf *out)                                                        \
	{                                                                                                              \
		struct el_field_codec c = { NULL, out };                                                               \
                                                                                                                       \
		fields(&c, m);                                                                                         \
		return out->err;                                                                                       \
	}                                                                                                              \
	int el_msg_##name##_parse(const uint8_t *in, size_t len, type *m)                                              \
	{                                                                                                              \
		struct el_rd rd = el_rd_init(in, len);                                                                 \
		struct el_field_codec c = { &rd, NULL };                                                               \
                                                                                                                       \
		memset(m, 0, sizeof *m);                                                                               \
		fields(&c, m);                                                                                         \
		return el_rd_end(&rd);                                                                                 \
	}                                                                                                              \
	_Static_assert(sizeof(type) > 0, "a message")

BOTH(refused, struct el_msg_refused, refused);
BOTH(register, struct el_msg_register, register_);
BOTH(registered, struct el_msg_registered, registered);
BOTH(verify, struct el_msg_verify, verify);
BOTH(admit, struct el_msg_admit, admit);
BOTH(admitted, struct el_msg_admitted, admitted);
BOTH(day, struct el_msg_day, day);
BOTH(ticket, struct el_day_ticket, ticket);
BOTH(visitor, struct el_msg_visitor, visitor);
BOTH(me, struct el_me, me);
BOTH(notices, struct el_notices, notices);
BOTH(identities, struct el_identities_call, identities);
BOTH(traces, struct el_traces_call, traces);
BOTH(draw, struct el_draw_request, draw);
BOTH(drawn, struct el_draw_result, drawn);
BOTH(public, struct el_msg_public, public);
BOTH(days, struct el_signer_days, days);
