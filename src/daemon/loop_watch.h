/* loop_watch.h - metrics of how late the loop is. */
#pragma once

#include <stdint.h>

struct loop;
struct loop_timer;

struct loop_watch {
	int64_t due_us;      /* monotonic: when the timer should call */
	uint64_t broadcasts; /* of metrics.h, at the last turn */
};

/* The repeating timer was started. */
void loop_watch_start(struct loop_watch *watch, const struct loop *loop,
	const struct loop_timer *timer);

/* The timer calls: measure how late it is. */
void loop_watch_tick(struct loop_watch *watch, const struct loop *loop,
	const struct loop_timer *timer);

/* A turn of the loop ends: if it had a broadcast, measure how long it took. */
void loop_watch_turn(struct loop_watch *watch, const struct loop *loop);
