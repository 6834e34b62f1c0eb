#include "registry/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Open addressing, split by the tag's first bits, so that a table that must grow holds up the check-ins
 * for a fraction of a millisecond, whatever the epoch's size.  An entry is twelve bytes: the rest of the tag, the
 * segment and the row.  Tables grow by a quarter at four fifths, and stand in tag order (but for the probing), so
 * that an index, which is in tag order too, is read into them from front to back.
 */
#define SHARD_BITS 12
#define SHARDS (1u << SHARD_BITS)
#define SHARD_MIN 16u
#define EPOCHS_MAX 16
#define SWEEP_SHARDS 256u /* looked through by one el_seen_shrink() */

struct entry {
	uint32_t low; /* the tag's bits 0..31 */
	uint32_t high; /* its bits 32..51, and above them bits 12..23 of row + 1 */
	uint32_t place; /* bits 0..11 of row + 1, and above them the segment; 0 in both: empty */
};
_Static_assert(sizeof(struct entry) == 12, "three words and no padding");

struct shard {
	struct entry *entries;
	uint32_t size, n;
};

struct seen_epoch {
	bool loaded;
	el_epoch epoch;
	uint32_t from; /* rows of segments below are looked for in the index */
	uint32_t sweep; /* the next shard to be looked through for rows below `from`; SHARDS: none */
	size_t n;
	struct shard *shards; /* SHARDS of them */
};

struct el_seen {
	struct seen_epoch epochs[EPOCHS_MAX];
};

static struct entry
pack(uint64_t tag, uint32_t segment, uint32_t row)
{
	const uint32_t row_plus = row + 1;

	return (struct entry){ (uint32_t)tag, ((uint32_t)(tag >> 32) & 0xfffffu) | row_plus >> 12 << 20,
		(row_plus & 0xfffu) | segment << 12 };
}

static bool
is_empty(const struct entry *e)
{
	return (e->place & 0xfffu) == 0 && e->high >> 20 == 0;
}

static bool
has_tag(const struct entry *e, uint64_t tag)
{
	return e->low == (uint32_t)tag && (e->high & 0xfffffu) == ((uint32_t)(tag >> 32) & 0xfffffu);
}

static bool
is_same(const struct entry *a, const struct entry *b)
{
	return a->low == b->low && a->high == b->high && a->place == b->place;
}

static uint32_t
segment_of(const struct entry *e)
{
	return e->place >> 12;
}

static uint32_t
row_of(const struct entry *e)
{
	return (e->high >> 20 << 12 | (e->place & 0xfffu)) - 1;
}

/* Where probing begins: the tag's bits 20..51, scaled to the table. */
static uint32_t
home_of(const struct entry *e, uint32_t size)
{
	const uint32_t bits = (e->high & 0xfffffu) << 12 | e->low >> 20;

	return (uint32_t)((uint64_t)bits * size >> 32);
}

static uint32_t
after(uint32_t i, uint32_t size)
{
	return i + 1 < size ? i + 1 : 0;
}

/* ---- One shard ---- */

static struct shard *
shard_of(const struct seen_epoch *e, uint64_t tag)
{
	return &e->shards[tag >> (64 - SHARD_BITS)];
}

static void
shard_put(struct shard *h, const struct entry *x)
{
	uint32_t i = home_of(x, h->size);

	while (!is_empty(&h->entries[i]))
		i = after(i, h->size);
	h->entries[i] = *x;
	h->n++;
}

/* Into a table of another size, without the rows of segments below `from`. */
static int
shard_resize(struct shard *h, uint32_t size, uint32_t from)
{
	struct shard next = { NULL, size, 0 };

	if (size > 0 && (next.entries = calloc(size, sizeof *next.entries)) == NULL)
		return EL_ENOMEM;
	for (uint32_t i = 0; i < h->size; i++)
		if (!is_empty(&h->entries[i]) && segment_of(&h->entries[i]) >= from)
			shard_put(&next, &h->entries[i]);
	free(h->entries);
	*h = next;
	return EL_OK;
}

