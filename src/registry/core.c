#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "proc/control.h"
#include "publog/publish.h"
#include "registry/checkin.h"
#include "registry/core_internal.h"
#include "registry/leaves.h"
#include "registry/publish.h"
#include "registry/purge.h"
#include "registry/roles.h"

/* The life of the core process. */

static void
push_day(struct el_core *c, struct el_worker *w)
{
	const int64_t now_s = el_worker_now(w);
	struct el_msg_day day = { .day_offset = el_registry_day_offset(c->g),
		.late_limit = (uint32_t)c->conf->late_limit,
		.skew = (uint32_t)c->conf->skew };
	json_t *const directory = el_document_to_json(&c->g->trust.directory_doc);
	struct el_buf body;

	el_buf_init(&body, EL_MSG_MAX);
	day.n_keys = el_days_queue_keys(c->g->days, now_s, day.keys);
	day.directory = directory != NULL ? (uint8_t *)json_dumps(directory, JSON_COMPACT) : NULL;
	day.directory_len = day.directory != NULL ? strlen((const char *)day.directory) : 0;
	if (el_msg_day_encode(&day, &body) == EL_OK)
		el_worker_put_all(w, EL_REGISTRY_NET, EL_RM_DAY, body.p, body.len);
	json_decref(directory);
	el_buf_wipe(&body);
	el_msg_day_wipe(&day);
}

static void
push_state(struct el_core *c, struct el_worker *w)
{
	struct el_service_state state;

	el_registry_state(c->g, el_worker_now(w), &state);
	el_service_push_state(w, EL_REGISTRY_NET, &state);
}

