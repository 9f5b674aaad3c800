#include "linnet/websocket/websocket.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/config/config.h"
#include "linnet/http/http.h"
#include "linnet/net/loop.h"
#include "linnet/protocol/kinds.h"
#include "websocket/farewell.h"

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "lws writes before a frame's bytes");

/* libwebsockets answers a handshake at once. A connection that is not open by then is
 * closed. */
#define OPEN_MS 10000

/* Each connection keeps a receive buffer of this size. Services put long messages
 * together. */
#define RX_BYTES 512

/* What lws is given to write at once. */
#define WRITE_BYTES 65536

/* How many WebSockets are written in a turn of the loop while others wait. What has come
 * in meanwhile is then read and given to the store, and those that still wait get what
 * the store has stored meanwhile in the same write. */
#define SLICE 200

/* Time for a peer to read the rest of its queue and the close frame. Long, because it
 * costs little and a slow reader should learn why it was closed. */
#define CLOSE_LINGER_MS 30000

/* Time for a peer to answer the close frame. */
#define CLOSE_ANSWER_MS 5000

/* How often a WebSocket is looked at, and one that is blocked. Each look takes several
 * cache misses: once a second it would be a seventh of what an idle one costs. */
#define LOOK_MS 4000
#define LOOK_BLOCKED_MS 1000

/* How many pauses one peer may cause until its queue is empty again. */
#define MAX_PAUSES 20

/* Not empty, because lws does not report empty pongs. */
#define PING_PAYLOAD "linnet"

/* libwebsockets looks up its vhost by the Host header of the handshake. */
#define VHOST_NAME "websocket"

TAILQ_HEAD(websocket_list, websocket);

/* A dirty WebSocket has something to write. It is written before the loop sleeps without
 * asking epoll first: its socket mostly has room. */
struct websocket_host {
	const struct config *config;
	struct loop *loop;
	struct lws_vhost *vhost;
	struct websocket *opening; /* while lws adopts it */
	struct websocket_list dirty;
	struct websocket *mark; /* dirty; NULL: the marked ones are written */
	bool is_urgent;         /* a dirty one has waited for long enough */
	struct out_queue_drain farewells;
	bool is_pressed; /* a peer has fallen behind */
	struct frame *ping;
	uint8_t scratch[LWS_PRE + WRITE_BYTES];
};

/* True if a close frame was written or will be. lws also closes connections by itself,
 * and would still write what it is given after the close frame. */
static bool
websocket_is_closing(const struct websocket *socket)
{
	return socket->is_closed || lws_get_close_length(socket->wsi) > 0;
}

/* A pause lets a peer catch up after a burst. A peer that does not read delays everybody
 * else by no more than MAX_PAUSES pauses. */
static void
websocket_note_pressure(struct websocket *socket)
{
	if (socket->queue->bytes <= socket->pressing_bytes ||
		socket->pauses == MAX_PAUSES)
		return;
	socket->pauses++;
	socket->host->is_pressed = true;
}

static void
websocket_clean(struct websocket *socket)
{
	struct websocket_host *host = socket->host;

	if (!socket->is_dirty)
		return;
	if (host->mark == socket)
		host->mark = TAILQ_PREV(socket, websocket_list, dirty_link);
	TAILQ_REMOVE(&host->dirty, socket, dirty_link);
	socket->is_dirty = false;
}

/* May close the WebSocket, and others. */
static void
websocket_write_or_wait(struct websocket *socket)
{
	struct lws *wsi = socket->wsi;
	struct lws_pollfd pollfd = {
		.fd = lws_get_socket_fd(wsi),
		.events = POLLOUT,
		.revents = POLLOUT,
	};

	if (lws_partial_buffered(wsi)) {
		websocket_note_pressure(socket);
		lws_callback_on_writable(wsi);
	} else {
		lws_service_fd(lws_get_context(wsi), &pollfd);
	}
}

void
websocket_host_write(struct websocket_host *host)
{
	/* Writing gets as much time as everything else, however much comes in. */
	int64_t end_us = 2 * loop_turn_us(host->loop);
	struct websocket *socket;
	unsigned count = 0;

	while ((socket = TAILQ_FIRST(&host->dirty))) {
		if (count++ == SLICE) {
			if (!host->is_urgent && loop_turn_us(host->loop) >= end_us) {
				loop_skip_sleep(host->loop);
				break;
			}
			count = 1;
		}
		websocket_clean(socket);
		websocket_write_or_wait(socket);
	}
	host->is_urgent = false;
	out_queue_drain_run(&host->farewells);
}

