#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "daybook_rows.h"

#define LIVES 4
#define STEPS 128

/* A step that was acknowledged: not begun at points up to begun, acknowledged from done on. */
struct moment {
	size_t begun, done;
	union world after;
};

struct life {
	struct disk *disk;
	size_t first; /* point at which it began */
	size_t opened; /* from here on what it had seen holds */
	union world may[2]; /* before that: either */
	union world seen;
	struct moment moment[STEPS];
	size_t n;
};

bool
trial_failed(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	if (!t->failed) {
		va_start(ap, fmt);
		vsnprintf(t->why, sizeof t->why, fmt, ap);
		va_end(ap);
	}
	t->failed = true;
	return false;
}

static void
life_free(struct life *l)
{
	if (l == NULL)
		return;
	disk_free(l->disk);
	free(l);
}

/* The last sync of a file among the operations from..to - 1; else to. */
static size_t
last_sync(const struct disk *d, size_t from, size_t to)
{
	for (size_t i = to; i > from; i--)
		if (d->op[i - 1].kind == DISK_SYNC && !d->now->node[d->op[i - 1].node].folder)
			return i - 1;
	return to;
}

static void
take_steps(struct trial *t, struct life *l, void *handle)
{
	union world w = l->seen;
	struct moment *m;

	for (l->n = 0; l->n < STEPS; l->n++) {
		m = &l->moment[l->n];
		m->begun = l->disk->n;
		if (!t->subject->step(t, handle, l->n, &w))
			return;
		m->done = t->hasty ? last_sync(l->disk, m->begun, l->disk->n) : l->disk->n;
		m->after = w;
	}
}

/* Live on this disk, which is the life's then.  NULL: it failed. */
static struct life *
live(struct trial *t, struct disk *disk, const union world may[2])
{
	struct life *const l = tree_grow(NULL, 1, sizeof *l);
	char root[128];
	void *handle;

	*l = (struct life){ .disk = disk, .first = disk->n, .may = { may[0], may[1] } };
	snprintf(root, sizeof root, "%.100s/%u", t->dir, t->life);
	tree_write(disk->now, root);
	calls_begin(disk, root);
	if ((handle = t->subject->open(t, root, l->may, &l->seen)) != NULL) {
		l->opened = disk->n;
		take_steps(t, l, handle);
		t->subject->close(handle);
	}
	calls_end();
	folder_remove(root);
	if (!t->failed)
		return l;
	life_free(l);
	return NULL;
}

/* What may be found after point k; *acknowledged is the first of the two then. */
static void
what_may_be(const struct life *l, size_t k, union world may[2])
{
	if (k < l->opened) {
		may[0] = l->may[0];
		may[1] = l->may[1];
		return;
	}
	may[0] = may[1] = l->seen;
	for (size_t i = 0; i < l->n; i++) {
		if (l->moment[i].begun < k)
			may[1] = l->moment[i].after;
		if (l->moment[i].done <= k)
			may[0] = l->moment[i].after;
	}
}

/* The disk on which the next life begins. */
static struct disk *
end_at(struct trial *t, const struct life *l, size_t k, const union world may[2])
{
	struct disk_loss loss = t->lies;
	struct tree *left;

	loss.seed = chance_next(&t->c);
	loss.everything = t->after_kill;
	/* Drawn in any case, so that a calm run is the same but for this. */
	if (t->after_kill ? t->life == 1 : chance_one_in(&t->c, 4) && !t->calm)
		return disk_killed(l->disk, k);
	left = disk_after_loss(l->disk, k, &loss);
	if (t->subject->forensics != NULL)
		t->subject->forensics(t, left, &may[0]);
	return disk_new(left);
}

/* Nobody is to lose anything any more: open it once more and look. */
static void
look_again(struct trial *t, const struct life *l)
{
	union world may[2], seen;
	char root[128];
	void *handle;

	what_may_be(l, l->disk->n, may);
	snprintf(root, sizeof root, "%.100s/rest", t->dir);
	tree_write(l->disk->now, root);
	if ((handle = t->subject->open(t, root, may, &seen)) != NULL)
		t->subject->close(handle);
	if (!t->failed)
		t->subject->at_rest(t, root);
	folder_remove(root);
}

static void
try_point(struct trial *t, const struct life *first, size_t point)
{
	struct life *l = NULL, *next;
	const struct life *last = first;
	union world may[2];
	struct disk *d;
	size_t k = point;

	t->c = (struct chance){ t->seed * 1000003 + point };
	t->failed = false;
	t->n_trials++;
	if (t->say)
		fprintf(stderr, "# %s: seed %llu point %zu\n", t->subject->name, (unsigned long long)t->seed, point);
	for (t->life = 1; t->life < LIVES; t->life++) {
		what_may_be(last, k, may);
		d = end_at(t, last, k, may);
		next = live(t, d, may);
		life_free(l);
		if ((last = l = next) == NULL || (t->after_kill ? t->life == 2 : chance_one_in(&t->c, 2)))
			break;
		k = t->after_kill ? l->opened : l->first + chance_below(&t->c, l->disk->n - l->first + 1);
	}
	if (last != NULL)
		look_again(t, last);
	life_free(l);
	if (!t->failed)
		return;
	t->n_failed++;
	printf("# %s: seed %llu point %zu life %u: %s\n", t->subject->name, (unsigned long long)t->seed, point, t->life,
	    t->why);
}

/* Whether an operation next to point k changes a folder: there are few of these, and they matter most. */
static bool
is_turning(const struct disk *d, size_t k)
{
	for (size_t i = k > 0 ? k - 1 : 0; i < d->n && i <= k; i++)
		if (d->op[i].kind != DISK_WRITE && (d->op[i].kind != DISK_SYNC || d->now->node[d->op[i].node].folder))
			return true;
	return false;
}

void
trial_run(struct trial *t, size_t n_points, size_t point, bool stop)
{
	static const union world nothing[2];
	struct chance c = { t->seed };
	struct life *first;
	size_t turning = 0, steady, k;

	t->c = c;
	t->failed = false;
	t->life = 0;
	if ((first = live(t, disk_new(tree_new()), nothing)) == NULL) {
		t->n_failed++;
		printf("# %s: seed %llu, before any loss: %s\n", t->subject->name, (unsigned long long)t->seed, t->why);
		return;
	}
	t->n_points += first->disk->n + 1;
	for (k = 0; k <= first->disk->n; k++)
		turning += is_turning(first->disk, k);
	steady = first->disk->n + 1 - turning;
	for (k = 0; k <= first->disk->n && !(stop && t->n_failed > 0); k++) {
		const bool drawn = chance_below(&c, is_turning(first->disk, k) ? turning : steady) < n_points / 2;

		if (point == SIZE_MAX ? drawn : k == point)
			try_point(t, first, k);
	}
	life_free(first);
}
