#ifndef EL_LOG_TILES_H
#define EL_LOG_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/tree.h"

/*
 * A log's tree as tiles (C2SP tlog-tiles): tile (level L, index N) holds up to 256 hashes of the nodes of level 8L, the
 * k-th that of leaves (N * 256 + k) * 256^L and the 256^L - 1 behind it.  Entries stand in bundles of 256, each
 * with a u16 length before it.
 */
#define EL_TILE_WIDTH 256
#define EL_TILE_LEVELS 7 /* 2^56 entries */
#define EL_TILE_PATH_MAX 64
#define EL_ENTRY_MAX 1024 /* bytes of one entry of ours; the format allows 65535 */

struct el_tile {
	bool entries;	/* a bundle of entries; level is 0 then */
	unsigned level;
	uint64_t index;
	unsigned width; /* 1..256; below 256 partial: ".p/W" */
};
/* "tile/0/x001/234.p/5", "tile/entries/000". */
void el_tile_path(const struct el_tile *, char out[EL_TILE_PATH_MAX]);
/* The same read strictly: EL_EFORMAT for every other spelling. */
EL_MUST_USE int el_tile_parse(const char *path, struct el_tile *out);
/* The tile of this level and index as it is in a tree of `size` leaves; width 0: there is none. */
struct el_tile el_tile_of(unsigned level, uint64_t index, uint64_t size);

/*
 * Where tiles come from: a folder, a URL, memory.  read() fills out with exactly width * 32 bytes of a hash tile.
 * EL_ENOTFOUND: no such tile; or its own failure.
 */
struct el_tile_source {
	int (*read)(void *ctx, const struct el_tile *, uint8_t *out);
	void *ctx;
};
/* Root of the first `size` leaves.  EL_EFORMAT: size over 2^48; what read() returned; EL_ENOMEM. */
EL_MUST_USE int el_tiles_root(const struct el_tile_source *, uint64_t size, struct el_hash *out);
/* Inclusion path of a leaf in the tree of `size` leaves. */
EL_MUST_USE int el_tiles_path(const struct el_tile_source *, uint64_t size, uint64_t index, struct el_path *out);
/* The leaf's hash as the tiles have it. */
EL_MUST_USE int el_tiles_leaf(const struct el_tile_source *, uint64_t size, uint64_t index, struct el_hash *out);

/* Consistency (RFC 9162 section 2.1.4). */
#define EL_CONSISTENCY_MAX 64
struct el_consistency {
	uint64_t from, to;
	size_t n;
	struct el_hash hashes[EL_CONSISTENCY_MAX];
};
EL_MUST_USE int el_tiles_consistency(const struct el_tile_source *, uint64_t from, uint64_t to, struct el_consistency *out);
/* EL_ECRYPTO: the tree of `from` leaves is no beginning of the other; EL_EFORMAT.  from 0 proves nothing and is EL_OK. */
EL_MUST_USE int el_consistency_check(const struct el_consistency *, const struct el_hash *from_root,
    const struct el_hash *to_root);

/*
 * A tree that grows: the hashes of its right edge, so that appending costs two hashes a leaf.
 */
struct el_edge {
	uint64_t size;
	struct el_hash nodes[64]; /* nodes[h]: of the complete subtree of 2^h leaves at the right edge, where bit h of size is set */
};
void el_edge_append(struct el_edge *, const struct el_hash *leaf);
void el_edge_root(const struct el_edge *, struct el_hash *out);
/* The edge of the first `size` leaves. */
EL_MUST_USE int el_tiles_edge(const struct el_tile_source *, uint64_t size, struct el_edge *out);

/* The leaf hash of an entry: SHA-256(0x00 || entry). */
void el_entry_leaf(const uint8_t *entry, size_t len, struct el_hash *out);
/* Entry k of a bundle, a view.  EL_ENOTFOUND: it has fewer; EL_EFORMAT. */
EL_MUST_USE int el_bundle_entry(const uint8_t *bundle, size_t bundle_len, unsigned k, const uint8_t **entry, size_t *len);

#endif
