#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "daybook/sqlite_internal.h"

/*
 * What an earlier life may have left, by the name of the file (schema/README.md): a folder *.gone is to be
 * removed; *.tmp.db and *.tmp.index.db are dropped; beside *.sorted.db and its index everything else is; *.live.db
 * is recovered by SQLite.
 */

static int
find_segment(void *ctx, const char *name)
{
	struct el_epoch_info *ep = ctx;
	struct el_segment_info info = { 0 };

	/* Other names are nobody's rows; indexes are looked for by their segments. */
	if (!el_folder_is_segment(name, &info.number, &info.kind) || info.kind >= EL_SEGMENT_TMP_INDEX)
		return EL_OK;
	return el_sqlite_daybook_add_segment(ep, &info);
}

static int
by_number(const void *a, const void *b)
{
	const struct el_segment_info *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* Where there is a sorted segment, it is the epoch. */
static int
keep_sorted(struct el_epoch_info *ep, const char *folder)
{
	struct el_segment_info *sorted = NULL;
	size_t i;

	for (i = 0; i < ep->n_seg; i++)
		if (ep->seg[i].kind == EL_SEGMENT_SORTED) {
			/* Never made by this program; which one is right it cannot know. */
			if (sorted != NULL)
				return EL_EFORMAT;
			sorted = &ep->seg[i];
		}
	if (sorted == NULL)
		return EL_OK;
	ep->seg[0] = *sorted;
	ep->n_seg = 1;
	ep->rewritten = true;
	return el_folder_clear(folder, &ep->seg[0].number);
}

/* An index that is damaged is worth no refusal to start: it is made again. */
static int
find_index(const struct el_sqlite_daybook *b, const struct el_epoch_info *ep, struct el_segment_info *info)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	struct el_index *x;
	int r;

	el_folder_segment_path(path, b->dir, ep->epoch, info->number, EL_SEGMENT_INDEX);
	if (access(path, F_OK) != 0)
		return errno == ENOENT ? EL_OK : EL_EIO;
	r = el_index_open(path, info->n_rows, &x);
	el_index_close(x);
	info->indexed = r == EL_OK;
	return r == EL_EFORMAT ? unlink(path) == 0 ? EL_OK : EL_EIO : r;
}

/*
 * A live file that finds no space to become one again is at rest: a crash came just before its last name, or just after
 * it was made.  It gets that name as it is, so that a full disk is no reason not to start.
 */
static int
close_resting(struct el_sqlite_daybook *b, struct el_epoch_info *ep, struct el_segment_info *info)
{
	char from[EL_DAYBOOK_PATH_SIZE], to[EL_DAYBOOK_PATH_SIZE];
	struct el_segment *s = NULL;
	int r;

	el_folder_segment_path(from, b->dir, ep->epoch, info->number, EL_SEGMENT_LIVE);
	el_folder_segment_path(to, b->dir, ep->epoch, info->number, EL_SEGMENT_CLOSED);
	if ((r = el_segment_open(from, EL_SEGMENT_CLOSED, &s)) != EL_OK)
		return r;
	info->n_rows = el_segment_rows(s);
	info->kind = EL_SEGMENT_CLOSED;
	el_segment_close(s, false);
	return el_folder_rename(from, to);
}

/* Learn how many rows a segment has, which also checks its schema; a live one stays open. */
static int
open_segment(struct el_sqlite_daybook *b, struct el_epoch_info *ep, struct el_segment_info *info, bool last)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	struct el_segment *s = NULL;
	int r;

	el_folder_segment_path(path, b->dir, ep->epoch, info->number, info->kind);
	if ((r = el_segment_open(path, info->kind, &s)) != EL_OK)
		return r == EL_ESPACE && info->kind == EL_SEGMENT_LIVE && last ? close_resting(b, ep, info) : r;
	info->n_rows = el_segment_rows(s);
	if (info->kind != EL_SEGMENT_LIVE) {
		el_segment_close(s, false);
		return find_index(b, ep, info);
	}
	if (!last) {
		el_segment_close(s, true);
		return EL_EFORMAT;
	}
	ep->live = s;
	/* How old it is was written nowhere, so an hour may be over.  Without space to close it, it is tried again
	 * before the next row. */
	if (b->options.hourly && info->n_rows > 0 && (r = el_sqlite_daybook_close_live(b, ep)) != EL_ESPACE)
		return r;
	return EL_OK;
}

