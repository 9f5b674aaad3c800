/* ws.h - the chat door on WebSocket: each WebSocket is a session of the chat. The echo
 * service has the same limits. */
#pragma once

#include "linnet/chat/chat.h"
#include "linnet/doors/access.h"
#include "linnet/websocket/echo.h"

struct ws_door {
	struct websocket_service service;
	struct websocket_service echo;
	struct access access;
	struct chat *chat;
};

/* Set up the door. Borrows everything until its last connection is closed. */
void ws_door_init(struct ws_door *door, const struct access *access, struct chat *chat);
