#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event_log.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "registry/checkin.h"
#include "registry/core_internal.h"

/* What net asks of core. */

void
el_core_fail(struct el_core *c, int r)
{
	if (c->failed == EL_OK) {
		c->failed = r;
		el_log(EL_EV_STORE_FAILED, r, 0);
	}
}

static void
answer(struct el_core *c, const struct el_from *from, uint16_t type)
{
	const int r = el_outbox_end(&c->outbox, from->kind, from->index, type, from->id);

	if (r != EL_OK)
		el_log(EL_EV_LINK_LOST, r, type); /* the client hears `busy` when its time is over */
}

void
el_core_refuse(struct el_core *c, const struct el_from *from, enum el_code code, unsigned retry_after_s)
{
	struct el_msg_refused m = { code, retry_after_s };
	const int r = el_msg_refused_encode(&m, &c->outbox.bytes);

	(void)r; /* sticky: el_outbox_end() sees it */
	answer(c, from, EL_RM_REFUSED);
}

/* ---- Check-ins ---- */

void
el_core_on_checkins(struct el_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
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
	code = el_checkin_admit(c->g, &in->key, m->type == EL_RM_OPENED ? 0 : in->n, now_s, &scanner, &retry_after_s);
	if (code == EL_CODE_OK)
		code = in->verdict;
	out->n = code == EL_CODE_OK ? in->n : 0;
	out->is_batch = in->is_batch;
	for (size_t i = 0; i < out->n; i++)
		if ((r = el_checkin_decide(c->g, scanner, &in->items[i], now_s, &out->items[i])) != EL_OK) {
			el_core_fail(c, r);
			return;
		}
	if (code == EL_CODE_OK && !in->is_batch)
		code = out->items[0].code;
	if (code != EL_CODE_OK) {
		el_core_refuse(c, from, code, code == EL_CODE_BUSY ? EL_FULL_RETRY_S : retry_after_s);
		return;
	}
	r = el_msg_results_encode(out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_RESULTS);
}

