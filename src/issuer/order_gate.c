#include "issuer/order_gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "order/callsig.h"
#include "order/check.h"
#include "publog/publish.h"

void
el_order_call_wipe(struct el_order_call *c)
{
	el_document_wipe(&c->order);
	memset(c, 0, sizeof *c);
}

/* P-7.1: the executor's signature over this very call, once. */
static enum el_code
check_executor(struct el_issuer *s, const struct el_order_call *c, const char *path, const struct el_order *o,
    int64_t now_s)
{
	struct el_call call = { .method = "POST", .path = path, .party = s->party, .body = c->body, .time_s = c->time_s };

	memcpy(call.nonce, c->nonce, sizeof call.nonce);
	return el_call_check(s->nonces, &call, &c->key, &c->sig, o, now_s);
}

enum el_code
el_order_gate(struct el_issuer *s, const struct el_order_call *c, const char *path, enum el_order_kind kind,
    int64_t now_s, struct el_order *out)
{
	enum el_code code;

	if ((code = el_order_check(&c->order, s->trust.policy, now_s, out)) != EL_CODE_OK)
		return code;
	if (el_order_for(out, s->party) == NULL)
		return EL_CODE_SCOPE_MISMATCH;
	if ((code = check_executor(s, c, path, out, now_s)) != EL_CODE_OK)
		return code;
	return out->kind == kind ? EL_CODE_OK : EL_CODE_SCOPE_MISMATCH;
}

enum el_code
el_order_gate_spend(struct el_issuer *s, const struct el_order *o, const struct el_hash *request, size_t n,
    int64_t now_s, int *err)
{
	const struct el_spending spending = { .order = &o->hash, .request = request, .kind = o->kind, .n = n,
		.order_max = el_order_for(o, s->party)->items, .day = el_issuer_keys_today(&s->keys, now_s),
		.day_max = el_policy_cap(s->trust.policy, s->conf->daily_cap) };

	return el_issuer_db_spend(s->db, &spending, err);
}

enum el_code
el_order_gate_refused(struct el_issuer *s, const struct el_order *o, enum el_code code, int64_t now_s)
{
	s->counters.orders_refused++;
	el_log(EL_EV_ORDER_REFUSED, EL_OK, (uint64_t)code);
	el_publog_say_refused(s->publog, &s->refusals, o, code, now_s, el_issuer_day_offset(s));
	return code;
}

void
el_order_gate_answered(struct el_issuer *s, size_t n)
{
	s->counters.orders_answered++;
	el_log(EL_EV_ORDER_ANSWERED, EL_OK, n);
}

int
el_order_gate_dump(struct el_buf *out, json_t *stolen)
{
	char *const text = stolen != NULL ? json_dumps(stolen, JSON_COMPACT) : NULL;

	json_decref(stolen);
	if (text == NULL)
		return EL_ENOMEM;
	el_buf_put_text(out, text);
	el_secret_wipe(text, strlen(text));
	free(text);
	return out->err;
}
