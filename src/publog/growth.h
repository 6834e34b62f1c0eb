#ifndef EL_PUBLOG_GROWTH_H
#define EL_PUBLOG_GROWTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "log/edge.h"
#include "log/tiles.h"
#include "publog/folder.h"

/*
 * A log's tree as it grows: its right edge as hashes and as unfinished tiles.  Each tile goes to a sink when it is full,
 * and at the end of a batch when it is not; a log is written and read again in the same way.  A zeroed one is empty.
 */
struct el_log_level {
	uint64_t index; /* of the unfinished tile */
	unsigned n; /* hashes in it */
	bool changed; /* since it went to the sink */
	struct el_hash hashes[EL_TILE_WIDTH];
};
struct el_log_growth {
	struct el_edge edge;
	struct el_log_level levels[EL_TILE_LEVELS];
	size_t bundle_len;
	uint8_t bundle[EL_LOG_BUNDLE_MAX]; /* of the entries under levels[0] */
};

/* Takes one tile; anything but EL_OK ends the growing. */
typedef int el_log_sink(void *ctx, const struct el_tile *, const uint8_t *bytes, size_t len);

/*
 * One more entry of 1..EL_ENTRY_MAX bytes.  Failures are those of the sink, after which the growth is void; EL_ELIMIT: no
 * level is left.
 */
EL_MUST_USE int el_log_growth_push(struct el_log_growth *, const uint8_t *entry, size_t len, const struct el_hash *leaf,
    el_log_sink *, void *ctx);
/* The changed partial tiles. */
EL_MUST_USE int el_log_growth_end(struct el_log_growth *, el_log_sink *, void *ctx);
void el_log_growth_copy(struct el_log_growth *to, const struct el_log_growth *from);

#endif
