#include "token/leaf.h"

#include <string.h>

#include "base/codec.h"
#include "crypto/hash.h"

void
el_leaf_place(const struct el_salt *salt, uint32_t venue, uint32_t minute, uint8_t flags, struct el_hash *out)
{
	static const char label[] = "EL1-place"; /* with its NUL */
	uint8_t in[sizeof label + EL_SALT_LEN + 4 + 4 + 1];
	struct el_wr w = el_wr_init(in, sizeof in);

	el_wr_bytes(&w, label, sizeof label);
	el_wr_bytes(&w, salt->b, sizeof salt->b);
	el_wr_u32(&w, venue);
	el_wr_u32(&w, minute);
	el_wr_u8(&w, flags);
	el_sha256(in, w.len, out);
}

void
el_leaf_visit(const struct el_hash *c, const struct el_body *body, struct el_hash *out)
{
	uint8_t in[1 + EL_HASH_LEN + EL_BODY_LEN] = { 0 };

	memcpy(in + 1, c->b, EL_HASH_LEN);
	memcpy(in + 1 + EL_HASH_LEN, body->b, EL_BODY_LEN);
	el_sha256(in, sizeof in, out);
}

void
el_leaf_identity(const struct el_salt *salt, const struct el_phone *phone, const uint8_t com[32],
    const struct el_hash *box, struct el_hash *out)
{
	uint8_t in[1 + EL_SALT_LEN + 1 + EL_PHONE_MAX + 32 + EL_HASH_LEN];
	const size_t n = strlen(phone->s);
	struct el_wr w = el_wr_init(in, sizeof in);

	el_wr_u8(&w, 0);
	el_wr_bytes(&w, salt->b, sizeof salt->b);
	el_wr_u8(&w, (uint8_t)n);
	el_wr_bytes(&w, phone->s, n);
	el_wr_bytes(&w, com, 32);
	el_wr_bytes(&w, box->b, sizeof box->b);
	el_sha256(in, w.len, out);
}
