/* loop_watch.h - metrics of how late the loop is. */
#pragma once

#include <stdint.h>

struct loop;
struct loop_timer;
struct websocket_host;

struct loop_watch {
	int64_t due_us;      /* monotonic: when the timer should call */
	uint64_t broadcasts; /* of metrics.h, at the last turn */
	int64_t begun_us;    /* monotonic: of the turn that is measured; 0: none */
};

/* The repeating timer was started. */
void loop_watch_start(struct loop_watch *watch, const struct loop *loop,
	const struct loop_timer *timer);

/* The timer calls: measure how late it is. */
void loop_watch_tick(struct loop_watch *watch, const struct loop *loop,
	const struct loop_timer *timer);

/* A turn of the loop ends: if it had a broadcast, measure how long it takes from the
 * beginning of the turn until the last WebSocket of host is written. While that is
 * measured, the broadcasts of other turns are not. */
void loop_watch_turn(
	struct loop_watch *watch, const struct loop *loop, struct websocket_host *host);
