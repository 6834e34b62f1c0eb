#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

/*
 * How late the machine wakes a process that asks for it every half millisecond and does nothing else: what a latency
 * can be blamed for that none of our processes is.  One line of JSON.
 */
#define INTERVAL_NS 500000
#define WAKES_MAX 400000

static int
by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	const struct timespec interval = { 0, INTERVAL_NS };
	uint64_t seconds = 5;
	const struct bench_option options[] = { { "seconds", BENCH_UINT, &seconds, 1, 100 }, { 0 } };
	int64_t *const late = bench_alloc(WAKES_MAX, sizeof *late);
	int64_t end, before, over_ms = 0;
	size_t n = 0;

	bench_options(argc, argv, options);
	end = bench_now_ns() + (int64_t)seconds * 1000000000;
	while ((before = bench_now_ns()) < end && n < WAKES_MAX) {
		(void)nanosleep(&interval, NULL);
		late[n] = bench_now_ns() - before - INTERVAL_NS;
		over_ms += late[n] > 2000000 ? late[n] / 1000000 : 0;
		n++;
	}
	qsort(late, n, sizeof *late, by_value);
	printf("{\"wakes\":%zu,\"late_p50_us\":%.1f,\"late_p99_us\":%.1f,\"late_p999_us\":%.1f,\"late_max_us\":%.1f,"
	       "\"stopped_share\":%.4f}\n",
	    n, (double)late[n / 2] / 1e3, (double)late[n * 99 / 100] / 1e3, (double)late[n * 999 / 1000] / 1e3,
	    (double)late[n - 1] / 1e3, (double)over_ms / 1e3 / (double)seconds);
	free(late);
	return 0;
}
