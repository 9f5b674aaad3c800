#include "websocket/ws_writer.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/frame.h"
#include "linnet/base/log.h"
#include "linnet/base/utf8.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "lws writes before a frame's bytes");

/* A peer has so much time to read the rest of its queue and the close frame. Long,
 * because it costs little and a slow reader should learn why it was closed. */
#define CLOSE_LINGER_MS 30000

/* A peer has so much time to answer the close frame. */
#define CLOSE_ANSWER_MS 5000

/* How many pauses one peer may cause until its queue is empty again. */
#define MAX_PAUSES 20

/* Not empty, because lws does not report empty pongs. */
#define PING_PAYLOAD "linnet"

void
ws_drain_init(struct ws_drain *drain)
{
	TAILQ_INIT(&drain->dirty);
	drain->ping = frame_new_ws(WS_PING, true, PING_PAYLOAD, strlen(PING_PAYLOAD));
	drain->scratch = xmalloc(LWS_PRE + WS_WRITE_BYTES);
}

void
ws_drain_fini(struct ws_drain *drain)
{
	assert(TAILQ_EMPTY(&drain->dirty));
	frame_unref(drain->ping);
	free(drain->scratch);
}

/* True if a close frame was written or will be. lws also closes connections by itself,
 * and would still write what it is given after the close frame. */
static bool
ws_writer_is_closing(const struct websocket *socket)
{
	return socket->is_closed || lws_get_close_length(socket->wsi) > 0;
}

/* A pause lets a peer catch up after a burst. A peer that does not read delays everybody
 * else by no more than MAX_PAUSES pauses. */
static void
ws_writer_note_pressure(struct websocket *socket)
{
	if (socket->queue->bytes <= socket->pressing_bytes ||
		socket->pauses == MAX_PAUSES)
		return;
	socket->pauses++;
	socket->drain->is_pressed = true;
}

void
ws_drain_run(struct ws_drain *drain)
{
	struct websocket *socket;

	while ((socket = TAILQ_FIRST(&drain->dirty))) {
		struct lws *wsi = socket->wsi;
		struct lws_pollfd pollfd = {
			.fd = lws_get_socket_fd(wsi),
			.events = POLLOUT,
			.revents = POLLOUT,
		};

		TAILQ_REMOVE(&drain->dirty, socket, dirty_link);
		socket->is_dirty = false;
		if (lws_partial_buffered(wsi)) {
			ws_writer_note_pressure(socket);
			lws_callback_on_writable(wsi);
		} else {
			lws_service_fd(lws_get_context(wsi), &pollfd);
		}
	}
}

void
websocket_wake(struct websocket *socket)
{
	if (socket->is_dirty)
		return;
	socket->is_dirty = true;
	TAILQ_INSERT_TAIL(&socket->drain->dirty, socket, dirty_link);
}

void
websocket_close(struct websocket *socket, uint16_t code, const char *reason)
{
	if (socket->close_code)
		return;
	socket->close_code = code;
	socket->close_reason = reason;
	if (!ws_writer_is_closing(socket))
		socket->conn->deadline_ms = clock_now_ms() + CLOSE_LINGER_MS;
	websocket_wake(socket);
}

void
ws_writer_heard(struct websocket *socket)
{
	socket->heard_ms = clock_now_ms();
	socket->is_pinged = false;
}

void
ws_writer_tick(struct websocket *socket, int64_t now_ms)
{
	struct conn *conn = socket->conn;

	/* lws closes the connection because the peer broke the protocol. It may miss the
	 * peer's answer, and its own timers may be late, so set a deadline. */
	if (ws_writer_is_closing(socket) && !conn->deadline_ms) {
		conn_note_ending(conn, ENDING_PROTOCOL);
		conn->deadline_ms = now_ms + CLOSE_ANSWER_MS;
	}
	if (ws_writer_is_closing(socket) || socket->close_code)
		return;
	if (!socket->is_pinged && now_ms - socket->heard_ms >= socket->drain->ping_ms) {
		socket->is_pinged = true;
		socket->pinged_ms = now_ms;
		frame_queue_push(socket->queue, socket->drain->ping);
		websocket_wake(socket);
	} else if (socket->is_pinged &&
		   now_ms - socket->pinged_ms >= socket->drain->pong_ms) {
		log_info("dead_peer", log_str("peer", conn->peer),
			log_int("silent_ms", now_ms - socket->heard_ms));
		conn_note_ending(conn, ENDING_TIMEOUT);
		conn_kill(conn);
	}
}

