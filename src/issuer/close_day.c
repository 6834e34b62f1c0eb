#include "issuer/close_day.h"

#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "entrylog/epoch.h"

struct rewrite {
	struct el_identity_keys live, id;
	uint64_t damaged;
};

/*
 * Called twice for a row; tags follow from what is in it.  A row that does not open cannot be kept readable: its
 * bytes go on under tags that nothing finds, and die with the day.
 */
static int
rewrite_row(void *ctx, const struct el_row_ref *from, const struct el_row *in, uint32_t segment, uint8_t *sealed,
    struct el_row *out)
{
	struct rewrite *const x = ctx;
	struct el_identity v;

	if (el_identity_open(in, &x->live, from->epoch, from->segment, &v) == EL_OK) {
		el_identity_seal(&v, &x->id, from->epoch, segment, sealed, out);
	} else {
		memcpy(sealed, in->sealed, in->len);
		*out = (struct el_row){ 0, 0, sealed, in->len };
		x->damaged++;
	}
	el_secret_wipe(&v, sizeof v);
	return EL_OK;
}

static int
rewrite(struct el_issuer *s, el_epoch e)
{
	struct rewrite x = { .damaged = 0 };
	uint64_t n;
	int r;

	if ((r = el_issuer_keys_of(&s->keys, EL_KEY_LIVE, e, &x.live)) == EL_OK &&
	    (r = el_issuer_keys_of(&s->keys, EL_KEY_ID, e, &x.id)) == EL_OK &&
	    (r = s->daybook->ops->rewrite(s->daybook, e, rewrite_row, &x, &n)) == EL_OK) {
		el_log(EL_EV_EPOCH_REWRITTEN, EL_OK, n);
		if (x.damaged > 0)
			el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, x.damaged / 2);
	}
	el_secret_wipe(&x, sizeof x);
	return r;
}

/* ---- Which days ---- */

#define CLOSED_MAX 64
struct closing {
	const struct el_issuer *s;
	int64_t now_s;
	el_epoch days[CLOSED_MAX];
	size_t n;
};

static void
closing_each(void *ctx, struct el_key_id id)
{
	struct closing *const c = ctx;
	const uint32_t offset = el_issuer_day_offset(c->s);

	if (id.kind == EL_KEY_LIVE && c->now_s >= el_epoch_end(id.epoch, offset) &&
	    c->now_s < el_epoch_destroy_at(id.epoch, offset) && c->n < CLOSED_MAX)
		c->days[c->n++] = id.epoch;
}

static bool
is_closed(void *ctx, struct el_key_id id)
{
	const struct closing *const c = ctx;
	bool closed = false;

	for (size_t i = 0; i < c->n; i++)
		closed = closed || (id.kind == EL_KEY_LIVE && id.epoch == c->days[i]);
	return closed;
}

int
el_close_days(struct el_issuer *s, int64_t now_s, bool *changed)
{
	struct closing c = { .s = s, .now_s = now_s };
	size_t n_keys;
	int r;

	*changed = false;
	el_keyring_each(s->keyring, closing_each, &c);
	if (c.n == 0)
		return EL_OK;
	for (size_t i = 0; i < c.n; i++)
		if ((r = rewrite(s, c.days[i])) != EL_OK)
			return r;
	*changed = true;
	return el_keyring_destroy(s->keyring, is_closed, &c, &n_keys);
}
