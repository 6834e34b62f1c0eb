#include "loss.h"

#include <stdlib.h>
#include <string.h>

#include "chance.h"

/*
 * How much of what is not safe survives.  Which of these it is is drawn for the whole disk and, half of the time,
 * again for each file and folder: what goes wrong is often one thing among many that go well.
 */
enum mood {
	MOOD_NOTHING,
	MOOD_ALL,
	MOOD_BEGINNING, /* up to some operation, which is torn */
	MOOD_SOME, /* some operations, others before them not */
	MOOD_PIECES, /* each sector by itself; in a folder as MOOD_SOME */
	MOOD_MAX
};

enum hole { HOLE_ZEROS, HOLE_NOISE, HOLE_STALE, HOLE_MAX };

struct losing {
	const struct disk *d;
	size_t k;
	struct chance c;
	enum mood mood;
	enum hole hole;
	bool each; /* a mood for each node */
	struct tree *t;
	size_t *pending; /* operations that are not safe, in order */
	size_t n;
	const struct disk_op **op; /* those of one node */
	size_t n_op;
};

/* What is pending for a node is safe now. */
static void
settle(struct losing *l, size_t node)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct disk_op *const op = &l->d->op[l->pending[i]];

		if (op->node == node)
			disk_apply(l->t, op);
		else
			l->pending[kept++] = l->pending[i];
	}
	l->n = kept;
}

static void
run_up_to(struct losing *l, const struct disk_loss *loss)
{
	for (size_t i = 0; i < l->k; i++) {
		const struct disk_op *const op = &l->d->op[i];

		if (op->kind == DISK_LINK)
			tree_have(l->t, op->child, op->folder);
		if (op->kind != DISK_SYNC)
			l->pending[l->n++] = i;
		else if (!(l->t->node[op->node].folder ? loss->folder_syncs_lie : loss->file_syncs_lie))
			settle(l, op->node);
	}
}

static enum mood
draw_mood(struct losing *l)
{
	return l->each ? (enum mood)chance_below(&l->c, MOOD_MAX) : l->mood;
}

static bool
touch(const struct disk_op *a, const struct disk_op *b)
{
	return strcmp(a->name, b->name) == 0 || strcmp(a->name, b->to) == 0 ||
	       (a->to[0] != '\0' && (strcmp(a->to, b->name) == 0 || strcmp(a->to, b->to) == 0));
}

/* Whether an earlier operation on the same names was dropped: then this one cannot have happened. */
static bool
hangs_in_the_air(const struct losing *l, const bool *kept, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!kept[j] && touch(l->op[j], l->op[i]))
			return true;
	return false;
}

static void
lose_entries(struct losing *l)
{
	const enum mood mood = draw_mood(l);
	const size_t end = mood == MOOD_BEGINNING ? chance_below(&l->c, l->n_op + 1) : l->n_op;
	bool *const kept = tree_grow(NULL, l->n_op, sizeof *kept);

	for (size_t i = 0; i < l->n_op; i++) {
		kept[i] = mood != MOOD_NOTHING && i < end;
		if (mood == MOOD_SOME || mood == MOOD_PIECES)
			kept[i] = chance_one_in(&l->c, 2) && !hangs_in_the_air(l, kept, i);
		if (kept[i])
			disk_apply(l->t, l->op[i]);
	}
	free(kept);
}

/*
 * A file between two syncs.  The state of a sector, and of the size, is how many of the operations had been done
 * when it was last written to the disk.  A cut goes with the size, for all sectors at once.
 */
struct file {
	size_t most; /* largest size it had */
	size_t *size; /* after i operations */
	size_t n_sect; /* of most */
	size_t *done; /* of a sector */
	bool *written; /* a sector that is not a hole */
	uint8_t *bytes;
};

static bool
writes(const struct disk_op *op, size_t sector)
{
	const size_t begin = sector * DISK_SECTOR, end = begin + DISK_SECTOR;

	return op->kind == DISK_CUT ? op->len < end : op->off < end && op->off + op->len > begin;
}

static size_t
draw_sector(struct losing *l, enum mood mood, size_t beginning, const bool *whole, size_t sector)
{
	size_t done = 0;

	switch (mood) {
	case MOOD_NOTHING:
		return 0;
	case MOOD_ALL:
		return l->n_op;
	case MOOD_BEGINNING:
		return beginning + (beginning < l->n_op && chance_one_in(&l->c, 2));
	case MOOD_SOME:
		for (size_t i = 0; i < l->n_op; i++)
			if (whole[i] && writes(l->op[i], sector))
				done = i + 1;
		return done;
	default:
		return chance_one_in(&l->c, 3)   ? 0
		       : chance_one_in(&l->c, 2) ? l->n_op
						 : chance_below(&l->c, l->n_op + 1);
	}
}

/* Returns the state of the size. */
static size_t
draw_states(struct losing *l, struct file *f)
{
	const enum mood mood = draw_mood(l);
	const size_t beginning = chance_below(&l->c, l->n_op + 1);
	bool *const whole = tree_grow(NULL, l->n_op, sizeof *whole);

	for (size_t i = 0; i < l->n_op; i++)
		whole[i] = chance_one_in(&l->c, 2);
	for (size_t s = 0; s < f->n_sect; s++)
		f->done[s] = draw_sector(l, mood, beginning, whole, s);
	free(whole);
	switch (mood) {
	case MOOD_NOTHING:
		return 0;
	case MOOD_ALL:
		return l->n_op;
	case MOOD_BEGINNING:
		return beginning + (beginning < l->n_op && chance_one_in(&l->c, 2));
	default:
		return chance_one_in(&l->c, 2) ? l->n_op : chance_below(&l->c, l->n_op + 1);
	}
}