void
websocket_host_mark(struct websocket_host *host)
{
	host->mark = TAILQ_LAST(&host->dirty, websocket_list);
}

bool
websocket_host_is_past_mark(const struct websocket_host *host)
{
	return !host->mark;
}

bool
websocket_host_take_pressure(struct websocket_host *host)
{
	bool is_pressed = host->is_pressed;

	host->is_pressed = false;
	return is_pressed;
}

/* A queue must not become too long for its limit while it waits for its turn: that is not
 * the peer's fault. Nor does a queue that takes more than one write gain by waiting. */
static void
websocket_note_wait(struct websocket *socket)
{
	size_t bytes = socket->queue->bytes;

	if (!socket->is_blocked &&
		(bytes > WRITE_BYTES || bytes > socket->pressing_bytes / 2))
		socket->host->is_urgent = true;
}

void
websocket_wake(struct websocket *socket)
{
	if (socket->farewell) {
		farewell_wake(socket);
		return;
	}
	websocket_note_wait(socket);
	if (socket->is_dirty)
		return;
	socket->is_dirty = true;
	TAILQ_INSERT_TAIL(&socket->host->dirty, socket, dirty_link);
}

void
websocket_close(struct websocket *socket, uint16_t code, const char *reason)
{
	if (socket->close_code)
		return;
	conn_note_ending(socket->conn, close_code_ending(code));
	socket->close_code = code;
	socket->close_reason = reason;
	if (!websocket_is_closing(socket))
		socket->conn->deadline_ms = clock_now_ms() + CLOSE_LINGER_MS;
	websocket_wake(socket);
}

static void
websocket_heard(struct websocket *socket)
{
	socket->heard_ms = clock_now_ms();
	socket->pinged_ms = 0;
}

/* True if the service still has to answer something. */
static bool
websocket_is_answering(const struct websocket *socket)
{
	const struct websocket_service *service = socket->service;

	return service->is_answering && service->is_answering(socket);
}

/* lws closes a connection whose input has ended, but first waits until its output is
 * written, and until then that end would be reported in every turn of the loop. */
static void
websocket_check_end(struct websocket *socket, int64_t now_ms)
{
	char byte;

	if (!lws_partial_buffered(socket->wsi) ||
		recv(lws_get_socket_fd(socket->wsi), &byte, sizeof(byte),
			MSG_PEEK | MSG_DONTWAIT) != 0)
		return;
	lws_rx_flow_control(socket->wsi, 0);
	if (!socket->is_left)
		conn_note_ending(socket->conn, ENDING_LOST);
	if (!socket->conn->deadline_ms)
		socket->conn->deadline_ms = now_ms + CLOSE_ANSWER_MS;
}

/* When a ping is due, or the pong for the last one. */
static int64_t
websocket_heartbeat_ms(const struct websocket *socket)
{
	const struct config *config = socket->host->config;

	return socket->pinged_ms ? socket->pinged_ms + config->heartbeat.pong_s * 1000
				 : socket->heard_ms + config->heartbeat.ping_s * 1000;
}

static void
websocket_on_tick(struct conn *conn, int64_t now_ms)
{
	struct websocket *socket = conn->state;

	conn->tick_ms = now_ms + (socket->is_blocked ? LOOK_BLOCKED_MS : LOOK_MS);
	if (!socket->is_open)
		return;
	websocket_check_end(socket, now_ms);
	/* lws closes the connection because the peer broke the protocol. It may miss the
	 * peer's answer, and its own timers may be late, so set a deadline. */
	if (websocket_is_closing(socket) && !conn->deadline_ms) {
		conn_note_ending(conn, ENDING_PROTOCOL);
		conn->deadline_ms = now_ms + CLOSE_ANSWER_MS;
	}
	if (websocket_is_closing(socket) || socket->close_code ||
		(socket->is_unwatched && websocket_is_answering(socket)))
		return;
	if (websocket_heartbeat_ms(socket) > now_ms) {
		conn->tick_ms = int64_min(conn->tick_ms, websocket_heartbeat_ms(socket));
	} else if (!socket->pinged_ms) {
		socket->pinged_ms = now_ms;
		frame_queue_push(socket->queue, socket->host->ping);
		websocket_wake(socket);
	} else {
		socket->service->on_dead(socket, now_ms - socket->heard_ms);
		conn_note_ending(conn, ENDING_TIMEOUT);
		conn_kill(conn);
	}
}

static void
websocket_on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	struct websocket *socket = conn->state;

	if (socket->is_open)
		socket->service->on_stop(socket, code, reason);
}

