/* store_pump.h - what the loop does for the chat's stores: hands on what they have
 * answered, no faster than readers follow, and has them let go of what is too old. */
#pragma once

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
};

/* Begin with a pump that is all zero. Borrows everything; websockets says when readers
 * fall behind. Returns 0 or -errno. */
int store_pump_start(struct store_pump *pump, struct loop *loop, struct chat *chat,
	struct websocket_host *websockets);

/* End, if it has begun. */
void store_pump_stop(struct store_pump *pump);
