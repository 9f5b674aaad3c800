#include "linnet/websocket/ws_writer.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/utf8.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "lws writes before a frame's bytes");

/* How long a peer that is told to go may take to read what is on its way. Long, because
 * it costs next to nothing and a slow reader shall learn why it was cut. */
#define CLOSE_LINGER_MS 30000

/* How long a peer that was sent the close frame may take to answer it. */
#define CLOSE_ANSWER_MS 5000

/* Pauses that one peer may ask for until its queue is empty again. */
#define MAX_PAUSES 20

/* Not empty, so that its echo is told to us: lws keeps empty pongs to itself. */
#define PING_PAYLOAD "linnet"

void
ws_drain_init(struct ws_drain *drain, int ping_s, int pong_s)
{
	TAILQ_INIT(&drain->dirty);
	ws_drain_set_heartbeat(drain, ping_s, pong_s);
	drain->ping = frame_new_ws(WS_PING, true, PING_PAYLOAD, strlen(PING_PAYLOAD));
	drain->scratch = xmalloc(LWS_PRE + WEBSOCKET_WRITE_BYTES);
}

void
ws_drain_set_heartbeat(struct ws_drain *drain, int ping_s, int pong_s)
{
	drain->ping_ms = (int64_t)ping_s * 1000;
	drain->pong_ms = (int64_t)pong_s * 1000;
}

void
ws_drain_fini(struct ws_drain *drain)
{
	assert(TAILQ_EMPTY(&drain->dirty));
	frame_unref(drain->ping);
	free(drain->scratch);
}

/* A close frame is written or about to be: lws fails connections by itself, and writes
 * what it is given even behind that. */
static bool
is_closing(const struct ws_writer *writer)
{
	return writer->is_closed || lws_get_close_length(writer->socket->wsi) > 0;
}

/* One that reads is given time for what was said in a burst; one that does not costs
 * everybody else no more than MAX_PAUSES of them. */
static void
note_pressure(struct ws_writer *writer)
{
	if (writer->queue->bytes <= writer->pressing_bytes ||
		writer->pauses == MAX_PAUSES)
		return;
	writer->pauses++;
	writer->drain->is_pressed = true;
}

void
ws_drain_run(struct ws_drain *drain)
{
	struct ws_writer *writer;

	while ((writer = TAILQ_FIRST(&drain->dirty))) {
		struct lws *wsi = writer->socket->wsi;
		struct lws_pollfd pollfd = {
			.fd = lws_get_socket_fd(wsi),
			.events = POLLOUT,
			.revents = POLLOUT,
		};

		TAILQ_REMOVE(&drain->dirty, writer, dirty_link);
		writer->is_dirty = false;
		if (lws_partial_buffered(wsi)) {
			note_pressure(writer);
			lws_callback_on_writable(wsi);
		} else {
			lws_service_fd(lws_get_context(wsi), &pollfd);
		}
	}
}

void
ws_writer_init(struct ws_writer *writer, struct websocket *socket, struct ws_drain *drain,
	struct frame_queue *queue, size_t pressing_bytes)
{
	memset(writer, 0, sizeof(*writer));
	writer->socket = socket;
	writer->drain = drain;
	writer->queue = queue;
	writer->pressing_bytes = pressing_bytes;
	writer->heard_ms = clock_now_ms();
}

void
ws_writer_wake(struct ws_writer *writer)
{
	if (writer->is_dirty)
		return;
	writer->is_dirty = true;
	TAILQ_INSERT_TAIL(&writer->drain->dirty, writer, dirty_link);
}

void
ws_writer_close(struct ws_writer *writer, uint16_t code, const char *reason)
{
	if (writer->close_code)
		return;
	writer->close_code = code;
	writer->close_reason = reason;
	if (!is_closing(writer))
		writer->socket->conn->deadline_ms = clock_now_ms() + CLOSE_LINGER_MS;
	ws_writer_wake(writer);
}

void
ws_writer_heard(struct ws_writer *writer)
{
	writer->heard_ms = clock_now_ms();
	writer->is_pinged = false;
}

