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

struct core {
	const struct el_authority_conf *conf;
	struct el_authority *a;
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

static void
on_partials(struct core *c, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct el_rd rd = el_rd_init(m->body, m->len);
	struct el_partials_call call;
	enum el_code code;
	char *text = NULL;
	uint8_t refused[2];
	int r;

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
	code = el_authority_partials(c->a, &call, el_worker_now(w), &text);
	el_put_u16(refused, (uint16_t)code);
	if (code == EL_CODE_OK)
		r = el_worker_put(w, kind, index, EL_AM_ANSWER, m->id, text, strlen(text));
	else
		r = el_worker_put(w, kind, index, EL_AM_REFUSED, m->id, refused, sizeof refused);
	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, m->type);
	free(text);
}

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct core *c = ctx;

	if (kind == EL_AUTHORITY_CLOCK && m->type == EL_MSG_PEER_TIME && m->len == 8)
		el_clock_guard_peer(&c->a->guard, el_worker_now(w), (int64_t)el_get_u64(m->body));
	else if (kind == EL_AUTHORITY_NET && m->type == EL_AM_PARTIALS)
		on_partials(c, w, kind, index, m);
	else
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
}

static void
core_tick(void *ctx, struct el_worker *w)
{
	struct core *c = ctx;

	tick(c, w);
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

	el_authority_close(c->a);
	if (c->control_fd >= 0)
		close(c->control_fd);
}

int
el_authority_core_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = { .start = core_start, .link_up = core_link_up, .message = core_message,
		.turn = core_turn, .tick = core_tick, .reload = core_reload, .readable = core_readable, .stop = core_stop };
	struct core c = { .conf = conf, .control_fd = -1 };

	return el_worker_run(child, &ops, &c);
}
