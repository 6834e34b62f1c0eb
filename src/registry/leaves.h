#ifndef EL_REGISTRY_LEAVES_H
#define EL_REGISTRY_LEAVES_H

#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"
#include "entrylog/error.h"

/*
 * What the registry commits to (protocol 5.2): the leaf hashes of a closed segment, from which its index gets its tree.  They
 * need the day's K_rows, so core sends it with the job (a secret() of el_jobs; ctx is a struct el_registry *) and the
 * indexer holds it for that job (a work() of el_indexer_role).  With it the indexer could read the day's visits; it has no
 * K_tags, no other day's key, and nobody to send anything to but core.
 *
 * A row that does not open has no leaf: the alarm store_failed is logged with EL_ECRYPTO and the epoch, and the segment is
 * indexed without a tree.  Its rows are found as before; none of them can be released as proven.
 */

/* The key of an INDEX job; none for a day that has none any more, whose index then has no tree: it goes with the day. */
EL_MUST_USE int el_leaves_secret(void *ctx, const struct el_job *, uint8_t *out, size_t *len);
/* As el_daybook_sqlite_work(), and EL_EFORMAT: a job that is not the registry's, or a secret that is none. */
EL_MUST_USE int el_leaves_work(const char *dir, const struct el_job *, const uint8_t *secret, size_t len);

#endif
