#include "linnet/ws.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/log.h"
#include "linnet/xalloc.h"

/* A chat session on a WebSocket. */
struct ws_session {
	struct session session;
	struct ws_peer peer;
	struct ws_door *door;
	/* The message under way, while it is in pieces. */
	char *partial;
	size_t partial_len;
	size_t partial_capacity;
};

static struct ws_session *
from_session(struct session *session)
{
	return (struct ws_session *)((char *)session -
				     offsetof(struct ws_session, session));
}

static void
on_wake(struct session *session)
{
	ws_peer_wake(&from_session(session)->peer);
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	ws_peer_close(&from_session(session)->peer, code, reason);
}

static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };

static void
on_open(struct door *door, struct conn *conn)
{
	struct ws_door *ws_door = (struct ws_door *)door;
	struct ws_session *ws = xcalloc(1, sizeof(*ws));

	conn->state = ws;
	ws->door = ws_door;
	session_init(&ws->session, &ops, chat_next_number(ws_door->chat),
		(size_t)ws_door->config->limits.queue_bytes);
	ws_peer_init(&ws->peer, conn, ws_door->drain, &ws->session.queue);
	chat_open(ws_door->chat, &ws->session);
	log_info("session_open", log_uint("session", ws->session.number),
		log_str("peer", conn->peer), log_str("door", "ws"));
}

static int64_t
unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
append_partial(struct ws_session *ws, const void *bytes, size_t len)
{
	size_t needed = ws->partial_len + len;

	if (needed > ws->partial_capacity) {
		ws->partial_capacity = needed > ws->partial_capacity * 2
					       ? needed
					       : ws->partial_capacity * 2;
		ws->partial = xrealloc(ws->partial, ws->partial_capacity);
	}
	if (len)
		memcpy(ws->partial + ws->partial_len, bytes, len);
	ws->partial_len = needed;
}

static void
forget_partial(struct ws_session *ws)
{
	free(ws->partial);
	ws->partial = NULL;
	ws->partial_len = ws->partial_capacity = 0;
}

/* Refuse what is not a text message within the limit, before anything is kept of it. */
static bool
is_acceptable(struct ws_session *ws, struct lws *wsi, size_t len)
{
	size_t max = (size_t)ws->door->config->limits.message_bytes;
	size_t announced = ws->partial_len + len + lws_remaining_packet_payload(wsi);

	if (lws_is_first_fragment(wsi) && lws_frame_is_binary(wsi)) {
		session_close(&ws->session, CLOSE_UNSUPPORTED, "text messages only");
		return false;
	}
	if (announced > max) {
		log_info("message_too_big", log_uint("session", ws->session.number),
			log_uint("bytes", announced), log_uint("max", max));
		session_close(&ws->session, CLOSE_TOO_BIG, "message too big");
		return false;
	}
	return true;
}

static void
on_receive(struct conn *conn, const void *bytes, size_t len)
{
	struct ws_session *ws = conn->state;
	struct lws *wsi = conn->wsi;
	bool whole = lws_is_first_fragment(wsi) && lws_is_final_fragment(wsi);

	ws_peer_heard(&ws->peer);
	if (ws->session.closing)
		return;
	if (!is_acceptable(ws, wsi, len)) {
		forget_partial(ws);
		return;
	}
	if (whole) {
		chat_handle(
			ws->door->chat, &ws->session, len ? bytes : "", len, unix_ms());
		return;
	}
	append_partial(ws, bytes, len);
	if (lws_is_final_fragment(wsi)) {
		chat_handle(ws->door->chat, &ws->session, ws->partial, ws->partial_len,
			unix_ms());
		forget_partial(ws);
	}
}

static void
on_heard(struct conn *conn)
{
	struct ws_session *ws = conn->state;

	ws_peer_heard(&ws->peer);
}

static int
on_writable(struct conn *conn)
{
	struct ws_session *ws = conn->state;

	return ws_peer_writable(&ws->peer);
}

static void
on_tick(struct conn *conn, int64_t now_ms)
{
	struct ws_session *ws = conn->state;

	ws_peer_tick(&ws->peer, now_ms);
}

static void
on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	struct ws_session *ws = conn->state;

	session_close(&ws->session, code, reason);
}

static void
on_closed(struct conn *conn)
{
	struct ws_session *ws = conn->state;

	log_info("session_close", log_uint("session", ws->session.number),
		log_str("peer", conn->peer), log_uint("code", ws->peer.close_code));
	chat_close(ws->door->chat, &ws->session);
	ws_peer_fini(&ws->peer);
	session_fini(&ws->session);
	forget_partial(ws);
	free(ws);
}

void
ws_door_init(struct ws_door *door, const struct config *config, struct chat *chat,
	struct ws_drain *drain)
{
	*door = (struct ws_door){
		.door = {
			.name = "ws",
			.on_open = on_open,
			.on_receive = on_receive,
			.on_heard = on_heard,
			.on_writable = on_writable,
			.on_tick = on_tick,
			.on_stop = on_stop,
			.on_closed = on_closed,
		},
		.config = config,
		.chat = chat,
		.drain = drain,
	};
}
