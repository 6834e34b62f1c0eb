#ifndef EL_ISSUER_TICKETS_H
#define EL_ISSUER_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"
#include "entrylog/error.h"
#include "issuer/issuer.h"
#include "token/ticket.h"

/* POST /v1/days (protocol 4.2). */
struct el_day_ticket {
	uint8_t ticket[EL_TICKET_LEN];
	el_epoch epoch;
	int64_t valid_until_s;
};

/*
 * Draw s_e and h_e, seal the day's row into the group, make the ticket.  It may be handed out only after
 * el_issuer_commit().  unauthorized: nobody's credential, or its registration has ended; rate_limited: over
 * EL_TICKETS_PER_DAY; not_ready: the bundle has no keys for that day, or the day is closed.  *err other than
 * EL_OK is final.  *out is the caller's to wipe.
 */
enum el_code el_tickets_draw(struct el_issuer *, const uint8_t credential[EL_KEY_LEN], bool tomorrow, int64_t now_s,
    struct el_day_ticket *out, int *err);

/* GET /v1/me: what is stored about a visitor. */
struct el_me_day {
	el_epoch epoch;
	int64_t until_s; /* when it is destroyed */
};
#define EL_ME_DAYS_MAX 64
struct el_me {
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	int64_t verified_until_s;
	uint16_t consent;
	struct el_me_day days[EL_ME_DAYS_MAX]; /* ascending */
	size_t n_days;
};
/* unauthorized as above; *err other than EL_OK is final.  *out is the caller's to wipe. */
enum el_code el_tickets_me(struct el_issuer *, const uint8_t credential[EL_KEY_LEN], int64_t now_s, struct el_me *out,
    int *err);

#endif
