#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/net/loop.h"

/* Connections accepted from one socket before others get their turn. */
#define ACCEPTS_A_TURN 64

/* Mode of a UNIX socket that linnetd makes: for its user and its group. */
#define UNIX_MODE 0660

/* The kernel takes no more unsent bytes of a connection than this. So a slow reader shows
 * in its queue instead of using megabytes of kernel memory. */
#define UNSENT_BYTES (128 * 1024)

/* Pause of accepting when the process has no descriptor left. */
#define PAUSE_MS 200

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
};

struct listening {
	struct loop_socket socket;
	struct listener *listener;
	uint16_t port; /* 0 for a UNIX socket */
	/* No connection waits that is older than the options of the socket: what is
	 * accepted from now on has inherited them. */
	bool is_inherited;
};

struct listener {
	struct loop *loop;
	struct listening sockets[LISTENER_SOCKETS];
	size_t count;
	struct loop_timer *pause;
	bool is_exhausted; /* and the log says so */
	struct stat file;  /* of the UNIX socket that was made; no inode: none */
	unsigned gone_ms;
	listener_on_accept *on_accept;
	void *context;
};

static void
listener_watch(struct listener *listener, bool on)
{
	size_t i;

	for (i = 0; i < listener->count; i++)
		loop_socket_watch_input(&listener->sockets[i].socket, on);
}

static void
listener_on_pause_over(void *context)
{
	listener_watch(context, true);
}

/* A connection that cannot be accepted keeps the socket readable. Without a pause the
 * loop would do nothing but try again. */
static void
listener_pause(struct listener *listener, int error)
{
	if (!listener->is_exhausted)
		log_warn("accept_paused", log_str("error", strerror(error)));
	listener->is_exhausted = true;
	listener_watch(listener, false);
	loop_timer_start(listener->pause, PAUSE_MS, 0);
}

/* Fails for a UNIX socket, which has none of these. */
static void
listener_set_options(int fd, unsigned gone_ms)
{
	const int on = 1, unsent = UNSENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof(gone_ms));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
}

static void
listener_on_readable(struct loop_socket *socket)
{
	struct listening *listening = (struct listening *)socket;
	struct listener *listener = listening->listener;
	int i;

	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		union address address;
		socklen_t len = sizeof(address);
		int fd = accept4(
			socket->fd, &address.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			listener->is_exhausted = false;
			if (!listening->is_inherited)
				listener_set_options(fd, listener->gone_ms);
			listener->on_accept(
				listener->context, fd, &address.any, listening->port);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			listener_pause(listener, errno);
			return;
		} else if (errno == EAGAIN) {
			listening->is_inherited = true;
			return;
		}
		/* Other errors concern this one connection, which is gone (accept(2)). */
	}
}

static int
listener_open_socket(const struct addrinfo *info, int port)
{
	const int on = 1, off = 0;
	union address address;
	int fd, r;

	memcpy(&address, info->ai_addr, info->ai_addrlen);
	if (info->ai_family == AF_INET6)
		address.v6.sin6_port = htons((uint16_t)port);
	else
		address.v4.sin_port = htons((uint16_t)port);
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, &address.any, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static union address
listener_address_of(int fd)
{
	union address address = { .un = { 0 } };
	socklen_t len = sizeof(address);

	getsockname(fd, &address.any, &len);
	return address;
}

static uint16_t
listener_port_of(int fd)
{
	union address address = listener_address_of(fd);

	if (address.any.sa_family == AF_INET6)
		return ntohs(address.v6.sin6_port);
	return address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : 0;
}

void
listener_set_gone_ms(struct listener *listener, unsigned gone_ms)
{
	listener->gone_ms = gone_ms;
	for (size_t i = 0; i < listener->count; i++)
		listener_set_options(listener->sockets[i].socket.fd, gone_ms);
}

static struct listener *
listener_new(struct loop *loop, listener_on_accept *on_accept, void *context)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));

	listener->loop = loop;
	listener->on_accept = on_accept;
	listener->context = context;
	listener->pause = loop_timer_new(loop, listener_on_pause_over, listener);
	return listener;
}

static void
listener_add_socket(struct listener *listener, int fd)
{
	static const struct loop_socket_ops ops = { .on_readable = listener_on_readable };
	struct listening *listening = &listener->sockets[listener->count++];

	/* Inherited sockets may block. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	loop_socket_open(&listening->socket, listener->loop, fd, &ops);
	listening->listener = listener;
	listening->port = listener_port_of(fd);
}

/* Open one socket for each address of the list. Families that this machine lacks are
 * skipped if another one works. */
static int
listener_open_all(struct listener *listener, const struct addrinfo *info, int port)
{
	int fd = -EADDRNOTAVAIL;

	for (; info && listener->count < LISTENER_SOCKETS; info = info->ai_next) {
		fd = listener_open_socket(info, port);
		if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
			continue;
		if (fd < 0)
			return fd;
		listener_add_socket(listener, fd);
		port = listener_port_of(fd);
	}
	return listener->count ? 0 : fd;
}

struct listener *
listener_adopt(struct loop *loop, const int *fds, size_t count,
	listener_on_accept *on_accept, void *context)
{
	struct listener *listener = listener_new(loop, on_accept, context);
	size_t i;

	for (i = 0; i < count; i++)
		listener_add_socket(listener, fds[i]);
	return listener;
}

int
listener_open(struct listener **out, struct loop *loop, const char *address, int port,
	listener_on_accept *on_accept, void *context)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	};
	struct listener *listener;
	struct addrinfo *info;
	int r;

	if (getaddrinfo(address, NULL, &hints, &info) != 0)
		return -EADDRNOTAVAIL;
	listener = listener_new(loop, on_accept, context);
	r = listener_open_all(listener, info, port);
	freeaddrinfo(info);
	if (r < 0) {
		listener_close(listener);
		return r;
	}
	*out = listener;
	return 0;
}

