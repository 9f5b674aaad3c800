#include "bare.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 256,
	FRAMES_READ_MAX = 64, /* by one recv() */
};

struct connection {
	int fd; /* -1 once closed */
	size_t buffered_bytes;
	char *buffer; /* FRAMES_READ_MAX frames; only connections that send have one */
};

struct bare {
	int epoll_fd;
	int listen_fd;
	size_t frame_bytes;
	unsigned n;
	unsigned max;
	unsigned room_size;
	struct connection *connections;
};

/* This runs in a forked child, which must not run the parent's exit handlers. */
static _Noreturn void
fail(const char *what)
{
	dprintf(STDERR_FILENO, "bare server: %s: %m\n", what);
	_exit(1);
}

/* Events carry the connection, or NULL for the listener. */
static void
watch(struct bare *bare, int fd, struct connection *connection)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

	if (epoll_ctl(bare->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		fail("epoll_ctl");
}

static void
accept_waiting(struct bare *bare)
{
	static const char greeting[BARE_GREETING_BYTES] = "+";
	static const int on = 1;
	int fd;

	while (bare->n < bare->max && (fd = accept4(bare->listen_fd, NULL, NULL,
					       SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		bare->connections[bare->n].fd = fd;
		watch(bare, fd, &bare->connections[bare->n++]);
		if (send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) < 0)
			fail("greeting");
	}
}

/* Wait for a full socket. The load always reads, so the wait ends. */
static void
send_whole(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent >= 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
		} else if (errno != EINTR) {
			return;
		}
	}
}

static void
broadcast(struct bare *bare, const struct connection *from, const char *frame)
{
	unsigned i = (unsigned)(from - bare->connections);
	unsigned end;

	i -= i % bare->room_size;
	end = i + bare->room_size < bare->n ? i + bare->room_size : bare->n;
	for (; i < end; i++) {
		const struct connection *to = &bare->connections[i];

		if (to != from && to->fd >= 0)
			send_whole(to->fd, frame, bare->frame_bytes);
	}
}

static void
close_connection(struct connection *connection)
{
	close(connection->fd);
	free(connection->buffer);
	connection->fd = -1;
	connection->buffer = NULL;
}

static void
read_connection(struct bare *bare, struct connection *from)
{
	size_t room = FRAMES_READ_MAX * bare->frame_bytes;
	size_t done = 0;
	ssize_t n;

	if (!from->buffer && !(from->buffer = malloc(room)))
		fail("malloc");
	n = recv(from->fd, from->buffer + from->buffered_bytes,
		room - from->buffered_bytes, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_connection(from);
		return;
	}
	from->buffered_bytes += (size_t)n;
	for (; from->buffered_bytes - done >= bare->frame_bytes;
		done += bare->frame_bytes)
		broadcast(bare, from, from->buffer + done);
	from->buffered_bytes -= done;
	memmove(from->buffer, from->buffer + done, from->buffered_bytes);
}

void
bare_serve(
	int listen_fd, size_t frame_bytes, unsigned max_connections, unsigned room_size)
{
	struct epoll_event events[EVENTS_MAX];
	struct bare bare = {
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.listen_fd = listen_fd,
		.frame_bytes = frame_bytes,
		.max = max_connections,
		.room_size = room_size,
		.connections = calloc(max_connections, sizeof(struct connection)),
	};

	if (bare.epoll_fd < 0 || !bare.connections)
		fail("start");
	watch(&bare, listen_fd, NULL);
	while (true) {
		int n = epoll_wait(bare.epoll_fd, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				read_connection(&bare, events[i].data.ptr);
			else
				accept_waiting(&bare);
		}
	}
}
