#include "authority/dkg_party.h"

#include <stdlib.h>
#include <string.h>

#include "authority/dkg_internal.h"
#include "base/secret.h"
#include "crypto/box.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/keyfile.h"
#include "crypto/share.h"

#define SHARES_AD "EL1-box-dkg"
#define STATE_AD "EL1-box-dkg-state"
#define AD_MAX (sizeof STATE_AD - 1 + EL_HASH_LEN + 2)

_Static_assert(sizeof((struct el_dkg_state *)0)->box == EL_KEY_LEN + EL_BOX_OVERHEAD, "a state holds one seed");

/* All that is secret, in one guarded piece; the shares received stand behind it. */
struct secret {
	struct el_scalar key, fresh_key;
	uint8_t seed[EL_KEY_LEN];
	struct el_scalar received[]; /* by dealer, then key; zero where there is none */
};
struct el_dkg_party {
	struct el_dkg_plan plan;
	unsigned index;
	struct el_point fresh_pub;
	bool received[EL_TRUSTEES_MAX];
	struct secret *secret;
};

/* label || plan hash || one or two trustees (0: no second). */
static size_t
make_ad(const char *label, const struct el_dkg_plan *p, unsigned from, unsigned to, uint8_t out[AD_MAX])
{
	size_t n = strlen(label);

	memcpy(out, label, n);
	memcpy(out + n, p->hash.b, EL_HASH_LEN);
	n += EL_HASH_LEN;
	out[n++] = (uint8_t)from;
	if (to != 0)
		out[n++] = (uint8_t)to;
	return n;
}

/* --- secret --- */

static int
party_new(const struct el_dkg_plan *p, const uint8_t trustee_key[32], struct el_dkg_party **out)
{
	struct el_dkg_party *party = calloc(1, sizeof *party);
	struct el_point pub;
	uint8_t *guarded = NULL;
	int r = EL_ENOMEM;

	*out = NULL;
	if (party == NULL || (r = el_secret_new(sizeof(struct secret) + p->n * el_dkg_plan_keys(p) * EL_SCALAR_LEN,
	    &guarded)) != EL_OK)
		goto out;
	party->plan = *p;
	party->secret = (struct secret *)(void *)guarded;
	if ((r = el_scalar_parse(trustee_key, &party->secret->key)) != EL_OK ||
	    (r = el_keyfile_public(EL_PURPOSE_TRUSTEE, trustee_key, pub.b)) != EL_OK)
		goto out;
	for (unsigned j = 1; j <= p->n; j++)
		if (el_point_eq(&p->box_keys[j - 1], &pub))
			party->index = j;
	r = party->index != 0 ? EL_OK : EL_EPERM;
	if (r == EL_OK) {
		*out = party;
		party = NULL;
	}
out:
	el_dkg_party_free(party);
	return r;
}

/* Once the seed is there. */
static int
derive_fresh_key(struct el_dkg_party *party)
{
	uint8_t context[EL_DKG_CONTEXT_LEN];

	el_dkg_context(&party->plan, party->index, 0, 0, context);
	el_share_derive(party->secret->seed, context, sizeof context, 1, &party->secret->fresh_key);
	return el_point_base(&party->fresh_pub, &party->secret->fresh_key);
}

int
el_dkg_party_new(const struct el_dkg_plan *p, const uint8_t trustee_key[32], struct el_dkg_party **out)
{
	int r;

	if ((r = party_new(p, trustee_key, out)) != EL_OK)
		return r;
	el_random((*out)->secret->seed, EL_KEY_LEN);
	if ((r = derive_fresh_key(*out)) != EL_OK) {
		el_dkg_party_free(*out);
		*out = NULL;
	}
	return r;
}

int
el_dkg_party_open(const struct el_dkg_plan *p, const uint8_t trustee_key[32], const uint8_t *state, size_t len,
    struct el_dkg_party **out)
{
	struct el_dkg_party *party = NULL;
	struct el_dkg_state s;
	uint8_t ad[AD_MAX];
	size_t n;
	int r;

