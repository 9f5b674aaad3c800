/* upgrade.h - decides which requests become WebSockets, and which door they go to. */
#pragma once

#include "linnet/config.h"
#include "linnet/conn.h"
#include "linnet/http.h"

struct upgrade {
	const struct config *config;
	const struct http_door *http;
	struct door *chat; /* /ws */
	struct door *echo; /* /echo */
};

/* A request asks for an upgrade: check it and choose conn->door, or refuse it with an
 * answer. Returns what the callback of LWS_CALLBACK_HTTP_CONFIRM_UPGRADE is to return. */
int upgrade_on_confirm(const struct upgrade *upgrade, struct conn *conn);
