#include "histogram.h"

#define STEP_BITS 6
_Static_assert(1 << STEP_BITS == HISTOGRAM_STEPS, "buckets of a power of two");

static size_t
bucket_of(uint64_t v)
{
	unsigned shift;

	if (v < 2 * HISTOGRAM_STEPS)
		return (size_t)v;
	shift = 63 - (unsigned)__builtin_clzll(v) - STEP_BITS;
	return (size_t)shift * HISTOGRAM_STEPS + (size_t)(v >> shift);
}

static uint64_t
upper_edge(size_t bucket)
{
	unsigned shift;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return bucket;
	shift = (unsigned)(bucket / HISTOGRAM_STEPS) - 1;
	return (((uint64_t)bucket - (uint64_t)shift * HISTOGRAM_STEPS + 1) << shift) - 1;
}

void
histogram_add(struct histogram *h, uint64_t ns)
{
	h->n++;
	h->count[bucket_of(ns)]++;
	if (ns > h->max)
		h->max = ns;
}

uint64_t
histogram_quantile(const struct histogram *h, double share)
{
	const double want = share * (double)h->n;
	uint64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->count[i];
		if (seen > 0 && (double)seen >= want) {
			const uint64_t edge = upper_edge(i);

			return edge < h->max ? edge : h->max;
		}
	}
	return h->max;
}