static void
websocket_kill(struct conn *conn)
{
	struct websocket *socket = conn->state;

	/* Otherwise lws would wait to flush output to a peer that does not read. */
	shutdown(lws_get_socket_fd(socket->wsi), SHUT_RDWR);
	/* Not LWS_TO_KILL_ASYNC: the timers of lws run when the loop is idle, which may
	 * never be. */
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

static void
websocket_on_closed(struct conn *conn)
{
	struct websocket *socket = conn->state;

	if (!socket->is_left)
		conn_note_ending(conn, ENDING_LOST);
	if (socket->is_open)
		socket->service->on_closed(socket);
	websocket_clean(socket);
	free(socket);
}

static const struct door conn_door = {
	.name = "websocket",
	.on_tick = websocket_on_tick,
	.on_stop = websocket_on_stop,
	.kill = websocket_kill,
	.on_closed = websocket_on_closed,
};

static void
websocket_on_established(struct websocket *socket)
{
	socket->is_open = true;
	socket->conn->deadline_ms = 0;
	websocket_heard(socket);
	conn_become(socket->conn, metrics_transport(socket->service->name));
	socket->service->on_open(socket, socket->request);
	socket->request = NULL;
}

/* The UTF-8 of a text message is checked piece by piece (RFC 6455 section 8.1). */
static void
websocket_on_receive(struct websocket *socket, const void *bytes, size_t len)
{
	struct lws *wsi = socket->wsi;
	struct websocket_piece piece = {
		.bytes = bytes,
		.len = len,
		.remaining = lws_remaining_packet_payload(wsi),
		.is_first = lws_is_first_fragment(wsi),
		.is_final = lws_is_final_fragment(wsi),
		.is_binary = lws_frame_is_binary(wsi),
	};

	socket->conn->received_bytes += len;
	websocket_heard(socket);
	if (socket->close_code)
		return;
	if (piece.is_first)
		socket->text = (struct utf8_check){ 0 };
	piece.is_valid = piece.is_binary ||
			 (utf8_check_piece(&socket->text, bytes, len) &&
				 (!piece.is_final || utf8_check_end(&socket->text)));
	socket->service->on_receive(socket, &piece);
}

/* Write to the connection. Returns how many bytes it has taken, or -1 if it is broken. */
static ssize_t
websocket_put(const struct websocket *socket, uint8_t *bytes, size_t len)
{
	const struct iovec piece = { .iov_base = bytes, .iov_len = len };
	ssize_t n = conn_write(socket->conn, lws_get_socket_fd(socket->wsi), &piece, 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	return n;
}

/* Write whole frames. lws keeps what the connection does not take, and writes that before
 * anything else, so its pongs and close frames do not come in the middle of a frame.
 * LWS_WRITE_HTTP makes it write the bytes unchanged. */
static int
websocket_write_raw(struct websocket *socket, uint8_t *bytes, size_t len)
{
	ssize_t n = 0;

	if (!lws_partial_buffered(socket->wsi))
		n = websocket_put(socket, bytes, len);
	if (n < 0)
		return -1;
	if ((size_t)n < len &&
		lws_write(socket->wsi, bytes + n, len - (size_t)n, LWS_WRITE_HTTP) < 0)
		return -1;
	conn_count_sent(socket->conn, len);
	return 0;
}

/* Only whole frames go into one write, because lws may add a pong after it. */
static int
websocket_write_some(struct websocket *socket)
{
	struct frame_queue *queue = socket->queue;
	uint8_t *scratch = socket->host->scratch + LWS_PRE;
	struct frame *frame;
	int r;

	if (queue->count > 1) {
		size_t len = frame_queue_gather(queue, scratch, WRITE_BYTES);

		if (len)
			return websocket_write_raw(socket, scratch, len);
	}
	frame = frame_queue_peek(queue);
	r = websocket_write_raw(socket, frame_bytes(frame), frame->len);
	frame_queue_pop(queue);
	return r;
}

static int
websocket_send_close(struct websocket *socket)
{
	lws_close_reason(socket->wsi, socket->close_code,
		(unsigned char *)(uintptr_t)socket->close_reason,
		strlen(socket->close_reason));
	socket->conn->deadline_ms = clock_now_ms() + CLOSE_ANSWER_MS;
	socket->is_closed = true;
	return -1;
}

/* The socket takes data. Returns 0, or -1 to close the connection. */
static int
websocket_write(struct websocket *socket)
{
	struct lws *wsi = socket->wsi;

	/* lws may call once more after the close frame. Returning -1 again would close
	 * the connection before the peer has read that frame. */
	if (websocket_is_closing(socket) || lws_partial_buffered(wsi))
		return 0;
	if (socket->is_blocked) {
		socket->is_blocked = false;
		/* The peer's TCP has taken everything: it is alive, if slow. */
		websocket_heard(socket);
	}
	if (socket->queue->count) {
		if (websocket_write_some(socket) < 0)
			return -1;
		socket->is_blocked = lws_partial_buffered(wsi);
		if (socket->is_blocked)
			socket->conn->tick_ms = 0;
		if (!socket->queue->count)
			socket->pauses = 0;
		if (socket->queue->count || socket->close_code)
			websocket_wake(socket);
		return 0;
	}
	return socket->close_code ? websocket_send_close(socket) : 0;
}

/* The answer to a close frame (RFC 6455 sections 5.5.1 and 7.4): the same payload, or an
 * error code if it is invalid. lws has already replaced forbidden codes by 1002. */
static struct frame *
websocket_close_answer(const uint8_t *payload, size_t len)
{
	static const uint8_t bad_protocol[] = { CLOSE_PROTOCOL >> 8,
		CLOSE_PROTOCOL & 0xff };
	static const uint8_t bad_utf8[] = { CLOSE_BAD_UTF8 >> 8, CLOSE_BAD_UTF8 & 0xff };
	struct utf8_check check = { 0 };

	if (len == 1)
		return frame_new_ws(WS_CLOSE, true, bad_protocol, sizeof(bad_protocol));
	if (len > 2 && !(utf8_check_piece(&check, payload + 2, len - 2) &&
			       utf8_check_end(&check)))
		return frame_new_ws(WS_CLOSE, true, bad_utf8, sizeof(bad_utf8));
	return frame_new_ws(WS_CLOSE, true, payload, len);
}

/* Answer the close frame after the frames of the queue that the socket takes at once.
 * Nothing is written afterwards. */
static void
websocket_answer_now(struct websocket *socket, struct frame *answer)
{
	struct lws *wsi = socket->wsi;
	int r = 0;

	while (r == 0 && socket->queue->count && !lws_partial_buffered(wsi))
		r = websocket_write_some(socket);
	/* If lws still has a part of the last frame, it writes this one after it. */
	if (r == 0)
		websocket_write_raw(socket, frame_bytes(answer), answer->len);
}

/* Answer the close frame of the peer, which has len bytes of payload. */
static void
websocket_answer_close(struct websocket *socket, const uint8_t *payload, size_t len)
{
	struct frame *answer = websocket_close_answer(payload, len);

	/* lws has no part of a frame: then it ends the connection without this. */
	if (!websocket_is_answering(socket) || !farewell_begin(socket, answer)) {
		websocket_answer_now(socket, answer);
		frame_unref(answer);
	}
	socket->is_closed = true;
	socket->conn->deadline_ms = clock_now_ms() + CLOSE_ANSWER_MS;
}

/* lws has freed its part. */
static void
websocket_on_destroy(struct websocket_host *host, struct websocket *socket)
{
	if (host->opening == socket)
		host->opening = NULL;
	if (socket->farewell) {
		websocket_clean(socket);
		farewell_go_on(socket, &host->farewells);
	} else {
		conn_free(socket->conn);
	}
}

static int
websocket_on_event(struct websocket_host *host, struct websocket *socket,
	enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		websocket_on_established(socket);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		websocket_on_receive(socket, in, len);
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		websocket_heard(socket);
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		/* Returning 0 would make lws answer any payload and drop the queue. */
		socket->is_left = true;
		if (socket->is_open)
			websocket_answer_close(socket, in, len);
		return -1;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		if (!socket->is_open)
			return 0;
		if (websocket_write(socket) < 0)
			return -1;
		socket->service->on_written(socket);
		return 0;
	case LWS_CALLBACK_CLOSED:
		/* lws closed the connection because the peer broke the protocol. */
		if (!socket->is_left && lws_get_close_length(socket->wsi) > 0)
			conn_note_ending(socket->conn, ENDING_PROTOCOL);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		websocket_on_destroy(host, socket);
		return 0;
	default:
		return 0;
	}
}

/* Every event of every connection. The opaque pointer of a wsi is its WebSocket, from the
 * first event to the last one, LWS_CALLBACK_WSI_DESTROY. */
static int
websocket_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
	size_t len)
{
	struct websocket_host *host;
	struct websocket *socket;

	(void)user;
	if (!wsi)
		return 0;
	host = lws_get_vhost_user(lws_get_vhost(wsi));
	socket = lws_get_opaque_user_data(wsi);
	if (!socket && host->opening) {
		socket = host->opening;
		socket->wsi = wsi;
		lws_set_opaque_user_data(wsi, socket);
	}
	return socket ? websocket_on_event(host, socket, reason, in, len) : 0;
}

