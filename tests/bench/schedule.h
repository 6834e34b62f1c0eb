#ifndef EL_TESTS_BENCH_SCHEDULE_H
#define EL_TESTS_BENCH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Arrivals of the open model: at a fixed rate, decided before the first one.  An arrival waits for a free
 * connection, however long, and its latency counts from its time here: a service that stalls cannot slow
 * down those who come.
 */
struct schedule {
	int64_t start_ns;
	uint64_t rate; /* a second */
	uint64_t n; /* arrivals in all */
	uint64_t next;
};

void schedule_init(struct schedule *, int64_t start_ns, uint64_t rate, int64_t length_ns);
/* When the next arrival is due; INT64_MAX: there is none. */
int64_t schedule_next(const struct schedule *);
/* Take the next arrival if its time has come. */
bool schedule_take(struct schedule *, int64_t now_ns, int64_t *due_ns);

#endif
