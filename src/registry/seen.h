#ifndef EL_REGISTRY_SEEN_H
#define EL_REGISTRY_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"
#include "entrylog/error.h"

/*
 * The tokens that were seen: tag_b -> rows, in memory, of the epochs whose tokens can still arrive, rebuilt
 * from the stored column (protocol section 6).  Of an epoch that takes live check-ins all rows are here; of an older
 * one, which only late items reach, those that the daybook could find by a scan alone: the others are asked from
 * its index.  Several rows may have one tag: late duplicates, and tags that collide; which it is shows the opened
 * row.
 *
 * Memory: at most 19 bytes a row where the epoch has many.
 */
struct el_seen;

#define EL_SEEN_SEGMENT_MAX 0xfffffu
#define EL_SEEN_ROW_MAX 0xfffffeu

EL_MUST_USE int el_seen_new(struct el_seen **out);
void el_seen_free(struct el_seen *);

/*
 * Read an epoch's tags unless that was done before: all of them (`whole`), or those that no index has.  EL_EIO;
 * EL_ENOMEM, EL_ELIMIT: the epoch is as unread as before.
 */
EL_MUST_USE int el_seen_load(struct el_seen *, struct el_daybook *, el_epoch, bool whole);
/*
 * Give up, little by little with every call, what the daybook's index knows of an epoch that takes no live
 * check-ins any more.
 */
EL_MUST_USE int el_seen_shrink(struct el_seen *, struct el_daybook *, el_epoch);
/* Forget the epochs outside first..last.  One that is asked for again must be loaded again. */
void el_seen_keep(struct el_seen *, el_epoch first, el_epoch last);
/* Whether rows of this loaded epoch are in the daybook's index alone. */
bool el_seen_is_partial(const struct el_seen *, el_epoch);

/*
 * Have the place of a tag fetched into the processor's cache while something else is reckoned: first the table it is
 * in, and when that has had time to arrive, the place there.
 */
void el_seen_prefetch_shard(const struct el_seen *, el_epoch, uint64_t tag);
void el_seen_prefetch(const struct el_seen *, el_epoch, uint64_t tag);

/* Of a loaded epoch.  EL_ENOMEM, EL_ELIMIT. */
EL_MUST_USE int el_seen_add(struct el_seen *, el_epoch, uint64_t tag, uint32_t segment, uint32_t row);
/* A row that was added before its append was not recorded. */
void el_seen_drop(struct el_seen *, el_epoch, uint64_t tag, uint32_t segment, uint32_t row);
/*
 * The next row of this tag: begin with *cursor 0, false when there is no more.  The set must not change
 * between the calls.
 */
bool el_seen_next(const struct el_seen *, el_epoch, uint64_t tag, size_t *cursor, uint32_t *segment, uint32_t *row);
size_t el_seen_count(const struct el_seen *);

#endif
