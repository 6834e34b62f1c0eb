#include <stdlib.h>
#include <string.h>

#include "daybook/sqlite_internal.h"

static void
drop_reader(struct el_reader *slot)
{
	el_index_close(slot->index);
	el_segment_close(slot->seg, false);
	*slot = (struct el_reader){ 0 };
}

/* The slot of a closed segment, pinned; of its files none may be open yet. */
static int
pin_slot(struct el_sqlite_daybook *b, const struct el_epoch_info *ep, const struct el_segment_info *info,
    struct el_reader **out)
{
	struct el_reader *slot, *oldest = NULL;

	for (slot = b->reader; slot < b->reader + EL_DAYBOOK_READERS; slot++) {
		if (slot->taken && slot->epoch == ep->epoch && slot->number == info->number)
			goto found;
		/* An empty slot was never used, so it is the oldest. */
		if (slot->pins == 0 && (oldest == NULL || slot->used < oldest->used))
			oldest = slot;
	}
	if ((slot = oldest) == NULL)
		return EL_ELIMIT; /* that many callbacks inside each other */
	drop_reader(slot);
	slot->taken = true;
	slot->epoch = ep->epoch;
	slot->number = info->number;
found:
	slot->used = ++b->reader_clock;
	slot->pins++;
	*out = slot;
	return EL_OK;
}

/* The segment of a pinned slot; it lives as long as the slot is pinned, as does the index. */
static int
segment_in(const struct el_sqlite_daybook *b, const struct el_segment_info *info, struct el_reader *slot,
    struct el_segment **out)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	int r = EL_OK;

	if (slot->seg == NULL) {
		el_folder_segment_path(path, b->dir, slot->epoch, info->number, info->kind);
		r = el_segment_open(path, info->kind, &slot->seg);
	}
	*out = slot->seg;
	return r;
}

static int
index_in(const struct el_sqlite_daybook *b, const struct el_segment_info *info, struct el_reader *slot,
    struct el_index **out)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	int r = EL_OK;

	if (slot->index == NULL) {
		el_folder_segment_path(path, b->dir, slot->epoch, info->number, EL_SEGMENT_INDEX);
		r = el_index_open(path, info->n_rows, &slot->index);
	}
	*out = slot->index;
	return r;
}

int
el_sqlite_daybook_pin(struct el_sqlite_daybook *b, struct el_epoch_info *ep,
    const struct el_segment_info *info, struct el_segment **out)
{
	struct el_reader *slot;
	int r;

	if (info->kind == EL_SEGMENT_LIVE) {
		*out = ep->live;
		return EL_OK;
	}
	if ((r = pin_slot(b, ep, info, &slot)) == EL_OK && (r = segment_in(b, info, slot, out)) != EL_OK)
		slot->pins--;
	return r;
}

void
el_sqlite_daybook_unpin(struct el_sqlite_daybook *b, struct el_segment *s)
{
	struct el_reader *slot;

	for (slot = b->reader; slot < b->reader + EL_DAYBOOK_READERS; slot++)
		if (slot->seg == s)
			slot->pins--;
}

void
el_sqlite_daybook_evict(struct el_sqlite_daybook *b, el_epoch epoch)
{
	struct el_reader *slot;

	for (slot = b->reader; slot < b->reader + EL_DAYBOOK_READERS; slot++)
		if (slot->taken && slot->epoch == epoch)
			drop_reader(slot);
}

/* The index says where; that the row there has one of the tags is looked at all the same. */
static int
check_row(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	const struct el_segment_query *q = ctx;

	if (!el_segment_is_among(q->tags, q->n_tags, q->which == EL_TAG_A ? row->tag_a : row->tag_b))
		return EL_EFORMAT;
	return q->fn(q->ctx, ref, row);
}

static int
read_rows(struct el_segment *s, const struct el_row_ref *where, const struct el_segment_query *q, const uint32_t *rows,
    size_t n)
{
	struct el_segment_query asked = *q;
	struct el_row_ref ref = *where;
	int r = EL_OK;

	for (size_t i = 0; i < n && r == EL_OK; i++) {
		ref.row = rows[i];
		if ((r = el_segment_read(s, &ref, check_row, &asked)) == EL_ENOTFOUND)
			r = EL_EFORMAT;
	}
	return r;
}