static int
core_start(void *ctx, struct el_worker *w)
{
	struct el_core *const c = ctx;
	char path[512];
	bool changed;
	int r;

	c->started_s = el_worker_now(w);
	if ((c->checkins = calloc(1, sizeof *c->checkins)) == NULL ||
	    (c->results = calloc(1, sizeof *c->results)) == NULL)
		return EL_ENOMEM;
	if ((c->wake_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		return EL_EIO;
	if ((r = el_registry_open(c->conf, c->started_s, &c->g)) != EL_OK ||
	    (r = el_registry_tick(c->g, c->started_s, el_clock_monotonic_ms(), &changed)) != EL_OK ||
	    (r = el_path_join(path, sizeof path, c->conf->service.data_dir, "control")) != EL_OK ||
	    (r = el_control_listen(path, &c->control_fd)) != EL_OK)
		return r;
	c->jobs = (struct el_jobs){ .daybook = c->g->daybook, .indexer_kind = EL_REGISTRY_INDEXER,
		.secret = el_leaves_secret, .ctx = c->g };
	c->g->has_indexer = true;
	return el_worker_watch(w, c->control_fd);
}

/* ---- The public log ---- */

static void
say_failed_words(struct el_core *c, struct el_worker *w)
{
	uint64_t id;

	while (el_publog_take_failed(c->g->publog, &id))
		el_core_on_log_word(c, w, id, EL_ECLOSED, NULL);
}

static void
push_witnesses(struct el_core *c, struct el_worker *w)
{
	struct el_log_witnesses witnesses;

	el_publog_witnesses_of(c->g->trust.policy, &witnesses);
	el_publog_set_witnesses(c->g->publog, w, &witnesses);
}

static void
log_link_up(struct el_core *c, struct el_worker *w)
{
	const int r = el_publog_link_up(c->g->publog, w);

	if (r != EL_OK)
		el_core_fail(c, r);
	say_failed_words(c, w);
	push_witnesses(c, w);
}

static void
core_link_down(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct el_core *const c = ctx;
	int r;

	(void)index;
	if (kind != EL_REGISTRY_LOG)
		return;
	if ((r = el_publog_link_down(c->g->publog)) != EL_OK)
		el_core_fail(c, r);
	say_failed_words(c, w);
}

/* The log has published something: an order may have waited for the root of a segment. */
static void
on_log_message(struct el_core *c, struct el_worker *w, const struct el_msg *m)
{
	struct el_publog_word word;
	int r = el_publog_done(c->g->publog, m, &word);

	if (r == EL_OK) {
		el_core_on_log_word(c, w, word.id, word.result, &word.proof);
		el_log_proof_wipe(&word.proof);
	}
	if (r == EL_OK || r == EL_ENOTFOUND)
		r = el_publog_next(c->g->publog, w);
	if (r != EL_OK) {
		el_core_fail(c, r);
		return;
	}
	el_core_wake_order(c, w);
}

/* Roots that the indexer has just made go out at once: an order may wait for them. */
static void
publish(struct el_core *c, struct el_worker *w)
{
	int r;

	if ((r = el_registry_publish(c->g, el_worker_now(w))) != EL_OK || (r = el_publog_next(c->g->publog, w)) != EL_OK)
		el_core_fail(c, r);
}

static void
core_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	struct el_core *const c = ctx;

	(void)index;
	if (kind == EL_REGISTRY_INDEXER)
		el_jobs_link_up(&c->jobs, w);
	if (kind == EL_REGISTRY_LOG)
		log_link_up(c, w);
	if (kind != EL_REGISTRY_NET)
		return;
	push_day(c, w);
	push_state(c, w);
}

/* The indexer has done something: an order may have waited for it. */
static void
on_job_done(struct el_core *c, struct el_worker *w, const struct el_msg *m)
{
	bool finished;
	int r;

	if ((r = el_jobs_done(&c->jobs, m, &finished, NULL)) != EL_OK) {
		el_core_fail(c, r);
		return;
	}
	el_jobs_next(&c->jobs, w);
	if (finished) {
		publish(c, w);
		el_core_wake_order(c, w);
	}
}

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct el_core *const c = ctx;
	const struct el_from from = { kind, index, m->id };
	const int64_t now_s = el_worker_now(w);

	if (c->failed != EL_OK)
		return;
	if (kind == EL_REGISTRY_INDEXER) {
		on_job_done(c, w, m);
		return;
	}
	if (kind == EL_REGISTRY_LOG) {
		on_log_message(c, w, m);
		return;
	}
	if (kind == EL_REGISTRY_CLOCK) {
		if (m->type == EL_MSG_PEER_TIME && m->len == 8)
			el_clock_guard_peer(&c->g->guard, now_s, (int64_t)el_get_u64(m->body));
		return;
	}
	if (!c->g->imported) {
		el_core_refuse(c, &from, EL_CODE_NOT_READY, 2);
		return;
	}
	switch (m->type) {
	case EL_RM_CHECKINS:
	case EL_RM_OPENED:
		el_core_on_checkins(c, &from, m, now_s);
		break;
	case EL_RM_WHO:
		el_core_on_who(c, &from, m, now_s);
		break;
	case EL_RM_VENUE_NEW:
		el_core_on_venue_new(c, &from, m, now_s);
		break;
	case EL_RM_VENUE:
		el_core_on_venue(c, &from, m, now_s);
		break;
	case EL_RM_ENROL:
		el_core_on_enrol(c, &from, m, now_s);
		break;
	case EL_RM_ORDER:
		el_core_on_order(c, w, &from, m, now_s);
		break;
	default:
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		break;
	}
	if (c->g->venues.failed)
		el_core_fail(c, EL_EIO);
}

/* Whose check-ins come next: which scanner's line of the table that is is at random. */
static void
core_ahead(void *ctx, unsigned kind, const struct el_msg *m)
{
	const struct el_core *const c = ctx;
	struct el_hash key;

	if (kind == EL_REGISTRY_NET && (m->type == EL_RM_CHECKINS || m->type == EL_RM_OPENED) &&
	    el_msg_checkins_key(m->body, m->len, &key))
		el_scanners_prefetch(c->g->scanners, &key);
}

static void
core_tick(void *ctx, struct el_worker *w)
{
	struct el_core *const c = ctx;
	bool changed;
	int r;

	if (c->failed != EL_OK)
		return;
	/* A second without a refusal: the next full disk is told again. */
	if (!c->g->was_full)
		c->full_said = false;
	c->g->was_full = false;
	if ((r = el_registry_tick(c->g, el_worker_now(w), el_clock_monotonic_ms(), &changed)) != EL_OK) {
		el_core_fail(c, r);
		return;
	}
	if (changed)
		push_day(c, w);
	push_state(c, w);
	el_jobs_next(&c->jobs, w);
	if ((r = el_publog_next(c->g->publog, w)) != EL_OK)
		el_core_fail(c, r);
	el_core_wake_order(c, w);
}

