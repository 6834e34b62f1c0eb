#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "daybook/sqlite_file.h"
#include "daybook/sqlite_internal.h"

static struct el_sqlite_daybook *
self(struct el_daybook *d)
{
	return (struct el_sqlite_daybook *)d;
}

int
el_sqlite_daybook_may_write(const struct el_sqlite_daybook *b)
{
	return b->failed ? EL_EIO : b->walking > 0 ? EL_ESTATE : EL_OK;
}

int
el_sqlite_daybook_wrote(struct el_sqlite_daybook *b, int r)
{
	if (r == EL_EIO || r == EL_EFORMAT)
		b->failed = true;
	return r;
}

static bool
is_destroyed(const struct el_sqlite_daybook *b, el_epoch e)
{
	return (b->destroyed[e / 8] >> (e % 8) & 1) != 0;
}

size_t
el_sqlite_daybook_position(const struct el_sqlite_daybook *b, el_epoch e)
{
	size_t i = 0;

	while (i < b->n_ep && b->ep[i].epoch < e)
		i++;
	return i;
}

struct el_epoch_info *
el_sqlite_daybook_epoch(struct el_sqlite_daybook *b, el_epoch e)
{
	const size_t i = el_sqlite_daybook_position(b, e);

	return i < b->n_ep && b->ep[i].epoch == e ? &b->ep[i] : NULL;
}

int
el_sqlite_daybook_add(struct el_sqlite_daybook *b, el_epoch e, struct el_epoch_info **out)
{
	const size_t i = el_sqlite_daybook_position(b, e);
	struct el_epoch_info *more;

	if ((more = realloc(b->ep, (b->n_ep + 1) * sizeof *more)) == NULL)
		return EL_ENOMEM;
	b->ep = more;
	memmove(&more[i + 1], &more[i], (b->n_ep - i) * sizeof *more);
	more[i] = (struct el_epoch_info){ .epoch = e };
	b->n_ep++;
	*out = &more[i];
	return EL_OK;
}

int
el_sqlite_daybook_make(struct el_sqlite_daybook *b, el_epoch e, struct el_epoch_info **out)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	int r;

	if (is_destroyed(b, e))
		return EL_ESTATE;
	if ((*out = el_sqlite_daybook_epoch(b, e)) != NULL)
		return EL_OK;
	el_folder_path(path, b->dir, e, "");
	if ((r = el_dir_make(path)) != EL_OK)
		return r;
	el_daybook_step();
	return el_sqlite_daybook_add(b, e, out);
}

int
el_sqlite_daybook_add_segment(struct el_epoch_info *ep, const struct el_segment_info *info)
{
	struct el_segment_info *more;

	if ((more = realloc(ep->seg, (ep->n_seg + 1) * sizeof *more)) == NULL)
		return EL_ENOMEM;
	ep->seg = more;
	ep->seg[ep->n_seg++] = *info;
	return EL_OK;
}

static void
forget_epoch(struct el_sqlite_daybook *b, struct el_epoch_info *ep)
{
	const size_t i = (size_t)(ep - b->ep);

	el_segment_close(ep->live, true);
	free(ep->seg);
	memmove(ep, ep + 1, (b->n_ep - i - 1) * sizeof *ep);
	b->n_ep--;
}

int
el_sqlite_daybook_close_live(struct el_sqlite_daybook *b, struct el_epoch_info *ep)
{
	char from[EL_DAYBOOK_PATH_SIZE], to[EL_DAYBOOK_PATH_SIZE];
	struct el_segment_info *info;
	int r;

	if (ep->live == NULL)
		return EL_OK;
	info = &ep->seg[ep->n_seg - 1];
	el_folder_segment_path(from, b->dir, ep->epoch, info->number, EL_SEGMENT_LIVE);
	el_folder_segment_path(to, b->dir, ep->epoch, info->number, EL_SEGMENT_CLOSED);
	r = el_segment_settle(&ep->live, from);
	if (r == EL_ESPACE)
		return r; /* and it is live as before */
	if (r == EL_OK)
		r = el_folder_rename(from, to);
	if (r != EL_OK) {
		/* The rows are there, but this life cannot say under which name: they wait for the next. */
		b->failed = true;
		ep->n_seg--;
		return EL_EIO;
	}
	info->kind = EL_SEGMENT_CLOSED;
	el_daybook_step();
	return EL_OK;
}

