#include "registry/scanners.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"
#include "registry/visit.h"

_Static_assert(sizeof(struct el_scanner) == 64, "a line of the cache, and a power of two to align to");

struct counts {
	el_epoch epoch;
	uint32_t hours[EL_COUNT_HOURS];
};

/* An allowance of so many at once, of which n come back every each_s seconds. */
struct rate {
	uint32_t burst, n;
	int64_t each_s;
};

static const struct rate of_scanner = { EL_SCANNER_BURST, EL_SCANNER_RATE, 1 };
static const struct rate of_approved = { EL_CHANGES_BURST, 1, EL_CHANGES_EACH_S };
static const struct rate of_waiting = { EL_CHANGES_WAITING_BURST, 1, EL_CHANGES_WAITING_EACH_S };

/* What is left of a venue's allowance of changes. */
struct changes {
	int64_t filled_s;
	uint32_t left;
};

/* Bits of a venue's state. */
#define KNOWN 1u
#define APPROVED 2u
#define ACTIVE 4u

struct el_scanners {
	struct el_scanner *scanners; /* open addressing by key hash; id 0: empty */
	size_t size, n;
	/* All by venue: ids are given in sequence.  The states, which every check-in asks, are a byte each. */
	uint8_t *states;
	struct counts *counts;
	struct changes *changes;
	size_t n_venues;
};

int
el_scanners_new(struct el_scanners **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? EL_OK : EL_ENOMEM;
}

void
el_scanners_free(struct el_scanners *s)
{
	if (s == NULL)
		return;
	free(s->changes);
	free(s->counts);
	free(s->states);
	free(s->scanners);
	free(s);
}

static int
load_venue(void *ctx, const struct el_venue *v)
{
	return el_scanners_set_venue(ctx, v->id, v->approved, v->active);
}

static int
load_scanner(void *ctx, const struct el_scanner_row *row)
{
	return row->has_key && !row->revoked ? el_scanners_add(ctx, row) : EL_OK;
}

int
el_scanners_load(struct el_scanners *s, struct el_registry_db *db)
{
	const int r = el_registry_db_each_venue(db, load_venue, s);

	return r == EL_OK ? el_registry_db_each_scanner(db, load_scanner, s) : r;
}

static int
grow_venues(struct el_scanners *s, size_t n)
{
	uint8_t *const states = calloc(n, sizeof *states);
	struct counts *const counts = calloc(n, sizeof *counts);
	struct changes *const changes = calloc(n, sizeof *changes);

	if (states == NULL || counts == NULL || changes == NULL) {
		free(states);
		free(counts);
		free(changes);
		return EL_ENOMEM;
	}
	if (s->n_venues > 0) {
		memcpy(states, s->states, s->n_venues * sizeof *states);
		memcpy(counts, s->counts, s->n_venues * sizeof *counts);
		memcpy(changes, s->changes, s->n_venues * sizeof *changes);
	}
	free(s->states);
	free(s->counts);
	free(s->changes);
	s->states = states;
	s->counts = counts;
	s->changes = changes;
	s->n_venues = n;
	return EL_OK;
}

int
el_scanners_set_venue(struct el_scanners *s, uint32_t venue, bool approved, bool active)
{
	if (venue >= s->n_venues && grow_venues(s, (size_t)venue + 1 + venue / 2 + 64) != EL_OK)
		return EL_ENOMEM;
	s->states[venue] = (uint8_t)(KNOWN | (approved ? APPROVED : 0) | (active ? ACTIVE : 0));
	return EL_OK;
}

bool
el_scanners_is_approved(const struct el_scanners *s, uint32_t venue)
{
	return venue < s->n_venues && (s->states[venue] & APPROVED) != 0;
}

/* A SHA-256 hash is its own hash value: nobody chooses keys whose hashes collide here. */
static size_t
place_of(const struct el_hash *key, size_t size)
{
	return (size_t)el_get_u64(key->b) & (size - 1);
}

static void
put(struct el_scanner *scanners, size_t size, const struct el_scanner *x)
{
	size_t i = place_of(&x->key, size);

	while (scanners[i].id != 0)
		i = (i + 1) & (size - 1);
	scanners[i] = *x;
}

size_t
el_scanners_size(const struct el_scanners *s)
{
	return s->size;
}

static bool
is_live(const struct el_scanner *x)
{
	return x->id != 0 && (x->barred & EL_BARRED_REVOKED) == 0;
}

/*
 * A new table without the revoked ones: to them an unknown key is told the same.  A quarter full at most, so that the
 * next one is as many additions away as there are scanners now.
 */
static int
renew(struct el_scanners *s)
{
	size_t size = 64, n = 0;
	struct el_scanner *fresh;

	for (size_t i = 0; i < s->size; i++)
		n += is_live(&s->scanners[i]);
	while (size < n * 4)
		size *= 2;
	if ((fresh = aligned_alloc(sizeof *fresh, size * sizeof *fresh)) == NULL)
		return EL_ENOMEM;
	memset(fresh, 0, size * sizeof *fresh);
	for (size_t i = 0; i < s->size; i++)
		if (is_live(&s->scanners[i]))
			put(fresh, size, &s->scanners[i]);
	free(s->scanners);
	s->scanners = fresh;
	s->size = size;
	s->n = n;
	return EL_OK;
}

