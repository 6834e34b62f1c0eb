#include "issuer/draw.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"
#include "token/issue.h"

#define INDEXES 65536u

static const struct el_signer_day *
day_of(const struct el_signer_days *d, el_epoch e)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->days[i].epoch == e)
			return &d->days[i];
	return NULL;
}

struct draw {
	const struct el_sign_key *key;
	uint8_t issuer;
	const struct el_signer_day *day;
	struct el_day_secret secret;
	uint32_t verified; /* which token of this draw is verified; none when it is not below count */
};

_Static_assert(256 % EL_WALLET_MAX == 0, "a byte chooses one of a full wallet evenly");

/* Nobody outside can tell which will be verified. */
static uint32_t
choose_verified(void)
{
	uint8_t lot;

	el_random(&lot, sizeof lot);
	return lot % EL_WALLET_MAX;
}

static int
verify_body(const struct draw *x, const struct el_body *body)
{
	struct el_token t;
	int r;

	if ((r = el_token_parse_body(body->b, sizeof body->b, &t)) != EL_OK)
		return r;
	return el_token_check_signature(&t, el_sign_key_pk(x->key));
}

/* Token number i of this draw. */
static int
draw_one(const struct draw *x, const struct el_draw_request *q, uint32_t i, struct el_drawn_token *out)
{
	const struct el_signer_day *const day = x->day;
	int r;

	out->index = (uint16_t)(q->first + i);
	r = el_issue_body(x->key, x->issuer, day->epoch, &day->links_key, &x->secret, out->index, &out->body);
	if (r == EL_OK && i == x->verified)
		r = verify_body(x, &out->body);
	if (r == EL_OK)
		el_token_show_key(day->token_key, &out->body, out->show_key);
	return r;
}

static int
draw_wallet(const struct draw *x, const struct el_draw_request *q, struct el_draw_result *out)
{
	int r = EL_OK;

	for (; r == EL_OK && out->n < q->count; out->n++)
		r = draw_one(x, q, (uint32_t)out->n, &out->tokens[out->n]);
	return r;
}

static int
draw_live(const struct draw *x, const struct el_draw_request *q, int64_t now_s, struct el_draw_result *out)
{
	struct el_drawn_token drawn;
	struct el_token token;
	int r;

	out->shown_at = (uint32_t)now_s;
	if ((r = draw_one(x, q, 0, &drawn)) == EL_OK &&
	    (r = el_token_stamp(&drawn.body, drawn.show_key, out->shown_at, &token)) == EL_OK)
		el_token_encode(&token, out->token);
	el_secret_wipe(&drawn, sizeof drawn);
	return r;
}

static bool
is_in_range(const struct el_draw_request *q)
{
	return q->first < INDEXES && q->count > 0 && q->count <= (q->is_wallet ? EL_WALLET_MAX : 1) &&
	    q->first + q->count <= INDEXES;
}

/* A wallet may be filled the evening before; a token shown at once is of today. */
static bool
is_admitted(const struct el_signer_days *d, const struct el_draw_request *q, el_epoch e, int64_t now_s)
{
	const el_epoch today = el_epoch_of(now_s, d->day_offset);

	return e == today || (q->is_wallet && today < UINT16_MAX && e == today + 1);
}

/* Not the tokens, of which only the first n ever count. */
static void
begin_result(struct el_draw_result *out, bool is_wallet)
{
	out->is_wallet = is_wallet;
	out->valid_until_s = 0;
	out->shown_at = 0;
	memset(out->token, 0, sizeof out->token);
	out->n = 0;
}

void
el_draw_wipe(struct el_draw_result *r)
{
	el_secret_wipe(r->tokens, r->n * sizeof r->tokens[0]);
	el_secret_wipe(r->token, sizeof r->token);
	begin_result(r, false);
}

enum el_code
el_draw(const struct el_signer_days *d, const struct el_sign_key *key, uint8_t issuer, const struct el_draw_request *q,
    int64_t now_s, struct el_draw_result *out)
{
	const el_epoch e = el_ticket_epoch(q->ticket);
	struct draw x = { .key = key, .issuer = issuer };
	int r;

	begin_result(out, q->is_wallet);
	if (!is_in_range(q))
		return EL_CODE_MALFORMED_REQUEST;
	if (d->n == 0)
		return EL_CODE_NOT_READY;
	if (!is_admitted(d, q, e, now_s) || (x.day = day_of(d, e)) == NULL ||
	    el_ticket_open(x.day->ticket_key, issuer, q->ticket, &x.secret) != EL_OK)
		return EL_CODE_TICKET_INVALID;
	x.verified = choose_verified();
	out->valid_until_s = el_epoch_end(e, d->day_offset);
	r = q->is_wallet ? draw_wallet(&x, q, out) : draw_live(&x, q, now_s, out);
	el_secret_wipe(&x, sizeof x);
	if (r == EL_OK)
		return EL_CODE_OK;
	el_draw_wipe(out);
	return EL_CODE_INTERNAL;
}
