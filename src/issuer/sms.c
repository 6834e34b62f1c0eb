#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/event_log.h"
#include "base/secret.h"
#include "issuer/messages.h"
#include "issuer/roles.h"
#include "issuer/sms_gateway.h"

/*
 * The sms process: numbers and codes of registrations that are under way, in memory, for minutes.  Its slowness
 * or death never touches showing a QR.
 */

/* A right code was given; core is making the master row. */
struct admission {
	uint64_t id; /* of our question to core */
	unsigned net_index;
	uint64_t net_id;
	uint8_t registration[EL_REGISTRATION_ID_LEN];
};

struct sms {
	const struct el_issuer_conf *conf;
	struct el_registrations *registrations;
	struct el_sms_gateway *gateway;
	struct admission admissions[EL_ADMISSIONS_MAX];
	size_t n_admissions;
	uint64_t next_id;
};

static int
sms_start(void *ctx, struct el_worker *w)
{
	struct sms *const s = ctx;
	int r;

	(void)w;
	if ((r = el_registrations_new(&s->registrations)) != EL_OK)
		return r;
	return el_sms_gateway_new(s->conf, &s->gateway);
}

static void
put(struct el_worker *w, unsigned net_index, uint16_t type, uint64_t id, struct el_buf *body)
{
	const int r = body->err == EL_OK ? el_worker_put(w, EL_ISSUER_NET, net_index, type, id, body->p, body->len) :
					   body->err;

	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, type);
	el_buf_wipe(body);
}

static void
refuse(struct el_worker *w, unsigned net_index, uint64_t id, enum el_code code, unsigned retry_after_s)
{
	struct el_msg_refused m = { code, retry_after_s };
	struct el_buf body;
	int r;

	el_buf_init(&body, EL_MSG_MAX);
	r = el_msg_refused_encode(&m, &body);
	(void)r; /* sticky */
	put(w, net_index, EL_IM_REFUSED, id, &body);
}

/* ---- Beginning ---- */

static int
send_code(struct sms *s, const struct el_registration *g)
{
	char text[128];
	int r;

	(void)snprintf(text, sizeof text, "[출입 QR] 인증번호 %s (3분 안에 입력)", g->code);
	r = el_sms_gateway_send(s->gateway, &g->phone, text);
	el_secret_wipe(text, sizeof text);
	return r;
}

