#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "authority/proofs.h"
#include "crypto/hash.h"
#include "crypto/share.h"

/* Partials: taken from trustees if they are proven, combined to shared points (P-7.2 step 3). */

static bool
is_trustee(const struct el_join *j, unsigned index)
{
	for (size_t i = 0; i < j->trust->policy->n_trustees; i++)
		if (j->trust->policy->trustees[i].index == index)
			return true;
	return false;
}

static bool
fits(const struct el_join_part *p, const struct el_partials *a)
{
	const size_t n = el_join_items(p);

	if (a->n + a->n_refused != n)
		return false;
	/* They may have been put together from pages. */
	for (size_t i = 0; i < a->n; i++)
		if (a->partials[i].index >= n || (i > 0 && a->partials[i].index <= a->partials[i - 1].index))
			return false;
	for (size_t i = 0; i < a->n_refused; i++)
		if (a->refused[i].index >= n || (i > 0 && a->refused[i].index <= a->refused[i - 1].index))
			return false;
	return true;
}

/* Proofs are for now only: what is kept has been checked. */
static int
copy(const struct el_partials *a, struct el_partials *out)
{
	*out = *a;
	out->proofs = NULL;
	out->n_proofs = 0;
	out->partials = calloc(a->n + 1, sizeof *a->partials);
	out->refused = calloc(a->n_refused + 1, sizeof *a->refused);
	if (out->partials == NULL || out->refused == NULL) {
		el_partials_wipe(out);
		return EL_ENOMEM;
	}
	for (size_t i = 0; i < a->n; i++)
		out->partials[i] = a->partials[i];
	for (size_t i = 0; i < a->n_refused; i++)
		out->refused[i] = a->refused[i];
	return EL_OK;
}

static struct el_partials *
answer_of(const struct el_join_part *p, unsigned trustee)
{
	for (size_t i = 0; i < p->n_partials; i++)
		if (p->partials[i].trustee == trustee)
			return &p->partials[i];
	return NULL;
}

static int
add_answer(struct el_join_part *p, const struct el_partials *a)
{
	struct el_partials *bigger = realloc(p->partials, (p->n_partials + 1) * sizeof *bigger);
	int r;

	if (bigger == NULL)
		return EL_ENOMEM;
	p->partials = bigger;
	if ((r = copy(a, &bigger[p->n_partials])) == EL_OK)
		p->n_partials++;
	return r;
}

struct proving {
	const struct el_join_ops *ops;
	char what[40];
};

static void
progress(void *ctx, size_t done, size_t total)
{
	const struct proving *p = ctx;

	p->ops->progress(p->ops->ctx, p->what, done, total);
}

/* As el_proofs_check(). */
static int
check(const struct el_join *j, const struct el_join_ops *ops, struct el_join_part *p, const struct el_partials *a)
{
	struct proving proving = { .ops = ops };
	int r;

	if (p->asked == NULL && (r = el_proofs_asked(p->request, &p->statement, &p->asked)) != EL_OK)
		return r;
	snprintf(proving.what, sizeof proving.what, "proofs of trustee %u", a->trustee);
	return el_proofs_check(a, p->asked, j->trust->bundle, ops != NULL && ops->progress != NULL ? progress : NULL, &proving);
}

static int
refuse(char message[EL_JOIN_MESSAGE], unsigned trustee, int why)
{
	snprintf(message, EL_JOIN_MESSAGE, "trustee %u: %s", trustee,
	    why == EL_ECRYPTO ? "wrong partials (proof does not verify)" :
	    why == EL_EFORMAT ? "wrong partials (not one proof for each day)" :
	    why == EL_ENOTFOUND ? "partials of a day that the bundle does not have" : "not partials for this order's request");
	return EL_EPERM;
}

static int take(struct el_join *, const struct el_join_ops *, size_t i, const struct el_partials *, int *why);

