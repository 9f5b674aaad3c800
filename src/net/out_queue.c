#include "linnet/net/out_queue.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* What is handed to the kernel at once, so that everybody gets a turn. */
#define WRITE_FRAMES 64
#define WRITE_BYTES 65536

void
sink_drain_init(struct sink_drain *drain, struct ev_loop *loop)
{
	drain->loop = loop;
	TAILQ_INIT(&drain->dirty);
}

/* Point at the bytes to be written next: of whole frames, but for the first and the
 * last one. Returns how many pieces there are. */
static size_t
gather(const struct sink *sink, struct iovec *pieces)
{
	size_t count = 0, bytes = 0;
	uint32_t i;

	if (sink->begun) {
		pieces[count].iov_base = frame_bytes(sink->begun) + sink->begun_bytes;
		pieces[count].iov_len = sink->begun->len - sink->begun_bytes;
		bytes += pieces[count++].iov_len;
	}
	for (i = 0; i < sink->queue->count && count < WRITE_FRAMES && bytes < WRITE_BYTES;
		i++) {
		struct frame *frame = frame_queue_at(sink->queue, i);

		pieces[count].iov_base = frame_bytes(frame);
		pieces[count].iov_len = frame->len;
		bytes += pieces[count++].iov_len;
	}
	if (bytes > WRITE_BYTES)
		pieces[count - 1].iov_len -= bytes - WRITE_BYTES;
	return count;
}

static void
drop_begun(struct sink *sink)
{
	if (sink->begun)
		frame_unref(sink->begun);
	sink->begun = NULL;
	sink->begun_bytes = 0;
}

/* len bytes are the kernel's. */
static void
advance(struct sink *sink, size_t len)
{
	conn_count_sent(sink->conn, len);
	while (len) {
		size_t left;

		if (!sink->begun) {
			sink->begun = frame_ref(frame_queue_peek(sink->queue));
			frame_queue_pop(sink->queue);
		}
		left = sink->begun->len - sink->begun_bytes;
		if (len < left) {
			sink->begun_bytes += len;
			return;
		}
		len -= left;
		drop_begun(sink);
	}
}

/* Write once. Returns 0 or -errno. */
static int
write_some(struct sink *sink)
{
	struct iovec pieces[WRITE_FRAMES];
	struct msghdr message = { .msg_iov = pieces };
	ssize_t n;

	message.msg_iovlen = gather(sink, pieces);
	n = sendmsg(sink->io.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	advance(sink, (size_t)n);
	return 0;
}

/* May end with the sink gone. */
static void
write_or_wait(struct sink *sink)
{
	int r = sink_is_idle(sink) ? 0 : write_some(sink);

	if (r == -EAGAIN || r == -EINTR || r == -ENOBUFS)
		ev_io_start(sink->drain->loop, &sink->io);
	else if (r < 0)
		sink->ops->on_broken(sink, -r);
	else if (!sink_is_idle(sink))
		sink_wake(sink);
	else
		sink->ops->on_drained(sink);
}

void
sink_drain_run(struct sink_drain *drain)
{
	struct sink *sink;

	while ((sink = TAILQ_FIRST(&drain->dirty))) {
		TAILQ_REMOVE(&drain->dirty, sink, dirty_link);
		sink->is_dirty = false;
		write_or_wait(sink);
	}
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int revents)
{
	(void)revents;
	ev_io_stop(loop, io);
	sink_wake(io->data);
}

void
sink_init(struct sink *sink, struct sink_drain *drain, const struct sink_ops *ops,
	struct conn *conn, int fd, struct frame_queue *queue)
{
	memset(sink, 0, sizeof(*sink));
	sink->drain = drain;
	sink->ops = ops;
	sink->conn = conn;
	sink->queue = queue;
	ev_io_init(&sink->io, on_writable, fd, EV_WRITE);
	sink->io.data = sink;
}

void
sink_wake(struct sink *sink)
{
	if (sink->is_dirty || ev_is_active(&sink->io))
		return;
	sink->is_dirty = true;
	TAILQ_INSERT_TAIL(&sink->drain->dirty, sink, dirty_link);
}

bool
sink_is_idle(const struct sink *sink)
{
	return !sink->begun && !sink->queue->count;
}

void
sink_fini(struct sink *sink)
{
	if (sink->is_dirty)
		TAILQ_REMOVE(&sink->drain->dirty, sink, dirty_link);
	sink->is_dirty = false;
	ev_io_stop(sink->drain->loop, &sink->io);
	drop_begun(sink);
}
