#include "issuer/core_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "issuer/close_day.h"
#include "issuer/purge.h"
#include "issuer/roles.h"
#include "proc/control.h"
#include "publog/publish.h"

/* The life of the core process, and what it pushes to the others. */

void
el_issuer_core_fail(struct el_issuer_core *c, int r)
{
	if (c->failed == EL_OK) {
		c->failed = r;
		el_log(EL_EV_STORE_FAILED, r, 0);
	}
}

void
el_issuer_core_answer(struct el_issuer_core *c, const struct el_from *from, uint16_t type)
{
	const int r = el_outbox_end(&c->outbox, from->kind, from->index, type, from->id);

	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, type); /* the client hears `busy` when its time is over */
}

void
el_issuer_core_refuse(struct el_issuer_core *c, const struct el_from *from, enum el_code code)
{
	struct el_msg_refused m = { code, 0 };
	int r;

	if (code == EL_CODE_BUSY || code == EL_CODE_NOT_READY)
		m.retry_after_s = 2;
	else if (code == EL_CODE_LOG_UNAVAILABLE)
		m.retry_after_s = 5;
	else if (code == EL_CODE_RATE_LIMITED)
		m.retry_after_s = 3600; /* the next day, at the latest */
	r = el_msg_refused_encode(&m, &c->outbox.bytes);
	(void)r; /* sticky: el_outbox_end() sees it */
	el_issuer_core_answer(c, from, EL_IM_REFUSED);
}

void
el_issuer_core_not_written(struct el_issuer_core *c, const struct el_from *from, int r)
{
	if (r == EL_ESPACE)
		el_issuer_core_refuse(c, from, EL_CODE_BUSY);
	else
		el_issuer_core_fail(c, r);
}

void
el_issuer_core_misbehaved(const struct el_msg *m)
{
	el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
}

/* ---- What the others hold ---- */

static void
fill_days(const struct el_issuer_core *c, int64_t now_s, struct el_signer_days *out)
{
	const struct el_issuer_keys *const keys = &c->s->keys;
	const el_epoch today = el_issuer_keys_today(keys, now_s), tomorrow = el_issuer_keys_tomorrow(keys, now_s);

	out->day_offset = el_issuer_day_offset(c->s);
	for (unsigned e = today; e <= tomorrow; e++) {
		const struct el_epoch_keys *const epoch = el_bundle_epoch(c->s->trust.bundle, (el_epoch)e);
		struct el_signer_day *const d = &out->days[out->n];

		if (epoch == NULL || el_issuer_keys_ticket(keys, (el_epoch)e, d->ticket_key) != EL_OK ||
		    el_issuer_keys_token(keys, (el_epoch)e, d->token_key) != EL_OK)
			continue;
		d->epoch = (el_epoch)e;
		d->links_key = epoch->links[0];
		out->n++;
	}
}

static void
push_days(struct el_issuer_core *c, struct el_worker *w)
{
	struct el_signer_days days = { .n = 0 };
	struct el_buf body;

	el_buf_init(&body, EL_MSG_MAX);
	fill_days(c, el_worker_now(w), &days);
	if (el_msg_days_encode(&days, &body) == EL_OK)
		el_worker_put_all(w, EL_ISSUER_SIGNER, EL_IM_DAYS, body.p, body.len);
	el_buf_wipe(&body);
	el_secret_wipe(&days, sizeof days);
}

static void
push_public(struct el_issuer_core *c, struct el_worker *w)
{
	struct el_msg_public m = { .day_offset = el_issuer_day_offset(c->s), .consent = c->s->trust.policy->consent };
	json_t *const directory = el_document_to_json(&c->s->trust.directory_doc);
	struct el_buf body;

	el_buf_init(&body, EL_MSG_MAX);
	m.directory = directory != NULL ? (uint8_t *)json_dumps(directory, JSON_COMPACT) : NULL;
	m.directory_len = m.directory != NULL ? strlen((const char *)m.directory) : 0;
	if (m.directory != NULL && el_msg_public_encode(&m, &body) == EL_OK)
		el_worker_put_all(w, EL_ISSUER_NET, EL_IM_PUBLIC, body.p, body.len);
	json_decref(directory);
	el_buf_wipe(&body);
	el_msg_public_wipe(&m);
}

static void
push_state(struct el_issuer_core *c, struct el_worker *w)
{
	struct el_service_state state;

	el_issuer_state(c->s, el_worker_now(w), &state);
	el_service_push_state(w, EL_ISSUER_NET, &state);
}

/* ---- The process ---- */

