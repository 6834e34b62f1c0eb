#ifndef EL_ORDER_PROVEN_H
#define EL_ORDER_PROVEN_H

#include <stddef.h>
#include <stdint.h>

#include "order/log_proof.h"
#include "order/release.h"

/*
 * Whether what a party released stood in its store before it was asked (claim N; protocol 7.2 step 2, 7.3 step 2,
 * 12.10): trustees and executor ask the same.  roots are those of an el_log_proof_check().
 */
#define EL_ROOT_WITHIN_S 7200 /* a root this much younger than its row's minute is as good as one before the order */
#define EL_UNCOMMITTED_S (26 * 3600) /* an identity day is rewritten by this long after its end */

struct el_roots {
	const struct el_log_entry *sorted;
	size_t n;
	int64_t order_created_s;
	uint32_t day_offset_s;
};

/*
 * NULL: the row counts.  Else why not:
 *	segment_not_logged	no root of its segment is in the log
 *	not_in_segment		its path does not lead there: the row is invented, moved or altered
 *	logged_too_early	the root says that it is over 2 h older than the visit: its time is invented
 *	logged_too_late		the root came after the order, and over 2 h after the visit
 *	late_not_flagged	the root came over 2 h after the visit, and the row is not flagged late
 *	segment_too_late	the root came when no row of that day could be accepted any more
 */
const char *el_proven_row(const struct el_roots *, const struct el_released *);
/*
 * The same for a trace box.  NULL also for one of a day that cannot have been rewritten at now_s, which has no
 * commitment.  Else: box_not_logged (it has none, and its day was over long ago; or no root of that day is in the log),
 * not_in_segment, logged_too_late (the root came after the order, and
 * long after its day), other_phone (it is of a number that was not asked for).
 */
const char *el_proven_box(const struct el_roots *, const struct el_trace_row *, const struct el_commitment *,
    const struct el_phone *phones, size_t n_phones, int64_t now_s);

#endif
