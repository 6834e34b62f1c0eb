#include "issuer/keys.h"

#include <string.h>
#include <unistd.h>

#include "base/event_log.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/keyfile.h"
#include "entrylog/epoch.h"
#include "entrylog/token.h"

void
el_issuer_keys_init(struct el_issuer_keys *k, const struct el_issuer_conf *conf, struct el_keyring *keyring,
    struct el_daybook *daybook, uint32_t day_offset_s)
{
	*k = (struct el_issuer_keys){ .conf = conf, .keyring = keyring, .daybook = daybook, .day_offset = day_offset_s };
}

el_epoch
el_issuer_keys_today(const struct el_issuer_keys *k, int64_t now_s)
{
	return el_epoch_of(now_s, k->day_offset);
}

el_epoch
el_issuer_keys_tomorrow(const struct el_issuer_keys *k, int64_t now_s)
{
	const el_epoch today = el_issuer_keys_today(k, now_s);

	return today < UINT16_MAX ? (el_epoch)(today + 1) : today;
}

/* Keys that go into the keyring in one write. */
#define ADDITIONS_MAX 16
struct additions {
	struct el_key_id ids[ADDITIONS_MAX];
	uint8_t keys[ADDITIONS_MAX][EL_KEY_LEN];
	size_t n;
};

static void
add(const struct el_issuer_keys *k, struct additions *a, struct el_key_id id, const uint8_t *key)
{
	if (el_keyring_has(k->keyring, id) || a->n == ADDITIONS_MAX)
		return;
	a->ids[a->n] = id;
	if (key != NULL)
		memcpy(a->keys[a->n], key, EL_KEY_LEN);
	else
		el_random(a->keys[a->n], EL_KEY_LEN);
	a->n++;
}

static int
commit(struct el_issuer_keys *k, struct additions *a)
{
	const int r = a->n > 0 ?
		el_keyring_add(k->keyring, a->ids, (const uint8_t(*)[EL_KEY_LEN])a->keys, a->n) :
		EL_OK;

	el_secret_wipe(a->keys, sizeof a->keys);
	return r;
}

/* ---- K_pair ---- */

static struct el_key_id
pair_id(const struct el_issuer_keys *k, el_epoch e)
{
	return (struct el_key_id){ EL_KEY_PAIR, (uint8_t)k->conf->issuer, e };
}

static void
ratchet(uint8_t key[EL_KEY_LEN], unsigned steps)
{
	for (; steps > 0; steps--)
		el_kdf(key, key, "EL1-next", NULL, 0);
}

/* The newest K_pair that is not newer than limit. */
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
newest_pair(const struct el_issuer_keys *k, el_epoch limit, el_epoch *out)
{
	struct newest n = { (uint8_t)k->conf->issuer, limit, 0, false };

	el_keyring_each(k->keyring, newest_each, &n);
	*out = n.epoch;
	return n.found;
}

/* K_pair of first..last that are missing, from `key` of epoch `from`; key is used up. */
static void
add_chain(const struct el_issuer_keys *k, struct additions *a, uint8_t key[EL_KEY_LEN], el_epoch from, el_epoch first,
    el_epoch last)
{
	unsigned e = first > from ? first : from;

	ratchet(key, e - from);
	for (; e <= last; e++) {
		add(k, a, pair_id(k, (el_epoch)e), key);
		ratchet(key, 1);
	}
}

static int
step_pair(struct el_issuer_keys *k, struct additions *a, el_epoch first, el_epoch last)
{
	uint8_t key[EL_KEY_LEN];
	el_epoch from;
	int r;

	/* After a clock that was set forward and back the newest key is not the one to go on from. */
	for (unsigned e = first; e <= last; e++) {
		if (el_keyring_has(k->keyring, pair_id(k, (el_epoch)e)) || !newest_pair(k, (el_epoch)e, &from))
			continue;
		if ((r = el_keyring_get(k->keyring, pair_id(k, from), key)) != EL_OK)
			return r;
		add_chain(k, a, key, from, (el_epoch)e, last);
		el_secret_wipe(key, sizeof key);
		break;
	}
	return EL_OK;
}

