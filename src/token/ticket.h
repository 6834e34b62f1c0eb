#ifndef EL_TOKEN_TICKET_H
#define EL_TOKEN_TICKET_H

#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * The day ticket (protocol section 4.2): e(2) || XChaCha20-Poly1305(K_tkt,e; s_e || h_e), ad = "EL1-ticket" ||
 * issuer || e.  Whoever holds it draws tokens until end(e).
 */
#define EL_TICKET_LEN 90

struct el_day_secret {
	uint8_t s[32];		/* s_e: token ids come from it, a trace opens it */
	struct el_handle h;	/* h_e: the visitor's pseudonym of the day */
};

void el_ticket_seal(const uint8_t ticket_key[EL_KEY_LEN], uint8_t issuer, el_epoch, const struct el_day_secret *,
    uint8_t out[EL_TICKET_LEN]);
/* The epoch in front, by which the key is chosen. */
el_epoch el_ticket_epoch(const uint8_t in[EL_TICKET_LEN]);
/* EL_ECRYPTO: not sealed by this issuer for this day. */
EL_MUST_USE int el_ticket_open(const uint8_t ticket_key[EL_KEY_LEN], uint8_t issuer, const uint8_t in[EL_TICKET_LEN],
    struct el_day_secret *out);

#endif
