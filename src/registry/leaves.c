#include "registry/leaves.h"

#include <string.h>

#include "base/event_log.h"
#include "base/secret.h"
#include "indexer/indexer.h"
#include "registry/registry.h"
#include "registry/visit.h"
#include "token/leaf.h"

_Static_assert(EL_KEY_LEN <= EL_JOB_SECRET_MAX, "the key of a day's rows goes with its job");

int
el_leaves_secret(void *ctx, const struct el_job *job, uint8_t *out, size_t *len)
{
	const struct el_registry *const g = ctx;
	uint8_t tags[EL_KEY_LEN];
	int r;

	*len = 0;
	if (job->kind != EL_JOB_INDEX)
		return EL_OK;
	if ((r = el_days_visit_keys(g->days, job->epoch, tags, out)) == EL_OK)
		*len = EL_KEY_LEN;
	el_secret_wipe(tags, sizeof tags);
	return r == EL_ENOTFOUND ? EL_OK : r;
}

static int
leaf_of(void *ctx, const struct el_row_ref *ref, const struct el_row *row, struct el_hash *leaf)
{
	const uint8_t *const rows_key = ctx;
	struct el_visit v;
	struct el_hash c;
	int r = EL_OK;

	if (el_visit_open(row, rows_key, ref->epoch, ref->segment, &v) == EL_OK) {
		el_leaf_place(&v.salt, v.venue, v.minute, v.flags, &c);
		el_leaf_visit(&c, &v.body, leaf);
	} else {
		el_log(EL_EV_STORE_FAILED, EL_ECRYPTO, ref->epoch);
		r = EL_ECRYPTO;
	}
	el_secret_wipe(&v, sizeof v);
	return r;
}

int
el_leaves_work(const char *dir, const struct el_job *job, const uint8_t *secret, size_t len)
{
	uint8_t rows_key[EL_KEY_LEN];
	int r;

	if (job->kind == EL_JOB_REWRITE || (len != 0 && (job->kind != EL_JOB_INDEX || len != EL_KEY_LEN)))
		return EL_EFORMAT;
	if (len == 0)
		return el_daybook_sqlite_work(dir, job, NULL, NULL, NULL);
	memcpy(rows_key, secret, EL_KEY_LEN);
	r = el_daybook_sqlite_work(dir, job, NULL, leaf_of, rows_key);
	el_secret_wipe(rows_key, sizeof rows_key);
	return r;
}
