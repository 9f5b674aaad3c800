#include "daemon/loop_watch.h"

#include "linnet/base/clock.h"
#include "linnet/base/metrics.h"
#include "linnet/net/conn.h"

static int64_t
to_us(double seconds)
{
	return (int64_t)(seconds * 1000000);
}

/* Since the loop last looked at the clock, from where its timers count. */
static int64_t
turn_us(struct ev_loop *loop)
{
	return to_us(ev_time() - ev_now(loop));
}

void
loop_watch_start(struct loop_watch *watch, struct ev_loop *loop, ev_timer *timer)
{
	watch->due_us =
		clock_now_us() - turn_us(loop) + to_us(ev_timer_remaining(loop, timer));
}

void
loop_watch_tick(struct loop_watch *watch, struct ev_loop *loop, ev_timer *timer)
{
	metrics_observe(&metrics.loop_lag, clock_now_us() - watch->due_us);
	loop_watch_start(watch, loop, timer);
}

void
loop_watch_turn(struct loop_watch *watch, struct ev_loop *loop)
{
	if (watch->broadcasts == metrics.broadcasts)
		return;
	watch->broadcasts = metrics.broadcasts;
	metrics_observe(&metrics.broadcast_duration, turn_us(loop));
}
