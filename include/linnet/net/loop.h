/* loop.h - the event loop of the daemon. libwebsockets runs it, on libev, and serves
 * every descriptor: listening sockets, connections, eventfds, inotify. Only loop.c and
 * the websocket folder know that. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;
struct loop_socket;
struct loop_timer;
struct lws;
struct lws_context;

/* What happens on a descriptor. Both are called at the end of a turn of the loop, when
 * libwebsockets is not in the middle of something: they may close any socket, their own
 * too. */
struct loop_socket_ops {
	void (*on_readable)(struct loop_socket *socket);
	/* NULL: loop_socket_want_write is never called. */
	void (*on_writable)(struct loop_socket *socket);
};

/* A descriptor that the loop watches; embedded in its owner. All zero: not open. */
struct loop_socket {
	struct loop *loop;
	const struct loop_socket_ops *ops;
	struct lws *wsi; /* NULL: not open */
	int fd;
	uint8_t wanted; /* events of loop.c that the owner wants to hear of */
	uint8_t come;   /* events that were not delivered yet */
	bool is_held;   /* libwebsockets does not watch for input */
	TAILQ_ENTRY(loop_socket) link;
};

/* Make the loop. The limit of open files must be final: libwebsockets makes tables of
 * that size. Returns a loop for loop_free, or NULL after logging why. */
struct loop *loop_new(void);

/* Call on_turn(context) at the end of each turn, after the events were delivered and
 * before the loop sleeps. */
void loop_on_turn(struct loop *loop, void (*on_turn)(void *context), void *context);

/* Serve until loop_end is called. */
void loop_run(struct loop *loop);

/* Let loop_run return at the end of this turn. */
void loop_end(struct loop *loop);

/* How long this turn takes so far, in microseconds. */
int64_t loop_turn_us(const struct loop *loop);

/* Log how many lines of libwebsockets were left out of the log since the last call. */
void loop_log_suppressed(void);

/* libwebsockets, for the WebSockets. */
struct lws_context *loop_lws(const struct loop *loop);

/* Log nothing of what libwebsockets says until is_mute is false. */
void loop_mute_lws(bool is_mute);

/* Close every descriptor and every WebSocket that is left, and stop libwebsockets. The
 * sockets' owners are not told; to close them again does nothing. Nothing can be opened
 * afterwards. */
void loop_close_all(struct loop *loop);

/* Free the loop; NULL is fine. */
void loop_free(struct loop *loop);

/* Watch fd, which becomes the loop's, for input. */
void loop_socket_open(struct loop_socket *socket, struct loop *loop, int fd,
	const struct loop_socket_ops *ops);

/* True from loop_socket_open until the socket is closed, moved or released. */
static inline bool
loop_socket_is_open(const struct loop_socket *socket)
{
	return socket->wsi != NULL;
}

/* Watch, or do not watch, for input. */
void loop_socket_watch_input(struct loop_socket *socket, bool on);

/* Call on_writable once, in a later turn, when the socket takes bytes. */
void loop_socket_want_write(struct loop_socket *socket);

/* From now on to is the socket, with ops, and from is not open any more. */
void loop_socket_move(struct loop_socket *from, struct loop_socket *to,
	const struct loop_socket_ops *ops);

/* Stop watching without closing the connection. Returns a descriptor, which the caller
 * owns, or -errno when the process is out of descriptors: then nothing has changed. */
int loop_socket_release(struct loop_socket *socket);

/* Close the descriptor. Does nothing if the socket is not open. */
void loop_socket_close(struct loop_socket *socket);

/* Make a timer that does not run yet and calls call(context). */
struct loop_timer *loop_timer_new(
	struct loop *loop, void (*call)(void *context), void *context);

/* Call in after_ms and then every repeat_ms (0: once). Starts a running timer anew. */
void loop_timer_start(struct loop_timer *timer, int64_t after_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);

/* False once it has called for the last time. */
bool loop_timer_is_running(const struct loop_timer *timer);

/* When the running timer calls next, in microseconds from the beginning of this turn. */
int64_t loop_timer_remaining_us(const struct loop_timer *timer);

/* Stop and free it; NULL is fine. */
void loop_timer_free(struct loop_timer *timer);
