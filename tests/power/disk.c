#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loss.h"

struct disk *
disk_new(struct tree *base)
{
	struct disk *const d = tree_grow(NULL, 1, sizeof *d);

	*d = (struct disk){ .base = base, .now = tree_copy(base) };
	return d;
}

void
disk_free(struct disk *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++)
		free(d->op[i].bytes);
	free(d->op);
	tree_free(d->base);
	tree_free(d->now);
	free(d);
}

void
disk_apply(struct tree *t, const struct disk_op *op)
{
	size_t node;

	switch (op->kind) {
	case DISK_WRITE:
		tree_put(t, op->node, op->off, op->bytes, op->len);
		break;
	case DISK_CUT:
		tree_cut(t, op->node, op->len);
		break;
	case DISK_SYNC:
		break;
	case DISK_LINK:
		tree_link(t, op->node, op->name, op->child);
		break;
	case DISK_UNLINK:
		tree_unlink(t, op->node, op->name);
		break;
	case DISK_RENAME:
		if (!tree_find(t, op->node, op->name, &node))
			abort(); /* what is kept of a folder's changes always makes sense */
		tree_unlink(t, op->node, op->name);
		tree_link(t, op->node, op->to, node);
		break;
	}
}

/* Takes op->bytes over. */
static void
add(struct disk *d, const struct disk_op *op)
{
	if (d->n % 256 == 0)
		d->op = tree_grow(d->op, d->n + 256, sizeof *d->op);
	d->op[d->n++] = *op;
	if (op->kind == DISK_LINK)
		tree_have(d->now, op->child, op->folder);
	disk_apply(d->now, op);
}

static uint8_t *
copy_of(const void *bytes, size_t len)
{
	uint8_t *const p = tree_grow(NULL, len, 1);

	if (len > 0)
		memcpy(p, bytes, len);
	return p;
}

struct disk *
disk_killed(const struct disk *from, size_t k)
{
	struct disk *const d = disk_new(tree_copy(from->base));

	for (size_t i = 0; i < k; i++) {
		struct disk_op op = from->op[i];

		if (op.kind == DISK_WRITE)
			op.bytes = copy_of(op.bytes, op.len);
		add(d, &op);
	}
	return d;
}

void
disk_write(struct disk *d, size_t node, size_t off, const void *bytes, size_t len)
{
	const struct disk_op op = {
		.kind = DISK_WRITE, .node = node, .off = off, .len = len, .bytes = copy_of(bytes, len)
	};

	add(d, &op);
}

void
disk_cut(struct disk *d, size_t node, size_t len)
{
	const struct disk_op op = { .kind = DISK_CUT, .node = node, .len = len };

	add(d, &op);
}

void
disk_sync(struct disk *d, size_t node)
{
	const struct disk_op op = { .kind = DISK_SYNC, .node = node };

	add(d, &op);
}

static void
set_name(char to[TREE_NAME], const char *name)
{
	if ((size_t)snprintf(to, TREE_NAME, "%s", name) >= TREE_NAME)
		abort();
}

size_t
disk_make(struct disk *d, size_t folder, const char *name, bool is_folder)
{
	struct disk_op op = { .kind = DISK_LINK, .node = folder, .child = d->now->n, .folder = is_folder };

	set_name(op.name, name);
	add(d, &op);
	return op.child;
}

void
disk_unlink(struct disk *d, size_t folder, const char *name)
{
	struct disk_op op = { .kind = DISK_UNLINK, .node = folder };

	set_name(op.name, name);
	add(d, &op);
}

void
disk_rename(struct disk *d, size_t folder, const char *from, const char *to)
{
	struct disk_op op = { .kind = DISK_RENAME, .node = folder };

	set_name(op.name, from);
	set_name(op.to, to);
	add(d, &op);
}
