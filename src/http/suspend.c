#include <string.h>

#include "http/http_private.h"

/* Ends an answer that was sent in chunks, without trailers (RFC 9112 section 7.1). */
#define LAST_CHUNK "0\r\n\r\n"

/* Time for a handler that has called http_defer. */
#define DEFER_MS 60000

static void
suspend_wait_for(struct http_request *request, enum http_state state,
	const struct http_waiter *waiter, void *waiter_state)
{
	request->waiter = waiter;
	request->state = waiter_state;
	request->http->state = state;
	request->conn->deadline_ms = 0;
	loop_socket_watch_input(&request->http->socket, state != HTTP_DEFERRED);
}

void
http_defer(struct http_request *request, const struct http_waiter *waiter, void *state)
{
	suspend_wait_for(request, HTTP_DEFERRED, waiter, state);
	http_set_deadline(request->http, DEFER_MS);
}

void
http_park(struct http_request *request, const struct http_waiter *waiter, void *state)
{
	conn_begin_poll(request->conn);
	suspend_wait_for(request, HTTP_PARKED, waiter, state);
}

bool
http_stream_is_chunked(const struct http_request *request)
{
	return !request->head->is_http_1_0;
}

void
http_stream(struct http_request *request, const char *headers, struct frame_queue *queue,
	const struct http_waiter *waiter, void *state)
{
	struct http_response answer = { .status = 200, .headers = headers };
	bool is_chunked = http_stream_is_chunked(request);
	const char *end = is_chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
	struct buffer bytes = { 0 };

	http_response_head(&bytes, request, &answer, true);
	buffer_append(&bytes, end, strlen(end));
	http_push(request->http, bytes.bytes, bytes.len);
	buffer_clear(&bytes);
	http_note_answer(request, answer.status, 0);
	conn_become(request->conn, TRANSPORT_SSE);
	request->http->queue = queue;
	request->http->has_last_chunk = is_chunked;
	suspend_wait_for(request, HTTP_STREAMING, waiter, state);
	/* A stream may last for days. */
	http_head_free(request->head);
	request->head = NULL;
	request->origin = NULL;
	buffer_clear(&request->body);
}

void
http_stream_wake(struct http_request *request)
{
	out_queue_wake(&request->http->out_queue);
}

void
http_stream_end(struct http_request *request)
{
	struct http *http = request->http;
	struct frame *frame;

	while ((frame = frame_queue_peek(http->queue))) {
		frame_queue_push(&http->out, frame);
		frame_queue_pop(http->queue);
	}
	if (http->has_last_chunk)
		http_push(http, LAST_CHUNK, sizeof(LAST_CHUNK) - 1);
	http->out_queue.queue = &http->out;
	out_queue_wake(&http->out_queue);
	http_finish(http, true);
}
