#include "registry/days.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyfile.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"

#define DAYS_MAX EL_QUEUE_KEYS_MAX
_Static_assert((EL_LATE_LIMIT_MAX_S + EL_TOKEN_GRACE_S) / EL_DAY_S + 3 <= DAYS_MAX, "epochs that can arrive at once");

struct el_days {
	const struct el_registry_conf *conf;
	struct el_keyring *keyring;
	uint32_t day_offset;
	bool stepped;
	el_epoch first, last; /* as of the last step */
	struct el_day *day; /* guarded; DAYS_MAX of them */
	size_t n;
};

int
el_days_new(
    const struct el_registry_conf *conf, struct el_keyring *keyring, uint32_t day_offset_s, struct el_days **out)
{
	struct el_days *d;
	uint8_t *memory;

	*out = NULL;
	if ((d = calloc(1, sizeof *d)) == NULL)
		return EL_ENOMEM;
	/* Padded to a multiple of 16, since sodium_malloc() aligns the end of what it gives. */
	if (el_secret_new((DAYS_MAX * sizeof *d->day + 15) / 16 * 16, &memory) != EL_OK) {
		free(d);
		return EL_ENOMEM;
	}
	d->day = (struct el_day *)(void *)memory;
	d->conf = conf;
	d->keyring = keyring;
	d->day_offset = day_offset_s;
	*out = d;
	return EL_OK;
}

void
el_days_free(struct el_days *d)
{
	if (d == NULL)
		return;
	el_secret_free((uint8_t *)(void *)d->day);
	free(d);
}

int64_t
el_days_arrival_end(const struct el_days *d, el_epoch e)
{
	return el_epoch_end(e, d->day_offset) + EL_TOKEN_GRACE_S + (int64_t)d->conf->late_limit;
}

el_epoch
el_days_first(const struct el_days *d, int64_t now_s)
{
	const el_epoch today = el_epoch_of(now_s, d->day_offset);
	el_epoch e = today;

	while (e > 0 && el_days_arrival_end(d, (el_epoch)(e - 1)) > now_s)
		e--;
	return e;
}

el_epoch
el_days_last(const struct el_days *d, int64_t now_s)
{
	const el_epoch today = el_epoch_of(now_s, d->day_offset);

	return today < UINT16_MAX ? (el_epoch)(today + 1) : today;
}

static struct el_key_id
pair_id(uint8_t issuer, el_epoch e)
{
	return (struct el_key_id){ EL_KEY_PAIR, issuer, e };
}

static void
ratchet(uint8_t key[EL_KEY_LEN], unsigned steps)
{
	for (; steps > 0; steps--)
		el_kdf(key, key, "EL1-next", NULL, 0);
}

/* The newest K_pair of an issuer that is not newer than e. */
struct newest {
	uint8_t issuer;
	el_epoch limit, epoch;
	bool found;
};

static void
newest_each(void *ctx, struct el_key_id id)
{
	struct newest *const n = ctx;

	if (id.kind != EL_KEY_PAIR || id.index != n->issuer || id.epoch > n->limit)
		return;
	if (!n->found || id.epoch > n->epoch)
		n->epoch = id.epoch;
	n->found = true;
}

static bool
newest_pair(const struct el_days *d, uint8_t issuer, el_epoch limit, el_epoch *out)
{
	struct newest n = { issuer, limit, 0, false };

	el_keyring_each(d->keyring, newest_each, &n);
	*out = n.epoch;
	return n.found;
}

/* Add K_pair of first..last that are missing, from `key` of epoch `from` <= last; key is used up. */
static int
add_chain(struct el_days *d, uint8_t issuer, uint8_t key[EL_KEY_LEN], el_epoch from, el_epoch first, el_epoch last)
{
	uint8_t keys[DAYS_MAX + 1][EL_KEY_LEN];
	struct el_key_id ids[DAYS_MAX + 1];
	unsigned e = first > from ? first : from;
	size_t n = 0;
	int r;

	ratchet(key, e - from);
	for (; e <= last && n < DAYS_MAX + 1; e++) {
		ids[n] = pair_id(issuer, (el_epoch)e);
		if (!el_keyring_has(d->keyring, ids[n]))
			memcpy(keys[n++], key, EL_KEY_LEN);
		ratchet(key, 1);
	}
	r = n > 0 ? el_keyring_add(d->keyring, ids, (const uint8_t(*)[EL_KEY_LEN])keys, n) : EL_OK;
	el_secret_wipe(keys, sizeof keys);
	return r;
}

