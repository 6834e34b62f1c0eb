#include "registry/checkin.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "registry/group.h"
#include "token/leaf.h"

#define FETCH_ROWS 6 /* how far ahead: enough for a fetch from memory */

/* One check-in on its way through the rules. */
struct decision {
	struct el_registry *g;
	struct el_scanner *scanner;
	const struct el_checkin *in;
	int64_t now_s, scanned_at;
	bool is_late;
	struct el_token token;
	struct el_body body;
	const struct el_day *day;
	uint64_t tag_a, tag_b;
};

enum el_code
el_checkin_admit(struct el_registry *g, const struct el_hash *key, size_t n, int64_t now_s, struct el_scanner **out,
    unsigned *retry_after_s)
{
	enum el_code code;

	*retry_after_s = 0;
	if ((code = el_scanners_find(g->scanners, key, out)) != EL_CODE_OK)
		return code;
	return el_scanners_spend(*out, n, now_s, retry_after_s);
}

/* The keys that verify this token and file its visit; NULL with the refusal. */
static const uint8_t *
keys_of(struct decision *d, enum el_code *refusal)
{
	d->day = el_days_get(d->g->days, d->token.epoch);
	for (size_t i = 0; d->day != NULL && i < d->day->n_issuers; i++)
		if (d->day->issuers[i].issuer == d->token.issuer && d->day->issuers[i].has_key && d->day->has_visit)
			return d->day->issuers[i].key;
	/*
	 * The keys are gone, or were never here (a clock that was set back).  Of a record that was kept too long
	 * the scanner must learn that, of a code at the door that it is not today's.
	 */
	*refusal = d->is_late && d->now_s >= el_days_arrival_end(d->g->days, d->token.epoch) ? EL_CODE_TOO_OLD
											     : EL_CODE_WRONG_DAY;
	return NULL;
}

/* Where T would stand in memory is known before its tag is checked, and is fetched meanwhile. */
static bool
has_tag(struct decision *d, const uint8_t key[EL_KEY_LEN])
{
	uint8_t show_key[EL_KEY_LEN];
	bool has;

	d->tag_b = el_visit_tid_tag(d->day->tags, &d->token.tid);
	el_seen_prefetch_shard(d->g->seen, d->token.epoch, d->tag_b);
	el_token_body(&d->token, &d->body);
	el_token_show_key(key, &d->body, show_key);
	el_seen_prefetch(d->g->seen, d->token.epoch, d->tag_b);
	has = el_token_has_tag(&d->token, show_key);
	el_secret_wipe(show_key, sizeof show_key);
	return has;
}

/* P-5.1 up to the question whether T was seen. */
static enum el_code
verify(struct decision *d)
{
	const struct el_checkin *const in = d->in;
	const uint32_t offset = el_registry_day_offset(d->g);
	enum el_code refusal = EL_CODE_WRONG_DAY;
	const uint8_t *key;

	if (in->verdict != EL_CODE_OK)
		return in->verdict;
	if (el_token_parse(in->token, sizeof in->token, &d->token) != EL_OK)
		return EL_CODE_MALFORMED_TOKEN;
	if (d->token.version != EL_TOKEN_VERSION)
		return EL_CODE_UNKNOWN_VERSION;
	if (!el_days_knows_issuer(d->g->days, d->token.issuer))
		return EL_CODE_UNKNOWN_ISSUER;
	if (!el_epoch_admits(d->token.epoch, d->token.shown_at, offset))
		return EL_CODE_WRONG_DAY;
	if ((key = keys_of(d, &refusal)) == NULL)
		return refusal;
	if (!has_tag(d, key))
		return EL_CODE_BAD_TAG;
	switch (el_token_freshness(d->token.shown_at, d->scanned_at, (uint32_t)d->g->conf->skew)) {
	case EL_STALE:
		return EL_CODE_STALE;
	case EL_FROM_FUTURE:
		return EL_CODE_FROM_FUTURE;
	case EL_FRESH:
		break;
	}
	if (d->scanned_at > d->now_s + EL_LIVE_S)
		return EL_CODE_FROM_FUTURE;
	return d->is_late && d->now_s - d->scanned_at > (int64_t)d->g->conf->late_limit ? EL_CODE_TOO_OLD : EL_CODE_OK;
}

struct opened {
	const struct el_day *day;
	struct el_visit visit;
	bool has; /* it opened */
};

