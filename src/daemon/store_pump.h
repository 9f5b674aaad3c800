/* store_pump.h - connects the chat's stores to the loop: delivers their answers, no
 * faster than readers keep up, and deletes expired history. */
#pragma once

#include "linnet/base/steady_clock.h"
#include "linnet/chat/chat.h"
#include "linnet/net/loop.h"
#include "linnet/websocket/websocket.h"

struct store_pump_store {
	struct loop_socket socket;
	struct store_pump *pump;
};

struct store_pump {
	struct chat *chat;
	struct websocket_host *websockets;
	struct store_pump_store stores[CHAT_FDS];
	struct loop_timer *pause;
	struct loop_timer *prune;
	struct steady_clock clock;
};

/* Start a pump that is all zero. Borrows everything; websockets tells when readers fall
 * behind. Returns 0 or -errno. */
int store_pump_start(struct store_pump *pump, struct loop *loop, struct chat *chat,
	struct websocket_host *websockets);

/* Stop, if it was started. */
void store_pump_stop(struct store_pump *pump);
