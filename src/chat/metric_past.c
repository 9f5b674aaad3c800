#include "chat/metric_past.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

#define POINTS_15M 90
#define POINTS_1H 120
#define POINTS_24H METRIC_POINTS_MAX

static const struct {
	const char *name;
	int interval_s;
	int points;   /* the last intervals, with the running one */
	size_t first; /* place of the ring in the slots of a past */
} ranges[METRIC_RANGES] = {
	[METRIC_15M] = { "15m", 10, POINTS_15M, 0 },
	[METRIC_1H] = { "1h", 30, POINTS_1H, POINTS_15M },
	[METRIC_24H] = { "24h", 300, POINTS_24H, POINTS_15M + POINTS_1H },
};

#define SLOTS (POINTS_15M + POINTS_1H + POINTS_24H)

/* What was counted in one interval. */
struct slot {
	double min, mean, max; /* min > max: nothing */
};

/* Intervals are numbered: number n begins at n times its length. Interval n is in slot n
 * modulo the size of the ring. */
struct ring {
	int64_t oldest, newest; /* intervals that have a slot; the newest is running */
	uint64_t count;         /* of values in the newest; 0: the ring is empty */
};

struct metric_past {
	struct metric_pasts *pasts;
	struct metric_past **owner; /* the metric's pointer to this past */
	TAILQ_ENTRY(metric_past) age_link;
	struct ring rings[METRIC_RANGES];
	struct slot slots[SLOTS];
};

_Static_assert(sizeof(struct metric_past) <= 12288, "as the header says");

enum metric_range
metric_range_find(const char *name)
{
	int range = 0;

	while (range < METRIC_RANGES && strcmp(ranges[range].name, name) != 0)
		range++;
	return (enum metric_range)range;
}

int
metric_range_interval_s(enum metric_range range)
{
	return ranges[range].interval_s;
}

void
metric_pasts_init(struct metric_pasts *pasts)
{
	TAILQ_INIT(&pasts->by_age);
	pasts->count = 0;
}

static int64_t
metric_interval_at(enum metric_range range, int64_t now_ms)
{
	return now_ms / (ranges[range].interval_s * 1000);
}

/* The place of an interval among the slots of a past. */
static size_t
metric_slot_of(enum metric_range range, int64_t interval)
{
	return ranges[range].first + (size_t)(interval % ranges[range].points);
}

/* Make interval the newest of the ring. Intervals between have no value. */
static void
metric_ring_advance(struct metric_past *past, enum metric_range range, int64_t interval)
{
	static const struct slot none = { .min = 1, .max = 0 };
	struct ring *ring = &past->rings[range];
	int64_t points = ranges[range].points, first = ring->newest + 1;

	/* A small step back stays in the running interval. */
	if (ring->count && interval <= ring->newest && interval >= ring->newest - 1)
		return;
	if (!ring->count || interval < ring->oldest || interval - first >= points)
		ring->oldest = first = interval;
	else if (interval < first)
		first = interval; /* the clock was set back: begin this one anew */
	for (; first <= interval; first++)
		past->slots[metric_slot_of(range, first)] = none;
	if (interval - ring->oldest >= points)
		ring->oldest = interval - points + 1;
	ring->newest = interval;
	ring->count = 0;
}

static void
metric_ring_note(struct metric_past *past, enum metric_range range, double value)
{
	struct ring *ring = &past->rings[range];
	struct slot *slot = &past->slots[metric_slot_of(range, ring->newest)];
	double count = (double)++ring->count;

	if (ring->count == 1) {
		*slot = (struct slot){ value, value, value };
		return;
	}
	if (value < slot->min)
		slot->min = value;
	if (value > slot->max)
		slot->max = value;
	/* A sum, or the difference of two values, might be infinite. */
	slot->mean += value / count - slot->mean / count;
}

/* A past for owner: a new one, or that of the metric that was heard longest ago. */
static struct metric_past *
metric_past_begin(struct metric_pasts *pasts, struct metric_past **owner)
{
	struct metric_past *past;

	if (pasts->count >= METRIC_PASTS_MAX)
		metric_past_free(TAILQ_FIRST(&pasts->by_age));
	past = xmalloc(sizeof(*past));
	memset(past->rings, 0, sizeof(past->rings)); /* its slots have no value yet */
	past->pasts = pasts;
	past->owner = owner;
	TAILQ_INSERT_TAIL(&pasts->by_age, past, age_link);
	pasts->count++;
	return past;
}

void
metric_past_note(struct metric_pasts *pasts, struct metric_past **past, double value,
	int64_t now_ms)
{
	int range;

	if (!*past)
		*past = metric_past_begin(pasts, past);
	TAILQ_REMOVE(&pasts->by_age, *past, age_link);
	TAILQ_INSERT_TAIL(&pasts->by_age, *past, age_link);
	for (range = 0; range < METRIC_RANGES; range++) {
		metric_ring_advance(*past, (enum metric_range)range,
			metric_interval_at((enum metric_range)range, now_ms));
		metric_ring_note(*past, (enum metric_range)range, value);
	}
}

size_t
metric_past_read(const struct metric_past *past, enum metric_range range, int64_t now_ms,
	struct metric_point points[METRIC_POINTS_MAX])
{
	const struct ring *ring;
	int64_t interval;
	size_t count = 0;

	if (!past)
		return 0;
	ring = &past->rings[range];
	interval = metric_interval_at(range, now_ms) - ranges[range].points + 1;
	if (interval < ring->oldest)
		interval = ring->oldest;
	for (; interval <= ring->newest; interval++) {
		const struct slot *slot = &past->slots[metric_slot_of(range, interval)];

		if (slot->min > slot->max)
			continue;
		points[count++] = (struct metric_point){
			.start_ms = interval * ranges[range].interval_s * 1000,
			.min = slot->min,
			.mean = slot->mean,
			.max = slot->max,
		};
	}
	return count;
}

void
metric_past_free(struct metric_past *past)
{
	if (!past)
		return;
	*past->owner = NULL;
	TAILQ_REMOVE(&past->pasts->by_age, past, age_link);
	past->pasts->count--;
	free(past);
}
