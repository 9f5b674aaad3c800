#include "histogram.h"

enum { STEP_BITS = 5 };

_Static_assert(1 << STEP_BITS == HISTOGRAM_STEPS, "one bucket a step");

/* Below 2 * HISTOGRAM_STEPS a bucket is 1 ns wide. The width doubles with each
 * power of two. */
static unsigned
bucket_of(uint64_t ns)
{
	unsigned shift = 0;

	if (ns >= HISTOGRAM_STEPS)
		shift = 63 - (unsigned)__builtin_clzll(ns) - STEP_BITS;
	return shift * HISTOGRAM_STEPS + (unsigned)(ns >> shift);
}

/* The longest duration of a bucket. */
static uint64_t
bucket_end(unsigned bucket)
{
	unsigned shift = bucket / HISTOGRAM_STEPS;
	uint64_t step = bucket % HISTOGRAM_STEPS;

	if (shift == 0)
		return step;
	shift--;
	return ((step + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void
histogram_add(struct histogram *histogram, uint64_t ns)
{
	histogram->buckets[bucket_of(ns)]++;
	histogram->total++;
	if (ns > histogram->max_ns)
		histogram->max_ns = ns;
}

uint64_t
histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)histogram->total);
	uint64_t counted = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		counted += histogram->buckets[i];
		if (counted > 0 && counted >= wanted) {
			uint64_t end = bucket_end(i);

			return end < histogram->max_ns ? end : histogram->max_ns;
		}
	}
	return histogram->max_ns;
}
