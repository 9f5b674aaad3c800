/* line.h - the line door: the chat in lines of text, for nc, telnet and "cmd | nc". */
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

/* Set up the door. Everything is borrowed. */
void line_door_init(struct line_door *door, const struct access *access,
	struct chat *chat, struct out_queue_drain *out_queues,
	struct deferred_list *deferred);

/* Serve conn, which has no door yet, on the nonblocking socket fd. Takes over fd. */
void line_door_accept(struct line_door *door, struct conn *conn, int fd);
