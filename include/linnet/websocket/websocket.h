/* websocket.h - WebSocket connections (RFC 6455) as libwebsockets serves them, and what
 * is spoken on them. libwebsockets sees no byte of HTTP but a handshake that is written
 * here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/base/utf8.h"
#include "linnet/net/conn.h"

struct http_request;
struct loop;
struct lws;
struct websocket;
struct websocket_host;

/* The bytes that libwebsockets is given to write at once. */
#define WEBSOCKET_WRITE_BYTES 65536

/* What is spoken on the WebSockets of a path. */
struct websocket_service {
	const char *name; /* for the log; that of a transport of metrics.h */
	/* A good handshake has come: what it asks for besides may be refused. NULL, or
	 * the code of an error with *status its HTTP status and *text its sentence. May
	 * be NULL itself. */
	const char *(*on_check)(struct websocket_service *service,
		const struct http_request *request, int *status, const char **text);
	/* The connection is open. Sets socket->state. */
	void (*on_open)(struct websocket *socket, const struct http_request *request);
	/* len bytes of the message under way have come (websocket_is_first and its kin
	 * tell where they stand in it). */
	void (*on_receive)(struct websocket *socket, const void *bytes, size_t len);
	/* The peer gave a sign of life other than a message. */
	void (*on_heard)(struct websocket *socket);
	/* The peer has closed with a payload of len bytes: what is left to be said, and
	 * the answer, are to be written. The connection is closed behind that. */
	void (*on_peer_close)(struct websocket *socket, const void *payload, size_t len);
	/* The socket can be written. Returns 0, or -1 to close. */
	int (*on_writable)(struct websocket *socket);
	/* As those of struct door. */
	void (*on_tick)(struct websocket *socket, int64_t now_ms);
	void (*on_stop)(struct websocket *socket, uint16_t code, const char *reason);
	/* The connection is gone; frees socket->state. */
	void (*on_closed)(struct websocket *socket);
};

/* One connection; the state of its conn. */
struct websocket {
	struct websocket_service *service;
	struct conn *conn;
	struct lws *wsi;
	void *state;                        /* the service's */
	const struct http_request *request; /* until it is open */
	bool is_open;                       /* on_open was called */
	bool is_left;                       /* the peer has said that it leaves */
	struct utf8_check text;             /* of the message under way */
};

/* Let libwebsockets serve WebSockets on loop. Returns a host for websocket_host_free, or
 * NULL after logging why. */
struct websocket_host *websocket_host_new(struct loop *loop);

/* Make a WebSocket of service out of the connection of request, a good handshake with
 * key, on the socket fd, which is the host's from now on. speaks_chat: the client asked
 * for that subprotocol. rest are the rest_len bytes behind the handshake. The connection
 * may be gone when this returns. */
void websocket_open(struct websocket_host *host, struct websocket_service *service,
	struct http_request *request, const char *key, bool speaks_chat, int fd,
	const char *rest, size_t rest_len);

/* While on_receive is called: whether the bytes are the first or the last ones of their
 * message, whether that is binary, and how many more of their frame are to come. */
bool websocket_is_first(const struct websocket *socket);
bool websocket_is_final(const struct websocket *socket);
bool websocket_is_binary(const struct websocket *socket);
size_t websocket_remaining(const struct websocket *socket);

/* Read, or do not read, what the peer sends. */
void websocket_watch_input(struct websocket *socket, bool on);

/* Whether the len bytes that have just come of a message go on with it as UTF-8, and end
 * no message within a character (RFC 6455 section 8.1); a binary message always does. To
 * be asked once about each piece. */
bool websocket_is_text(struct websocket *socket, const void *bytes, size_t len);

/* Free it, after loop_close_all; NULL is fine. */
void websocket_host_free(struct websocket_host *host);