/* A file whose key the keyring holds already was left by a crash; any other one is a mistake. */
static int
compare_chain(const struct el_days *d, uint8_t issuer, const uint8_t *secret, el_epoch epoch, el_epoch newest)
{
	uint8_t ours[EL_KEY_LEN], theirs[EL_KEY_LEN];
	int r;

	memcpy(theirs, secret, EL_KEY_LEN);
	if ((r = el_keyring_get(d->keyring, pair_id(issuer, newest), ours)) == EL_OK) {
		if (epoch < newest)
			ratchet(theirs, (unsigned)(newest - epoch));
		else
			ratchet(ours, (unsigned)(epoch - newest));
		r = el_bytes_eq(ours, theirs, EL_KEY_LEN) ? EL_OK : EL_EEXIST;
	}
	el_secret_wipe(ours, sizeof ours);
	el_secret_wipe(theirs, sizeof theirs);
	return r;
}

static int
import_one(struct el_days *d, const struct el_pair_line *line, int64_t now_s)
{
	const el_epoch first = el_days_first(d, now_s), tomorrow = el_days_last(d, now_s);
	uint8_t key[EL_KEY_LEN], *secret = NULL;
	el_epoch epoch, newest;
	bool has;
	int r;

	has = newest_pair(d, line->issuer, UINT16_MAX, &newest);
	if (access(line->path, F_OK) != 0)
		return has ? EL_OK : EL_ECONFIG;
	if ((r = el_keyfile_read(line->path, EL_PURPOSE_PAIR, NULL, NULL, &secret, &epoch)) != EL_OK)
		return r;
	memcpy(key, secret, sizeof key);
	if (has)
		r = compare_chain(d, line->issuer, secret, epoch, newest);
	else
		r = add_chain(d, line->issuer, key, epoch, first, epoch > tomorrow ? epoch : tomorrow);
	el_secret_wipe(key, sizeof key);
	el_secret_free(secret);
	if (r == EL_OK && (r = el_file_destroy(line->path)) == EL_OK)
		el_log(EL_EV_PAIR_IMPORTED, EL_OK, line->issuer);
	return r;
}

int
el_days_import(struct el_days *d, int64_t now_s)
{
	struct el_pair_line line;
	int r;

	for (size_t i = 0; i < d->conf->issuers.n; i++)
		if ((r = el_registry_conf_pair(d->conf, i, &line)) != EL_OK ||
		    (r = import_one(d, &line, now_s)) != EL_OK)
			return r;
	return EL_OK;
}

/* K_pair of first..last, as far as there is an older one to go on from. */
static int
step_pair(struct el_days *d, uint8_t issuer, el_epoch first, el_epoch last)
{
	uint8_t key[EL_KEY_LEN];
	el_epoch from;
	int r;

	/* After a clock that was set forward and back the newest key is not the one to go on from. */
	for (unsigned e = first; e <= last; e++) {
		if (el_keyring_has(d->keyring, pair_id(issuer, (el_epoch)e)) ||
		    !newest_pair(d, issuer, (el_epoch)e, &from))
			continue;
		if ((r = el_keyring_get(d->keyring, pair_id(issuer, from), key)) == EL_OK)
			r = add_chain(d, issuer, key, from, (el_epoch)e, last);
		el_secret_wipe(key, sizeof key);
		if (r != EL_OK)
			return r;
	}
	return EL_OK;
}

static int
step_queue(struct el_days *d, el_epoch e, bool *changed)
{
	const struct el_key_id id = { EL_KEY_QUEUE, 0, e };
	struct el_scalar s;
	int r;

	if (el_keyring_has(d->keyring, id))
		return EL_OK;
	el_scalar_random(&s);
	r = el_keyring_add(d->keyring, &id, (const uint8_t(*)[EL_KEY_LEN]) & s.b, 1);
	el_scalar_wipe(&s);
	*changed = true;
	return r;
}

