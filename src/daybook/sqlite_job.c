#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "daybook/sqlite_internal.h"

/*
 * Work that another process does: whoever has the daybook open says what it is, el_daybook_sqlite_work() makes a
 * whole and durable file under a name that says it is not valid yet, and one rename by the former makes it so.
 */
static struct el_sqlite_daybook *
self(struct el_daybook *d)
{
	return (struct el_sqlite_daybook *)d;
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

/* ---- What is to be done ---- */

void
el_sqlite_daybook_add_gone(struct el_sqlite_daybook *b, el_epoch e)
{
	const uint8_t bit = (uint8_t)(1u << (e % 8));

	b->n_gone += (b->gone[e / 8] & bit) == 0;
	b->gone[e / 8] |= bit;
	b->destroyed[e / 8] |= bit; /* no new one while the old one's files are in the way */
}

static bool
is_gone(const struct el_sqlite_daybook *b, unsigned e)
{
	return (b->gone[e / 8] >> (e % 8) & 1) != 0;
}

static bool
wants_index(const struct el_segment_info *info)
{
	return !info->indexed && (info->kind == EL_SEGMENT_CLOSED || info->kind == EL_SEGMENT_SORTED);
}

/* An epoch that is being rewritten needs no index of what goes. */
static bool
epoch_job(const struct el_epoch_info *ep, struct el_job *out)
{
	size_t i;

	if (ep->rewriting) {
		*out = (struct el_job){ EL_JOB_REWRITE, ep->epoch, ep->next, count_rows(ep) };
		return true;
	}
	for (i = 0; i < ep->n_seg; i++)
		if (wants_index(&ep->seg[i])) {
			*out = (struct el_job){ EL_JOB_INDEX, ep->epoch, ep->seg[i].number, ep->seg[i].n_rows };
			return true;
		}
	return false;
}

int
el_sqlite_daybook_job(struct el_daybook *d, struct el_job *out)
{
	const struct el_sqlite_daybook *const b = self(d);
	unsigned e;
	size_t i;

	*out = (struct el_job){ 0 };
	for (e = 0; b->n_gone > 0 && e < 65536; e++)
		if (is_gone(b, e)) {
			*out = (struct el_job){ EL_JOB_REMOVE, (el_epoch)e, 0, 0 };
			return EL_OK;
		}
	/* The newest days first: theirs are the orders that wait. */
	for (i = b->n_ep; i-- > 0;)
		if (epoch_job(&b->ep[i], out))
			return EL_OK;
	return EL_ENOTFOUND;
}

int
el_sqlite_daybook_begin_rewrite(struct el_daybook *d, el_epoch epoch)
{
	struct el_sqlite_daybook *const b = self(d);
	struct el_epoch_info *ep;
	int r;

	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK || (r = el_sqlite_daybook_make(b, epoch, &ep)) != EL_OK)
		return el_sqlite_daybook_wrote(b, r);
	if (ep->rewritten || ep->rewriting)
		return EL_OK;
	if ((r = el_sqlite_daybook_close_live(b, ep)) != EL_OK)
		return el_sqlite_daybook_wrote(b, r);
	if (count_rows(ep) > UINT32_MAX || ep->next > EL_SEGMENT_NUMBER_MAX)
		return EL_ELIMIT;
	ep->rewriting = true;
	return EL_OK;
}

/* ---- Doing it ---- */

static int
make_index(const char *dir, const struct el_job *job, el_leaf_fn *leaf, void *ctx)
{
	char segment[EL_DAYBOOK_PATH_SIZE], tmp[EL_DAYBOOK_PATH_SIZE];
	int r;

	if (job->n_rows > UINT32_MAX)
		return EL_ELIMIT;
	el_folder_segment_path(segment, dir, job->epoch, job->segment, EL_SEGMENT_CLOSED);
	if (access(segment, F_OK) != 0)
		el_folder_segment_path(segment, dir, job->epoch, job->segment, EL_SEGMENT_SORTED);
	if (access(segment, F_OK) != 0)
		return EL_ENOTFOUND;
	el_folder_segment_path(tmp, dir, job->epoch, job->segment, EL_SEGMENT_TMP_INDEX);
	(void)unlink(tmp); /* of an attempt that was cut off */
	if ((r = el_index_make(segment, job, leaf, ctx, tmp)) != EL_OK)
		(void)unlink(tmp); /* else the next open does */
	return r;
}

static int
make_sorted(const char *dir, const struct el_job *job, el_rewrite_fn *fn, void *ctx)
{
	char folder[EL_DAYBOOK_PATH_SIZE], tmp[EL_DAYBOOK_PATH_SIZE];
	int r;

	el_folder_path(folder, dir, job->epoch, "");
	if (access(folder, F_OK) != 0)
		return EL_ENOTFOUND;
	el_folder_segment_path(tmp, dir, job->epoch, job->segment, EL_SEGMENT_TMP);
	(void)unlink(tmp);
	if ((r = el_rewrite_make(folder, job, fn, ctx, tmp)) != EL_OK)
		(void)unlink(tmp);
	return r;
}

int
el_daybook_sqlite_work(const char *dir, const struct el_job *job, el_rewrite_fn *fn, el_leaf_fn *leaf, void *ctx)
{
	char gone[EL_DAYBOOK_PATH_SIZE];

	if (strlen(dir) > EL_DAYBOOK_DIR_MAX)
		return EL_ELIMIT;
	switch (job->kind) {
	case EL_JOB_INDEX:
		return make_index(dir, job, leaf, ctx);
	case EL_JOB_REWRITE:
		return make_sorted(dir, job, fn, ctx);
	case EL_JOB_REMOVE:
		el_folder_path(gone, dir, job->epoch, ".gone");
		return el_folder_remove(gone);
	}
	return EL_EFORMAT;
}

