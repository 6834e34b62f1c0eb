#ifndef EL_AUTHORITY_DKG_H
#define EL_AUTHORITY_DKG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/dkg_file.h"
#include "entrylog/error.h"
#include "order/policy.h"

/*
 * The distributed form of the key ceremony (protocol 12.9): what all trustees have said in public, and what follows
 * from it.  Everybody who has the same files comes to the same judgement and the same epoch keys; nothing here is
 * secret.  What one trustee does with its own secret is authority/dkg_party.h.
 */
struct el_dkg;

/* The plan is copied.  EL_ENOMEM. */
EL_MUST_USE int el_dkg_new(const struct el_dkg_plan *, struct el_dkg **out);
void el_dkg_free(struct el_dkg *); /* NULL is fine */
const struct el_dkg_plan *el_dkg_plan(const struct el_dkg *);

/* Whether a plan speaks of this policy's deployment, threshold and trustees.  EL_EPERM: it does not. */
EL_MUST_USE int el_dkg_plan_check(const struct el_dkg_plan *, const struct el_policy *);

/*
 * Take a hash, reveal, complaint or answer; the file is copied.  One whose doc is malformed is taken as well, since it
 * was said: it counts against its trustee, or as nothing.  EL_EPERM: of another plan, or of a kind that is not
 * public; EL_ECRYPTO: its trustee did not write it; EL_EEXIST: that trustee has said something else before;
 * EL_ENOMEM.
 */
EL_MUST_USE int el_dkg_take(struct el_dkg *, const struct el_dkg_file *);
bool el_dkg_has(const struct el_dkg *, enum el_dkg_kind, unsigned trustee);

/* Why a trustee's polynomials are in the sum, or are not. */
enum el_dkg_fault {
	EL_DKG_GOOD,
	EL_DKG_NO_HASH,	      /* its hash was not there when the others revealed */
	EL_DKG_NOT_REVEALED,
	EL_DKG_OTHER_HASHES,  /* it revealed having seen other hashes than t trustees had */
	EL_DKG_HASH_DIFFERS,  /* its commitments are not those of its hash */
	EL_DKG_MALFORMED,
	EL_DKG_NO_KNOWLEDGE,  /* a proof of knowledge does not hold */
	EL_DKG_ACCUSED,	      /* t trustees or more complain: to answer would give its polynomials away */
	EL_DKG_UNANSWERED,
	EL_DKG_WRONG_ANSWER
};
const char *el_dkg_fault_text(enum el_dkg_fault);

/*
 * Judge every trustee by what was taken; answers are looked at where with_answers.  EL_ESTATE: no t trustees have
 * revealed with the same hashes, and nothing is judged; EL_ENOMEM.
 */
EL_MUST_USE int el_dkg_judge(struct el_dkg *, bool with_answers);
/* After that: */
enum el_dkg_fault el_dkg_fault(const struct el_dkg *, unsigned trustee);
/* Whether shares can be sealed to this trustee, and its complaints count: its commitments are those it promised. */
bool el_dkg_takes_part(const struct el_dkg *, unsigned trustee);
/* Whether a trustee that takes part complains of this one. */
bool el_dkg_complains(const struct el_dkg *, unsigned complainer, unsigned accused);

/*
 * The sum over the qualified trustees, judged with answers.  EL_ESTATE: fewer than t are qualified, the ceremony has
 * failed; EL_ENOMEM; EL_ECRYPTO: a sum is the identity.  On failure *out is zeroed.
 */
EL_MUST_USE int el_dkg_sum(const struct el_dkg *, struct el_dkg_result *out);
/* Append the sum to a bundle of the same trustees; as el_ceremony_deal(). */
EL_MUST_USE int el_dkg_append_to(const struct el_dkg_plan *, const struct el_dkg_result *, struct el_bundle *);
/* Whether a bundle holds exactly these keys.  EL_ENOTFOUND: an epoch is not there; EL_ECRYPTO: other keys. */
EL_MUST_USE int el_dkg_check_bundle(const struct el_dkg_plan *, const struct el_dkg_result *, const struct el_bundle *);

#endif
