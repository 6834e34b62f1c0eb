#ifndef EL_LOG_CHECKPOINT_H
#define EL_LOG_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/note.h"
#include "log/tree.h"

/*
 * Checkpoints of a public log (C2SP tlog-checkpoint): a signed note of origin, size in decimal and root in base64,
 * one a line; further lines are allowed and mean nothing here.  The log's key signs under its origin.
 */
#define EL_LOG_ORIGIN_MAX 64

struct el_checkpoint {
	char origin[EL_LOG_ORIGIN_MAX + 1];
	uint64_t size;
	struct el_hash root;
};

/*
 * "entrylog/" || the first 8 bytes of the deployment in hex || "/registry", "/issuer-7" or "/trustee-7" (party
 * "registry", "issuer:7", "trustee:7"; numbers 1..255): a log's origin, or the name of a witness.  EL_EFORMAT: no
 * such party; out is "" then.
 */
EL_MUST_USE int el_log_origin(const struct el_hash *deployment, const char *party, char out[EL_LOG_ORIGIN_MAX + 1]);

/*
 * Parse and verify nothing.  EL_EFORMAT; EL_ELIMIT: also an origin over EL_LOG_ORIGIN_MAX or a size over
 * EL_LOG_SIZE_MAX; *out is zeroed then.
 */
EL_MUST_USE int el_checkpoint_parse(const uint8_t *note, size_t len, struct el_checkpoint *out);
/*
 * Parse, compare the origin, verify the log's signature.  EL_EFORMAT (also another origin), EL_ECRYPTO (none of this
 * key, or a wrong one), EL_ELIMIT, EL_ENOMEM; *out is zeroed then.
 */
EL_MUST_USE int el_checkpoint_open(
    const uint8_t *note, size_t len, const char *origin, const struct el_sign_pk *log_key, struct el_checkpoint *out);
/*
 * Append the signed note to *out (empty before), nothing on failure.  EL_EFORMAT: no origin; EL_ELIMIT: also the size;
 * EL_ECRYPTO, EL_ENOMEM.
 */
EL_MUST_USE int el_checkpoint_sign(const struct el_checkpoint *, const struct el_sign_key *log_key, struct el_buf *out);

/*
 * A witness' cosignature line over a checkpoint's note (not verified here), appended to *out; el_note_add_line() puts
 * it behind the note.  EL_EFORMAT: not a checkpoint, a name that no note can have, a time before 1970; EL_ELIMIT,
 * EL_ECRYPTO, EL_ENOMEM.
 */
EL_MUST_USE int el_checkpoint_cosign(
    const uint8_t *note, size_t len, const char *name, const struct el_sign_key *, int64_t now_s, struct el_buf *out);

#endif
