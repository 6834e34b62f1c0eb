#include "registry/roots.h"

#include <string.h>

int
el_registry_next_root(struct el_registry *g, el_epoch epoch, uint32_t from_segment, struct el_log_entry *out)
{
	struct el_daybook *const b = g->daybook;
	const uint32_t end = b->ops->unindexed(b, epoch, NULL);
	int r = EL_ENOTFOUND;

	memset(out, 0, sizeof *out);
	for (uint32_t i = from_segment; i < end && r == EL_ENOTFOUND; i++) {
		out->segment = i;
		r = b->ops->root(b, epoch, i, &out->count, &out->root);
	}
	if (r == EL_OK) {
		out->type = EL_ENTRY_SEGMENT;
		out->epoch = epoch;
	} else
		memset(out, 0, sizeof *out);
	return r;
}
