#include "linnet/net/loop.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* Most lines of libwebsockets that are logged between two calls of loop_log_suppressed.
 * Peers can cause such lines. */
#define LINES_MAX 5

/* libev's watcher of a socket. */
struct loop_io {
	ev_io ev;
	struct loop_socket *socket;
	LIST_ENTRY(loop_io) link;
};

struct loop {
	struct ev_loop *ev;
	struct lws_context *context; /* NULL after loop_close_all */
	ev_prepare prepare;
	ev_idle idle;                    /* libev does not sleep while this is active */
	LIST_HEAD(, loop_io) open;       /* all sockets */
	TAILQ_HEAD(, loop_socket) ready; /* have events to be delivered */
	void (*on_turn)(void *context);
	void *turn_context;
	bool is_over;
};

struct loop_timer {
	ev_timer ev;
	struct loop *loop;
	void (*call)(void *context);
	void *context;
};

static unsigned loop_lines;
static bool loop_is_mute;

static void
loop_log_line(int level, const char *line)
{
	char text[256];
	size_t len = strcspn(line, "\n");

	if (loop_is_mute || ++loop_lines > LINES_MAX)
		return;
	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, line, len);
	text[len] = '\0';
	log_write(level == LLL_ERR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "libwebsockets",
		(const struct log_field[]){ log_str("text", text) }, 1);
}

void
loop_log_suppressed(void)
{
	if (loop_lines > LINES_MAX)
		log_warn("libwebsockets_suppressed",
			log_uint("lines", loop_lines - LINES_MAX));
	loop_lines = 0;
}

void
loop_mute_lws(bool is_mute)
{
	loop_is_mute = is_mute;
}

/* Watch for events of socket, and for no others. libev tells the kernel once a turn, and
 * only if they differ then. */
static void
loop_socket_watch(struct loop_socket *socket, int events)
{
	struct ev_loop *ev = socket->loop->ev;

	if (socket->io->ev.events == events)
		return;
	ev_io_stop(ev, &socket->io->ev);
	ev_io_modify(&socket->io->ev, events);
	if (events)
		ev_io_start(ev, &socket->io->ev);
}

/* Only notes what has come: it is delivered after libwebsockets has handled all that
 * came in this turn. */
static void
loop_on_io(struct ev_loop *ev, ev_io *watcher, int revents)
{
	struct loop_socket *socket = container_of(watcher, struct loop_io, ev)->socket;
	int come = revents & socket->wanted;

	(void)ev;
	/* Not earlier: most sockets are watched again before input arrives. */
	if (come != (revents & (EV_READ | EV_WRITE)))
		loop_socket_watch(socket, socket->wanted);
	if (come && !socket->come)
		TAILQ_INSERT_TAIL(&socket->loop->ready, socket, link);
	socket->come |= (uint8_t)come;
}

/* Returns what watched the socket, which is not open any more. */
static struct loop_io *
loop_socket_forget(struct loop_socket *socket)
{
	struct loop_io *io = socket->io;

	if (socket->come)
		TAILQ_REMOVE(&socket->loop->ready, socket, link);
	socket->come = 0;
	socket->io = NULL;
	return io;
}

/* One event at a time: each callback may close the socket. */
static void
loop_deliver(struct loop *loop)
{
	struct loop_socket *socket;

	while ((socket = TAILQ_FIRST(&loop->ready))) {
		bool is_write = socket->come & EV_WRITE;

		socket->come &= (uint8_t) ~(is_write ? EV_WRITE : EV_READ);
		if (!socket->come)
			TAILQ_REMOVE(&loop->ready, socket, link);
		if (is_write) {
			socket->wanted &= (uint8_t)~EV_WRITE;
			loop_socket_watch(socket, socket->io->ev.events & EV_READ);
			socket->ops->on_writable(socket);
		} else {
			socket->ops->on_readable(socket);
		}
	}
}

static void
loop_on_prepare(struct ev_loop *ev, ev_prepare *prepare, int revents)
{
	struct loop *loop = prepare->data;

	(void)ev;
	(void)revents;
	loop_deliver(loop);
	if (loop->on_turn)
		loop->on_turn(loop->turn_context);
}

static void
loop_on_idle(struct ev_loop *ev, ev_idle *idle, int revents)
{
	(void)revents;
	ev_idle_stop(ev, idle);
}

void
loop_skip_sleep(struct loop *loop)
{
	ev_idle_start(loop->ev, &loop->idle);
}

static bool
loop_open_lws(struct loop *loop)
{
	void *loops[] = { loop->ev };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.foreign_loops = loops,
		.pcontext = &loop->context,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, loop_log_line);
	loop->context = lws_create_context(&info);
	return loop->context != NULL;
}

const char *
loop_library(unsigned index)
{
	const char *version = lws_get_library_version();
	static char text[80];

	if (index == 0)
		/* The hash of a commit may follow. */
		snprintf(text, sizeof(text), "libwebsockets %.*s",
			(int)strcspn(version, "-"), version);
	else if (index == 1)
		snprintf(text, sizeof(text), "libev %d.%d", ev_version_major(),
			ev_version_minor());
	else
		return NULL;
	return text;
}

struct loop *
loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	TAILQ_INIT(&loop->ready);
	LIST_INIT(&loop->open);
	loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!loop->ev) {
		log_error("loop_failed", log_str("error", strerror(errno)));
	} else if (!loop_open_lws(loop)) {
		log_error("libwebsockets_failed",
			log_str("hint", "is the package libwebsockets-evlib-ev "
					"installed?"));
	} else {
		ev_prepare_init(&loop->prepare, loop_on_prepare);
		loop->prepare.data = loop;
		ev_prepare_start(loop->ev, &loop->prepare);
		ev_idle_init(&loop->idle, loop_on_idle);
		return loop;
	}
	loop_free(loop);
	return NULL;
}

