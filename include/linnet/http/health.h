/* health.h - health checks: the daemon runs, accepts requests, and can keep messages. */
#pragma once

#include "linnet/chat/chat.h"
#include "linnet/http/http.h"

/* The routes /healthz and /readyz; chat is borrowed. */
struct http_routes health_routes(struct chat *chat);
