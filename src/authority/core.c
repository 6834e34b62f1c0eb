#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/authority.h"
#include "authority/roles.h"
#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "proc/control.h"

/* The core process: the only one with the report keys, or with a trustee's share. */

#define PARKED_MAX 8 /* requests are large */
#define PARKED_MS 30000 /* longer than a check of the witness process takes, shorter than a client waits */

/* A request for partials that the witness process has been asked about. */
struct parked {
	uint64_t ticket; /* 0: free */
	unsigned net; /* who waits */
	uint64_t id;
	int64_t until_ms;
	struct el_partials_asked asked;
};

struct core {
	const struct el_authority_conf *conf;
	struct el_authority *a;
	struct parked parked[PARKED_MAX];
	uint64_t last_ticket;
	int control_fd;
	int failed; /* why the process must end */
};

static void
put_document(struct el_buf *out, const struct el_document *d)
{
	json_t *j = el_document_to_json(d);
	char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;

	if (text != NULL)
		el_buf_put_blob(out, text, strlen(text));
	else
		out->err = EL_ENOMEM;
	free(text);
	json_decref(j);
}

static void
push_documents(struct core *c, struct el_worker *w)
{
	struct el_buf body;

	el_buf_init(&body, EL_MSG_MAX);
	put_document(&body, &c->a->trust->policy_doc);
	put_document(&body, &c->a->trust->bundle_doc);
	put_document(&body, &c->a->trust->directory_doc);
	if (body.err == EL_OK)
		el_worker_put_all(w, EL_AUTHORITY_NET, EL_AM_DOCUMENTS, body.p, body.len);
	el_buf_wipe(&body);
}

static void
push_state(struct core *c, struct el_worker *w)
{
	struct el_service_state state;

	el_authority_state(c->a, el_worker_now(w), &state);
	el_service_push_state(w, EL_AUTHORITY_NET, &state);
}

static void
tick(struct core *c, struct el_worker *w)
{
	const int r = el_authority_tick(c->a, el_worker_now(w), el_clock_monotonic_ms());

	if (r != EL_OK && c->failed == EL_OK) {
		c->failed = r;
		el_log(EL_EV_STORE_FAILED, r, 0);
	}
}

static int
core_start(void *ctx, struct el_worker *w)
{
	struct core *c = ctx;
	char path[512];
	int r;

	if ((r = el_authority_open(c->conf, el_worker_now(w), &c->a)) != EL_OK ||
	    (r = el_path_join(path, sizeof path, c->conf->service.data_dir, "control")) != EL_OK ||
	    (r = el_control_listen(path, &c->control_fd)) != EL_OK)
		return r;
	tick(c, w);
	return c->failed != EL_OK ? c->failed : el_worker_watch(w, c->control_fd);
}

static void
core_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	(void)index;
	if (kind != EL_AUTHORITY_NET)
		return;
	push_documents(ctx, w);
	push_state(ctx, w);
}

/* ---- Partials ---- */

static void
refuse(struct el_worker *w, unsigned net, uint64_t id, enum el_code code)
{
	uint8_t body[2];
	int r;

	el_put_u16(body, (uint16_t)code);
	if ((r = el_worker_put(w, EL_AUTHORITY_NET, net, EL_AM_REFUSED, id, body, sizeof body)) != EL_OK)
		el_log(EL_EV_LINK_LOST, r, EL_AM_REFUSED);
}

static void
unpark(struct parked *p)
{
	el_partials_asked_wipe(&p->asked);
	memset(p, 0, sizeof *p);
}

/* Nobody has vouched for these, and nobody will. */
static void
give_up(struct core *c, struct el_worker *w, int64_t now_ms)
{
	for (size_t i = 0; i < PARKED_MAX; i++) {
		struct parked *const p = &c->parked[i];

		if (p->ticket == 0 || p->until_ms > now_ms)
			continue;
		el_authority_refused(c->a, EL_CODE_LOG_UNAVAILABLE);
		refuse(w, p->net, p->id, EL_CODE_LOG_UNAVAILABLE);
		unpark(p);
	}
}

static int
ask_witness(struct core *c, struct el_worker *w, struct parked *p)
{
	const struct el_log_proof *const proof = &p->asked.request->proof;
	struct el_buf body;
	int r;

	p->ticket = ++c->last_ticket;
	p->until_ms = el_clock_monotonic_ms() + PARKED_MS;
	el_buf_init(&body, EL_NOTE_MAX + 64);
	el_buf_put_u8(&body, (uint8_t)p->asked.trustee);
	el_buf_put_blob(&body, p->asked.party, strlen(p->asked.party));
	el_buf_put_blob(&body, proof->checkpoint, proof->checkpoint_len);
	if ((r = body.err) == EL_OK)
		r = el_worker_put(w, EL_AUTHORITY_WITNESS, 0, EL_AM_VOUCH, p->ticket, body.p, body.len);
	el_buf_wipe(&body);
	return r;
}

static struct parked *
find_parked(struct core *c, uint64_t ticket)
{
	for (size_t i = 0; i < PARKED_MAX; i++)
		if (c->parked[i].ticket == ticket)
			return &c->parked[i];
	return NULL;
}