/* ---- Taking it over ---- */

static int
finish_index(struct el_sqlite_daybook *b, const struct el_job *job)
{
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, job->epoch);
	char tmp[EL_DAYBOOK_PATH_SIZE], path[EL_DAYBOOK_PATH_SIZE];
	struct el_segment_info *info = NULL;
	struct el_index *x;
	size_t i;
	int r;

	for (i = 0; ep != NULL && !ep->rewriting && i < ep->n_seg; i++)
		if (ep->seg[i].number == job->segment)
			info = &ep->seg[i];
	if (info == NULL || !wants_index(info) || info->n_rows != job->n_rows)
		return EL_ESTATE;
	el_folder_segment_path(tmp, b->dir, job->epoch, job->segment, EL_SEGMENT_TMP_INDEX);
	el_folder_segment_path(path, b->dir, job->epoch, job->segment, EL_SEGMENT_INDEX);
	if (access(tmp, F_OK) != 0)
		return errno == ENOENT ? EL_ENOTFOUND : EL_EIO;
	r = el_index_open(tmp, info->n_rows, &x);
	el_index_close(x);
	if (r != EL_OK)
		return r;
	if ((r = el_folder_rename(tmp, path)) != EL_OK)
		return r;
	el_daybook_step();
	info->indexed = true;
	return EL_OK;
}

/* Whether what was made is a whole segment of that many rows. */
static int
check_sorted(const char *tmp, uint64_t n_rows)
{
	struct el_segment *s;
	int r;

	if (access(tmp, F_OK) != 0)
		return errno == ENOENT ? EL_ENOTFOUND : EL_EIO;
	if ((r = el_segment_open(tmp, EL_SEGMENT_SORTED, &s)) != EL_OK)
		return r;
	if (el_segment_rows(s) != n_rows)
		r = EL_EFORMAT;
	el_segment_close(s, false);
	return r;
}

/* From here on the sorted file is the epoch: the rename in it is the moment. */
static int
finish_rewrite(struct el_sqlite_daybook *b, const struct el_job *job)
{
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, job->epoch);
	const struct el_segment_info info = { job->segment, (uint32_t)job->n_rows, EL_SEGMENT_SORTED, false };
	char tmp[EL_DAYBOOK_PATH_SIZE], path[EL_DAYBOOK_PATH_SIZE], folder[EL_DAYBOOK_PATH_SIZE];
	int r;

	if (ep == NULL || !ep->rewriting || ep->next != job->segment || count_rows(ep) != job->n_rows)
		return EL_ESTATE;
	el_folder_segment_path(tmp, b->dir, ep->epoch, info.number, EL_SEGMENT_TMP);
	el_folder_segment_path(path, b->dir, ep->epoch, info.number, EL_SEGMENT_SORTED);
	el_folder_path(folder, b->dir, ep->epoch, "");
	if ((r = check_sorted(tmp, info.n_rows)) != EL_OK || (r = el_folder_rename(tmp, path)) != EL_OK)
		return r;
	el_daybook_step();
	el_sqlite_daybook_evict(b, ep->epoch);
	ep->n_seg = 0;
	ep->rewritten = true;
	ep->rewriting = false;
	ep->next = info.number + 1;
	/* A failure from here on is final; the next life finds the sorted file and clears the rest. */
	if ((r = el_sqlite_daybook_add_segment(ep, &info)) == EL_OK)
		r = el_folder_clear(folder, &info.number);
	return r == EL_OK ? EL_OK : EL_EIO;
}

static int
finish_remove(struct el_sqlite_daybook *b, const struct el_job *job)
{
	char gone[EL_DAYBOOK_PATH_SIZE];

	if (!is_gone(b, job->epoch))
		return EL_ESTATE;
	el_folder_path(gone, b->dir, job->epoch, ".gone");
	if (access(gone, F_OK) == 0 || errno != ENOENT)
		return EL_ENOTFOUND;
	b->gone[job->epoch / 8] &= (uint8_t) ~(1u << (job->epoch % 8));
	b->n_gone--;
	return EL_OK;
}

int
el_sqlite_daybook_finish(struct el_daybook *d, const struct el_job *job)
{
	struct el_sqlite_daybook *const b = self(d);
	int r;

	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK)
		return r;
	switch (job->kind) {
	case EL_JOB_INDEX:
		r = finish_index(b, job);
		break;
	case EL_JOB_REWRITE:
		r = finish_rewrite(b, job);
		break;
	case EL_JOB_REMOVE:
		r = finish_remove(b, job);
		break;
	}
	/* A bad result is no damage to the daybook. */
	return r == EL_EFORMAT ? r : el_sqlite_daybook_wrote(b, r);
}

int
el_sqlite_daybook_rewrite(struct el_daybook *d, el_epoch epoch, el_rewrite_fn *fn, void *ctx, uint64_t *n_rows)
{
	struct el_sqlite_daybook *const b = self(d);
	struct el_epoch_info *ep;
	struct el_job job;
	int r;

	*n_rows = 0;
	if ((r = el_sqlite_daybook_begin_rewrite(d, epoch)) != EL_OK)
		return r;
	ep = el_sqlite_daybook_epoch(b, epoch);
	if (!ep->rewritten) {
		(void)epoch_job(ep, &job);
		b->walking++;
		r = el_daybook_sqlite_work(b->dir, &job, fn, NULL, ctx);
		b->walking--;
		if (r == EL_OK)
			r = el_sqlite_daybook_finish(d, &job);
		ep->rewriting = false; /* whatever came of it: it can be asked for again */
	}
	if (r != EL_OK)
		return el_sqlite_daybook_wrote(b, r);
	*n_rows = count_rows(ep);
	return EL_OK;
}
