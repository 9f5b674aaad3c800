#include "linnet/doors/ws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/buffer.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/http/http.h"
#include "linnet/protocol/shown_line.h"

/* Longer values in the query are rejected. */
#define QUERY_BYTES 300

/* A chat session on a WebSocket. */
struct ws_session {
	struct session session;
	struct websocket *socket;
	struct ws_door *door;
	struct buffer partial; /* the pieces of a message that is not whole yet */
	bool is_paused;        /* too much of what it has sent waits */
	struct buffer held;    /* the lines of its last message that wait here for that */
};

static struct ws_session *
ws_from_session(struct session *session)
{
	return container_of(session, struct ws_session, session);
}

static void
ws_on_wake(struct session *session)
{
	websocket_wake(ws_from_session(session)->socket);
}

/* Read again. */
static void
ws_end_pause(struct ws_session *ws)
{
	if (!ws->is_paused)
		return;
	ws->is_paused = false;
	websocket_watch_input(ws->socket, true);
}

static void
ws_on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct ws_session *ws = ws_from_session(session);

	/* The peer's answer to the close frame is behind what was not read. */
	ws_end_pause(ws);
	conn_note_ending(ws->socket->conn, session->ending);
	websocket_close(ws->socket, code, reason);
	chat_on_closing(ws->door->chat, session);
}

static const struct session_ops ops = { .wake = ws_on_wake, .drop = ws_on_drop };

/* The decoded arguments of the query; "" if missing. */
struct query {
	char room[QUERY_BYTES];
	char name[QUERY_BYTES];
	char session[QUERY_BYTES];
	char since[QUERY_BYTES];
	char events[QUERY_BYTES];
	char format[QUERY_BYTES];
};

/* Returns false if a value is too long. */
static bool
ws_read_query(const struct http_head *head, struct query *query)
{
	return http_head_query(head, "room", query->room, QUERY_BYTES) != -E2BIG &&
	       http_head_query(head, "name", query->name, QUERY_BYTES) != -E2BIG &&
	       http_head_query(head, "session", query->session, QUERY_BYTES) != -E2BIG &&
	       http_head_query(head, "since", query->since, QUERY_BYTES) != -E2BIG &&
	       http_head_query(head, "events", query->events, QUERY_BYTES) != -E2BIG &&
	       http_head_query(head, "format", query->format, QUERY_BYTES) != -E2BIG;
}

static const char *
ws_text_or_null(const char *text)
{
	return *text ? text : NULL;
}

/* Check what needs nothing first, then charge for the session. */
static int
ws_on_check(const struct websocket_service *service, const struct http_request *request,
	struct message_fault *fault)
{
	const struct ws_door *door = container_of(service, struct ws_door, service);
	const struct permissions *permissions;
	struct access_refusal refusal;
	const char *code, *text;
	struct query query;

	if (!ws_read_query(request->head, &query))
		return message_refuse(
			fault, "bad_query", "a value in the query is too long");
	if (*query.format && strcmp(query.format, "json") != 0 &&
		strcmp(query.format, "line") != 0)
		return message_refuse(
			fault, "bad_format", "the formats are json and line");
	permissions = access_permissions(&door->access, request, &refusal);
	if (!permissions) {
		access_note_refused_request(&door->access, request, &refusal);
		*fault = refusal.fault;
		return -EINVAL;
	}
	code = chat_entry_fault(
		door->chat, permissions, ws_text_or_null(query.room), &text);
	permissions_unref(permissions);
	if (code && !strcmp(code, "denied"))
		http_warn_not_local(request);
	if (code)
		return message_refuse(fault, code, "%s", text);
	return access_connect(
		&door->access, access_client(&door->access, request), fault);
}

static int
ws_on_check_echo(const struct websocket_service *service,
	const struct http_request *request, struct message_fault *fault)
{
	const struct access *access =
		&container_of(service, struct ws_door, echo)->access;

	return access_connect(access, access_client(access, request), fault);
}

/* The token may have expired since the check; then the session may do nothing. */
static void
ws_admit(struct ws_session *ws, const struct http_request *request)
{
	static const struct permissions nothing;
	const struct access *access = &ws->door->access;
	struct access_refusal refusal;
	const struct permissions *permissions =
		access_permissions(access, request, &refusal);

	session_admit(&ws->session, permissions ? permissions : &nothing,
		ws->socket->conn->peer, clock_unix_ms());
	session_set_client(&ws->session, access_client(access, request));
	permissions_unref(permissions);
}

static enum wire
ws_form(const struct ws_door *door, bool is_line, bool wants_events)
{
	if (is_line)
		return WIRE_WS_LINE;
	return door->access.config->chat.share_email && !wants_events ? WIRE_WS_OLD
								      : WIRE_WS;
}

static void
ws_on_open(struct websocket *socket, const struct http_request *request)
{
	struct ws_door *door = container_of(socket->service, struct ws_door, service);
	struct ws_session *ws = xcalloc(1, sizeof(*ws));
	struct query query;
	bool is_line, wants_events;

	ws_read_query(request->head, &query);
	is_line = !strcmp(query.format, "line");
	wants_events = is_line || !strcmp(query.events, "1");
	socket->state = ws;
	ws->door = door;
	ws->socket = socket;
	session_init(&ws->session, &ops, ws_form(door, is_line, wants_events),
		chat_next_number(door->chat),
		(size_t)door->access.config->limits.queue_bytes);
	socket->queue = &ws->session.queue;
	socket->pressing_bytes = ws->session.queue_max_bytes / 2;
	ws_admit(ws, request);
	chat_open(door->chat, &ws->session,
		&(struct chat_wishes){
			.room = ws_text_or_null(query.room),
			.name = ws_text_or_null(query.name),
			.token = ws_text_or_null(query.session),
			.since = ws_text_or_null(query.since),
			.wants_events = wants_events,
		});
	log_info("session_open", log_uint("session", ws->session.number),
		log_str("peer", socket->conn->peer),
		log_str("door", socket->service->name), SESSION_WHO_FIELDS(&ws->session));
}

