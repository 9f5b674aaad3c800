/* Streams of server-sent events (HTML Living Standard, section 9.2). A stream is a
 * session that only reads. */
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/clock.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

/* These lines belong to the block of the next event: some client libraries take a block
 * without data for an empty event. */

/* A comment, so that proxies do not close a quiet stream. */
#define HEARTBEAT ": ping\n"

/* How many ms a browser waits before it reconnects. */
#define RETRY "retry: 1000\n"

struct stream {
	struct session session;
	struct deferred deferred; /* ends the session */
	struct api *api;
	struct http_request *request;
	struct conn *conn;    /* of the request, which is freed earlier */
	int64_t heartbeat_ms; /* monotonic time of the next heartbeat */
};

static struct stream *
sse_from_session(struct session *session)
{
	return container_of(session, struct stream, session);
}

static void
sse_on_wake(struct session *session)
{
	http_stream_wake(sse_from_session(session)->request);
}

static void
sse_on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct stream *stream = sse_from_session(session);

	(void)code;
	(void)reason;
	conn_note_ending(stream->conn, session->ending);
	chat_on_closing(stream->api->chat, session);
	deferred_ask(stream->api->deferred, &stream->deferred);
}

static const struct session_ops session_ops = { .wake = sse_on_wake,
	.drop = sse_on_drop };

static void
sse_free_stream(void *state)
{
	struct stream *stream = state;

	log_info("session_close", log_uint("session", stream->session.number),
		log_str("door", "sse"), log_uint("code", stream->session.closed),
		CONN_END_FIELDS(stream->conn), SESSION_WHO_FIELDS(&stream->session));
	deferred_cancel(stream->api->deferred, &stream->deferred);
	chat_close(stream->api->chat, &stream->session);
	session_fini(&stream->session);
	free(stream);
}

static void
sse_on_deferred(struct deferred *deferred)
{
	struct stream *stream = container_of(deferred, struct stream, deferred);

	http_stream_end(stream->request);
	sse_free_stream(stream);
}

static void
sse_on_stop(void *state, uint16_t code, const char *reason)
{
	struct stream *stream = state;

	session_close(&stream->session, code, reason);
}

/* Bypasses the limit of the queue, so that a heartbeat cannot close the session. */
static void
sse_put(struct stream *stream, const char *text)
{
	size_t len = strlen(text);
	struct frame *frame = stream->session.wire == WIRE_SSE_CHUNKED
				      ? frame_new_chunk(text, len)
				      : frame_new(text, len);

	frame_queue_push(&stream->session.queue, frame);
	frame_unref(frame);
	http_stream_wake(stream->request);
}

static void
sse_on_tick(void *state, int64_t now_ms)
{
	struct stream *stream = state;

	if (now_ms < stream->heartbeat_ms)
		return;
	stream->heartbeat_ms =
		now_ms + stream->api->access.config->heartbeat.ping_s * 1000;
	if (!stream->session.queue.count && !stream->session.closed)
		sse_put(stream, HEARTBEAT);
}

static void
sse_on_drained(void *state)
{
	struct stream *stream = state;

	chat_on_drained(stream->api->chat, &stream->session);
}

static const struct http_waiter waiter = {
	.on_gone = sse_free_stream,
	.on_stop = sse_on_stop,
	.on_tick = sse_on_tick,
	.on_drained = sse_on_drained,
};

static void
sse_begin(struct http_request *request, const struct chat_wishes *wishes,
	const struct permissions *permissions)
{
	struct api *api = request->context;
	struct stream *stream = xcalloc(1, sizeof(*stream));

	stream->api = api;
	stream->request = request;
	stream->conn = request->conn;
	stream->deferred.call = sse_on_deferred;
	stream->heartbeat_ms =
		clock_now_ms() + api->access.config->heartbeat.ping_s * 1000;
	session_init(&stream->session, &session_ops,
		http_stream_is_chunked(request) ? WIRE_SSE_CHUNKED : WIRE_SSE,
		chat_next_number(api->chat),
		(size_t)api->access.config->limits.queue_bytes);
	session_admit(
		&stream->session, permissions, request->conn->peer, clock_unix_ms());
	session_set_client(&stream->session, access_client(&api->access, request));
	http_stream(request,
		"Content-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n",
		&stream->session.queue, &waiter, stream);
	sse_put(stream, RETRY);
	chat_open(api->chat, &stream->session, wishes);
	log_info("session_open", log_uint("session", stream->session.number),
		log_str("peer", stream->session.peer), log_str("door", "sse"),
		SESSION_WHO_FIELDS(&stream->session));
}

void
api_events(struct http_request *request)
{
	const struct permissions *permissions = api_permissions(request);
	struct api_wishes *asked = permissions ? api_wishes_new(request) : NULL;

	if (asked && api_may_enter(request, permissions, asked->wishes.room) &&
		api_may_connect(request)) {
		asked->wishes.wants_joined = true;
		sse_begin(request, &asked->wishes, permissions);
	}
	permissions_unref(permissions);
	free(asked);
}
