#include "issuer/drawn.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/limits.h"
#include "base/secret.h"

#define DAYS_MAX 4
#define FIRST_SLOTS 1024

/* The first half of an authenticator, itself a hash, is enough to tell two visitors apart. */
struct slot {
	uint8_t who[16];
	bool taken;
	uint8_t n; /* tickets; 0 also where the only one was given back */
};

struct day {
	el_epoch epoch;
	struct slot *slots; /* a power of two of them */
	size_t size, used;
};

struct el_drawn {
	struct day days[DAYS_MAX];
	size_t n;
};

int
el_drawn_new(struct el_drawn **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? EL_OK : EL_ENOMEM;
}

static void
drop(struct day *d)
{
	if (d->slots != NULL)
		el_secret_wipe(d->slots, d->size * sizeof *d->slots);
	free(d->slots);
	memset(d, 0, sizeof *d);
}

void
el_drawn_free(struct el_drawn *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		drop(&t->days[i]);
	free(t);
}

static struct slot *
find(const struct day *d, const uint8_t *who)
{
	size_t i = (size_t)el_get_u64(who) & (d->size - 1);

	while (d->slots[i].taken && memcmp(d->slots[i].who, who, sizeof d->slots[i].who) != 0)
		i = (i + 1) & (d->size - 1);
	return &d->slots[i];
}

static int
grow(struct day *d)
{
	struct day bigger = { d->epoch, NULL, d->size != 0 ? d->size * 2 : FIRST_SLOTS, d->used };

	if ((bigger.slots = calloc(bigger.size, sizeof *bigger.slots)) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < d->size; i++)
		if (d->slots[i].taken)
			*find(&bigger, d->slots[i].who) = d->slots[i];
	drop(d);
	*d = bigger;
	return EL_OK;
}

static struct day *
day_of(struct el_drawn *t, el_epoch e)
{
	size_t oldest = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->days[i].epoch == e)
			return &t->days[i];
	if (t->n < DAYS_MAX) {
		t->days[t->n].epoch = e;
		return &t->days[t->n++];
	}
	for (size_t i = 1; i < t->n; i++)
		if (t->days[i].epoch < t->days[oldest].epoch)
			oldest = i;
	drop(&t->days[oldest]);
	t->days[oldest].epoch = e;
	return &t->days[oldest];
}

int
el_drawn_take(struct el_drawn *t, const uint8_t authenticator[EL_AUTHENTICATOR_LEN], el_epoch e)
{
	struct day *const d = day_of(t, e);
	struct slot *s;
	int r;

	if (d->used * 2 >= d->size && (r = grow(d)) != EL_OK)
		return r;
	s = find(d, authenticator);
	if (s->n >= EL_TICKETS_PER_DAY)
		return EL_ELIMIT;
	s->n++;
	if (!s->taken) {
		memcpy(s->who, authenticator, sizeof s->who);
		s->taken = true;
		d->used++;
	}
	return EL_OK;
}

void
el_drawn_give(struct el_drawn *t, const uint8_t authenticator[EL_AUTHENTICATOR_LEN], el_epoch e)
{
	struct slot *s;

	for (size_t i = 0; i < t->n; i++)
		if (t->days[i].epoch == e && t->days[i].size > 0) {
			s = find(&t->days[i], authenticator);
			if (s->n > 0)
				s->n--;
		}
}

void
el_drawn_keep(struct el_drawn *t, el_epoch first)
{
	for (size_t i = t->n; i-- > 0;)
		if (t->days[i].epoch < first) {
			drop(&t->days[i]);
			t->days[i] = t->days[--t->n];
			memset(&t->days[t->n], 0, sizeof t->days[t->n]);
		}
}
