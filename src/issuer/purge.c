#include "issuer/purge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "entrylog/epoch.h"
#include "issuer/close_day.h"
#include "issuer/issuer_limits.h"
#include "issuer/notices.h"
#include "issuer/visitors.h"
#include "issuer/publish.h"
#include "proc/control.h"
#include "publog/publish.h"

#define EPOCHS_MAX 65536

/* Every epoch that has a key or files and whose time is over: one bit each. */
struct epochs {
	uint8_t due[EPOCHS_MAX / 8];
	size_t n;
	int64_t oldest_s; /* when the first of them became due */
	const struct el_issuer *s;
	int64_t now_s;
	bool keep_pairs; /* the next of the chain could not be written */
};

static void
note(struct epochs *x, el_epoch e)
{
	const int64_t due_s = el_epoch_destroy_at(e, el_issuer_day_offset(x->s));

	if (x->now_s < due_s || (x->due[e / 8] >> (e % 8) & 1) != 0)
		return;
	x->due[e / 8] |= (uint8_t)(1 << (e % 8));
	if (x->n++ == 0 || due_s < x->oldest_s)
		x->oldest_s = due_s;
}

static void
note_key(void *ctx, struct el_key_id id)
{
	if (id.kind == EL_KEY_ID || id.kind == EL_KEY_LIVE)
		note(ctx, id.epoch);
}

static int
find_due(struct el_issuer *s, int64_t now_s, struct epochs *out)
{
	el_epoch *on_disk;
	size_t n;
	int r;

	memset(out, 0, sizeof *out);
	out->s = s;
	out->now_s = now_s;
	if ((on_disk = malloc(EPOCHS_MAX * sizeof *on_disk)) == NULL)
		return EL_ENOMEM;
	el_keyring_each(s->keyring, note_key, out);
	if ((r = s->daybook->ops->epochs(s->daybook, on_disk, EPOCHS_MAX, &n)) == EL_OK)
		for (size_t i = 0; i < n && i < EPOCHS_MAX; i++)
			note(out, on_disk[i]);
	free(on_disk);
	return r;
}

int
el_issuer_due(struct el_issuer *s, int64_t now_s, size_t *n)
{
	struct epochs *const due = malloc(sizeof *due);
	int r = EL_ENOMEM;

	*n = 0;
	if (due != NULL && (r = find_due(s, now_s, due)) == EL_OK)
		*n = due->n;
	free(due);
	return r;
}

/* ---- Destroying ---- */

/* P-3: tickets and pair keys end with their day, the others with their epoch. */
static bool
key_is_due(void *ctx, struct el_key_id id)
{
	const struct epochs *const x = ctx;
	const uint32_t offset = el_issuer_day_offset(x->s);

	switch (id.kind) {
	case EL_KEY_TICKET:
		return x->now_s >= el_epoch_end(id.epoch, offset);
	case EL_KEY_PAIR:
		return x->now_s >= el_epoch_end(id.epoch, offset) && !x->keep_pairs;
	case EL_KEY_LIVE:
	case EL_KEY_ID:
		return x->now_s >= el_epoch_destroy_at(id.epoch, offset);
	default:
		return false;
	}
}

static int
purge_rows(struct el_issuer *s, int64_t now_s)
{
	const el_epoch today = el_issuer_keys_today(&s->keys, now_s);
	uint64_t n_gone;
	int r;

	if ((r = el_notices_purge(s, now_s)) != EL_OK)
		return r == EL_ESPACE ? EL_OK : r;
	if (s->rows_purged && s->purged_epoch == today) /* they end where an epoch ends */
		return EL_OK;
	if ((r = el_visitors_purge(s->db, now_s, &n_gone)) == EL_OK) {
		s->rows_purged = true;
		s->purged_epoch = today;
	}
	return r == EL_ESPACE ? EL_OK : r; /* the next tick tries again */
}

