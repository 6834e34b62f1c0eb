#include "issuer/publish.h"

#include "publog/publish.h"
#include "issuer/roots.h"

#define ROOTS_MAX 64 /* queued in one turn */
#define EPOCHS_MAX 128

static int
next_root(void *ctx, el_epoch e, uint32_t from, struct el_log_entry *out)
{
	const int r = from == 0 ? el_issuer_root(ctx, e, out) : EL_ENOTFOUND;

	return r; /* one segment a day */
}

int
el_issuer_publish(struct el_issuer *s, int64_t now_s)
{
	unsigned left = ROOTS_MAX;
	el_epoch epochs[EPOCHS_MAX];
	size_t n;
	int r;

	if (s->publog == NULL)
		return EL_OK;
	if ((r = s->daybook->ops->epochs(s->daybook, epochs, EPOCHS_MAX, &n)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < n && i < EPOCHS_MAX; i++)
		r = el_publog_queue_roots(s->publog, epochs[i], next_root, s, now_s, &left);
	return r == EL_ESPACE ? EL_OK : r;
}
