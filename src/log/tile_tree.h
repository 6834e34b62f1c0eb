#ifndef EL_LOG_TILE_TREE_H
#define EL_LOG_TILE_TREE_H

#include <stdint.h>

#include "entrylog/error.h"
#include "entrylog/types.h"
#include "log/tiles.h"
#include "log/tree.h"

/*
 * A tree whose leaves are all there, as tiles (tiles.h): made in one pass and little memory, and read for many paths.
 * el_tiles_path() serves a log, of any size that it had, and keeps nothing; here the tiles last used stay at hand with
 * their inner nodes, so that a further path in them costs no hash.
 */
/* Takes one tile with its width * 32 bytes, each tile once and as wide as it is to be; its own failure ends the making. */
typedef int el_tile_sink_fn(void *ctx, const struct el_tile *, const uint8_t *hashes);

struct el_tile_maker;
EL_MUST_USE int el_tile_maker_new(el_tile_sink_fn *, void *ctx, struct el_tile_maker **out);
/* The next leaf.  EL_ELIMIT: over EL_LOG_SIZE_MAX; what the sink returned, after which it is to be freed. */
EL_MUST_USE int el_tile_maker_add(struct el_tile_maker *, const struct el_hash *leaf);
/* All leaves are there: gives out the tiles that are not full, and the root.  What the sink returned. */
EL_MUST_USE int el_tile_maker_end(struct el_tile_maker *, struct el_hash *root);
void el_tile_maker_free(struct el_tile_maker *);

/*
 * The paths of a tree of `size` leaves.  Source and its context must outlive it.  Opening reads the tiles of the right
 * edge, a path at most one a level (three for 2^24 leaves), none again that it read last on its level.  Every path that is
 * given leads to the root.
 */
struct el_tile_paths;
/* EL_EFORMAT: over EL_LOG_SIZE_MAX; EL_ENOMEM; what the source returned. */
EL_MUST_USE int el_tile_paths_new(const struct el_tile_source *, uint64_t size, struct el_tile_paths **out);
void el_tile_paths_root(const struct el_tile_paths *, struct el_hash *out);
/* index is below the size.  EL_EFORMAT: a tile is not the one below its node; EL_ENOMEM; what the source returned. */
EL_MUST_USE int el_tile_paths_get(struct el_tile_paths *, uint64_t index, struct el_path *out);
void el_tile_paths_free(struct el_tile_paths *);

#endif
