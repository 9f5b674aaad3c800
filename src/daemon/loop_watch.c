#include "daemon/loop_watch.h"

#include "linnet/base/clock.h"
#include "linnet/base/metrics.h"
#include "linnet/net/loop.h"
#include "linnet/websocket/websocket.h"

void
loop_watch_start(
	struct loop_watch *watch, const struct loop *loop, const struct loop_timer *timer)
{
	watch->due_us =
		clock_now_us() - loop_turn_us(loop) + loop_timer_remaining_us(timer);
}

void
loop_watch_tick(
	struct loop_watch *watch, const struct loop *loop, const struct loop_timer *timer)
{
	metrics_observe(&metrics.loop_lag, clock_now_us() - watch->due_us);
	loop_watch_start(watch, loop, timer);
}

void
loop_watch_turn(
	struct loop_watch *watch, const struct loop *loop, struct websocket_host *host)
{
	if (!watch->begun_us && watch->broadcasts != metrics.broadcasts) {
		watch->begun_us = clock_now_us() - loop_turn_us(loop);
		websocket_host_mark(host);
	}
	watch->broadcasts = metrics.broadcasts;
	if (!watch->begun_us || !websocket_host_is_past_mark(host))
		return;
	metrics_observe(&metrics.broadcast_duration, clock_now_us() - watch->begun_us);
	watch->begun_us = 0;
}