static void
derive(struct el_days *d, el_epoch e, struct el_day *out)
{
	uint8_t key[EL_KEY_LEN];
	struct el_pair_line line;

	memset(out, 0, sizeof *out);
	out->epoch = e;
	out->has_visit = el_keyring_get(d->keyring, (struct el_key_id){ EL_KEY_VISIT, 0, e }, key) == EL_OK;
	if (out->has_visit) {
		el_day_key_tags(out->tags, key);
		el_day_key_rows(out->rows, key);
	}
	for (size_t i = 0; i < d->conf->issuers.n; i++) {
		struct el_day_issuer *const x = &out->issuers[out->n_issuers];

		if (el_registry_conf_pair(d->conf, i, &line) != EL_OK)
			continue;
		x->issuer = line.issuer;
		x->has_key = el_keyring_get(d->keyring, pair_id(line.issuer, e), key) == EL_OK;
		if (x->has_key)
			el_token_day_key(key, line.issuer, e, x->key);
		out->n_issuers++;
	}
	el_secret_wipe(key, sizeof key);
}

int
el_days_step(struct el_days *d, int64_t now_s, bool *changed)
{
	const el_epoch first = el_days_first(d, now_s), last = el_days_last(d, now_s);
	struct el_pair_line line;
	int r;

	*changed = false;
	if (d->stepped && d->first == first && d->last == last)
		return EL_OK;
	for (unsigned e = el_epoch_of(now_s, d->day_offset); e <= last; e++) {
		const struct el_key_id id = { EL_KEY_VISIT, 0, (el_epoch)e };

		if (!el_keyring_has(d->keyring, id))
			el_log(EL_EV_KEYS_CREATED, EL_OK, e);
		if ((r = el_keyring_ensure(d->keyring, id)) != EL_OK ||
		    (r = step_queue(d, (el_epoch)e, changed)) != EL_OK)
			return r;
	}
	for (size_t i = 0; i < d->conf->issuers.n; i++)
		if ((r = el_registry_conf_pair(d->conf, i, &line)) != EL_OK ||
		    (r = step_pair(d, line.issuer, first, last)) != EL_OK)
			return r;
	for (d->n = 0; first + d->n <= last && d->n < DAYS_MAX; d->n++)
		derive(d, (el_epoch)(first + d->n), &d->day[d->n]);
	d->first = first;
	d->last = last;
	d->stepped = *changed = true;
	return EL_OK;
}

void
el_days_forget(struct el_days *d)
{
	el_secret_wipe(d->day, DAYS_MAX * sizeof *d->day);
	d->n = 0;
	d->stepped = false;
}

const struct el_day *
el_days_get(const struct el_days *d, el_epoch e)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->day[i].epoch == e)
			return &d->day[i];
	return NULL;
}

bool
el_days_knows_issuer(const struct el_days *d, uint8_t issuer)
{
	struct el_pair_line line;

	for (size_t i = 0; i < d->n && i < 1; i++)
		for (size_t j = 0; j < d->day[i].n_issuers; j++)
			if (d->day[i].issuers[j].issuer == issuer)
				return true;
	for (size_t i = 0; d->n == 0 && i < d->conf->issuers.n; i++)
		if (el_registry_conf_pair(d->conf, i, &line) == EL_OK && line.issuer == issuer)
			return true;
	return false;
}

int
el_days_visit_keys(const struct el_days *d, el_epoch e, uint8_t tags[EL_KEY_LEN], uint8_t rows[EL_KEY_LEN])
{
	uint8_t key[EL_KEY_LEN];
	int r = el_keyring_get(d->keyring, (struct el_key_id){ EL_KEY_VISIT, 0, e }, key);

	el_day_key_tags(tags, key);
	el_day_key_rows(rows, key);
	el_secret_wipe(key, sizeof key);
	return r;
}

bool
el_days_is_due(const struct el_days *d, struct el_key_id id, int64_t now_s)
{
	switch (id.kind) {
	case EL_KEY_VISIT:
		return now_s >= el_epoch_destroy_at(id.epoch, d->day_offset);
	case EL_KEY_PAIR:
	case EL_KEY_QUEUE:
		return now_s >= el_days_arrival_end(d, id.epoch);
	default:
		return false;
	}
}

size_t
el_days_queue_keys(const struct el_days *d, int64_t now_s, struct el_queue_key out[EL_QUEUE_KEYS_MAX])
{
	const el_epoch first = el_days_first(d, now_s);
	size_t n = 0;

	for (unsigned e = el_days_last(d, now_s) + 1u; e-- > first && n < EL_QUEUE_KEYS_MAX;) {
		const struct el_key_id id = { EL_KEY_QUEUE, 0, (el_epoch)e };

		if (el_keyring_get(d->keyring, id, out[n].secret.b) == EL_OK)
			out[n++].epoch = (el_epoch)e;
	}
	return n;
}
