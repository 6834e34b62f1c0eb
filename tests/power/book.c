#include "book.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daybook/daybook.h"
#include "daybook_rows.h"

#define EPOCH 20000
#define SEEDS 1000000u /* more than an epoch has rows */
#define SEGMENT_ROWS 40

/*
 * The first life: verb and epoch by turns.  a: append a group; c: close the segment; h: an hour and more goes by;
 * k: close what is old; j: do all jobs; o: close the daybook and open it; r: rewrite; d: destroy.
 */
static const char script[] = "a0a0a1a0a1a1c0j-a0a1a0a0h-a0k-a1a1o-a0a1a0a1a2j-r0j-a1a1a1a2d0j-a1a2a2c2o-a2a1j-d1j-"
			     "a2r3a2r2j-a4o-a4a4a4";

struct book {
	struct el_daybook *d;
	char dir[160];
	bool hourly;
	int64_t now;
};

/*
 * A log as long as the daybook lets it grow would be more than these disks are: it is told that each page is a hundred,
 * so that the log is copied into the file, and begun anew, after a few.  The linker gives this the daybook's calls.
 */
#define PAGES_EACH 100

typedef int wal_fn(void *, sqlite3 *, const char *, int);

wal_fn *__real_sqlite3_wal_hook(sqlite3 *, wal_fn *, void *);
wal_fn *__wrap_sqlite3_wal_hook(sqlite3 *, wal_fn *, void *);

static wal_fn *daybooks_hook;

static int
exaggerate(void *ctx, sqlite3 *db, const char *name, int n_pages)
{
	return daybooks_hook(ctx, db, name, n_pages * PAGES_EACH);
}

wal_fn *
__wrap_sqlite3_wal_hook(sqlite3 *db, wal_fn *fn, void *ctx)
{
	daybooks_hook = fn;
	return __real_sqlite3_wal_hook(db, exaggerate, ctx);
}

static el_epoch
epoch_of(size_t i)
{
	return (el_epoch)(EPOCH + i);
}

