/* out_queue.h - the writing half of a plain socket: drains a queue of frames into it. */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "linnet/base/frame.h"
#include "linnet/net/conn.h"

struct sink;

/* Those that have something to write. All of them are written before the loop sleeps,
 * without asking epoll whether they can take it: nearly always they can. */
struct sink_drain {
	struct ev_loop *loop;
	TAILQ_HEAD(, sink) dirty;
};

/* What a sink tells its owner. Both come from sink_drain_run or from the loop, never from
 * within another call, and may end with sink_fini. */
struct sink_ops {
	/* Everything is written. */
	void (*on_drained)(struct sink *sink);
	/* The socket takes nothing more, ever: error is an errno. */
	void (*on_broken)(struct sink *sink, int error);
};

/* Embedded in its owner's connection. */
struct sink {
	struct sink_drain *drain;
	const struct sink_ops *ops;
	struct conn *conn;
	struct frame_queue *queue;
	struct frame *begun; /* written in part, in no queue any more; NULL: none */
	size_t begun_bytes;  /* of it */
	ev_io io;            /* active while the socket is full */
	bool is_dirty;
	TAILQ_ENTRY(sink) dirty_link;
};

/* Set up a drain for sinks of loop. */
void sink_drain_init(struct sink_drain *drain, struct ev_loop *loop);

/* Write to every dirty sink what its socket takes. */
void sink_drain_run(struct sink_drain *drain);

/* Set up a sink that writes queue to conn, that is the nonblocking socket fd; all stay
 * their owner's. A frame that is begun is taken out of the queue, which may be cleared at
 * any time. */
void sink_init(struct sink *sink, struct sink_drain *drain, const struct sink_ops *ops,
	struct conn *conn, int fd, struct frame_queue *queue);

/* The queue has something. Only marks: safe within a broadcast. */
void sink_wake(struct sink *sink);

/* True if nothing waits to be written. */
bool sink_is_idle(const struct sink *sink);

/* Write nothing more. The queue is left as it is. */
void sink_fini(struct sink *sink);
