#include "registry/visits_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event_log.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "registry/checkin.h"
#include "registry/registry_limits.h"
#include "token/link.h"

#define INDEXES 65536
#define STEP_INDEXES 8192 /* token ids derived in one step: some 10 ms */

/* A token id that a secret can have made, by its tag. */
struct candidate {
	uint64_t tag;
	uint32_t secret; /* its place in the list */
	uint32_t index;
};

struct el_visits_search {
	struct el_scope scope;
	unsigned epoch, last; /* epoch: the one at work; done when it is beyond last */
	bool is_closed; /* its live segment was closed ... */
	uint32_t end; /* ... and all segments below this one are searched */
	struct el_visits_secret *secrets; /* by epoch */
	size_t n_secrets, next; /* next: the first whose ids are not all derived */
	uint32_t index;
	struct candidate *candidates; /* of the epoch at work */
	size_t n_candidates;
	struct el_found *rows;
	size_t n_rows, size;
};

static int
by_epoch(const void *a, const void *b)
{
	const struct el_visits_secret *const x = a, *const y = b;

	return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

static void
free_secrets(struct el_visits_secret *secrets, size_t n)
{
	if (secrets != NULL)
		el_secret_wipe(secrets, n * sizeof *secrets);
	free(secrets);
}

int
el_visits_search_new(const struct el_scope *scope, el_epoch first, el_epoch last, struct el_visits_secret *secrets,
    size_t n_secrets, struct el_visits_search **out)
{
	struct el_visits_search *const s = calloc(1, sizeof *s);

	if ((*out = s) == NULL) {
		free_secrets(secrets, n_secrets);
		return EL_ENOMEM;
	}
	s->scope = *scope;
	s->epoch = first;
	s->last = last;
	s->secrets = secrets;
	s->n_secrets = n_secrets;
	if (n_secrets > 0)
		qsort(secrets, n_secrets, sizeof *secrets, by_epoch);
	return EL_OK;
}

void
el_visits_search_free(struct el_visits_search *s)
{
	if (s == NULL)
		return;
	free_secrets(s->secrets, s->n_secrets);
	if (s->rows != NULL)
		el_secret_wipe(s->rows, s->size * sizeof *s->rows);
	free(s->rows);
	free(s->candidates);
	el_scope_wipe(&s->scope);
	free(s);
}

const struct el_found *
el_visits_search_rows(const struct el_visits_search *s, size_t *n)
{
	*n = s->n_rows;
	return s->rows;
}

/* ---- Rows of one epoch ---- */

struct walk {
	struct el_visits_search *s;
	const uint8_t *rows_key;
	uint32_t oldest_minute; /* visits before it are beyond retention, to the minute */
};

static int
compare_candidates(const void *a, const void *b)
{
	const struct candidate *const x = a, *const y = b;

	return (x->tag > y->tag) - (x->tag < y->tag);
}

/* Whether one of the secrets really made this token: equal tags alone prove nothing. */
static bool
is_of_secret(const struct el_visits_search *s, uint64_t tag, const struct el_body *body)
{
	size_t low = 0, high = s->n_candidates;
	struct el_tid actual, made;
	bool same = false;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (s->candidates[middle].tag < tag)
			low = middle + 1;
		else
			high = middle;
	}
	el_visit_tid(body, &actual);
	for (; !same && low < s->n_candidates && s->candidates[low].tag == tag; low++) {
		el_link_tid(s->secrets[s->candidates[low].secret].secret, (uint16_t)s->candidates[low].index, &made);
		same = el_bytes_eq(made.b, actual.b, sizeof made.b);
	}
	return same;
}

static int
keep(struct el_visits_search *s, const struct el_row_ref *ref, const struct el_visit *v)
{
	if (s->n_rows == EL_ORDER_ROWS_MAX)
		return EL_ELIMIT;
	if (s->n_rows == s->size) {
		const size_t size = s->size != 0 ? s->size * 2 : 256;
		struct el_found *const more = calloc(size, sizeof *more);

		if (more == NULL)
			return EL_ENOMEM;
		if (s->n_rows > 0) {
			memcpy(more, s->rows, s->n_rows * sizeof *more);
			el_secret_wipe(s->rows, s->n_rows * sizeof *more);
		}
		free(s->rows);
		s->rows = more;
		s->size = size;
	}
	s->rows[s->n_rows++] = (struct el_found){ *ref, *v };
	return EL_OK;
}

