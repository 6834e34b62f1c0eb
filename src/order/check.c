#include "order/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "entrylog/epoch.h"

#define LABEL "EL1-order"

/* Whose signatures stand under an order, by their place in the policy. */
struct signers {
	bool signed_it[EL_OFFICERS_MAX];
};

/* EL_ECRYPTO: a known officer's signature does not verify. */
static int
verify_all(const struct el_document *d, const struct el_policy *p, struct signers *out)
{
	int first = EL_OK;

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < p->n_officers; i++) {
		const int r = el_document_verify(d, &p->officers[i].key, LABEL);

		out->signed_it[i] = r == EL_OK;
		if (r != EL_OK && r != EL_ENOTFOUND && first == EL_OK)
			first = r;
	}
	return first;
}

static bool
counts(const struct el_policy *p, const struct el_policy_officer *o, int64_t now_s)
{
	for (size_t i = 0; i < p->n_revoked; i++)
		if (el_sign_pk_eq(&p->revoked[i], &o->key))
			return false;
	return o->from <= now_s && now_s < o->to;
}

/*
 * Going through the officers, not the signatures: each stands in the policy once and in one group, so nobody
 * is counted twice.
 */
static unsigned
missing(
    const struct signers *s, const struct el_policy *p, enum el_order_kind kind, int64_t now_s, char *text, size_t size)
{
	const struct el_quorum *q = &p->quorums[kind];
	unsigned total = 0;
	size_t at = 0;

	if (text != NULL && size > 0)
		text[0] = '\0';
	for (size_t g = 0; g < q->n_groups; g++) {
		unsigned have = 0, lack;

		for (size_t i = 0; i < p->n_officers; i++)
			if (s->signed_it[i] && strcmp(p->officers[i].group, q->groups[g].group) == 0 &&
			    counts(p, &p->officers[i], now_s))
				have++;
		lack = have < q->groups[g].count ? q->groups[g].count - have : 0;
		if (lack > 0 && text != NULL && at < size) {
			const int n = snprintf(
			    text + at, size - at, "%s%u of %s", total > 0 ? ", " : "", lack, q->groups[g].group);

			at += n > 0 ? (size_t)n : 0;
		}
		total += lack;
	}
	return total;
}

unsigned
el_order_missing(const struct el_document *d, const struct el_policy *p, enum el_order_kind kind, int64_t now_s,
    char *text, size_t size)
{
	struct signers s;

	/* A signature that does not verify is a missing one here. */
	(void)verify_all(d, p, &s);
	return missing(&s, p, kind, now_s, text, size);
}

static enum el_code
judge(const struct el_document *d, const struct el_policy *p, int64_t now_s, const struct el_order *o)
{
	struct signers s;
	int r;

	if ((r = verify_all(d, p, &s)) != EL_OK)
		return r == EL_ENOMEM ? EL_CODE_INTERNAL : EL_CODE_SIGNATURE_INVALID;
	if (!el_hash_eq(&o->deployment, &p->deployment))
		return EL_CODE_SIGNATURE_INVALID;
	if (missing(&s, p, o->kind, now_s, NULL, 0) > 0)
		return EL_CODE_QUORUM_MISSING;
	if (!el_hash_eq(&o->policy, &p->hash) || now_s >= p->not_after)
		return EL_CODE_POLICY_OUTDATED;
	if (now_s >= o->expires || o->created > now_s + EL_ORDER_AHEAD_S ||
	    o->expires - o->created > EL_ORDER_LIFE_MAX_S)
		return EL_CODE_ORDER_EXPIRED;
	return EL_CODE_OK;
}

enum el_code
el_order_check(const struct el_document *d, const struct el_policy *p, int64_t now_s, struct el_order *out)
{
	enum el_code code;
	int r;

	if ((r = el_order_parse(d->doc, d->len, out)) != EL_OK)
		return r == EL_ENOMEM ? EL_CODE_INTERNAL : EL_CODE_MALFORMED_ORDER;
	code = judge(d, p, now_s, out);
	/* Of an order that carries its quorum the log is told even that it was refused. */
	if (code != EL_CODE_OK && code != EL_CODE_POLICY_OUTDATED && code != EL_CODE_ORDER_EXPIRED)
		memset(out, 0, sizeof *out);
	return code;
}

static bool
fits(enum el_scope_form form, enum el_order_kind kind, const char *party)
{
	const bool registry = strcmp(party, "registry") == 0;

	switch (kind) {
	case EL_ORDER_CONTACTS:
		return form == (registry ? EL_SCOPE_VENUES : EL_SCOPE_LINKS);
	case EL_ORDER_NOTICE:
		return form == (registry ? EL_SCOPE_VENUES : EL_SCOPE_NOTICE);
	case EL_ORDER_TRACE:
		return form == (registry ? EL_SCOPE_SECRETS : EL_SCOPE_PHONES);
	default:
		return false;
	}
}

enum el_code
el_order_check_scope(const struct el_order *o, const char *party, const struct el_disclosed *d, struct el_scope *out)
{
	const struct el_audience *a = el_order_for(o, party);
	struct el_hash h;
	int r;

	memset(out, 0, sizeof *out);
	if (a == NULL || strcmp(d->party, party) != 0)
		return EL_CODE_SCOPE_MISMATCH;
	el_scope_hash(d, &h);
	if (!el_hash_eq(&h, &a->scope))
		return EL_CODE_SCOPE_MISMATCH;
	if ((r = el_scope_parse(d->scope, d->len, out)) != EL_OK)
		return r == EL_ENOMEM ? EL_CODE_INTERNAL : EL_CODE_MALFORMED_ORDER;
	if (!fits(out->form, o->kind, party) ||
	    (out->form == EL_SCOPE_NOTICE && (out->day < o->first_epoch || out->day > o->last_epoch))) {
		el_scope_wipe(out);
		return EL_CODE_SCOPE_MISMATCH;
	}
	return EL_CODE_OK;
}

enum el_code
el_order_check_template(const struct el_policy *p, const struct el_scope *s)
{
	return s->form == EL_SCOPE_NOTICE && el_policy_template(p, s->template) == NULL ? EL_CODE_SCOPE_MISMATCH :
											  EL_CODE_OK;
}

enum el_code
el_order_check_retention(const struct el_order *o, const struct el_scope *s, int64_t now_s, uint32_t day_offset_s)
{
	if (s->form == EL_SCOPE_VENUES || s->form == EL_SCOPE_SECRETS) {
		/* A visit is filed under its token's day, which may be the one before until 2 h after its end. */
		if (o->first_epoch != el_epoch_of(s->from - EL_TOKEN_GRACE_S, day_offset_s) ||
		    o->last_epoch != el_epoch_of(s->to, day_offset_s))
			return EL_CODE_SCOPE_MISMATCH;
		if (s->from < now_s - EL_RETENTION_S)
			return EL_CODE_OUT_OF_RETENTION;
	}
	return el_epoch_destroy_at(o->first_epoch, day_offset_s) <= now_s ? EL_CODE_OUT_OF_RETENTION : EL_CODE_OK;
}
