/* prometheus.h - the metrics for Prometheus: GET /metrics. */
#pragma once

#include "linnet/chat/chat.h"
#include "linnet/doors/access.h"
#include "linnet/http/http.h"

struct prometheus_door {
	struct access access;
	const struct chat *chat;
};

/* Set up the door; borrows everything. Sets the start time of the process to now. */
void prometheus_door_init(struct prometheus_door *door, const struct access *access,
	const struct chat *chat);

/* The route of the door, which is borrowed. */
struct http_routes prometheus_door_routes(struct prometheus_door *door);