	*out = NULL;
	if ((r = el_dkg_state_parse(state, len, &s)) != EL_OK || (r = party_new(p, trustee_key, &party)) != EL_OK)
		return r;
	n = make_ad(STATE_AD, p, party->index, 0, ad);
	if (!el_hash_eq(&s.plan, &p->hash) || s.trustee != party->index)
		r = EL_EPERM;
	else if ((r = el_box_open(&party->secret->key, &p->box_keys[party->index - 1], s.box, sizeof s.box, ad, n,
	    party->secret->seed)) == EL_OK && (r = derive_fresh_key(party)) == EL_OK) {
		*out = party;
		party = NULL;
	}
	el_dkg_party_free(party);
	return r;
}

void
el_dkg_party_free(struct el_dkg_party *party)
{
	if (party == NULL)
		return;
	el_secret_free((uint8_t *)(void *)party->secret);
	free(party);
}

unsigned
el_dkg_party_index(const struct el_dkg_party *party)
{
	return party->index;
}

int
el_dkg_party_save(const struct el_dkg_party *party, uint8_t **out, size_t *len)
{
	struct el_dkg_state s = { .plan = party->plan.hash, .trustee = party->index };
	uint8_t ad[AD_MAX];
	const size_t n = make_ad(STATE_AD, &party->plan, party->index, 0, ad);
	int r;

	*out = NULL;
	*len = 0;
	if ((r = el_box_seal(&party->plan.box_keys[party->index - 1], party->secret->seed, EL_KEY_LEN, ad, n, s.box)) !=
	    EL_OK)
		return r;
	return el_dkg_state_encode(&s, out, len);
}

/* The polynomial of one key, by day and purpose; the caller wipes it. */
static void
polynomial(const struct el_dkg_party *party, size_t key, struct el_scalar a[EL_TRUSTEES_MAX],
    uint8_t context[EL_DKG_CONTEXT_LEN])
{
	const el_epoch epoch = (el_epoch)(party->plan.first + key / EL_DKG_PURPOSES);

	el_dkg_context(&party->plan, party->index, epoch, (unsigned)(key % EL_DKG_PURPOSES) + 1, context);
	el_share_derive(party->secret->seed, context, EL_DKG_CONTEXT_LEN, party->plan.threshold, a);
}

/* f(to) of one key. */
static void
share_for(const struct el_dkg_party *party, size_t key, unsigned to, struct el_scalar *out)
{
	struct el_scalar a[EL_TRUSTEES_MAX];
	uint8_t context[EL_DKG_CONTEXT_LEN];

	polynomial(party, key, a, context);
	el_share_at(a, party->plan.threshold, to, out);
	el_secret_wipe(a, sizeof a);
}

/* --- what is said --- */

/* Take a doc over and say it; frees it on failure. */
static int
say(const struct el_dkg_party *party, enum el_dkg_kind kind, uint8_t *doc, size_t len, struct el_dkg_file *out)
{
	int r;

	*out = (struct el_dkg_file){ .kind = kind, .plan = party->plan.hash, .trustee = party->index, .doc = doc,
		.len = len };
	if ((r = el_dkg_file_prove(out, &party->secret->key)) != EL_OK)
		el_dkg_file_wipe(out);
	return r;
}