void
el_core_on_who(struct el_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_scanner out = { .id = 0 };
	struct el_msg_who in;
	struct el_scanner *scanner;
	struct el_venue venue;
	unsigned retry_after_s;
	enum el_code code;
	int r;

	if (el_msg_who_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	code = el_checkin_admit(c->g, &in.key, in.n, now_s, &scanner, &retry_after_s);
	if (code != EL_CODE_OK && code != EL_CODE_SCANNER_PAUSED) {
		el_core_refuse(c, from, code, retry_after_s);
		return;
	}
	if ((r = el_registry_db_get_venue(c->g->db, scanner->venue, &venue)) != EL_OK) {
		el_core_fail(c, r);
		return;
	}
	out.id = scanner->id;
	out.venue = scanner->venue;
	out.active = code == EL_CODE_OK;
	memcpy(out.name, venue.name, sizeof out.name);
	r = el_msg_scanner_encode(&out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_SCANNER);
}

/* ---- Venues ---- */

static void
answer_venue(struct el_core *c, const struct el_from *from, struct el_msg_venue_is *out)
{
	const int r = el_msg_venue_is_encode(out, &c->outbox.bytes);

	(void)r;
	answer(c, from, EL_RM_VENUE_IS);
}

void
el_core_on_venue_new(struct el_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
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
		el_core_refuse(c, from, code, retry_after_s);
	el_secret_wipe(out.owner_key, sizeof out.owner_key);
}

static void
answer_counts(struct el_core *c, const struct el_from *from, uint32_t venue, int64_t now_s)
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
add_scanner(struct el_core *c, const struct el_from *from, const struct el_msg_venue *in, int64_t now_s)
{
	struct el_msg_scanner_new out = { .id = 0 };
	const enum el_code code =
	    el_venues_add_scanner(&c->g->venues, in->venue, in->name, now_s, &out.id, out.code, &out.expires_s);
	int r;

	if (code != EL_CODE_OK)
		return code;
	r = el_msg_scanner_new_encode(&out, &c->outbox.bytes);
	(void)r;
	answer(c, from, EL_RM_SCANNER_NEW);
	el_secret_wipe(&out, sizeof out);
	return EL_CODE_OK;
}

/* A list, or a change of one. */
static enum el_code
show_scanners(struct el_core *c, const struct el_from *from, const struct el_msg_venue *in, int64_t now_s)
{
	const struct el_scanner_change change = { in->has_name ? in->name : NULL, in->change.has_active,
		in->change.active };
	struct el_msg_scanners *const out = calloc(1, sizeof *out);
	enum el_code code;
	int r;

	if (out == NULL)
		return EL_CODE_BUSY;
	out->is_list = in->action == EL_VENUE_LIST_SCANNERS;
	out->list.n = 1;
	code = out->is_list ? el_venues_list_scanners(&c->g->venues, in->venue, now_s, &out->list) :
			      el_venues_change_scanner(
				  &c->g->venues, in->venue, in->scanner, &change, now_s, &out->list.items[0]);
	if (code == EL_CODE_OK) {
		r = el_msg_scanners_encode(out, &c->outbox.bytes);
		(void)r;
		answer(c, from, EL_RM_SCANNERS);
	}
	free(out);
	return code;
}

/* Counts are for that venue alone: its owner or one of its scanners. */
static bool
is_scanner_of(struct el_core *c, const uint8_t key[EL_KEY_LEN], uint32_t venue)
{
	struct el_scanner *scanner;
	struct el_hash hash;

	el_sha256(key, EL_KEY_LEN, &hash);
	return el_scanners_find(c->g->scanners, &hash, &scanner) != EL_CODE_UNAUTHORIZED && scanner->venue == venue;
}

/* Whether it writes. */
static bool
is_change(enum el_venue_action action)
{
	switch (action) {
	case EL_VENUE_CHANGE:
	case EL_VENUE_ADD_SCANNER:
	case EL_VENUE_CHANGE_SCANNER:
	case EL_VENUE_REVOKE_SCANNER:
		return true;
	case EL_VENUE_GET:
	case EL_VENUE_LIST_SCANNERS:
	case EL_VENUE_COUNTS:
		break;
	}
	return false;
}

static enum el_code
act_on_venue(struct el_core *c, const struct el_from *from, const struct el_msg_venue *in, int64_t now_s,
    unsigned *retry_after_s)
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
	if (caller == EL_CALLER_OWNER && is_change(in->action) &&
	    (code = el_venues_spend_change(&c->g->venues, in->venue, now_s, retry_after_s)) != EL_CODE_OK)
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
	case EL_VENUE_LIST_SCANNERS:
	case EL_VENUE_CHANGE_SCANNER:
		return show_scanners(c, from, in, now_s);
	case EL_VENUE_ADD_SCANNER:
		return add_scanner(c, from, in, now_s);
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

void
el_core_on_venue(struct el_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_msg_venue in;
	unsigned retry_after_s = 0;
	enum el_code code;

	if (el_msg_venue_parse(m->body, m->len, &in) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	if ((code = act_on_venue(c, from, &in, now_s, &retry_after_s)) != EL_CODE_OK)
		el_core_refuse(c, from, code, code == EL_CODE_BUSY ? EL_FULL_RETRY_S : retry_after_s);
	el_secret_wipe(&in, sizeof in);
}

void
el_core_on_enrol(struct el_core *c, const struct el_from *from, const struct el_msg *m, int64_t now_s)
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
		el_core_refuse(c, from, code, retry_after_s);
	}
	el_secret_wipe(&out, sizeof out);
	el_secret_wipe(&in, sizeof in);
}

/* ---- Orders ---- */

static void
begin_order(
    struct el_core *c, struct el_worker *w, const struct el_from *from, struct el_visits_call *call, int64_t now_s)
{
	struct el_visits_job *job = NULL;
	enum el_code code = EL_CODE_BUSY;

	if (c->n_orders < EL_ORDERS_WAITING_MAX)
		code = el_visits_order_begin(c->g, call, now_s, &job);
	if (code == EL_CODE_OK)
		c->orders[c->n_orders++] =
		    (struct el_waiting_order){ *from, job, NULL, 0, el_clock_monotonic_ms() + EL_ORDER_WAIT_S * 1000 };
	else
		el_core_refuse(c, from, code, code == EL_CODE_BUSY ? 1 : 0);
	el_core_wake_order(c, w);
}

