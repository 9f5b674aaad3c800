/* out_queue.h - writes a queue of frames to a connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/frame.h"
#include "linnet/net/conn.h"
#include "linnet/net/loop.h"

struct out_queue;

/* The out queues that have something to write. They are written before the loop sleeps,
 * without asking epoll first: nearly always the socket can take it. */
struct out_queue_drain {
	struct loop *loop;
	TAILQ_HEAD(, out_queue) dirty;
};

/* Callbacks of an out queue's owner. They are called from out_queue_drain_run only, and
 * may call out_queue_fini. */
struct out_queue_ops {
	/* Everything is written. */
	void (*on_drained)(struct out_queue *out_queue);
	/* Writing failed for good; error is an errno. */
	void (*on_broken)(struct out_queue *out_queue, int error);
};

/* Embedded in its owner. */
struct out_queue {
	struct out_queue_drain *drain;
	const struct out_queue_ops *ops;
	struct conn *conn;
	struct frame_queue *queue;
	struct frame *begun; /* partly written, not in the queue any more; NULL: none */
	size_t begun_bytes;  /* of begun that are written */
	struct loop_socket *socket;
	bool is_blocked; /* waits for the socket to be writable */
	bool is_dirty;
	TAILQ_ENTRY(out_queue) dirty_link;
};

/* Set up an empty list for loop. */
void out_queue_drain_init(struct out_queue_drain *drain, struct loop *loop);

/* Write every dirty out queue as far as its socket takes it. */
void out_queue_drain_run(struct out_queue_drain *drain);

/* Set up an out queue that writes queue to conn's socket. Borrows everything. The owner
 * may clear queue at any time: a partly written frame is not in it. */
void out_queue_init(struct out_queue *out_queue, struct out_queue_drain *drain,
	const struct out_queue_ops *ops, struct conn *conn, struct loop_socket *socket,
	struct frame_queue *queue);

/* The queue has frames. Only marks: safe during a broadcast. */
void out_queue_wake(struct out_queue *out_queue);

/* The socket can be written again. The owner calls this if is_blocked. */
void out_queue_on_writable(struct out_queue *out_queue);

/* True if nothing is left to write. */
bool out_queue_is_idle(const struct out_queue *out_queue);

/* Stop writing. The queue is left as it is. */
void out_queue_fini(struct out_queue *out_queue);
