#include "token/issue.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/group.h"
#include "entrylog/token.h"
#include "token/link.h"

int
el_issue_body(const struct el_sign_key *token_key, uint8_t issuer, el_epoch epoch, const struct el_point *links_key,
    const struct el_day_secret *day, uint16_t index, struct el_body *out)
{
	struct el_token t = { .version = EL_TOKEN_VERSION, .issuer = issuer, .epoch = epoch };
	struct el_scalar r;
	struct el_point point, shared;
	int err;

	el_link_tid(day->s, index, &t.tid);
	el_scalar_random(&r);
	if ((err = el_point_base(&point, &r)) != EL_OK || (err = el_point_mul(&shared, &r, links_key)) != EL_OK)
		goto out;
	memcpy(t.r, point.b, sizeof t.r);
	el_link_mask(&shared, t.r, links_key, day->h.b, t.link.b);
	el_token_body(&t, out);
	if ((err = el_sign_unique(token_key, "EL1-token", out->b, EL_TOKEN_SIGNED_LEN, &t.sig)) == EL_OK)
		memcpy(out->b + EL_TOKEN_SIGNED_LEN, t.sig.b, EL_SIG_LEN);
out:
	if (err != EL_OK)
		memset(out, 0, sizeof *out);
	el_secret_wipe(&shared, sizeof shared);
	el_scalar_wipe(&r);
	/* Which token was drawn is as little the process' business afterwards. */
	el_secret_wipe(&t, sizeof t);
	el_secret_wipe(&point, sizeof point);
	return err;
}
