#ifndef EL_TOKEN_LINK_H
#define EL_TOKEN_LINK_H

#include "entrylog/types.h"

/*
 * The link of a token (protocol section 4.3): h_e XOR PRF16(S, "EL1-link", R || Y_e).  The same call closes
 * and opens it; S = r Y_e at the issuer, S from t trustees' partials at a join.
 */
void el_link_mask(const struct el_point *shared, const uint8_t r[EL_POINT_LEN], const struct el_point *y,
    const uint8_t in[16], uint8_t out[16]);

/* T_i = PRF16(s_e, "EL1-tid", i as u16). */
void el_link_tid(const uint8_t s[32], uint16_t index, struct el_tid *out);

#endif