/* P-9: keys out of the keyring with a fresh KEK, then the files. */
static int
destroy(struct el_issuer *s, struct epochs *due, int64_t now_s, bool *changed)
{
	uint64_t n_rows;
	bool rewritten;
	size_t n_keys;
	int r;

	if ((r = el_keyring_destroy(s->keyring, key_is_due, due, &n_keys)) != EL_OK)
		return r;
	*changed = *changed || n_keys > 0;
	for (unsigned e = 0; due->n > 0 && e < EPOCHS_MAX; e++) {
		if ((due->due[e / 8] >> (e % 8) & 1) == 0)
			continue;
		if (s->daybook->ops->count(s->daybook, (el_epoch)e, &n_rows, &rewritten) != EL_OK)
			n_rows = 0;
		if ((r = s->daybook->ops->destroy(s->daybook, (el_epoch)e)) != EL_OK)
			return r;
		el_log(EL_EV_EPOCH_DESTROYED, EL_OK, e);
		el_publog_say_destroyed(s->publog, (el_epoch)e, n_rows, due->now_s);
	}
	return purge_rows(s, now_s);
}

/* The guard's word on what is due, told to the operators when it changes. */
static enum el_guard
ask_guard(struct el_issuer *s, int64_t now_s, int64_t mono_ms, const struct epochs *due)
{
	const enum el_guard said = el_clock_guard_step(&s->guard, now_s, mono_ms, due->n);

	if (said != EL_GUARD_ALLOW && !s->guard.logged)
		el_log(said == EL_GUARD_JUMPED ? EL_EV_CLOCK_JUMPED : EL_EV_CLOCK_UNCONFIRMED, EL_OK, due->n);
	s->guard.logged = said != EL_GUARD_ALLOW;
	if (due->n > 0 && said != EL_GUARD_ALLOW && now_s > due->oldest_s + EL_PURGE_LATE_S) {
		if (!s->late_said)
			el_log(EL_EV_PURGE_LATE, EL_OK, due->n);
		s->late_said = true;
	} else {
		s->late_said = false;
	}
	s->guard_said = said;
	return said;
}

static int
make_keys(struct el_issuer *s, int64_t now_s, bool *changed)
{
	int r;

	if (!s->imported && (r = el_issuer_keys_import(&s->keys, now_s)) != EL_OK)
		return r;
	s->imported = true;
	el_drawn_keep(s->drawn, el_issuer_keys_today(&s->keys, now_s));
	return el_issuer_keys_step(&s->keys, now_s, changed);
}

int
el_issuer_tick(struct el_issuer *s, int64_t now_s, int64_t mono_ms, bool *changed)
{
	struct epochs *due;
	bool closed;
	int r;

	*changed = false;
	if ((r = el_issuer_commit(s)) != EL_OK)
		return r;
	if ((due = malloc(sizeof *due)) == NULL)
		return EL_ENOMEM;
	if ((r = find_due(s, now_s, due)) != EL_OK || ask_guard(s, now_s, mono_ms, due) == EL_GUARD_UNCONFIRMED)
		goto out;
	/* First make, then destroy: the next K_pair comes from one that may be due itself. */
	if ((r = make_keys(s, now_s, changed)) != EL_OK && r != EL_ESPACE)
		goto out;
	due->keep_pairs = r == EL_ESPACE; /* on a full disk destroying is what makes space */
	/*
	 * A clock that has jumped destroys nothing.  Closing a day loses no row, so it waits for nobody as long as
	 * no epoch is due: the order of arrival must not outlive its day because of a clock.
	 */
	if (s->guard_said == EL_GUARD_ALLOW || due->n == 0) {
		if ((r = el_close_days(s, now_s, &closed)) != EL_OK && r != EL_ESPACE)
			goto out;
		*changed = *changed || closed;
		if ((r = el_notices_show(s, now_s)) != EL_OK && r != EL_ESPACE)
			goto out;
	}
	if (s->guard_said == EL_GUARD_ALLOW)
		r = destroy(s, due, now_s, changed);
	if (r == EL_OK)
		r = el_issuer_publish(s, now_s);
	s->due = s->guard_said == EL_GUARD_ALLOW ? 0 : due->n;
out:
	if (r == EL_ESPACE) { /* nothing is lost: the next tick tries again */
		s->was_full = true;
		r = EL_OK;
	}
	el_keyring_reserve(s->keyring);
	free(due);
	return r;
}

