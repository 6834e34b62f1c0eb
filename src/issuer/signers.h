#ifndef EL_ISSUER_SIGNERS_H
#define EL_ISSUER_SIGNERS_H

#include <stdbool.h>

#include "proc/family.h"

/*
 * Which signer a net process asks.  Each signer works for all net processes, since connections are not dealt out
 * evenly: behind a proxy that keeps a few of them open all may be with one net process, and the signer of another
 * one, and its core, would have nothing to do.
 */
struct el_signers {
	unsigned own; /* asked first where all have as much to do, so that two net processes do not ask the same */
	struct {
		bool is_up;
		unsigned under_way; /* draws asked for and not answered, of this net process */
	} of[EL_FAMILY_COUNT_MAX];
};

/* None is up yet; own is the index of the net process. */
void el_signers_init(struct el_signers *, unsigned own);
/* A fresh link, a lost one: what was under way is forgotten. */
void el_signers_up(struct el_signers *, unsigned index);
void el_signers_down(struct el_signers *, unsigned index);

/*
 * The signer with the fewest draws under way, and count one more; `own` where none is up, which the forwarding
 * then finds.
 */
unsigned el_signers_choose(struct el_signers *);
/* An answer has come, of whatever kind. */
void el_signers_answered(struct el_signers *, unsigned index);

#endif
