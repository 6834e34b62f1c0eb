#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "daybook/sqlite_internal.h"

/*
 * The rewritten rows must not reach the disk in the order of arrival, not even in a file that is unlinked
 * afterwards, and a day may be larger than memory.  So the old rows are turned twice: once for their new
 * tags, of which 24 bytes a row are kept and sorted, and once more, in that order, for their new bytes.
 */
struct place {
	uint64_t tag_a, tag_b;
	uint32_t segment, row; /* segment: index among the old ones */
};

#define OLD_MAX 1024 /* segments of one epoch that is rewritten: each is a file open meanwhile */

struct old {
	uint32_t number;
	struct el_segment *seg;
};

struct turning {
	const char *folder;
	const struct el_job *job;
	el_rewrite_fn *fn;
	void *ctx;
	struct old *old; /* ascending */
	size_t n_old;
	uint32_t index; /* of the old segment that is read */
	struct place *place;
	size_t n;
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
by_number(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* ---- The old segments ---- */

static int
note_old(void *ctx, const char *name)
{
	struct turning *t = ctx;
	enum el_segment_kind kind;
	struct old *more;
	uint32_t number;

	if (!el_folder_is_segment(name, &number, &kind) || kind != EL_SEGMENT_CLOSED)
		return EL_OK;
	if (t->n_old == OLD_MAX)
		return EL_ELIMIT;
	if ((more = realloc(t->old, (t->n_old + 1) * sizeof *more)) == NULL)
		return EL_ENOMEM;
	t->old = more;
	t->old[t->n_old++] = (struct old){ number, NULL };
	return EL_OK;
}

static int
open_old(struct turning *t)
{
	char name[EL_FOLDER_NAME_SIZE], path[EL_DAYBOOK_PATH_SIZE];
	uint64_t rows = 0;
	size_t i;
	int r;

	if ((r = el_folder_each(t->folder, note_old, t)) != EL_OK)
		return r;
	if (t->n_old > 1)
		qsort(t->old, t->n_old, sizeof t->old[0], by_number);
	for (i = 0; i < t->n_old; i++) {
		el_folder_segment_name(name, t->old[i].number, EL_SEGMENT_CLOSED);
		if ((r = el_path_join(path, sizeof path, t->folder, name)) != EL_OK ||
		    (r = el_segment_open(path, EL_SEGMENT_CLOSED, &t->old[i].seg)) != EL_OK)
			return r;
		rows += el_segment_rows(t->old[i].seg);
	}
	return rows == t->job->n_rows ? EL_OK : EL_EFORMAT;
}

static void
close_old(struct turning *t)
{
	size_t i;

	for (i = 0; i < t->n_old; i++)
		el_segment_close(t->old[i].seg, false);
	free(t->old);
}

/* ---- Turning ---- */

static int
turn(struct turning *t, const struct el_row_ref *from, const struct el_row *in,
    uint8_t sealed[EL_SEALED_MAX], struct el_row *out)
{
	const int r = t->fn(t->ctx, from, in, t->job->segment, sealed, out);

	return r == EL_OK && out->len > EL_SEALED_MAX ? EL_ELIMIT : r;
}

static int
learn_place(void *ctx, const struct el_row_ref *ref, const struct el_row *in)
{
	struct turning *t = ctx;
	uint8_t sealed[EL_SEALED_MAX];
	struct el_row out = { 0 };
	int r;

	if (t->n == t->job->n_rows)
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
learn_places(struct turning *t)
{
	const struct el_segment_query q = { .fn = learn_place, .ctx = t };
	struct el_row_ref ref = { t->job->epoch, 0, 0 };
	int r = EL_OK;

	for (t->index = 0; t->index < t->n_old && r == EL_OK; t->index++) {
		ref.segment = t->old[t->index].number;
		r = el_segment_walk(t->old[t->index].seg, &ref, &q);
	}
	if (r == EL_OK && t->n != t->job->n_rows)
		r = EL_EFORMAT;
	if (r == EL_OK && t->n > 1)
		qsort(t->place, t->n, sizeof t->place[0], by_tags);
	return r;
}

static int
write_rows(struct turning *t)
{
	struct el_row_ref ref = { t->job->epoch, 0, 0 };
	int r = EL_OK;

	for (t->n = 0; t->n < t->job->n_rows && r == EL_OK; t->n++) {
		const struct old *const from = &t->old[t->place[t->n].segment];

		ref.segment = from->number;
		ref.row = t->place[t->n].row;
		r = el_segment_read(from->seg, &ref, write_row, t);
	}
	return r == EL_ENOTFOUND ? EL_EFORMAT : r;
}

int
el_rewrite_make(const char *folder, const struct el_job *job, el_rewrite_fn *fn, void *ctx, const char *path)
{
	struct turning t = { .folder = folder, .job = job, .fn = fn, .ctx = ctx };
	int r, done;

	if (job->n_rows > UINT32_MAX)
		return EL_ELIMIT;
	if ((r = open_old(&t)) != EL_OK)
		goto out;
	if (job->n_rows > 0 && (t.place = calloc(job->n_rows, sizeof t.place[0])) == NULL) {
		r = EL_ENOMEM;
		goto out;
	}
	if ((r = learn_places(&t)) == EL_OK && (r = el_segment_create(path, &t.to)) == EL_OK) {
		el_daybook_step();
		if ((r = write_rows(&t)) == EL_OK) {
			el_daybook_step();
			r = el_segment_finish(t.to);
		} else if ((done = el_segment_finish(t.to)) == EL_EIO)
			r = done;
	}
	el_daybook_step();
out:
	free(t.place);
	close_old(&t);
	return r;
}
