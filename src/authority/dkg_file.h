#ifndef EL_AUTHORITY_DKG_FILE_H
#define EL_AUTHORITY_DKG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "crypto/schnorr.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "order/policy.h"

/*
 * The files of a distributed ceremony (protocol 12.9): the plan, what trustees tell each other about it, and what
 * each keeps to itself.  All are restricted JSON.  Parsers are strict and, but for el_dkg_file_verify(), verify no
 * proof.  Every encoder gives *out malloc'ed, NULL on failure.
 */
#define EL_DKG_PURPOSES 3 /* links, traces, recovery */

struct el_dkg_plan {
	struct el_hash hash; /* SHA-256 of the file's bytes; all else of the ceremony carries it */
	struct el_hash deployment;
	bool lab;
	unsigned threshold;
	size_t n; /* trustees; the i-th has index i + 1 */
	struct el_point box_keys[EL_TRUSTEES_MAX];
	el_epoch first;
	unsigned days;
	uint8_t nonce[16]; /* a ceremony begun anew has another plan */
};
/* EL_EFORMAT (also: against a rule of 12.2); EL_ELIMIT; EL_ENOMEM.  On failure *out is zeroed. */
EL_MUST_USE int el_dkg_plan_parse(const uint8_t *in, size_t len, struct el_dkg_plan *out);
/* hash is not looked at; the rules are checked on the way. */
EL_MUST_USE int el_dkg_plan_encode(const struct el_dkg_plan *, uint8_t **out, size_t *len);
/* Secrets or shares of one trustee: days * EL_DKG_PURPOSES, by day, then purpose. */
size_t el_dkg_plan_keys(const struct el_dkg_plan *);

/* What a trustee says: doc, and a proof that the holder of its box key said so. */
enum el_dkg_kind {
	EL_DKG_HASH,
	EL_DKG_REVEAL,
	EL_DKG_SHARES,
	EL_DKG_COMPLAINT,
	EL_DKG_ANSWER,
	EL_DKG_EPOCHS,
	EL_DKG_KINDS
};
const char *el_dkg_kind_name(enum el_dkg_kind); /* as in the file and in file names */

struct el_dkg_file {
	enum el_dkg_kind kind;
	struct el_hash plan;
	unsigned trustee;
	uint8_t *doc; /* malloc'ed */
	size_t len;
	uint8_t proof[EL_SCHNORR_LEN];
};
/* EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; on failure *out is zeroed. */
EL_MUST_USE int el_dkg_file_parse(const uint8_t *in, size_t len, struct el_dkg_file *out);
EL_MUST_USE int el_dkg_file_encode(const struct el_dkg_file *, uint8_t **out, size_t *len);
/* Fill in the proof with the trustee's key. */
EL_MUST_USE int el_dkg_file_prove(struct el_dkg_file *, const struct el_scalar *key);
/* EL_EPERM: of another plan, or of no trustee of it; EL_ECRYPTO: that trustee did not write it. */
EL_MUST_USE int el_dkg_file_verify(const struct el_dkg_file *, const struct el_dkg_plan *);
void el_dkg_file_wipe(struct el_dkg_file *); /* a zeroed one is fine */

/* --- the docs --- */

EL_MUST_USE int el_dkg_hash_parse(const uint8_t *in, size_t len, struct el_hash *out);
EL_MUST_USE int el_dkg_hash_encode(const struct el_hash *, uint8_t **out, size_t *len);

/* The hashes a trustee had before it revealed, and the exact bytes of its commitments. */
struct el_dkg_reveal {
	bool has[EL_TRUSTEES_MAX];
	struct el_hash hashes[EL_TRUSTEES_MAX];
	uint8_t *commitments; /* malloc'ed */
	size_t len;
};
EL_MUST_USE int el_dkg_reveal_parse(const struct el_dkg_plan *, const uint8_t *in, size_t len,
    struct el_dkg_reveal *out);
EL_MUST_USE int el_dkg_reveal_encode(const struct el_dkg_plan *, const struct el_dkg_reveal *, uint8_t **out,
    size_t *len);
