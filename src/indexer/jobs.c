#include "indexer/jobs.h"

#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/event_log.h"
#include "base/secret.h"

#define RETRY_MS 10000

size_t
el_job_encode(const struct el_job *job, const uint8_t *secret, size_t len, uint8_t out[EL_JOB_MSG_MAX])
{
	struct el_wr w = el_wr_init(out, EL_JOB_MSG_MAX);

	el_wr_u8(&w, (uint8_t)job->kind);
	el_wr_u16(&w, job->epoch);
	el_wr_u32(&w, job->segment);
	el_wr_u64(&w, job->n_rows);
	if (len > 0)
		el_wr_bytes(&w, secret, len);
	return w.err == EL_OK ? w.len : 0;
}

int
el_job_parse(const uint8_t *in, size_t in_len, struct el_job *job, const uint8_t **secret, size_t *len)
{
	struct el_rd r = el_rd_init(in, in_len);
	const uint8_t kind = el_rd_u8(&r);

	memset(job, 0, sizeof *job);
	job->epoch = el_rd_u16(&r);
	job->segment = el_rd_u32(&r);
	job->n_rows = el_rd_u64(&r);
	*len = r.left;
	if (r.err != EL_OK || kind > EL_JOB_REMOVE || r.left > EL_JOB_SECRET_MAX)
		return EL_EFORMAT;
	*secret = el_rd_view(&r, r.left);
	job->kind = (enum el_job_kind)kind;
	return el_rd_end(&r);
}

static int
send_job(struct el_jobs *j, struct el_worker *w)
{
	uint8_t secret[EL_JOB_SECRET_MAX], body[EL_JOB_MSG_MAX];
	size_t len = 0;
	int r;

	r = j->secret != NULL ? j->secret(j->ctx, &j->job, secret, &len) : EL_OK;
	if (r == EL_OK)
		r = el_worker_put(w, j->indexer_kind, 0, EL_MSG_JOB, j->serial, body,
		    el_job_encode(&j->job, secret, len, body));
	el_secret_wipe(secret, sizeof secret);
	el_secret_wipe(body, sizeof body);
	return r;
}

static bool
is_same(const struct el_job *a, const struct el_job *b)
{
	return a->kind == b->kind && a->epoch == b->epoch && a->segment == b->segment && a->n_rows == b->n_rows;
}

void
el_jobs_next(struct el_jobs *j, struct el_worker *w)
{
	if (j->asked || j->daybook->ops->job(j->daybook, &j->job) != EL_OK)
		return;
	/* Another one need not wait: on a full disk the removal of a day is what lets the rest succeed. */
	if (is_same(&j->job, &j->failed) && el_clock_monotonic_ms() < j->retry_ms)
		return;
	j->serial++;
	/* Without an indexer at the moment it is asked when there is one. */
	j->asked = send_job(j, w) == EL_OK;
}

void
el_jobs_link_up(struct el_jobs *j, struct el_worker *w)
{
	j->asked = false;
	el_jobs_next(j, w);
}

int
el_jobs_done(struct el_jobs *j, const struct el_msg *m, bool *finished, struct el_job *job)
{
	int r;

	*finished = false;
	if (m->type != EL_MSG_JOB_DONE || m->len != 4) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return EL_OK;
	}
	if (!j->asked || m->id != j->serial)
		return EL_OK; /* an answer to an earlier life of ours */
	j->asked = false;
	r = (int32_t)el_get_u32(m->body);
	if (r == EL_OK && (r = j->daybook->ops->finish(j->daybook, &j->job)) == EL_EIO)
		return r;
	if (job != NULL)
		*job = j->job;
	*finished = r == EL_OK;
	/* EL_ESTATE: its epoch was destroyed meanwhile. */
	if (r == EL_OK || r == EL_ESTATE)
		return EL_OK;
	el_log(EL_EV_JOB_FAILED, r, j->job.kind);
	j->failed = j->job;
	j->retry_ms = el_clock_monotonic_ms() + RETRY_MS;
	return EL_OK;
}