/* A file whose key the keyring holds already was left by a crash; any other one is a mistake. */
static int
compare_chain(const struct el_issuer_keys *k, const uint8_t *secret, el_epoch epoch, el_epoch newest)
{
	uint8_t ours[EL_KEY_LEN], theirs[EL_KEY_LEN];
	int r;

	memcpy(theirs, secret, EL_KEY_LEN);
	if ((r = el_keyring_get(k->keyring, pair_id(k, newest), ours)) == EL_OK) {
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

int
el_issuer_keys_import(struct el_issuer_keys *k, int64_t now_s)
{
	const el_epoch today = el_issuer_keys_today(k, now_s), tomorrow = el_issuer_keys_tomorrow(k, now_s);
	struct additions a = { .n = 0 };
	uint8_t *secret = NULL;
	el_epoch epoch, newest;
	const bool has = newest_pair(k, UINT16_MAX, &newest);
	int r;

	if (access(k->conf->pair_file, F_OK) != 0)
		return has ? EL_OK : EL_ECONFIG;
	if ((r = el_keyfile_read(k->conf->pair_file, EL_PURPOSE_PAIR, NULL, NULL, &secret, &epoch)) != EL_OK)
		return r;
	if (has) {
		r = compare_chain(k, secret, epoch, newest);
	} else {
		/* A chain that begins later than tomorrow waits under its own first day. */
		add_chain(k, &a, secret, epoch, today, epoch > tomorrow ? epoch : tomorrow);
		r = commit(k, &a);
	}
	el_secret_free(secret);
	if (r == EL_OK && (r = el_file_destroy(k->conf->pair_file)) == EL_OK)
		el_log(EL_EV_PAIR_IMPORTED, EL_OK, k->conf->issuer);
	return r;
}

/* ---- Days ---- */

static int
step_day(const struct el_issuer_keys *k, struct additions *a, el_epoch e)
{
	bool rewritten;
	uint64_t n;
	int r;

	if ((r = k->daybook->ops->count(k->daybook, e, &n, &rewritten)) != EL_OK)
		return r;
	/* A clock that went back finds a day that is closed: it opens no more, and needs no key to do so. */
	if (rewritten)
		return EL_OK;
	if (!el_keyring_has(k->keyring, (struct el_key_id){ EL_KEY_LIVE, 0, e }))
		el_log(EL_EV_KEYS_CREATED, EL_OK, e);
	add(k, a, (struct el_key_id){ EL_KEY_LIVE, 0, e }, NULL);
	add(k, a, (struct el_key_id){ EL_KEY_ID, 0, e }, NULL);
	add(k, a, (struct el_key_id){ EL_KEY_TICKET, 0, e }, NULL);
	return EL_OK;
}

int
el_issuer_keys_step(struct el_issuer_keys *k, int64_t now_s, bool *changed)
{
	const el_epoch today = el_issuer_keys_today(k, now_s), tomorrow = el_issuer_keys_tomorrow(k, now_s);
	struct additions a = { .n = 0 };
	int r = EL_OK;

	*changed = false;
	if (k->stepped && k->today == today)
		return EL_OK;
	for (unsigned e = today; r == EL_OK && e <= tomorrow; e++)
		r = step_day(k, &a, (el_epoch)e);
	if (r == EL_OK)
		r = step_pair(k, &a, today, tomorrow);
	if (r == EL_OK)
		r = commit(k, &a);
	el_secret_wipe(&a, sizeof a);
	if (r != EL_OK)
		return r;
	k->today = today;
	k->stepped = *changed = true;
	return EL_OK;
}

/* ---- Looking up ---- */

int
el_issuer_keys_of(const struct el_issuer_keys *k, enum el_key_kind kind, el_epoch e, struct el_identity_keys *out)
{
	uint8_t key[EL_KEY_LEN];
	const int r = el_keyring_get(k->keyring, (struct el_key_id){ kind, 0, e }, key);

	el_day_key_tags(out->tags, key);
	el_day_key_rows(out->rows, key);
	el_secret_wipe(key, sizeof key);
	return r;
}

int
el_issuer_keys_rows(const struct el_issuer_keys *k, el_epoch e, struct el_identity_keys *out)
{
	bool rewritten;
	uint64_t n;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = k->daybook->ops->count(k->daybook, e, &n, &rewritten)) != EL_OK)
		return r;
	return el_issuer_keys_of(k, rewritten ? EL_KEY_ID : EL_KEY_LIVE, e, out);
}

int
el_issuer_keys_ticket(const struct el_issuer_keys *k, el_epoch e, uint8_t out[EL_KEY_LEN])
{
	return el_keyring_get(k->keyring, (struct el_key_id){ EL_KEY_TICKET, 0, e }, out);
}

int
el_issuer_keys_token(const struct el_issuer_keys *k, el_epoch e, uint8_t out[EL_KEY_LEN])
{
	uint8_t pair[EL_KEY_LEN];
	int r;

	memset(out, 0, EL_KEY_LEN);
	if ((r = el_keyring_get(k->keyring, pair_id(k, e), pair)) == EL_OK)
		el_token_day_key(pair, (uint8_t)k->conf->issuer, e, out);
	el_secret_wipe(pair, sizeof pair);
	return r;
}
