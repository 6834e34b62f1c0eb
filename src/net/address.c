#include "net/address.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/codec.h"

#define BUCKETS 1024

struct entry {
	struct entry *next;
	uint8_t a[EL_ADDRESS_LEN];
	unsigned n;
};

struct el_addresses {
	uint64_t seed[2];
	struct entry *buckets[BUCKETS];
};

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int
el_addresses_new(struct el_addresses **out)
{
	struct el_addresses *t;

	*out = NULL;
	if ((t = calloc(1, sizeof *t)) == NULL)
		return EL_ENOMEM;
	if (getrandom(t->seed, sizeof t->seed, 0) != (ssize_t)sizeof t->seed) {
		free(t);
		return EL_EIO;
	}
	*out = t;
	return EL_OK;
}

void
el_addresses_free(struct el_addresses *t)
{
	struct entry *e, *next;
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < BUCKETS; i++)
		for (e = t->buckets[i]; e != NULL; e = next) {
			next = e->next;
			free(e);
		}
	free(t);
}

/* One customer has a whole /64 of IPv6, so that is what is counted. */
static void
counted_part(const uint8_t a[EL_ADDRESS_LEN], uint8_t out[EL_ADDRESS_LEN])
{
	memcpy(out, a, EL_ADDRESS_LEN);
	if (memcmp(a, mapped, sizeof mapped) != 0)
		memset(out + 8, 0, 8);
}

/* Seeded, so that nobody can aim at one bucket; the caps bound what is in all of them together. */
static struct entry **
bucket_of(struct el_addresses *t, const uint8_t key[EL_ADDRESS_LEN])
{
	uint64_t h = (el_get_u64(key) ^ t->seed[0]) * 0x9e3779b97f4a7c15u;

	h = ((h ^ (h >> 29)) + (el_get_u64(key + 8) ^ t->seed[1])) * 0xbf58476d1ce4e5b9u;
	return &t->buckets[(h >> 40) % BUCKETS];
}

static struct entry **
find(struct el_addresses *t, const uint8_t key[EL_ADDRESS_LEN])
{
	struct entry **p;

	for (p = bucket_of(t, key); *p != NULL; p = &(*p)->next)
		if (memcmp((*p)->a, key, EL_ADDRESS_LEN) == 0)
			break;
	return p;
}

int
el_addresses_take(struct el_addresses *t, const uint8_t a[EL_ADDRESS_LEN], unsigned max)
{
	uint8_t key[EL_ADDRESS_LEN];
	struct entry **p, *e;

	counted_part(a, key);
	p = find(t, key);
	if (*p != NULL) {
		if ((*p)->n >= max)
			return EL_EBUSY;
		(*p)->n++;
		return EL_OK;
	}
	if (max == 0)
		return EL_EBUSY;
	if ((e = calloc(1, sizeof *e)) == NULL)
		return EL_ENOMEM;
	memcpy(e->a, key, sizeof e->a);
	e->n = 1;
	*p = e;
	return EL_OK;
}

void
el_addresses_give(struct el_addresses *t, const uint8_t a[EL_ADDRESS_LEN])
{
	uint8_t key[EL_ADDRESS_LEN];
	struct entry **p, *e;

	counted_part(a, key);
	p = find(t, key);
	assert(*p != NULL && (*p)->n > 0);
	if (--(*p)->n > 0)
		return;
	e = *p;
	*p = e->next;
	free(e);
}

void
el_address_of(const struct sockaddr_storage *s, uint8_t out[EL_ADDRESS_LEN])
{
	memset(out, 0, EL_ADDRESS_LEN);
	if (s->ss_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, s, sizeof v4);
		memcpy(out, mapped, sizeof mapped);
		memcpy(out + sizeof mapped, &v4.sin_addr, 4);
	} else if (s->ss_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, s, sizeof v6);
		memcpy(out, &v6.sin6_addr, EL_ADDRESS_LEN);
	}
}
