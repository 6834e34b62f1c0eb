#include <stdlib.h>
#include <string.h>

#include "authority/join_internal.h"
#include "authority/witness.h"
#include "log/note.h"

/* Cosignatures that come with partials are put behind the checkpoint that issuers are shown (P-7.2 step 3). */

/* Whether this note has a valid cosignature of this trustee. */
static bool
is_cosigned(const struct el_join *j, const uint8_t *note, size_t len, unsigned trustee)
{
	unsigned who[EL_TRUSTEES_MAX];
	const size_t n = el_witnesses_of(j->trust->policy, note, len, 0, who);

	for (size_t i = 0; i < n; i++)
		if (who[i] == trustee)
			return true;
	return false;
}

int
el_join_take_cosignature(struct el_join *j, struct el_join_part *p, const struct el_partials *a)
{
	struct el_log_proof *const proof = &p->request->proof;
	struct el_buf note;
	uint8_t *bigger;
	int r = EL_OK;

	if (a->cosignature_len == 0 || is_cosigned(j, proof->checkpoint, proof->checkpoint_len, a->trustee))
		return EL_OK;
	el_buf_init(&note, EL_NOTE_MAX);
	el_buf_put(&note, proof->checkpoint, proof->checkpoint_len);
	/* A line that is none, or over another checkpoint, does the partials no harm. */
	if (note.err == EL_OK && el_note_add_line(&note, a->cosignature, a->cosignature_len) == EL_OK &&
	    is_cosigned(j, note.p, note.len, a->trustee)) {
		if ((bigger = realloc(proof->checkpoint, note.len)) != NULL) {
			proof->checkpoint = bigger;
			proof->checkpoint_len = note.len;
			memcpy(bigger, note.p, note.len);
		} else
			r = EL_ENOMEM;
	}
	el_buf_wipe(&note);
	return r;
}

size_t
el_join_cosigners(const struct el_join *j, size_t i, unsigned out[EL_TRUSTEES_MAX])
{
	const struct el_log_proof *const proof = &j->parts[i].request->proof;

	return el_witnesses_of(j->trust->policy, proof->checkpoint, proof->checkpoint_len, 0, out);
}

bool
el_join_needs_cosigners(const struct el_join *j)
{
	return j->order.kind != EL_ORDER_TRACE && j->trust->policy->n_witnesses >= j->trust->policy->threshold;
}