void
el_issuer_state(struct el_issuer *s, int64_t now_s, struct el_service_state *out)
{
	const el_epoch today = el_issuer_keys_today(&s->keys, now_s);
	const struct el_issuer_counters *const c = &s->counters;
	struct el_publog_counts log;
	uint8_t key[EL_KEY_LEN];

	memset(out, 0, sizeof *out);
	out->serving = s->imported && s->guard_said != EL_GUARD_UNCONFIRMED;
	out->store_ok = true; /* a store that failed ends the process */
	/* A jump holds back nothing as long as no epoch is due. */
	out->clock_ok = s->guard_said == EL_GUARD_ALLOW || (s->guard_said == EL_GUARD_JUMPED && s->due == 0);
	out->keys_ok = el_issuer_keys_ticket(&s->keys, today, key) == EL_OK &&
	    el_issuer_keys_token(&s->keys, today, key) == EL_OK && el_bundle_epoch(s->trust.bundle, today) != NULL;
	el_secret_wipe(key, sizeof key);
	out->purge_on_time = !s->late_said;
	for (unsigned e = today; e <= UINT16_MAX && el_bundle_epoch(s->trust.bundle, (el_epoch)e) != NULL; e++)
		out->key_days++;
	out->counters[0] = c->registered;
	out->counters[1] = c->withdrawn;
	out->counters[2] = c->tickets;
	out->counters[3] = c->tickets_refused;
	out->counters[4] = c->orders_answered;
	out->counters[5] = c->orders_refused;
	out->counters[6] = c->people_named;
	out->counters[7] = c->boxes_answered;
	out->counters[8] = c->notices_delivered;
	el_publog_counts(s->publog, &log);
	out->counters[9] = log.pending;
	out->counters[10] = log.failed;
}

/* ---- The control socket ---- */

static void
say(struct el_buf *out, const char *format, ...)
{
	char line[160];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	el_buf_put_text(out, line);
}

static int
purge_now(struct el_issuer *s, int64_t now_s, int64_t mono_ms, struct el_buf *out)
{
	size_t before, after;
	bool changed;
	int r;

	if ((r = el_issuer_due(s, now_s, &before)) != EL_OK || (r = el_issuer_tick(s, now_s, mono_ms, &changed)) != EL_OK ||
	    (r = el_issuer_due(s, now_s, &after)) != EL_OK)
		return r;
	if (s->guard_said != EL_GUARD_ALLOW) {
		say(out, "%zu days are due, but the clock is not to be believed until it is confirmed\n", after);
		return EL_ESTATE;
	}
	say(out, "%zu days destroyed\n", before - after);
	return EL_OK;
}

static int
status(struct el_issuer *s, int64_t now_s, struct el_buf *out)
{
	static const char *const guard[] = { "believed", "jumped", "unconfirmed" };
	struct el_service_state state;
	el_epoch *epochs;
	size_t n, due;
	int r;

	if ((epochs = malloc(EPOCHS_MAX * sizeof *epochs)) == NULL)
		return EL_ENOMEM;
	el_issuer_state(s, now_s, &state);
	if ((r = s->daybook->ops->epochs(s->daybook, epochs, EPOCHS_MAX, &n)) == EL_OK &&
	    (r = el_issuer_due(s, now_s, &due)) == EL_OK) {
		say(out, "epoch = %u\n", el_issuer_keys_today(&s->keys, now_s));
		say(out, "serving = %s\nclock = %s\nkeys = %s\n", state.serving ? "yes" : "no", guard[s->guard_said],
		    state.keys_ok ? "yes" : "no");
		say(out, "days_stored = %zu\ndays_due = %zu\nkey_days = %u\n", n, due, state.key_days);
		say(out, "tickets = %llu\n", (unsigned long long)s->counters.tickets);
	}
	free(epochs);
	return r;
}

int
el_issuer_control(struct el_issuer *s, uint8_t verb, size_t body_len, int64_t now_s, int64_t mono_ms,
    struct el_buf *out)
{
	if (body_len != 0)
		return EL_EFORMAT;
	switch (verb) {
	case EL_CTL_CONFIRM_CLOCK:
		el_clock_guard_confirm(&s->guard);
		s->rows_purged = s->notices_purged = s->notices_shown = false;
		el_log(EL_EV_CLOCK_CONFIRMED, EL_OK, 0);
		return purge_now(s, now_s, mono_ms, out);
	case EL_CTL_PURGE:
		return purge_now(s, now_s, mono_ms, out);
	case EL_CTL_STATUS:
		return status(s, now_s, out);
	default:
		return EL_EFORMAT;
	}
}
