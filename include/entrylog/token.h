#ifndef ENTRYLOG_TOKEN_H
#define ENTRYLOG_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * The token of protocol section 4.3: 144 bytes, shown as QR text `EL1:` + Base45, 220 characters.
 */
#define EL_TOKEN_VERSION 1
#define EL_TOKEN_TEXT_LEN 220
#define EL_TOKEN_SIGNED_LEN 68 /* the fields before sig */

struct el_token {
	uint8_t version;
	uint8_t issuer;
	el_epoch epoch;
	struct el_tid tid;
	uint8_t r[EL_POINT_LEN]; /* not decoded: only trustees do that */
	struct el_link link;
	struct el_sig sig;
	uint32_t shown_at; /* Unix seconds */
	struct el_tag tag;
};

/* Bytes to fields and back; there is exactly one encoding.  The version is not judged here.  EL_EFORMAT. */
EL_MUST_USE int el_token_parse(const uint8_t *in, size_t len, struct el_token *out);
void el_token_encode(const struct el_token *, uint8_t out[EL_TOKEN_LEN]);
/* The first seven fields, as stored and signed. */
void el_token_body(const struct el_token *, struct el_body *out);
EL_MUST_USE int el_token_parse_body(const uint8_t *in, size_t len, struct el_token *out); /* shown_at, tag: 0 */

/* QR text and back: exactly 220 characters.  EL_EFORMAT. */
void el_token_text(const struct el_token *, char out[EL_TOKEN_TEXT_LEN + 1]);
EL_MUST_USE int el_token_parse_text(const char *in, size_t len, struct el_token *out);

/* k_e = KDF(K_pair,e, "EL1-tok", issuer || epoch): one issuer's tokens of one day. */
void el_token_day_key(const uint8_t pair[EL_KEY_LEN], uint8_t issuer, el_epoch, uint8_t out[EL_KEY_LEN]);
/* k_T = KDF(k_e, "EL1-show", body): what a wallet stamps with. */
void el_token_show_key(const uint8_t day_key[EL_KEY_LEN], const struct el_body *, uint8_t out[EL_KEY_LEN]);
/* tag = PRF8(k_T, "EL1-tag", shown_at). */
void el_token_tag(const uint8_t show_key[EL_KEY_LEN], uint32_t shown_at, struct el_tag *out);

/* What a device does at each redraw: stamp a wallet body with shown_at.  EL_EFORMAT: not a body. */
EL_MUST_USE int el_token_stamp(const struct el_body *, const uint8_t show_key[EL_KEY_LEN], uint32_t shown_at,
    struct el_token *out);

/* The three checks (section 5.1); each is done by another party. */
EL_MUST_USE int el_token_check_signature(const struct el_token *, const struct el_sign_pk *issuer_key); /* EL_ECRYPTO */
bool el_token_check_tag(const struct el_token *, const uint8_t day_key[EL_KEY_LEN]);			/* constant time */
/* The second half of the same, for a caller with something to do between the halves: show_key is of its body. */
bool el_token_has_tag(const struct el_token *, const uint8_t show_key[EL_KEY_LEN]);
enum el_freshness { EL_FRESH, EL_STALE, EL_FROM_FUTURE };
/* -skew <= scanned_at - shown_at <= 15 s + skew. */
enum el_freshness el_token_freshness(uint32_t shown_at, int64_t scanned_at_s, uint32_t skew_s);

#endif
