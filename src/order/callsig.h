#ifndef EL_ORDER_CALLSIG_H
#define EL_ORDER_CALLSIG_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/order.h"
#include "entrylog/types.h"

/*
 * The executor's signature over one call, label "EL1-request": each of method, path, party, SHA-256(body),
 * time u64, nonce 16 with a u16 length before it (protocol 11.2).
 */
#define EL_CALL_WINDOW_S 60
#define EL_CALL_HEADER_MAX 400

struct el_call {
	const char *method, *path, *party;
	struct el_hash body;
	uint64_t time_s;
	uint8_t nonce[16];
};
/* EL_ELIMIT: a path over EL_HTTP_URL_MAX, a method or party over 15 bytes; EL_ECRYPTO, EL_ENOMEM. */
EL_MUST_USE int el_call_sign(const struct el_call *, const struct el_sign_key *, struct el_sig *out);
/* EL_ESTATE: outside +-60 s of now, asked first; EL_ECRYPTO: not the executor's; EL_ELIMIT as above. */
EL_MUST_USE int el_call_verify(const struct el_call *, const struct el_sign_pk *, const struct el_sig *, int64_t now_s);
/* "EL1 key=...,time=...,nonce=...,sig=...". */
EL_MUST_USE int el_call_header(const struct el_call *, const struct el_sign_key *, char out[EL_CALL_HEADER_MAX]);

/*
 * Nonces remembered for 2 minutes, as long as a call with one can be inside its window.  Take one only after
 * its signature has verified, so that strangers cannot fill the memory.  EL_EEXIST: seen; EL_EBUSY: full, with
 * EL_NONCES_MAX of them.
 */
#define EL_NONCES_MAX 4096
struct el_nonces;
EL_MUST_USE int el_nonces_new(struct el_nonces **out);
void el_nonces_free(struct el_nonces *);
EL_MUST_USE int el_nonces_take(struct el_nonces *, const uint8_t nonce[16], int64_t now_s);

/*
 * What a party asks of a call under an order (protocol 7.1): key is the order's executor, its signature is over this
 * very call, and the call has not come before.  Otherwise executor_mismatch; busy: no room or no memory for now.
 */
enum el_code el_call_check(struct el_nonces *, const struct el_call *, const struct el_sign_pk *key,
    const struct el_sig *, const struct el_order *, int64_t now_s);

#endif
