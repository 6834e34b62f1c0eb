#ifndef EL_REGISTRY_GROUP_H
#define EL_REGISTRY_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"
#include "entrylog/error.h"
#include "registry/visit.h"

/*
 * Sealed visits that wait for their append, by epoch.  Each part has one segment: that of the daybook's live
 * one when its first row was decided, and its rows the numbers from `first` on: nothing else is appended until it is.
 */
#define EL_GROUP_PARTS_MAX 16

struct el_group_note {
	uint32_t venue;
	el_epoch today;
	uint8_t hour; /* of that day; beyond the last one: it was on another */
	uint8_t flags; /* EL_FLAG_* */
};

struct el_group_part {
	el_epoch epoch;
	uint32_t segment, first;
	struct el_row *rows; /* row i's bytes stand at sealed + i * EL_VISIT_SEALED_LEN */
	uint8_t *sealed;
	struct el_group_note *notes; /* what is counted of a row once it is durable */
	size_t n, size;
};

struct el_group {
	struct el_group_part parts[EL_GROUP_PARTS_MAX];
	size_t n;
};

EL_MUST_USE int el_group_new(struct el_group **out);
void el_group_free(struct el_group *);
/* The part of an epoch, begun where there is none.  Failures are those of live(); EL_ELIMIT. */
EL_MUST_USE int el_group_part(
    struct el_group *, struct el_daybook *, el_epoch, int64_t now_s, struct el_group_part **out);
/* NULL: nothing waits for that epoch. */
const struct el_group_part *el_group_find(const struct el_group *, el_epoch);
/* Seal a visit as the next row of a part; *row is the number that it will have.  EL_ENOMEM. */
EL_MUST_USE int el_group_add(struct el_group_part *, const struct el_visit *, const uint8_t rows_key[EL_KEY_LEN],
    uint64_t tag_a, uint64_t tag_b, const struct el_group_note *, uint32_t *row);
/* Empty, keeping the memory for the next group. */
void el_group_clear(struct el_group *);

#endif
