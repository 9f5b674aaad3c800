/* ws_writer.h - the writing half of a WebSocket: writes the frames of its queue, pings a
 * silent peer, closes with a code. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/websocket/websocket.h"

/* What libwebsockets is given to write at once. */
#define WS_WRITE_BYTES 65536

/* Shared by the writers of a host. A dirty WebSocket has something to write. It is
 * written before the loop sleeps without asking epoll first: its socket mostly has room.
 */
struct ws_drain {
	TAILQ_HEAD(, websocket) dirty;
	int64_t ping_ms; /* silence before a ping */
	int64_t pong_ms; /* time to answer it */
	bool is_pressed; /* a peer has fallen behind */
	struct frame *ping;
	uint8_t *scratch; /* headroom and WS_WRITE_BYTES */
};

/* Set up a drain, without a heartbeat yet. */
void ws_drain_init(struct ws_drain *drain);

/* Free what the drain holds; no WebSocket may be left. */
void ws_drain_fini(struct ws_drain *drain);

/* Write to every dirty WebSocket. Any of them may close meanwhile. */
void ws_drain_run(struct ws_drain *drain);

/* Answer the close frame of the peer, which has len bytes of payload (RFC 6455 section
 * 5.5.1), after the frames of the queue that the socket takes at once. Nothing is written
 * afterwards. */
void ws_writer_answer_close(struct websocket *socket, const uint8_t *payload, size_t len);

/* The peer has given a sign of life. */
void ws_writer_heard(struct websocket *socket);

/* Ping a silent peer. Close the connection of one that did not answer. */
void ws_writer_tick(struct websocket *socket, int64_t now_ms);

/* The socket takes data. Returns 0, or -1 to close the connection. */
int ws_writer_writable(struct websocket *socket);

/* The connection is gone. */
void ws_writer_fini(struct websocket *socket);
