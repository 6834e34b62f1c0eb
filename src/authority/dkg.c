#include "authority/dkg.h"

#include <stdlib.h>
#include <string.h>

#include "authority/dkg_internal.h"
#include "base/codec.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/share.h"

int
el_dkg_new(const struct el_dkg_plan *p, struct el_dkg **out)
{
	if ((*out = calloc(1, sizeof **out)) == NULL)
		return EL_ENOMEM;
	(*out)->plan = *p;
	return EL_OK;
}

void
el_dkg_free(struct el_dkg *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->plan.n; i++) {
		struct el_dkg_member *m = &d->members[i];

		el_dkg_reveal_wipe(&m->reveal);
		el_dkg_commitments_wipe(&m->commitments);
		el_dkg_list_wipe(&m->complaint);
		el_dkg_list_wipe(&m->answer);
	}
	free(d);
}

const struct el_dkg_plan *
el_dkg_plan(const struct el_dkg *d)
{
	return &d->plan;
}

int
el_dkg_plan_check(const struct el_dkg_plan *p, const struct el_policy *policy)
{
	if (!el_hash_eq(&p->deployment, &policy->deployment) || p->lab != policy->lab ||
	    p->threshold != policy->threshold || p->n != policy->n_trustees)
		return EL_EPERM;
	for (size_t i = 0; i < p->n; i++)
		if (!el_point_eq(&p->box_keys[i], &policy->trustees[i].box_key))
			return EL_EPERM;
	return EL_OK;
}

/* --- what was said --- */

/* A doc that does not parse was said all the same; only want of memory is no answer. */
static int
take_doc(struct el_dkg *d, struct el_dkg_member *m, const struct el_dkg_file *f)
{
	int r;

	switch (f->kind) {
	case EL_DKG_HASH:
		r = el_dkg_hash_parse(f->doc, f->len, &m->hash);
		m->has_hash = r == EL_OK;
		break;
	case EL_DKG_REVEAL:
		r = el_dkg_reveal_parse(&d->plan, f->doc, f->len, &m->reveal);
		m->reveal_malformed = r != EL_OK;
		break;
	case EL_DKG_COMPLAINT:
		r = el_dkg_list_parse(&d->plan, false, f->doc, f->len, &m->complaint);
		break;
	case EL_DKG_ANSWER:
		r = el_dkg_list_parse(&d->plan, true, f->doc, f->len, &m->answer);
		break;
	default:
		return EL_EPERM;
	}
	return r == EL_ENOMEM ? r : EL_OK;
}

int
el_dkg_take(struct el_dkg *d, const struct el_dkg_file *f)
{
	struct el_dkg_member *m;
	struct el_hash hash;
	int r;

	if ((r = el_dkg_file_verify(f, &d->plan)) != EL_OK)
		return r;
	m = &d->members[f->trustee - 1];
	el_sha256(f->doc, f->len, &hash);
	if (m->said[f->kind])
		return el_hash_eq(&hash, &m->docs[f->kind]) ? EL_OK : EL_EEXIST;
	if ((r = take_doc(d, m, f)) != EL_OK)
		return r;
	m->said[f->kind] = true;
	m->docs[f->kind] = hash;
	return EL_OK;
}

bool
el_dkg_has(const struct el_dkg *d, enum el_dkg_kind kind, unsigned trustee)
{
	return d->members[trustee - 1].said[kind];
}

/* --- judging --- */

const char *
el_dkg_fault_text(enum el_dkg_fault f)
{
	static const char *const text[] = {
		[EL_DKG_GOOD] = "qualified",
		[EL_DKG_NO_HASH] = "its hash was not there when the others revealed",
		[EL_DKG_NOT_REVEALED] = "it has not revealed its commitments",
		[EL_DKG_OTHER_HASHES] = "it has seen other hashes than the others",
		[EL_DKG_HASH_DIFFERS] = "its commitments are not those of its hash",
		[EL_DKG_MALFORMED] = "its commitments are malformed",
		[EL_DKG_NO_KNOWLEDGE] = "a proof of knowledge does not hold",
		[EL_DKG_ACCUSED] = "as many trustees complain of it as open a box",
		[EL_DKG_UNANSWERED] = "it has not answered a complaint",
		[EL_DKG_WRONG_ANSWER] = "its answer does not fit its commitments",
	};

	return text[f];
}

static bool
same_hashes(const struct el_dkg_plan *p, const struct el_dkg_reveal *a, const struct el_dkg_reveal *b)
{
	for (size_t i = 0; i < p->n; i++)
		if (a->has[i] != b->has[i] || (a->has[i] && !el_hash_eq(&a->hashes[i], &b->hashes[i])))
			return false;
	return true;
}