static int
open_stored(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	struct opened *const o = ctx;

	o->has = el_visit_open(row, o->day->rows, ref->epoch, ref->segment, &o->visit) == EL_OK;
	return EL_OK;
}

/* The row that an entry of `seen` stands for, on disk or still in the group. */
static int
open_seen(const struct decision *d, uint32_t segment, uint32_t row, struct opened *out)
{
	const el_epoch epoch = d->token.epoch;
	const struct el_row_ref ref = { epoch, segment, row };
	const struct el_group_part *const part = el_group_find(d->g->group, epoch);
	int r;

	*out = (struct opened){ .day = d->day };
	if (part != NULL && segment == part->segment && row >= part->first)
		return row - part->first < part->n ? el_visit_open(&part->rows[row - part->first], d->day->rows, epoch,
							 segment, &out->visit) :
						     EL_ESTATE;
	r = d->g->daybook->ops->read(d->g->daybook, &ref, open_stored, out);
	return r == EL_OK && !out->has ? EL_ECRYPTO : r;
}

/* What is known of a token that was seen before. */
struct hits {
	bool seen, same_attempt, has_duplicate_here;
	uint8_t attempt_flags, duplicate_flags;
};

static void
note_hit(const struct decision *d, const struct el_visit *v, struct hits *out)
{
	struct el_tid tid;

	el_visit_tid(&v->body, &tid);
	if (!el_bytes_eq(tid.b, d->token.tid.b, sizeof tid.b))
		return;
	out->seen = true;
	if (v->scanner == d->scanner->id && el_bytes_eq(v->body.b, d->body.b, sizeof d->body.b) &&
	    el_bytes_eq(v->attempt.b, d->in->attempt.b, sizeof d->in->attempt.b)) {
		out->same_attempt = true;
		out->attempt_flags = v->flags;
	}
	if (v->venue == d->scanner->venue && (v->flags & EL_FLAG_DUPLICATE) != 0) {
		out->has_duplicate_here = true;
		out->duplicate_flags = v->flags;
	}
}

struct indexed {
	const struct decision *d;
	struct hits *out;
};

static int
note_indexed(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	const struct indexed *const x = ctx;
	struct el_visit v;

	if (el_visit_open(row, x->d->day->rows, ref->epoch, ref->segment, &v) == EL_OK)
		note_hit(x->d, &v, x->out);
	else
		x->out->seen = true; /* a damaged row: its token was used, by whom nobody can say */
	return EL_OK;
}

/* P-5.1: a hit is resolved to its rows; that tags are equal means nothing before they are opened. */
static int
find_hits(const struct decision *d, struct hits *out)
{
	const el_epoch epoch = d->token.epoch;
	struct el_daybook *const b = d->g->daybook;
	struct indexed x = { d, out };
	uint32_t segment, row;
	size_t cursor = 0;
	struct opened o;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_seen_load(d->g->seen, b, epoch, false)) != EL_OK)
		return r;
	while (el_seen_next(d->g->seen, epoch, d->tag_b, &cursor, &segment, &row)) {
		r = open_seen(d, segment, row, &o);
		if (r == EL_OK)
			note_hit(d, &o.visit, out);
		else if (r == EL_ECRYPTO || r == EL_EFORMAT)
			out->seen = true; /* as above */
		else
			return r;
	}
	return el_seen_is_partial(d->g->seen, epoch) ?
	    b->ops->find_indexed(b, epoch, EL_TAG_B, &d->tag_b, 1, note_indexed, &x) :
	    EL_OK;
}

/* What is counted of it once it is durable: in which hour of today, for the venue's own eyes. */
static struct el_group_note
note_of(const struct decision *d, uint8_t flags)
{
	const uint32_t offset = el_registry_day_offset(d->g);
	const el_epoch today = el_epoch_of(d->now_s, offset);
	struct el_group_note note = { d->scanner->venue, today, EL_COUNT_HOURS, flags };

	if (el_epoch_of(d->scanned_at, offset) == today)
		note.hour = (uint8_t)((d->scanned_at - el_epoch_start(today, offset)) / 3600);
	return note;
}

/* P-5.2: the row, sealed and waiting for its append. */
static int
record(struct decision *d, uint8_t flags)
{
	struct el_visit v = { .venue = d->scanner->venue,
		.scanner = d->scanner->id,
		.flags = flags,
		.minute = (uint32_t)(d->scanned_at - d->scanned_at % 60),
		.attempt = d->in->attempt,
		.body = d->body };
	const struct el_group_note note = note_of(d, flags);
	const el_epoch epoch = d->token.epoch;
	struct el_group_part *part;
	uint32_t row;
	int r;

