#include "daemon/store_pump.h"

/* How long nothing more is said when readers fall behind. */
#define PAUSE_S 0.005

/* How often history that is too old is let go of. */
#define PRUNE_S 60.0

static void
watch_stores(struct store_pump *pump, bool watch)
{
	int i;

	for (i = 0; i < CHAT_FDS; i++) {
		if (watch)
			ev_io_start(pump->loop, &pump->stores[i]);
		else
			ev_io_stop(pump->loop, &pump->stores[i]);
	}
}

static void
on_store(struct ev_loop *loop, ev_io *io, int revents)
{
	struct store_pump *pump = io->data;

	(void)revents;
	if (!websocket_host_take_pressure(pump->websockets)) {
		chat_dispatch(pump->chat);
		return;
	}
	watch_stores(pump, false);
	ev_timer_set(&pump->pause, PAUSE_S, 0);
	ev_timer_start(loop, &pump->pause);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop;
	(void)revents;
	watch_stores(timer->data, true);
}

static void
on_prune(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct store_pump *pump = timer->data;

	(void)revents;
	chat_prune(pump->chat, (int64_t)(ev_now(loop) * 1000));
}

void
store_pump_start(struct store_pump *pump, struct ev_loop *loop, struct chat *chat,
	struct websocket_host *websockets)
{
	unsigned i;

	pump->loop = loop;
	pump->chat = chat;
	pump->websockets = websockets;
	for (i = 0; i < CHAT_FDS; i++) {
		ev_io_init(&pump->stores[i], on_store, chat_fd(chat, i), EV_READ);
		pump->stores[i].data = pump;
	}
	ev_timer_init(&pump->pause, on_pause_over, PAUSE_S, 0);
	ev_timer_init(&pump->prune, on_prune, 1, PRUNE_S);
	pump->pause.data = pump->prune.data = pump;
	ev_timer_start(loop, &pump->prune);
	watch_stores(pump, true);
}

void
store_pump_stop(struct store_pump *pump)
{
	if (!pump->chat)
		return;
	watch_stores(pump, false);
	ev_timer_stop(pump->loop, &pump->pause);
	ev_timer_stop(pump->loop, &pump->prune);
}
