#include "indexer/indexer.h"

#include "base/codec.h"
#include "base/event_log.h"
#include "indexer/jobs.h"

struct indexer {
	const struct el_indexer_role *role;
};

static int
work(const struct el_indexer_role *role, const struct el_msg *m)
{
	const uint8_t *secret;
	struct el_job job;
	size_t len;
	int r;

	if ((r = el_job_parse(m->body, m->len, &job, &secret, &len)) != EL_OK) {
		el_log(EL_EV_PEER_MISBEHAVED, r, m->type);
		return r;
	}
	if (role->work != NULL)
		return role->work(role->dir, &job, secret, len);
	return job.kind != EL_JOB_REWRITE && len == 0 ? el_daybook_sqlite_work(role->dir, &job, NULL, NULL, NULL) :
							EL_EFORMAT;
}

/* Nothing else is to be done meanwhile: a job may take its minutes here. */
static void
indexer_message(void *ctx, struct el_worker *w, unsigned kind, unsigned index, const struct el_msg *m)
{
	const struct indexer *const x = ctx;
	uint8_t body[4];
	int r;

	if (kind != x->role->core_kind || m->type != EL_MSG_JOB) {
		el_log(EL_EV_PEER_MISBEHAVED, EL_EFORMAT, m->type);
		return;
	}
	el_put_u32(body, (uint32_t)work(x->role, m));
	el_msg_wipe(m);
	/* A core that is gone asks again when it is back. */
	if ((r = el_worker_put(w, kind, index, EL_MSG_JOB_DONE, m->id, body, sizeof body)) != EL_OK)
		el_log(EL_EV_LINK_LOST, r, m->type);
}

int
el_indexer_run(struct el_child *child, const struct el_indexer_role *role)
{
	static const struct el_worker_ops ops = { .message = indexer_message };
	struct indexer x = { role };

	return el_worker_run(child, &ops, &x);
}