static struct entry *
shard_find(struct shard *h, const struct entry *want)
{
	for (uint32_t i = h->size > 0 ? home_of(want, h->size) : 0; h->size > 0 && !is_empty(&h->entries[i]);
	     i = after(i, h->size))
		if (is_same(&h->entries[i], want))
			return &h->entries[i];
	return NULL;
}

/* Close the gap, so that no later entry becomes unreachable from its home. */
static void
shard_remove(struct shard *h, uint32_t hole)
{
	uint32_t i = hole;

	for (i = after(i, h->size); !is_empty(&h->entries[i]); i = after(i, h->size)) {
		const uint32_t home = home_of(&h->entries[i], h->size);

		/* It may move to the hole unless its home lies behind the hole, cyclically up to i. */
		if (hole < i ? home > hole && home <= i : home > hole || home <= i)
			continue;
		h->entries[hole] = h->entries[i];
		hole = i;
	}
	h->entries[hole] = (struct entry){ 0 };
	h->n--;
}

/* ---- Epochs ---- */

int
el_seen_new(struct el_seen **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? EL_OK : EL_ENOMEM;
}

static void
epoch_clear(struct seen_epoch *e)
{
	for (size_t i = 0; e->shards != NULL && i < SHARDS; i++)
		free(e->shards[i].entries);
	free(e->shards);
	memset(e, 0, sizeof *e);
}

void
el_seen_free(struct el_seen *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < EPOCHS_MAX; i++)
		epoch_clear(&s->epochs[i]);
	free(s);
}

static struct seen_epoch *
epoch_of(struct el_seen *s, el_epoch epoch)
{
	for (size_t i = 0; i < EPOCHS_MAX; i++)
		if (s->epochs[i].loaded && s->epochs[i].epoch == epoch)
			return &s->epochs[i];
	return NULL;
}

static const struct seen_epoch *
const_epoch_of(const struct el_seen *s, el_epoch epoch)
{
	for (size_t i = 0; i < EPOCHS_MAX; i++)
		if (s->epochs[i].loaded && s->epochs[i].epoch == epoch)
			return &s->epochs[i];
	return NULL;
}

static int
epoch_add(struct seen_epoch *e, uint64_t tag, uint32_t segment, uint32_t row)
{
	struct shard *const h = shard_of(e, tag);
	const struct entry entry = pack(tag, segment, row);
	int r;

	if (segment > EL_SEEN_SEGMENT_MAX || row > EL_SEEN_ROW_MAX)
		return EL_ELIMIT;
	if (h->n >= h->size / 5 * 4 &&
	    (r = shard_resize(h, h->size < SHARD_MIN ? SHARD_MIN : h->size + h->size / 4, 0)) != EL_OK)
		return r;
	shard_put(h, &entry);
	e->n++;
	return EL_OK;
}

void
el_seen_prefetch_shard(const struct el_seen *s, el_epoch epoch, uint64_t tag)
{
	const struct seen_epoch *const e = const_epoch_of(s, epoch);

	if (e != NULL)
		__builtin_prefetch(shard_of(e, tag));
}

void
el_seen_prefetch(const struct el_seen *s, el_epoch epoch, uint64_t tag)
{
	const struct seen_epoch *const e = const_epoch_of(s, epoch);
	const struct shard *const h = e != NULL ? shard_of(e, tag) : NULL;
	const struct entry want = pack(tag, 0, 0);

	if (h != NULL && h->size > 0)
		__builtin_prefetch(&h->entries[home_of(&want, h->size)], 1);
}

int
el_seen_add(struct el_seen *s, el_epoch epoch, uint64_t tag, uint32_t segment, uint32_t row)
{
	struct seen_epoch *const e = epoch_of(s, epoch);

	assert(e != NULL);
	return epoch_add(e, tag, segment, row);
}

static int
load_tag(void *ctx, const struct el_row_ref *ref, uint64_t tag)
{
	return epoch_add(ctx, tag, ref->segment, ref->row);
}

