#include "websocket/farewell.h"

#include <errno.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/net/loop.h"

/* Time for the answers. */
#define ANSWERS_MS 5000

/* Time for the peer to read the close frame and to close. */
#define LINGER_MS 5000

struct farewell {
	struct websocket *socket;
	struct loop_socket loop_socket;
	struct out_queue out_queue; /* writes the queue of socket, then last */
	struct frame_queue last;
	struct frame *answer;
	int fd, number;    /* the connection, and the number that lws knew it by */
	int64_t due_ms;    /* monotonic; no longer than this for the answers */
	bool is_open;      /* loop_socket and out_queue are */
	bool is_finishing; /* out_queue writes last */
	bool is_ended;     /* the peer sends nothing more */
};

/* A socket that has ended in both directions, with this number. */
static bool
farewell_put_dead_socket(int number)
{
	int fds[2];
	bool is_put;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return false;
	is_put = dup3(fds[0], number, O_CLOEXEC) == number;
	close(fds[0]);
	close(fds[1]);
	return is_put;
}

bool
farewell_begin(struct websocket *socket, struct frame *answer)
{
	int number = lws_get_socket_fd(socket->wsi);
	int fd = fcntl(number, F_DUPFD_CLOEXEC, 0);
	struct farewell *farewell;

	if (fd < 0)
		return false;
	if (!farewell_put_dead_socket(number)) {
		close(fd);
		return false;
	}
	farewell = xcalloc(1, sizeof(*farewell));
	farewell->socket = socket;
	farewell->answer = answer;
	farewell->fd = fd;
	farewell->number = number;
	farewell->due_ms = clock_now_ms() + ANSWERS_MS;
	socket->farewell = farewell;
	return true;
}

static void
farewell_finish(struct farewell *farewell)
{
	farewell->is_finishing = true;
	conn_note_ending(farewell->socket->conn, ENDING_NORMAL);
	frame_queue_push(&farewell->last, farewell->answer);
	farewell->out_queue.queue = &farewell->last;
	out_queue_wake(&farewell->out_queue);
}

/* Everything that waited is written. */
static void
farewell_on_drained(struct out_queue *out_queue)
{
	struct farewell *farewell = container_of(out_queue, struct farewell, out_queue);
	struct websocket *socket = farewell->socket;

	if (farewell->is_finishing) {
		shutdown(farewell->loop_socket.fd, SHUT_WR);
		socket->conn->deadline_ms =
			clock_now_ms() + (farewell->is_ended ? 0 : LINGER_MS);
		return;
	}
	socket->service->on_written(socket);
	if (!socket->queue->count &&
		(socket->close_code || clock_now_ms() >= farewell->due_ms ||
			!socket->service->is_answering(socket)))
		farewell_finish(farewell);
}

static void
farewell_on_broken(struct out_queue *out_queue, int error)
{
	(void)error;
	conn_note_ending(out_queue->conn, ENDING_LOST);
	conn_free(out_queue->conn);
}

static const struct out_queue_ops out_queue_ops = {
	.on_drained = farewell_on_drained,
	.on_broken = farewell_on_broken,
};

/* Nothing may follow a close frame: discard it. */
static void
farewell_on_readable(struct loop_socket *loop_socket)
{
	struct farewell *farewell =
		container_of(loop_socket, struct farewell, loop_socket);
	struct conn *conn = farewell->socket->conn;
	char discarded[4096];
	ssize_t n = recv(loop_socket->fd, discarded, sizeof(discarded), MSG_DONTWAIT);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (n < 0)
		conn_note_ending(conn, ENDING_LOST);
	farewell->is_ended = true;
	if (n < 0 || (farewell->is_finishing && out_queue_is_idle(&farewell->out_queue)))
		conn_free(conn);
	else
		loop_socket_watch_input(loop_socket, false);
}

static void
farewell_on_writable(struct loop_socket *loop_socket)
{
	out_queue_on_writable(
		&container_of(loop_socket, struct farewell, loop_socket)->out_queue);
}

static const struct loop_socket_ops socket_ops = {
	.on_readable = farewell_on_readable,
	.on_writable = farewell_on_writable,
};

/* An answer may have come without a frame, or the time is over. */
static void
farewell_on_tick(struct conn *conn, int64_t now_ms)
{
	const struct websocket *socket = conn->state;
	struct farewell *farewell = socket->farewell;

	(void)now_ms;
	if (!farewell->is_finishing)
		out_queue_wake(&farewell->out_queue);
}

static void
farewell_on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	struct websocket *socket = conn->state;

	socket->service->on_stop(socket, code, reason);
}

static void
farewell_on_closed(struct conn *conn)
{
	struct websocket *socket = conn->state;
	struct farewell *farewell = socket->farewell;

	out_queue_fini(&farewell->out_queue);
	loop_socket_close(&farewell->loop_socket);
	socket->service->on_closed(socket);
	frame_queue_clear(&farewell->last);
	frame_unref(farewell->answer);
	free(farewell);
	free(socket);
}

static const struct door conn_door = {
	.name = "websocket",
	.on_tick = farewell_on_tick,
	.on_stop = farewell_on_stop,
	.kill = conn_free,
	.on_closed = farewell_on_closed,
};

void
farewell_go_on(struct websocket *socket, struct out_queue_drain *drain)
{
	struct farewell *farewell = socket->farewell;
	struct conn *conn = socket->conn;

	socket->wsi = NULL;
	conn->door = &conn_door;
	conn->tick_ms = 0;
	conn->deadline_ms = farewell->due_ms + LINGER_MS;
	loop_socket_open(&farewell->loop_socket, drain->loop,
		loop_renumber(farewell->fd, farewell->number), &socket_ops);
	out_queue_init(&farewell->out_queue, drain, &out_queue_ops, conn,
		&farewell->loop_socket, socket->queue);
	farewell->is_open = true;
	out_queue_wake(&farewell->out_queue);
}

void
farewell_wake(struct websocket *socket)
{
	if (socket->farewell->is_open && !socket->farewell->is_finishing)
		out_queue_wake(&socket->farewell->out_queue);
}
