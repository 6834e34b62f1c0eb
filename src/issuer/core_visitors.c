#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "issuer/core_internal.h"
#include "issuer/visitors.h"

/* What visitors ask of core. */

void
el_issuer_core_on_admit(struct el_issuer_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_admitted out;
	struct el_msg_admit in;
	int r;

	if (el_msg_admit_parse(m->body, m->len, &in) != EL_OK) {
		el_issuer_core_misbehaved(m);
		return;
	}
	if (in.consent != c->s->trust.policy->consent) { /* it changed while the code was on its way */
		el_issuer_core_refuse(c, from, EL_CODE_CONSENT_OUTDATED);
	} else if ((r = el_visitors_admit(c->s->db, in.name, &in.phone, in.consent, now_s, el_issuer_day_offset(c->s),
			out.credential, &out.verified_until_s)) != EL_OK) {
		el_issuer_core_not_written(c, from, r);
	} else {
		c->s->counters.registered++;
		r = el_msg_admitted_encode(&out, &c->outbox.bytes);
		(void)r;
		el_issuer_core_answer(c, from, EL_IM_ADMITTED);
	}
	el_secret_wipe(&out, sizeof out);
	el_secret_wipe(&in, sizeof in);
}

void
el_issuer_core_on_day(struct el_issuer_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_day_ticket out;
	struct el_msg_day in;
	enum el_code code;
	int r;

	if (el_msg_day_parse(m->body, m->len, &in) != EL_OK) {
		el_issuer_core_misbehaved(m);
		return;
	}
	code = el_tickets_draw(c->s, in.credential, in.tomorrow, now_s, &out, &r);
	if (r != EL_OK) {
		el_issuer_core_fail(c, r);
	} else if (code != EL_CODE_OK) {
		el_issuer_core_refuse(c, from, code);
	} else {
		r = el_msg_ticket_encode(&out, &c->outbox.bytes);
		(void)r;
		el_issuer_core_answer(c, from, EL_IM_TICKET);
	}
	el_secret_wipe(&out, sizeof out);
	el_secret_wipe(&in, sizeof in);
}

static enum el_code
tell_me(struct el_issuer_core *c, const struct el_from *from, const struct el_msg_visitor *in, int64_t now_s, int *err)
{
	struct el_me out;
	const enum el_code code = el_tickets_me(c->s, in->credential, now_s, &out, err);
	int r;

	if (code == EL_CODE_OK) {
		r = el_msg_me_encode(&out, &c->outbox.bytes);
		(void)r;
		el_issuer_core_answer(c, from, EL_IM_ME);
	}
	el_secret_wipe(&out, sizeof out);
	return code;
}

static enum el_code
tell_notices(
    struct el_issuer_core *c, const struct el_from *from, const struct el_msg_visitor *in, int64_t now_s, int *err)
{
	struct el_notices *const out = calloc(1, sizeof *out); /* large */
	enum el_code code = EL_CODE_BUSY;
	int r;

	*err = EL_OK;
	if (out != NULL && (code = el_notices_list(c->s, in->credential, now_s, out, err)) == EL_CODE_OK) {
		r = el_msg_notices_encode(out, &c->outbox.bytes);
		(void)r;
		el_issuer_core_answer(c, from, EL_IM_NOTICES);
	}
	free(out);
	return code;
}

static enum el_code
confirm(struct el_issuer_core *c, const struct el_from *from, const struct el_msg_visitor *in, int64_t now_s, int *err)
{
	const enum el_code code = el_notices_confirm(c->s, in->credential, now_s, err);

	if (code == EL_CODE_OK)
		el_issuer_core_answer(c, from, EL_IM_DONE);
	return code;
}

/* The visitor's withdrawal. */
static enum el_code
withdraw(struct el_issuer_core *c, const struct el_from *from, const struct el_msg_visitor *in, int64_t now_s, int *err)
{
	*err = el_visitors_withdraw(c->s->db, in->credential, now_s);
	c->s->counters.withdrawn += *err == EL_OK;
	if (*err == EL_OK) {
		el_issuer_core_answer(c, from, EL_IM_DONE);
		return EL_CODE_OK;
	}
	if (*err != EL_ENOTFOUND)
		return EL_CODE_INTERNAL;
	*err = EL_OK;
	return EL_CODE_UNAUTHORIZED;
}

void
el_issuer_core_on_visitor(struct el_issuer_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	static enum el_code (*const verbs[])(struct el_issuer_core *, const struct el_from *,
	    const struct el_msg_visitor *, int64_t, int *) = { [EL_VISITOR_GET] = tell_me,
		[EL_VISITOR_NOTICES] = tell_notices,
		[EL_VISITOR_WITHDRAW] = withdraw,
		[EL_VISITOR_CONFIRM] = confirm };
	struct el_msg_visitor in;
	enum el_code code;
	int r;

	if (el_msg_visitor_parse(m->body, m->len, &in) != EL_OK) {
		el_issuer_core_misbehaved(m);
		return;
	}
	code = verbs[in.action](c, from, &in, now_s, &r);
	if (r != EL_OK)
		el_issuer_core_not_written(c, from, r);
	else if (code != EL_CODE_OK)
		el_issuer_core_refuse(c, from, code);
	el_secret_wipe(&in, sizeof in);
}
