#include "issuer/roots.h"

#include <string.h>

int
el_issuer_root(struct el_issuer *s, el_epoch epoch, struct el_log_entry *out)
{
	struct el_daybook *const b = s->daybook;
	bool rewritten;
	uint32_t end;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = b->ops->count(b, epoch, &out->count, &rewritten)) == EL_OK && !rewritten)
		r = EL_ENOTFOUND;
	(void)b->ops->unindexed(b, epoch, &end); /* the one segment is the last that the day got */
	if (r == EL_OK && (r = b->ops->root(b, epoch, end - 1, &out->count, &out->root)) == EL_OK) {
		out->type = EL_ENTRY_IDENTITIES;
		out->epoch = epoch;
	} else
		memset(out, 0, sizeof *out);
	return r;
}

int
el_issuer_path(struct el_issuer *s, const struct el_row_ref *ref, struct el_path *out)
{
	/* Only the segment of a rewritten day has a tree (close_day.c). */
	return s->daybook->ops->path(s->daybook, ref, out);
}
