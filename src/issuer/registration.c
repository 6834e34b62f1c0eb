#include "issuer/registration.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "issuer/tally.h"

struct pending {
	struct el_registration r;
	unsigned tries;
	bool waits; /* its right code was given */
};

struct el_registrations {
	struct pending *pending;
	size_t n, size;
	struct el_tally *phones, *addresses;
};

int
el_registrations_new(struct el_registrations **out)
{
	struct el_registrations *const g = calloc(1, sizeof *g);
	int r;

	*out = NULL;
	if (g == NULL)
		return EL_ENOMEM;
	if ((r = el_tally_new(EL_CODES_PER_PHONE, EL_CODES_PER_PHONE_S, &g->phones)) != EL_OK ||
	    (r = el_tally_new(EL_CODES_PER_ADDRESS, EL_CODES_PER_ADDRESS_S, &g->addresses)) != EL_OK) {
		el_registrations_free(g);
		return r;
	}
	*out = g;
	return EL_OK;
}

void
el_registrations_free(struct el_registrations *g)
{
	if (g == NULL)
		return;
	if (g->pending != NULL)
		el_secret_wipe(g->pending, g->size * sizeof *g->pending);
	free(g->pending);
	el_tally_free(g->phones);
	el_tally_free(g->addresses);
	free(g);
}

static void
drop(struct el_registrations *g, struct pending *p)
{
	*p = g->pending[--g->n];
	el_secret_wipe(&g->pending[g->n], sizeof *p);
}

static struct pending *
find(struct el_registrations *g, const uint8_t id[EL_REGISTRATION_ID_LEN])
{
	for (size_t i = 0; i < g->n; i++)
		if (el_bytes_eq(g->pending[i].r.id, id, EL_REGISTRATION_ID_LEN))
			return &g->pending[i];
	return NULL;
}

/* Room for one more.  The old memory is wiped: it holds numbers. */
static int
grow(struct el_registrations *g)
{
	const size_t size = g->size != 0 ? g->size * 2 : 64;
	struct pending *more;

	if (g->n >= EL_REGISTRATIONS_MAX)
		return EL_EBUSY;
	if (g->n < g->size)
		return EL_OK;
	if ((more = calloc(size, sizeof *more)) == NULL)
		return EL_ENOMEM;
	if (g->n > 0) {
		memcpy(more, g->pending, g->n * sizeof *more);
		el_secret_wipe(g->pending, g->size * sizeof *more);
	}
	free(g->pending);
	g->pending = more;
	g->size = size;
	return EL_OK;
}

/* Six digits, each code equally likely: numbers in the incomplete last million are drawn again. */
static void
draw_code(char out[EL_CODE_DIGITS + 1])
{
	const uint32_t codes = 1000000, limit = UINT32_MAX / codes * codes;
	uint32_t v;

	do
		el_random(&v, sizeof v);
	while (v >= limit);
	v %= codes;
	for (size_t i = EL_CODE_DIGITS; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	out[EL_CODE_DIGITS] = '\0';
}

static size_t
significant(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return memcmp(address, mapped, sizeof mapped) == 0 ? 16 : 8;
}

enum el_code
el_registrations_begin(struct el_registrations *g, const uint8_t address[16], const char *name,
    const struct el_phone *phone, uint16_t consent, int64_t now_s, struct el_registration *out, unsigned *retry_after_s)
{
	const size_t address_len = significant(address);
	struct pending *p;
	enum el_code code;

	memset(out, 0, sizeof *out);
	if ((code = el_tally_check(g->addresses, address, address_len, now_s, retry_after_s)) != EL_CODE_OK ||
	    (code = el_tally_check(g->phones, phone->s, strlen(phone->s), now_s, retry_after_s)) != EL_CODE_OK)
		return code;
	if (grow(g) != EL_OK) {
		*retry_after_s = 1;
		return EL_CODE_BUSY;
	}
	el_tally_count(g->addresses, address, address_len, now_s);
	el_tally_count(g->phones, phone->s, strlen(phone->s), now_s);
	p = &g->pending[g->n++];
	memset(p, 0, sizeof *p);
	el_random(p->r.id, sizeof p->r.id);
	memcpy(p->r.name, name, strnlen(name, EL_NAME_MAX));
	p->r.phone = *phone;
	p->r.consent = consent;
	draw_code(p->r.code);
	p->r.expires_s = now_s + EL_CODE_LIFE_S;
	*out = p->r;
	return EL_CODE_OK;
}

enum el_code
el_registrations_verify(struct el_registrations *g, const uint8_t id[EL_REGISTRATION_ID_LEN], const char *code,
    int64_t now_s, struct el_registration *out)
{
	struct pending *const p = find(g, id);

	memset(out, 0, sizeof *out);
	if (p == NULL || p->waits || now_s >= p->r.expires_s)
		return EL_CODE_UNKNOWN_REGISTRATION;
	if (strlen(code) != EL_CODE_DIGITS || !el_bytes_eq(p->r.code, code, EL_CODE_DIGITS)) {
		if (++p->tries >= EL_CODE_TRIES)
			drop(g, p);
		return EL_CODE_WRONG_CODE;
	}
	p->waits = true;
	*out = p->r;
	return EL_CODE_OK;
}

void
el_registrations_done(struct el_registrations *g, const uint8_t id[EL_REGISTRATION_ID_LEN])
{
	struct pending *const p = find(g, id);

	if (p != NULL)
		drop(g, p);
}

void
el_registrations_again(struct el_registrations *g, const uint8_t id[EL_REGISTRATION_ID_LEN])
{
	struct pending *const p = find(g, id);

	if (p != NULL)
		p->waits = false;
}

void
el_registrations_expire(struct el_registrations *g, int64_t now_s)
{
	for (size_t i = g->n; i-- > 0;)
		if (now_s >= g->pending[i].r.expires_s)
			drop(g, &g->pending[i]);
}

size_t
el_registrations_pending(const struct el_registrations *g)
{
	return g->n;
}
