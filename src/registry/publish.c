#include "registry/publish.h"

#include "publog/publish.h"
#include "registry/roots.h"

#define ROOTS_MAX 64 /* queued in one turn */
#define EPOCHS_MAX 128

static int
next_root(void *ctx, el_epoch e, uint32_t from, struct el_log_entry *out)
{
	return el_registry_next_root(ctx, e, from, out);
}

int
el_registry_publish(struct el_registry *g, int64_t now_s)
{
	unsigned left = ROOTS_MAX;
	el_epoch epochs[EPOCHS_MAX];
	size_t n;
	int r;

	if (g->publog == NULL)
		return EL_OK;
	if ((r = g->daybook->ops->epochs(g->daybook, epochs, EPOCHS_MAX, &n)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < n && i < EPOCHS_MAX; i++)
		r = el_publog_queue_roots(g->publog, epochs[i], next_root, g, now_s, &left);
	return r == EL_ESPACE ? EL_OK : r;
}
