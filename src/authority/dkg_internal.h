#ifndef EL_AUTHORITY_DKG_INTERNAL_H
#define EL_AUTHORITY_DKG_INTERNAL_H

#include <jansson.h>

#include "authority/dkg.h"
#include "authority/dkg_file.h"
#include "order/rjson.h"

/* What the parts of the distributed ceremony share. */

/* One trustee, by its index - 1. */
struct el_dkg_member {
	bool said[EL_DKG_KINDS];
	struct el_hash docs[EL_DKG_KINDS]; /* of what it said, so that it cannot say something else */
	bool has_hash;
	struct el_hash hash; /* of its hash file; what counts is the hash that the others revealed with */
	struct el_dkg_reveal reveal;
	bool reveal_malformed;
	struct el_dkg_commitments commitments; /* parsed when it is judged */
	bool takes_part;
	struct el_dkg_list complaint, answer;
	enum el_dkg_fault fault;
};
struct el_dkg {
	struct el_dkg_plan plan;
	struct el_dkg_member members[EL_TRUSTEES_MAX];
};

/*
 * What a polynomial is derived and its proof made for: plan hash 32 || trustee u8 || epoch u16 || what u8, which is 1
 * links, 2 traces, 3 recovery; with epoch 0, 0 for the fresh box key.
 */
#define EL_DKG_CONTEXT_LEN (EL_HASH_LEN + 4)
#define EL_DKG_POK_LABEL "EL1-dkg-pok"
void el_dkg_context(const struct el_dkg_plan *, unsigned trustee, el_epoch epoch, unsigned what,
    uint8_t out[EL_DKG_CONTEXT_LEN]);

/* --- encodings --- */

/* Append, taking over; false where either is NULL or there is no memory. */
bool el_dkg_push(json_t *list, json_t *stolen);
/* Encode and drop a document; NULL counts as no memory. */
EL_MUST_USE int el_dkg_encode(json_t *stolen, uint8_t **out, size_t *len);
/* `version` is 1 and `kind` is this; f->err otherwise. */
void el_dkg_head(struct el_fields *f, const char *kind);
/* A trustee's index, 1..n. */
unsigned el_dkg_trustee(struct el_fields *f, const char *key, size_t n);
/* "links", "traces", "recovery"; out of range: NULL. */
const char *el_dkg_purpose_name(unsigned purpose);
/* End an item of a list inside f, and take its error over. */
void el_dkg_merge(struct el_fields *f, const struct el_fields *item);
/* Exactly t points under key. */
void el_dkg_points(struct el_fields *f, const char *key, unsigned t, struct el_point *out);
json_t *el_dkg_points_json(const struct el_point *, unsigned t);

#endif
