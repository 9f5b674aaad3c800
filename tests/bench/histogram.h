/* histogram.h - counts of durations in buckets about 3 % wide, from 1 ns up. */
#pragma once

#include <stdint.h>

enum {
	HISTOGRAM_STEPS = 32, /* buckets for each doubling */
	HISTOGRAM_BUCKETS = 60 * HISTOGRAM_STEPS,
};

/* Zeroed means empty. */
struct histogram {
	uint64_t total;
	uint64_t max_ns;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Count one duration. */
void histogram_add(struct histogram *histogram, uint64_t ns);

/* The duration in ns that a share (0 to 1) of all durations does not exceed. It
 * is rounded up to the end of its bucket, but not above the true maximum; 0 if
 * empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);
