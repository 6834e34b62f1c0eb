#ifndef EL_AUTHORITY_LOG_READER_H
#define EL_AUTHORITY_LOG_READER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"
#include "entrylog/error.h"
#include "log/note.h"
#include "log/tiles.h"
#include "order/policy.h"

/*
 * A party's public log (protocol 12.10) as somebody reads who does not believe it: over HTTP or from a copied folder,
 * through one callback, never more than was allowed for.
 *
 * fetch: the bytes of path ("/log/checkpoint", "/log/tile/0/000") of the party ("registry", "issuer:7"), at most max.
 * EL_ENOTFOUND: the log has no such file; EL_ELIMIT: longer; else no answer came (EL_ECLOSED, EL_EIO).
 */
typedef int el_log_fetch_fn(void *ctx, const char *party, const char *path, uint8_t *out, size_t max, size_t *len);

#define EL_READER_TILE_MAX (EL_TILE_WIDTH * EL_HASH_LEN)
#define EL_READER_BUNDLE_MAX (EL_TILE_WIDTH * (2 + EL_ENTRY_MAX))

struct el_log_reader {
	el_log_fetch_fn *fetch;
	void *ctx;
	const char *party;
	uint64_t calls_left, bytes_left; /* counted down; at the end everything fails with EL_ELIMIT */
	uint8_t tile[EL_READER_TILE_MAX]; /* for the source */
};
void el_log_reader_init(struct el_log_reader *, el_log_fetch_fn *, void *ctx, const char *party, uint64_t calls,
    uint64_t bytes);

/* The note as it is, unverified.  What fetch returned, EL_ELIMIT. */
EL_MUST_USE int el_log_reader_note(struct el_log_reader *, uint8_t out[EL_NOTE_MAX], size_t *len);
/*
 * One tile: of hashes exactly width * 32 bytes, from a wider one where this partial one is gone; a bundle of entries as
 * it is, not looked into.  out has room for EL_READER_BUNDLE_MAX, or EL_READER_TILE_MAX for hashes.  EL_EFORMAT: of
 * another length; EL_ELIMIT; what fetch returned.
 */
EL_MUST_USE int el_log_reader_tile(
    struct el_log_reader *, const struct el_tile *, uint8_t *out, size_t *len);
/* The same for proofs; the reader must outlive it. */
struct el_tile_source el_log_reader_source(struct el_log_reader *);

/* The key that signs this party's checkpoints, and where its log is; NULL: the directory names none. */
const struct el_sign_pk *el_log_party_key(const struct el_directory *, const char *party);
const char *el_log_party_url(const struct el_directory *, const char *party);

#endif
