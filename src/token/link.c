#include "token/link.h"

#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/kdf.h"

void
el_link_mask(const struct el_point *shared, const uint8_t r[EL_POINT_LEN], const struct el_point *y,
    const uint8_t in[16], uint8_t out[16])
{
	uint8_t data[2 * EL_POINT_LEN], mask[16];

	memcpy(data, r, EL_POINT_LEN);
	memcpy(data + EL_POINT_LEN, y->b, EL_POINT_LEN);
	el_prf16(mask, shared->b, "EL1-link", data, sizeof data);
	for (size_t i = 0; i < 16; i++)
		out[i] = in[i] ^ mask[i];
	el_secret_wipe(mask, sizeof mask);
}

void
el_link_tid(const uint8_t s[32], uint16_t index, struct el_tid *out)
{
	uint8_t data[2];

	el_put_u16(data, index);
	el_prf16(out->b, s, "EL1-tid", data, sizeof data);
}