/* The same bytes every time: what is revealed is what was hashed. */
static int
commitments(const struct el_dkg_party *party, uint8_t **out, size_t *len)
{
	const struct el_dkg_plan *p = &party->plan;
	struct el_scalar a[EL_TRUSTEES_MAX];
	uint8_t context[EL_DKG_CONTEXT_LEN];
	struct el_dkg_commitments c;
	int r;

	*out = NULL;
	if ((r = el_dkg_commitments_new(p, &c)) != EL_OK)
		return r;
	c.box_key = party->fresh_pub;
	for (size_t i = 0; r == EL_OK && i < el_dkg_plan_keys(p); i++) {
		struct el_point *points = el_dkg_of_key(c.epochs, i);

		polynomial(party, i, a, context);
		for (unsigned k = 0; r == EL_OK && k < p->threshold; k++)
			r = el_point_base(&points[k], &a[k]);
		if (r == EL_OK)
			r = el_schnorr_prove(EL_DKG_POK_LABEL, &a[0], context, sizeof context, c.proofs[i]);
	}
	el_secret_wipe(a, sizeof a);
	if (r == EL_OK)
		r = el_dkg_commitments_encode(p, &c, out, len);
	el_dkg_commitments_wipe(&c);
	return r;
}

int
el_dkg_party_hash(const struct el_dkg_party *party, struct el_dkg_file *out)
{
	uint8_t *bytes, *doc = NULL;
	struct el_hash hash;
	size_t len, doc_len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = commitments(party, &bytes, &len)) != EL_OK)
		return r;
	el_sha256(bytes, len, &hash);
	free(bytes);
	if ((r = el_dkg_hash_encode(&hash, &doc, &doc_len)) != EL_OK)
		return r;
	return say(party, EL_DKG_HASH, doc, doc_len, out);
}

int
el_dkg_party_reveal(const struct el_dkg_party *party, const struct el_dkg *d, struct el_dkg_file *out)
{
	const struct el_dkg_member *own = &d->members[party->index - 1];
	struct el_dkg_reveal v;
	uint8_t *doc = NULL;
	struct el_hash hash;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	memset(&v, 0, sizeof v);
	if ((r = commitments(party, &v.commitments, &v.len)) != EL_OK)
		return r;
	el_sha256(v.commitments, v.len, &hash);
	for (size_t i = 0; i < party->plan.n; i++) {
		v.has[i] = d->members[i].has_hash;
		v.hashes[i] = d->members[i].hash;
	}
	if (!own->has_hash || !el_hash_eq(&own->hash, &hash))
		r = EL_ESTATE;
	else if ((r = el_dkg_reveal_encode(&party->plan, &v, &doc, &len)) == EL_OK)
		r = say(party, EL_DKG_REVEAL, doc, len, out);
	el_dkg_reveal_wipe(&v);
	return r;
}

int
el_dkg_party_shares(const struct el_dkg_party *party, const struct el_dkg *d, unsigned to, struct el_dkg_file *out)
{
	const size_t keys = el_dkg_plan_keys(&party->plan), plain_len = keys * EL_SCALAR_LEN;
	struct el_dkg_sealed s = { .to = to, .len = plain_len + EL_BOX_OVERHEAD };
	uint8_t ad[AD_MAX], *plain = NULL, *doc = NULL;
	const size_t ad_len = make_ad(SHARES_AD, &party->plan, party->index, to, ad);
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	if (to == party->index || !el_dkg_takes_part(d, to))
		return EL_ENOTFOUND;
	if ((r = el_secret_new(plain_len, &plain)) != EL_OK || (s.box = malloc(s.len)) == NULL) {
		el_secret_free(plain);
		return EL_ENOMEM;
	}
	for (size_t i = 0; i < keys; i++) {
		struct el_scalar f;

		share_for(party, i, to, &f);
		memcpy(plain + i * EL_SCALAR_LEN, f.b, EL_SCALAR_LEN);
		el_scalar_wipe(&f);
	}
	if ((r = el_box_seal(&d->members[to - 1].commitments.box_key, plain, plain_len, ad, ad_len, s.box)) == EL_OK &&
	    (r = el_dkg_sealed_encode(&s, &doc, &len)) == EL_OK)
		r = say(party, EL_DKG_SHARES, doc, len, out);
	free(s.box);
	el_secret_free(plain);
	return r;
}

