/* line.h - the line door: a chat for nc, telnet and "cmd | nc". */
#pragma once

#include "linnet/base/deferred.h"
#include "linnet/chat/chat.h"
#include "linnet/config/config.h"
#include "linnet/doors/access.h"
#include "linnet/net/conn.h"
#include "linnet/net/out_queue.h"

struct line_door {
	struct door door;
	struct access access;
	const struct config *config;
	struct chat *chat;
	struct out_queue_drain *out_queues;
	struct deferred_list *deferred;
};

/* Set up the door; borrows everything. */
void line_door_init(struct line_door *door, const struct access *access,
	struct chat *chat, struct out_queue_drain *out_queues,
	struct deferred_list *deferred);

/* Serve conn, which has no door yet, on the nonblocking socket fd, which becomes the
 * door's. */
void line_door_accept(struct line_door *door, struct conn *conn, int fd);
