#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "proc/control.h"
#include "registry/messages.h"
#include "registry/outbox.h"
#include "registry/purge.h"
#include "registry/registry.h"
#include "registry/roles.h"

/*
 * The core process: the only one with store keys, the daybook and the tables.  It decides in the order of
 * arrival and answers a whole turn at once, after one append an epoch.
 */

struct from {
	unsigned kind, index;
	uint64_t id;
};

struct waiting_order {
	struct from from;
	struct el_visits_job *job;
};

struct core {
	const struct el_registry_conf *conf;
	struct el_registry *g;
	struct el_msg_checkins *checkins; /* scratch */
	struct el_msg_results *results; /* scratch */
	struct el_outbox outbox;
	struct waiting_order orders[EL_ORDERS_WAITING_MAX];
	size_t n_orders;
	int control_fd, wake_fd; /* wake_fd is always readable; watched while an order is at work */
	int64_t started_s;
	int failed; /* why the process must end; nothing leaves any more */
};

static void
fail(struct core *c, int r)
{
	if (c->failed == EL_OK) {
		c->failed = r;
		el_log(EL_EV_STORE_FAILED, r, 0);
	}
}

static void
answer(struct core *c, const struct from *from, uint16_t type)
{
	const int r = el_outbox_end(&c->outbox, from->kind, from->index, type, from->id);

	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, type); /* the client hears `busy` when its time is over */
}

static void
refuse(struct core *c, const struct from *from, enum el_code code, unsigned retry_after_s)
{
	struct el_msg_refused m = { code, retry_after_s };
	const int r = el_msg_refused_encode(&m, &c->outbox.bytes);

	(void)r; /* sticky: el_outbox_end() sees it */
	answer(c, from, EL_RM_REFUSED);
}

/* ---- Check-ins ---- */

static void
on_checkins(struct core *c, const struct from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_checkins *const in = c->checkins;
	struct el_msg_results *const out = c->results;
	struct el_scanner *scanner;
	unsigned retry_after_s;
	enum el_code code;
	int r;

	if (el_msg_checkins_parse(m->body, m->len, in) != EL_OK || (!in->is_batch && in->n != 1)) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	code = el_checkin_admit(c->g, &in->key, in->n, now_s, &scanner, &retry_after_s);
	if (code == EL_CODE_OK)
		code = in->verdict;
	out->n = code == EL_CODE_OK ? in->n : 0;
	out->is_batch = in->is_batch;
	for (size_t i = 0; i < out->n; i++)
		if ((r = el_checkin_decide(c->g, scanner, &in->items[i], now_s, &out->items[i])) != EL_OK) {
			fail(c, r);
			return;
		}
	if (code == EL_CODE_OK && !in->is_batch)
		code = out->items[0].code;
	if (code != EL_CODE_OK) {
		refuse(c, from, code, retry_after_s);
		return;
	}
	r = el_msg_results_encode(out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_RESULTS);
}

