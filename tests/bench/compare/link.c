#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../die.h"

enum {
	EVENTS_MAX = 256,
	INPUT_BYTES = 1024 * 1024,
	UNIT_BYTES_MAX = INPUT_BYTES / 2,
};

static struct {
	uint16_t port;
	SSL_CTX *tls;
	int epoll_fd;
	char *input; /* INPUT_BYTES, for all links */
} server;

uint64_t
link_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void
link_init(uint16_t port, SSL_CTX *tls)
{
	server.port = port;
	server.tls = tls;
	server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server.input = die_or_allocate(1, INPUT_BYTES);
	if (server.epoll_fd < 0)
		die("epoll_create1: %m");
}

static void
watch(struct link *link, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = link };

	if (epoll_ctl(server.epoll_fd, operation, link->fd, &event) < 0)
		die("epoll_ctl: %m");
}

static void
shake_hands(struct link *link)
{
	link->ssl = SSL_new(server.tls);
	if (!link->ssl || !SSL_set_fd(link->ssl, link->fd) || SSL_connect(link->ssl) != 1)
		die("client %u: the TLS handshake failed", link->number);
}

/* On loopback a blocking connect() returns at once while the backlog has room. */
void
link_open(struct link *link)
{
	static const int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(server.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->fd < 0)
		die("client %u: socket: %m", link->number);
	if (connect(link->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("client %u: connect: %m", link->number);
	setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (server.tls)
		shake_hands(link);
	if (fcntl(link->fd, F_SETFL, O_NONBLOCK) < 0)
		die("client %u: fcntl: %m", link->number);
	watch(link, EPOLL_CTL_ADD, EPOLLIN);
}

static void
bytes_append(struct link_bytes *bytes, const char *from, size_t n)
{
	if (bytes->n + n > bytes->room) {
		bytes->room = 2 * (bytes->n + n);
		bytes->at = realloc(bytes->at, bytes->room);
		if (!bytes->at)
			die("out of memory for %zu bytes", bytes->room);
	}
	if (n > 0)
		memcpy(bytes->at + bytes->n, from, n);
	bytes->n += n;
}

/* Whether a failed call on the link has to be tried again later. */
static bool
must_wait(const struct link *link, int result)
{
	if (link->ssl) {
		int error = SSL_get_error(link->ssl, result);

		return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
	}
	return result < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Returns how many bytes were accepted. */
static size_t
send_some(struct link *link, const char *bytes, size_t n)
{
	ssize_t sent = link->ssl ? SSL_write(link->ssl, bytes, (int)n)
				 : send(link->fd, bytes, n, MSG_NOSIGNAL);

	if (sent > 0)
		return (size_t)sent;
	if (!must_wait(link, (int)sent))
		die("client %u: the server closed the connection (send: %m)",
			link->number);
	return 0;
}

void
link_send(struct link *link, const char *bytes, size_t n)
{
	size_t sent = 0;

	if (link->out.n == 0) {
		sent = send_some(link, bytes, n);
		if (sent < n)
			watch(link, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	}
	bytes_append(&link->out, bytes + sent, n - sent);
}

static void
on_writable(struct link *link)
{
	size_t sent = send_some(link, link->out.at, link->out.n);

	link->out.n -= sent;
	memmove(link->out.at, link->out.at + sent, link->out.n);
	if (link->out.n == 0)
		watch(link, EPOLL_CTL_MOD, EPOLLIN);
}

/* Receive once. All links read into one buffer; each keeps only its unfinished unit.
 * False if nothing is there. */
static bool
receive(struct link *link)
{
	size_t kept = link->in.n;
	size_t room = INPUT_BYTES - kept;
	size_t done;
	ssize_t n;

	if (kept > UNIT_BYTES_MAX)
		die("client %u: a frame or answer of more than %d bytes", link->number,
			UNIT_BYTES_MAX);
	n = link->ssl ? SSL_read(link->ssl, server.input + kept, (int)room)
		      : recv(link->fd, server.input + kept, room, 0);
	if (n <= 0 && must_wait(link, (int)n))
		return false;
	if (n <= 0 && link->is_idle && kept == 0) {
		link_close(link);
		link_open(link);
		return false;
	}
	if (n <= 0)
		die("client %u: the server closed the connection", link->number);
	if (kept > 0)
		memcpy(server.input, link->in.at, kept);
	link->in.n = 0;
	done = link->take(link, server.input, kept + (size_t)n, link_now_ns());
	bytes_append(&link->in, server.input + done, kept + (size_t)n - done);
	return true;
}

int
link_turn(uint64_t until_ns)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t now_ns = link_now_ns();
	uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec wait = { (time_t)(wait_ns / 1000000000),
		(long)(wait_ns % 1000000000) };
	int n = epoll_pwait2(server.epoll_fd, events, EVENTS_MAX, &wait, NULL);

	die_if_signalled();
	for (int i = 0; i < n; i++) {
		struct link *link = events[i].data.ptr;

		if (events[i].events & EPOLLOUT)
			on_writable(link);
		/* One read of TLS is one record; what OpenSSL has read wakes nobody. */
		if (events[i].events & ~(uint32_t)EPOLLOUT) {
			while (receive(link) && link->ssl) {
			}
		}
	}
	return n;
}

void
link_serve_until_readable(int fd)
{
	struct pollfd ready[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = server.epoll_fd, .events = POLLIN },
	};

	while (ready[0].revents == 0) {
		if (poll(ready, 2, -1) > 0 && ready[1].revents)
			link_turn(0);
		die_if_signalled();
	}
}

void
link_close(struct link *link)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(link->fd);
	SSL_free(link->ssl);
	free(link->in.at);
	free(link->out.at);
	link->ssl = NULL;
	link->in = (struct link_bytes){ 0 };
	link->out = (struct link_bytes){ 0 };
}
