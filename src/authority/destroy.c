#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/authority.h"
#include "authority/purge.h"
#include "authority/report.h"
#include "base/codec.h"
#include "base/event_log.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "proc/control.h"

/* What is due goes: report keys with a fresh KEK, then the files (P-9); and the control socket's verbs. */

#define PURGE_LATE_S 600
#define RESCAN_S 3600

struct due {
	const struct el_authority *a;
	int64_t now_s, oldest_s;
	uint8_t days[65536 / 8];
	size_t n;
};

static bool
key_is_due(void *ctx, struct el_key_id id)
{
	const struct due *d = ctx;

	return el_epoch_destroy_at(id.epoch, el_authority_day_offset(d->a)) <= d->now_s;
}

static void
note_day(struct due *d, el_epoch e)
{
	const int64_t at = el_epoch_destroy_at(e, el_authority_day_offset(d->a));

	if ((d->days[e / 8] >> (e % 8) & 1) != 0)
		return;
	d->days[e / 8] |= (uint8_t)(1u << (e % 8));
	if (d->n++ == 0 || at < d->oldest_s)
		d->oldest_s = at;
}

static void
note_key(void *ctx, struct el_key_id id)
{
	if (key_is_due(ctx, id))
		note_day(ctx, id.epoch);
}

/* A trustee's own share, where this daemon is one. */
static void
note_share(struct due *d)
{
	struct el_share_file *f = NULL;

	if (!el_authority_is_trustee(d->a->conf) || el_share_file_open(d->a->conf->share_file, &f) != EL_OK)
		return;
	el_keyring_each(el_share_file_keyring(f), note_key, d);
	el_share_file_close(f);
}

/* The last day that is due now. */
static el_epoch
last_due(const struct el_authority *a, int64_t now_s)
{
	const int64_t t = now_s - EL_TOKEN_GRACE_S - EL_RETENTION_S - EL_DAY_S;

	return t < 0 ? 0 : el_epoch_of(t, el_authority_day_offset(a));
}

/* Which days have files that are due; a file that cannot be read does not hide the others. */
static int
scan_files(struct el_authority *a, struct due *d)
{
	struct el_purge_count *files = malloc(sizeof *files);
	int r;

	if (files == NULL)
		return EL_ENOMEM;
	r = el_authority_purge_count(a->conf->service.data_dir, d->now_s, el_authority_day_offset(a), files);
	memcpy(a->file_days, files->due, sizeof a->file_days);
	free(files);
	a->rescan = false;
	a->scanned_s = d->now_s;
	a->scanned_last = last_due(a, d->now_s);
	return r == EL_ENOMEM ? r : EL_OK;
}

static int
find_due(struct el_authority *a, int64_t now_s, struct due *out)
{
	const bool scan = a->rescan || a->scanned_last != last_due(a, now_s) || now_s < a->scanned_s ||
	    now_s >= a->scanned_s + RESCAN_S;
	int r = EL_OK;

	memset(out, 0, sizeof *out);
	out->a = a;
	out->now_s = now_s;
	el_keyring_each(a->keyring, note_key, out);
	if (scan) {
		note_share(out);
		r = scan_files(a, out);
	}
	for (unsigned e = 0; e <= UINT16_MAX; e++)
		if ((a->file_days[e / 8] >> (e % 8) & 1) != 0)
			note_day(out, (el_epoch)e);
	return r;
}

static int
destroy(struct el_authority *a, struct due *d)
{
	struct el_share_file *f = NULL;
	size_t n_keys, n_files, n_shares;
	int r, one;

	/* A keyring that failed in the middle must be opened anew: the process ends. */
	if ((r = el_keyring_destroy(a->keyring, key_is_due, d, &n_keys)) != EL_OK)
		return r;
	one = el_authority_purge_files(a->conf->service.data_dir, d->now_s, el_authority_day_offset(a), &n_files);
	if (one == EL_OK && el_authority_is_trustee(a->conf) &&
	    (one = el_share_file_open(a->conf->share_file, &f)) == EL_OK)
		one = el_share_file_purge(f, d->now_s, &n_shares);
	el_share_file_close(f);
	a->store_failed = one != EL_OK;
	memset(a->file_days, 0, sizeof a->file_days);
	if (one != EL_OK)
		el_log(EL_EV_STORE_FAILED, one, 0);
	else
		for (unsigned e = 0; e <= UINT16_MAX; e++)
			if ((d->days[e / 8] >> (e % 8) & 1) != 0)
				el_log(EL_EV_EPOCH_DESTROYED, EL_OK, e);
	return EL_OK;
}

/* The guard's word, told to the operators when it changes. */
static void
ask_guard(struct el_authority *a, const struct due *d, int64_t mono_ms)
{
	const enum el_guard said = el_clock_guard_step(&a->guard, d->now_s, mono_ms, d->n);

	if (said != EL_GUARD_ALLOW && !a->guard.logged)
		el_log(said == EL_GUARD_JUMPED ? EL_EV_CLOCK_JUMPED : EL_EV_CLOCK_UNCONFIRMED, EL_OK, d->n);
	a->guard.logged = said != EL_GUARD_ALLOW;
	a->guard_said = said;
}

