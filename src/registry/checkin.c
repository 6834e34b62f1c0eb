#include "registry/checkin.h"

#include <string.h>

#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"
#include "registry/group.h"
#include "token/leaf.h"

/* One check-in on its way through the rules. */
struct decision {
	struct el_registry *g;
	const struct el_scanner *scanner;
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
	if (!el_token_check_tag(&d->token, key))
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
	const struct el_group_part *part;
	int r;

	*out = (struct opened){ .day = d->day };
	if (segment != EL_SEEN_PENDING) {
		r = d->g->daybook->ops->read(d->g->daybook, &ref, open_stored, out);
		return r == EL_OK && !out->has ? EL_ECRYPTO : r;
	}
	if ((part = el_group_find(d->g->group, epoch)) == NULL || row >= part->n)
		return EL_ESTATE;
	return el_visit_open(&part->rows[row], d->day->rows, epoch, part->segment, &out->visit);
}

/* What is known of a token that was seen before. */
struct hits {
	bool seen, same_attempt, has_duplicate_here;
	uint8_t attempt_flags, duplicate_flags;
};

/* P-5.1: a hit is resolved to its rows; that tags are equal means nothing before they are opened. */
static int
find_hits(const struct decision *d, struct hits *out)
{
	uint32_t segment, row;
	size_t cursor = 0;
	struct opened o;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_seen_load(d->g->seen, d->g->daybook, d->token.epoch)) != EL_OK)
		return r;
	while (el_seen_next(d->g->seen, d->token.epoch, d->tag_b, &cursor, &segment, &row)) {
		struct el_tid tid;

		r = open_seen(d, segment, row, &o);
		if (r == EL_ECRYPTO || r == EL_EFORMAT) {
			out->seen = true; /* a damaged row: its token was used, by whom nobody can say */
			continue;
		}
		if (r != EL_OK)
			return r;
		el_visit_tid(&o.visit.body, &tid);
		if (!el_bytes_eq(tid.b, d->token.tid.b, sizeof tid.b))
			continue;
		out->seen = true;
		if (o.visit.scanner == d->scanner->id && el_bytes_eq(o.visit.body.b, d->body.b, sizeof d->body.b) &&
		    el_bytes_eq(o.visit.attempt.b, d->in->attempt.b, sizeof d->in->attempt.b)) {
			out->same_attempt = true;
			out->attempt_flags = o.visit.flags;
		}
		if (o.visit.venue == d->scanner->venue && (o.visit.flags & EL_FLAG_DUPLICATE) != 0) {
			out->has_duplicate_here = true;
			out->duplicate_flags = o.visit.flags;
		}
	}
	return EL_OK;
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
	const el_epoch epoch = d->token.epoch;
	struct el_group_part *part;
	uint32_t row;
	int r;

	el_random(v.salt.b, sizeof v.salt.b);
	if ((r = el_group_part(d->g->group, d->g->daybook, epoch, d->now_s, &part)) != EL_OK ||
	    (r = el_group_add(part, &v, d->day->rows, d->tag_a, d->tag_b, &row)) != EL_OK)
		return r;
	return el_seen_add(d->g->seen, epoch, d->tag_b, EL_SEEN_PENDING, row);
}

/* Today's visits by the hour, for the venue's own eyes. */
static void
count(const struct decision *d)
{
	const uint32_t offset = el_registry_day_offset(d->g);
	const el_epoch today = el_epoch_of(d->now_s, offset);

	if (el_epoch_of(d->scanned_at, offset) == today)
		el_scanners_count(d->g->scanners, d->scanner->venue, today,
		    (unsigned)((d->scanned_at - el_epoch_start(today, offset)) / 3600));
}

static int
decide_verified(struct decision *d, struct el_checkin_result *out)
{
	uint8_t flags = d->is_late ? EL_FLAG_LATE : 0;
	struct hits hits;
	int r;

	d->tag_a = el_visit_venue_tag(d->day->tags, d->scanner->venue);
	d->tag_b = el_visit_tid_tag(d->day->tags, &d->token.tid);
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
	if ((r = record(d, flags)) != EL_OK)
		return r;
	count(d);
	out->flags = flags;
	return EL_OK;
}

static void
count_result(struct el_registry_counters *c, const struct el_checkin_result *out)
{
	if (out->code != EL_CODE_OK) {
		c->refused++;
	} else if (out->repeated) {
		c->repeated++;
	} else {
		c->recorded++;
		c->late += (out->flags & EL_FLAG_LATE) != 0;
		c->duplicate += (out->flags & EL_FLAG_DUPLICATE) != 0;
	}
}

int
el_checkin_decide(struct el_registry *g, const struct el_scanner *scanner, const struct el_checkin *in, int64_t now_s,
    struct el_checkin_result *out)
{
	struct decision d = { .g = g, .scanner = scanner, .in = in, .now_s = now_s };
	int r = EL_OK;

	d.scanned_at = in->has_scanned_at ? in->scanned_at : now_s;
	d.is_late = now_s - d.scanned_at > EL_LIVE_S;
	*out = (struct el_checkin_result){ .code = verify(&d) };
	if (out->code == EL_CODE_OK) {
		el_token_body(&d.token, &d.body);
		r = decide_verified(&d, out);
	}
	if (r == EL_OK)
		count_result(&g->counters, out);
	return r;
}

int
el_checkin_commit(struct el_registry *g)
{
	uint32_t first;
	int r;

	for (size_t i = 0; i < g->group->n; i++) {
		const struct el_group_part *const p = &g->group->parts[i];

		if (p->n == 0)
			continue;
		if ((r = g->daybook->ops->append(g->daybook, p->epoch, p->segment, p->rows, p->n, &first)) != EL_OK)
			return r;
		for (size_t j = 0; j < p->n; j++)
			el_seen_settle(
			    g->seen, p->epoch, p->rows[j].tag_b, (uint32_t)j, p->segment, first + (uint32_t)j);
	}
	el_group_clear(g->group);
	return EL_OK;
}