void
el_core_on_order(
    struct el_core *c, struct el_worker *w, const struct el_from *from, const struct el_msg *m, int64_t now_s)
{
	struct el_visits_call *const call = calloc(1, sizeof *call);

	if (call == NULL) {
		el_core_refuse(c, from, EL_CODE_BUSY, 1);
		return;
	}
	if (el_msg_order_parse(m->body, m->len, call) == EL_OK)
		begin_order(c, w, from, call, now_s);
	else
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
	el_visits_call_wipe(call);
	free(call);
}

static void
end_order(struct el_core *c)
{
	el_visits_job_free(c->orders[0].job);
	el_held_free(c->orders[0].held);
	memmove(c->orders, c->orders + 1, --c->n_orders * sizeof *c->orders);
}

void
el_core_wake_order(struct el_core *c, struct el_worker *w)
{
	const int64_t now_ms = el_clock_monotonic_ms();
	int r;

	while (c->n_orders > 0 && now_ms > c->orders[0].until_ms) {
		el_core_refuse(c, &c->orders[0].from, c->orders[0].held != NULL ? EL_CODE_LOG_UNAVAILABLE : EL_CODE_BUSY,
		    EL_FULL_RETRY_S);
		end_order(c);
	}
	if (c->n_orders == 0)
		el_worker_unwatch(w, c->wake_fd); /* the last one may have run out of time while it was at work */
	else if (c->orders[0].held == NULL && (r = el_worker_watch(w, c->wake_fd)) != EL_OK && r != EL_EEXIST)
		el_log(EL_EV_LINK_LOST, r, 0); /* the next tick tries again */
}

/* P-7.1, 8: the entry first.  Where the log cannot be asked nothing is released, and check-ins go on. */
static void
ask_log(struct el_core *c, struct el_worker *w, struct el_waiting_order *o)
{
	const struct el_held *const h = o->held;
	int r;

	el_worker_unwatch(w, c->wake_fd);
	o->log_id = ++c->log_serial;
	if ((r = el_publog_ask(c->g->publog, w, o->log_id, h->entry, h->entry_len, h->roots, h->n_roots)) != EL_OK)
		el_core_on_log_word(c, w, o->log_id, r, NULL);
}

void
el_core_on_log_word(struct el_core *c, struct el_worker *w, uint64_t id, int result, const struct el_log_proof *proof)
{
	struct el_waiting_order *const o = &c->orders[0];
	uint8_t *sealed = NULL;
	size_t len;

	if (c->n_orders == 0 || o->held == NULL || o->log_id != id)
		return; /* its client has been refused */
	if (result == EL_OK)
		result = el_held_seal(o->held, "registry", proof, &sealed, &len);
	if (result == EL_OK) {
		el_buf_put(&c->outbox.bytes, sealed, len);
		answer(c, &o->from, EL_RM_RELEASED);
		el_visits_order_answered(c->g, o->held);
	} else {
		el_log(EL_EV_ORDER_REFUSED, result, (uint64_t)EL_CODE_LOG_UNAVAILABLE);
		el_core_refuse(c, &o->from, EL_CODE_LOG_UNAVAILABLE, EL_FULL_RETRY_S);
	}
	free(sealed);
	end_order(c);
	el_core_wake_order(c, w);
}

void
el_core_step_order(struct el_core *c, struct el_worker *w)
{
	struct el_waiting_order *const o = &c->orders[0];
	enum el_visits_progress progress;
	enum el_code code;
	int r;

	if (o->held != NULL)
		return;
	r = el_visits_order_step(c->g, o->job, el_worker_now(w), &progress, &code, &o->held);
	if (r != EL_OK) {
		el_core_fail(c, r);
		return;
	}
	if (progress == EL_VISITS_WAITING) {
		el_worker_unwatch(w, c->wake_fd);
		el_jobs_next(&c->jobs, w);
	}
	if (progress != EL_VISITS_DONE)
		return;
	if (code == EL_CODE_OK) {
		ask_log(c, w, o);
		return;
	}
	el_core_refuse(c, &o->from, code, code == EL_CODE_BUSY ? EL_FULL_RETRY_S : 0);
	end_order(c);
	if (c->n_orders == 0)
		el_worker_unwatch(w, c->wake_fd);
}
