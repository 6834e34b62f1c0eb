#include "registry/purge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event_log.h"
#include "entrylog/epoch.h"
#include "proc/control.h"
#include "publog/publish.h"
#include "registry/checkin.h"
#include "registry/publish.h"

#define EPOCHS_MAX 65536

/* Every epoch that has a key or files: one bit each. */
struct epochs {
	uint8_t due[EPOCHS_MAX / 8];
	size_t n;
	int64_t oldest_s; /* when the first of them became due */
	const struct el_registry *g;
	int64_t now_s;
};

static void
note(struct epochs *x, el_epoch e)
{
	const int64_t due_s = el_epoch_destroy_at(e, el_registry_day_offset(x->g));

	if (x->now_s < due_s || (x->due[e / 8] >> (e % 8) & 1) != 0)
		return;
	x->due[e / 8] |= (uint8_t)(1 << (e % 8));
	if (x->n++ == 0 || due_s < x->oldest_s)
		x->oldest_s = due_s;
}

static void
note_key(void *ctx, struct el_key_id id)
{
	if (id.kind == EL_KEY_VISIT)
		note(ctx, id.epoch);
}

static int
find_due(struct el_registry *g, int64_t now_s, struct epochs *out)
{
	el_epoch *on_disk;
	size_t n;
	int r;

	memset(out, 0, sizeof *out);
	out->g = g;
	out->now_s = now_s;
	if ((on_disk = malloc(EPOCHS_MAX * sizeof *on_disk)) == NULL)
		return EL_ENOMEM;
	el_keyring_each(g->keyring, note_key, out);
	if ((r = g->daybook->ops->epochs(g->daybook, on_disk, EPOCHS_MAX, &n)) == EL_OK)
		for (size_t i = 0; i < n && i < EPOCHS_MAX; i++)
			note(out, on_disk[i]);
	free(on_disk);
	return r;
}

int
el_purge_due(struct el_registry *g, int64_t now_s, size_t *n)
{
	struct epochs *const due = malloc(sizeof *due);
	int r = EL_ENOMEM;

	*n = 0;
	if (due != NULL && (r = find_due(g, now_s, due)) == EL_OK)
		*n = due->n;
	free(due);
	return r;
}

struct expiry {
	const struct el_registry *g;
	int64_t now_s;
	bool keep_pairs; /* the next of a chain could not be written */
};

static bool
key_is_due(void *ctx, struct el_key_id id)
{
	const struct expiry *const x = ctx;

	return el_days_is_due(x->g->days, id, x->now_s) && !(x->keep_pairs && id.kind == EL_KEY_PAIR);
}

/* P-9: keys out of the keyring with a fresh KEK, then the files. */
static int
destroy(struct el_registry *g, const struct epochs *due, int64_t now_s, bool keep_pairs)
{
	struct expiry x = { g, now_s, keep_pairs };
	uint64_t n_rows;
	bool rewritten;
	size_t n_keys;
	int r;

	if ((r = el_keyring_destroy(g->keyring, key_is_due, &x, &n_keys)) != EL_OK)
		return r;
	if (n_keys > 0)
		el_days_forget(g->days);
	for (unsigned e = 0; due->n > 0 && e < EPOCHS_MAX; e++) {
		if ((due->due[e / 8] >> (e % 8) & 1) == 0)
			continue;
		if (g->daybook->ops->count(g->daybook, (el_epoch)e, &n_rows, &rewritten) != EL_OK)
			n_rows = 0;
		if ((r = g->daybook->ops->destroy(g->daybook, (el_epoch)e)) != EL_OK)
			return r;
		el_log(EL_EV_EPOCH_DESTROYED, EL_OK, e);
		el_publog_say_destroyed(g->publog, (el_epoch)e, n_rows, now_s);
	}
	return EL_OK;
}

