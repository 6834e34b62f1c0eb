#ifndef EL_TOKEN_TRACE_BOX_H
#define EL_TOKEN_TRACE_BOX_H

#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * The trace box of an identity row (protocol section 4.2): BOX(Z_e, s_e, ad = "EL1-box-trace" || issuer u8 ||
 * e u16 || com 32), where com = KDF(s_e, "EL1-com", "") binds what the box holds.
 */
#define EL_TRACE_BOX_LEN 80

void el_trace_com(const uint8_t s[32], uint8_t com[32]);
EL_MUST_USE int el_trace_box_seal(const struct el_point *traces_key, uint8_t issuer, el_epoch, const uint8_t s[32],
    const uint8_t com[32], uint8_t out[EL_TRACE_BOX_LEN]);
/* Open with S combined from partials; EL_ECRYPTO: it does not open, or s_e does not match com. */
EL_MUST_USE int el_trace_box_open(const struct el_point *shared, const struct el_point *traces_key, uint8_t issuer,
    el_epoch, const uint8_t com[32], const uint8_t box[EL_TRACE_BOX_LEN], uint8_t s[32]);

#endif