static int
begin_segment(struct el_sqlite_daybook *b, struct el_epoch_info *ep, int64_t now_s)
{
	const struct el_segment_info info = { ep->next, 0, EL_SEGMENT_LIVE, false };
	char tmp[EL_DAYBOOK_PATH_SIZE], path[EL_DAYBOOK_PATH_SIZE];
	struct el_segment *s;
	int r;

	if (info.number > EL_SEGMENT_NUMBER_MAX)
		return EL_ELIMIT;
	el_folder_segment_path(tmp, b->dir, ep->epoch, info.number, EL_SEGMENT_TMP);
	el_folder_segment_path(path, b->dir, ep->epoch, info.number, EL_SEGMENT_LIVE);
	/* Under the last name a file always has its schema. */
	if ((r = el_segment_create(tmp, &s)) != EL_OK) {
		(void)unlink(tmp);
		return r;
	}
	el_daybook_step();
	if ((r = el_segment_finish(s)) != EL_OK) {
		(void)unlink(tmp);
		return r;
	}
	el_daybook_step();
	if ((r = el_folder_rename(tmp, path)) != EL_OK) {
		if (r == EL_ESPACE)
			(void)unlink(tmp);
		return r;
	}
	el_daybook_step();
	/* No space for the change of mode: it has no rows, and goes, so that the next life need not make that change. */
	if ((r = el_segment_open(path, EL_SEGMENT_LIVE, &s)) == EL_ESPACE)
		return unlink(path) == 0 ? EL_ESPACE : EL_EIO;
	ep->next++;
	if (r != EL_OK || (r = el_sqlite_daybook_add_segment(ep, &info)) != EL_OK) {
		/* The file is live on disk and not here: only the next life puts that right. */
		el_segment_close(s, true);
		return EL_EIO;
	}
	ep->live = s;
	ep->begun_s = now_s;
	el_daybook_step();
	return EL_OK;
}

static bool
is_old(const struct el_sqlite_daybook *b, const struct el_epoch_info *ep, int64_t now_s)
{
	return b->options.hourly && el_segment_rows(ep->live) > 0 && now_s - ep->begun_s > EL_SEGMENT_S;
}

static bool
is_full(const struct el_sqlite_daybook *b, const struct el_epoch_info *ep, int64_t now_s)
{
	return el_segment_rows(ep->live) >= b->options.segment_rows || is_old(b, ep, now_s);
}

static int
sqlite_live(struct el_daybook *d, el_epoch epoch, int64_t now_s, uint32_t *segment)
{
	struct el_sqlite_daybook *const b = self(d);
	struct el_epoch_info *ep;
	int r;

	*segment = 0;
	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK || (r = el_sqlite_daybook_make(b, epoch, &ep)) != EL_OK)
		return el_sqlite_daybook_wrote(b, r);
	if (ep->rewritten || ep->rewriting)
		return EL_ESTATE;
	if (ep->live != NULL && is_full(b, ep, now_s))
		r = el_sqlite_daybook_close_live(b, ep);
	if (r == EL_OK && ep->live == NULL)
		r = begin_segment(b, ep, now_s);
	if (r != EL_OK)
		return el_sqlite_daybook_wrote(b, r);
	/* The hour begins with the first row. */
	if (el_segment_rows(ep->live) == 0)
		ep->begun_s = now_s;
	*segment = ep->seg[ep->n_seg - 1].number;
	return EL_OK;
}

/* The epoch whose live segment that is; NULL: there is none. */
static struct el_epoch_info *
live_in(struct el_sqlite_daybook *b, el_epoch epoch, uint32_t segment)
{
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);

	return ep != NULL && ep->live != NULL && ep->seg[ep->n_seg - 1].number == segment ? ep : NULL;
}

static int
sqlite_next_row(struct el_daybook *d, el_epoch epoch, uint32_t segment, uint32_t *row)
{
	const struct el_epoch_info *const ep = live_in(self(d), epoch, segment);

	*row = ep != NULL ? el_segment_rows(ep->live) : 0;
	return ep != NULL ? EL_OK : EL_ESTATE;
}

static int
sqlite_append(struct el_daybook *d, el_epoch epoch, uint32_t segment, const struct el_row *rows,
    size_t n, uint32_t *first_row)
{
	struct el_sqlite_daybook *const b = self(d);
	struct el_epoch_info *const ep = live_in(b, epoch, segment);
	int r;

	*first_row = 0;
	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK)
		return r;
	if (ep == NULL)
		return EL_ESTATE;
	r = el_segment_append(ep->live, rows, n, first_row);
	ep->seg[ep->n_seg - 1].n_rows = el_segment_rows(ep->live);
	return el_sqlite_daybook_wrote(b, r);
}

static int
sqlite_close_segment(struct el_daybook *d, el_epoch epoch)
{
	struct el_sqlite_daybook *const b = self(d);
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);
	int r;

	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK || ep == NULL)
		return r;
	return el_sqlite_daybook_wrote(b, el_sqlite_daybook_close_live(b, ep));
}

static int
sqlite_close_old(struct el_daybook *d, int64_t now_s)
{
	struct el_sqlite_daybook *const b = self(d);
	int r = el_sqlite_daybook_may_write(b), closed;
	size_t i;

	for (i = 0; i < b->n_ep && (r == EL_OK || r == EL_ESPACE); i++)
		if (b->ep[i].live != NULL && is_old(b, &b->ep[i], now_s) &&
		    (closed = el_sqlite_daybook_close_live(b, &b->ep[i])) != EL_OK)
			r = closed;
	return el_sqlite_daybook_wrote(b, r);
}