void
ws_writer_tick(struct ws_writer *writer, int64_t now_ms)
{
	struct conn *conn = writer->socket->conn;

	/* lws has failed the connection. What it has misread may keep it from hearing the
	 * peer's answer, and its own timers are not relied on. */
	if (is_closing(writer) && !conn->deadline_ms) {
		conn_note_ending(conn, ENDING_PROTOCOL);
		conn->deadline_ms = now_ms + CLOSE_ANSWER_MS;
	}
	if (is_closing(writer) || writer->close_code)
		return;
	if (!writer->is_pinged && now_ms - writer->heard_ms >= writer->drain->ping_ms) {
		writer->is_pinged = true;
		writer->pinged_ms = now_ms;
		frame_queue_push(writer->queue, writer->drain->ping);
		ws_writer_wake(writer);
	} else if (writer->is_pinged &&
		   now_ms - writer->pinged_ms >= writer->drain->pong_ms) {
		log_info("dead_peer", log_str("peer", conn->peer),
			log_int("silent_ms", now_ms - writer->heard_ms));
		conn_note_ending(conn, ENDING_TIMEOUT);
		conn_kill(conn);
	}
}

/* lws passes the bytes of LWS_WRITE_HTTP on as they are; ours are framed already. */
static int
write_raw(struct ws_writer *writer, uint8_t *bytes, size_t len)
{
	if (lws_write(writer->socket->wsi, bytes, len, LWS_WRITE_HTTP) < 0)
		return -1;
	conn_count_sent(writer->socket->conn, len);
	return 0;
}

/* Frames go whole into one write, because lws may put a pong of its own between two. */
static int
write_some(struct ws_writer *writer)
{
	struct frame_queue *queue = writer->queue;
	uint8_t *scratch = writer->drain->scratch + LWS_PRE;
	struct frame *frame;
	int r;

	if (queue->count > 1) {
		size_t len = frame_queue_gather(queue, scratch, WEBSOCKET_WRITE_BYTES);

		if (len)
			return write_raw(writer, scratch, len);
	}
	frame = frame_queue_peek(queue);
	r = write_raw(writer, frame_bytes(frame), frame->len);
	frame_queue_pop(queue);
	return r;
}

static int
say_goodbye(struct ws_writer *writer)
{
	lws_close_reason(writer->socket->wsi, writer->close_code,
		(unsigned char *)(uintptr_t)writer->close_reason,
		strlen(writer->close_reason));
	writer->socket->conn->deadline_ms = clock_now_ms() + CLOSE_ANSWER_MS;
	writer->is_closed = true;
	return -1;
}

int
ws_writer_writable(struct ws_writer *writer)
{
	struct lws *wsi = writer->socket->wsi;

	/* lws may call once more behind the close frame: to say -1 again would cut the
	 * peer off before it has read that. */
	if (is_closing(writer) || lws_partial_buffered(wsi))
		return 0;
	if (writer->is_blocked) {
		writer->is_blocked = false;
		/* The peer's TCP took what was waiting: it is alive, if slow. */
		ws_writer_heard(writer);
	}
	if (writer->queue->count) {
		if (write_some(writer) < 0)
			return -1;
		writer->is_blocked = lws_partial_buffered(wsi);
		if (!writer->queue->count)
			writer->pauses = 0;
		if (writer->queue->count || writer->close_code)
			ws_writer_wake(writer);
		return 0;
	}
	return writer->close_code ? say_goodbye(writer) : 0;
}

/* RFC 6455 sections 5.5.1 and 7.4: a frame that says why, or repeats what was said. lws
 * has put 1002 in the place of codes that nobody may send. */
static struct frame *
answer_to(const uint8_t *payload, size_t len)
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
ws_writer_answer_close(struct ws_writer *writer, const uint8_t *payload, size_t len)
{
	struct frame *answer = answer_to(payload, len);
	struct lws *wsi = writer->socket->wsi;
	int r = 0;

	while (r == 0 && writer->queue->count && !lws_partial_buffered(wsi))
		r = write_some(writer);
	/* Behind what lws holds of the last frame, it holds this one, too. */
	if (r == 0)
		write_raw(writer, frame_bytes(answer), answer->len);
	frame_unref(answer);
	writer->is_closed = true;
	writer->socket->conn->deadline_ms = clock_now_ms() + CLOSE_ANSWER_MS;
}

void
ws_writer_fini(struct ws_writer *writer)
{
	if (writer->is_dirty)
		TAILQ_REMOVE(&writer->drain->dirty, writer, dirty_link);
}