static void
on_who(struct core *c, const struct from *from, const struct el_msg *m)
{
	struct el_msg_scanner out = { .id = 0 };
	struct el_msg_who in;
	struct el_scanner *scanner;
	struct el_venue venue;
	enum el_code code;
	int r;

	if (el_msg_who_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	if ((code = el_scanners_find(c->g->scanners, &in.key, &scanner)) != EL_CODE_OK) {
		refuse(c, from, code, 0);
		return;
	}
	if ((r = el_registry_db_get_venue(c->g->db, scanner->venue, &venue)) != EL_OK) {
		fail(c, r);
		return;
	}
	out.id = scanner->id;
	out.venue = scanner->venue;
	memcpy(out.name, venue.name, sizeof out.name);
	r = el_msg_scanner_encode(&out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_SCANNER);
}

/* ---- Venues ---- */

static void
answer_venue(struct core *c, const struct from *from, struct el_msg_venue_is *out)
{
	const int r = el_msg_venue_is_encode(out, &c->outbox.bytes);

	(void)r;
	answer(c, from, EL_RM_VENUE_IS);
}

static void
on_venue_new(struct core *c, const struct from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_venue_is out = { .is_new = true };
	struct el_msg_venue_new in;
	unsigned retry_after_s;
	enum el_code code;

	if (el_msg_venue_new_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	code = el_venues_create(
	    &c->g->venues, in.name, in.business_number, in.address, now_s, &out.venue, out.owner_key, &retry_after_s);
	if (code == EL_CODE_OK)
		answer_venue(c, from, &out);
	else
		refuse(c, from, code, retry_after_s);
	el_secret_wipe(out.owner_key, sizeof out.owner_key);
}

static void
answer_counts(struct core *c, const struct from *from, uint32_t venue, int64_t now_s)
{
	struct el_msg_counts out = { .epoch = el_epoch_of(now_s, el_registry_day_offset(c->g)) };
	const int64_t start_s = el_epoch_start(out.epoch, el_registry_day_offset(c->g));
	int r;

	/* In memory only: a core that was replaced in the middle of the day begins again, and says since when. */
	out.since_s = c->started_s > start_s ? c->started_s : start_s;
	el_scanners_counts(c->g->scanners, venue, out.epoch, out.hours);
	r = el_msg_counts_encode(&out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_COUNTS);
}

static enum el_code
add_scanner(struct core *c, const struct from *from, uint32_t venue, int64_t now_s)
{
	struct el_msg_scanner_new out = { .id = 0 };
	const enum el_code code = el_venues_add_scanner(&c->g->venues, venue, now_s, &out.id, out.code, &out.expires_s);
	int r;

	if (code != EL_CODE_OK)
		return code;
	r = el_msg_scanner_new_encode(&out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_SCANNER_NEW);
	return EL_CODE_OK;
}

/* Counts are for that venue alone: its owner or one of its scanners. */
static bool
is_scanner_of(struct core *c, const uint8_t key[EL_KEY_LEN], uint32_t venue)
{
	struct el_scanner *scanner;
	struct el_hash hash;

	el_sha256(key, EL_KEY_LEN, &hash);
	return el_scanners_find(c->g->scanners, &hash, &scanner) != EL_CODE_UNAUTHORIZED && scanner->venue == venue;
}

static enum el_code
act_on_venue(struct core *c, const struct from *from, const struct el_msg_venue *in, int64_t now_s)
{
	const bool is_operator = el_service_is_operator(&c->conf->service, in->key, sizeof in->key);
	struct el_msg_venue_is out = { .is_new = false };
	enum el_venue_caller caller;
	enum el_code code;

	if (in->action == EL_VENUE_COUNTS && is_scanner_of(c, in->key, in->venue)) {
		answer_counts(c, from, in->venue, now_s);
		return EL_CODE_OK;
	}
	if ((code = el_venues_get(&c->g->venues, in->venue, in->key, is_operator, &out.venue, &caller)) != EL_CODE_OK)
		return code;
	switch (in->action) {
	case EL_VENUE_CHANGE:
		if ((code = el_venues_change(&c->g->venues, &out.venue, caller, &in->change)) != EL_CODE_OK)
			return code;
		answer_venue(c, from, &out);
		return EL_CODE_OK;
	case EL_VENUE_GET:
		answer_venue(c, from, &out);
		return EL_CODE_OK;
	case EL_VENUE_ADD_SCANNER:
		return add_scanner(c, from, in->venue, now_s);
	case EL_VENUE_REVOKE_SCANNER:
		if ((code = el_venues_revoke_scanner(&c->g->venues, in->venue, in->scanner)) == EL_CODE_OK)
			answer(c, from, EL_RM_DONE);
		return code;
	case EL_VENUE_COUNTS:
		if (caller != EL_CALLER_OWNER)
			return EL_CODE_FORBIDDEN;
		answer_counts(c, from, in->venue, now_s);
		return EL_CODE_OK;
	}
	return EL_CODE_INTERNAL;
}

static void
on_venue(struct core *c, const struct from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_venue in;
	enum el_code code;

	if (el_msg_venue_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	if ((code = act_on_venue(c, from, &in, now_s)) != EL_CODE_OK)
		refuse(c, from, code, 0);
	el_secret_wipe(&in, sizeof in);
}

static void
on_enrol(struct core *c, const struct from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_enrolled out = { .id = 0 };
	struct el_msg_enrol in;
	unsigned retry_after_s;
	enum el_code code;
	int r;

	if (el_msg_enrol_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	code = el_venues_enrol(&c->g->venues, in.code, in.address, now_s, &out.id, out.key, &retry_after_s);
	if (code == EL_CODE_OK) {
		r = el_msg_enrolled_encode(&out, &c->outbox.bytes);
		(void)r;
		answer(c, from, EL_RM_ENROLLED);
	} else {
		refuse(c, from, code, retry_after_s);
	}
	el_secret_wipe(&out, sizeof out);
	el_secret_wipe(&in, sizeof in);
}

/* ---- Orders ---- */

static void
begin_order(struct core *c, struct el_worker *w, const struct from *from, struct el_visits_call *call, int64_t now_s)
{
	struct el_visits_job *job = NULL;
	enum el_code code = EL_CODE_BUSY;

	if (c->n_orders < EL_ORDERS_WAITING_MAX && (c->n_orders > 0 || el_worker_watch(w, c->wake_fd) == EL_OK))
		code = el_visits_order_begin(c->g, call, now_s, &job);
	if (code == EL_CODE_OK)
		c->orders[c->n_orders++] = (struct waiting_order){ *from, job };
	else
		refuse(c, from, code, code == EL_CODE_BUSY ? 1 : 0);
	if (c->n_orders == 0)
		el_worker_unwatch(w, c->wake_fd);
}

static void
on_order(struct core *c, struct el_worker *w, const struct from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_visits_call *const call = calloc(1, sizeof *call);

	if (call == NULL) {
		refuse(c, from, EL_CODE_BUSY, 1);
		return;
	}
	if (el_msg_order_parse(m->body, m->len, call) == EL_OK)
		begin_order(c, w, from, call, now_s);
	else
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
	el_visits_call_wipe(call);
	free(call);
}

/* One step of the order at work; check-ins are taken between two of them. */
static void
step_order(struct core *c, struct el_worker *w)
{
	struct waiting_order *const o = &c->orders[0];
	uint8_t *sealed;
	enum el_code code;
	size_t len;
	bool done;
	int r;

	if ((r = el_visits_order_step(c->g, o->job, el_worker_now(w), &done, &code, &sealed, &len)) != EL_OK) {
		fail(c, r);
		return;
	}
	if (!done)
		return;
	if (code == EL_CODE_OK) {
		el_buf_put(&c->outbox.bytes, sealed, len);
		answer(c, &o->from, EL_RM_RELEASED);
	} else {
		refuse(c, &o->from, code, 0);
	}
	free(sealed);
	el_visits_job_free(o->job);
	memmove(c->orders, c->orders + 1, --c->n_orders * sizeof *c->orders);
	if (c->n_orders == 0)
		el_worker_unwatch(w, c->wake_fd);
}

/* ---- The process ---- */

static void
push_day(struct core *c, struct el_worker *w)
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
push_state(struct core *c, struct el_worker *w)
{
	struct el_service_state state;

	el_registry_state(c->g, el_worker_now(w), &state);
	el_service_push_state(w, EL_REGISTRY_NET, &state);
}

static int
core_start(void *ctx, struct el_worker *w)
{
	struct core *const c = ctx;
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
	return el_worker_watch(w, c->control_fd);
}

static void
core_link_up(void *ctx, struct el_worker *w, unsigned kind, unsigned index)
{
	(void)index;
	if (kind != EL_REGISTRY_NET)
		return;
	push_day(ctx, w);
	push_state(ctx, w);
}

static void
core_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	struct core *const c = ctx;
	const struct from from = { kind, index, m->id };
	const int64_t now_s = el_worker_now(w);

	if (c->failed != EL_OK)
		return;
	if (kind == EL_REGISTRY_CLOCK) {
		if (m->type == EL_MSG_PEER_TIME && m->len == 8)
			el_clock_guard_peer(&c->g->guard, now_s, (int64_t)el_get_u64(m->body));
		return;
	}
	if (!c->g->imported) {
		refuse(c, &from, EL_CODE_NOT_READY, 2);
		return;
	}
	switch (m->type) {
	case EL_RM_CHECKINS:
		on_checkins(c, &from, m, now_s);
		break;
	case EL_RM_WHO:
		on_who(c, &from, m);
		break;
	case EL_RM_VENUE_NEW:
		on_venue_new(c, &from, m, now_s);
		break;
	case EL_RM_VENUE:
		on_venue(c, &from, m, now_s);
		break;
	case EL_RM_ENROL:
		on_enrol(c, &from, m, now_s);
		break;
	case EL_RM_ORDER:
		on_order(c, w, &from, m, now_s);
		break;
	default:
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		break;
	}
	if (c->g->venues.failed)
		fail(c, EL_EIO);
}

static void
core_tick(void *ctx, struct el_worker *w)
{
	struct core *const c = ctx;
	bool changed;
	int r;

	if (c->failed != EL_OK)
		return;
	if ((r = el_registry_tick(c->g, el_worker_now(w), el_clock_monotonic_ms(), &changed)) != EL_OK) {
		fail(c, r);
		return;
	}
	if (changed)
		push_day(c, w);
	push_state(c, w);
}

static int
core_turn(void *ctx, struct el_worker *w)
{
	struct core *const c = ctx;
	int r;

	if (c->failed != EL_OK)
		return c->failed;
	if ((r = el_checkin_commit(c->g)) != EL_OK) {
		fail(c, r);
		return r;
	}
	el_outbox_send(&c->outbox, w);
	return EL_OK;
}

static void
core_reload(void *ctx, struct el_worker *w)
{
	struct core *const c = ctx;
	const int r = el_registry_reload(c->g, el_worker_now(w));

	el_log(r == EL_OK ? EL_EV_RELOADED : EL_EV_RELOAD_FAILED, r, 0);
	core_tick(ctx, w); /* the clock may be another */
	push_day(c, w);
}

struct control_call {
	struct core *core;
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
		fail(x->core, r);
	return r;
}

static void
core_readable(void *ctx, struct el_worker *w, int fd)
{
	struct core *const c = ctx;
	struct control_call x = { c, w };

	if (c->failed != EL_OK)
		return;
	if (fd == c->wake_fd) {
		if (c->n_orders > 0)
			step_order(c, w);
		return;
	}
	el_control_serve(fd, control, &x);
	push_day(c, w);
	push_state(c, w);
}

static void
core_stop(void *ctx)
{
	struct core *const c = ctx;

	for (size_t i = 0; i < c->n_orders; i++)
		el_visits_job_free(c->orders[i].job);
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
		.message = core_message,
		.turn = core_turn,
		.tick = core_tick,
		.reload = core_reload,
		.readable = core_readable,
		.stop = core_stop };
	struct core core = { .conf = conf, .control_fd = -1, .wake_fd = -1 };

	el_outbox_init(&core.outbox);
	return el_worker_run(child, &ops, &core);
}
