#include "linnet/websocket/websocket.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/http/http.h"
#include "linnet/net/loop.h"
#include "websocket/ws_writer.h"

/* libwebsockets answers a handshake at once. A connection that is not open by then is
 * closed. */
#define OPEN_MS 10000

/* Each connection keeps a receive buffer of this size. Services put long messages
 * together. */
#define RX_BYTES 512

/* libwebsockets looks up its vhost by the Host header of the handshake. */
#define VHOST_NAME "websocket"

struct websocket_host {
	struct lws_vhost *vhost;
	struct websocket *opening; /* while lws adopts it */
	struct ws_drain drain;
};

void
websocket_host_set_heartbeat(struct websocket_host *host, int ping_s, int pong_s)
{
	host->drain.ping_ms = (int64_t)ping_s * 1000;
	host->drain.pong_ms = (int64_t)pong_s * 1000;
}

void
websocket_host_write(struct websocket_host *host)
{
	ws_drain_run(&host->drain);
}

bool
websocket_host_take_pressure(struct websocket_host *host)
{
	bool is_pressed = host->drain.is_pressed;

	host->drain.is_pressed = false;
	return is_pressed;
}

static void
websocket_on_tick(struct conn *conn, int64_t now_ms)
{
	struct websocket *socket = conn->state;

	if (socket->is_open)
		ws_writer_tick(socket, now_ms);
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
	if (socket->is_open) {
		socket->service->on_closed(socket);
		ws_writer_fini(socket);
	}
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
	ws_writer_heard(socket);
	conn_become(socket->conn, metrics_transport(socket->service->name));
	socket->service->on_open(socket, socket->request);
	socket->request = NULL;
}

static int
websocket_write(struct websocket *socket)
{
	if (ws_writer_writable(socket) < 0)
		return -1;
	socket->service->on_written(socket);
	return 0;
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
		socket->conn->received_bytes += len;
		ws_writer_heard(socket);
		if (!socket->close_code)
			socket->service->on_receive(socket, in, len);
		return 0;
	case LWS_CALLBACK_RECEIVE_PONG:
		ws_writer_heard(socket);
		return 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		/* Returning 0 would make lws answer any payload and drop the queue. */
		socket->is_left = true;
		if (socket->is_open)
			ws_writer_answer_close(socket, in, len);
		return -1;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return socket->is_open ? websocket_write(socket) : 0;
	case LWS_CALLBACK_CLOSED:
		/* lws closed the connection because the peer broke the protocol. */
		if (!socket->is_left && lws_get_close_length(socket->wsi) > 0)
			conn_note_ending(socket->conn, ENDING_PROTOCOL);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		if (host->opening == socket)
			host->opening = NULL;
		conn_free(socket->conn);
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
		.tx_packet_size = WS_WRITE_BYTES,
	},
	{
		.name = "chat",
		.callback = websocket_on_lws,
		.rx_buffer_size = RX_BYTES,
		.tx_packet_size = WS_WRITE_BYTES,
	},
	{ 0 },
};

struct websocket_host *
websocket_host_new(struct loop *loop)
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

	ws_drain_init(&host->drain);
	host->vhost = lws_create_vhost(loop_lws(loop), &info);
	if (host->vhost)
		return host;
	log_error("libwebsockets_failed", log_str("hint", "the WebSocket host"));
	websocket_host_free(host);
	return NULL;
}

/* The handshake that lws gets: only what it needs, so that it can misread nothing. The
 * bytes that came after the client's handshake follow. */
static struct buffer
websocket_write_handshake(
	const char *key, bool speaks_chat, const char *rest, size_t rest_len)
{
	static const char start[] = "GET / HTTP/1.1\r\n"
				    "Host: " VHOST_NAME "\r\n"
				    "Connection: Upgrade\r\n"
				    "Upgrade: websocket\r\n"
				    "Sec-WebSocket-Version: 13\r\n"
				    "Sec-WebSocket-Key: ";
	static const char chat[] = "\r\nSec-WebSocket-Protocol: chat";
	struct buffer bytes = { 0 };

	buffer_append(&bytes, start, sizeof(start) - 1);
	buffer_append(&bytes, key, strlen(key));
	if (speaks_chat)
		buffer_append(&bytes, chat, sizeof(chat) - 1);
	buffer_append(&bytes, "\r\n\r\n", 4);
	buffer_append(&bytes, rest, rest_len);
	return bytes;
}

void
websocket_open(struct websocket_host *host, const struct websocket_service *service,
	struct http_request *request, const char *key, bool speaks_chat, int fd,
	const char *rest, size_t rest_len)
{
	struct buffer bytes = websocket_write_handshake(key, speaks_chat, rest, rest_len);
	struct websocket *socket = xcalloc(1, sizeof(*socket));
	struct conn *conn = request->conn;
	struct lws *wsi;

	socket->service = service;
	socket->conn = conn;
	socket->request = request;
	socket->drain = &host->drain;
	conn->door = &conn_door;
	conn->state = socket;
	conn->deadline_ms = clock_now_ms() + OPEN_MS;
	host->opening = socket;
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

bool
websocket_is_first(const struct websocket *socket)
{
	return lws_is_first_fragment(socket->wsi);
}

bool
websocket_is_final(const struct websocket *socket)
{
	return lws_is_final_fragment(socket->wsi);
}

bool
websocket_is_binary(const struct websocket *socket)
{
	return lws_frame_is_binary(socket->wsi);
}

size_t
websocket_remaining(const struct websocket *socket)
{
	return lws_remaining_packet_payload(socket->wsi);
}

void
websocket_watch_input(struct websocket *socket, bool on)
{
	lws_rx_flow_control(socket->wsi, on);
	/* Input that was held back meanwhile is looked for only after an event of the
	 * loop: let there be one. */
	if (on)
		lws_callback_on_writable(socket->wsi);
}

bool
websocket_is_text(struct websocket *socket, const void *bytes, size_t len)
{
	if (websocket_is_binary(socket))
		return true;
	if (websocket_is_first(socket))
		socket->text = (struct utf8_check){ 0 };
	return utf8_check_piece(&socket->text, bytes, len) &&
	       (!websocket_is_final(socket) || utf8_check_end(&socket->text));
}

void
websocket_host_free(struct websocket_host *host)
{
	if (!host)
		return;
	ws_drain_fini(&host->drain);
	free(host);
}
