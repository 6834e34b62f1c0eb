#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/share.h"

/* Partials: taken from trustees, combined to shared points (P-7.2 step 3). */

static bool
is_trustee(const struct el_join *j, unsigned index)
{
	for (size_t i = 0; i < j->trust->policy->n_trustees; i++)
		if (j->trust->policy->trustees[i].index == index)
			return true;
	return false;
}

static bool
has_answered(const struct el_join_part *p, unsigned trustee)
{
	for (size_t i = 0; i < p->n_partials; i++)
		if (p->partials[i].trustee == trustee)
			return true;
	return false;
}

static bool
fits(const struct el_join_part *p, const struct el_partials *a)
{
	const size_t n = el_join_items(p);

	if (a->n + a->n_refused != n)
		return false;
	return (a->n == 0 || a->partials[a->n - 1].index < n) && (a->n_refused == 0 || a->refused[a->n_refused - 1].index < n);
}

static int
copy(const struct el_partials *a, struct el_partials *out)
{
	*out = *a;
	out->partials = calloc(a->n + 1, sizeof *a->partials);
	out->refused = calloc(a->n_refused + 1, sizeof *a->refused);
	if (out->partials == NULL || out->refused == NULL) {
		el_partials_wipe(out);
		return EL_ENOMEM;
	}
	memcpy(out->partials, a->partials, a->n * sizeof *a->partials);
	memcpy(out->refused, a->refused, a->n_refused * sizeof *a->refused);
	return EL_OK;
}

static int
take_one(struct el_join_part *p, const struct el_partials *a)
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

/*
 * A file of partials names the order but not the request.  For contacts there is one request; of a trace with
 * several issuers it is kept for every request that it could answer, and the boxes tell: one opens only with its
 * own partials.
 */
int
el_join_take(struct el_join *j, size_t i, const struct el_partials *a)
{
	bool fitted = false, taken = false;
	int r;

	if (!el_hash_eq(&a->order, &j->order.hash) || a->traces != (j->order.kind == EL_ORDER_TRACE) ||
	    !is_trustee(j, a->trustee))
		return EL_EPERM;
	for (size_t k = i == SIZE_MAX ? 0 : i; k < j->n_parts && (i == SIZE_MAX || k == i); k++) {
		if (!fits(&j->parts[k], a))
			continue;
		fitted = true;
		if (has_answered(&j->parts[k], a->trustee) && (i != SIZE_MAX || j->n_parts == 1))
			continue;
		if ((r = take_one(&j->parts[k], a)) != EL_OK || (r = el_join_take_cosignature(j, &j->parts[k], a)) != EL_OK)
			return r;
		taken = true;
	}
	j->n_taken += taken;
	return taken ? EL_OK : fitted ? EL_EEXIST : EL_EPERM;
}

static unsigned
distinct(const struct el_join_part *p)
{
	bool seen[EL_TRUSTEES_MAX + 1] = { false };
	unsigned n = 0;

	for (size_t i = 0; i < p->n_partials; i++) {
		n += !seen[p->partials[i].trustee];
		seen[p->partials[i].trustee] = true;
	}
	return n;
}

unsigned
el_join_answered(const struct el_join *j)
{
	unsigned least = EL_TRUSTEES_MAX, n;
	size_t requests = 0;

	/* A request without items needs nobody. */
	for (size_t i = 0; i < j->n_parts; i++)
		if (el_join_items(&j->parts[i]) > 0) {
			n = distinct(&j->parts[i]);
			least = n < least ? n : least;
			requests++;
		}
	/* An answer that would fit several requests is for one of them. */
	if (requests > 0 && j->n_taken / requests < least)
		least = (unsigned)(j->n_taken / requests);
	return least;
}

static int
combine_from(const struct el_partials *const *from, const struct el_partial *const *partials, size_t t,
    struct el_point *out)
{
	struct el_point points[EL_TRUSTEES_MAX];
	unsigned index[EL_TRUSTEES_MAX];

	for (size_t k = 0; k < t; k++) {
		index[k] = from[k]->trustee;
		points[k] = partials[k]->point;
	}
	return el_share_combine(index, points, t, out);
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
	const struct el_partial *partials[EL_TRUSTEES_MAX];
	const struct el_partials *from[EL_TRUSTEES_MAX];
	const size_t t = j->trust->policy->threshold;
	struct el_point again;
	size_t n = 0;

	for (size_t k = 0; k < p->n_partials && n < EL_TRUSTEES_MAX; k++)
		if ((partials[n] = el_partials_find(&p->partials[k], i)) != NULL)
			from[n++] = &p->partials[k];
	if (n < t)
		return el_join_why_not(p, i);
	if (combine_from(from, partials, t, out) != EL_OK)
		return "partials_wrong";
	/* A wrong partial among more than t shows itself; which one it is, proofs will tell (later). */
	if (n > t && (combine_from(from + (n - t), partials + (n - t), t, &again) != EL_OK || !el_point_eq(out, &again)))
		return "partials_disagree";
	return NULL;
}
