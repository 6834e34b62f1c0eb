#ifndef EL_INDEXER_INDEXER_H
#define EL_INDEXER_INDEXER_H

#include "proc/family.h"

#include "daybook/daybook.h"

/*
 * The indexer process: does the jobs of a daybook (daybook.h) for the process that has it open, one at a time,
 * at low priority.  It holds no key but those that a job needs, while it does it.  Its death at any moment
 * costs the work of one job.
 */
#define EL_INDEXER_NICE 10 /* of its kind in the family */
#define EL_JOB_SECRET_MAX 256 /* bytes that a job is sent with beside its name */

struct el_indexer_role {
	const char *dir; /* the daybook's folder */
	unsigned core_kind; /* who asks */
	/*
	 * Do a job with what core sent along (wiped afterwards): el_daybook_sqlite_work() with the role's own way
	 * of rewriting and of leaf hashes.  NULL: no job comes with anything, none rewrites, and no index has a tree.
	 */
	int (*work)(const char *dir, const struct el_job *, const uint8_t *secret, size_t len);
};
/* The whole life of the process. */
EL_MUST_USE int el_indexer_run(struct el_child *, const struct el_indexer_role *);

#endif
