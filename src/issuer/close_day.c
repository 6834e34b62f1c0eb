#include "issuer/close_day.h"

#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "indexer/indexer.h"
#include "token/leaf.h"

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
keys_of(const struct el_issuer *s, el_epoch e, struct rewrite *x)
{
	int r;

	if ((r = el_issuer_keys_of(&s->keys, EL_KEY_LIVE, e, &x->live)) == EL_OK)
		r = el_issuer_keys_of(&s->keys, EL_KEY_ID, e, &x->id);
	return r;
}

static void
say_damaged(const struct rewrite *x)
{
	if (x->damaged > 0)
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, x->damaged / 2);
}

/* Begin it, or do it where nobody else does; *done: the day is rewritten. */
static int
rewrite(struct el_issuer *s, el_epoch e, bool *done)
{
	struct el_daybook *const b = s->daybook;
	struct rewrite x = { .damaged = 0 };
	uint64_t n;
	int r;

	if ((r = b->ops->count(b, e, &n, done)) != EL_OK || *done)
		return r;
	if (s->has_indexer) {
		r = b->ops->begin_rewrite(b, e);
	} else if ((r = keys_of(s, e, &x)) == EL_OK && (r = b->ops->rewrite(b, e, rewrite_row, &x, &n)) == EL_OK) {
		*done = true;
		say_damaged(&x);
		el_log(EL_EV_EPOCH_REWRITTEN, EL_OK, n);
	}
	el_secret_wipe(&x, sizeof x);
	if (r != EL_ESPACE)
		return r;
	s->was_full = true;
	return EL_OK; /* the next tick tries again */
}

/* ---- In another process ---- */

#define SECRET_LEN (4 * EL_KEY_LEN)
_Static_assert(SECRET_LEN <= EL_JOB_SECRET_MAX, "the keys of a day go with its job");

/* The key for the leaves of a rewritten day; a segment that is still in the order of arrival gets no tree. */
static int
index_secret(const struct el_issuer *s, el_epoch e, uint8_t *out, size_t *len)
{
	struct el_identity_keys id;
	bool rewritten;
	uint64_t n;
	int r;

	if ((r = s->daybook->ops->count(s->daybook, e, &n, &rewritten)) != EL_OK || !rewritten)
		return r;
	if ((r = el_issuer_keys_of(&s->keys, EL_KEY_ID, e, &id)) == EL_OK) {
		memcpy(out, id.rows, EL_KEY_LEN);
		*len = EL_KEY_LEN;
	}
	el_secret_wipe(&id, sizeof id);
	return r == EL_ENOTFOUND ? EL_OK : r; /* gone, and the day is about to */
}

int
el_close_day_secret(void *ctx, const struct el_job *job, uint8_t *out, size_t *len)
{
	struct rewrite x;
	int r;

	*len = 0;
	if (job->kind == EL_JOB_INDEX)
		return index_secret(ctx, job->epoch, out, len);
	if (job->kind != EL_JOB_REWRITE)
		return EL_OK;
	if ((r = keys_of(ctx, job->epoch, &x)) == EL_OK) {
		memcpy(out, x.live.tags, EL_KEY_LEN);
		memcpy(out + EL_KEY_LEN, x.live.rows, EL_KEY_LEN);
		memcpy(out + 2 * EL_KEY_LEN, x.id.tags, EL_KEY_LEN);
		memcpy(out + 3 * EL_KEY_LEN, x.id.rows, EL_KEY_LEN);
		*len = SECRET_LEN;
	}
	el_secret_wipe(&x, sizeof x);
	return r;
}

static int
leaf_of(void *ctx, const struct el_row_ref *ref, const struct el_row *row, struct el_hash *leaf)
{
	const struct el_identity_keys *const keys = ctx;
	struct el_identity v;
	struct el_hash box;
	int r = EL_OK;

	if (el_identity_open(row, keys, ref->epoch, ref->segment, &v) == EL_OK) {
		el_sha256(v.box, sizeof v.box, &box);
		el_leaf_identity(&v.salt, &v.phone, v.com, &box, leaf);
	} else {
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, ref->epoch);
		r = EL_ECRYPTO;
	}
	el_secret_wipe(&v, sizeof v);
	return r;
}

/* Also the removal of files, which comes with nothing. */
static int
index_work(const char *dir, const struct el_job *job, const uint8_t *secret, size_t len)
{
	struct el_identity_keys keys = { .rows = { 0 } }; /* K_tags is not needed, and not sent */
	int r;

	if (len == 0)
		return el_daybook_sqlite_work(dir, job, NULL, NULL, NULL);
	if (job->kind != EL_JOB_INDEX || len != EL_KEY_LEN)
		return EL_EFORMAT;
	memcpy(keys.rows, secret, EL_KEY_LEN);
	r = el_daybook_sqlite_work(dir, job, NULL, leaf_of, &keys);
	el_secret_wipe(&keys, sizeof keys);
	return r;
}

int
el_close_day_work(const char *dir, const struct el_job *job, const uint8_t *secret, size_t len)
{
	struct rewrite x = { .damaged = 0 };
	int r;

	if (job->kind != EL_JOB_REWRITE)
		return index_work(dir, job, secret, len);
	if (len != SECRET_LEN)
		return EL_EFORMAT;
	memcpy(x.live.tags, secret, EL_KEY_LEN);
	memcpy(x.live.rows, secret + EL_KEY_LEN, EL_KEY_LEN);
	memcpy(x.id.tags, secret + 2 * EL_KEY_LEN, EL_KEY_LEN);
	memcpy(x.id.rows, secret + 3 * EL_KEY_LEN, EL_KEY_LEN);
	if ((r = el_daybook_sqlite_work(dir, job, rewrite_row, NULL, &x)) == EL_OK) {
		say_damaged(&x);
		el_log(EL_EV_EPOCH_REWRITTEN, EL_OK, job->n_rows);
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
	size_t n_keys, n = 0;
	bool done;
	int r;

	*changed = false;
	el_keyring_each(s->keyring, closing_each, &c);
	for (size_t i = 0; i < c.n; i++) {
		if ((r = rewrite(s, c.days[i], &done)) != EL_OK)
			return r;
		if (done)
			c.days[n++] = c.days[i];
	}
	if ((c.n = n) == 0)
		return EL_OK;
	*changed = true;
	return el_keyring_destroy(s->keyring, is_closed, &c, &n_keys);
}