static void
say_late(struct el_authority *a, const struct due *d)
{
	const bool late = d->n > 0 && d->now_s > d->oldest_s + PURGE_LATE_S &&
	    (a->guard_said != EL_GUARD_ALLOW || a->store_failed);

	if (late && !a->late_said)
		el_log(EL_EV_PURGE_LATE, EL_OK, d->n);
	a->late_said = late;
}

int
el_authority_tick(struct el_authority *a, int64_t now_s, int64_t mono_ms)
{
	struct due *d = malloc(sizeof *d);
	int r;

	if (d == NULL)
		return EL_ENOMEM;
	if ((r = find_due(a, now_s, d)) != EL_OK) {
		free(d);
		return r;
	}
	ask_guard(a, d, mono_ms);
	r = a->guard_said == EL_GUARD_ALLOW && d->n > 0 ? destroy(a, d) : EL_OK;
	say_late(a, d);
	free(d);
	return r;
}

/* ---- The control socket ---- */

static void say(struct el_buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

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

static size_t
count_due(struct el_authority *a, int64_t now_s)
{
	struct due *d = malloc(sizeof *d);
	size_t n = 0;

	a->rescan = true;
	if (d != NULL && find_due(a, now_s, d) == EL_OK)
		n = d->n;
	free(d);
	return n;
}

static int
purge_now(struct el_authority *a, int64_t now_s, int64_t mono_ms, struct el_buf *out)
{
	const size_t before = count_due(a, now_s);
	size_t after;
	int r;

	if ((r = el_authority_tick(a, now_s, mono_ms)) != EL_OK)
		return r;
	after = count_due(a, now_s);
	if (a->guard_said != EL_GUARD_ALLOW) {
		say(out, "%zu days are due, but the clock is not to be believed until it is confirmed\n", after);
		return EL_ESTATE;
	}
	say(out, "%zu days destroyed\n", before - after);
	return a->store_failed ? EL_EIO : EL_OK;
}

static int
status(struct el_authority *a, int64_t now_s, struct el_buf *out)
{
	static const char *const guard[] = { "believed", "jumped", "unconfirmed" };
	struct el_service_state s;

	el_authority_state(a, now_s, &s);
	say(out, "role = %s\nepoch = %u\n", a->conf->role, (unsigned)el_epoch_of(now_s, el_authority_day_offset(a)));
	say(out, "serving = %s\nclock = %s\n", s.serving ? "yes" : "no", guard[a->guard_said]);
	say(out, "days_due = %zu\nkey_days = %u\n", count_due(a, now_s), s.key_days);
	return EL_OK;
}

/* u16 epoch || order hash 32 || bytes: the section's ad needs the order, too. */
static int
section(struct el_authority *a, uint8_t verb, const uint8_t *body, size_t len, int64_t now_s, struct el_buf *out)
{
	struct el_rd rd = el_rd_init(body, len);
	const el_epoch e = el_rd_u16(&rd);
	struct el_hash order;
	const uint8_t *bytes;
	size_t n;

	el_rd_bytes(&rd, order.b, EL_HASH_LEN);
	n = rd.left;
	bytes = el_rd_view(&rd, n);
	if (rd.err != EL_OK)
		return EL_EFORMAT;
	if (verb == EL_CTL_REPORT_OPEN)
		return el_report_open(a->keyring, &order, e, bytes, n, out);
	/* No key is made for a day that would be destroyed at once, or for one that has not come. */
	if (el_epoch_destroy_at(e, el_authority_day_offset(a)) <= now_s ||
	    e > el_epoch_of(now_s, el_authority_day_offset(a)))
		return EL_ESTATE;
	return el_report_seal(a->keyring, &order, e, bytes, n, out);
}

int
el_authority_control(struct el_authority *a, uint8_t verb, const uint8_t *body, size_t len, int64_t now_s,
    int64_t mono_ms, struct el_buf *out)
{
	if (verb == EL_CTL_REPORT_SEAL || verb == EL_CTL_REPORT_OPEN)
		return section(a, verb, body, len, now_s, out);
	if (len != 0)
		return EL_EFORMAT;
	switch (verb) {
	case EL_CTL_CONFIRM_CLOCK:
		el_clock_guard_confirm(&a->guard);
		el_log(EL_EV_CLOCK_CONFIRMED, EL_OK, 0);
		return purge_now(a, now_s, mono_ms, out);
	case EL_CTL_PURGE:
		return purge_now(a, now_s, mono_ms, out);
	case EL_CTL_STATUS:
		return status(a, now_s, out);
	default:
		return EL_EFORMAT;
	}
}
