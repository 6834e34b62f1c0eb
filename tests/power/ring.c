#include "ring.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* a: add one to three keys; e: ensure one; d: destroy some; x: destroy all; o: close and open. */
static const char script[] = "aadeoaadaxaodxaeadxodoa";

#define FIRST_EPOCH 100

struct ring {
	struct el_keyring *k;
	char path[160], kek_path[160];
};

static struct chance noise;

static const char *
noise_name(void)
{
	return "seeded";
}

static uint32_t
noise_random(void)
{
	return (uint32_t)chance_next(&noise);
}

static void
noise_buf(void *const out, const size_t len)
{
	uint8_t *const p = out;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)chance_next(&noise);
}

void
ring_use_seeded_random(void)
{
	static struct randombytes_implementation seeded = {
		.implementation_name = noise_name,
		.random = noise_random,
		.buf = noise_buf,
	};

	if (randombytes_set_implementation(&seeded) != 0 || sodium_init() < 0)
		abort();
}

static int
open_keyring(struct ring *r)
{
	return el_keyring_open(r->path, r->kek_path, EL_PARTY_REGISTRY, &r->k);
}

static void
ring_close(void *handle)
{
	struct ring *const r = handle;

	el_keyring_close(r->k);
	free(r);
}

static void
count(void *ctx, struct el_key_id id)
{
	(void)id;
	++*(size_t *)ctx;
}

/* Exactly these keys, with their values. */
static bool
is_world(const struct ring *r, const struct ring_world *w, size_t *n)
{
	uint8_t key[EL_KEY_LEN];

	*n = 0;
	el_keyring_each(r->k, count, n);
	if (*n != w->n)
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (el_keyring_get(r->k, w->key[i].id, key) != EL_OK || memcmp(key, w->key[i].key, sizeof key) != 0)
			return false;
	return true;
}

static void *
ring_open(struct trial *t, const char *root, const union world may[2], union world *seen)
{
	struct ring *const r = tree_grow(NULL, 1, sizeof *r);
	char data[140], keys[140];
	size_t n = 0;
	int e;

	*r = (struct ring){ 0 };
	noise.x = chance_next(&t->c);
	snprintf(data, sizeof data, "%.120s/data", root);
	snprintf(keys, sizeof keys, "%.120s/keys", root);
	snprintf(r->path, sizeof r->path, "%s/keyring", data);
	snprintf(r->kek_path, sizeof r->kek_path, "%s/kek", keys);
	if ((e = el_dir_make(data)) != EL_OK || (e = el_dir_make(keys)) != EL_OK || (e = open_keyring(r)) != EL_OK)
		trial_failed(t, "the keyring does not open: %d", e);
	for (int which = 1; which >= 0 && !t->failed; which--) {
		*seen = may[which];
		if (is_world(r, &may[which].ring, &n))
			return r;
	}
	trial_failed(t, "%zu keys, but %zu were to be there", n, may[0].ring.n);
	ring_close(r);
	return NULL;
}

static int
do_add(struct trial *t, struct ring *r, struct ring_world *w)
{
	const size_t n = 1 + chance_below(&t->c, 3);
	struct el_key_id id[3];
	uint8_t key[3][EL_KEY_LEN];
	int e;

	if (w->n + n > RING_KEYS)
		return EL_OK;
	for (size_t i = 0; i < n; i++) {
		id[i] = (struct el_key_id){ EL_KEY_VISIT, 0, (el_epoch)(FIRST_EPOCH + w->next + i) };
		randombytes_buf(key[i], EL_KEY_LEN);
	}
	w->next = (el_epoch)(w->next + n);
	if ((e = el_keyring_add(r->k, id, (const uint8_t(*)[EL_KEY_LEN])key, n)) != EL_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		w->key[w->n].id = id[i];
		memcpy(w->key[w->n++].key, key[i], EL_KEY_LEN);
	}
	return EL_OK;
}

static int
do_ensure(struct ring *r, struct ring_world *w)
{
	const struct el_key_id id = { EL_KEY_ID, 0, (el_epoch)(FIRST_EPOCH + w->next) };
	int e;

	if (w->n == RING_KEYS)
		return EL_OK;
	w->next++;
	if ((e = el_keyring_ensure(r->k, id)) != EL_OK)
		return e;
	w->key[w->n].id = id;
	return el_keyring_get(r->k, id, w->key[w->n++].key);
}

/* Which of the keys are to go. */
struct fate {
	struct chance c;
	bool all;
};

static bool
is_due(void *ctx, struct el_key_id id)
{
	const struct fate *const f = ctx;
	struct chance c = { f->c.x + id.epoch };

	return f->all || chance_one_in(&c, 2);
}

static int
do_destroy(struct trial *t, struct ring *r, bool all, struct ring_world *w)
{
	struct fate f = { { chance_next(&t->c) }, all };
	uint8_t *kek = NULL;
	size_t len, gone, kept = 0;
	int e;

	if (w->n_dead == RING_DEAD)
		return EL_OK;
	if ((e = el_file_read(r->kek_path, EL_KEY_LEN, &kek, &len)) != EL_OK)
		return e;
	e = el_keyring_destroy(r->k, is_due, &f, &gone);
	for (size_t i = 0; i < w->n; i++)
		if (!is_due(&f, w->key[i].id))
			w->key[kept++] = w->key[i];
	if (e == EL_OK && gone != w->n - kept)
		e = EL_ESTATE;
	if (gone > 0)
		memcpy(w->dead[w->n_dead++], kek, EL_KEY_LEN);
	w->n = kept;
	free(kek);
	return e;
}

static bool
ring_step(struct trial *t, void *handle, size_t i, union world *world)
{
	struct ring *const r = handle;
	char verb;
	int e;

	if (t->life == 0 ? i + 1 >= sizeof script : i > 0 && chance_one_in(&t->c, 2))
		return false;
	verb = t->life == 0 ? script[i] : script[chance_below(&t->c, sizeof script - 1)];
	if (verb == 'a')
		e = do_add(t, r, &world->ring);
	else if (verb == 'e')
		e = do_ensure(r, &world->ring);
	else if (verb == 'd' || verb == 'x')
		e = do_destroy(t, r, verb == 'x', &world->ring);
	else {
		el_keyring_close(r->k);
		e = open_keyring(r);
	}
	return e == EL_OK || trial_failed(t, "%c: %d", verb, e);
}

static void
ring_at_rest(struct trial *t, const char *root)
{
	(void)t;
	(void)root;
}

/* With any of these an old copy of the keyring would still open. */
static void
ring_forensics(struct trial *t, const struct tree *left, const union world *world)
{
	for (size_t i = 0; i < world->ring.n_dead; i++)
		if (tree_contains(left, world->ring.dead[i], EL_KEY_LEN))
			trial_failed(t, "a dead KEK is on the disk");
}

const struct subject keyring = { "keyring", ring_open, ring_step, ring_close, ring_at_rest, ring_forensics };
