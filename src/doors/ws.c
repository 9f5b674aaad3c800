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

/* A longer value in the query is no good for anything. */
#define QUERY_BYTES 300

/* A chat session on a WebSocket. */
struct ws_session {
	struct session session;
	struct ws_writer writer;
	struct ws_door *door;
	/* The message under way, while it is in pieces. */
	struct buffer partial;
};

static struct ws_session *
from_session(struct session *session)
{
	return container_of(session, struct ws_session, session);
}

static void
on_wake(struct session *session)
{
	ws_writer_wake(&from_session(session)->writer);
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct ws_session *ws = from_session(session);

	conn_note_ending(ws->writer.socket->conn, session_ending(session));
	ws_writer_close(&ws->writer, code, reason);
	chat_on_closing(ws->door->chat, session);
}

static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };

/* What a connection asks for in its query, decoded; empty where it does not. */
struct query {
	char room[QUERY_BYTES];
	char name[QUERY_BYTES];
	char since[QUERY_BYTES];
	char events[QUERY_BYTES];
	char format[QUERY_BYTES];
};

/* Returns false if the value is longer than anything good. */
static bool
take(const struct http_head *head, const char *name, char *out)
{
	return http_head_query(head, name, out, QUERY_BYTES) != -E2BIG;
}

static bool
read_query(const struct http_head *head, struct query *query)
{
	memset(query, 0, sizeof(*query));
	return take(head, "room", query->room) && take(head, "name", query->name) &&
	       take(head, "since", query->since) && take(head, "events", query->events) &&
	       take(head, "format", query->format);
}

static const char *
or_null(const char *text)
{
	return *text ? text : NULL;
}

/* What the client may do, for permissions_unref; NULL with *refusal filled in: nothing.
 */
static const struct permissions *
permissions_of(const struct ws_door *door, const struct http_request *request,
	struct access_refusal *refusal)
{
	struct access_caller caller = access_caller_of(&door->access, request);

	return access_permissions(&door->access, request, &caller, refusal);
}

static int
status_of(const char *code)
{
	if (!strcmp(code, "denied") || !strcmp(code, "banned"))
		return 403;
	if (!strcmp(code, "no_such_room"))
		return 404;
	if (!strcmp(code, "name_taken"))
		return 409;
	return !strcmp(code, "too_many_rooms") ? 503 : 400;
}

/* As on_check, of who may come to room. */
static const char *
check_entry(const struct ws_door *door, const struct http_request *request,
	const char *room, int *status, const char **text)
{
	struct access_refusal refusal;
	const struct permissions *permissions = permissions_of(door, request, &refusal);
	const char *code;

	if (!permissions) {
		access_log_refused(request->conn->peer, refusal.why);
		*status = 401;
		*text = refusal.text;
		return refusal.code;
	}
	code = chat_entry_fault(door->chat, permissions, room, text);
	permissions_unref(permissions);
	if (code)
		*status = status_of(code);
	return code;
}

static const char *
on_check(struct websocket_service *service, const struct http_request *request,
	int *status, const char **text)
{
	struct ws_door *ws_door = (struct ws_door *)service;
	struct query query;

	*status = 400;
	*text = "a value in the query is too long";
	if (!read_query(request->head, &query))
		return "bad_query";
	*text = "the formats are json and line";
	if (*query.format && strcmp(query.format, "json") != 0 &&
		strcmp(query.format, "line") != 0)
		return "bad_format";
	return check_entry(ws_door, request, or_null(query.room), status, text);
}

/* A token that was good when it was checked may just have expired: what it is for then
 * is nothing. */
static void
admit(struct ws_session *ws, const struct http_request *request)
{
	static const struct permissions nothing;
	struct access_refusal refusal;
	const struct permissions *permissions =
		permissions_of(ws->door, request, &refusal);

	session_admit(&ws->session, permissions ? permissions : &nothing,
		ws->writer.socket->conn->peer, clock_unix_ms());
	permissions_unref(permissions);
}

static void
on_open(struct websocket *socket, const struct http_request *request)
{
	struct ws_door *ws_door = (struct ws_door *)socket->service;
	struct ws_session *ws = xcalloc(1, sizeof(*ws));
	struct chat_wishes wishes = { .room = NULL };
	struct query query;

	read_query(request->head, &query);
	wishes.room = or_null(query.room);
	wishes.name = or_null(query.name);
	wishes.since = or_null(query.since);
	wishes.wants_events = !strcmp(query.events, "1");
	socket->state = ws;
	ws->door = ws_door;
	session_init(&ws->session, &ops, socket->service->name,
		chat_next_number(ws_door->chat),
		(size_t)ws_door->config->limits.queue_bytes);
	if (!strcmp(query.format, "line")) {
		ws->session.wire = WIRE_WS_LINE;
		wishes.wants_events = true;
	}
	ws_writer_init(&ws->writer, socket, ws_door->drain, &ws->session.queue,
		ws->session.queue_max_bytes / 2);
	admit(ws, request);
	log_info("session_open", log_uint("session", ws->session.number),
		log_str("peer", socket->conn->peer),
		log_str("door", socket->service->name));
	chat_open(ws_door->chat, &ws->session, &wishes);
}