/* The segment itself is opened only where something is in it: a search of many segments finds little in most. */
static int
find_by_index(struct el_sqlite_daybook *b, const struct el_epoch_info *ep, const struct el_segment_info *info,
    const struct el_segment_query *q)
{
	const struct el_row_ref ref = { ep->epoch, info->number, 0 };
	struct el_reader *slot;
	struct el_segment *s;
	struct el_index *x;
	uint32_t *rows = NULL;
	size_t n = 0;
	int r;

	if ((r = pin_slot(b, ep, info, &slot)) != EL_OK)
		return r;
	b->walking++;
	if ((r = index_in(b, info, slot, &x)) == EL_OK &&
	    (r = el_index_find(x, q->which, q->tags, q->n_tags, &rows, &n)) == EL_OK && n > 0 &&
	    (r = segment_in(b, info, slot, &s)) == EL_OK)
		r = read_rows(s, &ref, q, rows, n);
	free(rows);
	b->walking--;
	slot->pins--;
	return r;
}

static int
walk_segment(struct el_sqlite_daybook *b, struct el_epoch_info *ep, const struct el_segment_info *info,
    const struct el_segment_query *q)
{
	const struct el_row_ref ref = { ep->epoch, info->number, 0 };
	struct el_segment *s;
	int r;

	if (q->tags != NULL && info->indexed)
		return find_by_index(b, ep, info, q);
	if ((r = el_sqlite_daybook_pin(b, ep, info, &s)) != EL_OK)
		return r;
	b->walking++;
	r = el_segment_walk(s, &ref, q);
	b->walking--;
	el_sqlite_daybook_unpin(b, s);
	return r;
}

static int
walk_epoch(struct el_sqlite_daybook *b, struct el_epoch_info *ep, const struct el_segment_query *q)
{
	size_t i;
	int r = EL_OK;

	for (i = 0; i < ep->n_seg && r == EL_OK; i++)
		r = walk_segment(b, ep, &ep->seg[i], q);
	return r;
}

int
el_sqlite_daybook_find(struct el_daybook *d, el_epoch from, el_epoch to, enum el_tag_column which,
    const uint64_t *sorted_tags, size_t n, el_row_fn *fn, void *ctx)
{
	const struct el_segment_query q = { which, sorted_tags, n, false, fn, ctx };
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	size_t i;
	int r;

	if (n == 0)
		return EL_OK;
	for (i = el_sqlite_daybook_position(b, from); i < b->n_ep && b->ep[i].epoch <= to; i++)
		if ((r = walk_epoch(b, &b->ep[i], &q)) != EL_OK)
			return r;
	return EL_OK;
}

int
el_sqlite_daybook_find_indexed(struct el_daybook *d, el_epoch epoch, enum el_tag_column which,
    const uint64_t *sorted_tags, size_t n, el_row_fn *fn, void *ctx)
{
	const struct el_segment_query q = { which, sorted_tags, n, false, fn, ctx };
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);
	size_t i;
	int r = EL_OK;

	for (i = 0; ep != NULL && n > 0 && i < ep->n_seg && ep->seg[i].indexed && r == EL_OK; i++)
		r = walk_segment(b, ep, &ep->seg[i], &q);
	return r;
}

uint32_t
el_sqlite_daybook_unindexed(struct el_daybook *d, el_epoch epoch, uint32_t *end)
{
	const struct el_epoch_info *const ep = el_sqlite_daybook_epoch((struct el_sqlite_daybook *)d, epoch);
	size_t i;

	for (i = 0; ep != NULL && i < ep->n_seg && ep->seg[i].indexed;)
		i++;
	if (end != NULL)
		*end = ep != NULL ? ep->next : 0;
	return ep == NULL ? 0 : i < ep->n_seg ? ep->seg[i].number : ep->next;
}

struct tag_walk {
	enum el_tag_column which;
	el_tag_fn *fn;
	void *ctx;
};

static int
row_tag(void *ctx, const struct el_row_ref *ref, const struct el_row *row)
{
	const struct tag_walk *w = ctx;

	return w->fn(w->ctx, ref, w->which == EL_TAG_A ? row->tag_a : row->tag_b);
}

