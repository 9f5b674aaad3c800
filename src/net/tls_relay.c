/* TLS connections: a relay copies from the peer to the door and back. It reads from one
 * side only after the other side has taken everything. What the door writes goes past the
 * pair while the peer takes it. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/net/conn.h"
#include "linnet/net/loop.h"
#include "net/reject.h"
#include "net/tls_private.h"

#define HANDSHAKE_MS 10000

/* Most bytes of a record (RFC 8446 section 5.1). A read of this size takes a whole
 * record. A rest would stay in OpenSSL, where no event reports it. */
#define RECORD_BYTES 16384

/* Records copied in one direction before other connections get their turn. */
#define RECORDS_A_TURN 8

/* Send buffer of the pair. It is small, so that what a slow reader leaves unread waits in
 * its door's queue, where limits.queue_bytes applies. */
#define PAIR_BYTES 16384

/* If the peer takes nothing: how often to check that the door is still open. */
#define STALL_MS 10000

/* Time for the peer to close after the end was sent. Longer than the door reads on. */
#define LINGER_MS 3000

/* Events that a lane waits for; may be combined. */
enum { RELAY_READ = 1, RELAY_WRITE = 2 };

/* One direction. */
struct lane {
	struct buffer rest; /* not written yet */
	/* Awaited on the peer's socket and on the pair. */
	int outer_events, inner_events;
	bool is_over; /* the end was passed on */
};

struct relay {
	struct tls_door *door;
	struct conn_shortcut shortcut; /* of the connection; used after the handshake */
	SSL *ssl;
	struct loop_socket outer; /* the peer's socket */
	struct loop_socket inner; /* this end of the pair; open after the handshake */
	int64_t patience_ms;      /* time for the peer to read or to close; 0: no limit */
	int64_t due_ms;           /* monotonic: the end of that time */
	struct lane in;           /* from the peer to the door */
	struct lane out;          /* and back */
	bool is_out_ended;        /* the door has closed, or sends nothing more */
	bool has_moved;           /* the peer has taken bytes */
	LIST_ENTRY(relay) link;
};

