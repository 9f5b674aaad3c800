/* ws_writer.h - the writing half of a WebSocket, whatever is spoken on it: drains a queue
 * of frames, keeps the heartbeat, closes with a code. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/frame.h"
#include "linnet/websocket/websocket.h"

/* Those that have something to write. All of them are written before the loop sleeps,
 * without asking epoll whether they can take it: nearly always they can. */
struct ws_drain {
	TAILQ_HEAD(, ws_writer) dirty;
	int64_t ping_ms; /* silence after which a ping goes out */
	int64_t pong_ms; /* time to answer it */
	/* A peer fell behind just now: a pause before more is said lets it read on. Set
	 * here, cleared by whoever makes the pause. */
	bool is_pressed;
	struct frame *ping;
	uint8_t *scratch; /* headroom and WEBSOCKET_WRITE_BYTES */
};

struct ws_writer {
	struct websocket *socket;
	struct ws_drain *drain;
	struct frame_queue *queue;
	size_t pressing_bytes;    /* of the queue: it falls behind */
	unsigned pauses;          /* asked for since it was last empty */
	const char *close_reason; /* static text */
	uint16_t close_code;      /* 0: open */
	bool is_closed;           /* the close frame was handed to lws */
	bool is_dirty;
	bool is_blocked;  /* lws waits for the socket to take more */
	bool is_pinged;   /* and has not answered yet */
	int64_t heard_ms; /* monotonic, the last sign of life */
	int64_t pinged_ms;
	TAILQ_ENTRY(ws_writer) dirty_link;
};

/* Set up a drain whose peers are pinged after ping_s seconds of silence and are given up
 * pong_s seconds later. */
void ws_drain_init(struct ws_drain *drain, int ping_s, int pong_s);

/* From now on ping and give up after these times. */
void ws_drain_set_heartbeat(struct ws_drain *drain, int ping_s, int pong_s);

/* Free what it holds; no peer may be left. */
void ws_drain_fini(struct ws_drain *drain);

/* Write to every dirty peer. A peer may close, and its door free it, meanwhile. */
void ws_drain_run(struct ws_drain *drain);

/* Set up the peer on socket that drains queue, which its door owns and which is not to
 * grow much beyond pressing_bytes. */
void ws_writer_init(struct ws_writer *writer, struct websocket *socket,
	struct ws_drain *drain, struct frame_queue *queue, size_t pressing_bytes);

/* The queue has something. Only marks: safe within a broadcast. */
void ws_writer_wake(struct ws_writer *writer);

/* Close with code once the queue is written, or hard when the peer does not take it for
 * long. The first call counts. Only marks. reason is static text of up to 123 bytes
 * (RFC 6455 section 5.5). */
void ws_writer_close(struct ws_writer *writer, uint16_t code, const char *reason);

/* The peer has closed with a payload of len bytes (RFC 6455 section 5.5.1): write what
 * waits, as far as the socket takes it, and the answer. Nothing is written afterwards. */
void ws_writer_answer_close(struct ws_writer *writer, const uint8_t *payload, size_t len);

/* A sign of life. */
void ws_writer_heard(struct ws_writer *writer);

/* Ping a silent peer, give up one that did not answer. */
void ws_writer_tick(struct ws_writer *writer, int64_t now_ms);

/* The socket takes data. Returns 0, or -1 to close the connection. */
int ws_writer_writable(struct ws_writer *writer);

/* The connection is gone. */
void ws_writer_fini(struct ws_writer *writer);
