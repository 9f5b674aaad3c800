/* api.h - the HTTP doors of the chat: programs push messages and ask questions, people
 * without a WebSocket read a stream or poll. */
#pragma once

#include "linnet/base/deferred.h"
#include "linnet/chat/chat.h"
#include "linnet/doors/access.h"
#include "linnet/http/http.h"

struct poll;

/* Shared by all handlers; the context of their routes. */
struct api {
	struct access access;
	struct chat *chat;
	struct deferred_list *deferred; /* run at the end of each turn */
	struct poll *polls;             /* those that a request can continue, by token */
	struct conn_limit_table *away;  /* counts them by address */
	struct http_routes routes;
};

/* Set up the doors; borrows everything. */
void api_init(struct api *api, const struct access *access, struct chat *chat,
	struct deferred_list *deferred);

/* Forget polls that have been idle for too long at now_ms. Call it several times a
 * second. */
void api_forget_polls(struct api *api, int64_t now_ms);

/* Apply the changed configuration. */
void api_reload(struct api *api);

/* Free what api holds, and all polls. Call it after the last connection is closed, but
 * before the chat is freed. */
void api_fini(struct api *api);
