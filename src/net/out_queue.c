#include "linnet/net/out_queue.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

/* Most that is written at once, so that other connections get their turn. */
#define WRITE_FRAMES 64
#define WRITE_BYTES 65536

void
out_queue_drain_init(struct out_queue_drain *drain, struct loop *loop)
{
	drain->loop = loop;
	TAILQ_INIT(&drain->dirty);
}

/* Point pieces at the bytes to write next. Only the first and the last piece may be a
 * part of a frame. Returns how many pieces there are. */
static size_t
out_queue_gather(const struct out_queue *out_queue, struct iovec *pieces)
{
	size_t count = 0, bytes = 0;
	uint32_t i;

	if (out_queue->begun) {
		pieces[count].iov_base =
			frame_bytes(out_queue->begun) + out_queue->begun_bytes;
		pieces[count].iov_len = out_queue->begun->len - out_queue->begun_bytes;
		bytes += pieces[count++].iov_len;
	}
	for (i = 0; i < out_queue->queue->count && count < WRITE_FRAMES &&
		    bytes < WRITE_BYTES;
		i++) {
		struct frame *frame = frame_queue_at(out_queue->queue, i);

		pieces[count].iov_base = frame_bytes(frame);
		pieces[count].iov_len = frame->len;
		bytes += pieces[count++].iov_len;
	}
	if (bytes > WRITE_BYTES)
		pieces[count - 1].iov_len -= bytes - WRITE_BYTES;
	return count;
}

static void
out_queue_drop_begun(struct out_queue *out_queue)
{
	if (out_queue->begun)
		frame_unref(out_queue->begun);
	out_queue->begun = NULL;
	out_queue->begun_bytes = 0;
}

/* len bytes are written. */
static void
out_queue_advance(struct out_queue *out_queue, size_t len)
{
	conn_count_sent(out_queue->conn, len);
	while (len) {
		size_t left;

		if (!out_queue->begun) {
			out_queue->begun = frame_ref(frame_queue_peek(out_queue->queue));
			frame_queue_pop(out_queue->queue);
		}
		left = out_queue->begun->len - out_queue->begun_bytes;
		if (len < left) {
			out_queue->begun_bytes += len;
			return;
		}
		len -= left;
		out_queue_drop_begun(out_queue);
	}
}

/* Write once. Returns 0 or -errno. */
static int
out_queue_write_some(struct out_queue *out_queue)
{
	struct iovec pieces[WRITE_FRAMES];
	size_t count = out_queue_gather(out_queue, pieces);
	ssize_t n = conn_write(out_queue->conn, out_queue->socket->fd, pieces, count);

	if (n < 0)
		return -errno;
	out_queue_advance(out_queue, (size_t)n);
	return 0;
}

/* May free the out queue. */
static void
out_queue_write_or_wait(struct out_queue *out_queue)
{
	int r = out_queue_is_idle(out_queue) ? 0 : out_queue_write_some(out_queue);

	if (r == -EAGAIN || r == -EINTR || r == -ENOBUFS) {
		out_queue->is_blocked = true;
		loop_socket_want_write(out_queue->socket);
	} else if (r < 0) {
		out_queue->ops->on_broken(out_queue, -r);
	} else if (!out_queue_is_idle(out_queue)) {
		out_queue_wake(out_queue);
	} else {
		out_queue->ops->on_drained(out_queue);
	}
}

void
out_queue_drain_run(struct out_queue_drain *drain)
{
	struct out_queue *out_queue;

	while ((out_queue = TAILQ_FIRST(&drain->dirty))) {
		TAILQ_REMOVE(&drain->dirty, out_queue, dirty_link);
		out_queue->is_dirty = false;
		out_queue_write_or_wait(out_queue);
	}
}

void
out_queue_on_writable(struct out_queue *out_queue)
{
	out_queue->is_blocked = false;
	out_queue_wake(out_queue);
}

void
out_queue_init(struct out_queue *out_queue, struct out_queue_drain *drain,
	const struct out_queue_ops *ops, struct conn *conn, struct loop_socket *socket,
	struct frame_queue *queue)
{
	memset(out_queue, 0, sizeof(*out_queue));
	out_queue->drain = drain;
	out_queue->ops = ops;
	out_queue->conn = conn;
	out_queue->queue = queue;
	out_queue->socket = socket;
}

void
out_queue_wake(struct out_queue *out_queue)
{
	if (out_queue->is_dirty || out_queue->is_blocked)
		return;
	out_queue->is_dirty = true;
	TAILQ_INSERT_TAIL(&out_queue->drain->dirty, out_queue, dirty_link);
}

bool
out_queue_is_idle(const struct out_queue *out_queue)
{
	return !out_queue->begun && !out_queue->queue->count;
}

void
out_queue_fini(struct out_queue *out_queue)
{
	if (out_queue->is_dirty)
		TAILQ_REMOVE(&out_queue->drain->dirty, out_queue, dirty_link);
	out_queue->is_dirty = false;
	out_queue_drop_begun(out_queue);
}