/* Refuse what is not a text message within the limit, before anything is kept of it. */
static bool
is_acceptable(struct ws_session *ws, const void *bytes, size_t len)
{
	const struct websocket *socket = ws->writer.socket;
	size_t max = (size_t)ws->door->config->limits.message_bytes;
	size_t announced = ws->partial.len + len + websocket_remaining(socket);

	if (websocket_is_first(socket) && websocket_is_binary(socket)) {
		session_close(&ws->session, CLOSE_UNSUPPORTED, "text messages only");
		return false;
	}
	if (announced > max) {
		log_info("message_too_big", log_uint("session", ws->session.number),
			log_uint("bytes", announced), log_uint("max", max));
		session_close(&ws->session, CLOSE_TOO_BIG, "message too big");
		return false;
	}
	if (!websocket_is_text(ws->writer.socket, bytes, len)) {
		session_close(&ws->session, CLOSE_BAD_UTF8, "bad UTF-8");
		return false;
	}
	return true;
}

/* A message may have several lines. */
static void
handle_lines(struct ws_session *ws, const char *bytes, size_t len)
{
	const char *end = bytes + len, *eol;

	for (; bytes < end; bytes = eol + 1) {
		eol = memchr(bytes, '\n', (size_t)(end - bytes));
		if (!eol)
			eol = end;
		chat_handle_line(ws->door->chat, &ws->session, bytes,
			(size_t)(eol - bytes), false, clock_unix_ms());
	}
}

/* A whole message has come. */
static void
handle(struct ws_session *ws, const char *bytes, size_t len)
{
	if (ws->session.wire == WIRE_WS_LINE)
		handle_lines(ws, bytes, len);
	else
		chat_handle(ws->door->chat, &ws->session, len ? bytes : "", len,
			clock_unix_ms());
}

static void
on_receive(struct websocket *socket, const void *bytes, size_t len)
{
	struct ws_session *ws = socket->state;
	bool whole = websocket_is_first(socket) && websocket_is_final(socket);

	ws_writer_heard(&ws->writer);
	if (ws->session.closing || socket->conn->table->is_stopping)
		return;
	if (!is_acceptable(ws, bytes, len)) {
		buffer_clear(&ws->partial);
		return;
	}
	if (whole) {
		handle(ws, bytes, len);
		return;
	}
	buffer_append(&ws->partial, bytes, len);
	if (websocket_is_final(socket)) {
		handle(ws, ws->partial.bytes, ws->partial.len);
		buffer_clear(&ws->partial);
	}
}

static void
on_heard(struct websocket *socket)
{
	struct ws_session *ws = socket->state;

	ws_writer_heard(&ws->writer);
}

static void
on_peer_close(struct websocket *socket, const void *payload, size_t len)
{
	struct ws_session *ws = socket->state;

	ws_writer_answer_close(&ws->writer, payload, len);
}

static int
on_writable(struct websocket *socket)
{
	struct ws_session *ws = socket->state;
	int r = ws_writer_writable(&ws->writer);

	if (r == 0 && !ws->session.queue.count && !ws->writer.is_blocked)
		chat_on_drained(ws->door->chat, &ws->session);
	return r;
}

static void
on_tick(struct websocket *socket, int64_t now_ms)
{
	struct ws_session *ws = socket->state;

	ws_writer_tick(&ws->writer, now_ms);
}

static void
on_stop(struct websocket *socket, uint16_t code, const char *reason)
{
	struct ws_session *ws = socket->state;

	session_close(&ws->session, code, reason);
}

static void
on_closed(struct websocket *socket)
{
	struct ws_session *ws = socket->state;

	log_info("session_close", log_uint("session", ws->session.number),
		log_str("door", "ws"), log_uint("code", ws->session.close_code),
		CONN_END_FIELDS(socket->conn));
	chat_close(ws->door->chat, &ws->session);
	ws_writer_fini(&ws->writer);
	session_fini(&ws->session);
	buffer_clear(&ws->partial);
	free(ws);
}

void
ws_door_init(struct ws_door *door, const struct access *access, struct chat *chat,
	struct ws_drain *drain)
{
	*door = (struct ws_door){
		.service = {
			.name = "ws",
			.on_check = on_check,
			.on_open = on_open,
			.on_receive = on_receive,
			.on_heard = on_heard,
			.on_peer_close = on_peer_close,
			.on_writable = on_writable,
			.on_tick = on_tick,
			.on_stop = on_stop,
			.on_closed = on_closed,
		},
		.config = access->config,
		.access = *access,
		.chat = chat,
		.drain = drain,
	};
}