void el_dkg_reveal_wipe(struct el_dkg_reveal *); /* a zeroed one is fine */

/*
 * One trustee's commitments and proofs, for the epochs of the plan, and the fresh key that shares are sealed to: what
 * was sent dies with the recipient's state, wherever a copy lies.
 */
struct el_dkg_commitments {
	struct el_point box_key;
	struct el_epoch_keys *epochs;	      /* days of them, malloc'ed */
	uint8_t (*proofs)[EL_SCHNORR_LEN]; /* el_dkg_plan_keys() of them, malloc'ed */
};
EL_MUST_USE int el_dkg_commitments_new(const struct el_dkg_plan *, struct el_dkg_commitments *out); /* zeroed keys */
EL_MUST_USE int el_dkg_commitments_parse(const struct el_dkg_plan *, const uint8_t *in, size_t len,
    struct el_dkg_commitments *out);
EL_MUST_USE int el_dkg_commitments_encode(const struct el_dkg_plan *, const struct el_dkg_commitments *, uint8_t **out,
    size_t *len);
void el_dkg_commitments_wipe(struct el_dkg_commitments *); /* a zeroed one is fine */
/* The commitments of a purpose, 0..2; threshold of them. */
struct el_point *el_dkg_of_purpose(struct el_epoch_keys *, unsigned purpose);
/* The same of a key, day * 3 + purpose. */
struct el_point *el_dkg_of_key(struct el_epoch_keys *epochs, size_t key);

/* Shares on their way to one trustee: the box holds el_dkg_plan_keys() scalars. */
struct el_dkg_sealed {
	unsigned to;
	uint8_t *box; /* malloc'ed */
	size_t len;
};
EL_MUST_USE int el_dkg_sealed_parse(const struct el_dkg_plan *, const uint8_t *in, size_t len,
    struct el_dkg_sealed *out);
EL_MUST_USE int el_dkg_sealed_encode(const struct el_dkg_sealed *, uint8_t **out, size_t *len);

/*
 * Keys named for other trustees: of a complaint, those that did not fit, by accused; of an answer, by complainer,
 * with the shares.  Entry (trustee, day, purpose) stands at (trustee - 1) * el_dkg_plan_keys() + day * 3 + purpose.
 */
struct el_dkg_list {
	bool *named;		   /* malloc'ed */
	struct el_scalar *shares; /* malloc'ed; NULL in a complaint */
};
EL_MUST_USE int el_dkg_list_new(const struct el_dkg_plan *, bool with_shares, struct el_dkg_list *out);
EL_MUST_USE int el_dkg_list_parse(const struct el_dkg_plan *, bool with_shares, const uint8_t *in, size_t len,
    struct el_dkg_list *out);
EL_MUST_USE int el_dkg_list_encode(const struct el_dkg_plan *, const struct el_dkg_list *, uint8_t **out, size_t *len);
void el_dkg_list_wipe(struct el_dkg_list *); /* a zeroed one is fine */
bool el_dkg_list_names(const struct el_dkg_plan *, const struct el_dkg_list *, unsigned trustee);

/* What the ceremony ends with: who is in the sum, and the sum. */
struct el_dkg_result {
	bool qualified[EL_TRUSTEES_MAX];
	struct el_epoch_keys *epochs; /* days of them, malloc'ed */
};
EL_MUST_USE int el_dkg_result_parse(const struct el_dkg_plan *, const uint8_t *in, size_t len,
    struct el_dkg_result *out);
EL_MUST_USE int el_dkg_result_encode(const struct el_dkg_plan *, const struct el_dkg_result *, uint8_t **out,
    size_t *len);
void el_dkg_result_wipe(struct el_dkg_result *); /* a zeroed one is fine */

/* A trustee's secret between the steps, sealed to its own key. */
struct el_dkg_state {
	struct el_hash plan;
	unsigned trustee;
	uint8_t box[EL_KEY_LEN + 48];
};
EL_MUST_USE int el_dkg_state_parse(const uint8_t *in, size_t len, struct el_dkg_state *out);
EL_MUST_USE int el_dkg_state_encode(const struct el_dkg_state *, uint8_t **out, size_t *len);

#endif