/* True if there is a socket at the path, and no process accepts its connections. */
static bool
listener_is_left_over(const union address *address)
{
	struct stat file;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_left_over = fd >= 0 && lstat(address->un.sun_path, &file) == 0 &&
			    S_ISSOCK(file.st_mode) &&
			    connect(fd, &address->any, sizeof(address->un)) < 0 &&
			    errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return is_left_over;
}

/* Bind fd to the path. A process that was killed leaves its socket behind, and bind never
 * takes a path that exists. */
static int
listener_bind_unix(int fd, const union address *address)
{
	if (bind(fd, &address->any, sizeof(address->un)) == 0)
		return 0;
	if (errno != EADDRINUSE || !listener_is_left_over(address))
		return -errno;
	if (unlink(address->un.sun_path) < 0 ||
		bind(fd, &address->any, sizeof(address->un)) < 0)
		return -errno;
	return 0;
}

/* Nobody can connect before listen, so nobody does before the mode is right. */
static int
listener_listen_unix(int fd, const union address *address, struct stat *file)
{
	const char *path = address->un.sun_path;
	int r = listener_bind_unix(fd, address);

	if (r < 0)
		return r;
	if (lstat(path, file) == 0 && chmod(path, UNIX_MODE) == 0 &&
		listen(fd, SOMAXCONN) == 0)
		return 0;
	r = -errno;
	unlink(path);
	return r;
}

int
listener_open_unix(struct listener **out, struct loop *loop, const char *path,
	listener_on_accept *on_accept, void *context)
{
	union address address = { .un = { .sun_family = AF_UNIX } };
	struct stat file;
	int fd, r;

	if (strlen(path) >= sizeof(address.un.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.un.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = listener_listen_unix(fd, &address, &file);
	if (r < 0) {
		close(fd);
		return r;
	}
	*out = listener_new(loop, on_accept, context);
	(*out)->file = file;
	listener_add_socket(*out, fd);
	return 0;
}

/* Remove the file of the UNIX socket that was made, unless another one has its path. */
static void
listener_remove_file(const struct listener *listener)
{
	const union address address = listener_address_of(listener->sockets[0].socket.fd);
	struct stat now;

	if (lstat(address.un.sun_path, &now) == 0 &&
		now.st_ino == listener->file.st_ino &&
		now.st_dev == listener->file.st_dev)
		unlink(address.un.sun_path);
}

/* The name of an abstract socket begins with a zero byte, which systemd and ss(8) write
 * as
 * "@". */
static void
listener_describe_unix(const struct sockaddr_un *un, char *out, size_t size)
{
	bool is_abstract = !un->sun_path[0];
	int most = (int)sizeof(un->sun_path) - is_abstract;

	snprintf(out, size, "unix:%s%.*s", is_abstract ? "@" : "", most,
		un->sun_path + is_abstract);
}

static void
listener_describe_socket(int fd, char *out, size_t size)
{
	union address address = listener_address_of(fd);
	char host[INET6_ADDRSTRLEN] = "";

	if (address.any.sa_family == AF_UNIX) {
		listener_describe_unix(&address.un, out, size);
	} else if (address.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof(host));
		snprintf(out, size, "[%s]:%d", host, ntohs(address.v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof(host));
		snprintf(out, size, "%s:%d", host, ntohs(address.v4.sin_port));
	}
}

void
listener_describe(const struct listener *listener, char *out, size_t size)
{
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < listener->count && len + 1 < size; i++) {
		if (i)
			out[len++] = ',';
		listener_describe_socket(
			listener->sockets[i].socket.fd, out + len, size - len);
		len += strlen(out + len);
	}
}

bool
listener_is_public(const struct listener *listener)
{
	size_t i;

	for (i = 0; i < listener->count; i++) {
		union address address =
			listener_address_of(listener->sockets[i].socket.fd);
		bool is_local =
			address.any.sa_family == AF_UNIX ||
			(address.any.sa_family == AF_INET6
					? IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr)
					: ntohl(address.v4.sin_addr.s_addr) >> 24 ==
						  IN_LOOPBACKNET);
		if (!is_local)
			return true;
	}
	return false;
}

void
listener_close(struct listener *listener)
{
	size_t i;

	if (!listener)
		return;
	loop_timer_free(listener->pause);
	if (listener->file.st_ino)
		listener_remove_file(listener);
	for (i = 0; i < listener->count; i++)
		loop_socket_close(&listener->sockets[i].socket);
	free(listener);
}