static int
recover_epoch(struct el_sqlite_daybook *b, el_epoch epoch)
{
	char folder[EL_DAYBOOK_PATH_SIZE];
	struct el_epoch_info *ep = NULL;
	size_t i;
	int r;

	el_folder_path(folder, b->dir, epoch, "");
	/* It may have been made but not synced by a life that ended there; b->dir is synced after all epochs. */
	if ((r = el_folder_drop_tmp(folder)) != EL_OK || (r = el_sqlite_daybook_add(b, epoch, &ep)) != EL_OK ||
	    (r = el_folder_each(folder, find_segment, ep)) != EL_OK)
		return r;
	if (ep->n_seg > 1)
		qsort(ep->seg, ep->n_seg, sizeof ep->seg[0], by_number);
	if (ep->n_seg > 0)
		ep->next = ep->seg[ep->n_seg - 1].number + 1;
	if ((r = keep_sorted(ep, folder)) != EL_OK)
		return r;
	for (i = 0; i < ep->n_seg; i++)
		if ((r = open_segment(b, ep, &ep->seg[i], i + 1 == ep->n_seg)) != EL_OK)
			return r;
	return EL_OK;
}

struct folders {
	el_epoch *epoch;
	size_t n;
	uint8_t gone[65536 / 8];
};

static int
find_folder(void *ctx, const char *name)
{
	struct folders *f = ctx;
	el_epoch epoch, *more;

	if (el_folder_is_gone(name, &epoch)) {
		f->gone[epoch / 8] |= (uint8_t)(1u << (epoch % 8));
		return EL_OK;
	}
	if (!el_folder_is_epoch(name, &epoch))
		return EL_OK;
	if ((more = realloc(f->epoch, (f->n + 1) * sizeof *more)) == NULL)
		return EL_ENOMEM;
	f->epoch = more;
	f->epoch[f->n++] = epoch;
	return EL_OK;
}

/* An epoch that was begun again after its destruction (a clock that went back) must not wait for the old files. */
static int
recover_gone(struct el_sqlite_daybook *b, const struct folders *f)
{
	char path[EL_DAYBOOK_PATH_SIZE];
	unsigned e;
	int r;

	for (e = 0; e < 65536; e++) {
		if ((f->gone[e / 8] >> (e % 8) & 1) == 0)
			continue;
		if (el_sqlite_daybook_epoch(b, (el_epoch)e) == NULL) {
			el_sqlite_daybook_add_gone(b, (el_epoch)e);
			continue;
		}
		el_folder_path(path, b->dir, (el_epoch)e, ".gone");
		if ((r = el_folder_remove(path)) != EL_OK)
			return r;
	}
	return EL_OK;
}

int
el_sqlite_daybook_recover(struct el_sqlite_daybook *b)
{
	struct folders *f;
	size_t i;
	int r;

	if ((f = calloc(1, sizeof *f)) == NULL)
		return EL_ENOMEM;
	/* First the list, then the work: changing a folder while reading it is asking for trouble. */
	r = el_folder_each(b->dir, find_folder, f);
	for (i = 0; i < f->n && r == EL_OK; i++)
		r = recover_epoch(b, f->epoch[i]);
	/* The renames of an earlier life are durable before anything is removed that they made removable. */
	if (r == EL_OK && (r = el_dir_sync(b->dir)) == EL_OK)
		r = recover_gone(b, f);
	free(f->epoch);
	free(f);
	return r;
}
