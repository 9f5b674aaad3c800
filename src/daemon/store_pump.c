#include "daemon/store_pump.h"

#include <errno.h>
#include <fcntl.h>

#include "linnet/base/clock.h"

/* Pause of deliveries when readers fall behind. */
#define PAUSE_MS 5

/* How often expired history is deleted, and when first. */
#define PRUNE_MS 30000
#define PRUNE_FIRST_MS 1000

static void
store_pump_watch(struct store_pump *pump, bool on)
{
	int i;

	for (i = 0; i < CHAT_FDS; i++)
		loop_socket_watch_input(&pump->stores[i].socket, on);
}

static void
store_pump_on_readable(struct loop_socket *socket)
{
	struct store_pump_store *store = (struct store_pump_store *)socket;
	struct store_pump *pump = store->pump;

	if (!websocket_host_take_pressure(pump->websockets)) {
		chat_dispatch(pump->chat, (unsigned)(store - pump->stores));
		return;
	}
	store_pump_watch(pump, false);
	loop_timer_start(pump->pause, PAUSE_MS, 0);
}

static void
store_pump_on_pause_over(void *context)
{
	store_pump_watch(context, true);
}

static void
store_pump_on_prune(void *context)
{
	struct store_pump *pump = context;

	int64_t now_ms = clock_unix_ms();

	chat_prune(pump->chat, now_ms);
	chat_trim(pump->chat, steady_clock_note(&pump->clock, now_ms, clock_boot_ms()));
}

int
store_pump_start(struct store_pump *pump, struct loop *loop, struct chat *chat,
	struct websocket_host *websockets)
{
	static const struct loop_socket_ops ops = {
		.on_readable = store_pump_on_readable,
	};
	unsigned i;

	pump->chat = chat;
	pump->websockets = websockets;
	pump->pause = loop_timer_new(loop, store_pump_on_pause_over, pump);
	pump->prune = loop_timer_new(loop, store_pump_on_prune, pump);
	loop_timer_start(pump->prune, PRUNE_FIRST_MS, PRUNE_MS);
	for (i = 0; i < CHAT_FDS; i++) {
		/* A copy, because the store closes its own. */
		int fd = fcntl(chat_fd(chat, i), F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return -errno;
		pump->stores[i].pump = pump;
		loop_socket_open(&pump->stores[i].socket, loop, fd, &ops);
	}
	return 0;
}

void
store_pump_stop(struct store_pump *pump)
{
	int i;

	for (i = 0; i < CHAT_FDS; i++)
		loop_socket_close(&pump->stores[i].socket);
	loop_timer_free(pump->pause);
	loop_timer_free(pump->prune);
}
