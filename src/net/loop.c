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
#include "linnet/base/xalloc.h"

/* Most lines of libwebsockets that are logged between two calls of loop_log_suppressed.
 * Peers can cause such lines. */
#define LINES_MAX 5

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
};

struct loop {
	struct ev_loop *ev;
	struct lws_context *context; /* NULL after loop_close_all */
	struct lws_vhost *vhost;     /* of all loop_sockets */
	ev_prepare prepare;
	ev_idle idle;                    /* libev does not sleep while this is active */
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

static void
loop_socket_forget(struct loop_socket *socket)
{
	if (socket->come)
		TAILQ_REMOVE(&socket->loop->ready, socket, link);
	socket->come = 0;
	socket->wsi = NULL;
}

static void
loop_socket_note(struct loop_socket *socket, uint8_t event)
{
	if (!(socket->wanted & event)) {
		/* Not earlier: most sockets are watched again before input arrives. */
		if (event == LOOP_READ && !socket->is_held)
			lws_rx_flow_control(socket->wsi, 0);
		socket->is_held |= event == LOOP_READ;
		return;
	}
	if (!socket->come)
		TAILQ_INSERT_TAIL(&socket->loop->ready, socket, link);
	socket->come |= event;
}

/* Every event of every loop_socket. Only notes it: libwebsockets uses the socket after
 * this returns, so it must not be closed here. */
static int
loop_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
	size_t len)
{
	struct loop_socket *socket = wsi ? lws_get_opaque_user_data(wsi) : NULL;

	(void)user;
	(void)in;
	(void)len;
	if (!socket)
		return 0;
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		loop_socket_note(socket, LOOP_READ);
	else if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE)
		loop_socket_note(socket, LOOP_WRITE);
	else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE)
		loop_socket_forget(socket);
	return 0;
}

/* One event at a time: each callback may close the socket. */
static void
loop_deliver(struct loop *loop)
{
	struct loop_socket *socket;

	while ((socket = TAILQ_FIRST(&loop->ready))) {
		bool is_write = socket->come & LOOP_WRITE;

		socket->come &= (uint8_t) ~(is_write ? LOOP_WRITE : LOOP_READ);
		if (!socket->come)
			TAILQ_REMOVE(&loop->ready, socket, link);
		if (is_write) {
			socket->wanted &= (uint8_t)~LOOP_WRITE;
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
	static const struct lws_protocols protocols[] = {
		{ .name = "loop", .callback = loop_on_lws },
		{ 0 },
	};
	void *loops[] = { loop->ev };
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
		.foreign_loops = loops,
		.pcontext = &loop->context,
		.vhost_name = "loop",
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, loop_log_line);
	loop->context = lws_create_context(&info);
	if (loop->context)
		loop->vhost = lws_create_vhost(loop->context, &info);
	return loop->vhost != NULL;
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
	const lws_sock_file_fd_type desc = { .filefd = fd };

	*socket = (struct loop_socket){
		.loop = loop,
		.ops = ops,
		.fd = fd,
		.wanted = LOOP_READ,
	};
	/* libwebsockets does not read or write files by itself. */
	socket->wsi = lws_adopt_descriptor_vhost(
		loop->vhost, LWS_ADOPT_RAW_FILE_DESC, desc, NULL, NULL);
	if (!socket->wsi) {
		/* Out of memory, or the limit of open files was raised after loop_new. */
		log_error("loop_failed",
			log_str("error", "libwebsockets cannot watch a descriptor"),
			log_int("descriptor", fd));
		abort();
	}
	lws_set_opaque_user_data(socket->wsi, socket);
}

void
loop_socket_watch_input(struct loop_socket *socket, bool on)
{
	if (!socket->wsi)
		return;
	if (on) {
		socket->wanted |= LOOP_READ;
		if (socket->is_held)
			lws_rx_flow_control(socket->wsi, 1);
		socket->is_held = false;
		return;
	}
	socket->wanted &= (uint8_t)~LOOP_READ;
	if (socket->come == LOOP_READ)
		TAILQ_REMOVE(&socket->loop->ready, socket, link);
	socket->come &= (uint8_t)~LOOP_READ;
}

void
loop_socket_want_write(struct loop_socket *socket)
{
	if (!socket->wsi || socket->wanted & LOOP_WRITE)
		return;
	socket->wanted |= LOOP_WRITE;
	lws_callback_on_writable(socket->wsi);
}

void
loop_socket_move(struct loop_socket *from, struct loop_socket *to,
	const struct loop_socket_ops *ops)
{
	struct lws *wsi = from->wsi;

	loop_socket_forget(from);
	*to = *from;
	to->ops = ops;
	to->wsi = wsi;
	to->wanted &= LOOP_READ;
	lws_set_opaque_user_data(wsi, to);
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
	int fd = socket->fd, copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return -errno;
	loop_socket_close(socket);
	return loop_renumber(copy, fd);
}

void
loop_socket_close(struct loop_socket *socket)
{
	if (socket->wsi)
		lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
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