static int
sqlite_destroy(struct el_daybook *d, el_epoch epoch)
{
	struct el_sqlite_daybook *const b = self(d);
	struct el_epoch_info *const ep = el_sqlite_daybook_epoch(b, epoch);
	char path[EL_DAYBOOK_PATH_SIZE], gone[EL_DAYBOOK_PATH_SIZE];
	int r;

	if ((r = el_sqlite_daybook_may_write(b)) != EL_OK)
		return r;
	b->destroyed[epoch / 8] |= (uint8_t)(1u << (epoch % 8));
	if (ep == NULL)
		return EL_OK;
	el_sqlite_daybook_evict(b, epoch);
	forget_epoch(b, ep);
	el_folder_path(path, b->dir, epoch, "");
	el_folder_path(gone, b->dir, epoch, ".gone");
	/* The rename is the moment, so that no crash leaves half a day. */
	if ((r = el_folder_rename(path, gone)) == EL_OK) {
		el_daybook_step();
		el_sqlite_daybook_add_gone(b, epoch);
	}
	return el_sqlite_daybook_wrote(b, r == EL_ESPACE ? EL_EIO : r);
}

static int
sqlite_epochs(struct el_daybook *d, el_epoch *out, size_t max, size_t *n)
{
	const struct el_sqlite_daybook *const b = self(d);
	size_t i;

	for (i = 0; i < b->n_ep && i < max; i++)
		out[i] = b->ep[i].epoch;
	*n = b->n_ep;
	return EL_OK;
}

static int
sqlite_count(struct el_daybook *d, el_epoch epoch, uint64_t *n_rows, bool *rewritten)
{
	const struct el_epoch_info *const ep = el_sqlite_daybook_epoch(self(d), epoch);
	size_t i;

	*n_rows = 0;
	*rewritten = ep != NULL && ep->rewritten;
	for (i = 0; ep != NULL && i < ep->n_seg; i++)
		*n_rows += ep->seg[i].n_rows;
	return EL_OK;
}

static void
sqlite_close(struct el_daybook *d)
{
	struct el_sqlite_daybook *const b = self(d);
	size_t i;

	for (i = 0; i < EL_DAYBOOK_READERS; i++) {
		el_index_close(b->reader[i].index);
		el_segment_close(b->reader[i].seg, false);
	}
	for (i = 0; i < b->n_ep; i++) {
		/* After a failed write nothing is moved about that recovery could still need. */
		el_segment_close(b->ep[i].live, b->failed);
		free(b->ep[i].seg);
	}
	free(b->ep);
	if (b->dir_fd >= 0)
		close(b->dir_fd);
	free(b);
}

static const struct el_daybook_ops sqlite_ops = {
	.live = sqlite_live,
	.next_row = sqlite_next_row,
	.append = sqlite_append,
	.find = el_sqlite_daybook_find,
	.read = el_sqlite_daybook_read,
	.scan = el_sqlite_daybook_scan,
	.find_indexed = el_sqlite_daybook_find_indexed,
	.unindexed = el_sqlite_daybook_unindexed,
	.each_tag = el_sqlite_daybook_each_tag,
	.close_segment = sqlite_close_segment,
	.close_old = sqlite_close_old,
	.root = el_sqlite_daybook_root,
	.path = el_sqlite_daybook_path,
	.rewrite = el_sqlite_daybook_rewrite,
	.begin_rewrite = el_sqlite_daybook_begin_rewrite,
	.destroy = sqlite_destroy,
	.job = el_sqlite_daybook_job,
	.finish = el_sqlite_daybook_finish,
	.epochs = sqlite_epochs,
	.count = sqlite_count,
	.close = sqlite_close,
};

/* Recovery in one process would drop what another one is making. */
static int
lock_folder(struct el_sqlite_daybook *b)
{
	if ((b->dir_fd = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return EL_EIO;
	if (flock(b->dir_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? EL_EBUSY : EL_EIO;
	return EL_OK;
}

int
el_daybook_sqlite_open(const char *dir, const struct el_daybook_options *options, struct el_daybook **out)
{
	struct el_sqlite_daybook *b = NULL;
	int r;

	*out = NULL;
	if (strlen(dir) > EL_DAYBOOK_DIR_MAX)
		return EL_ELIMIT;
	if ((b = calloc(1, sizeof *b)) == NULL)
		return EL_ENOMEM;
	el_sqlite_set_up();
	b->base.ops = &sqlite_ops;
	b->dir_fd = -1;
	b->options = *options;
	if (b->options.segment_rows == 0)
		b->options.segment_rows = options->hourly ? EL_SEGMENT_ROWS : UINT32_MAX;
	memcpy(b->dir, dir, strlen(dir) + 1);
	if ((r = el_dir_make(dir)) != EL_OK || (r = lock_folder(b)) != EL_OK ||
	    (r = el_sqlite_daybook_recover(b)) != EL_OK)
		goto out;
	*out = &b->base;
	b = NULL;
out:
	if (b != NULL) {
		b->failed = true;
		sqlite_close(&b->base);
	}
	return r;
}
