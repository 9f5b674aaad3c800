/* loop.h - the daemon's event loop: libev's, which libwebsockets runs. libwebsockets
 * watches the WebSockets, and loop.c all other descriptors: listening sockets,
 * connections, eventfds, inotify, signals. Only loop.c and websocket/ include the headers
 * of libwebsockets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;
struct loop_io;
struct loop_socket;
struct loop_timer;
struct lws_context;

/* Events of a descriptor. They are delivered at the end of a turn of the loop, outside of
 * libwebsockets' callbacks, so they may close any socket, their own included. */
struct loop_socket_ops {
	void (*on_readable)(struct loop_socket *socket);
	/* May be NULL if loop_socket_want_write is never called. */
	void (*on_writable)(struct loop_socket *socket);
};

/* A watched descriptor, embedded in its owner. All zero: not open. */
struct loop_socket {
	struct loop *loop;
	const struct loop_socket_ops *ops;
	struct loop_io *io; /* NULL: not open */
	int fd;
	uint8_t wanted; /* events that the owner waits for */
	uint8_t come;   /* events to be delivered */
	TAILQ_ENTRY(loop_socket) link;
};

/* The libraries of the loop that this process runs with, such as "libwebsockets 4.1.6",
 * to be called until it returns NULL: index counts from 0. Valid until the next call. */
const char *loop_library(unsigned index);

/* Make the loop. Set the limit of open files before: libwebsockets allocates tables of
 * that size. Returns a loop for loop_free, or NULL after logging the error. */
struct loop *loop_new(void);

/* Call on_turn(context) at the end of each turn, after events are delivered and before
 * the loop sleeps. */
void loop_on_turn(struct loop *loop, void (*on_turn)(void *context), void *context);

/* Begin the next turn at once, even if nothing has come. To be called from on_turn. */
void loop_skip_sleep(struct loop *loop);

/* Run until loop_end is called. */
void loop_run(struct loop *loop);

/* Make loop_run return at the end of this turn. */
void loop_end(struct loop *loop);

/* Microseconds since this turn began. */
int64_t loop_turn_us(const struct loop *loop);

/* Log how many of libwebsockets' log lines were suppressed since the last call. */
void loop_log_suppressed(void);

/* The context of libwebsockets, for websocket/. */
struct lws_context *loop_lws(const struct loop *loop);

/* Suppress all log lines of libwebsockets until called with false. */
void loop_mute_lws(bool is_mute);

/* Close all descriptors and WebSockets and stop libwebsockets. Owners of sockets are not
 * told; closing a socket again does nothing. Nothing can be opened afterwards. */
void loop_close_all(struct loop *loop);

/* Free the loop; NULL is fine. */
void loop_free(struct loop *loop);

/* Watch fd, which is nonblocking, for input. The loop owns fd from now on. */
void loop_socket_open(struct loop_socket *socket, struct loop *loop, int fd,
	const struct loop_socket_ops *ops);

/* True until the socket is closed, moved or released. */
static inline bool
loop_socket_is_open(const struct loop_socket *socket)
{
	return socket->io != NULL;
}

/* Watch input, or stop watching it. */
void loop_socket_watch_input(struct loop_socket *socket, bool on);

/* Call on_writable once, in a later turn, when the socket can be written. */
void loop_socket_want_write(struct loop_socket *socket);

/* Move the descriptor to the socket to, with ops. from is not open afterwards. */
void loop_socket_move(struct loop_socket *from, struct loop_socket *to,
	const struct loop_socket_ops *ops);

/* Stop watching an open socket without closing it. Returns its descriptor, which the
 * caller owns. */
int loop_socket_release(struct loop_socket *socket);

/* Give the connection fd, which the loop has watched under the free number before, that
 * number again. Returns the descriptor that it has now. */
int loop_renumber(int fd, int number);

/* Close the descriptor. Does nothing if the socket is not open. */
void loop_socket_close(struct loop_socket *socket);

/* Make a timer for call(context). It does not run yet. */
struct loop_timer *loop_timer_new(
	struct loop *loop, void (*call)(void *context), void *context);

/* Call in after_ms and then every repeat_ms (0: once). Restarts a running timer. */
void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);

/* False after the timer's last call. */
bool loop_timer_is_running(const struct loop_timer *timer);

/* Microseconds from the beginning of this turn to the timer's next call. */
int64_t loop_timer_remaining_us(const struct loop_timer *timer);

/* Stop and free it; NULL is fine. */
void loop_timer_free(struct loop_timer *timer);