/* LWS_WRITE_HTTP makes lws write the bytes unchanged: they are framed already. */
static int
ws_writer_write_raw(struct websocket *socket, uint8_t *bytes, size_t len)
{
	if (lws_write(socket->wsi, bytes, len, LWS_WRITE_HTTP) < 0)
		return -1;
	conn_count_sent(socket->conn, len);
	return 0;
}

/* Only whole frames go into one write, because lws may add a pong after it. */
static int
ws_writer_write_some(struct websocket *socket)
{
	struct frame_queue *queue = socket->queue;
	uint8_t *scratch = socket->drain->scratch + LWS_PRE;
	struct frame *frame;
	int r;

	if (queue->count > 1) {
		size_t len = frame_queue_gather(queue, scratch, WS_WRITE_BYTES);

		if (len)
			return ws_writer_write_raw(socket, scratch, len);
	}
	frame = frame_queue_peek(queue);
	r = ws_writer_write_raw(socket, frame_bytes(frame), frame->len);
	frame_queue_pop(queue);
	return r;
}

static int
ws_writer_send_close(struct websocket *socket)
{
	lws_close_reason(socket->wsi, socket->close_code,
		(unsigned char *)(uintptr_t)socket->close_reason,
		strlen(socket->close_reason));
	socket->conn->deadline_ms = clock_now_ms() + CLOSE_ANSWER_MS;
	socket->is_closed = true;
	return -1;
}

int
ws_writer_writable(struct websocket *socket)
{
	struct lws *wsi = socket->wsi;

	/* lws may call once more after the close frame. Returning -1 again would close
	 * the connection before the peer has read that frame. */
	if (ws_writer_is_closing(socket) || lws_partial_buffered(wsi))
		return 0;
	if (socket->is_blocked) {
		socket->is_blocked = false;
		/* The peer's TCP has taken everything: it is alive, if slow. */
		ws_writer_heard(socket);
	}
	if (socket->queue->count) {
		if (ws_writer_write_some(socket) < 0)
			return -1;
		socket->is_blocked = lws_partial_buffered(wsi);
		if (!socket->queue->count)
			socket->pauses = 0;
		if (socket->queue->count || socket->close_code)
			websocket_wake(socket);
		return 0;
	}
	return socket->close_code ? ws_writer_send_close(socket) : 0;
}

/* The answer to a close frame (RFC 6455 sections 5.5.1 and 7.4): the same payload, or an
 * error code if it is invalid. lws has already replaced forbidden codes by 1002. */
static struct frame *
ws_writer_close_answer(const uint8_t *payload, size_t len)
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

void
ws_writer_answer_close(struct websocket *socket, const uint8_t *payload, size_t len)
{
	struct frame *answer = ws_writer_close_answer(payload, len);
	struct lws *wsi = socket->wsi;
	int r = 0;

	while (r == 0 && socket->queue->count && !lws_partial_buffered(wsi))
		r = ws_writer_write_some(socket);
	/* If lws still has a part of the last frame, it writes this one after it. */
	if (r == 0)
		ws_writer_write_raw(socket, frame_bytes(answer), answer->len);
	frame_unref(answer);
	socket->is_closed = true;
	socket->conn->deadline_ms = clock_now_ms() + CLOSE_ANSWER_MS;
}

void
ws_writer_fini(struct websocket *socket)
{
	if (socket->is_dirty)
		TAILQ_REMOVE(&socket->drain->dirty, socket, dirty_link);
}
