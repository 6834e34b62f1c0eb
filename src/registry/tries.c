#include "registry/tries.h"

#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 4096

struct
try {
	uint8_t address[16];
	int64_t since_s;
	unsigned n; /* 0: free */
};

struct el_tries {
	unsigned limit, window_s;
	struct try tries[TRIES_MAX];
};

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

int
el_tries_new(unsigned limit, unsigned window_s, struct el_tries **out)
{
	if ((*out = calloc(1, sizeof **out)) == NULL)
		return EL_ENOMEM;
	(*out)->limit = limit;
	(*out)->window_s = window_s;
	return EL_OK;
}

void
el_tries_free(struct el_tries *t)
{
	free(t);
}

static size_t
significant(const uint8_t address[16])
{
	return memcmp(address, mapped, sizeof mapped) == 0 ? 16 : 8;
}

static bool
is_live(const struct el_tries *t, const struct try *x, int64_t now_s)
{
	return x->n > 0 && now_s >= x->since_s && now_s < x->since_s + t->window_s;
}

static size_t
index_of(const struct el_tries *t, const uint8_t address[16])
{
	const size_t n = significant(address);
	size_t i = 0;

	while (i < TRIES_MAX && (t->tries[i].n == 0 || significant(t->tries[i].address) != n ||
				    memcmp(t->tries[i].address, address, n) != 0))
		i++;
	return i;
}

enum el_code
el_tries_check(const struct el_tries *t, const uint8_t address[16], int64_t now_s, unsigned *retry_after_s)
{
	const size_t i = index_of(t, address);

	*retry_after_s = 0;
	if (i == TRIES_MAX || !is_live(t, &t->tries[i], now_s) || t->tries[i].n < t->limit)
		return EL_CODE_OK;
	*retry_after_s = (unsigned)(t->tries[i].since_s + t->window_s - now_s);
	return EL_CODE_RATE_LIMITED;
}

void
el_tries_count(struct el_tries *t, const uint8_t address[16], int64_t now_s)
{
	size_t i = index_of(t, address), oldest = 0;

	if (i == TRIES_MAX) {
		for (i = 0; i < TRIES_MAX && is_live(t, &t->tries[i], now_s); i++)
			if (t->tries[i].since_s < t->tries[oldest].since_s)
				oldest = i;
		if (i == TRIES_MAX)
			i = oldest;
		t->tries[i].n = 0;
		memcpy(t->tries[i].address, address, sizeof t->tries[i].address);
	}
	if (!is_live(t, &t->tries[i], now_s)) {
		t->tries[i].n = 0;
		t->tries[i].since_s = now_s;
	}
	t->tries[i].n++;
}
