#include "token/ticket.h"

#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/row.h"

#define PLAIN_LEN (32 + EL_HANDLE_LEN)
_Static_assert(2 + EL_AEAD_OVERHEAD + PLAIN_LEN == EL_TICKET_LEN, "ticket length");

#define AD_LEN (10 + 1 + 2)

static void
ticket_ad(uint8_t issuer, el_epoch epoch, uint8_t ad[AD_LEN])
{
	memcpy(ad, "EL1-ticket", 10);
	ad[10] = issuer;
	el_put_u16(ad + 11, epoch);
}

void
el_ticket_seal(const uint8_t ticket_key[EL_KEY_LEN], uint8_t issuer, el_epoch epoch, const struct el_day_secret *d,
    uint8_t out[EL_TICKET_LEN])
{
	uint8_t ad[AD_LEN], plain[PLAIN_LEN];

	ticket_ad(issuer, epoch, ad);
	memcpy(plain, d->s, 32);
	memcpy(plain + 32, d->h.b, EL_HANDLE_LEN);
	el_put_u16(out, epoch);
	el_aead_seal(ticket_key, plain, sizeof plain, ad, sizeof ad, out + 2);
	el_secret_wipe(plain, sizeof plain);
}

el_epoch
el_ticket_epoch(const uint8_t in[EL_TICKET_LEN])
{
	return el_get_u16(in);
}

int
el_ticket_open(const uint8_t ticket_key[EL_KEY_LEN], uint8_t issuer, const uint8_t in[EL_TICKET_LEN],
    struct el_day_secret *out)
{
	uint8_t ad[AD_LEN], plain[PLAIN_LEN];
	int r;

	memset(out, 0, sizeof *out);
	ticket_ad(issuer, el_ticket_epoch(in), ad);
	if ((r = el_aead_open(ticket_key, in + 2, EL_TICKET_LEN - 2, ad, sizeof ad, plain)) == EL_OK) {
		memcpy(out->s, plain, 32);
		memcpy(out->h.b, plain + 32, EL_HANDLE_LEN);
	}
	el_secret_wipe(plain, sizeof plain);
	return r;
}
