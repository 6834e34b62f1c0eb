#ifndef EL_PUBLOG_WRITER_H
#define EL_PUBLOG_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"
#include "entrylog/error.h"
#include "log/checkpoint.h"
#include "log/tiles.h"
#include "order/log_proof.h"

/*
 * The one writer of a public log's folder (folder.h).  A batch is durable in this order: bundles of entries and tiles of
 * hashes, their folders, then the checkpoint, which gets its public name when it cannot be lost any more: nobody ever sees
 * one that a loss of power takes back.  What a published checkpoint covers is never written again, so a crash at any step
 * leaves the checkpoint before with all of its tiles, or the new one with all of its; files beyond it are of no meaning
 * and written over.  Partial tiles stay until the full one is under a published checkpoint.
 */
struct el_log_writer;

#define EL_LOG_RECENT 4096 /* newest entries that are not appended a second time */

/*
 * Open the folder, or begin an empty log where there is none, and read all of it: every entry is hashed again (about a
 * second for a million) and compared with the tiles and the checkpoint.  The key is the caller's and outlives the writer.
 * EL_ECRYPTO, EL_EFORMAT: what is there contradicts the checkpoint, its signature or this origin, or the checkpoint is
 * gone: to go on would fork the log.  EL_ESPACE, EL_EIO, EL_ENOMEM.
 */
EL_MUST_USE int el_log_writer_open(
    const char *dir, const char *origin, const struct el_sign_key *, struct el_log_writer **out);
void el_log_writer_close(struct el_log_writer *); /* NULL is fine */

struct el_log_item {
	const uint8_t *entry; /* the caller's; at most EL_ENTRY_MAX bytes, never none */
	size_t len;
	uint64_t index; /* out: where it is in the log */
	struct el_hash leaf; /* out */
};
/*
 * Append n entries and publish the checkpoint that covers them, durably.  One that is among the newest EL_LOG_RECENT, or
 * twice in the batch, keeps its index.  EL_ESPACE, EL_ENOMEM: nothing was changed; EL_EIO and EL_ECRYPTO are final: open
 * the folder again.
 */
EL_MUST_USE int el_log_writer_append(struct el_log_writer *, struct el_log_item *, size_t n);

/* The published checkpoint and its note, views until the next change. */
const struct el_checkpoint *el_log_writer_head(const struct el_log_writer *);
const uint8_t *el_log_writer_note(const struct el_log_writer *, size_t *len);
/*
 * Entry `index` with its path in the published tree, which was checked.  EL_ENOTFOUND: beyond it; EL_ECRYPTO, EL_EFORMAT,
 * EL_EIO: the folder was altered.
 */
EL_MUST_USE int el_log_writer_logged(struct el_log_writer *, uint64_t index, struct el_logged *out);
/*
 * Put a signature line, which the caller has verified, behind the published note, durably; one that is there is left.
 * EL_EFORMAT, EL_ELIMIT; failures as of append.
 */
EL_MUST_USE int el_log_writer_cosign(struct el_log_writer *, const uint8_t *line, size_t len);

#endif