/* --- shares of others --- */

int
el_dkg_party_receive(struct el_dkg_party *party, const struct el_dkg_file *f)
{
	const size_t keys = el_dkg_plan_keys(&party->plan);
	uint8_t ad[AD_MAX];
	struct el_dkg_sealed s;
	size_t ad_len;
	int r;

	if (f->kind != EL_DKG_SHARES)
		return EL_EPERM;
	if ((r = el_dkg_file_verify(f, &party->plan)) != EL_OK)
		return r;
	r = el_dkg_sealed_parse(&party->plan, f->doc, f->len, &s);
	if (r == EL_ENOMEM || (r == EL_OK && s.to != party->index)) {
		free(s.box);
		return r == EL_OK ? EL_EPERM : r;
	}
	ad_len = make_ad(SHARES_AD, &party->plan, f->trustee, party->index, ad);
	party->received[f->trustee - 1] = true;
	if (r == EL_OK) {
		struct el_scalar *to = party->secret->received + (f->trustee - 1) * keys;

		if (el_box_open(&party->secret->fresh_key, &party->fresh_pub, s.box, s.len, ad, ad_len,
		    (uint8_t *)to) != EL_OK)
			el_secret_wipe(to, keys * EL_SCALAR_LEN);
	}
	free(s.box);
	return EL_OK;
}

bool
el_dkg_party_received(const struct el_dkg_party *party, unsigned from)
{
	return party->received[from - 1];
}

/* Whether a share that came fits what its dealer committed to. */
static bool
fits(const struct el_dkg_party *party, const struct el_dkg *d, unsigned from, size_t key, struct el_scalar *share)
{
	const struct el_dkg_commitments *c = &d->members[from - 1].commitments;

	return el_scalar_parse(party->secret->received[(from - 1) * el_dkg_plan_keys(&party->plan) + key].b, share) ==
	    EL_OK && el_share_verify(el_dkg_of_key(c->epochs, key),
	    party->plan.threshold, party->index, share) == EL_OK;
}

int
el_dkg_party_complaint(const struct el_dkg_party *party, const struct el_dkg *d, struct el_dkg_file *out, size_t *n,
    size_t by[EL_TRUSTEES_MAX])
{
	const size_t keys = el_dkg_plan_keys(&party->plan);
	struct el_dkg_list l;
	struct el_scalar share;
	uint8_t *doc = NULL;
	size_t len;
	int r;

	*n = 0;
	memset(out, 0, sizeof *out);
	memset(by, 0, EL_TRUSTEES_MAX * sizeof *by);
	if ((r = el_dkg_list_new(&party->plan, false, &l)) != EL_OK)
		return r;
	for (unsigned j = 1; j <= party->plan.n; j++) {
		const enum el_dkg_fault f = el_dkg_fault(d, j);

		if (j == party->index || (f != EL_DKG_GOOD && f != EL_DKG_ACCUSED))
			continue;
		for (size_t i = 0; i < keys; i++)
			if (!fits(party, d, j, i, &share)) {
				l.named[(j - 1) * keys + i] = true;
				by[j - 1]++;
				++*n;
			}
	}
	el_scalar_wipe(&share);
	if ((r = el_dkg_list_encode(&party->plan, &l, &doc, &len)) == EL_OK)
		r = say(party, EL_DKG_COMPLAINT, doc, len, out);
	el_dkg_list_wipe(&l);
	return r;
}

/* Fill in what one trustee asks for. */
static size_t
answer_one(const struct el_dkg_party *party, const struct el_dkg_list *complaint, unsigned to, struct el_dkg_list *l)
{
	const size_t keys = el_dkg_plan_keys(&party->plan);
	size_t n = 0;

	for (size_t i = 0; i < keys; i++)
		if (complaint->named[(party->index - 1) * keys + i]) {
			l->named[(to - 1) * keys + i] = true;
			share_for(party, i, to, &l->shares[(to - 1) * keys + i]);
			n++;
		}
	return n;
}

