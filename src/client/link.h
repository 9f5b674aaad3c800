/* link.h - one WebSocket to the server. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/client.h"

struct link;

/* How a link has ended. */
struct link_end {
	int status;        /* of the handshake; 0: there was no response */
	int retry_after_s; /* of the handshake; -1: not said */
	int close_code;    /* 0: none */
	bool is_untrusted; /* its certificate is not valid */
	bool is_invalid;   /* the server sent what it must not send */
	char why[128];
};

/* Gets each object of the server, as long as the link lasts. */
typedef void link_on_object(void *context, json_t *object);

/* Begin to connect to path, with its query. link_end says if that failed. Free the link
 * with link_free, outside of on_object, which closes it at once. */
struct link *link_new(const struct client *client, const char *path,
	link_on_object *on_object, void *context);
void link_free(struct link *link);

/* Send object (borrowed). The owner limits how much it sends. */
void link_send(struct link *link, json_t *object);

/* Say goodbye, behind all that was sent. No object is received any more. The link ends a
 * little later. */
void link_leave(struct link *link);

/* How the link has ended, or NULL while it lasts. Valid until link_free. */
const struct link_end *link_has_ended(const struct link *link);