/* The hashes that t trustees revealed with; as 2t > n, no other t can have had others.  NULL: there are none. */
static const struct el_dkg_reveal *
find_roll(const struct el_dkg *d)
{
	for (size_t i = 0; i < d->plan.n; i++) {
		const struct el_dkg_reveal *roll = &d->members[i].reveal;
		unsigned n = 0;

		for (size_t k = 0; roll->commitments != NULL && k < d->plan.n; k++)
			n += d->members[k].reveal.commitments != NULL &&
			     same_hashes(&d->plan, roll, &d->members[k].reveal);
		if (n >= d->plan.threshold)
			return roll;
	}
	return NULL;
}

/* P-12.9: a copied commitment, or one made out of others', comes without its logarithm. */
static bool
proofs_hold(const struct el_dkg_plan *p, unsigned j, const struct el_dkg_commitments *c)
{
	uint8_t context[EL_DKG_CONTEXT_LEN];

	for (size_t i = 0; i < el_dkg_plan_keys(p); i++) {
		struct el_epoch_keys *day = &c->epochs[i / EL_DKG_PURPOSES];
		const unsigned k = (unsigned)(i % EL_DKG_PURPOSES);

		el_dkg_context(p, j, day->epoch, k + 1, context);
		if (el_schnorr_verify(EL_DKG_POK_LABEL, &el_dkg_of_purpose(day, k)[0], context, sizeof context,
		    c->proofs[i]) != EL_OK)
			return false;
	}
	return true;
}

void
el_dkg_context(const struct el_dkg_plan *p, unsigned trustee, el_epoch epoch, unsigned what,
    uint8_t out[EL_DKG_CONTEXT_LEN])
{
	memcpy(out, p->hash.b, EL_HASH_LEN);
	out[EL_HASH_LEN] = (uint8_t)trustee;
	el_put_u16(out + EL_HASH_LEN + 1, epoch);
	out[EL_HASH_LEN + 3] = (uint8_t)what;
}

/* What is wrong before commitments are looked at. */
static enum el_dkg_fault
judge_reveal(const struct el_dkg *d, const struct el_dkg_reveal *roll, unsigned j)
{
	const struct el_dkg_member *m = &d->members[j - 1];
	struct el_hash hash;

	if (!roll->has[j - 1])
		return EL_DKG_NO_HASH;
	if (!m->said[EL_DKG_REVEAL])
		return EL_DKG_NOT_REVEALED;
	if (m->reveal_malformed)
		return EL_DKG_MALFORMED;
	if (!same_hashes(&d->plan, roll, &m->reveal))
		return EL_DKG_OTHER_HASHES;
	el_sha256(m->reveal.commitments, m->reveal.len, &hash);
	return el_hash_eq(&hash, &roll->hashes[j - 1]) ? EL_DKG_GOOD : EL_DKG_HASH_DIFFERS;
}

/* One trustee by its commitments alone. */
static int
judge_commitments(const struct el_dkg *d, const struct el_dkg_reveal *roll, unsigned j, struct el_dkg_member *m)
{
	int r = EL_OK;

	m->takes_part = false;
	if ((m->fault = judge_reveal(d, roll, j)) != EL_DKG_GOOD)
		return EL_OK;
	if (m->commitments.epochs == NULL)
		r = el_dkg_commitments_parse(&d->plan, m->reveal.commitments, m->reveal.len, &m->commitments);
	if (r == EL_ENOMEM)
		return r;
	m->takes_part = r == EL_OK;
	if (!m->takes_part)
		m->fault = EL_DKG_MALFORMED;
	else if (!proofs_hold(&d->plan, j, &m->commitments))
		m->fault = EL_DKG_NO_KNOWLEDGE;
	return EL_OK;
}

bool
el_dkg_complains(const struct el_dkg *d, unsigned complainer, unsigned accused)
{
	const struct el_dkg_member *m = &d->members[complainer - 1];

	return complainer != accused && m->takes_part && el_dkg_list_names(&d->plan, &m->complaint, accused);
}

/* Whether the answer of `accused` to one complainer holds every key asked for, and each fits. */
static enum el_dkg_fault
judge_answer(const struct el_dkg *d, unsigned accused, unsigned complainer)
{
	const struct el_dkg_list *complaint = &d->members[complainer - 1].complaint;
	const struct el_dkg_member *m = &d->members[accused - 1];
	const size_t keys = el_dkg_plan_keys(&d->plan);

	for (size_t i = 0; i < keys; i++) {
		const size_t at = (complainer - 1) * keys + i;

		if (!complaint->named[(accused - 1) * keys + i])
			continue;
		if (m->answer.named == NULL || !m->answer.named[at])
			return EL_DKG_UNANSWERED;
		if (el_share_verify(el_dkg_of_key(m->commitments.epochs, i),
		    d->plan.threshold, complainer, &m->answer.shares[at]) != EL_OK)
			return EL_DKG_WRONG_ANSWER;
	}
	return EL_DKG_GOOD;
}

