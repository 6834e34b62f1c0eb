#ifndef EL_AUTHORITY_WITNESS_H
#define EL_AUTHORITY_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/history.h"
#include "authority/log_reader.h"
#include "base/buf.h"
#include "base/code.h"
#include "crypto/sign.h"
#include "entrylog/error.h"
#include "order/policy.h"

/*
 * A trustee as witness (protocol 7.2 step 2, 8, 12.10): the public log that it is shown is the one that everybody sees.
 * It remembers the newest checkpoint of each party that it has seen, in a file PREFIX-registry, PREFIX-issuer-7 (a note;
 * replaced durably), and takes none that does not continue it.  Two checkpoints that contradict each other, both signed
 * by the party, are put beside it as PREFIX-PARTY.fork-seen and .fork-found: that is evidence; where the log has become
 * shorter, as .cut-seen and .cut-found.  The first pair of either kind stays.  When it saw the log how large is in PREFIX-PARTY.seen
 * (authority/history.h): a clock over an hour behind the last of these is not believed.
 */
#define EL_WITNESS_MESSAGE 400
#define EL_WITNESS_CALLS_MAX 128 /* files of a log that are fetched for one checkpoint */
#define EL_WITNESS_BYTES_MAX (1 << 20)
#define EL_WITNESS_BACK_S 3600
#define EL_WITNESS_OTHERS 2 /* cosignatures of others that stand for a log that cannot be reached */

struct el_witness {
	const char *prefix;
	const struct el_sign_key *key; /* NULL: cosigns nothing; else the one that the policy names for this trustee */
	unsigned trustee;
	el_log_fetch_fn *fetch; /* NULL: offline */
	void *fetch_ctx;
	const struct el_policy *policy;
	const struct el_directory *directory;
	/* Out: what was wrong, in words, after every code but EL_CODE_OK; else "". */
	char message[EL_WITNESS_MESSAGE];
	bool forked; /* out: the party was caught, and the evidence is in the files */
	struct el_history *history; /* out: of the party's log, after EL_CODE_OK; the caller's, never NULL */
};

/*
 * Whether a checkpoint's note (as it came with a proof) is of the log that this trustee knows.  The log's signature is
 * verified; the current checkpoint is fetched; the one last seen and the note's are beginnings of it.  It is then
 * remembered, and the note cosigned: *line, initialised and empty, becomes one signature line (left empty without a key).
 * Where the log cannot be reached, the note must be the checkpoint last seen, or carry cosignatures of two other
 * witnesses of the policy and not be older than that; no line is made for what this witness has not found consistent.
 *	EL_CODE_PROOF_MISSING	not so, or it cannot be told
 *	EL_CODE_INTERNAL	no memory, or what was seen cannot be read or kept
 */
enum el_code el_witness_vouch(
    struct el_witness *, const char *party, const uint8_t *note, size_t len, int64_t now_s, struct el_buf *line);
/*
 * Look at a party's log without being asked: fetch, check, remember as above.  *note, initialised, empty and of
 * EL_NOTE_MAX, becomes the current checkpoint with this witness' line, to be handed in (left empty without a key, and
 * where the line is there already).  EL_CODE_LOG_UNAVAILABLE: it cannot be reached; and as above.
 */
enum el_code el_witness_look(struct el_witness *, const char *party, int64_t now_s, struct el_buf *note);

/* Trustees whose valid cosignatures are in a note, ascending, without `but`; at most EL_TRUSTEES_MAX. */
size_t el_witnesses_of(
    const struct el_policy *, const uint8_t *note, size_t len, unsigned but, unsigned out[EL_TRUSTEES_MAX]);

#endif
