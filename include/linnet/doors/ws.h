/* ws.h - the chat door on WebSocket: whole messages in, frames of the session's queue
 * out. */
#pragma once

#include "linnet/chat/chat.h"
#include "linnet/config/config.h"
#include "linnet/doors/access.h"
#include "linnet/websocket/websocket.h"

struct ws_door {
	struct websocket_service service;
	const struct config *config;
	struct access access;
	struct chat *chat;
};

/* Set up the door; borrows everything, which must outlive its connections. */
void ws_door_init(struct ws_door *door, const struct access *access, struct chat *chat);