static enum el_dkg_fault
judge_complaints(const struct el_dkg *d, unsigned accused, bool with_answers)
{
	enum el_dkg_fault f = EL_DKG_GOOD;
	unsigned n = 0;

	for (unsigned j = 1; j <= d->plan.n; j++)
		n += el_dkg_complains(d, j, accused);
	if (n >= d->plan.threshold)
		return EL_DKG_ACCUSED;
	for (unsigned j = 1; with_answers && f == EL_DKG_GOOD && j <= d->plan.n; j++)
		if (el_dkg_complains(d, j, accused))
			f = judge_answer(d, accused, j);
	return f;
}

int
el_dkg_judge(struct el_dkg *d, bool with_answers)
{
	const struct el_dkg_reveal *roll = find_roll(d);
	int r;

	if (roll == NULL)
		return EL_ESTATE;
	for (unsigned j = 1; j <= d->plan.n; j++)
		if ((r = judge_commitments(d, roll, j, &d->members[j - 1])) != EL_OK)
			return r;
	for (unsigned j = 1; j <= d->plan.n; j++)
		if (d->members[j - 1].fault == EL_DKG_GOOD)
			d->members[j - 1].fault = judge_complaints(d, j, with_answers);
	return EL_OK;
}

enum el_dkg_fault
el_dkg_fault(const struct el_dkg *d, unsigned trustee)
{
	return d->members[trustee - 1].fault;
}

bool
el_dkg_takes_part(const struct el_dkg *d, unsigned trustee)
{
	return d->members[trustee - 1].takes_part;
}

/* --- the sum --- */

static int
add_commitments(const struct el_dkg_plan *p, struct el_epoch_keys *sum, const struct el_epoch_keys *one, bool first)
{
	struct el_epoch_keys keys = *one;
	int r = EL_OK;

	for (unsigned k = 0; k < EL_DKG_PURPOSES; k++)
		for (unsigned i = 0; r == EL_OK && i < p->threshold; i++) {
			struct el_point *to = &el_dkg_of_purpose(sum, k)[i];
			const struct el_point *from = &el_dkg_of_purpose(&keys, k)[i];

			if (first)
				*to = *from;
			else
				r = el_point_add(to, to, from);
		}
	return r;
}

int
el_dkg_sum(const struct el_dkg *d, struct el_dkg_result *out)
{
	const struct el_dkg_plan *p = &d->plan;
	unsigned n = 0;
	int r = EL_OK;

	memset(out, 0, sizeof *out);
	for (unsigned j = 1; j <= p->n; j++)
		n += out->qualified[j - 1] = d->members[j - 1].takes_part && d->members[j - 1].fault == EL_DKG_GOOD;
	if (n < p->threshold)
		r = EL_ESTATE;
	else if ((out->epochs = calloc(p->days, sizeof *out->epochs)) == NULL)
		r = EL_ENOMEM;
	for (unsigned day = 0; r == EL_OK && day < p->days; day++) {
		bool first = true;

		out->epochs[day].epoch = (el_epoch)(p->first + day);
		for (size_t i = 0; r == EL_OK && i < p->n; i++)
			if (out->qualified[i]) {
				r = add_commitments(
				    p, &out->epochs[day], &d->members[i].commitments.epochs[day], first);
				first = false;
			}
	}
	if (r != EL_OK)
		el_dkg_result_wipe(out);
	return r;
}

int
el_dkg_append_to(const struct el_dkg_plan *p, const struct el_dkg_result *q, struct el_bundle *b)
{
	if (p->days > EL_EPOCHS_AHEAD_MAX - b->n_epochs)
		return EL_ELIMIT;
	if (b->n_epochs > 0 && b->epochs[b->n_epochs - 1].epoch >= p->first)
		return EL_EEXIST;
	memcpy(&b->epochs[b->n_epochs], q->epochs, p->days * sizeof *q->epochs);
	b->n_epochs += p->days;
	return EL_OK;
}

int
el_dkg_check_bundle(const struct el_dkg_plan *p, const struct el_dkg_result *q, const struct el_bundle *b)
{
	if (!el_hash_eq(&p->deployment, &b->deployment) || b->threshold != p->threshold)
		return EL_ECRYPTO;
	for (unsigned day = 0; day < p->days; day++) {
		const struct el_epoch_keys *found = el_bundle_epoch(b, q->epochs[day].epoch);
		struct el_epoch_keys keys;

		if (found == NULL)
			return EL_ENOTFOUND;
		keys = *found;
		for (unsigned k = 0; k < EL_DKG_PURPOSES; k++)
			for (unsigned i = 0; i < p->threshold; i++)
				if (!el_point_eq(
					&el_dkg_of_purpose(&keys, k)[i], &el_dkg_of_purpose(&q->epochs[day], k)[i]))
					return EL_ECRYPTO;
	}
	return EL_OK;
}
