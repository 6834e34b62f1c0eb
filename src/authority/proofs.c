#include "authority/proofs.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/group.h"
#include "crypto/share.h"
#include "entrylog/token.h"

int
el_proofs_asked(const struct el_request *q, const struct el_trace_statement *s, struct el_asked **out)
{
	const size_t n = q->trace ? q->n_boxes : q->n_rows;
	struct el_asked *asked = calloc(n + 1, sizeof *asked);
	struct el_token token;

	if ((*out = asked) == NULL)
		return EL_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		asked[i].epoch = q->trace ? s->rows[i].epoch : q->rows[i].epoch;
		if (q->trace)
			asked[i].is_point = el_point_parse(q->boxes[i], &asked[i].r) == EL_OK;
		else
			asked[i].is_point = el_token_parse_body(q->rows[i].body.b, EL_BODY_LEN, &token) == EL_OK &&
			    el_point_parse(token.r, &asked[i].r) == EL_OK;
	}
	return EL_OK;
}

/* The pairs of one epoch, in the order of their indexes. */
struct pairs {
	struct el_point *r, *d; /* room for every partial */
	size_t n;
};

static int
pairs_new(const struct el_partials *p, struct pairs *out)
{
	*out = (struct pairs){ calloc(p->n + 1, sizeof *out->r), calloc(p->n + 1, sizeof *out->d), 0 };
	return out->r != NULL && out->d != NULL ? EL_OK : EL_ENOMEM;
}

static void
pairs_free(struct pairs *pairs)
{
	free(pairs->r);
	free(pairs->d);
}

/* What is no point stays zero, the identity: no proof verifies over it. */
static void
gather(const struct el_partials *p, const struct el_asked *asked, const struct el_proof *proof, struct pairs *out)
{
	out->n = 0;
	for (size_t i = 0; i < p->n; i++) {
		const uint32_t index = p->partials[i].index;

		if (index < proof->first || index - proof->first >= proof->n || asked[index].epoch != proof->epoch)
			continue;
		out->r[out->n] = asked[index].r;
		out->d[out->n++] = p->partials[i].point;
	}
}

static struct el_dleq
subject(const struct el_partials *p, el_epoch e, const struct pairs *pairs)
{
	return (struct el_dleq){ .purpose = p->traces ? EL_DLEQ_TRACES : EL_DLEQ_LINKS, .epoch = e, .trustee = p->trustee,
		.order = p->order, .r = pairs->r, .d = pairs->d, .n = pairs->n };
}

static int
compare_epochs(const void *a, const void *b)
{
	const struct el_proof *x = a, *y = b;

	return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

/* The epochs that have partials, ascending, each as a proof without its scalars. */
static int
find_epochs(struct el_partials *p, const struct el_asked *asked)
{
	for (size_t i = 0; i < p->n; i++) {
		const el_epoch e = asked[p->partials[i].index].epoch;
		size_t k = 0;

		while (k < p->n_proofs && p->proofs[k].epoch != e)
			k++;
		if (k < p->n_proofs)
			continue;
		if (k == EL_ORDER_DAYS_MAX)
			return EL_ELIMIT;
		p->proofs[p->n_proofs++] = (struct el_proof){ .epoch = e, .n = EL_ORDER_ROWS_MAX };
	}
	qsort(p->proofs, p->n_proofs, sizeof *p->proofs, compare_epochs);
	return EL_OK;
}

int
el_proofs_make(struct el_partials *p, const struct el_asked *asked, el_proofs_share_fn *share_of, void *ctx)
{
	struct el_scalar share;
	struct el_dleq q;
	struct pairs pairs;
	int r;

	p->n_proofs = 0;
	if ((r = pairs_new(p, &pairs)) != EL_OK)
		goto out;
	if ((p->proofs = calloc(EL_ORDER_DAYS_MAX, sizeof *p->proofs)) == NULL) {
		r = EL_ENOMEM;
		goto out;
	}
	r = find_epochs(p, asked);
	for (size_t k = 0; r == EL_OK && k < p->n_proofs; k++) {
		gather(p, asked, &p->proofs[k], &pairs);
		q = subject(p, p->proofs[k].epoch, &pairs);
		share_of(ctx, q.epoch, &share, &q.public);
		r = el_dleq_prove(&q, &share, &p->proofs[k].dleq);
		el_scalar_wipe(&share);
	}
out:
	pairs_free(&pairs);
	return r;
}

/* Progress over all proofs of an answer, from that of one. */
struct progress {
	el_proofs_progress_fn *fn;
	void *ctx;
	size_t before, total;
};

static void
step(void *ctx, size_t done, size_t total)
{
	const struct progress *g = ctx;

	(void)total;
	g->fn(g->ctx, g->before + done, g->total);
}

static int
check_one(const struct el_partials *p, const struct el_proof *proof, const struct el_bundle *bundle,
    const struct pairs *pairs, struct progress *progress)
{
	const struct el_epoch_keys *keys = el_bundle_epoch(bundle, proof->epoch);
	struct el_dleq q = subject(p, proof->epoch, pairs);
	int r;

	if (pairs->n == 0)
		return EL_EFORMAT;
	if (keys == NULL)
		return EL_ENOTFOUND;
	if ((r = el_share_public(p->traces ? keys->traces : keys->links, bundle->threshold, p->trustee, &q.public)) != EL_OK)
		return EL_ECRYPTO;
	if (progress->fn != NULL) {
		q.progress = step;
		q.ctx = progress;
	}
	return el_dleq_verify(&q, &proof->dleq) == EL_OK ? EL_OK : EL_ECRYPTO;
}

int
el_proofs_check(const struct el_partials *p, const struct el_asked *asked, const struct el_bundle *bundle,
    el_proofs_progress_fn *fn, void *ctx)
{
	struct progress progress = { fn, ctx, 0, p->n };
	struct pairs pairs;
	int r;

	r = pairs_new(p, &pairs);
	for (size_t k = 0; r == EL_OK && k < p->n_proofs; k++) {
		gather(p, asked, &p->proofs[k], &pairs);
		r = check_one(p, &p->proofs[k], bundle, &pairs, &progress);
		progress.before += pairs.n;
	}
	/* No two proofs speak of one partial: epochs ascend within a page, and pages lie apart. */
	if (r == EL_OK && progress.before != p->n)
		r = EL_EFORMAT;
	pairs_free(&pairs);
	return r;
}