int
el_seen_load(struct el_seen *s, struct el_daybook *daybook, el_epoch epoch, bool whole)
{
	struct seen_epoch *slot = epoch_of(s, epoch);
	int r;

	if (slot != NULL && (!whole || slot->from == 0))
		return EL_OK;
	if (slot != NULL)
		epoch_clear(slot); /* a clock that went back: it takes live check-ins again */
	for (size_t i = 0; i < EPOCHS_MAX && slot == NULL; i++)
		if (!s->epochs[i].loaded)
			slot = &s->epochs[i];
	if (slot == NULL)
		return EL_ELIMIT;
	if ((slot->shards = calloc(SHARDS, sizeof *slot->shards)) == NULL)
		return EL_ENOMEM;
	slot->from = whole ? 0 : daybook->ops->unindexed(daybook, epoch, NULL);
	slot->sweep = SHARDS;
	if ((r = daybook->ops->each_tag(daybook, epoch, slot->from, EL_TAG_B, load_tag, slot)) != EL_OK) {
		epoch_clear(slot);
		return r;
	}
	slot->epoch = epoch;
	slot->loaded = true;
	return EL_OK;
}

int
el_seen_shrink(struct el_seen *s, struct el_daybook *daybook, el_epoch epoch)
{
	struct seen_epoch *const e = epoch_of(s, epoch);
	uint32_t i, had, from;
	int r;

	if (e == NULL)
		return EL_OK;
	if ((from = daybook->ops->unindexed(daybook, epoch, NULL)) > e->from) {
		e->from = from;
		e->sweep = 0;
	}
	for (i = 0; i < SWEEP_SHARDS && e->sweep < SHARDS; i++, e->sweep++) {
		struct shard *const h = &e->shards[e->sweep];
		uint32_t kept = 0;

		for (uint32_t k = 0; k < h->size; k++)
			kept += !is_empty(&h->entries[k]) && segment_of(&h->entries[k]) >= e->from;
		had = h->n;
		if ((r = shard_resize(h, kept > 0 ? SHARD_MIN + kept + kept / 2 : 0, e->from)) != EL_OK)
			return r;
		e->n -= had - h->n;
	}
	return EL_OK;
}

void
el_seen_keep(struct el_seen *s, el_epoch first, el_epoch last)
{
	for (size_t i = 0; i < EPOCHS_MAX; i++)
		if (s->epochs[i].loaded && (s->epochs[i].epoch < first || s->epochs[i].epoch > last))
			epoch_clear(&s->epochs[i]);
}

bool
el_seen_is_partial(const struct el_seen *s, el_epoch epoch)
{
	const struct seen_epoch *const e = const_epoch_of(s, epoch);

	return e != NULL && e->from > 0;
}

void
el_seen_drop(struct el_seen *s, el_epoch epoch, uint64_t tag, uint32_t segment, uint32_t row)
{
	const struct entry gone = pack(tag, segment, row);
	struct seen_epoch *const e = epoch_of(s, epoch);
	struct shard *const h = e != NULL ? shard_of(e, tag) : NULL;
	struct entry *const x = h != NULL ? shard_find(h, &gone) : NULL;

	assert(x != NULL);
	if (x == NULL)
		return;
	shard_remove(h, (uint32_t)(x - h->entries));
	e->n--;
}

bool
el_seen_next(const struct el_seen *s, el_epoch epoch, uint64_t tag, size_t *cursor, uint32_t *segment, uint32_t *row)
{
	const struct seen_epoch *const e = const_epoch_of(s, epoch);
	const struct shard *const h = e != NULL ? shard_of(e, tag) : NULL;
	const struct entry want = pack(tag, 0, 0);

	if (h == NULL || h->size == 0)
		return false;
	for (; *cursor < h->size; (*cursor)++) {
		const size_t at = home_of(&want, h->size) + *cursor;
		const struct entry *const x = &h->entries[at < h->size ? at : at - h->size];

		if (is_empty(x))
			return false;
		if (!has_tag(x, tag))
			continue;
		*segment = segment_of(x);
		*row = row_of(x);
		(*cursor)++;
		return true;
	}
	return false;
}

size_t
el_seen_count(const struct el_seen *s)
{
	size_t n = 0;

	for (size_t i = 0; i < EPOCHS_MAX; i++)
		n += s->epochs[i].n;
	return n;
}
