#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daybook/sqlite_internal.h"

/*
 * The rewritten rows must not reach the disk in the order of arrival, not even in a file that is unlinked
 * afterwards, and a day may be larger than memory.  So the old rows are turned twice: once for their new
 * tags, of which 24 bytes a row are kept and sorted, and once more, in that order, for their new bytes.
 */
struct place {
	uint64_t tag_a, tag_b;
	uint32_t segment, row; /* segment: index among the epoch's */
};

struct turning {
	el_rewrite_fn *fn;
	void *ctx;
	uint32_t number;	/* of the new segment */
	uint32_t index;		/* of the old segment that is read */
	struct place *place;
	size_t n, n_max;
	struct el_segment *to;
};

static int
by_tags(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->tag_a != y->tag_a)
		return x->tag_a < y->tag_a ? -1 : 1;
	return x->tag_b < y->tag_b ? -1 : x->tag_b > y->tag_b;
}

static int
turn(struct turning *t, const struct el_row_ref *from, const struct el_row *in,
    uint8_t sealed[EL_SEALED_MAX], struct el_row *out)
{
	const int r = t->fn(t->ctx, from, in, t->number, sealed, out);

	return r == EL_OK && out->len > EL_SEALED_MAX ? EL_ELIMIT : r;
}

static int
learn_place(void *ctx, const struct el_row_ref *ref, const struct el_row *in)
{
	struct turning *t = ctx;
	uint8_t sealed[EL_SEALED_MAX];
	struct el_row out = { 0 };
	int r;

	if (t->n == t->n_max)
		return EL_EFORMAT; /* more rows than the segment counted: its numbers have gaps */
	if ((r = turn(t, ref, in, sealed, &out)) == EL_OK)
		t->place[t->n++] = (struct place){ out.tag_a, out.tag_b, t->index, ref->row };
	return r;
}

static int
write_row(void *ctx, const struct el_row_ref *ref, const struct el_row *in)
{
	struct turning *t = ctx;
	const struct place *want = &t->place[t->n];
	uint8_t sealed[EL_SEALED_MAX];
	struct el_row out = { 0 };
	int r;

	if ((r = turn(t, ref, in, sealed, &out)) != EL_OK)
		return r;
	/* The caller's function gave other tags the first time. */
	if (out.tag_a != want->tag_a || out.tag_b != want->tag_b)
		return EL_ESTATE;
	return el_segment_put(t->to, &out);
}

static int
learn_places(struct el_sqlite_daybook *b, struct el_epoch_info *ep, struct turning *t)
{
	const struct el_segment_query q = { .fn = learn_place, .ctx = t };
	struct el_row_ref ref = { ep->epoch, 0, 0 };
	struct el_segment *s;
	int r = EL_OK;

	for (t->index = 0; t->index < ep->n_seg && r == EL_OK; t->index++) {
		ref.segment = ep->seg[t->index].number;
		if ((r = el_sqlite_daybook_pin(b, ep, &ep->seg[t->index], &s)) != EL_OK)
			return r;
		r = el_segment_walk(s, &ref, &q);
		el_sqlite_daybook_unpin(b, s);
	}
	if (r == EL_OK && t->n != t->n_max)
		r = EL_EFORMAT;
	if (r == EL_OK && t->n > 1)
		qsort(t->place, t->n, sizeof t->place[0], by_tags);
	return r;
}

static int
write_rows(struct el_sqlite_daybook *b, struct el_epoch_info *ep, struct turning *t)
{
	struct el_row_ref ref = { ep->epoch, 0, 0 };
	struct el_segment *s;
	int r = EL_OK;

	for (t->n = 0; t->n < t->n_max && r == EL_OK; t->n++) {
		const struct el_segment_info *const info = &ep->seg[t->place[t->n].segment];

		ref.segment = info->number;
		ref.row = t->place[t->n].row;
		if ((r = el_sqlite_daybook_pin(b, ep, info, &s)) != EL_OK)
			return r;
		r = el_segment_read(s, &ref, write_row, t);
		el_sqlite_daybook_unpin(b, s);
	}
	return r;
}

/* Make the new file, whole and durable but under a name that says it is not valid yet. */
static int
build(struct el_sqlite_daybook *b, struct el_epoch_info *ep, struct turning *t, const char *tmp)
{
	int r, done;

	if (t->n_max > 0 && (t->place = calloc(t->n_max, sizeof t->place[0])) == NULL)
		return EL_ENOMEM;
	b->walking++;
	if ((r = learn_places(b, ep, t)) == EL_OK && (r = el_segment_create(tmp, &t->to)) == EL_OK) {
		el_daybook_step();
		if ((r = write_rows(b, ep, t)) == EL_OK) {
			el_daybook_step();
			r = el_segment_finish(t->to);
		} else if ((done = el_segment_finish(t->to)) == EL_EIO)
			r = done;
	}
	b->walking--;
	free(t->place);
	t->place = NULL;
	el_daybook_step();
	return r;
}

/* From here on the sorted file is the epoch: the rename in it is the moment. */
static int
commit(struct el_sqlite_daybook *b, struct el_epoch_info *ep, const struct turning *t, const char *tmp)
{
	const struct el_segment_info info = { t->number, (uint32_t)t->n_max, EL_SEGMENT_SORTED };
	char path[EL_DAYBOOK_PATH_SIZE], folder[EL_DAYBOOK_PATH_SIZE];
	int r;

	el_folder_segment_path(path, b->dir, ep->epoch, t->number, EL_SEGMENT_SORTED);
	if ((r = el_folder_rename(tmp, path)) != EL_OK)
		return r;
	el_daybook_step();
	el_sqlite_daybook_evict(b, ep->epoch);
	ep->n_seg = 0;
	ep->rewritten = true;
	ep->next = t->number + 1;
	el_folder_path(folder, b->dir, ep->epoch, "");
	if ((r = el_sqlite_daybook_add_segment(ep, &info)) != EL_OK)
		return r;
	return el_folder_clear(folder, strrchr(path, '/') + 1);
}

static uint64_t
count_rows(const struct el_epoch_info *ep)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < ep->n_seg; i++)
		n += ep->seg[i].n_rows;
	return n;
}

int
el_sqlite_daybook_rewrite(struct el_daybook *d, el_epoch epoch, el_rewrite_fn *fn, void *ctx, uint64_t *n_rows)
{
	struct el_sqlite_daybook *const b = (struct el_sqlite_daybook *)d;
	struct turning t = { .fn = fn, .ctx = ctx };
	char tmp[EL_DAYBOOK_PATH_SIZE];
	struct el_epoch_info *ep;
	uint64_t n;
	int r;

	*n_rows = 0;
	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK || (r = el_sqlite_daybook_make(b, epoch, &ep)) != EL_OK)
		return el_sqlite_daybook_wrote(b, r);
	n = count_rows(ep);
	if (!ep->rewritten) {
		if ((r = el_sqlite_daybook_close_live(b, ep)) != EL_OK)
			return el_sqlite_daybook_wrote(b, r);
		if (n > UINT32_MAX || ep->next > EL_SEGMENT_NUMBER_MAX)
			return EL_ELIMIT;
		t.n_max = (size_t)n;
		t.number = ep->next;
		el_folder_segment_path(tmp, b->dir, epoch, t.number, EL_SEGMENT_TMP);
		if ((r = build(b, ep, &t, tmp)) == EL_OK)
			r = commit(b, ep, &t, tmp);
		else
			(void)unlink(tmp); /* else the next open does */
		if (r != EL_OK)
			return el_sqlite_daybook_wrote(b, r);
	}
	*n_rows = n;
	return EL_OK;
}
