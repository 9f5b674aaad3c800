/* websocket.h - WebSocket connections (RFC 6455) as libwebsockets serves them, and what
 * is spoken on them. libwebsockets sees no byte of HTTP but a handshake that is written
 * here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/frame.h"
#include "linnet/base/utf8.h"
#include "linnet/net/conn.h"

struct ev_loop;
struct http_request;
struct lws;
struct websocket;
struct websocket_host;
struct ws_drain;

/* What is spoken on the WebSockets of a path. */
struct websocket_service {
	const char *name; /* for the log; that of a transport of metrics.h */
	/* A good handshake has come: what it asks for besides may be refused. NULL, or
	 * the code of an error with *status its HTTP status and *text its sentence. May
	 * be NULL itself. */
	const char *(*on_check)(const struct websocket_service *service,
		const struct http_request *request, int *status, const char **text);
	/* The connection is open. Sets state, queue and pressing_bytes. */
	void (*on_open)(struct websocket *socket, const struct http_request *request);
	/* len bytes of the message under way have come (lws_is_first_fragment and its
	 * kin tell where they stand in it). Not called once the WebSocket is closing. */
	void (*on_receive)(struct websocket *socket, const void *bytes, size_t len);
	/* The socket could be written: the queue may have become shorter. */
	void (*on_written)(struct websocket *socket);
	/* As that of struct door. */
	void (*on_stop)(struct websocket *socket, uint16_t code, const char *reason);
	/* The connection is gone; frees state. */
	void (*on_closed)(struct websocket *socket);
};

/* One connection; the state of its conn. */
struct websocket {
	const struct websocket_service *service;
	struct conn *conn;
	struct lws *wsi;
	/* The service's. */
	void *state;
	struct frame_queue *queue;
	size_t pressing_bytes; /* of the queue: the peer falls behind */
	/* What follows belongs to websocket.c. */
	const struct http_request *request; /* until it is open */
	bool is_open;                       /* on_open was called */
	bool is_left;                       /* the peer has said that it leaves */
	struct utf8_check text;             /* of the message under way */
	/* What follows belongs to ws_writer.c. */
	struct ws_drain *drain;
	unsigned pauses;          /* asked for since the queue was last empty */
	const char *close_reason; /* static text */
	uint16_t close_code;      /* 0: open */
	bool is_closed;           /* the close frame was handed to lws */
	bool is_dirty;
	bool is_blocked;  /* lws waits for the socket to take more */
	bool is_pinged;   /* and has not answered yet */
	int64_t heard_ms; /* monotonic, the last sign of life */
	int64_t pinged_ms;
	TAILQ_ENTRY(websocket) dirty_link;
};

/* Start libwebsockets on loop. Returns a host for websocket_host_free, or NULL. */
struct websocket_host *websocket_host_new(struct ev_loop *loop);

/* From now on ping peers after ping_s seconds of silence, and give them up pong_s seconds
 * later. To be called before the first websocket_open. */
void websocket_host_set_heartbeat(struct websocket_host *host, int ping_s, int pong_s);

/* Log what libwebsockets has said too much of since the last call. */
void websocket_host_tick(void);

/* Write what waits. To be called before the loop sleeps. */
void websocket_host_write(struct websocket_host *host);

/* True if a peer has fallen behind since the last call: a pause before more is said lets
 * it read on. */
bool websocket_host_take_pressure(struct websocket_host *host);

/* Make a WebSocket of service out of the connection of request, a good handshake with
 * key, on the socket fd, which is the host's from now on. speaks_chat: the client asked
 * for that subprotocol. rest are the rest_len bytes behind the handshake. The connection
 * may be gone when this returns. */
void websocket_open(struct websocket_host *host, const struct websocket_service *service,
	struct http_request *request, const char *key, bool speaks_chat, int fd,
	const char *rest, size_t rest_len);

/* Whether the len bytes that have just come of a message go on with it as UTF-8, and end
 * no message within a character (RFC 6455 section 8.1); a binary message always does. To
 * be asked once about each piece. */
bool websocket_is_text(struct websocket *socket, const void *bytes, size_t len);

/* The queue has something. Only marks: safe within a broadcast. */
void websocket_wake(struct websocket *socket);

/* Close with code once the queue is written, or hard when the peer does not take it for
 * long. The first call counts. Only marks. reason is static text of up to 123 bytes
 * (RFC 6455 section 5.5). */
void websocket_close(struct websocket *socket, uint16_t code, const char *reason);

/* Close what is left and stop libwebsockets; NULL is fine. */
void websocket_host_free(struct websocket_host *host);
