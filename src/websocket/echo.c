#include "linnet/websocket/echo.h"

#include <stdlib.h>

#include "linnet/base/buffer.h"
#include "linnet/base/frame.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/kinds.h"

/* A message is sent back in pieces of this size while it comes in, so that 16 MiB cost no
 * more memory than a short message. */
#define PIECE_BYTES 65536

/* Reading pauses when this many bytes wait to be written, and continues at half of that.
 */
#define QUEUE_BYTES (4 * PIECE_BYTES)

struct echo {
	struct frame_queue queue;
	struct buffer piece;
	size_t message_len; /* received so far of the current message */
	bool is_continued;  /* a piece of it was sent back already */
	bool is_paused;
};

static void
echo_on_open(struct websocket *socket, const struct http_request *request)
{
	struct echo *echo = xcalloc(1, sizeof(*echo));

	(void)request;
	socket->state = echo;
	socket->queue = &echo->queue;
	socket->pressing_bytes = SIZE_MAX;
	log_info("echo_open", log_str("peer", socket->conn->peer));
}

static void
echo_send_piece(struct echo *echo, bool binary, bool final)
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
echo_on_receive(struct websocket *socket, const struct websocket_piece *piece)
{
	struct echo *echo = socket->state;

	echo->message_len += piece->len;
	if (echo->message_len + piece->remaining > ECHO_MESSAGE_BYTES) {
		frame_queue_clear(&echo->queue);
		websocket_close(socket, CLOSE_TOO_BIG, "message too big");
		return;
	}
	if (!piece->is_valid) {
		websocket_close(socket, CLOSE_BAD_UTF8, "bad UTF-8");
		return;
	}
	buffer_append(&echo->piece, piece->bytes, piece->len);
	if (!piece->is_final && echo->piece.len < PIECE_BYTES)
		return;
	echo_send_piece(echo, piece->is_binary, piece->is_final);
	if (piece->is_final) {
		echo->message_len = 0;
		buffer_clear(&echo->piece);
	}
	if (!echo->is_paused && echo->queue.bytes >= QUEUE_BYTES) {
		echo->is_paused = true;
		websocket_watch_input(socket, false);
	}
	websocket_wake(socket);
}

static void
echo_on_written(struct websocket *socket)
{
	struct echo *echo = socket->state;

	if (!echo->is_paused || echo->queue.bytes >= QUEUE_BYTES / 2)
		return;
	echo->is_paused = false;
	websocket_watch_input(socket, true);
}

static void
echo_on_dead(const struct websocket *socket, int64_t silent_ms)
{
	log_info("dead_peer", log_str("peer", socket->conn->peer),
		log_int("silent_ms", silent_ms));
}

static void
echo_on_closed(struct websocket *socket)
{
	struct echo *echo = socket->state;

	log_info("echo_close", log_uint("code", socket->close_code),
		CONN_END_FIELDS(socket->conn));
	frame_queue_clear(&echo->queue);
	buffer_clear(&echo->piece);
	free(echo);
}

const struct websocket_service echo_service = {
	.name = "echo",
	.on_open = echo_on_open,
	.on_receive = echo_on_receive,
	.on_written = echo_on_written,
	.on_dead = echo_on_dead,
	.on_stop = websocket_close,
	.on_closed = echo_on_closed,
};