static int
segment_tags(struct el_sqlite_daybook *b, struct el_epoch_info *ep, const struct el_segment_info *info,
    struct tag_walk *w)
{
	const struct el_segment_query q = { .tags_only = true, .fn = row_tag, .ctx = w };
	const struct el_row_ref ref = { ep->epoch, info->number, 0 };
	struct el_reader *slot;
	struct el_index *x;
	int r;

	if (!info->indexed)
		return walk_segment(b, ep, info, &q);
	if ((r = pin_slot(b, ep, info, &slot)) != EL_OK)
		return r;
	b->walking++;
	if ((r = index_in(b, info, slot, &x)) == EL_OK)
		r = el_index_each(x, &ref, w->which, w->fn, w->ctx);
	b->walking--;
	slot->pins--;
	return r;
}

int
el_sqlite_daybook_each_tag(
    struct el_daybook *d, el_epoch epoch, uint32_t from, enum el_tag_column which, el_tag_fn *fn, void *ctx)
{
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);
	struct tag_walk w = { which, fn, ctx };
	size_t i;
	int r = EL_OK;

	for (i = 0; ep != NULL && i < ep->n_seg && r == EL_OK; i++)
		if (ep->seg[i].number >= from)
			r = segment_tags(b, ep, &ep->seg[i], &w);
	return r;
}

int
el_sqlite_daybook_scan(struct el_daybook *d, el_epoch epoch, bool tags_only, el_row_fn *fn, void *ctx)
{
	const struct el_segment_query q = { .tags_only = tags_only, .fn = fn, .ctx = ctx };
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);

	return ep != NULL ? walk_epoch(b, ep, &q) : EL_OK;
}

/* NULL: there is none of this number. */
static const struct el_segment_info *
segment_of(const struct el_epoch_info *ep, uint32_t number)
{
	for (size_t i = 0; ep != NULL && i < ep->n_seg; i++)
		if (ep->seg[i].number == number)
			return &ep->seg[i];
	return NULL;
}

int
el_sqlite_daybook_read(struct el_daybook *d, const struct el_row_ref *ref, el_row_fn *fn, void *ctx)
{
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, ref->epoch);
	const struct el_segment_info *const info = segment_of(ep, ref->segment);
	struct el_segment *s;
	int r;

	if (info == NULL)
		return EL_ENOTFOUND;
	if ((r = el_sqlite_daybook_pin(b, ep, info, &s)) != EL_OK)
		return r;
	b->walking++;
	r = el_segment_read(s, ref, fn, ctx);
	b->walking--;
	el_sqlite_daybook_unpin(b, s);
	return r;
}

int
el_sqlite_daybook_root(struct el_daybook *d, el_epoch epoch, uint32_t segment, uint64_t *n_rows, struct el_hash *root)
{
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);
	const struct el_segment_info *const info = segment_of(ep, segment);
	struct el_index *x;
	struct el_reader *slot;
	int r;

	*n_rows = 0;
	memset(root, 0, sizeof *root);
	if (info == NULL || !info->indexed)
		return EL_ENOTFOUND;
	if ((r = pin_slot(b, ep, info, &slot)) != EL_OK)
		return r;
	if ((r = index_in(b, info, slot, &x)) == EL_OK && (r = el_index_root(x, root)) == EL_OK)
		*n_rows = info->n_rows;
	slot->pins--;
	return r;
}

int
el_sqlite_daybook_path(struct el_daybook *d, const struct el_row_ref *ref, struct el_path *out)
{
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, ref->epoch);
	const struct el_segment_info *const info = segment_of(ep, ref->segment);
	struct el_index *x;
	struct el_reader *slot;
	int r;

	memset(out, 0, sizeof *out);
	if (info == NULL || !info->indexed || ref->row >= info->n_rows)
		return EL_ENOTFOUND;
	if ((r = pin_slot(b, ep, info, &slot)) != EL_OK)
		return r;
	if ((r = index_in(b, info, slot, &x)) == EL_OK)
		r = el_index_path(x, ref->row, out);
	slot->pins--;
	return r;
}