static void
on_register(struct sms *s, struct el_worker *w, unsigned index, const struct el_msg *m)
{
	struct el_msg_registered out;
	struct el_registration g;
	struct el_msg_register in;
	unsigned retry_after_s = 0;
	enum el_code code;
	struct el_buf body;
	int r;

	if (el_msg_register_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	code = el_registrations_begin(s->registrations, in.address, in.name, &in.phone, in.consent, el_worker_now(w), &g,
	    &retry_after_s);
	if (code == EL_CODE_OK && send_code(s, &g) != EL_OK) {
		el_registrations_done(s->registrations, g.id);
		code = EL_CODE_BUSY;
		retry_after_s = 5;
	}
	if (code == EL_CODE_OK) {
		memcpy(out.id, g.id, sizeof out.id);
		out.expires_s = g.expires_s;
		el_buf_init(&body, EL_MSG_MAX);
		r = el_msg_registered_encode(&out, &body);
		(void)r;
		put(w, index, EL_IM_REGISTERED, m->id, &body);
	} else {
		refuse(w, index, m->id, code, retry_after_s);
	}
	el_secret_wipe(&g, sizeof g);
	el_secret_wipe(&in, sizeof in);
}

/* ---- The code ---- */

static int
ask_core(struct sms *s, struct el_worker *w, unsigned index, uint64_t id, const struct el_registration *g)
{
	struct el_msg_admit m = { .phone = g->phone, .consent = g->consent };
	struct el_buf body;
	int r;

	if (s->n_admissions == EL_ADMISSIONS_MAX)
		return EL_EBUSY;
	memcpy(m.name, g->name, sizeof m.name);
	el_buf_init(&body, EL_MSG_MAX);
	if ((r = el_msg_admit_encode(&m, &body)) == EL_OK)
		r = el_worker_put(w, EL_ISSUER_CORE, 0, EL_IM_ADMIT, s->next_id, body.p, body.len);
	el_buf_wipe(&body);
	el_secret_wipe(&m, sizeof m);
	if (r != EL_OK)
		return r;
	s->admissions[s->n_admissions] = (struct admission){ s->next_id++, index, id, { 0 } };
	memcpy(s->admissions[s->n_admissions++].registration, g->id, sizeof g->id);
	return EL_OK;
}

static void
on_verify(struct sms *s, struct el_worker *w, unsigned index, const struct el_msg *m)
{
	struct el_registration g;
	struct el_msg_verify in;
	enum el_code code;

	if (el_msg_verify_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	code = el_registrations_verify(s->registrations, in.id, in.code, el_worker_now(w), &g);
	if (code == EL_CODE_OK && ask_core(s, w, index, m->id, &g) != EL_OK) {
		el_registrations_again(s->registrations, g.id);
		code = EL_CODE_BUSY;
	}
	if (code != EL_CODE_OK)
		refuse(w, index, m->id, code, code == EL_CODE_BUSY ? 1 : 0);
	el_secret_wipe(&g, sizeof g);
	el_secret_wipe(&in, sizeof in);
}

/* Core's answer, passed on as it came. */
static void
on_core(struct sms *s, struct el_worker *w, const struct el_msg *m)
{
	struct admission a;
	struct el_buf body;
	size_t i = 0;

	while (i < s->n_admissions && s->admissions[i].id != m->id)
		i++;
	if (i == s->n_admissions || (m->type != EL_IM_ADMITTED && m->type != EL_IM_REFUSED)) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	a = s->admissions[i];
	s->admissions[i] = s->admissions[--s->n_admissions];
	if (m->type == EL_IM_ADMITTED)
		el_registrations_done(s->registrations, a.registration);
	else
		el_registrations_again(s->registrations, a.registration);
	el_buf_init(&body, EL_MSG_MAX);
	el_buf_put(&body, m->body, m->len);
	put(w, a.net_index, m->type, a.net_id, &body);
}

/* ---- The process ---- */

static void
sms_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct sms *const s = ctx;

	if (kind == EL_ISSUER_CORE)
		on_core(s, w, m);
	else if (kind == EL_ISSUER_NET && m->type == EL_IM_REGISTER)
		on_register(s, w, index, m);
	else if (kind == EL_ISSUER_NET && m->type == EL_IM_VERIFY)
		on_verify(s, w, index, m);
	else
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
}

/* A new core knows nothing of what the old one was asked: the visitor gives the code again. */
static void
sms_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct sms *const s = ctx;

	(void)index;
	if (kind != EL_ISSUER_CORE)
		return;
	for (size_t i = 0; i < s->n_admissions; i++) {
		el_registrations_again(s->registrations, s->admissions[i].registration);
		refuse(w, s->admissions[i].net_index, s->admissions[i].net_id, EL_CODE_BUSY, 1);
	}
	s->n_admissions = 0;
}

static void
sms_tick(void *ctx, struct el_worker *w)
{
	struct sms *const s = ctx;

	el_registrations_expire(s->registrations, el_worker_now(w));
}

static int
sms_turn(void *ctx, struct el_worker *w)
{
	struct sms *const s = ctx;
	int fds[EL_SMS_AT_ONCE];
	size_t n = el_sms_gateway_fds(s->gateway, fds);

	for (size_t i = 0; i < n; i++)
		el_worker_unwatch(w, fds[i]);
	el_sms_gateway_step(s->gateway, el_clock_monotonic_ms());
	n = el_sms_gateway_fds(s->gateway, fds);
	for (size_t i = 0; i < n; i++)
		if (el_worker_watch(w, fds[i]) != EL_OK)
			break; /* the next tick sees its end */
	return EL_OK;
}

static void
sms_stop(void *ctx)
{
	struct sms *const s = ctx;

	el_sms_gateway_free(s->gateway);
	el_registrations_free(s->registrations);
}

int
el_issuer_sms_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = { .start = sms_start, .link_up = sms_link_up, .message = sms_message,
		.turn = sms_turn, .tick = sms_tick, .stop = sms_stop };
	static struct sms sms;

	memset(&sms, 0, sizeof sms);
	sms.conf = conf;
	return el_worker_run(child, &ops, &sms);
}
