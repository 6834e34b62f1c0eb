#ifndef EL_REGISTRY_SEEN_H
#define EL_REGISTRY_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"
#include "entrylog/error.h"

/*
 * The tokens that were seen: tag_b -> rows, in memory, of the epochs whose tokens can still arrive, rebuilt
 * from the stored column (protocol section 6).  Several rows may have one tag: late duplicates, and tags
 * that collide; which it is shows the opened row.
 */
struct el_seen;

/* A row that is decided but not yet appended has this segment; its row is its place in the group. */
#define EL_SEEN_PENDING UINT32_MAX

EL_MUST_USE int el_seen_new(struct el_seen **out);
void el_seen_free(struct el_seen *);

/* Read an epoch's tags unless that was done before.  EL_EIO; EL_ENOMEM: the epoch is as unread as before. */
EL_MUST_USE int el_seen_load(struct el_seen *, struct el_daybook *, el_epoch);
/* Forget the epochs outside first..last.  One that is asked for again must be loaded again. */
void el_seen_keep(struct el_seen *, el_epoch first, el_epoch last);

/* Of a loaded epoch.  EL_ENOMEM. */
EL_MUST_USE int el_seen_add(struct el_seen *, el_epoch, uint64_t tag, uint32_t segment, uint32_t row);
/* The pending row has got its place. */
void el_seen_settle(struct el_seen *, el_epoch, uint64_t tag, uint32_t pending_row, uint32_t segment, uint32_t row);
/*
 * The next row of this tag: begin with *cursor 0, false when there is no more.  The set must not change
 * between the calls.
 */
bool el_seen_next(const struct el_seen *, el_epoch, uint64_t tag, size_t *cursor, uint32_t *segment, uint32_t *row);
size_t el_seen_count(const struct el_seen *);

#endif