/* Note the event that OpenSSL waits for after it returned r. Returns -1 if it failed. */
static int
relay_note_wait(struct relay *relay, struct lane *lane, int r)
{
	switch (SSL_get_error(relay->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		lane->outer_events = RELAY_READ;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		lane->outer_events = RELAY_WRITE;
		return 0;
	default:
		return -1;
	}
}

static void
relay_watch(struct loop_socket *socket, int events)
{
	loop_socket_watch_input(socket, events & RELAY_READ);
	if (events & RELAY_WRITE)
		loop_socket_want_write(socket);
}

/* Leaves the sockets open. */
static void
relay_free(struct relay *relay)
{
	if (relay->shortcut.conn)
		relay->shortcut.conn->shortcut = NULL;
	buffer_clear(&relay->in.rest);
	buffer_clear(&relay->out.rest);
	SSL_free(relay->ssl);
	free(relay);
}

static void
relay_end(struct relay *relay)
{
	LIST_REMOVE(relay, link);
	loop_socket_close(&relay->outer);
	loop_socket_close(&relay->inner);
	relay_free(relay);
}

/* Keep in buffer what is left of len bytes after the first taken ones. bytes may be
 * buffer's own. */
static void
relay_keep_rest(struct buffer *buffer, const char *bytes, size_t len, size_t taken)
{
	if (bytes != buffer->bytes) {
		buffer_append(buffer, bytes + taken, len - taken);
	} else if (taken < len) {
		buffer->len = len - taken;
		memmove(buffer->bytes, bytes + taken, buffer->len);
	}
	if (taken == len)
		buffer_clear(buffer);
}

/* The functions that copy return 1 if there may be more to copy, 0 if the lane waits for
 * an event or has ended, and -1 if the peer has gone. */

static int
relay_give_to_door(struct relay *relay, const char *bytes, size_t len)
{
	ssize_t n = send(relay->inner.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	/* If the door has closed, the peer's bytes are discarded. */
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		n = (ssize_t)len;
	relay_keep_rest(&relay->in.rest, bytes, len, n > 0 ? (size_t)n : 0);
	if (relay->in.rest.len)
		relay->in.inner_events = RELAY_WRITE;
	return !relay->in.rest.len;
}

static int
relay_take_from_peer(struct relay *relay)
{
	char bytes[RECORD_BYTES];
	int n;

	if (relay->in.is_over)
		return 0;
	ERR_clear_error();
	n = SSL_read(relay->ssl, bytes, sizeof(bytes));
	if (n > 0)
		return relay_give_to_door(relay, bytes, (size_t)n);
	if (SSL_get_error(relay->ssl, n) != SSL_ERROR_ZERO_RETURN)
		return relay_note_wait(relay, &relay->in, n);
	relay->in.is_over = true;
	shutdown(relay->inner.fd, SHUT_WR);
	return 0;
}

static int
relay_give_to_peer(struct relay *relay, const char *bytes, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(relay->ssl, bytes, (int)len);
	relay_keep_rest(&relay->out.rest, bytes, len, n > 0 ? (size_t)n : 0);
	if (n <= 0)
		return relay_note_wait(relay, &relay->out, n);
	relay->has_moved = true;
	return 1;
}

/* Pass the end on to the peer. */
static int
relay_close_to_peer(struct relay *relay)
{
	int r;

	if (relay->out.is_over)
		return 0;
	ERR_clear_error();
	r = SSL_shutdown(relay->ssl);
	if (r < 0)
		return relay_note_wait(relay, &relay->out, r);
	relay->out.is_over = true;
	shutdown(relay->outer.fd, SHUT_WR);
	return 0;
}

static int
relay_take_from_door(struct relay *relay)
{
	char bytes[RECORD_BYTES];
	ssize_t n;

	if (relay->is_out_ended)
		return relay_close_to_peer(relay);
	n = recv(relay->inner.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0) {
		relay->shortcut.is_behind = true;
		return relay_give_to_peer(relay, bytes, (size_t)n);
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		relay->out.inner_events = RELAY_READ;
		return 0;
	}
	/* The door has closed, with or without unread input. */
	relay->is_out_ended = true;
	return 1;
}

/* Returns -1 if the peer has gone. */
static int
relay_carry_in(struct relay *relay)
{
	struct lane *in = &relay->in;
	int i, r = 1;

	in->outer_events = in->inner_events = 0;
	for (i = 0; i < RECORDS_A_TURN && r > 0; i++)
		r = in->rest.len ? relay_give_to_door(relay, in->rest.bytes, in->rest.len)
				 : relay_take_from_peer(relay);
	if (r > 0)
		in->outer_events = RELAY_READ;
	return r;
}

static int
relay_carry_out(struct relay *relay)
{
	struct lane *out = &relay->out;
	int i, r = 1;

	out->outer_events = out->inner_events = 0;
	for (i = 0; i < RECORDS_A_TURN && r > 0; i++)
		r = out->rest.len
			    ? relay_give_to_peer(relay, out->rest.bytes, out->rest.len)
			    : relay_take_from_door(relay);
	if (r > 0 && out->rest.len)
		out->outer_events = RELAY_WRITE;
	else if (r > 0)
		out->inner_events = RELAY_READ;
	return r;
}

/* Limit the time while the peer has something to read or should close. */
static void
relay_set_patience(struct relay *relay)
{
	int64_t patience_ms = relay->out.is_over                           ? LINGER_MS
			      : relay->is_out_ended || relay->out.rest.len ? STALL_MS
									   : 0;

	if (relay->patience_ms == patience_ms && !relay->has_moved)
		return;
	relay->patience_ms = patience_ms;
	if (patience_ms)
		relay->due_ms = clock_now_ms() + patience_ms;
}

static void
relay_await(struct relay *relay)
{
	relay_watch(&relay->outer, relay->in.outer_events | relay->out.outer_events);
	relay_watch(&relay->inner, relay->in.inner_events | relay->out.inner_events);
	relay_set_patience(relay);
}

/* Copy in the given directions. May free the relay. */
static void
relay_carry(struct relay *relay, bool is_for_in, bool is_for_out)
{
	relay->has_moved = false;
	if ((is_for_in && relay_carry_in(relay) < 0) ||
		(is_for_out && relay_carry_out(relay) < 0) ||
		(relay->in.is_over && relay->out.is_over)) {
		relay_end(relay);
		return;
	}
	relay_await(relay);
}

/* Collect what comes after the first skip bytes of the pieces, up to a record. */
static size_t
relay_gather(const struct iovec *pieces, size_t count, size_t skip, char *record)
{
	size_t i, len = 0;

	for (i = 0; i < count && len < RECORD_BYTES; i++) {
		size_t n = pieces[i].iov_len;

		if (skip >= n) {
			skip -= n;
			continue;
		}
		n -= skip;
		if (n > RECORD_BYTES - len)
			n = RECORD_BYTES - len;
		memcpy(record + len, (const char *)pieces[i].iov_base + skip, n);
		len += n;
		skip = 0;
	}
	return len;
}

/* True if something that must be sent first is still here or in the pair. What was
 * written to a pair that was seen empty can only be whole frames of libwebsockets'
 * own: pongs, or the close frame, after which the door writes nothing. Other frames may
 * overtake these, and it saves a system call not to look. */
static bool
relay_is_behind(struct relay *relay)
{
	int waiting;

	if (relay->out.rest.len)
		return true;
	if (relay->shortcut.is_behind && ioctl(relay->inner.fd, FIONREAD, &waiting) == 0)
		relay->shortcut.is_behind = waiting;
	return relay->shortcut.is_behind;
}

/* The door writes past the pair. A record that the peer does not take whole is the
 * relay's rest from then on, because OpenSSL must be given the same bytes again. While
 * there is a rest, or something to be sent first in the pair, the door fills the pair and
 * then waits for it. */
static size_t
relay_write(struct conn_shortcut *shortcut, const struct iovec *pieces, size_t count)
{
	struct relay *relay = container_of(shortcut, struct relay, shortcut);
	char record[RECORD_BYTES];
	size_t len, taken = 0;

	if (relay_is_behind(relay))
		return 0;
	while (!relay->out.rest.len &&
		(len = relay_gather(pieces, count, taken, record))) {
		/* The door cannot lose its relay here. The next attempt fails, too, and
		 * ends the relay. */
		if (relay_give_to_peer(relay, record, len) < 0)
			shutdown(relay->outer.fd, SHUT_RDWR);
		taken += len;
	}
	if (relay->out.rest.len) {
		relay->shortcut.is_behind = true;
		relay->out.inner_events = 0;
		if (!relay->out.outer_events)
			relay->out.outer_events = RELAY_WRITE;
		relay_await(relay);
	}
	return taken;
}

static void
relay_on_inner(struct loop_socket *socket, int event)
{
	struct relay *relay = container_of(socket, struct relay, inner);

	relay_carry(
		relay, event & relay->in.inner_events, event & relay->out.inner_events);
}

static void
relay_on_inner_readable(struct loop_socket *socket)
{
	relay_on_inner(socket, RELAY_READ);
}

static void
relay_on_inner_writable(struct loop_socket *socket)
{
	relay_on_inner(socket, RELAY_WRITE);
}

static const struct loop_socket_ops inner_ops = {
	.on_readable = relay_on_inner_readable,
	.on_writable = relay_on_inner_writable,
};

static bool
relay_is_door_gone(const struct relay *relay)
{
	struct pollfd inner = { .fd = relay->inner.fd };

	return poll(&inner, 1, 0) == 1 && (inner.revents & POLLHUP);
}

/* While the door is open it decides how long the peer may take nothing. */
static void
relay_on_impatience(struct relay *relay, int64_t now_ms)
{
	if (relay->out.is_over || relay_is_door_gone(relay))
		relay_end(relay);
	else
		relay->due_ms = now_ms + relay->patience_ms;
}

/* The handshake is done. */
static void
relay_open_pair(struct relay *relay)
{
	struct conn *conn = relay->shortcut.conn;
	const int bytes = PAIR_BYTES;
	int i, fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0) {
		log_warn("tls_failed", log_str("peer", conn->peer),
			log_str("error", strerror(errno)));
		conn_kill(conn);
		return;
	}
	for (i = 0; i < 2; i++)
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	metrics.handshakes[OUTCOME_OK]++;
	loop_socket_open(&relay->inner, relay->door->loop, fds[0], &inner_ops);
	LIST_INSERT_HEAD(&relay->door->relays, relay, link);
	relay->shortcut.write = relay_write;
	relay->shortcut.is_behind = true;
	conn->shortcut = &relay->shortcut;
	conn->door = NULL;
	conn->state = NULL;
	relay->door->on_open(relay->door->context, conn, fds[1]);
	relay_carry(relay, true, true);
}

/* The handshake failed. OpenSSL has sent an alert, except to a client that sent HTTP. */
static void
relay_reject(struct relay *relay)
{
	struct reject *reject = relay->door->reject;
	bool is_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
	struct conn *conn = relay->shortcut.conn;

	log_debug("tls_refused", log_str("peer", conn->peer),
		log_str("error", tls_error_text()));
	reject_take(reject, &relay->outer, is_http ? REJECT_HTTP_IS_TLS : REJECT_SAID);
	relay_free(relay);
	metrics.handshakes[OUTCOME_FAILED]++;
	conn_note_ending(conn, ENDING_PROTOCOL);
	conn->door = NULL;
	conn_free(conn);
}

static void
relay_handshake(struct relay *relay)
{
	int r;

	ERR_clear_error();
	r = SSL_accept(relay->ssl);
	if (r == 1)
		relay_open_pair(relay);
	else if (relay_note_wait(relay, &relay->in, r) < 0)
		relay_reject(relay);
	else
		relay_watch(&relay->outer, relay->in.outer_events);
}

static void
relay_on_outer(struct loop_socket *socket, int event)
{
	struct relay *relay = container_of(socket, struct relay, outer);

	if (loop_socket_is_open(&relay->inner))
		relay_carry(relay, event & relay->in.outer_events,
			event & relay->out.outer_events);
	else
		relay_handshake(relay);
}

static void
relay_on_outer_readable(struct loop_socket *socket)
{
	relay_on_outer(socket, RELAY_READ);
}

static void
relay_on_outer_writable(struct loop_socket *socket)
{
	relay_on_outer(socket, RELAY_WRITE);
}

static const struct loop_socket_ops outer_ops = {
	.on_readable = relay_on_outer_readable,
	.on_writable = relay_on_outer_writable,
};

static void
relay_on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	(void)code;
	(void)reason;
	conn->deadline_ms = clock_now_ms();
}

