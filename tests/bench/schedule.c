#include "schedule.h"

void
schedule_init(struct schedule *s, int64_t start_ns, uint64_t rate, int64_t length_ns)
{
	*s = (struct schedule){ .start_ns = start_ns, .rate = rate };
	s->n = (uint64_t)((double)length_ns / 1e9 * (double)rate);
}

int64_t
schedule_next(const struct schedule *s)
{
	const uint64_t whole = s->rate > 0 ? s->next / s->rate : 0, part = s->rate > 0 ? s->next % s->rate : 0;

	if (s->next >= s->n)
		return INT64_MAX;
	return s->start_ns + (int64_t)(whole * 1000000000 + part * 1000000000 / s->rate);
}

bool
schedule_take(struct schedule *s, int64_t now_ns, int64_t *due_ns)
{
	*due_ns = schedule_next(s);
	if (*due_ns > now_ns)
		return false;
	s->next++;
	return true;
}
