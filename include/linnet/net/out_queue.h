/* out_queue.h - the writing half of a plain socket: drains a queue of frames into it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/frame.h"
#include "linnet/net/conn.h"
#include "linnet/net/loop.h"

struct out_queue;

/* Those that have something to write. All of them are written before the loop sleeps,
 * without asking epoll whether they can take it: nearly always they can. */
struct out_queue_drain {
	struct loop *loop;
	TAILQ_HEAD(, out_queue) dirty;
};

/* What an out queue tells its owner. Both come from out_queue_drain_run or from the loop,
 * never from within another call, and may end with out_queue_fini. */
struct out_queue_ops {
	/* Everything is written. */
	void (*on_drained)(struct out_queue *out_queue);
	/* The socket takes nothing more, ever: error is an errno. */
	void (*on_broken)(struct out_queue *out_queue, int error);
};

/* Embedded in its owner's connection. */
struct out_queue {
	struct out_queue_drain *drain;
	const struct out_queue_ops *ops;
	struct conn *conn;
	struct frame_queue *queue;
	struct frame *begun; /* written in part, in no queue any more; NULL: none */
	size_t begun_bytes;  /* of it */
	struct loop_socket *socket;
	bool is_blocked; /* the socket is full */
	bool is_dirty;
	TAILQ_ENTRY(out_queue) dirty_link;
};

/* Set up a drain for out queues of loop. */
void out_queue_drain_init(struct out_queue_drain *drain, struct loop *loop);

/* Write to every dirty out queue what its socket takes. */
void out_queue_drain_run(struct out_queue_drain *drain);

/* Set up an out queue that writes queue to conn, that is to socket; all stay their
 * owner's. A frame that is begun is taken out of the queue, which may be
 * cleared at any time. */
void out_queue_init(struct out_queue *out_queue, struct out_queue_drain *drain,
	const struct out_queue_ops *ops, struct conn *conn, struct loop_socket *socket,
	struct frame_queue *queue);

/* The queue has something. Only marks: safe within a broadcast. */
void out_queue_wake(struct out_queue *out_queue);

/* The socket takes bytes again. To be called by its owner if is_blocked. */
void out_queue_on_writable(struct out_queue *out_queue);

/* True if nothing waits to be written. */
bool out_queue_is_idle(const struct out_queue *out_queue);

/* Write nothing more. The queue is left as it is. */
void out_queue_fini(struct out_queue *out_queue);
