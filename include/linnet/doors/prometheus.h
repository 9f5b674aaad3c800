/* prometheus.h - shows what the daemon counts to Prometheus: GET /metrics. */
#pragma once

#include "linnet/chat/chat.h"
#include "linnet/doors/access.h"
#include "linnet/http/http.h"

struct prometheus_door {
	struct access access;
	const struct chat *chat;
};

/* Set up the door; borrows everything. The process counts as started now. */
void prometheus_door_init(struct prometheus_door *door, const struct access *access,
	const struct chat *chat);

/* Its route. */
struct http_routes prometheus_door_routes(struct prometheus_door *door);
