/* upgrade.h - the routes that become WebSockets, and what a handshake must have. */
#pragma once

#include "linnet/http/http.h"
#include "linnet/websocket/websocket.h"

struct upgrade {
	struct websocket_host *host;
	const struct websocket_service *chat; /* /ws */
	const struct websocket_service *echo; /* /echo */
};

/* Its routes. Borrows upgrade. */
struct http_routes upgrade_routes(struct upgrade *upgrade);