static int
found(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	const struct walk *const w = ctx;
	struct el_visit v;
	int r = EL_OK;

	if (el_visit_open(row, w->rows_key, ref->epoch, ref->segment, &v) != EL_OK) {
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, ref->epoch); /* a damaged row cannot be released */
		return EL_OK;
	}
	if (v.minute >= w->oldest_minute && el_scope_covers(&w->s->scope, v.venue, v.minute) &&
	    (w->s->scope.form == EL_SCOPE_VENUES || is_of_secret(w->s, row->tag_b, &v.body)))
		r = keep(w->s, ref, &v);
	el_secret_wipe(&v, sizeof v);
	return r;
}

static int
compare_tags(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Sorted and distinct, as the daybook wants them.  *out malloc'ed. */
static int
make_tags(const struct el_visits_search *s, const uint8_t *tags_key, uint64_t **out, size_t *n)
{
	const bool venues = s->scope.form == EL_SCOPE_VENUES;
	const size_t all = venues ? s->scope.n_venues : s->n_candidates;
	uint64_t *const tags = malloc((all + 1) * sizeof *tags);
	size_t kept = 0;

	*n = 0;
	if ((*out = tags) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < all; i++)
		tags[i] = venues ? el_visit_venue_tag(tags_key, s->scope.venues[i]) : s->candidates[i].tag;
	if (venues)
		qsort(tags, all, sizeof *tags, compare_tags);
	for (size_t i = 0; i < all; i++)
		if (kept == 0 || tags[i] != tags[kept - 1])
			tags[kept++] = tags[i];
	*n = kept;
	return EL_OK;
}

/*
 * Whoever holds one order may call as often as they like, and each call would make a segment, and an entry of the log.
 * Closing comes back in a moment; the tick wakes who waits.
 */
static bool
may_close(struct el_registry *g, el_epoch e)
{
	const int64_t now_ms = el_clock_monotonic_ms(), last_ms = g->order_closed[e % 2].ms;
	uint32_t end;

	if (!g->has_indexer || g->daybook->ops->unindexed(g->daybook, e, &end) >= end) /* nothing is live */
		return true;
	if (g->order_closed[e % 2].epoch == e && last_ms != 0 && now_ms - last_ms < EL_ORDER_CLOSE_MS)
		return false;
	g->order_closed[e % 2].epoch = e;
	g->order_closed[e % 2].ms = now_ms;
	return true;
}

/*
 * P-7.2: the live segment is closed first, so that what is released stands in segments that change no more.
 * Where the indexer works, the search waits for their indexes: a scan would hold up the check-ins.
 */
static int
close_epoch(struct el_visits_search *s, struct el_registry *g, bool *is_ready)
{
	struct el_daybook *const b = g->daybook;
	const el_epoch e = (el_epoch)s->epoch;
	int r;

	*is_ready = true;
	if (!s->is_closed) {
		if (!(*is_ready = may_close(g, e)))
			return EL_OK;
		if ((r = el_checkin_commit(g)) != EL_OK)
			return r;
		/* With no space for that the rows of the live one are found by a scan. */
		if ((r = b->ops->close_segment(b, e)) != EL_OK)
			return r == EL_ESPACE ? EL_OK : r;
		(void)b->ops->unindexed(b, e, &s->end);
		s->is_closed = true;
	}
	*is_ready = !g->has_indexer || b->ops->unindexed(b, e, NULL) >= s->end;
	return EL_OK;
}

static int
search_epoch(
    struct el_visits_search *s, struct el_registry *g, int64_t now_s, const uint8_t *tags_key, const uint8_t *rows_key)
{
	const enum el_tag_column which = s->scope.form == EL_SCOPE_VENUES ? EL_TAG_A : EL_TAG_B;
	const int64_t oldest = now_s - EL_RETENTION_S;
	struct walk w = { s, rows_key, oldest > 0 ? (uint32_t)oldest : 0 };
	struct el_daybook *const b = g->daybook;
	const el_epoch e = (el_epoch)s->epoch;
	uint64_t *tags = NULL;
	size_t n;
	int r;

	if (s->n_candidates > 0)
		qsort(s->candidates, s->n_candidates, sizeof *s->candidates, compare_candidates);
	if ((r = make_tags(s, tags_key, &tags, &n)) == EL_OK && n > 0)
		r = g->has_indexer && s->is_closed ? b->ops->find_indexed(b, e, which, tags, n, found, &w) :
						     b->ops->find(b, e, e, which, tags, n, found, &w);
	free(tags);
	return r;
}

/* ---- Steps ---- */

static void
epoch_done(struct el_visits_search *s)
{
	for (size_t i = 0; i < s->next; i++)
		el_secret_wipe(s->secrets[i].secret, sizeof s->secrets[i].secret);
	free(s->candidates);
	s->candidates = NULL;
	s->n_candidates = 0;
	s->is_closed = false;
	s->epoch++;
}

static size_t
secrets_of_epoch(const struct el_visits_search *s)
{
	size_t n = 0;

	for (size_t i = s->next; i < s->n_secrets && s->secrets[i].epoch == s->epoch; i++)
		n++;
	return n;
}

/* Derive the next ids of the next secret of this epoch; *done when none of it is left. */
static int
derive(struct el_visits_search *s, const uint8_t *tags_key, bool *done)
{
	const size_t left = secrets_of_epoch(s);
	const uint32_t end = s->index + STEP_INDEXES;
	struct el_tid tid;

	if ((*done = left == 0))
		return EL_OK;
	if (s->candidates == NULL && (s->candidates = malloc(left * INDEXES * sizeof *s->candidates)) == NULL)
		return EL_ENOMEM;
	for (; s->index < end; s->index++) {
		el_link_tid(s->secrets[s->next].secret, (uint16_t)s->index, &tid);
		s->candidates[s->n_candidates++] =
		    (struct candidate){ el_visit_tid_tag(tags_key, &tid), (uint32_t)s->next, s->index };
	}
	el_secret_wipe(&tid, sizeof tid);
	if (s->index == INDEXES) {
		s->index = 0;
		s->next++;
	}
	return EL_OK;
}

/* One step in an epoch that has keys. */
static int
step_epoch(struct el_visits_search *s, struct el_registry *g, int64_t now_s, const uint8_t *tags_key,
    const uint8_t *rows_key, enum el_visits_progress *out)
{
	bool is_ready, is_derived;
	int r;

	if ((r = derive(s, tags_key, &is_derived)) != EL_OK || !is_derived)
		return r;
	if ((r = close_epoch(s, g, &is_ready)) != EL_OK)
		return r;
	if (!is_ready) {
		*out = EL_VISITS_WAITING;
		return EL_OK;
	}
	if ((r = search_epoch(s, g, now_s, tags_key, rows_key)) == EL_OK)
		epoch_done(s);
	return r;
}

int
el_visits_search_step(
    struct el_visits_search *s, struct el_registry *g, int64_t now_s, enum el_visits_progress *out)
{
	uint8_t tags_key[EL_KEY_LEN], rows_key[EL_KEY_LEN];
	int r;

	*out = EL_VISITS_DONE;
	if (s->epoch > s->last)
		return EL_OK;
	*out = EL_VISITS_MORE;
	r = el_days_visit_keys(g->days, (el_epoch)s->epoch, tags_key, rows_key);
	if (r == EL_ENOTFOUND) { /* a day without visits, or one destroyed meanwhile */
		s->next += secrets_of_epoch(s);
		s->index = 0;
		epoch_done(s);
		r = EL_OK;
	} else if (r == EL_OK) {
		r = step_epoch(s, g, now_s, tags_key, rows_key, out);
	}
	el_secret_wipe(tags_key, sizeof tags_key);
	el_secret_wipe(rows_key, sizeof rows_key);
	if (r == EL_OK && s->epoch > s->last)
		*out = EL_VISITS_DONE;
	return r;
}
