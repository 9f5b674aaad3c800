/* ws.h - the chat door on WebSocket: each WebSocket is a session of the chat. */
#pragma once

#include "linnet/chat/chat.h"
#include "linnet/doors/access.h"
#include "linnet/websocket/websocket.h"

struct ws_door {
	struct websocket_service service;
	struct access access;
	struct chat *chat;
};

/* Set up the door. Borrows everything until its last connection is closed. */
void ws_door_init(struct ws_door *door, const struct access *access, struct chat *chat);
