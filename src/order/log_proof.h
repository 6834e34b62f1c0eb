#ifndef EL_ORDER_LOG_PROOF_H
#define EL_ORDER_LOG_PROOF_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/checkpoint.h"
#include "log/tree.h"
#include "order/log_entry.h"

/*
 * What shows that an answer was in the public log before it was given (protocol 12.10): a checkpoint, the entry of the
 * answer, and the entries of the roots its rows lie under, each with its path in the checkpoint's tree.
 */
struct el_logged {
	uint8_t entry[EL_ENTRY_MAX];
	size_t len;
	struct el_path path;
};
#define EL_LOG_ROOTS_MAX 4096 /* segments under one answer */
struct el_log_proof {
	uint8_t *checkpoint; /* malloc'ed note */
	size_t checkpoint_len;
	struct el_logged answer;
	struct el_logged *roots; /* malloc'ed */
	size_t n_roots;
};
/* A witness' name in notes: el_log_origin() of "trustee:N".  EL_ELIMIT: no such trustee; out is "" then. */
EL_MUST_USE int el_log_witness_name(const struct el_hash *deployment, unsigned trustee, char out[EL_LOG_ORIGIN_MAX + 1]);
void el_log_proof_wipe(struct el_log_proof *); /* frees; a zeroed one is fine */
/* {"checkpoint": b, "answer": {"entry": b, "path"}, "roots": [{"entry", "path"}...]}.  EL_EFORMAT, EL_ELIMIT, EL_ENOMEM. */
EL_MUST_USE int el_log_proof_from_json(const json_t *, struct el_log_proof *out);
json_t *el_log_proof_to_json(const struct el_log_proof *); /* NULL: no memory */
/* Between processes, and in files of ours. */
void el_log_proof_put(struct el_buf *, const struct el_log_proof *);
EL_MUST_USE int el_log_proof_get(const uint8_t *in, size_t len, struct el_log_proof *out);

/*
 * Check all of it: the checkpoint is of this origin and signed by this key, every path has its size and leads to its
 * root, the answer's entry says that this order was answered with this statement.  *roots, unless NULL, is malloc'ed: the
 * n_roots parsed entries, all of type `root_type`, sorted by (epoch, segment), none twice.
 * EL_ECRYPTO: a signature or path; EL_EFORMAT: a form, or an entry of something else; EL_ENOMEM.
 */
EL_MUST_USE int el_log_proof_check(const struct el_log_proof *, const char *origin, const struct el_sign_pk *log_key,
    const struct el_hash *order, const struct el_hash *answer, enum el_entry_type root_type, struct el_checkpoint *checkpoint,
    struct el_log_entry **roots);
/* The root of (epoch, segment) among n sorted ones; NULL. */
const struct el_log_entry *el_log_roots_find(const struct el_log_entry *roots, size_t n, el_epoch, uint32_t segment);

#endif
