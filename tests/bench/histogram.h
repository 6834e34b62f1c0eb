#ifndef EL_TESTS_BENCH_HISTOGRAM_H
#define EL_TESTS_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * A log-linear histogram of times in nanoseconds: 64 buckets for each power of two, so that a quantile is
 * never more than 1.6 % off, at a few nanoseconds a sample.
 */
#define HISTOGRAM_STEPS 64
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * 59)

struct histogram {
	uint64_t n, max;
	uint64_t count[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *, uint64_t ns);
/* The upper edge of the bucket in which this share (0..1) of the samples ends; 0 of none. */
uint64_t histogram_quantile(const struct histogram *, double share);

#endif
