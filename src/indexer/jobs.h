#ifndef EL_INDEXER_JOBS_H
#define EL_INDEXER_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daybook/daybook.h"
#include "indexer/indexer.h"
#include "proc/family.h"

/*
 * Core's side: hands the daybook's jobs to the indexer process, one at a time, and takes their results over.
 * Lives in the struct of whoever uses it.
 */
struct el_jobs {
	struct el_daybook *daybook; /* not ours */
	unsigned indexer_kind;
	/* What a job is sent with, at most EL_JOB_SECRET_MAX bytes; NULL: nothing.  A failure: this job is not asked now. */
	int (*secret)(void *ctx, const struct el_job *, uint8_t *out, size_t *len);
	void *ctx;
	bool asked; /* a job is under way */
	uint64_t serial; /* of the job that was asked last */
	struct el_job job;
	struct el_job failed; /* this one is not asked again before retry_ms */
	int64_t retry_ms;
};

/* What passes between the two processes; a fuzz target round-trips it.  parse: EL_EFORMAT. */
#define EL_MSG_JOB 16 /* core -> indexer; the id is the serial */
#define EL_MSG_JOB_DONE 17 /* indexer -> core: i32 result */
#define EL_JOB_MSG_MAX (1 + 2 + 4 + 8 + EL_JOB_SECRET_MAX)
size_t el_job_encode(const struct el_job *, const uint8_t *secret, size_t len, uint8_t out[EL_JOB_MSG_MAX]);
EL_MUST_USE int el_job_parse(const uint8_t *in, size_t in_len, struct el_job *, const uint8_t **secret, size_t *len);

/* Ask for the next job when none is under way; to be called about once a second, and after el_jobs_done(). */
void el_jobs_next(struct el_jobs *, struct el_worker *);
/* The indexer's process is a new one: what it was asked it is asked again. */
void el_jobs_link_up(struct el_jobs *, struct el_worker *);
/*
 * A message of the indexer.  *finished: the result was taken over, and *job (unless NULL) says of what.  A failure
 * that is the indexer's own is logged and tried again; EL_EIO is the daybook's, and final.
 */
EL_MUST_USE int el_jobs_done(struct el_jobs *, const struct el_msg *, bool *finished, struct el_job *job);

#endif