static void
relay_on_closed(struct conn *conn)
{
	struct relay *relay = conn->state;

	metrics.handshakes[OUTCOME_FAILED]++;
	loop_socket_close(&relay->outer);
	relay_free(relay);
}

/* The door of a connection during its handshake. */
static const struct door conn_door = {
	.name = "tls",
	.on_stop = relay_on_stop,
	.kill = conn_free,
	.on_closed = relay_on_closed,
};

void
tls_door_init(struct tls_door *door, struct tls *tls, struct loop *loop,
	struct reject *reject, tls_on_open *on_open, void *context)
{
	*door = (struct tls_door){
		.tls = tls,
		.loop = loop,
		.reject = reject,
		.on_open = on_open,
		.context = context,
	};
	LIST_INIT(&door->relays);
}

void
tls_door_accept(struct tls_door *door, struct conn *conn, int fd)
{
	struct relay *relay = xcalloc(1, sizeof(*relay));

	relay->door = door;
	relay->shortcut.conn = conn;
	relay->ssl = tls_session_new(door->tls, fd);
	loop_socket_open(&relay->outer, door->loop, fd, &outer_ops);
	conn->door = &conn_door;
	conn->state = relay;
	conn->deadline_ms = clock_now_ms() + HANDSHAKE_MS;
}

void
tls_door_tick(struct tls_door *door, int64_t now_ms)
{
	struct relay *relay, *next;

	for (relay = LIST_FIRST(&door->relays); relay; relay = next) {
		next = LIST_NEXT(relay, link);
		if (relay->patience_ms && now_ms >= relay->due_ms)
			relay_on_impatience(relay, now_ms);
	}
}

bool
tls_door_is_idle(const struct tls_door *door)
{
	const struct relay *relay;

	LIST_FOREACH (relay, &door->relays, link)
		if (!relay->out.is_over)
			return false;
	return true;
}

void
tls_door_clear(struct tls_door *door)
{
	while (!LIST_EMPTY(&door->relays))
		relay_end(LIST_FIRST(&door->relays));
}