void
loop_on_turn(struct loop *loop, void (*on_turn)(void *context), void *context)
{
	loop->on_turn = on_turn;
	loop->turn_context = context;
}

void
loop_run(struct loop *loop)
{
	/* lws_service returns after ev_break in libwebsockets up to 4.3, and after each
	 * turn since 4.5. */
	for (loop->is_over = false; !loop->is_over;)
		lws_service(loop->context, 0);
}

void
loop_end(struct loop *loop)
{
	loop->is_over = true;
	ev_break(loop->ev, EVBREAK_ALL);
}

static int64_t
loop_to_us(double seconds)
{
	return (int64_t)(seconds * 1000000);
}

int64_t
loop_turn_us(const struct loop *loop)
{
	return loop_to_us(ev_time() - ev_now(loop->ev));
}

struct lws_context *
loop_lws(const struct loop *loop)
{
	return loop->context;
}

void
loop_close_all(struct loop *loop)
{
	while (!LIST_EMPTY(&loop->open))
		loop_socket_close(LIST_FIRST(&loop->open)->socket);
	if (loop->context)
		lws_context_destroy(loop->context);
	loop->context = NULL;
}

void
loop_free(struct loop *loop)
{
	if (!loop)
		return;
	loop_close_all(loop);
	if (loop->ev) {
		ev_prepare_stop(loop->ev, &loop->prepare);
		ev_idle_stop(loop->ev, &loop->idle);
		ev_loop_destroy(loop->ev);
	}
	free(loop);
}

void
loop_socket_open(struct loop_socket *socket, struct loop *loop, int fd,
	const struct loop_socket_ops *ops)
{
	struct loop_io *io = xcalloc(1, sizeof(*io));

	*socket = (struct loop_socket){
		.loop = loop,
		.ops = ops,
		.io = io,
		.fd = fd,
		.wanted = EV_READ,
	};
	io->socket = socket;
	LIST_INSERT_HEAD(&loop->open, io, link);
	ev_io_init(&io->ev, loop_on_io, fd, EV_READ);
	ev_io_start(loop->ev, &io->ev);
}

void
loop_socket_watch_input(struct loop_socket *socket, bool on)
{
	if (!socket->io)
		return;
	if (on) {
		socket->wanted |= EV_READ;
		loop_socket_watch(socket, socket->io->ev.events | EV_READ);
		return;
	}
	socket->wanted &= (uint8_t)~EV_READ;
	if (socket->come == EV_READ)
		TAILQ_REMOVE(&socket->loop->ready, socket, link);
	socket->come &= (uint8_t)~EV_READ;
}

void
loop_socket_want_write(struct loop_socket *socket)
{
	if (!socket->io)
		return;
	socket->wanted |= EV_WRITE;
	loop_socket_watch(socket, socket->io->ev.events | EV_WRITE);
}

void
loop_socket_move(struct loop_socket *from, struct loop_socket *to,
	const struct loop_socket_ops *ops)
{
	struct loop_io *io = loop_socket_forget(from);

	*to = *from;
	to->ops = ops;
	to->io = io;
	to->wanted &= EV_READ;
	io->socket = to;
	loop_socket_watch(to, io->ev.events & EV_READ);
}

/* libev does not remove closed descriptors from epoll, so epoll still knows the
 * connection by its old number. An event for a number that libev does not watch makes
 * libev set up epoll anew, with all descriptors. */
int
loop_renumber(int fd, int number)
{
	int same = fcntl(fd, F_DUPFD_CLOEXEC, number);

	if (same < 0)
		return fd;
	close(fd);
	return same;
}

int
loop_socket_release(struct loop_socket *socket)
{
	struct loop_io *io = loop_socket_forget(socket);

	ev_io_stop(socket->loop->ev, &io->ev);
	LIST_REMOVE(io, link);
	free(io);
	return socket->fd;
}

void
loop_socket_close(struct loop_socket *socket)
{
	if (socket->io)
		close(loop_socket_release(socket));
}

static void
loop_on_timer(struct ev_loop *ev, ev_timer *watcher, int revents)
{
	struct loop_timer *timer = watcher->data;

	(void)ev;
	(void)revents;
	timer->call(timer->context);
}

struct loop_timer *
loop_timer_new(struct loop *loop, void (*call)(void *context), void *context)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	ev_timer_init(&timer->ev, loop_on_timer, 0, 0);
	timer->ev.data = timer;
	timer->loop = loop;
	timer->call = call;
	timer->context = context;
	return timer;
}

void
loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms)
{
	ev_timer_stop(timer->loop->ev, &timer->ev);
	ev_timer_set(&timer->ev, (double)after_ms / 1000, (double)repeat_ms / 1000);
	ev_timer_start(timer->loop->ev, &timer->ev);
}

void
loop_timer_stop(struct loop_timer *timer)
{
	ev_timer_stop(timer->loop->ev, &timer->ev);
}

bool
loop_timer_is_running(const struct loop_timer *timer)
{
	return ev_is_active(&timer->ev);
}

int64_t
loop_timer_remaining_us(const struct loop_timer *timer)
{
	return loop_to_us(
		ev_timer_remaining(timer->loop->ev, (ev_timer *)(uintptr_t)&timer->ev));
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	loop_timer_stop(timer);
	free(timer);
}