static int
read_vouched(const struct el_msg *m, struct el_vouched *out)
{
	static struct el_history history; /* large */
	struct el_rd rd = el_rd_init(m->body, m->len);

	memset(out, 0, sizeof *out);
	out->code = (enum el_code)el_rd_u16(&rd);
	out->line = el_rd_blob(&rd, EL_COSIGNATURE_MAX, &out->len);
	if (rd.err != EL_OK || (unsigned)out->code >= EL_CODE_MAX)
		return EL_EFORMAT;
	out->history = &history;
	return el_history_get(rd.p, rd.left, &history);
}

static void
on_vouched(struct core *c, struct el_worker *w, const struct el_msg *m)
{
	struct parked *const p = m->id != 0 ? find_parked(c, m->id) : NULL;
	enum el_code code = EL_CODE_INTERNAL;
	struct el_vouched said;
	char *text = NULL;
	int r;

	if (p == NULL)
		return; /* nobody waits any more */
	if (read_vouched(m, &said) == EL_OK)
		code = el_authority_partials_open(c->a, &p->asked, &said, el_worker_now(w), &text);
	else
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
	if (code != EL_CODE_OK)
		refuse(w, p->net, p->id, code);
	else if ((r = el_worker_put(w, EL_AUTHORITY_NET, p->net, EL_AM_ANSWER, p->id, text, strlen(text))) != EL_OK)
		el_log(EL_EV_LINK_LOST, r, m->type);
	free(text);
	unpark(p);
}

static void
on_partials(struct core *c, struct el_worker *w, unsigned index, const struct el_msg *m)
{
	struct parked *const p = find_parked(c, 0);
	struct el_rd rd = el_rd_init(m->body, m->len);
	struct el_partials_call call;
	enum el_code code;

	el_rd_bytes(&rd, call.key, sizeof call.key);
	el_rd_bytes(&rd, call.nonce, sizeof call.nonce);
	el_rd_bytes(&rd, call.sig, sizeof call.sig);
	call.time_s = el_rd_u64(&rd);
	call.len = rd.left;
	call.body = el_rd_view(&rd, rd.left);
	if (rd.err != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, rd.err, m->type);
		return;
	}
	if (p == NULL) {
		refuse(w, index, m->id, EL_CODE_BUSY);
		return;
	}
	if ((code = el_authority_partials_ask(c->a, &call, el_worker_now(w), &p->asked)) != EL_CODE_OK) {
		refuse(w, index, m->id, code);
		return;
	}
	p->net = index;
	p->id = m->id;
	if (ask_witness(c, w, p) != EL_OK) {
		el_authority_refused(c->a, EL_CODE_LOG_UNAVAILABLE);
		refuse(w, index, m->id, EL_CODE_LOG_UNAVAILABLE);
		unpark(p);
	}
}

/* ---- The process ---- */

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct core *c = ctx;

	if (kind == EL_AUTHORITY_CLOCK && m->type == EL_MSG_PEER_TIME && m->len == 8)
		el_clock_guard_peer(&c->a->guard, el_worker_now(w), (int64_t)el_get_u64(m->body));
	else if (kind == EL_AUTHORITY_NET && m->type == EL_AM_PARTIALS)
		on_partials(c, w, index, m);
	else if (kind == EL_AUTHORITY_WITNESS && m->type == EL_AM_VOUCHED)
		on_vouched(c, w, m);
	else
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
}

/* A witness process that is gone answers nothing; a net process that is gone, and its successor, wait for nothing. */
static void
core_link_down(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct core *c = ctx;

	if (kind == EL_AUTHORITY_WITNESS)
		give_up(c, w, INT64_MAX);
	for (size_t i = 0; kind == EL_AUTHORITY_NET && i < PARKED_MAX; i++)
		if (c->parked[i].ticket != 0 && c->parked[i].net == index)
			unpark(&c->parked[i]);
}

static void
core_tick(void *ctx, struct el_worker *w)
{
	struct core *c = ctx;

	tick(c, w);
	give_up(c, w, el_clock_monotonic_ms());
	push_state(c, w);
}

static int
core_turn(void *ctx, struct el_worker *w)
{
	(void)w;
	return ((struct core *)ctx)->failed;
}

static void
core_reload(void *ctx, struct el_worker *w)
{
	struct core *c = ctx;

	(void)!el_authority_reload(c->a, el_worker_now(w)); /* said there; the old documents stay */
	core_tick(c, w);
	push_documents(c, w);
}

struct control_call {
	struct core *core;
	struct el_worker *worker;
};

static int
control(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out)
{
	struct control_call *x = ctx;

	return el_authority_control(x->core->a, verb, body, len, el_worker_now(x->worker), el_clock_monotonic_ms(), out);
}

static void
core_readable(void *ctx, struct el_worker *w, int fd)
{
	struct control_call x = { ctx, w };

	el_control_serve(fd, control, &x);
	push_state(ctx, w);
}

static void
core_stop(void *ctx)
{
	struct core *c = ctx;

	for (size_t i = 0; i < PARKED_MAX; i++)
		unpark(&c->parked[i]);
	el_authority_close(c->a);
	if (c->control_fd >= 0)
		close(c->control_fd);
}

int
el_authority_core_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = { .start = core_start, .link_up = core_link_up,
		.link_down = core_link_down, .message = core_message,
		.turn = core_turn, .tick = core_tick, .reload = core_reload, .readable = core_readable, .stop = core_stop };
	struct core c = { .conf = conf, .control_fd = -1 };

	return el_worker_run(child, &ops, &c);
}
