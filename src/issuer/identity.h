#ifndef EL_ISSUER_IDENTITY_H
#define EL_ISSUER_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/row.h"
#include "daybook/daybook.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "token/trace_box.h"

/*
 * One row of an identity partition (protocol 4.2, 11.2): all that is ever written about a visitor's day.  Every
 * row is equally long.
 */
#define EL_IDENTITY_LEN (1 + EL_NAME_MAX + 1 + EL_PHONE_MAX + 16 + 2 + 16 + 32 + EL_TRACE_BOX_LEN)
#define EL_IDENTITY_SEALED_LEN (EL_IDENTITY_LEN + EL_AEAD_OVERHEAD)

struct el_identity {
	char name[EL_NAME_MAX + 1];
	struct el_phone phone;
	struct el_handle h;
	uint16_t consent;
	struct el_salt salt;
	uint8_t com[32];
	uint8_t box[EL_TRACE_BOX_LEN];
};

/* The one encoding and back.  EL_EFORMAT: not it; *out holds nothing then. */
void el_identity_encode(const struct el_identity *, uint8_t out[EL_IDENTITY_LEN]);
EL_MUST_USE int el_identity_parse(const uint8_t *in, size_t len, struct el_identity *out);

uint64_t el_identity_handle_tag(const uint8_t tags_key[EL_KEY_LEN], const struct el_handle *);
uint64_t el_identity_phone_tag(const uint8_t tags_key[EL_KEY_LEN], const struct el_phone *);

/* K_tags and K_rows of one day key; the caller wipes them. */
struct el_identity_keys {
	uint8_t tags[EL_KEY_LEN], rows[EL_KEY_LEN];
};
/* Seal for a place in the daybook: fills out->tag_a, tag_b, sealed (the bytes at `sealed`) and len. */
void el_identity_seal(const struct el_identity *, const struct el_identity_keys *, el_epoch, uint32_t segment,
    uint8_t sealed[EL_IDENTITY_SEALED_LEN], struct el_row *out);
/* EL_EFORMAT, EL_ECRYPTO: damaged, or not under these keys; *out is zeroed then.  The caller wipes it. */
EL_MUST_USE int el_identity_open(const struct el_row *, const struct el_identity_keys *, el_epoch, uint32_t segment,
    struct el_identity *out);

#endif
