/* loop_watch.h - how long the loop keeps those who wait for it. */
#pragma once

#include <stdint.h>

struct loop;
struct loop_timer;

struct loop_watch {
	int64_t due_us;      /* monotonic: when the timer is to call */
	uint64_t broadcasts; /* of metrics.h, when it was looked last */
};

/* The repeating timer begins. */
void loop_watch_start(struct loop_watch *watch, const struct loop *loop,
	const struct loop_timer *timer);

/* It calls: count how late that is. */
void loop_watch_tick(struct loop_watch *watch, const struct loop *loop,
	const struct loop_timer *timer);

/* A turn of the loop is done: if rooms were told something in it, count how long it took.
 */
void loop_watch_turn(struct loop_watch *watch, const struct loop *loop);