static int
core_start(void *ctx, struct el_worker *w)
{
	struct el_issuer_core *const c = ctx;
	const int64_t now_s = el_worker_now(w);
	char path[512];
	bool changed;
	int r;

	if ((r = el_issuer_open(c->conf, now_s, &c->s)) != EL_OK)
		return r;
	c->s->has_indexer = true;
	if ((r = el_issuer_tick(c->s, now_s, el_clock_monotonic_ms(), &changed)) != EL_OK ||
	    (r = el_path_join(path, sizeof path, c->conf->service.data_dir, "control")) != EL_OK ||
	    (r = el_control_listen(path, &c->control_fd)) != EL_OK)
		return r;
	c->jobs = (struct el_jobs){
		.daybook = c->s->daybook, .indexer_kind = EL_ISSUER_INDEXER, .secret = el_close_day_secret, .ctx = c->s
	};
	return el_worker_watch(w, c->control_fd);
}

/* ---- The public log ---- */

static void
push_witnesses(struct el_issuer_core *c, struct el_worker *w)
{
	struct el_log_witnesses witnesses;

	el_publog_witnesses_of(c->s->trust.policy, &witnesses);
	el_publog_set_witnesses(c->s->publog, w, &witnesses);
}

static void
core_link_down(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct el_issuer_core *const c = ctx;
	uint64_t id;
	int r;

	(void)index;
	if (kind != EL_ISSUER_LOG)
		return;
	if ((r = el_publog_link_down(c->s->publog)) != EL_OK)
		el_issuer_core_fail(c, r);
	while (el_publog_take_failed(c->s->publog, &id))
		el_issuer_core_on_log_word(c, id, EL_ECLOSED, NULL, el_worker_now(w));
}

static void
log_link_up(struct el_issuer_core *c, struct el_worker *w)
{
	const int r = el_publog_link_up(c->s->publog, w);
	uint64_t id;

	if (r != EL_OK)
		el_issuer_core_fail(c, r);
	while (el_publog_take_failed(c->s->publog, &id))
		el_issuer_core_on_log_word(c, id, EL_ECLOSED, NULL, el_worker_now(w));
	push_witnesses(c, w);
}

static void
on_log_message(struct el_issuer_core *c, struct el_worker *w, const struct el_msg *m)
{
	struct el_publog_word word;
	int r = el_publog_done(c->s->publog, m, &word);

	if (r == EL_OK) {
		el_issuer_core_on_log_word(c, word.id, word.result, &word.proof, el_worker_now(w));
		el_log_proof_wipe(&word.proof);
	}
	if (r == EL_OK || r == EL_ENOTFOUND)
		r = el_publog_next(c->s->publog, w);
	if (r != EL_OK)
		el_issuer_core_fail(c, r);
}

static void
core_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct el_issuer_core *const c = ctx;

	(void)index;
	if (kind == EL_ISSUER_INDEXER)
		el_jobs_link_up(&c->jobs, w);
	if (kind == EL_ISSUER_LOG)
		log_link_up(c, w);
	if (kind == EL_ISSUER_SIGNER)
		push_days(ctx, w);
	if (kind != EL_ISSUER_NET)
		return;
	push_public(ctx, w);
	push_state(ctx, w);
}

static void core_tick(void *ctx, struct el_worker *w);

/* The indexer has done something.  A day that it has rewritten is closed at once: its K_live must go. */
static void
on_job_done(struct el_issuer_core *c, struct el_worker *w, const struct el_msg *m)
{
	struct el_job job;
	bool finished;
	int r;

	if ((r = el_jobs_done(&c->jobs, m, &finished, &job)) != EL_OK)
		el_issuer_core_fail(c, r);
	else if (finished && job.kind != EL_JOB_REMOVE)
		core_tick(c, w); /* an index has the root of its day, which goes to the log at once */
	else
		el_jobs_next(&c->jobs, w);
}

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct el_issuer_core *const c = ctx;
	const struct el_from from = { kind, index, m->id };
	const int64_t now_s = el_worker_now(w);

	if (c->failed != EL_OK)
		return;
	if (kind == EL_ISSUER_INDEXER) {
		on_job_done(c, w, m);
	} else if (kind == EL_ISSUER_LOG) {
		on_log_message(c, w, m);
	} else if (kind == EL_ISSUER_CLOCK) {
		if (m->type == EL_MSG_PEER_TIME && m->len == 8)
			el_clock_guard_peer(&c->s->guard, now_s, (int64_t)el_get_u64(m->body));
	} else if (!c->s->imported) {
		el_issuer_core_refuse(c, &from, EL_CODE_NOT_READY);
	} else if (kind == EL_ISSUER_SMS && m->type == EL_IM_ADMIT) {
		el_issuer_core_on_admit(c, &from, m, now_s);
	} else if (kind == EL_ISSUER_NET && m->type == EL_IM_DAY) {
		el_issuer_core_on_day(c, &from, m, now_s);
	} else if (kind == EL_ISSUER_NET && m->type == EL_IM_VISITOR) {
		el_issuer_core_on_visitor(c, &from, m, now_s);
	} else if (kind == EL_ISSUER_NET && m->type == EL_IM_IDENTITIES) {
		el_issuer_core_on_identities(c, w, &from, m, now_s);
	} else if (kind == EL_ISSUER_NET && m->type == EL_IM_TRACES) {
		el_issuer_core_on_traces(c, w, &from, m, now_s);
	} else {
		el_issuer_core_misbehaved(m);
	}
}