static void
say_full(struct el_core *c)
{
	if (!c->full_said)
		el_log(EL_EV_DISK_FULL, EL_ESPACE, 0);
	c->full_said = true;
}

/* Rows of this turn found no space: whoever was told that they are recorded hears `busy` instead. */
static void
refuse_full(struct el_core *c)
{
	struct el_msg_refused m = { EL_CODE_BUSY, EL_FULL_RETRY_S };
	struct el_buf body;

	el_buf_init(&body, 64);
	if (el_msg_refused_encode(&m, &body) == EL_OK)
		el_outbox_replace(&c->outbox, EL_RM_RESULTS, EL_RM_REFUSED, body.p, body.len);
	else
		el_core_fail(c, EL_ENOMEM);
	el_buf_wipe(&body);
	c->g->is_full = false;
}

static int
core_turn(void *ctx, struct el_worker *w)
{
	struct el_core *const c = ctx;
	int r;

	if (c->failed != EL_OK)
		return c->failed;
	if ((r = el_checkin_commit(c->g)) != EL_OK) {
		el_core_fail(c, r);
		return r;
	}
	if (c->g->was_full)
		say_full(c);
	if (c->g->is_full)
		refuse_full(c);
	if (c->failed != EL_OK)
		return c->failed;
	el_outbox_send(&c->outbox, w);
	return EL_OK;
}

static void
core_reload(void *ctx, struct el_worker *w)
{
	struct el_core *const c = ctx;
	const int r = el_registry_reload(c->g, el_worker_now(w));

	el_log(r == EL_OK ? EL_EV_RELOADED : EL_EV_RELOAD_FAILED, r, 0);
	core_tick(ctx, w); /* the clock may be another */
	push_day(c, w);
	push_witnesses(c, w);
}

struct control_call {
	struct el_core *core;
	struct el_worker *worker;
};

static int
control(void *ctx, uint8_t verb, const uint8_t *body, size_t len, struct el_buf *out)
{
	struct control_call *const x = ctx;
	int r;

	(void)body;
	r = el_registry_control(x->core->g, verb, len, el_worker_now(x->worker), el_clock_monotonic_ms(), out);
	if (r == EL_EIO || r == EL_ENOMEM)
		el_core_fail(x->core, r);
	return r;
}

static void
core_readable(void *ctx, struct el_worker *w, int fd)
{
	struct el_core *const c = ctx;
	struct control_call x = { c, w };

	if (c->failed != EL_OK)
		return;
	if (fd == c->wake_fd) {
		if (c->n_orders > 0)
			el_core_step_order(c, w);
		return;
	}
	el_control_serve(fd, control, &x);
	push_day(c, w);
	push_state(c, w);
}

static void
core_stop(void *ctx)
{
	struct el_core *const c = ctx;

	for (size_t i = 0; i < c->n_orders; i++) {
		el_visits_job_free(c->orders[i].job);
		el_held_free(c->orders[i].held);
	}
	el_registry_close(c->g);
	el_outbox_wipe(&c->outbox);
	if (c->control_fd >= 0)
		close(c->control_fd);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	if (c->checkins != NULL)
		el_secret_wipe(c->checkins, sizeof *c->checkins);
	free(c->checkins);
	free(c->results);
}

int
el_registry_core_run(struct el_child *child, void *conf)
{
	static const struct el_worker_ops ops = { .start = core_start,
		.link_up = core_link_up,
		.link_down = core_link_down,
		.message = core_message,
		.ahead = core_ahead,
		.turn = core_turn,
		.tick = core_tick,
		.reload = core_reload,
		.readable = core_readable,
		.stop = core_stop,
		.spacing_us = EL_COMMIT_SPACING_US };
	struct el_core core = { .conf = conf, .control_fd = -1, .wake_fd = -1 };

	el_outbox_init(&core.outbox);
	return el_worker_run(child, &ops, &core);
}