/* The guard's word on what is due, told to the operators when it changes. */
static enum el_guard
ask_guard(struct el_registry *g, int64_t now_s, int64_t mono_ms, const struct epochs *due)
{
	const enum el_guard said = el_clock_guard_step(&g->guard, now_s, mono_ms, due->n);

	if (said != EL_GUARD_ALLOW && !g->guard.logged)
		el_log(said == EL_GUARD_JUMPED ? EL_EV_CLOCK_JUMPED : EL_EV_CLOCK_UNCONFIRMED, EL_OK, due->n);
	g->guard.logged = said != EL_GUARD_ALLOW;
	if (due->n > 0 && said != EL_GUARD_ALLOW && now_s > due->oldest_s + EL_PURGE_LATE_S) {
		if (!g->late_said)
			el_log(EL_EV_PURGE_LATE, EL_OK, due->n);
		g->late_said = true;
	} else
		g->late_said = false;
	g->guard_said = said;
	return said;
}

static int
make_keys(struct el_registry *g, int64_t now_s, bool *changed)
{
	int r;

	if (!g->imported && (r = el_days_import(g->days, now_s)) != EL_OK)
		return r;
	g->imported = true;
	return el_days_step(g->days, now_s, changed);
}

/*
 * The tokens seen, of exactly the epochs that can arrive; whole, where a token can still be shown at a door (P-6).
 */
static int
keep_seen(struct el_registry *g, int64_t now_s)
{
	const el_epoch first = el_days_first(g->days, now_s), last = el_days_last(g->days, now_s);
	const uint32_t offset = el_registry_day_offset(g);
	int r;

	el_seen_keep(g->seen, first, last);
	for (unsigned e = first; e <= last; e++) {
		const bool is_live = now_s < el_epoch_end((el_epoch)e, offset) + EL_TOKEN_GRACE_S + EL_LIVE_S;

		if ((r = el_seen_load(g->seen, g->daybook, (el_epoch)e, is_live)) != EL_OK ||
		    (!is_live && (r = el_seen_shrink(g->seen, g->daybook, (el_epoch)e)) != EL_OK))
			return r;
	}
	return EL_OK;
}

int
el_registry_tick(struct el_registry *g, int64_t now_s, int64_t mono_ms, bool *changed)
{
	struct epochs *due;
	bool again;
	int r;

	*changed = false;
	if ((r = el_checkin_commit(g)) != EL_OK)
		return r;
	if ((due = malloc(sizeof *due)) == NULL)
		return EL_ENOMEM;
	if ((r = find_due(g, now_s, due)) != EL_OK || ask_guard(g, now_s, mono_ms, due) == EL_GUARD_UNCONFIRMED)
		goto out;
	/* First make, then destroy: the next K_pair comes from one that may be due itself. */
	if ((r = make_keys(g, now_s, changed)) != EL_OK && r != EL_ESPACE)
		goto out;
	if (g->guard_said == EL_GUARD_ALLOW) {
		/* On a full disk destroying is what makes space. */
		if ((r = destroy(g, due, now_s, r == EL_ESPACE)) != EL_OK ||
		    (r = el_days_step(g->days, now_s, &again)) != EL_OK)
			goto out;
		*changed = *changed || again; /* keys went */
	}
	/* P-7.2: a row counts whose segment's root is logged within two hours, also where no further row comes. */
	if ((r = g->daybook->ops->close_old(g->daybook, now_s)) == EL_OK || r == EL_ESPACE) {
		g->was_full = g->was_full || r == EL_ESPACE;
		r = keep_seen(g, now_s);
	}
	if (r == EL_OK)
		r = el_registry_publish(g, now_s);
out:
	if (r == EL_ESPACE) { /* nothing is lost: the next tick tries again */
		g->was_full = true;
		r = EL_OK;
	}
	el_keyring_reserve(g->keyring);
	free(due);
	return r;
}

