#ifndef EL_REGISTRY_VISIT_H
#define EL_REGISTRY_VISIT_H

#include <stdint.h>

#include "crypto/row.h"
#include "daybook/daybook.h"
#include "entrylog/error.h"
#include "entrylog/types.h"

/*
 * A visit: what is stored of a check-in (protocol sections 5.2 and 11.2), its tags and its sealed form.
 */
#define EL_VISIT_LEN 169
#define EL_VISIT_SEALED_LEN (EL_VISIT_LEN + EL_AEAD_OVERHEAD)

struct el_visit {
	uint32_t venue, scanner;
	uint32_t minute; /* Unix seconds, a multiple of 60 */
	uint8_t flags; /* EL_FLAG_* */
	struct el_attempt attempt;
	struct el_salt salt;
	struct el_body body;
};

void el_visit_encode(const struct el_visit *, uint8_t out[EL_VISIT_LEN]);
/* EL_EFORMAT: another length, a minute that is none, or an unknown flag. */
EL_MUST_USE int el_visit_parse(const uint8_t *in, size_t len, struct el_visit *out);

/* tag_a = PRF8(K_tags, "EL1-tag-v", venue); tag_b = PRF8(K_tags, "EL1-tag-t", T). */
uint64_t el_visit_venue_tag(const uint8_t tags_key[EL_KEY_LEN], uint32_t venue);
uint64_t el_visit_tid_tag(const uint8_t tags_key[EL_KEY_LEN], const struct el_tid *);
/* T, as it stands in the body. */
void el_visit_tid(const struct el_body *, struct el_tid *out);

/* Seal for a place in the daybook; both tags are those of the row. */
void el_visit_seal(const struct el_visit *, const uint8_t rows_key[EL_KEY_LEN], el_epoch, uint32_t segment,
    uint64_t tag_a, uint64_t tag_b, uint8_t out[EL_VISIT_SEALED_LEN]);
/* Open a stored row.  EL_ECRYPTO; EL_EFORMAT. */
EL_MUST_USE int el_visit_open(
    const struct el_row *, const uint8_t rows_key[EL_KEY_LEN], el_epoch, uint32_t segment, struct el_visit *out);

#endif
