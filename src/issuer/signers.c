#include "issuer/signers.h"

#include <string.h>

void
el_signers_init(struct el_signers *s, unsigned own)
{
	memset(s, 0, sizeof *s);
	s->own = own % EL_FAMILY_COUNT_MAX;
}

void
el_signers_up(struct el_signers *s, unsigned index)
{
	s->of[index].is_up = true;
	s->of[index].under_way = 0;
}

void
el_signers_down(struct el_signers *s, unsigned index)
{
	s->of[index].is_up = false;
	s->of[index].under_way = 0;
}

unsigned
el_signers_choose(struct el_signers *s)
{
	unsigned best = s->own;

	for (unsigned k = 0; k < EL_FAMILY_COUNT_MAX; k++) {
		const unsigned i = (s->own + k) % EL_FAMILY_COUNT_MAX;

		if (s->of[i].is_up && (!s->of[best].is_up || s->of[i].under_way < s->of[best].under_way))
			best = i;
	}
	if (s->of[best].is_up)
		s->of[best].under_way++;
	return best;
}

void
el_signers_answered(struct el_signers *s, unsigned index)
{
	if (s->of[index].under_way > 0)
		s->of[index].under_way--;
}