int
el_scanners_add(struct el_scanners *s, const struct el_scanner_row *row)
{
	const struct el_scanner x = { .id = row->id,
		.venue = row->venue,
		.key = row->key,
		.barred = (uint8_t)((row->revoked ? EL_BARRED_REVOKED : 0) | (row->active ? 0 : EL_BARRED_PAUSED)) };
	int r;

	if (s->n * 2 >= s->size && (r = renew(s)) != EL_OK)
		return r;
	put(s->scanners, s->size, &x);
	s->n++;
	return EL_OK;
}

/* In line where every check-in asks. */
static inline struct el_scanner *
find_key(const struct el_scanners *s, const struct el_hash *key)
{
	if (s->size == 0)
		return NULL;
	for (size_t i = place_of(key, s->size); s->scanners[i].id != 0; i = (i + 1) & (s->size - 1))
		if (el_hash_eq(&s->scanners[i].key, key))
			return &s->scanners[i];
	return NULL;
}

void
el_scanners_revoke(struct el_scanners *s, const struct el_hash *key)
{
	struct el_scanner *const x = find_key(s, key);

	if (x != NULL)
		x->barred |= EL_BARRED_REVOKED;
}

void
el_scanners_pause(struct el_scanners *s, const struct el_hash *key, bool paused)
{
	struct el_scanner *const x = find_key(s, key);

	if (x != NULL)
		x->barred = (uint8_t)((x->barred & EL_BARRED_REVOKED) | (paused ? EL_BARRED_PAUSED : 0));
}

void
el_scanners_prefetch(const struct el_scanners *s, const struct el_hash *key)
{
	if (s->size != 0)
		__builtin_prefetch(&s->scanners[place_of(key, s->size)], 1);
}

enum el_code
el_scanners_find(struct el_scanners *s, const struct el_hash *key, struct el_scanner **out)
{
	struct el_scanner *const x = find_key(s, key);

	*out = NULL;
	if (x == NULL || (x->barred & EL_BARRED_REVOKED) != 0)
		return EL_CODE_UNAUTHORIZED;
	*out = x;
	if (x->venue >= s->n_venues || s->states[x->venue] != (KNOWN | APPROVED | ACTIVE))
		return EL_CODE_VENUE_INACTIVE;
	return x->barred == 0 ? EL_CODE_OK : EL_CODE_SCANNER_PAUSED;
}

static enum el_code
take(uint32_t *left, int64_t *filled_s, const struct rate *rate, size_t n, int64_t now_s, unsigned *retry_after_s)
{
	const int64_t passed = now_s - *filled_s, times = passed / rate->each_s;

	*retry_after_s = 0;
	/* A clock that was set back must not leave anybody without allowance for as long. */
	if (passed < 0 || *left > rate->burst || times * rate->n >= rate->burst - *left) {
		*left = rate->burst;
		*filled_s = now_s;
	} else {
		*left += (uint32_t)times * rate->n;
		*filled_s += times * rate->each_s;
	}
	if (n > *left) {
		*retry_after_s =
		    (unsigned)((int64_t)((n - *left + rate->n - 1) / rate->n) * rate->each_s - (now_s - *filled_s));
		return EL_CODE_RATE_LIMITED;
	}
	*left -= (uint32_t)n;
	return EL_CODE_OK;
}

enum el_code
el_scanners_spend(struct el_scanner *x, size_t n, int64_t now_s, unsigned *retry_after_s)
{
	return take(&x->allowance, &x->filled_s, &of_scanner, n, now_s, retry_after_s);
}

enum el_code
el_scanners_spend_change(struct el_scanners *s, uint32_t venue, int64_t now_s, unsigned *retry_after_s)
{
	struct changes *c;

	*retry_after_s = 0;
	if (venue >= s->n_venues)
		return EL_CODE_INTERNAL;
	c = &s->changes[venue];
	return take(&c->left, &c->filled_s, el_scanners_is_approved(s, venue) ? &of_approved : &of_waiting, 1, now_s,
	    retry_after_s);
}

uint64_t
el_scanners_venue_tag(struct el_scanner *x, el_epoch epoch, const uint8_t tags_key[EL_KEY_LEN])
{
	if (!x->has_tag || x->tag_epoch != epoch) {
		x->tag = el_visit_venue_tag(tags_key, x->venue);
		x->tag_epoch = epoch;
		x->has_tag = true;
	}
	return x->tag;
}

void
el_scanners_prefetch_count(const struct el_scanners *s, uint32_t venue, unsigned hour)
{
	if (venue >= s->n_venues || hour >= EL_COUNT_HOURS)
		return;
	__builtin_prefetch(&s->counts[venue].epoch, 1);
	__builtin_prefetch(&s->counts[venue].hours[hour], 1);
}

void
el_scanners_count(struct el_scanners *s, uint32_t venue, el_epoch epoch, unsigned hour)
{
	struct counts *c;

	if (venue >= s->n_venues || hour >= EL_COUNT_HOURS)
		return;
	c = &s->counts[venue];
	if (epoch != c->epoch)
		*c = (struct counts){ .epoch = epoch };
	c->hours[hour]++;
}

void
el_scanners_counts(const struct el_scanners *s, uint32_t venue, el_epoch epoch, uint32_t out[EL_COUNT_HOURS])
{
	const struct counts *const c = venue < s->n_venues ? &s->counts[venue] : NULL;

	memset(out, 0, EL_COUNT_HOURS * sizeof *out);
	if (c != NULL && c->epoch == epoch)
		memcpy(out, c->hours, sizeof c->hours);
}
