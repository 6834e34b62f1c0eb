#ifndef EL_LOG_TILES_H
#define EL_LOG_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/consistency.h"
#include "log/edge.h"
#include "log/tree.h"

/*
 * A log's tree as tiles (C2SP tlog-tiles): tile (level L, index N) holds up to 256 hashes of the nodes of level 8L, the
 * k-th that of leaves (N * 256 + k) * 256^L and the 256^L - 1 behind it.  Entries stand in bundles of 256, each
 * with a u16 length before it.
 */
#define EL_TILE_WIDTH 256
#define EL_TILE_LEVELS 6 /* at EL_LOG_SIZE_MAX the tile of level 5 has one hash */
#define EL_TILE_PATH_MAX 64
#define EL_ENTRY_MAX 1024 /* bytes of one entry of ours; the format allows 65535 */

struct el_tile {
	bool entries; /* a bundle of entries; level is 0 then */
	unsigned level;
	uint64_t index;
	unsigned width; /* 1..256; below 256 partial: ".p/W" */
};
/* "tile/0/x001/234.p/5", "tile/entries/000". */
void el_tile_path(const struct el_tile *, char out[EL_TILE_PATH_MAX]);
/*
 * The same read strictly: EL_EFORMAT for every other spelling, and for tiles that no tree of EL_LOG_SIZE_MAX leaves
 * has; *out is zeroed then.
 */
EL_MUST_USE int el_tile_parse(const char *path, struct el_tile *out);
/*
 * The tile of this level (below EL_TILE_LEVELS) and index as it is in a tree of `size` leaves; width 0: there is
 * none.
 */
struct el_tile el_tile_of(unsigned level, uint64_t index, uint64_t size);

/*
 * Where tiles come from: a folder, a URL, memory.  read() fills out with exactly width * 32 bytes of a hash tile;
 * where a partial one is gone, the beginning of a wider one is the same bytes.  EL_ENOTFOUND: no such tile; or its
 * own failure.
 */
struct el_tile_source {
	int (*read)(void *ctx, const struct el_tile *, uint8_t *out);
	void *ctx;
};
/*
 * What tiles say is not verified here: compare the root, or check what was made, with a signed checkpoint's root.
 * All of them fail with EL_EFORMAT (a size over EL_LOG_SIZE_MAX, or no such leaf), EL_ENOMEM, or what read()
 * returned, and zero *out then.  They read each tile once, and only tiles of the tree of `size` (or `to`) leaves.
 */
/* Root of the first `size` leaves; SHA-256("") for none. */
EL_MUST_USE int el_tiles_root(const struct el_tile_source *, uint64_t size, struct el_hash *out);
/* Inclusion path of a leaf in the tree of `size` leaves. */
EL_MUST_USE int el_tiles_path(const struct el_tile_source *, uint64_t size, uint64_t index, struct el_path *out);
/* The leaf's hash as the tiles have it. */
EL_MUST_USE int el_tiles_leaf(const struct el_tile_source *, uint64_t size, uint64_t index, struct el_hash *out);
/* The proof that the first `from` leaves are a beginning of the first `to`; without hashes for from 0 and from = to. */
EL_MUST_USE int el_tiles_consistency(
    const struct el_tile_source *, uint64_t from, uint64_t to, struct el_consistency *out);
/* The edge of the first `size` leaves. */
EL_MUST_USE int el_tiles_edge(const struct el_tile_source *, uint64_t size, struct el_edge *out);

/* The leaf hash of an entry: SHA-256(0x00 || entry). */
void el_entry_leaf(const uint8_t *entry, size_t len, struct el_hash *out);
/*
 * Entry k of a bundle, a view.  The whole bundle is checked.  EL_ENOTFOUND: it has fewer; EL_EFORMAT: an entry is cut
 * off, or there are more than 256.
 */
EL_MUST_USE int el_bundle_entry(
    const uint8_t *bundle, size_t bundle_len, unsigned k, const uint8_t **entry, size_t *len);

#endif
