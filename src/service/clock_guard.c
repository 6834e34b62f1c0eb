#include <stdlib.h>

#include "service/service.h"

#define PEER_WITHIN_S 300

enum el_guard
el_clock_guard_step(struct el_clock_guard *g, int64_t wall_s, int64_t mono_ms, size_t due)
{
	el_clock_watch_step(&g->watch, wall_s, mono_ms);
	if (!g->started) {
		/* One epoch comes due every day; more at once is a long rest, or a wrong clock. */
		if (due > 1 && !g->confirmed)
			return EL_GUARD_UNCONFIRMED;
		g->started = true;
	}
	return g->watch.jumped ? EL_GUARD_JUMPED : EL_GUARD_ALLOW;
}

void
el_clock_guard_peer(struct el_clock_guard *g, int64_t wall_s, int64_t peer_s)
{
	const int64_t apart = wall_s > peer_s ? wall_s - peer_s : peer_s - wall_s;

	/* A peer settles the question at start only: a jump while running ends on the operator's word. */
	if (!g->started && apart <= PEER_WITHIN_S)
		g->confirmed = true;
}

void
el_clock_guard_confirm(struct el_clock_guard *g)
{
	g->confirmed = true;
	el_clock_watch_reset(&g->watch);
}