/* Both rows are the same. lws uses the first one without a subprotocol and the second one
 * for "chat". */
static const struct lws_protocols protocols[] = {
	{
		.name = "none",
		.callback = websocket_on_lws,
		.rx_buffer_size = RX_BYTES,
		.tx_packet_size = WRITE_BYTES,
	},
	{
		.name = "chat",
		.callback = websocket_on_lws,
		.rx_buffer_size = RX_BYTES,
		.tx_packet_size = WRITE_BYTES,
	},
	{ 0 },
};

struct websocket_host *
websocket_host_new(struct loop *loop, const struct config *config)
{
	/* The heartbeat is our own: lws would sort a list of all connections at each
	 * pong. */
	static const lws_retry_bo_t no_heartbeat;
	struct websocket_host *host = xcalloc(1, sizeof(*host));
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.vhost_name = VHOST_NAME,
		/* UTF-8 is checked here: lws would check pongs too, and would accept a
		 * text that ends within a character. */
		.protocols = protocols,
		.user = host,
		.timeout_secs = OPEN_MS / 1000,
		.retry_and_idle_policy = &no_heartbeat,
	};

	host->config = config;
	host->loop = loop;
	TAILQ_INIT(&host->dirty);
	out_queue_drain_init(&host->farewells, loop);
	host->ping = frame_new_ws(WS_PING, true, PING_PAYLOAD, strlen(PING_PAYLOAD));
	host->vhost = lws_create_vhost(loop_lws(loop), &info);
	if (host->vhost)
		return host;
	log_error("libwebsockets_failed", log_str("hint", "no host for WebSockets"));
	websocket_host_free(host);
	return NULL;
}