int
el_dkg_party_answer(const struct el_dkg_party *party, const struct el_dkg *d, struct el_dkg_file *out, size_t *n)
{
	uint8_t *doc = NULL;
	struct el_dkg_list l;
	unsigned complainers = 0;
	size_t len;
	int r;

	*n = 0;
	memset(out, 0, sizeof *out);
	for (unsigned j = 1; j <= party->plan.n; j++)
		complainers += el_dkg_complains(d, j, party->index);
	if (complainers == 0)
		return EL_ENOTFOUND;
	if (complainers >= party->plan.threshold)
		return EL_ESTATE;
	if ((r = el_dkg_list_new(&party->plan, true, &l)) != EL_OK)
		return r;
	for (unsigned j = 1; j <= party->plan.n; j++)
		if (el_dkg_complains(d, j, party->index))
			*n += answer_one(party, &d->members[j - 1].complaint, j, &l);
	if ((r = el_dkg_list_encode(&party->plan, &l, &doc, &len)) == EL_OK)
		r = say(party, EL_DKG_ANSWER, doc, len, out);
	el_dkg_list_wipe(&l);
	return r;
}

int
el_dkg_party_epochs(const struct el_dkg_party *party, const struct el_dkg_result *q, struct el_dkg_file *out)
{
	uint8_t *doc = NULL;
	size_t len;
	int r;

	memset(out, 0, sizeof *out);
	if ((r = el_dkg_result_encode(&party->plan, q, &doc, &len)) != EL_OK)
		return r;
	return say(party, EL_DKG_EPOCHS, doc, len, out);
}

/* --- the sum --- */

/* f_i(j) of a qualified trustee: one's own, what came, or what was answered for all to see. */
static int
share_from(const struct el_dkg_party *party, const struct el_dkg *d, unsigned from, size_t key, struct el_scalar *out)
{
	const size_t at = (party->index - 1) * el_dkg_plan_keys(&party->plan) + key;
	const struct el_dkg_list *answer = &d->members[from - 1].answer;

	if (from == party->index)
		share_for(party, key, from, out);
	else if (fits(party, d, from, key, out))
		return EL_OK;
	else if (answer->named != NULL && answer->named[at])
		*out = answer->shares[at];
	else
		return EL_ECRYPTO;
	return EL_OK;
}

int
el_dkg_party_sum(const struct el_dkg_party *party, const struct el_dkg *d, const struct el_dkg_result *q,
    struct el_shares *out)
{
	const struct el_dkg_plan *p = &party->plan;
	struct el_scalar sum, one;
	int r;

	memset(out, 0, sizeof *out);
	out->trustee = party->index;
	if ((r = el_secret_new(el_dkg_plan_keys(p) * EL_SCALAR_LEN, &out->secret)) != EL_OK)
		return r;
	for (size_t i = 0; r == EL_OK && i < el_dkg_plan_keys(p); i++) {
		memset(&sum, 0, sizeof sum);
		for (unsigned j = 1; r == EL_OK && j <= p->n; j++)
			if (q->qualified[j - 1] && (r = share_from(party, d, j, i, &one)) == EL_OK)
				el_scalar_add(&sum, &sum, &one);
		if (r == EL_OK && (r = el_share_verify(el_dkg_of_key(q->epochs, i),
		    p->threshold, party->index, &sum)) == EL_OK)
			memcpy(out->secret + i * EL_SCALAR_LEN, sum.b, EL_SCALAR_LEN);
		out->epochs[i / EL_DKG_PURPOSES] = (el_epoch)(p->first + i / EL_DKG_PURPOSES);
	}
	out->n = p->days;
	el_scalar_wipe(&sum);
	el_scalar_wipe(&one);
	if (r != EL_OK)
		el_shares_wipe(out);
	return r;
}