static int
by_seed(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return x->seed < y->seed ? -1 : x->seed > y->seed;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Whether the list is exactly the first n rows of an epoch, each once, whole and in this form. */
static bool
is_rows(struct trial *t, size_t epoch, struct seen_list *list, uint64_t n, bool rewritten)
{
	if (list->n > 0)
		qsort(list->v, list->n, sizeof list->v[0], by_seed);
	if (list->n != n)
		return trial_failed(t, "epoch %zu: %zu rows read, %llu counted", epoch, list->n, (unsigned long long)n);
	for (size_t i = 0; i < list->n; i++) {
		const struct seen *const s = &list->v[i];

		if (!s->whole || s->seed != epoch * SEEDS + i || s->ref.epoch != epoch_of(epoch) ||
		    s->form != (rewritten ? ROW_NEW : ROW_OLD))
			return trial_failed(t, "epoch %zu: row %zu of %zu is %s %llu", epoch, i, list->n,
			    s->whole ? "whole but of seed" : "broken, of seed", (unsigned long long)s->seed);
	}
	return true;
}

static int
count_tag(void *ctx, const struct el_row_ref *ref, uint64_t tag)
{
	(void)ref;
	(void)tag;
	++*(uint64_t *)ctx;
	return EL_OK;
}

/* All rows by one of their tags; and what the indexes know and what is scanned are the epoch together. */
static bool
can_find(struct trial *t, const struct book *b, size_t epoch, uint64_t n, bool rewritten, enum el_tag_column which)
{
	const struct el_daybook_ops *const ops = b->d->ops;
	const enum row_form form = rewritten ? ROW_NEW : ROW_OLD;
	const el_epoch e = epoch_of(epoch);
	uint64_t *const tags = tree_grow(NULL, (size_t)n, sizeof *tags), scanned = 0;
	struct seen_list list = { 0 }, indexed = { 0 };
	bool ok;

	for (size_t i = 0; i < n; i++)
		tags[i] = which == EL_TAG_A ? tag_a_of(form, epoch * SEEDS + i) : tag_b_of(form, epoch * SEEDS + i);
	if (n > 0)
		qsort(tags, (size_t)n, sizeof *tags, by_value);
	if (ops->find(b->d, e, e, which, tags, (size_t)n, see, &list) != EL_OK ||
	    ops->find_indexed(b->d, e, which, tags, (size_t)n, see, &indexed) != EL_OK ||
	    ops->each_tag(b->d, e, ops->unindexed(b->d, e, NULL), which, count_tag, &scanned) != EL_OK)
		ok = trial_failed(t, "epoch %zu: tags cannot be read", epoch);
	else if (scanned + indexed.n != n)
		ok = trial_failed(t, "epoch %zu: %llu tags scanned and %zu indexed of %llu", epoch,
		    (unsigned long long)scanned, indexed.n, (unsigned long long)n);
	else
		ok = is_rows(t, epoch, &list, n, rewritten);
	seen_free(&list);
	seen_free(&indexed);
	free(tags);
	return ok;
}

/* What an epoch is; each row it has is looked at. */
static bool
look_at_epoch(struct trial *t, const struct book *b, size_t epoch, struct book_world *w)
{
	struct seen_list list = { 0 };
	bool rewritten, ok;
	uint64_t n;

	if (b->d->ops->count(b->d, epoch_of(epoch), &n, &rewritten) != EL_OK ||
	    b->d->ops->scan(b->d, epoch_of(epoch), false, see, &list) != EL_OK) {
		seen_free(&list);
		return trial_failed(t, "epoch %zu cannot be read", epoch);
	}
	ok = is_rows(t, epoch, &list, n, rewritten);
	seen_free(&list);
	w->epoch[epoch].n = n;
	w->epoch[epoch].rewritten = rewritten;
	if (ok && !has_trees(b->d, epoch_of(epoch), 7))
		return trial_failed(t, "epoch %zu: the tree of an index is not that of the rows", epoch);
	return ok && can_find(t, b, epoch, n, rewritten, EL_TAG_A) && can_find(t, b, epoch, n, rewritten, EL_TAG_B);
}

static bool
is_among(const struct book *b, size_t epoch)
{
	el_epoch e[64];
	size_t n;

	if (b->d->ops->epochs(b->d, e, 64, &n) != EL_OK)
		return false;
	for (size_t i = 0; i < n && i < 64; i++)
		if (e[i] == epoch_of(epoch))
			return true;
	return false;
}

/* The epoch in which what is there differs from what may be; else BOOK_EPOCHS. */
static size_t
differs(const struct book *b, const struct book_world *is, const struct book_world *may)
{
	for (size_t i = 0; i < BOOK_EPOCHS; i++)
		if (is->epoch[i].n != may->epoch[i].n || is->epoch[i].rewritten != may->epoch[i].rewritten ||
		    (may->epoch[i].gone && is_among(b, i)))
			return i;
	return BOOK_EPOCHS;
}

static bool
look(struct trial *t, const struct book *b, const union world may[2], union world *seen)
{
	struct book_world is = { 0 };
	size_t i;

	for (i = 0; i < BOOK_EPOCHS; i++)
		if (!look_at_epoch(t, b, i, &is))
			return false;
	for (int which = 1; which >= 0; which--) {
		*seen = may[which];
		if ((i = differs(b, &is, &may[which].book)) == BOOK_EPOCHS)
			return true;
	}
	return trial_failed(t, "epoch %zu: %llu rows%s%s, but %llu%s%s were to be there", i,
	    (unsigned long long)is.epoch[i].n, is.epoch[i].rewritten ? " rewritten" : "",
	    is_among(b, i) ? "" : " (none)", (unsigned long long)may[0].book.epoch[i].n,
	    may[0].book.epoch[i].rewritten ? " rewritten" : "", may[0].book.epoch[i].gone ? " destroyed" : "");
}

static int
open_daybook(struct book *b)
{
	const struct el_daybook_options options = { b->hourly, b->hourly ? SEGMENT_ROWS : 0 };

	return el_daybook_sqlite_open(b->dir, &options, &b->d);
}

static void
book_close(void *handle)
{
	struct book *const b = handle;

	el_daybook_close(b->d);
	free(b);
}

static struct book *
book_open(struct trial *t, const char *root, bool hourly, const union world may[2], union world *seen)
{
	struct book *const b = tree_grow(NULL, 1, sizeof *b);
	int r;

	*b = (struct book){ .hourly = hourly, .now = NOW };
	snprintf(b->dir, sizeof b->dir, "%.150s/book", root);
	/* SQLite's own random numbers follow from the seed, too. */
	sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, (int)chance_below(&t->c, INT32_MAX) + 1, NULL);
	if ((r = open_daybook(b)) != EL_OK)
		trial_failed(t, "the daybook does not open: %d", r);
	else if (look(t, b, may, seen))
		return b;
	book_close(b);
	return NULL;
}

static void *
open_visits(struct trial *t, const char *root, const union world may[2], union world *seen)
{
	return book_open(t, root, true, may, seen);
}

static void *
open_identities(struct trial *t, const char *root, const union world may[2], union world *seen)
{
	return book_open(t, root, false, may, seen);
}

static int
do_append(struct trial *t, struct book *b, size_t epoch, struct book_world *w)
{
	const size_t n = 1 + chance_below(&t->c, 8);
	int r;

	if (w->epoch[epoch].rewritten || w->epoch[epoch].gone)
		return EL_OK;
	if ((r = try_append(b->d, epoch_of(epoch), b->now, epoch * SEEDS + w->epoch[epoch].n, n)) == EL_OK)
		w->epoch[epoch].n += n;
	return r;
}

