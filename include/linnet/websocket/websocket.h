/* websocket.h - WebSocket connections (RFC 6455), served by libwebsockets, and the
 * services that use them. libwebsockets sees no HTTP from the net, only a handshake that
 * is written here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/frame.h"
#include "linnet/base/utf8.h"
#include "linnet/net/conn.h"

struct config;
struct farewell;
struct http_request;
struct loop;
struct lws;
struct message_fault;
struct websocket;
struct websocket_host;

/* A part of a message. */
struct websocket_piece {
	const char *bytes;
	size_t len;
	size_t remaining;        /* bytes of the same frame that are still to come */
	bool is_first, is_final; /* of its message */
	bool is_binary;          /* the message is binary, not text */
	bool is_valid; /* false: it makes the text invalid UTF-8, or ends it in a
			  character */
};

/* What serves the WebSockets of a path. */
struct websocket_service {
	const char *name; /* for the log; a name of a transport in metrics.h */
	/* Check the rest of a valid handshake, and charge for the connection. Returns 0
	 * to accept it, or -EINVAL with *fault filled in. */
	int (*on_check)(const struct websocket_service *service,
		const struct http_request *request, struct message_fault *fault);
	/* The connection is open. Sets state, queue and pressing_bytes. */
	void (*on_open)(struct websocket *socket, const struct http_request *request);
	/* A part of a message has come. Not called after websocket_close. */
	void (*on_receive)(struct websocket *socket, const struct websocket_piece *piece);
	/* Frames may have been written, so the queue may be shorter. */
	void (*on_written)(struct websocket *socket);
	/* True while answers to the peer are still to come. A peer that has sent its
	 * close frame gets them before the close frame of the server. NULL: there are no
	 * such answers. */
	bool (*is_answering)(const struct websocket *socket);
	/* The peer was silent for so long that it is taken for dead: log that. */
	void (*on_dead)(const struct websocket *socket, int64_t silent_ms);
	/* The same as in struct door. */
	void (*on_stop)(struct websocket *socket, uint16_t code, const char *reason);
	/* The connection is gone. Frees state. */
	void (*on_closed)(struct websocket *socket);
};

/* One connection; the state of its conn. */
struct websocket {
	const struct websocket_service *service;
	struct conn *conn;
	struct lws *wsi;
	/* These belong to the service. */
	void *state;
	struct frame_queue *queue;
	size_t pressing_bytes; /* with a longer queue the peer has fallen behind */
	/* The rest belongs to websocket.c. */
	const struct http_request *request; /* NULL once it is open */
	bool is_open;                       /* on_open was called */
	bool is_left;                       /* the peer has sent a close frame */
	struct farewell *farewell;          /* lws has lost the connection; else NULL */
	struct utf8_check text;             /* of the current message */
	struct websocket_host *host;
	unsigned pauses;          /* asked for since the queue was empty */
	const char *close_reason; /* static text */
	uint16_t close_code;      /* 0: open */
	bool is_closed;           /* lws has the close frame */
	bool is_dirty;            /* in the list of the host */
	bool is_blocked;          /* lws could not write everything yet */
	bool is_unwatched;        /* it is not read from */
	int64_t heard_ms;         /* monotonic time of the last sign of life */
	int64_t pinged_ms;        /* of a ping without an answer; 0: there is none */
	TAILQ_ENTRY(websocket) dirty_link;
};

/* Let libwebsockets serve WebSockets on loop. A silent peer is pinged, and a dead one
 * closed, as the heartbeat of config says, which is borrowed. Returns a host for
 * websocket_host_free, or NULL after logging why. */
struct websocket_host *websocket_host_new(struct loop *loop, const struct config *config);

/* Write the queues of WebSockets that were woken, those that have waited longest first.
 * Call it at the end of each turn: if there are many, the loop goes on with the rest in
 * the next turn, which then begins at once. */
void websocket_host_write(struct websocket_host *host);

/* Mark all WebSockets that are to be written now. */
void websocket_host_mark(struct websocket_host *host);

/* True if none of those that were marked last is still to be written. */
bool websocket_host_is_past_mark(const struct websocket_host *host);

/* True if a peer has fallen behind since the last call. The caller should then pause
 * before it broadcasts more, so that the peer can catch up. */
bool websocket_host_take_pressure(struct websocket_host *host);

/* Turn the connection of request, a valid handshake, into a WebSocket of service. Takes
 * fd, its socket. rest: the rest_len bytes that came after the handshake. The connection
 * may be gone when this returns. */
void websocket_open(struct websocket_host *host, const struct websocket_service *service,
	struct http_request *request, int fd, const char *rest, size_t rest_len);

/* Read what the peer sends, or stop reading. */
void websocket_watch_input(struct websocket *socket, bool on);

/* Write the queue at the end of this turn of the loop, or of one of the next, in its
 * order. Safe within a broadcast. */
void websocket_wake(struct websocket *socket);

/* Close with code after the queue is written, or without a close frame if the peer does
 * not read it in time. Only the first call counts. It only marks the WebSocket. code also
 * tells the ending of the connection if none is noted yet. reason is static text of up to
 * 123 bytes (RFC 6455 section 5.5). */
void websocket_close(struct websocket *socket, uint16_t code, const char *reason);

/* Free the host, after loop_close_all; NULL is fine. */
void websocket_host_free(struct websocket_host *host);