/*
 * Into one request.  Where everything was refused nothing is proven, so of several requests that it would fit such an
 * answer is kept for the first; one with partials takes its place, and it goes on to the next.  EL_EEXIST.
 */
static int
put(struct el_join *j, struct el_join_part *p, const struct el_partials *a)
{
	struct el_partials *there = answer_of(p, a->trustee), new, old;
	int r, why;

	if (there == NULL)
		return add_answer(p, a);
	if (there->n > 0 || a->n == 0)
		return EL_EEXIST;
	if ((r = copy(a, &new)) != EL_OK)
		return r;
	old = *there;
	*there = new;
	r = take(j, NULL, SIZE_MAX, &old, &why);
	el_partials_wipe(&old);
	return r == EL_ENOMEM ? r : EL_OK;
}

/* EL_EPERM: *why is that of el_proofs_check(), or EL_OK where it fits no request at all. */
static int
take(struct el_join *j, const struct el_join_ops *ops, size_t i, const struct el_partials *a, int *why)
{
	int r, result = EL_EPERM;

	*why = EL_OK;
	for (size_t k = i == SIZE_MAX ? 0 : i; k < j->n_parts && (i == SIZE_MAX || k == i); k++) {
		if (!fits(&j->parts[k], a))
			continue;
		if ((r = check(j, ops, &j->parts[k], a)) == EL_OK)
			r = put(j, &j->parts[k], a);
		else if (r != EL_ENOMEM) {
			*why = r;
			continue;
		}
		if (r == EL_OK)
			r = el_join_take_cosignature(j, &j->parts[k], a);
		if (r != EL_EEXIST)
			return r;
		result = r;
	}
	return result;
}

int
el_join_take(struct el_join *j, const struct el_join_ops *ops, size_t i, const struct el_partials *a,
    char message[EL_JOIN_MESSAGE])
{
	int r, why = EL_OK;

	message[0] = '\0';
	if (!el_hash_eq(&a->order, &j->order.hash) || a->traces != (j->order.kind == EL_ORDER_TRACE) ||
	    !is_trustee(j, a->trustee))
		r = EL_EPERM;
	else
		r = take(j, ops, i, a, &why);
	return r == EL_EPERM ? refuse(message, a->trustee, why) : r;
}

unsigned
el_join_answered(const struct el_join *j)
{
	size_t least = SIZE_MAX;

	/* A request without items needs nobody. */
	for (size_t i = 0; i < j->n_parts; i++)
		if (el_join_items(&j->parts[i]) > 0 && j->parts[i].n_partials < least)
			least = j->parts[i].n_partials;
	return least < EL_TRUSTEES_MAX ? (unsigned)least : EL_TRUSTEES_MAX;
}

const char *
el_join_why_not(const struct el_join_part *p, uint32_t i)
{
	const char *reason = NULL;

	/* A trustee without a share says less than one who found something wrong. */
	for (size_t k = 0; k < p->n_partials; k++) {
		const char *one = el_partials_reason(&p->partials[k], i);

		if (one != NULL && (reason == NULL || strcmp(reason, "no_share") == 0))
			reason = one;
	}
	return reason != NULL ? reason : "partials_missing";
}

const char *
el_join_combine(const struct el_join *j, const struct el_join_part *p, uint32_t i, struct el_point *out)
{
	const size_t t = j->trust->policy->threshold;
	struct el_point points[EL_TRUSTEES_MAX];
	unsigned index[EL_TRUSTEES_MAX];
	const struct el_partial *one;
	size_t n = 0;

	for (size_t k = 0; k < p->n_partials && n < t; k++)
		if ((one = el_partials_find(&p->partials[k], i)) != NULL) {
			index[n] = p->partials[k].trustee;
			points[n++] = one->point;
		}
	if (n < t)
		return el_join_why_not(p, i);
	return el_share_combine(index, points, t, out) == EL_OK ? NULL : "partials_wrong";
}
