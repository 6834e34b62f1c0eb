#ifndef EL_ISSUER_DRAW_H
#define EL_ISSUER_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/limits.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/token.h"
#include "entrylog/types.h"
#include "token/ticket.h"

/*
 * Drawing tokens from a day ticket alone (protocol 4.3): no database, no file, no log line.  What a signer knows
 * of a day is pushed to it by core: k_e and not K_pair, from which the keys of all days to come would follow.
 */
#define EL_SIGNER_DAYS_MAX 4

struct el_signer_day {
	el_epoch epoch;
	uint8_t ticket_key[EL_KEY_LEN];
	uint8_t token_key[EL_KEY_LEN]; /* k_e */
	struct el_point links_key; /* Y_e */
};
/* Every signer holds these; without a day's entry nothing is drawn for it. */
struct el_signer_days {
	uint32_t day_offset;
	size_t n;
	struct el_signer_day days[EL_SIGNER_DAYS_MAX];
};

/* One thing drawn: for a wallet its body and k_T, live the whole token. */
struct el_draw_request {
	uint8_t ticket[EL_TICKET_LEN];
	bool is_wallet;
	uint32_t first; /* index */
	uint32_t count; /* 1 for a live draw */
};
struct el_drawn_token {
	uint16_t index;
	struct el_body body;
	uint8_t show_key[EL_KEY_LEN]; /* wallet only */
};
struct el_draw_result {
	bool is_wallet;
	int64_t valid_until_s;	      /* wallet */
	uint8_t token[EL_TOKEN_LEN];  /* live */
	uint32_t shown_at;	      /* live */
	size_t n;		      /* wallet */
	struct el_drawn_token tokens[EL_WALLET_MAX];
};

/*
 * One token in EL_WALLET_MAX, at random, is verified before it is handed out; of a full wallet that is one
 * (docs/decisions/008).
 *
 * malformed_request: indices outside 0..65535, or too many; not_ready: no days were pushed yet; ticket_invalid:
 * not a ticket of this issuer, or of another day than today (for a wallet: today or tomorrow); internal: a token
 * came out wrong, this process cannot be trusted and must end without another answer.  What is drawn is the
 * caller's to wipe with el_draw_wipe(); after a refusal there is nothing.
 */
enum el_code el_draw(const struct el_signer_days *, const struct el_sign_key *, uint8_t issuer,
    const struct el_draw_request *, int64_t now_s, struct el_draw_result *out);
/* Wipes what was drawn, which is far less than the whole for a live draw. */
void el_draw_wipe(struct el_draw_result *);

#endif
