#include "log/edge.h"

#include <assert.h>
#include <string.h>

#include "crypto/hash.h"
#include "log/tree.h"

void
el_edge_append(struct el_edge *e, const struct el_hash *leaf)
{
	struct el_hash node = *leaf;
	unsigned h;

	assert(e->size < UINT64_MAX);
	for (h = 0; (e->size >> h & 1) != 0; h++) {
		el_tree_node(&e->nodes[h], &node, &node);
		memset(&e->nodes[h], 0, sizeof e->nodes[h]);
	}
	e->nodes[h] = node;
	e->size++;
}

void
el_edge_root(const struct el_edge *e, struct el_hash *out)
{
	unsigned h = 0;

	if (e->size == 0) {
		el_sha256("", 0, out);
		return;
	}
	while ((e->size >> h & 1) == 0)
		h++;
	*out = e->nodes[h];
	for (h++; h < 64 && e->size >> h != 0; h++)
		if ((e->size >> h & 1) != 0)
			el_tree_node(&e->nodes[h], out, out);
}