void
el_registry_state(struct el_registry *g, int64_t now_s, struct el_service_state *out)
{
	const uint32_t offset = el_registry_day_offset(g);
	const el_epoch today = el_epoch_of(now_s, offset);
	const struct el_day *const day = el_days_get(g->days, today);
	const struct el_registry_counters *const c = &g->counters;
	struct el_publog_counts log;

	memset(out, 0, sizeof *out);
	out->serving = g->imported && g->guard_said != EL_GUARD_UNCONFIRMED;
	out->store_ok = !g->venues.failed;
	out->clock_ok = g->guard_said == EL_GUARD_ALLOW;
	out->keys_ok = day != NULL && day->has_visit;
	for (size_t i = 0; day != NULL && i < day->n_issuers; i++)
		out->keys_ok = out->keys_ok && day->issuers[i].has_key;
	out->purge_on_time = !g->late_said;
	for (unsigned e = today; e <= UINT16_MAX && el_bundle_epoch(g->trust.bundle, (el_epoch)e) != NULL; e++)
		out->key_days++;
	out->counters[0] = c->recorded;
	out->counters[1] = c->repeated;
	out->counters[2] = c->refused;
	out->counters[3] = c->late;
	out->counters[4] = c->duplicate;
	out->counters[5] = c->orders_answered;
	out->counters[6] = c->orders_refused;
	out->counters[7] = c->rows_released;
	out->counters[8] = el_seen_count(g->seen);
	out->counters[9] = c->groups;
	el_publog_counts(g->publog, &log);
	out->counters[10] = log.pending;
	out->counters[11] = log.failed;
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
purge_now(struct el_registry *g, int64_t now_s, int64_t mono_ms, struct el_buf *out)
{
	size_t before, after;
	bool changed;
	int r;

	if ((r = el_purge_due(g, now_s, &before)) != EL_OK ||
	    (r = el_registry_tick(g, now_s, mono_ms, &changed)) != EL_OK ||
	    (r = el_purge_due(g, now_s, &after)) != EL_OK)
		return r;
	if (g->guard_said != EL_GUARD_ALLOW) {
		say(out, "%zu days are due, but the clock is not to be believed until it is confirmed\n", after);
		return EL_ESTATE;
	}
	say(out, "%zu days destroyed\n", before - after);
	return EL_OK;
}

static int
status(struct el_registry *g, int64_t now_s, struct el_buf *out)
{
	static const char *const guard[] = { "believed", "jumped", "unconfirmed" };
	struct el_service_state s;
	el_epoch *epochs;
	size_t n, due;
	int r;

	if ((epochs = malloc(EPOCHS_MAX * sizeof *epochs)) == NULL)
		return EL_ENOMEM;
	el_registry_state(g, now_s, &s);
	if ((r = g->daybook->ops->epochs(g->daybook, epochs, EPOCHS_MAX, &n)) == EL_OK &&
	    (r = el_purge_due(g, now_s, &due)) == EL_OK) {
		say(out, "epoch = %u\n", el_epoch_of(now_s, el_registry_day_offset(g)));
		say(out, "serving = %s\nclock = %s\nkeys = %s\n", s.serving ? "yes" : "no", guard[g->guard_said],
		    s.keys_ok ? "yes" : "no");
		say(out, "days_stored = %zu\ndays_due = %zu\nkey_days = %u\n", n, due, s.key_days);
		say(out, "recorded = %llu\nrefused = %llu\n", (unsigned long long)g->counters.recorded,
		    (unsigned long long)g->counters.refused);
	}
	free(epochs);
	return r;
}

int
el_registry_control(
    struct el_registry *g, uint8_t verb, size_t body_len, int64_t now_s, int64_t mono_ms, struct el_buf *out)
{
	if (body_len != 0)
		return EL_EFORMAT;
	switch (verb) {
	case EL_CTL_CONFIRM_CLOCK:
		el_clock_guard_confirm(&g->guard);
		el_log(EL_EV_CLOCK_CONFIRMED, EL_OK, 0);
		return purge_now(g, now_s, mono_ms, out);
	case EL_CTL_PURGE:
		return purge_now(g, now_s, mono_ms, out);
	case EL_CTL_STATUS:
		return status(g, now_s, out);
	default:
		return EL_EFORMAT;
	}
}
