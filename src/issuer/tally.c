#include "issuer/tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "issuer/issuer_limits.h"

#define WAYS 8 /* entries that one hash may stand in */
#define SETS (EL_TALLY_MAX / WAYS)

struct entry {
	uint8_t who[16];
	int64_t since_s;
	unsigned n; /* 0: free */
};

struct el_tally {
	unsigned limit, window_s;
	uint8_t key[EL_KEY_LEN];
	struct entry entries[SETS][WAYS];
};

int
el_tally_new(unsigned limit, unsigned window_s, struct el_tally **out)
{
	if ((*out = calloc(1, sizeof **out)) == NULL)
		return EL_ENOMEM;
	(*out)->limit = limit;
	(*out)->window_s = window_s;
	el_random((*out)->key, sizeof (*out)->key);
	return EL_OK;
}

void
el_tally_free(struct el_tally *t)
{
	if (t != NULL)
		el_secret_wipe(t, sizeof *t);
	free(t);
}

static bool
is_live(const struct el_tally *t, const struct entry *e, int64_t now_s)
{
	return e->n > 0 && now_s >= e->since_s && now_s < e->since_s + (int64_t)t->window_s;
}

/* Their set, and their hash; their entry there or NULL. */
static struct entry *
find(struct el_tally *t, const void *who, size_t len, int64_t now_s, uint8_t hash[16], struct entry **set)
{
	el_prf16(hash, t->key, "EL1-tally", who, len);
	*set = t->entries[el_get_u32(hash) % SETS];
	for (size_t i = 0; i < WAYS; i++)
		if (is_live(t, &(*set)[i], now_s) && memcmp((*set)[i].who, hash, sizeof (*set)[i].who) == 0)
			return &(*set)[i];
	return NULL;
}

enum el_code
el_tally_check(struct el_tally *t, const void *who, size_t len, int64_t now_s, unsigned *retry_after_s)
{
	uint8_t hash[16];
	struct entry *set;
	const struct entry *const e = find(t, who, len, now_s, hash, &set);

	*retry_after_s = 0;
	if (e == NULL || e->n < t->limit)
		return EL_CODE_OK;
	*retry_after_s = (unsigned)(e->since_s + (int64_t)t->window_s - now_s);
	return EL_CODE_RATE_LIMITED;
}

void
el_tally_count(struct el_tally *t, const void *who, size_t len, int64_t now_s)
{
	uint8_t hash[16];
	struct entry *set, *e = find(t, who, len, now_s, hash, &set);

	if (e == NULL) {
		e = &set[0];
		for (size_t i = 0; i < WAYS && is_live(t, e, now_s); i++)
			if (!is_live(t, &set[i], now_s) || set[i].since_s < e->since_s)
				e = &set[i];
		memcpy(e->who, hash, sizeof e->who);
		e->since_s = now_s;
		e->n = 0;
	}
	e->n++;
}
