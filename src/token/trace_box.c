#include "token/trace_box.h"

#include <string.h>

#include "base/codec.h"
#include "base/secret.h"
#include "crypto/box.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"

_Static_assert(32 + EL_BOX_OVERHEAD == EL_TRACE_BOX_LEN, "trace box length");
#define AD_LEN (13 + 1 + 2 + 32)

static void
trace_ad(uint8_t issuer, el_epoch epoch, const uint8_t com[32], uint8_t ad[AD_LEN])
{
	memcpy(ad, "EL1-box-trace", 13);
	ad[13] = issuer;
	el_put_u16(ad + 14, epoch);
	memcpy(ad + 16, com, 32);
}

void
el_trace_com(const uint8_t s[32], uint8_t com[32])
{
	el_kdf(com, s, "EL1-com", NULL, 0);
}

int
el_trace_box_seal(const struct el_point *traces_key, uint8_t issuer, el_epoch epoch, const uint8_t s[32],
    const uint8_t com[32], uint8_t out[EL_TRACE_BOX_LEN])
{
	uint8_t ad[AD_LEN];

	trace_ad(issuer, epoch, com, ad);
	return el_box_seal(traces_key, s, 32, ad, sizeof ad, out);
}

int
el_trace_box_open(const struct el_point *shared, const struct el_point *traces_key, uint8_t issuer, el_epoch epoch,
    const uint8_t com[32], const uint8_t box[EL_TRACE_BOX_LEN], uint8_t s[32])
{
	uint8_t ad[AD_LEN], again[32];
	int r;

	trace_ad(issuer, epoch, com, ad);
	if ((r = el_box_open_shared(shared, traces_key, box, EL_TRACE_BOX_LEN, ad, sizeof ad, s)) != EL_OK)
		return r;
	el_trace_com(s, again);
	if (!el_bytes_eq(again, com, sizeof again)) {
		el_secret_wipe(s, 32);
		r = EL_ECRYPTO;
	}
	return r;
}