static void
write_sector(struct file *f, const struct disk_op *op, size_t s)
{
	const size_t begin = s * DISK_SECTOR, end = begin + DISK_SECTOR;
	size_t from, to;

	if (op->kind == DISK_CUT) {
		from = op->len > begin ? op->len : begin;
		memset(f->bytes + from, 0, end - from);
		if (from == begin)
			f->written[s] = false;
		return;
	}
	from = op->off > begin ? op->off : begin;
	to = op->off + op->len < end ? op->off + op->len : end;
	memcpy(f->bytes + from, op->bytes + (from - op->off), to - from);
	f->written[s] = true;
}

/* What a sector holds that the file has got and never wrote. */
static void
fill_hole(struct losing *l, uint8_t *p)
{
	const struct disk_op *op;

	if (l->hole == HOLE_NOISE)
		for (size_t i = 0; i < DISK_SECTOR; i++)
			p[i] = (uint8_t)chance_next(&l->c);
	if (l->hole != HOLE_STALE || l->k == 0)
		return;
	op = &l->d->op[chance_below(&l->c, l->k)];
	/* Small files stay out: what was overwritten where it lay is not elsewhere. */
	if (op->kind == DISK_WRITE && op->len >= DISK_SECTOR)
		memcpy(p, op->bytes, DISK_SECTOR);
}

static void
file_begin(const struct losing *l, const struct tree_node *node, struct file *f)
{
	f->size = tree_grow(NULL, l->n_op + 1, sizeof *f->size);
	f->most = f->size[0] = node->len;
	for (size_t i = 0; i < l->n_op; i++) {
		const struct disk_op *const op = l->op[i];
		const size_t end = op->kind == DISK_WRITE ? op->off + op->len : op->len;

		f->size[i + 1] = op->kind == DISK_WRITE && end < f->size[i] ? f->size[i] : end;
		if (f->size[i + 1] > f->most)
			f->most = f->size[i + 1];
	}
	f->n_sect = (f->most + DISK_SECTOR - 1) / DISK_SECTOR;
	f->done = tree_grow(NULL, f->n_sect, sizeof *f->done);
	f->written = tree_grow(NULL, f->n_sect, sizeof *f->written);
	f->bytes = tree_grow(NULL, f->n_sect, DISK_SECTOR);
	memset(f->bytes, 0, f->n_sect * DISK_SECTOR);
	if (node->len > 0)
		memcpy(f->bytes, node->bytes, node->len);
	for (size_t s = 0; s < f->n_sect; s++)
		f->written[s] = s * DISK_SECTOR < node->len;
}

static void
lose_bytes(struct losing *l, struct tree_node *node)
{
	struct file f = { 0 };
	size_t n_size, size;

	file_begin(l, node, &f);
	n_size = draw_states(l, &f);
	size = f.size[n_size];
	for (size_t i = 0; i < l->n_op; i++) {
		const struct disk_op *const op = l->op[i];
		const size_t first = (op->kind == DISK_WRITE ? op->off : op->len) / DISK_SECTOR;

		for (size_t s = first; s < f.n_sect && (op->kind == DISK_CUT || writes(op, s)); s++)
			if ((op->kind == DISK_CUT ? n_size : f.done[s]) > i && writes(op, s))
				write_sector(&f, op, s);
	}
	for (size_t s = 0; s * DISK_SECTOR < size; s++)
		if (!f.written[s])
			fill_hole(l, f.bytes + s * DISK_SECTOR);
	free(node->bytes);
	node->bytes = f.bytes;
	node->len = size;
	free(f.size);
	free(f.done);
	free(f.written);
}

struct tree *
disk_after_loss(const struct disk *d, size_t k, const struct disk_loss *loss)
{
	struct losing l = { .d = d, .k = k, .c = { loss->seed }, .t = tree_copy(d->base) };

	l.mood = (enum mood)chance_below(&l.c, MOOD_MAX);
	l.each = chance_one_in(&l.c, 2);
	l.hole = (enum hole)chance_below(&l.c, HOLE_MAX);
	if (loss->everything) {
		l.mood = MOOD_NOTHING;
		l.each = false;
	}
	l.pending = tree_grow(NULL, k, sizeof *l.pending);
	l.op = tree_grow(NULL, k, sizeof *l.op);
	run_up_to(&l, loss);
	for (size_t node = 0; node < l.t->n; node++) {
		l.n_op = 0;
		for (size_t i = 0; i < l.n; i++)
			if (d->op[l.pending[i]].node == node)
				l.op[l.n_op++] = &d->op[l.pending[i]];
		if (l.n_op == 0)
			continue;
		if (l.t->node[node].folder)
			lose_entries(&l);
		else
			lose_bytes(&l, &l.t->node[node]);
	}
	free(l.pending);
	free(l.op);
	return l.t;
}
