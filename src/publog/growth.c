#include "publog/growth.h"

#include <string.h>

#include "base/codec.h"

static int
put_level(struct el_log_growth *g, unsigned level, el_log_sink *put, void *ctx)
{
	const struct el_log_level *const l = &g->levels[level];
	struct el_tile t = { .level = level, .index = l->index, .width = l->n };
	int r = put(ctx, &t, l->hashes[0].b, l->n * sizeof l->hashes[0]);

	t.entries = true;
	return r == EL_OK && level == 0 ? put(ctx, &t, g->bundle, g->bundle_len) : r;
}

static int
push_hash(struct el_log_growth *g, const struct el_hash *leaf, el_log_sink *put, void *ctx)
{
	struct el_hash h = *leaf;
	int r;

	for (unsigned level = 0; level < EL_TILE_LEVELS; level++) {
		struct el_log_level *const l = &g->levels[level];

		l->hashes[l->n++] = h;
		l->changed = true;
		if (l->n < EL_TILE_WIDTH)
			return EL_OK;
		if ((r = put_level(g, level, put, ctx)) != EL_OK)
			return r;
		el_tree_root(l->hashes, EL_TILE_WIDTH, &h);
		l->index++;
		l->n = 0;
		l->changed = false;
		if (level == 0)
			g->bundle_len = 0;
	}
	return EL_ELIMIT;
}

int
el_log_growth_push(struct el_log_growth *g, const uint8_t *entry, size_t len, const struct el_hash *leaf,
    el_log_sink *put, void *ctx)
{
	el_put_u16(g->bundle + g->bundle_len, (uint16_t)len);
	memcpy(g->bundle + g->bundle_len + 2, entry, len);
	g->bundle_len += 2 + len;
	el_edge_append(&g->edge, leaf);
	return push_hash(g, leaf, put, ctx);
}

int
el_log_growth_end(struct el_log_growth *g, el_log_sink *put, void *ctx)
{
	int r = EL_OK;

	for (unsigned level = 0; r == EL_OK && level < EL_TILE_LEVELS; level++) {
		if (g->levels[level].changed)
			r = put_level(g, level, put, ctx);
		g->levels[level].changed = false;
	}
	return r;
}

void
el_log_growth_copy(struct el_log_growth *to, const struct el_log_growth *from)
{
	memcpy(to, from, offsetof(struct el_log_growth, bundle));
	memcpy(to->bundle, from->bundle, from->bundle_len);
}
