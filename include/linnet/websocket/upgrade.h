/* upgrade.h - the routes of the WebSockets, and the check of their handshakes. */
#pragma once

#include "linnet/http/http.h"
#include "linnet/websocket/websocket.h"

struct upgrade {
	struct websocket_host *host;
	const struct websocket_service *chat, *echo; /* /ws, /echo */
};

/* The routes /ws and /echo. Borrows upgrade. */
struct http_routes upgrade_routes(struct upgrade *upgrade);
