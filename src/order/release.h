#ifndef EL_ORDER_RELEASE_H
#define EL_ORDER_RELEASE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/tree.h"
#include "order/document.h"
#include "token/leaf.h"
#include "token/trace_box.h"

/*
 * What a party commits to in an order's answer (protocol 12.5).  The public log has its hash, so it holds a salt that
 * is drawn for it and kept by nobody but the executor: else whoever has the parties' disks could guess what was answered
 * and find it in the log.
 */
#define EL_STATEMENT_SALT_LEN 32

struct el_release {
	struct el_hash deployment, order, root;
	uint32_t count;
	uint8_t salt[EL_STATEMENT_SALT_LEN];
};
/* Sign with the registry's answer key.  *out is a whole signed document (el_document_wipe()). */
EL_MUST_USE int el_release_sign(const struct el_release *, const struct el_sign_key *, struct el_document *out);
/* Verify and parse.  EL_ECRYPTO; EL_EFORMAT. */
EL_MUST_USE int el_release_open(const struct el_document *, const struct el_sign_pk *registry, struct el_release *out);

/* One released visit. */
struct el_released {
	el_epoch epoch;
	uint32_t segment, venue, minute;
	uint8_t flags;
	struct el_salt salt;
	struct el_body body;
	struct el_path path;  /* in the release */
	struct el_path proof; /* to the root of its segment */
};
json_t *el_released_to_json(const struct el_released *); /* NULL: no memory */
/* minute is a multiple of 60, flags are known ones.  EL_EFORMAT, EL_ELIMIT; *out is zeroed then. */
EL_MUST_USE int el_released_from_json(const json_t *, struct el_released *out);
/* c and the leaf of a released row. */
void el_released_leaf(const struct el_released *, struct el_hash *c, struct el_hash *leaf);

json_t *el_path_to_json(const struct el_path *); /* NULL: no memory */
/* index < size.  EL_EFORMAT, EL_ELIMIT; *out is zeroed then. */
EL_MUST_USE int el_path_from_json(const json_t *, struct el_path *out);

#define EL_TRACE_ROWS_MAX 3200 /* phones x epochs */
struct el_trace_row {
	el_epoch epoch;
	uint8_t com[32];
	struct el_hash box;
};
struct el_trace_statement {
	struct el_hash deployment, order;
	uint8_t issuer;
	struct el_trace_row *rows; /* malloc'ed by el_trace_statement_open */
	size_t n_rows;
	uint8_t salt[EL_STATEMENT_SALT_LEN];
};
/* The rules are checked on the way.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM, EL_ECRYPTO. */
EL_MUST_USE int el_trace_statement_sign(const struct el_trace_statement *, const struct el_sign_key *,
    struct el_document *out);
/* EL_ECRYPTO, EL_EFORMAT, EL_ELIMIT, EL_ENOMEM; *out is zeroed then. */
EL_MUST_USE int el_trace_statement_open(const struct el_document *, const struct el_sign_pk *issuer,
    struct el_trace_statement *out);
void el_trace_statement_wipe(struct el_trace_statement *); /* frees rows; a zeroed one is fine */
/*
 * Where a trace box stands under the logged root of its day: with the statement's com and box hash this is an identity
 * leaf (protocol 11.2).  A day that is not rewritten yet has none.
 */
struct el_commitment {
	bool is_there;
	struct el_phone phone;
	struct el_salt salt;
	struct el_path path;
};
json_t *el_commitment_to_json(const struct el_commitment *); /* null where there is none; NULL: no memory */
/* EL_EFORMAT, EL_ELIMIT; *out is zeroed then. */
EL_MUST_USE int el_commitment_from_json(const json_t *, struct el_commitment *out);
void el_commitment_leaf(const struct el_commitment *, const struct el_trace_row *, struct el_hash *leaf);
/* The issuer number a statement claims, before its key is chosen.  As above but for EL_ECRYPTO. */
EL_MUST_USE int el_trace_statement_issuer(const struct el_document *, uint8_t *issuer);

/*
 * Answers sealed to an order's key: BOX(..., ad = "EL1-box-order" || order hash || party).  *out malloc'ed, NULL
 * on failure; an opened one holds names or secrets and is the caller's to wipe.  order_secret is the scalar of
 * the order's box_key.  EL_EFORMAT: not a scalar, a box or a party's name; EL_ECRYPTO: it does not open;
 * EL_ENOMEM.
 */
EL_MUST_USE int el_answer_seal(const struct el_point *order_key, const struct el_hash *order, const char *party,
    const void *in, size_t len, uint8_t **out, size_t *out_len);
EL_MUST_USE int el_answer_open(const uint8_t order_secret[32], const struct el_hash *order, const char *party,
    const uint8_t *in, size_t len, uint8_t **out, size_t *out_len);

#endif