/* The handshake that lws gets: only what it needs, so that it can misread nothing. The
 * bytes that came after the client's handshake follow. */
static struct buffer
websocket_write_handshake(const struct http_head *head, const char *rest, size_t rest_len)
{
	static const char start[] = "GET / HTTP/1.1\r\n"
				    "Host: " VHOST_NAME "\r\n"
				    "Connection: Upgrade\r\n"
				    "Upgrade: websocket\r\n"
				    "Sec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: ";
	static const char chat[] = "\r\nSec-WebSocket-Protocol: chat";
	const char *key = http_head_value(head, "sec-websocket-key");
	struct buffer bytes = { 0 };

	buffer_append(&bytes, start, sizeof(start) - 1);
	buffer_append(&bytes, key, strlen(key));
	if (http_head_has_word(head, "sec-websocket-protocol", "chat"))
		buffer_append(&bytes, chat, sizeof(chat) - 1);
	buffer_append(&bytes, "\r\n\r\n", 4);
	buffer_append(&bytes, rest, rest_len);
	return bytes;
}

void
websocket_open(struct websocket_host *host, const struct websocket_service *service,
	struct http_request *request, int fd, const char *rest, size_t rest_len)
{
	struct buffer bytes = websocket_write_handshake(request->head, rest, rest_len);
	struct websocket *socket = xcalloc(1, sizeof(*socket));
	struct conn *conn = request->conn;
	struct lws *wsi;

	socket->service = service;
	socket->conn = conn;
	socket->request = request;
	socket->host = host;
	conn->door = &conn_door;
	conn->state = socket;
	conn->deadline_ms = clock_now_ms() + OPEN_MS;
	host->opening = socket;
	conn_note_other_writer(conn);
	/* lws logs an error whenever it is given bytes. */
	loop_mute_lws(true);
	wsi = lws_adopt_socket_vhost_readbuf(host->vhost, fd, bytes.bytes, bytes.len);
	loop_mute_lws(false);
	/* On failure lws closes fd. If it had made a wsi, LWS_CALLBACK_WSI_DESTROY has
	 * freed conn and cleared opening. */
	if (!wsi && host->opening)
		conn_free(conn);
	host->opening = NULL;
	/* lws reads the rest only after another event: cause one. */
	if (wsi && rest_len)
		lws_callback_on_writable(wsi);
	buffer_clear(&bytes);
}

void
websocket_watch_input(struct websocket *socket, bool on)
{
	lws_rx_flow_control(socket->wsi, on);
	socket->is_unwatched = !on;
	if (!on)
		return;
	/* Its pong may be among what was not read. */
	websocket_heard(socket);
	/* lws looks for input that it held back only after another event: cause one. */
	lws_callback_on_writable(socket->wsi);
}

void
websocket_host_free(struct websocket_host *host)
{
	if (!host)
		return;
	frame_unref(host->ping);
	free(host);
}
