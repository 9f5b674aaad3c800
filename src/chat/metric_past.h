/* metric_past.h - the past of metrics: the minimum, mean and maximum of each interval, in
 * three resolutions. Only in memory. A fixed number of metrics have a past: it is taken
 * from the one that was heard longest ago. No function reads a clock. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* How many metrics may have a past, and the most points of one answer. One past takes
 * about 12 KB. */
#define METRIC_PASTS_MAX 2000
#define METRIC_POINTS_MAX 288

struct metric_past;

/* The pasts of all rooms. Set up by metric_pasts_init. */
struct metric_pasts {
	TAILQ_HEAD(, metric_past) by_age; /* heard longest ago first */
	size_t count;
};

/* How far to look back. */
enum metric_range {
	METRIC_15M, /* 90 intervals of 10 s */
	METRIC_1H,  /* 120 of 30 s */
	METRIC_24H, /* 288 of 5 min */
	METRIC_RANGES,
};

struct metric_point {
	int64_t start_ms; /* of the interval: Unix time, a multiple of its length */
	double min, mean, max;
};

/* The range called name, or METRIC_RANGES. */
enum metric_range metric_range_find(const char *name);

/* Length of an interval of range in seconds. */
int metric_range_interval_s(enum metric_range range);

void metric_pasts_init(struct metric_pasts *pasts);

/* Count value, which is finite, at now_ms (Unix time, not negative) in the past of *past,
 * a member of the metric. If it is NULL, a past is begun. This may take the past of
 * another metric, whose pointer becomes NULL. If the clock was set back by more than an
 * interval, what is later than now is forgotten. */
void metric_past_note(struct metric_pasts *pasts, struct metric_past **past, double value,
	int64_t now_ms);

/* Write the points of range at now_ms to points, oldest first: of the intervals with a
 * value, the running one too. Returns their number. past may be NULL. */
size_t metric_past_read(const struct metric_past *past, enum metric_range range,
	int64_t now_ms, struct metric_point points[METRIC_POINTS_MAX]);

/* Free a past, which may be NULL. The metric's pointer becomes NULL. */
void metric_past_free(struct metric_past *past);