/* What was destroyed has no files when all jobs are done. */
static bool
is_swept(const struct book *b, const struct book_world *w)
{
	char path[200];

	for (size_t i = 0; i < BOOK_EPOCHS; i++)
		for (int gone = 0; gone < 2 && w->epoch[i].gone; gone++) {
			snprintf(path, sizeof path, "%s/%u%s", b->dir, epoch_of(i), gone ? ".gone" : "");
			if (access(path, F_OK) == 0)
				return false;
		}
	return true;
}

static int
do_jobs(struct book *b, const struct book_world *w)
{
	struct el_job job;
	int r = EL_OK;

	for (int i = 0; i < 100 && r == EL_OK; i++) {
		if ((r = b->d->ops->job(b->d, &job)) == EL_ENOTFOUND)
			return is_swept(b, w) ? EL_OK : EL_EEXIST;
		if (r == EL_OK && (r = el_daybook_sqlite_work(b->dir, &job, renew, leaf_of_row, NULL)) == EL_OK)
			r = b->d->ops->finish(b->d, &job);
	}
	return r == EL_OK ? EL_ELIMIT : r;
}

/* Here, or half of the time by way of a job. */
static int
do_rewrite(struct trial *t, struct book *b, size_t epoch, struct book_world *w)
{
	const bool as_job = chance_one_in(&t->c, 2);
	uint64_t n;
	int r;

	if (w->epoch[epoch].gone)
		return EL_OK;
	if (!as_job)
		r = b->d->ops->rewrite(b->d, epoch_of(epoch), renew, NULL, &n);
	else if ((r = b->d->ops->begin_rewrite(b->d, epoch_of(epoch))) == EL_OK)
		r = do_jobs(b, w);
	if (r == EL_OK)
		w->epoch[epoch].rewritten = true;
	return r;
}

static int
do_destroy(struct book *b, size_t epoch, struct book_world *w)
{
	const int r = b->d->ops->destroy(b->d, epoch_of(epoch));

	if (r == EL_OK)
		w->epoch[epoch].n = 0;
	if (r == EL_OK)
		w->epoch[epoch].rewritten = false;
	w->epoch[epoch].gone = true;
	return r;
}

static int
do_reopen(struct book *b)
{
	el_daybook_close(b->d);
	b->d = NULL;
	return open_daybook(b);
}

static int
do_verb(struct trial *t, struct book *b, char verb, size_t epoch, struct book_world *w)
{
	switch (verb) {
	case 'a':
		return do_append(t, b, epoch, w);
	case 'c':
		return b->d->ops->close_segment(b->d, epoch_of(epoch));
	case 'h':
		b->now += 2 * EL_SEGMENT_S;
		return EL_OK;
	case 'j':
		return do_jobs(b, w);
	case 'k':
		return b->d->ops->close_old(b->d, b->now);
	case 'o':
		return do_reopen(b);
	case 'r':
		return do_rewrite(t, b, epoch, w);
	default:
		return do_destroy(b, epoch, w);
	}
}

static bool
book_step(struct trial *t, void *handle, size_t i, union world *world)
{
	static const char later[] = "aaaaaacchhkjjord";
	struct book *const b = handle;
	char verb;
	size_t epoch;
	int r;

	if (t->life == 0) {
		if (i * 2 + 1 >= sizeof script)
			return false;
		verb = script[i * 2];
		epoch = script[i * 2 + 1] == '-' ? 0 : (size_t)(script[i * 2 + 1] - '0');
	} else {
		if (i > 0 && chance_one_in(&t->c, 3))
			return false;
		verb = later[chance_below(&t->c, sizeof later - 1)];
		epoch = chance_below(&t->c, BOOK_EPOCHS);
	}
	if ((r = do_verb(t, b, verb, epoch, &world->book)) != EL_OK)
		return trial_failed(t, "%c of epoch %zu: %d", verb, epoch, r);
	return true;
}

/* nftw() takes no context. */
static struct trial *checking;

static int
check_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *const end = strrchr(path, '.');
	const char *said = NULL;
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;

	(void)st;
	(void)ftw;
	if (type != FTW_F || end == NULL || strcmp(end, ".db") != 0)
		return 0;
	/* For writing too: beside a live file may lie a journal that was never begun, and only a writer may say so. */
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		said = (const char *)sqlite3_column_text(q, 0);
	if (said == NULL || strcmp(said, "ok") != 0)
		trial_failed(checking, "%s: %s", path, said != NULL ? said : sqlite3_errmsg(db));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return 0;
}

static void
book_at_rest(struct trial *t, const char *root)
{
	checking = t;
	if (nftw(root, check_file, 16, FTW_PHYS) != 0)
		trial_failed(t, "the files cannot be listed");
}

const struct subject book_of_visits = { "visits", open_visits, book_step, book_close, book_at_rest, NULL };
const struct subject book_of_identities = { "identities", open_identities, book_step, book_close, book_at_rest, NULL };
