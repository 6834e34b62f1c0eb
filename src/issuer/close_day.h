#ifndef EL_ISSUER_CLOSE_DAY_H
#define EL_ISSUER_CLOSE_DAY_H

#include <stdbool.h>
#include <stdint.h>

#include "entrylog/error.h"
#include "issuer/issuer.h"

/*
 * The close of a day (protocol section 6): its rows are rewritten sorted by tag under K_id, and only then is
 * K_live destroyed, so that the order of arrival, which could be matched with the registry's minutes, is gone.
 * After a crash between the two the next call goes on.  Days that are due to be destroyed are left alone.
 * Where s->has_indexer the rewriting is only begun, and a later call goes on once it was taken over.
 * *changed: something was closed.  A failure is final.
 */
EL_MUST_USE int el_close_days(struct el_issuer *, int64_t now_s, bool *changed);

/*
 * The work of the indexer: core sends it the keys of the day (a secret() of el_jobs; ctx is a struct el_issuer *), the
 * indexer does the job with them (a work() of el_indexer_role).  For rewriting that is K_live and K_id; for the index of a
 * rewritten day K_id's K_rows, from which it gets the tree of its leaf hashes (protocol 6).  Where a row of such a day does
 * not open, store_failed is logged with EL_ECRYPTO and the epoch, and the day has no tree: its rows are found, none is proven.
 */
EL_MUST_USE int el_close_day_secret(void *ctx, const struct el_job *, uint8_t *out, size_t *len);
EL_MUST_USE int el_close_day_work(const char *dir, const struct el_job *, const uint8_t *secret, size_t len);

#endif
