/* api.h - the HTTP doors of the chat: what programs push and ask, and people who cannot
 * have a WebSocket. Rows for the table of http.h. */
#pragma once

#include "linnet/auth/rate.h"
#include "linnet/base/deferred.h"
#include "linnet/chat/chat.h"
#include "linnet/doors/access.h"
#include "linnet/http/http.h"

struct poll;

/* What the handlers share; the context of their routes. */
struct api {
	struct access access;
	struct chat *chat;
	struct rate_table *rates;
	struct deferred_list *deferred; /* run at the end of each turn */
	struct poll *polls;             /* those that may come back, by their token */
	struct conn_limit_table *away;  /* how many of them an address has */
	struct http_routes routes;
};

/* Set up the doors; borrows everything. */
void api_init(struct api *api, const struct access *access, struct chat *chat,
	struct deferred_list *deferred);

/* Let go of polls that did not come back; to be called several times a second. */
void api_tick(struct api *api, int64_t now_ms);

/* The configuration has changed. */
void api_reload(struct api *api);

/* The connections are gone: let go of those who could have come back. */
void api_free_polls(struct api *api);

/* Free what it holds; for when no connection is left. */
void api_fini(struct api *api);
