/* lws_peer.h - what the two kinds of connections to the server have in common. */
#pragma once

#include <libwebsockets.h>

#include "client/client.h"

/* A connection. Embedded in its owner. */
struct lws_peer {
	/* Handle an event; the arguments and the result are those of a callback of
	 * libwebsockets. */
	int (*on_event)(struct lws_peer *peer, enum lws_callback_reasons reason, void *in,
		size_t len);
	struct lws *wsi; /* NULL: before the first event, and after the last one */
	bool is_over;    /* there will be no further event */
	const char *certificate_fault; /* why the server's is not valid; NULL: it is */
};

/* For runner_new. One row for all connections, because some last events go to the first
 * row whatever the connection has used. */
const struct lws_protocols *lws_peer_protocols(void);

/* Connect to the server of client, for the path of the API with its query. method NULL: a
 * WebSocket. If it fails at once, peer is over, perhaps after
 * LWS_CALLBACK_CLIENT_CONNECTION_ERROR. */
void lws_peer_connect(struct lws_peer *peer, const struct client *client,
	const char *method, const char *path);

/* Handle LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: in is the place to write to, with
 * len bytes of room. Adds the token. Returns -1 if there is no room. */
int lws_peer_add_header(
	struct lws_peer *peer, void *in, size_t len, const char *name, const char *value);

/* The same for the token of the client, if it has one. */
int lws_peer_add_token(
	struct lws_peer *peer, const struct client *client, void *in, size_t len);

/* The HTTP status of the response, and the number of seconds in its header Retry-After
 * (-1: there is none). */
int lws_peer_read_status(struct lws_peer *peer, int *retry_after_s);

/* Write why LWS_CALLBACK_CLIENT_CONNECTION_ERROR has come to out, as a string. */
void lws_peer_copy_reason(
	const struct lws_peer *peer, char *out, size_t size, const void *in, size_t len);

/* Close the connection now, if it is not over, without further events. Not for use in
 * its own on_event. */
void lws_peer_kill(struct lws_peer *peer);
