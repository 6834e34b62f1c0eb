#include "log/tile_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

#define LEVEL_BITS 8

/*
 * A node that has no sibling moves up unchanged (tree.c), and a tile is eight such levels.  So the nodes of a tile level are
 * those of its complete subtrees, which stand in tiles, and at the right edge at most one more, of the leaves that are left.
 */

/* ---- Making ---- */

struct maker_level {
	struct el_hash nodes[EL_TILE_WIDTH];
	unsigned n;
	uint64_t number; /* of the tile that is filled */
};

struct el_tile_maker {
	el_tile_sink_fn *sink;
	void *ctx;
	uint64_t size;
	struct maker_level level[EL_TILE_LEVELS];
};

int
el_tile_maker_new(el_tile_sink_fn *sink, void *ctx, struct el_tile_maker **out)
{
	struct el_tile_maker *const m = calloc(1, sizeof *m);

	if ((*out = m) == NULL)
		return EL_ENOMEM;
	m->sink = sink;
	m->ctx = ctx;
	return EL_OK;
}

void
el_tile_maker_free(struct el_tile_maker *m)
{
	free(m);
}

static int
give(struct el_tile_maker *m, unsigned level)
{
	const struct maker_level *const l = &m->level[level];
	const struct el_tile tile = { .level = level, .index = l->number, .width = l->n };

	return m->sink(m->ctx, &tile, l->nodes[0].b);
}

int
el_tile_maker_add(struct el_tile_maker *m, const struct el_hash *leaf)
{
	struct el_hash node = *leaf;
	struct maker_level *l;
	int r;

	if (m->size == EL_LOG_SIZE_MAX)
		return EL_ELIMIT;
	m->size++;
	for (unsigned i = 0;; i++) {
		assert(i < EL_TILE_LEVELS);
		l = &m->level[i];
		l->nodes[l->n++] = node;
		if (l->n < EL_TILE_WIDTH)
			return EL_OK;
		if ((r = give(m, i)) != EL_OK)
			return r;
		el_tree_root(l->nodes, EL_TILE_WIDTH, &node);
		l->n = 0;
		l->number++;
	}
}

int
el_tile_maker_end(struct el_tile_maker *m, struct el_hash *root)
{
	bool has_edge = false;
	struct el_hash edge;
	int r;

	for (unsigned i = 0;; i++) {
		struct maker_level *const l = &m->level[i];
		unsigned n = l->n;

		assert(i < EL_TILE_LEVELS);
		if (n > 0 && (r = give(m, i)) != EL_OK)
			return r;
		if (has_edge)
			l->nodes[n++] = edge; /* fits: a full tile is none that is filled */
		if (l->number == 0) {
			el_tree_root(l->nodes, n, root);
			return EL_OK;
		}
		if ((has_edge = n > 0))
			el_tree_root(l->nodes, n, &edge);
	}
}

/* ---- Reading ---- */

struct paths_level {
	bool has_edge; /* one node beyond those of complete subtrees */
	struct el_hash edge;
	/* The tile read last. */
	struct el_tree *tree; /* NULL: none */
	uint64_t number;
	struct el_hash nodes[EL_TILE_WIDTH];
};

struct el_tile_paths {
	struct el_tile_source source;
	uint64_t size;
	unsigned top; /* the level that one tile is enough for */
	struct el_hash root;
	struct paths_level level[EL_TILE_LEVELS];
};

static uint64_t
nodes_of(const struct el_tile_paths *p, unsigned level)
{
	return (p->size >> (LEVEL_BITS * level)) + p->level[level].has_edge;
}

/* Read a tile in place of the one that was read last; *root is of what stands below its node. */
static int
read_tile(struct el_tile_paths *p, unsigned level, uint64_t number, struct el_hash *root)
{
	struct paths_level *const l = &p->level[level];
	const struct el_tile tile = el_tile_of(level, number, p->size);
	unsigned n = tile.width;
	int r;

	el_tree_free(l->tree);
	l->tree = NULL;
	l->number = number;
	if (n > 0 && (r = p->source.read(p->source.ctx, &tile, l->nodes[0].b)) != EL_OK)
		return r;
	if (n < EL_TILE_WIDTH && l->has_edge)
		l->nodes[n++] = l->edge;
	if ((r = el_tree_new(l->nodes, n, &l->tree)) == EL_OK)
		el_tree_get_root(l->tree, root);
	return r;
}

/* The right edge from the leaves to the root. */
static int
read_edge(struct el_tile_paths *p)
{
	struct paths_level *above;
	uint64_t last;
	int r;

	for (; nodes_of(p, p->top) > EL_TILE_WIDTH; p->top++) {
		assert(p->top + 1 < EL_TILE_LEVELS);
		above = &p->level[p->top + 1];
		last = p->size >> (LEVEL_BITS * (p->top + 1)); /* the tile that is not full */
		above->has_edge = nodes_of(p, p->top) > last * EL_TILE_WIDTH;
		if (above->has_edge && (r = read_tile(p, p->top, last, &above->edge)) != EL_OK)
			return r;
	}
	return read_tile(p, p->top, 0, &p->root);
}

int
el_tile_paths_new(const struct el_tile_source *source, uint64_t size, struct el_tile_paths **out)
{
	struct el_tile_paths *p;
	int r;

	*out = NULL;
	if (size > EL_LOG_SIZE_MAX)
		return EL_EFORMAT;
	if ((p = calloc(1, sizeof *p)) == NULL)
		return EL_ENOMEM;
	p->source = *source;
	p->size = size;
	if ((r = read_edge(p)) == EL_OK)
		*out = p;
	else
		el_tile_paths_free(p);
	return r;
}

void
el_tile_paths_free(struct el_tile_paths *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < EL_TILE_LEVELS; i++)
		el_tree_free(p->level[i].tree);
	free(p);
}

void
el_tile_paths_root(const struct el_tile_paths *p, struct el_hash *out)
{
	*out = p->root;
}

/* Have the tile of this number at hand; the one above it is. */
static int
hold(struct el_tile_paths *p, unsigned level, uint64_t number)
{
	struct paths_level *const l = &p->level[level];
	const struct el_hash *const above = level == p->top ? &p->root : &l[1].nodes[number % EL_TILE_WIDTH];
	struct el_hash root;
	int r;

	if (l->tree != NULL && l->number == number)
		return EL_OK;
	if ((r = read_tile(p, level, number, &root)) != EL_OK || el_hash_eq(&root, above))
		return r;
	el_tree_free(l->tree);
	l->tree = NULL;
	return EL_EFORMAT;
}

int
el_tile_paths_get(struct el_tile_paths *p, uint64_t index, struct el_path *out)
{
	struct el_path part;
	int r;

	assert(index < p->size);
	memset(out, 0, sizeof *out);
	for (unsigned i = p->top + 1; i-- > 0;)
		if ((r = hold(p, i, index >> (LEVEL_BITS * (i + 1)))) != EL_OK)
			return r;
	out->index = index;
	out->size = p->size;
	for (unsigned i = 0; i <= p->top; i++) {
		el_tree_get_path(p->level[i].tree, (size_t)(index >> (LEVEL_BITS * i)) % EL_TILE_WIDTH, &part);
		assert(out->n + part.n <= EL_PATH_HASHES_MAX);
		memcpy(&out->hashes[out->n], part.hashes, part.n * sizeof part.hashes[0]);
		out->n += part.n;
	}
	return EL_OK;
}