/* Close the session if the message is not text or too long, before it takes memory. */
static bool
ws_is_acceptable(struct ws_session *ws, const struct websocket_piece *piece)
{
	size_t max = (size_t)ws->door->access.config->limits.message_bytes;
	size_t announced = ws->partial.len + piece->len + piece->remaining;

	if (piece->is_binary) {
		session_close(&ws->session, CLOSE_UNSUPPORTED, "text messages only");
		return false;
	}
	if (announced > max) {
		log_info("message_too_big", log_uint("session", ws->session.number),
			log_uint("bytes", announced), log_uint("max", max),
			log_str("peer", ws->session.peer),
			SESSION_WHO_FIELDS(&ws->session));
		session_close(&ws->session, CLOSE_TOO_BIG, "message too big");
		return false;
	}
	if (!piece->is_valid)
		session_close(&ws->session, CLOSE_BAD_UTF8, "bad UTF-8");
	return piece->is_valid;
}

/* One message may contain several lines. Those that are too many now are held. */
static void
ws_handle_lines(struct ws_session *ws, const char *bytes, size_t len)
{
	struct shown_line line = { .state = 0 };
	size_t i;

	for (i = 0; i < len && !chat_is_full(&ws->session); i++) {
		if (bytes[i] != '\n')
			shown_line_add(&line, bytes[i], len);
		if (bytes[i] != '\n' && i + 1 < len)
			continue;
		shown_line_end(&line);
		chat_handle_line(ws->door->chat, &ws->session,
			line.text.len ? line.text.bytes : "", line.text.len, false,
			clock_unix_ms());
		line.text.len = 0;
	}
	shown_line_clear(&line);
	if (i < len)
		buffer_append(&ws->held, bytes + i, len - i);
}

/* Handle a whole message. */
static void
ws_handle(struct ws_session *ws, const char *bytes, size_t len)
{
	if (ws->session.wire == WIRE_WS_LINE)
		ws_handle_lines(ws, bytes, len);
	else
		chat_handle(ws->door->chat, &ws->session, len ? bytes : "", len,
			clock_unix_ms());
	if (!ws->is_paused && chat_is_full(&ws->session)) {
		ws->is_paused = true;
		websocket_watch_input(ws->socket, false);
	}
}

static void
ws_on_receive(struct websocket *socket, const struct websocket_piece *piece)
{
	struct ws_session *ws = socket->state;

	if (socket->conn->table->is_stopping)
		return;
	if (!ws_is_acceptable(ws, piece)) {
		buffer_clear(&ws->partial);
		return;
	}
	if (piece->is_first && piece->is_final) {
		ws_handle(ws, piece->bytes, piece->len);
		return;
	}
	buffer_append(&ws->partial, piece->bytes, piece->len);
	if (piece->is_final) {
		ws_handle(ws, ws->partial.bytes, ws->partial.len);
		buffer_clear(&ws->partial);
	}
}

/* Handle what was held, and read again if that is not too much. */
static void
ws_go_on(struct ws_session *ws)
{
	struct buffer held = ws->held;

	ws->held = (struct buffer){ 0 };
	ws_handle_lines(ws, held.bytes, held.len);
	buffer_clear(&held);
	if (!chat_is_full(&ws->session))
		ws_end_pause(ws);
}

static void
ws_on_written(struct websocket *socket)
{
	struct ws_session *ws = socket->state;

	if (ws->is_paused && !chat_is_full(&ws->session))
		ws_go_on(ws);
	if (!ws->session.queue.count && !socket->is_blocked)
		chat_on_drained(ws->door->chat, &ws->session);
}

static bool
ws_is_answering(const struct websocket *socket)
{
	const struct ws_session *ws = socket->state;

	return chat_request_count(&ws->session) > 0;
}

static void
ws_on_dead(const struct websocket *socket, int64_t silent_ms)
{
	const struct ws_session *ws = socket->state;

	log_info("dead_peer", log_str("peer", socket->conn->peer),
		log_int("silent_ms", silent_ms), log_uint("session", ws->session.number),
		SESSION_WHO_FIELDS(&ws->session));
}

static void
ws_on_stop(struct websocket *socket, uint16_t code, const char *reason)
{
	struct ws_session *ws = socket->state;

	session_close(&ws->session, code, reason);
}

static void
ws_on_closed(struct websocket *socket)
{
	struct ws_session *ws = socket->state;

	log_info("session_close", log_uint("session", ws->session.number),
		log_str("door", "ws"), log_uint("code", ws->session.closed),
		CONN_END_FIELDS(socket->conn), SESSION_WHO_FIELDS(&ws->session));
	chat_close(ws->door->chat, &ws->session);
	session_fini(&ws->session);
	buffer_clear(&ws->partial);
	buffer_clear(&ws->held);
	free(ws);
}

void
ws_door_init(struct ws_door *door, const struct access *access, struct chat *chat)
{
	*door = (struct ws_door){
		.service = {
			.name = "ws",
			.on_check = ws_on_check,
			.on_open = ws_on_open,
			.on_receive = ws_on_receive,
			.on_written = ws_on_written,
			.is_answering = ws_is_answering,
			.on_dead = ws_on_dead,
			.on_stop = ws_on_stop,
			.on_closed = ws_on_closed,
		},
		.echo = echo_service,
		.access = *access,
		.chat = chat,
	};
	door->echo.on_check = ws_on_check_echo;
}
