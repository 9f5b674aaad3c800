/* store_pump.h - what the loop does for the chat's stores: hands on what they have
 * answered, no faster than readers follow, and has them let go of what is too old. */
#pragma once

#include <ev.h>

#include "linnet/chat/chat.h"
#include "linnet/websocket/websocket.h"

struct store_pump {
	struct ev_loop *loop;
	struct chat *chat;
	struct websocket_host *websockets;
	ev_io stores[CHAT_FDS];
	ev_timer pause;
	ev_timer prune;
};

/* Begin with a pump that is all zero. Borrows everything; websockets says when readers
 * fall behind. */
void store_pump_start(struct store_pump *pump, struct ev_loop *loop, struct chat *chat,
	struct websocket_host *websockets);

/* End, if it has begun. */
void store_pump_stop(struct store_pump *pump);
