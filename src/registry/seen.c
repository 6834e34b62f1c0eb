#include "registry/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Open addressing, split by the tag's first byte, so that a table that must grow holds up the check-ins
 * for a 256th of what rebuilding the whole epoch would take.
 */
#define SHARDS 256
#define SHARD_MIN 16
#define EPOCHS_MAX 16

struct entry {
	uint64_t tag;
	uint32_t segment;
	uint32_t row_plus; /* row + 1; 0: empty */
};

struct shard {
	struct entry *entries;
	size_t size, n; /* size: 0 or a power of two */
};

struct seen_epoch {
	bool loaded;
	el_epoch epoch;
	size_t n;
	struct shard shards[SHARDS];
};

struct el_seen {
	struct seen_epoch epochs[EPOCHS_MAX];
};

int
el_seen_new(struct el_seen **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? EL_OK : EL_ENOMEM;
}

static void
epoch_clear(struct seen_epoch *e)
{
	for (size_t i = 0; i < SHARDS; i++)
		free(e->shards[i].entries);
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

static void
shard_put(struct shard *h, const struct entry *e)
{
	size_t i = (size_t)e->tag & (h->size - 1);

	while (h->entries[i].row_plus != 0)
		i = (i + 1) & (h->size - 1);
	h->entries[i] = *e;
}

static int
shard_grow(struct shard *h)
{
	struct shard bigger = { NULL, h->size != 0 ? h->size * 2 : SHARD_MIN, h->n };

	if ((bigger.entries = calloc(bigger.size, sizeof *bigger.entries)) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < h->size; i++)
		if (h->entries[i].row_plus != 0)
			shard_put(&bigger, &h->entries[i]);
	free(h->entries);
	*h = bigger;
	return EL_OK;
}

static int
epoch_add(struct seen_epoch *e, uint64_t tag, uint32_t segment, uint32_t row)
{
	struct shard *const h = &e->shards[tag >> 56];
	const struct entry entry = { tag, segment, row + 1 };
	int r;

	if (h->n + h->n / 3 >= h->size && (r = shard_grow(h)) != EL_OK) /* at most three quarters full */
		return r;
	shard_put(h, &entry);
	h->n++;
	e->n++;
	return EL_OK;
}

int
el_seen_add(struct el_seen *s, el_epoch epoch, uint64_t tag, uint32_t segment, uint32_t row)
{
	struct seen_epoch *const e = epoch_of(s, epoch);

	assert(e != NULL);
	return epoch_add(e, tag, segment, row);
}

static int
load_row(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	return epoch_add(ctx, row->tag_b, ref->segment, ref->row);
}

int
el_seen_load(struct el_seen *s, struct el_daybook *daybook, el_epoch epoch)
{
	struct seen_epoch *slot = NULL;
	int r;

	if (epoch_of(s, epoch) != NULL)
		return EL_OK;
	for (size_t i = 0; i < EPOCHS_MAX && slot == NULL; i++)
		if (!s->epochs[i].loaded)
			slot = &s->epochs[i];
	if (slot == NULL)
		return EL_ELIMIT;
	if ((r = daybook->ops->scan(daybook, epoch, true, load_row, slot)) != EL_OK) {
		epoch_clear(slot);
		return r;
	}
	slot->epoch = epoch;
	slot->loaded = true;
	return EL_OK;
}

void
el_seen_keep(struct el_seen *s, el_epoch first, el_epoch last)
{
	for (size_t i = 0; i < EPOCHS_MAX; i++)
		if (s->epochs[i].loaded && (s->epochs[i].epoch < first || s->epochs[i].epoch > last))
			epoch_clear(&s->epochs[i]);
}

void
el_seen_settle(struct el_seen *s, el_epoch epoch, uint64_t tag, uint32_t pending_row, uint32_t segment, uint32_t row)
{
	struct seen_epoch *const e = epoch_of(s, epoch);
	struct shard *const h = e != NULL ? &e->shards[tag >> 56] : NULL;
	size_t i = h != NULL ? (size_t)tag & (h->size - 1) : 0;

	assert(h != NULL && h->size != 0);
	for (; h->entries[i].row_plus != 0; i = (i + 1) & (h->size - 1)) {
		struct entry *const x = &h->entries[i];

		if (x->tag != tag || x->segment != EL_SEEN_PENDING || x->row_plus != pending_row + 1)
			continue;
		x->segment = segment;
		x->row_plus = row + 1;
		return;
	}
	assert(!"a pending row is in the map");
}

bool
el_seen_next(const struct el_seen *s, el_epoch epoch, uint64_t tag, size_t *cursor, uint32_t *segment, uint32_t *row)
{
	const struct seen_epoch *const e = const_epoch_of(s, epoch);
	const struct shard *const h = e != NULL ? &e->shards[tag >> 56] : NULL;

	if (h == NULL || h->size == 0)
		return false;
	for (; *cursor < h->size; (*cursor)++) {
		const struct entry *const x = &h->entries[((size_t)tag + *cursor) & (h->size - 1)];

		if (x->row_plus == 0)
			return false;
		if (x->tag != tag)
			continue;
		*segment = x->segment;
		*row = x->row_plus - 1;
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
