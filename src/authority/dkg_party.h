#ifndef EL_AUTHORITY_DKG_PARTY_H
#define EL_AUTHORITY_DKG_PARTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "authority/dkg.h"
#include "authority/share_file.h"

/*
 * One trustee's own part in a distributed ceremony (protocol 12.9).  Its secret is a seed of 32 bytes, from which its
 * polynomials and the fresh key that shares are sealed to follow; between the steps it lies in a state file, sealed to
 * the trustee's key, and with that file everything that was ever sent to this trustee becomes unreadable.
 */
struct el_dkg_party; /* in guarded memory: the trustee's key, the seed, shares received */

/* Begin, with a fresh seed.  EL_EPERM: the key is of no trustee of the plan; EL_EFORMAT; EL_ENOMEM. */
EL_MUST_USE int el_dkg_party_new(const struct el_dkg_plan *, const uint8_t trustee_key[32], struct el_dkg_party **out);
/* Go on, from a state file.  As above, and EL_EPERM: of another plan or trustee; EL_ECRYPTO: it does not open. */
EL_MUST_USE int el_dkg_party_open(const struct el_dkg_plan *, const uint8_t trustee_key[32], const uint8_t *state,
    size_t len, struct el_dkg_party **out);
void el_dkg_party_free(struct el_dkg_party *); /* wipes; NULL is fine */
unsigned el_dkg_party_index(const struct el_dkg_party *);
/* The state file.  *out is malloc'ed. */
EL_MUST_USE int el_dkg_party_save(const struct el_dkg_party *, uint8_t **out, size_t *len);

/*
 * What this trustee says, as files with its proof; el_dkg_file_wipe() frees them.  On failure *out is zeroed.
 *
 * hash: of its commitments, before it knows anybody else's.
 */
EL_MUST_USE int el_dkg_party_hash(const struct el_dkg_party *, struct el_dkg_file *out);
/* reveal: the commitments, and the hashes taken so far.  EL_ESTATE: its own hash is not among them, or another. */
EL_MUST_USE int el_dkg_party_reveal(const struct el_dkg_party *, const struct el_dkg *, struct el_dkg_file *out);
/* shares for one other trustee, after el_dkg_judge().  EL_ENOTFOUND: that trustee does not take part. */
EL_MUST_USE int el_dkg_party_shares(const struct el_dkg_party *, const struct el_dkg *, unsigned to,
    struct el_dkg_file *out);

/*
 * Take shares.  A box that does not open counts as shares that do not fit.  EL_EPERM: of another plan or kind, or for
 * another trustee; EL_ECRYPTO: its trustee did not write it; EL_ENOMEM.
 */
EL_MUST_USE int el_dkg_party_receive(struct el_dkg_party *, const struct el_dkg_file *);
bool el_dkg_party_received(const struct el_dkg_party *, unsigned from);
/*
 * complaint, after el_dkg_judge() without answers: the keys of trustees still qualified whose shares are not there or
 * do not fit; *n counts them, also by trustee in by[].  A trustee that has nothing to complain of says so.
 */
EL_MUST_USE int el_dkg_party_complaint(const struct el_dkg_party *, const struct el_dkg *, struct el_dkg_file *out,
    size_t *n, size_t by[EL_TRUSTEES_MAX]);
/*
 * answer, after el_dkg_judge(): the shares that were complained of, in the clear; *n counts them.  EL_ENOTFOUND:
 * nobody complains; EL_ESTATE: t trustees or more do, and this one must not answer.
 */
EL_MUST_USE int el_dkg_party_answer(const struct el_dkg_party *, const struct el_dkg *, struct el_dkg_file *out,
    size_t *n);
/* epochs: the result, said by this trustee. */
EL_MUST_USE int el_dkg_party_epochs(const struct el_dkg_party *, const struct el_dkg_result *, struct el_dkg_file *out);

/*
 * This trustee's shares of the sum, judged with answers, each verified against the result.  EL_ECRYPTO: a share does
 * not fit.  On failure *out is zeroed.
 */
EL_MUST_USE int el_dkg_party_sum(const struct el_dkg_party *, const struct el_dkg *, const struct el_dkg_result *,
    struct el_shares *out);

#endif
