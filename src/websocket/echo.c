#include "linnet/websocket/echo.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/base/buffer.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

/* A message is sent back in pieces of this size as it comes, so that 16 MiB of it cost no
 * more memory than a short one. */
#define PIECE_BYTES 65536

/* Reading stops when this much waits to be written, and goes on at half of it. */
#define QUEUE_BYTES (4 * PIECE_BYTES)

struct echo {
	struct ws_writer writer;
	struct frame_queue queue;
	struct buffer piece;
	size_t message_len; /* of the message under way, what was sent back included */
	bool is_continued;  /* a piece of it was sent back already */
	bool is_paused;
};

static void
on_open(struct websocket *socket, const struct http_request *request)
{
	struct echo *echo = xcalloc(1, sizeof(*echo));

	(void)request;
	socket->state = echo;
	ws_writer_init(&echo->writer, socket,
		((struct echo_door *)socket->service)->drain, &echo->queue, SIZE_MAX);
	log_info("echo_open", log_str("peer", socket->conn->peer));
}

static void
send_piece(struct echo *echo, bool binary, bool final)
{
	enum ws_opcode opcode = echo->is_continued ? WS_CONTINUATION
				: binary           ? WS_BINARY
						   : WS_TEXT;
	struct frame *frame =
		frame_new_ws(opcode, final, echo->piece.bytes, echo->piece.len);

	frame_queue_push(&echo->queue, frame);
	frame_unref(frame);
	echo->piece.len = 0;
	echo->is_continued = !final;
}

static void
on_receive(struct websocket *socket, const void *bytes, size_t len)
{
	struct echo *echo = socket->state;
	bool final = websocket_is_final(socket);

	ws_writer_heard(&echo->writer);
	if (echo->writer.close_code)
		return;
	echo->message_len += len;
	if (echo->message_len + websocket_remaining(socket) > ECHO_MESSAGE_BYTES) {
		frame_queue_clear(&echo->queue);
		conn_note_ending(socket->conn, ENDING_TOO_BIG);
		ws_writer_close(&echo->writer, CLOSE_TOO_BIG, "message too big");
		return;
	}
	if (!websocket_is_text(socket, bytes, len)) {
		conn_note_ending(socket->conn, ENDING_BAD_UTF8);
		ws_writer_close(&echo->writer, CLOSE_BAD_UTF8, "bad UTF-8");
		return;
	}
	buffer_append(&echo->piece, bytes, len);
	if (!final && echo->piece.len < PIECE_BYTES)
		return;
	send_piece(echo, websocket_is_binary(socket), final);
	if (final) {
		echo->message_len = 0;
		buffer_clear(&echo->piece);
	}
	if (!echo->is_paused && echo->queue.bytes >= QUEUE_BYTES) {
		echo->is_paused = true;
		websocket_watch_input(socket, false);
	}
	ws_writer_wake(&echo->writer);
}

static void
on_heard(struct websocket *socket)
{
	struct echo *echo = socket->state;

	ws_writer_heard(&echo->writer);
}

static void
on_peer_close(struct websocket *socket, const void *payload, size_t len)
{
	struct echo *echo = socket->state;

	ws_writer_answer_close(&echo->writer, payload, len);
}

static int
on_writable(struct websocket *socket)
{
	struct echo *echo = socket->state;
	int r = ws_writer_writable(&echo->writer);

	if (r == 0 && echo->is_paused && echo->queue.bytes < QUEUE_BYTES / 2) {
		echo->is_paused = false;
		websocket_watch_input(socket, true);
	}
	return r;
}

static void
on_tick(struct websocket *socket, int64_t now_ms)
{
	struct echo *echo = socket->state;

	ws_writer_tick(&echo->writer, now_ms);
}

static void
on_stop(struct websocket *socket, uint16_t code, const char *reason)
{
	struct echo *echo = socket->state;

	ws_writer_close(&echo->writer, code, reason);
}

static void
on_closed(struct websocket *socket)
{
	struct echo *echo = socket->state;

	log_info("echo_close", log_uint("code", echo->writer.close_code),
		CONN_END_FIELDS(socket->conn));
	ws_writer_fini(&echo->writer);
	frame_queue_clear(&echo->queue);
	buffer_clear(&echo->piece);
	free(echo);
}

void
echo_door_init(struct echo_door *door, struct ws_drain *drain)
{
	*door = (struct echo_door){
		.service = {
			.name = "echo",
			.on_open = on_open,
			.on_receive = on_receive,
			.on_heard = on_heard,
			.on_peer_close = on_peer_close,
			.on_writable = on_writable,
			.on_tick = on_tick,
			.on_stop = on_stop,
			.on_closed = on_closed,
		},
		.drain = drain,
	};
}