	if (d->g->is_full)
		return EL_ESPACE; /* not asked again for each of a turn */
	el_random(v.salt.b, sizeof v.salt.b);
	if ((r = el_group_part(d->g->group, d->g->daybook, epoch, d->now_s, &part)) != EL_OK ||
	    (r = el_group_add(part, &v, d->day->rows, d->tag_a, d->tag_b, &note, &row)) != EL_OK)
		return r;
	return el_seen_add(d->g->seen, epoch, d->tag_b, part->segment, row);
}

static int
decide_verified(struct decision *d, struct el_checkin_result *out)
{
	uint8_t flags = d->is_late ? EL_FLAG_LATE : 0;
	struct hits hits;
	int r;

	d->tag_a = el_scanners_venue_tag(d->scanner, d->day->epoch, d->day->tags);
	if ((r = find_hits(d, &hits)) != EL_OK)
		return r;
	if (hits.same_attempt || (hits.seen && d->is_late && hits.has_duplicate_here)) {
		out->repeated = true;
		out->flags = hits.same_attempt ? hits.attempt_flags : hits.duplicate_flags;
		return EL_OK;
	}
	if (hits.seen && !d->is_late) {
		out->code = EL_CODE_ALREADY_USED;
		return EL_OK;
	}
	if (hits.seen)
		flags |= EL_FLAG_DUPLICATE; /* the person was let in */
	if ((r = record(d, flags)) == EL_ESPACE) {
		d->g->is_full = d->g->was_full = true;
		out->code = EL_CODE_BUSY;
		return EL_OK;
	}
	out->flags = flags;
	return r;
}

int
el_checkin_decide(struct el_registry *g, struct el_scanner *scanner, const struct el_checkin *in, int64_t now_s,
    struct el_checkin_result *out)
{
	struct decision d = { .g = g, .scanner = scanner, .in = in, .now_s = now_s };
	int r = EL_OK;

	d.scanned_at = in->has_scanned_at ? in->scanned_at : now_s;
	d.is_late = now_s - d.scanned_at > EL_LIVE_S;
	*out = (struct el_checkin_result){ .code = verify(&d) };
	if (out->code == EL_CODE_OK)
		r = decide_verified(&d, out);
	g->counters.refused += out->code != EL_CODE_OK;
	g->counters.repeated += out->repeated;
	return r;
}

static void
part_recorded(struct el_registry *g, const struct el_group_part *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct el_group_note *const note = &p->notes[i];

		/* Where these are is at random, and lost to the cache while the disk was at work. */
		if (i + FETCH_ROWS < p->n)
			el_scanners_prefetch_count(g->scanners, note[FETCH_ROWS].venue, note[FETCH_ROWS].hour);
		el_scanners_count(g->scanners, note->venue, note->today, note->hour);
		g->counters.late += (note->flags & EL_FLAG_LATE) != 0;
		g->counters.duplicate += (note->flags & EL_FLAG_DUPLICATE) != 0;
	}
	g->counters.recorded += p->n;
	g->counters.groups++;
}

static void
part_refused(struct el_registry *g, const struct el_group_part *p)
{
	for (size_t i = 0; i < p->n; i++)
		el_seen_drop(g->seen, p->epoch, p->rows[i].tag_b, p->segment, p->first + (uint32_t)i);
	g->counters.refused += p->n;
	g->is_full = g->was_full = true;
}

int
el_checkin_commit(struct el_registry *g)
{
	struct el_daybook *const b = g->daybook;
	uint32_t first;
	int r;

	for (size_t i = 0; i < g->group->n; i++) {
		const struct el_group_part *const p = &g->group->parts[i];

		if (p->n == 0)
			continue;
		r = b->ops->append(b, p->epoch, p->segment, p->rows, p->n, &first);
		if (r == EL_OK && first != p->first)
			r = EL_ESTATE; /* the tokens seen would name other rows than theirs */
		if (r == EL_OK)
			part_recorded(g, p);
		else if (r == EL_ESPACE)
			part_refused(g, p);
		else
			return r;
	}
	el_group_clear(g->group);
	return EL_OK;
}
