#include "linnet/ws_peer.h"

#include <assert.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/log.h"
#include "linnet/xalloc.h"

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "lws writes before a frame's bytes");

/* How long a peer that is told to go may take to read what is on its way. Long, because
 * it costs next to nothing and a slow reader shall learn why it was cut. */
#define CLOSE_LINGER_MS 30000

/* How long a peer that was sent the close frame may take to answer it. */
#define CLOSE_ANSWER_MS 5000

/* Pauses that one peer may ask for until its queue is empty again. */
#define MAX_PAUSES 20

/* An ASCII payload: lws checks the echo of it as UTF-8 (it checks pongs like text). */
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

/* One that reads is given time for what was said in a burst; one that does not costs
 * everybody else no more than MAX_PAUSES of them. */
static void
note_pressure(struct ws_peer *peer)
{
	if (peer->queue->bytes <= peer->pressing_bytes || peer->pauses == MAX_PAUSES)
		return;
	peer->pauses++;
	peer->drain->is_pressed = true;
}

void
ws_drain_run(struct ws_drain *drain)
{
	struct ws_peer *peer;

	while ((peer = TAILQ_FIRST(&drain->dirty))) {
		struct lws *wsi = peer->socket->wsi;
		struct lws_pollfd pollfd = {
			.fd = lws_get_socket_fd(wsi),
			.events = POLLOUT,
			.revents = POLLOUT,
		};

		TAILQ_REMOVE(&drain->dirty, peer, dirty_link);
		peer->is_dirty = false;
		if (lws_partial_buffered(wsi)) {
			note_pressure(peer);
			lws_callback_on_writable(wsi);
		} else {
			lws_service_fd(lws_get_context(wsi), &pollfd);
		}
	}
}

void
ws_peer_init(struct ws_peer *peer, struct websocket *socket, struct ws_drain *drain,
	struct frame_queue *queue, size_t pressing_bytes)
{
	memset(peer, 0, sizeof(*peer));
	peer->socket = socket;
	peer->drain = drain;
	peer->queue = queue;
	peer->pressing_bytes = pressing_bytes;
	peer->heard_ms = conn_now_ms();
}

void
ws_peer_wake(struct ws_peer *peer)
{
	if (peer->is_dirty)
		return;
	peer->is_dirty = true;
	TAILQ_INSERT_TAIL(&peer->drain->dirty, peer, dirty_link);
}

void
ws_peer_close(struct ws_peer *peer, uint16_t code, const char *reason)
{
	if (peer->close_code)
		return;
	peer->close_code = code;
	peer->close_reason = reason;
	peer->socket->conn->deadline_ms = conn_now_ms() + CLOSE_LINGER_MS;
	ws_peer_wake(peer);
}

void
ws_peer_heard(struct ws_peer *peer)
{
	peer->heard_ms = conn_now_ms();
	peer->is_pinged = false;
}

void
ws_peer_tick(struct ws_peer *peer, int64_t now_ms)
{
	if (peer->close_code)
		return;
	if (!peer->is_pinged && now_ms - peer->heard_ms >= peer->drain->ping_ms) {
		peer->is_pinged = true;
		peer->pinged_ms = now_ms;
		frame_queue_push(peer->queue, peer->drain->ping);
		ws_peer_wake(peer);
	} else if (peer->is_pinged && now_ms - peer->pinged_ms >= peer->drain->pong_ms) {
		log_info("dead_peer", log_str("peer", peer->socket->conn->peer),
			log_int("silent_ms", now_ms - peer->heard_ms));
		conn_kill(peer->socket->conn);
	}
}

/* lws passes the bytes of LWS_WRITE_HTTP on as they are; ours are framed already. */
static int
write_raw(struct ws_peer *peer, uint8_t *bytes, size_t len)
{
	return lws_write(peer->socket->wsi, bytes, len, LWS_WRITE_HTTP) < 0 ? -1 : 0;
}

/* Frames go whole into one write, because lws may put a pong of its own between two. */
static int
write_some(struct ws_peer *peer)
{
	struct frame_queue *queue = peer->queue;
	uint8_t *scratch = peer->drain->scratch + LWS_PRE;
	struct frame *frame;
	int r;

	if (queue->count > 1) {
		size_t len = frame_queue_gather(queue, scratch, WEBSOCKET_WRITE_BYTES);

		if (len)
			return write_raw(peer, scratch, len);
	}
	frame = frame_queue_peek(queue);
	r = write_raw(peer, frame_bytes(frame), frame->len);
	frame_queue_pop(queue);
	return r;
}

static int
say_goodbye(struct ws_peer *peer)
{
	lws_close_reason(peer->socket->wsi, peer->close_code,
		(unsigned char *)(uintptr_t)peer->close_reason,
		strlen(peer->close_reason));
	peer->socket->conn->deadline_ms = conn_now_ms() + CLOSE_ANSWER_MS;
	peer->is_closed = true;
	return -1;
}

int
ws_peer_writable(struct ws_peer *peer)
{
	struct lws *wsi = peer->socket->wsi;

	/* lws may call once more behind the close frame: to say -1 again would cut the
	 * peer off before it has read that. */
	if (peer->is_closed || lws_partial_buffered(wsi))
		return 0;
	if (peer->is_blocked) {
		peer->is_blocked = false;
		/* The peer's TCP took what was waiting: it is alive, if slow. */
		ws_peer_heard(peer);
	}
	if (peer->queue->count) {
		if (write_some(peer) < 0)
			return -1;
		peer->is_blocked = lws_partial_buffered(wsi);
		if (!peer->queue->count)
			peer->pauses = 0;
		if (peer->queue->count || peer->close_code)
			ws_peer_wake(peer);
		return 0;
	}
	return peer->close_code ? say_goodbye(peer) : 0;
}

void
ws_peer_fini(struct ws_peer *peer)
{
	if (peer->is_dirty)
		TAILQ_REMOVE(&peer->drain->dirty, peer, dirty_link);
}