static void
core_tick(void *ctx, struct el_worker *w)
{
	struct el_issuer_core *const c = ctx;
	bool changed;
	int r;

	if (c->failed != EL_OK)
		return;
	/* A second without a refusal: the next full disk is told again. */
	if (!c->s->was_full)
		c->full_said = false;
	c->s->was_full = false;
	if ((r = el_issuer_tick(c->s, el_worker_now(w), el_clock_monotonic_ms(), &changed)) != EL_OK) {
		el_issuer_core_fail(c, r);
		return;
	}
	if (changed)
		push_days(c, w);
	push_state(c, w);
	el_issuer_core_give_up_waiting(c, el_worker_now(w));
	el_jobs_next(&c->jobs, w);
	if ((r = el_publog_next(c->s->publog, w)) != EL_OK)
		el_issuer_core_fail(c, r);
}

static void
say_full(struct el_issuer_core *c)
{
	if (!c->full_said)
		el_log(EL_EV_DISK_FULL, EL_ESPACE, 0);
	c->full_said = true;
}

/* Rows of this turn found no space: whoever was given a ticket hears `busy` instead. */
static void
refuse_full(struct el_issuer_core *c)
{
	struct el_msg_refused m = { EL_CODE_BUSY, 2 };
	struct el_buf body;

	el_buf_init(&body, 64);
	if (el_msg_refused_encode(&m, &body) == EL_OK)
		el_outbox_replace(&c->outbox, EL_IM_TICKET, EL_IM_REFUSED, body.p, body.len);
	else
		el_issuer_core_fail(c, EL_ENOMEM);
	el_buf_wipe(&body);
	c->s->is_full = false;
}

static int
core_turn(void *ctx, struct el_worker *w)
{
	struct el_issuer_core *const c = ctx;
	int r;

	if (c->failed != EL_OK)
		return c->failed;
	if ((r = el_issuer_commit(c->s)) != EL_OK) {
		el_issuer_core_fail(c, r);
		return r;
	}
	if (c->s->was_full)
		say_full(c);
	if (c->s->is_full)
		refuse_full(c);
	if (c->failed != EL_OK)
		return c->failed;
	el_outbox_send(&c->outbox, w);
	return EL_OK;
}

static void
core_reload(void *ctx, struct el_worker *w)
{
	struct el_issuer_core *const c = ctx;
	int r;

	if (c->failed != EL_OK)
		return;
	r = el_issuer_reload(c->s, el_worker_now(w));
	el_log(r == EL_OK ? EL_EV_RELOADED : EL_EV_RELOAD_FAILED, r, 0);
	core_tick(ctx, w); /* the clock may be another */
	push_days(c, w);
	push_public(c, w);
	push_witnesses(c, w);
}

struct control_call {
	struct el_issuer_core *core;
	struct el_worker *worker;
};

static int
control(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out)
{
	struct control_call *const x = ctx;
	int r;

	(void)body;
	r = el_issuer_control(x->core->s, verb, len, el_worker_now(x->worker), el_clock_monotonic_ms(), out);
	if (r == EL_EIO || r == EL_ENOMEM)
		el_issuer_core_fail(x->core, r);
	return r;
}

static void
core_readable(void *ctx, struct el_worker *w, int fd)
{
	struct el_issuer_core *const c = ctx;
	struct control_call x = { c, w };

	if (c->failed != EL_OK)
		return;
	el_control_serve(fd, control, &x);
	push_days(c, w);
	push_state(c, w);
}

static void
core_stop(void *ctx)
{
	struct el_issuer_core *const c = ctx;

	for (size_t i = 0; i < c->n_waiting; i++) {
		el_held_free(c->waiting[i].held);
		el_notice_batch_free(c->waiting[i].batch);
	}
	el_outbox_wipe(&c->outbox);
	el_issuer_close(c->s);
	if (c->control_fd >= 0)
		close(c->control_fd);
}

int
el_issuer_core_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = { .start = core_start,
		.link_up = core_link_up,
		.link_down = core_link_down,
		.message = core_message,
		.turn = core_turn,
		.tick = core_tick,
		.reload = core_reload,
		.readable = core_readable,
		.stop = core_stop,
		.spacing_us = EL_COMMIT_SPACING_US };
	struct el_issuer_core core = { .conf = conf, .control_fd = -1 };

	el_outbox_init(&core.outbox);
	return el_worker_run(child, &ops, &core);
}
