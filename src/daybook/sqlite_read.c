#include "daybook/sqlite_internal.h"

static void
drop_reader(struct el_reader *slot)
{
	el_segment_close(slot->seg, false);
	*slot = (struct el_reader){ 0 };
}

int
el_sqlite_daybook_pin(struct el_sqlite_daybook *b, struct el_epoch_info *ep,
    const struct el_segment_info *info, struct el_segment **out)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	struct el_reader *slot, *oldest = NULL;
	int r;

	if (info->kind == EL_SEGMENT_LIVE) {
		*out = ep->live;
		return EL_OK;
	}
	for (slot = b->reader; slot < b->reader + EL_DAYBOOK_READERS; slot++) {
		if (slot->seg != NULL && slot->epoch == ep->epoch && slot->number == info->number)
			goto found;
		/* An empty slot was never used, so it is the oldest. */
		if (slot->pins == 0 && (oldest == NULL || slot->used < oldest->used))
			oldest = slot;
	}
	if ((slot = oldest) == NULL)
		return EL_ELIMIT; /* that many callbacks inside each other */
	drop_reader(slot);
	el_folder_segment_path(path, b->dir, ep->epoch, info->number, info->kind);
	if ((r = el_segment_open(path, info->kind, &slot->seg)) != EL_OK)
		return r;
	slot->epoch = ep->epoch;
	slot->number = info->number;
found:
	slot->used = ++b->reader_clock;
	slot->pins++;
	*out = slot->seg;
	return EL_OK;
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
		if (slot->seg != NULL && slot->epoch == epoch)
			drop_reader(slot);
}

static int
walk_epoch(struct el_sqlite_daybook *b, struct el_epoch_info *ep, const struct el_segment_query *q)
{
	struct el_row_ref ref = { ep->epoch, 0, 0 };
	struct el_segment *s;
	size_t i;
	int r;

	for (i = 0; i < ep->n_seg; i++) {
		ref.segment = ep->seg[i].number;
		if ((r = el_sqlite_daybook_pin(b, ep, &ep->seg[i], &s)) != EL_OK)
			return r;
		b->walking++;
		r = el_segment_walk(s, &ref, q);
		b->walking--;
		el_sqlite_daybook_unpin(b, s);
		if (r != EL_OK)
			return r;
	}
	return EL_OK;
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
el_sqlite_daybook_scan(struct el_daybook *d, el_epoch epoch, bool tags_only, el_row_fn *fn, void *ctx)
{
	const struct el_segment_query q = { .tags_only = tags_only, .fn = fn, .ctx = ctx };
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);

	return ep != NULL ? walk_epoch(b, ep, &q) : EL_OK;
}

int
el_sqlite_daybook_read(struct el_daybook *d, const struct el_row_ref *ref, el_row_fn *fn, void *ctx)
{
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, ref->epoch);
	struct el_segment *s;
	size_t i;
	int r;

	for (i = 0; ep != NULL && i < ep->n_seg && ep->seg[i].number != ref->segment;)
		i++;
	if (ep == NULL || i == ep->n_seg)
		return EL_ENOTFOUND;
	if ((r = el_sqlite_daybook_pin(b, ep, &ep->seg[i], &s)) != EL_OK)
		return r;
	b->walking++;
	r = el_segment_read(s, ref, fn, ctx);
	b->walking--;
	el_sqlite_daybook_unpin(b, s);
	return r;
}
