#include "linnet/http/http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_private.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* Time for a peer to send a head (from accept or from its first byte), the whole body,
 * and the first byte of the next request. */
#define HEAD_MS 10000
#define BODY_MS 30000
#define IDLE_MS 30000

/* A connection is killed if the peer takes nothing of an answer for so long. */
#define STALL_MS 60000

/* How long input is discarded after the last answer. Closing with unread input would make
 * the kernel send a reset, which may reach the peer before it has read the answer. */
#define DRAIN_MS 2000

/* Limit of all these times when the daemon stops. */
#define STOP_MS 1000

#define READ_BYTES 16384

/* Status of a connection that is handed over (RFC 9110 section 15.2.2). */
#define SWITCHING_PROTOCOLS 101

static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

void
http_set_deadline(struct http *http, int64_t ms)
{
	if (http->conn->table->is_stopping && ms > STOP_MS)
		ms = STOP_MS;
	http->conn->deadline_ms = clock_now_ms() + ms;
}

static bool
http_is_waiting(const struct http *http)
{
	return http->state == HTTP_DEFERRED || http->state == HTTP_PARKED ||
	       http->state == HTTP_STREAMING;
}

static void
http_end_request(struct http *http)
{
	struct http_request *request = http->request;

	http_head_free(request->head);
	buffer_clear(&request->body);
	free(request);
	http->request = NULL;
}

/* Remove the first len bytes of the input. */
static void
http_consume(struct http *http, size_t len)
{
	http->in.len -= len;
	if (http->in.len)
		memmove(http->in.bytes, http->in.bytes + len, http->in.len);
	else
		buffer_clear(&http->in);
}

void
http_push(struct http *http, const void *bytes, size_t len)
{
	struct frame *frame = frame_new(bytes, len);

	frame_queue_push(&http->out, frame);
	frame_unref(frame);
	out_queue_wake(&http->out_queue);
}

void
http_finish(struct http *http, bool is_last)
{
	http_end_request(http);
	conn_end_poll(http->conn);
	conn_unset_client(http->conn);
	http->is_last = is_last;
	http->state = HTTP_ANSWERING;
	loop_socket_watch_input(&http->socket, false);
	http_set_deadline(http, STALL_MS);
}

static void
http_start_request(struct http *http, struct http_head *head)
{
	struct http_request *request = xcalloc(1, sizeof(*request));

	request->conn = http->conn;
	request->head = head;
	request->http = http;
	request->begin_ms = clock_now_ms();
	http->request = request;
	http->chunked = (struct chunked){ .state = 0 };
}

/* Move received chunks into the body. Returns 1 if it is complete, 0 if not, or -1 if the
 * request was answered. */
static int
http_take_chunks(struct http *http)
{
	struct http_request *request = http->request;
	size_t max_bytes = request->route->body_bytes(http->door->config), used;
	int r = chunked_read(&http->chunked, http->in.bytes, http->in.len, &request->body,
		max_bytes, &used);

	http_consume(http, used);
	if (r == 0)
		return http->chunked.is_whole;
	if (r == -EFBIG)
		http_respond_error(
			request, 413, NULL, "too_large", "the body is too large");
	else
		http_respond_error(
			request, 400, NULL, "bad_request", "the body is not in chunks");
	return -1;
}

/* Move received bytes into the body. Returns as http_take_chunks. */
static int
http_take_body(struct http *http)
{
	struct http_request *request = http->request;
	size_t missing = request->head->content_length - request->body.len;
	size_t here = http->in.len < missing ? http->in.len : missing;

	if (request->head->is_chunked)
		return http_take_chunks(http);
	if (here) {
		buffer_append(&request->body, http->in.bytes, here);
		http_consume(http, here);
	}
	return here == missing;
}

bool
http_skip_body(struct http *http)
{
	const struct http_request *request = http->request;
	size_t missing = request->head->content_length - request->body.len;

	if (request->head->is_chunked)
		return http->chunked.is_whole;
	if (http->in.len < missing)
		return false;
	if (missing)
		http_consume(http, missing);
	return true;
}

/* The head is complete. May free the connection. */
static void
http_take_request(struct http *http)
{
	const struct http_head *head = http->request->head;
	int r;

	if (!http_route_admit(http->request))
		return;
	http_set_deadline(http, BODY_MS);
	r = head->is_chunked || head->content_length ? http_take_body(http) : 1;
	if (r > 0)
		http->request->route->handle(http->request);
	if (r != 0)
		return;
	http->state = HTTP_READING_BODY;
	loop_socket_watch_input(&http->socket, true);
	if (head->expects_continue && !http->request->body.len)
		http_push(http, interim, sizeof(interim) - 1);
}

/* May free the connection. */
static void
http_read_head(struct http *http)
{
	struct http_fault fault;
	struct http_head *head;
	int n = http_head_parse(http->in.bytes, http->in.len, &head, &fault);

	if (n == 0) {
		if (!http->is_head_begun)
			http_set_deadline(http, HEAD_MS);
		http->is_head_begun = true;
		loop_socket_watch_input(&http->socket, true);
	} else if (n < 0) {
		http_start_request(http, NULL);
		http_respond_error(
			http->request, fault.status, NULL, fault.code, fault.text);
	} else {
		http_consume(http, (size_t)n);
		http_start_request(http, head);
		http_take_request(http);
	}
}

/* Read once, up to size bytes. Returns 0 with *len set, or -1 if the peer has closed or
 * reset the connection. */
static int
http_receive(const struct http *http, void *bytes, size_t size, size_t *len)
{
	ssize_t n = recv(http->socket.fd, bytes, size, MSG_DONTWAIT);

	*len = n > 0 ? (size_t)n : 0;
	http->conn->received_bytes += *len;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	conn_note_ending(http->conn, n < 0 ? ENDING_LOST : ENDING_NORMAL);
	return -1;
}

/* Returns as http_receive. May free the connection. */
static int
http_on_head_input(struct http *http)
{
	char bytes[HTTP_HEAD_BYTES];
	size_t len;

	if (http_receive(http, bytes, sizeof(bytes) - http->in.len, &len) < 0)
		return -1;
	buffer_append(&http->in, bytes, len);
	if (len)
		http_read_head(http);
	return 0;
}

/* Returns as http_receive. May free the connection. */
static int
http_on_chunk_input(struct http *http)
{
	char bytes[HTTP_HEAD_BYTES];
	size_t len;
	int r;

	/* What follows the body is the next request. So no more is received than would be
	 * with that. */
	if (http_receive(http, bytes, sizeof(bytes) - http->in.len, &len) < 0)
		return -1;
	buffer_append(&http->in, bytes, len);
	r = len ? http_take_chunks(http) : 0;
	if (r > 0 && http_route_admit_again(http->request))
		http->request->route->handle(http->request);
	return 0;
}

static int
http_on_body_input(struct http *http)
{
	struct http_request *request = http->request;
	size_t missing = request->head->content_length - request->body.len, len;
	char bytes[READ_BYTES];

	if (request->head->is_chunked)
		return http_on_chunk_input(http);
	/* Bytes after the body stay in the kernel until the next request is read. */
	if (http_receive(http, bytes, missing < READ_BYTES ? missing : READ_BYTES, &len) <
		0)
		return -1;
	buffer_append(&request->body, bytes, len);
	if (len == missing && http_route_admit_again(request))
		request->route->handle(request);
	return 0;
}

/* Input while a request waits for its answer: the next requests, if they fit. */
static int
http_on_early_input(struct http *http)
{
	size_t room = HTTP_HEAD_BYTES - http->in.len, len;
	char bytes[HTTP_HEAD_BYTES];

	if (http_receive(http, bytes, room ? room : 1, &len) < 0 || len > room)
		return -1;
	buffer_append(&http->in, bytes, len);
	return 0;
}

static struct http *
http_from_socket(struct loop_socket *socket)
{
	return container_of(socket, struct http, socket);
}

static void
http_on_readable(struct loop_socket *socket)
{
	struct http *http = http_from_socket(socket);
	char discarded[READ_BYTES];
	size_t len;
	int r;

	if (http->state == HTTP_READING_HEAD)
		r = http_on_head_input(http);
	else if (http->state == HTTP_READING_BODY)
		r = http_on_body_input(http);
	else if (http->state == HTTP_DRAINING)
		r = http_receive(http, discarded, sizeof(discarded), &len);
	else
		r = http_on_early_input(http);
	if (r < 0)
		conn_free(http->conn);
}

/* Go on writing, or with input that was received earlier. */
static void
http_on_writable(struct loop_socket *socket)
{
	struct http *http = http_from_socket(socket);

	if (http->out_queue.is_blocked)
		out_queue_on_writable(&http->out_queue);
	else
		http_read_head(http);
}

static const struct loop_socket_ops socket_ops = {
	.on_readable = http_on_readable,
	.on_writable = http_on_writable,
};

/* The answer is written: read the next request. If it was received already, it is parsed
 * in the next turn of the loop, because this turn's messages were given to the store
 * already. */
static void
http_start_next(struct http *http)
{
	http->state = HTTP_READING_HEAD;
	http->is_head_begun = http->in.len > 0;
	http_set_deadline(http, http->is_head_begun ? HEAD_MS : IDLE_MS);
	if (http->is_head_begun)
		loop_socket_want_write(&http->socket);
	else
		loop_socket_watch_input(&http->socket, true);
}

static void
http_start_draining(struct http *http)
{
	http->state = HTTP_DRAINING;
	conn_note_ending(http->conn, ENDING_NORMAL);
	shutdown(http->socket.fd, SHUT_WR);
	loop_socket_watch_input(&http->socket, true);
	http_set_deadline(http, DRAIN_MS);
}

static struct http *
http_from_out_queue(struct out_queue *out_queue)
{
	return container_of(out_queue, struct http, out_queue);
}

static void
http_on_drained(struct out_queue *out_queue)
{
	struct http *http = http_from_out_queue(out_queue);
	struct http_request *request = http->request;

	if (http->state == HTTP_ANSWERING) {
		if (http->is_last)
			http_start_draining(http);
		else
			http_start_next(http);
	} else if (http->state == HTTP_STREAMING) {
		if (out_queue->queue != http->queue) {
			out_queue->queue = http->queue;
			out_queue_wake(out_queue);
		} else if (request->waiter->on_drained) {
			request->waiter->on_drained(request->state);
		}
	}
}

static void
http_on_broken(struct out_queue *out_queue, int error)
{
	(void)error;
	conn_note_ending(out_queue->conn, ENDING_LOST);
	conn_free(out_queue->conn);
}

static const struct out_queue_ops out_queue_ops = {
	.on_drained = http_on_drained,
	.on_broken = http_on_broken,
};

static void
http_on_tick(struct conn *conn, int64_t now_ms)
{
	struct http *http = conn->state;
	bool is_streaming = http->state == HTTP_STREAMING;
	bool has_moved = conn->sent_bytes != http->seen_bytes;

	http->seen_bytes = conn->sent_bytes;
	if (is_streaming && out_queue_is_idle(&http->out_queue) &&
		!conn->table->is_stopping)
		conn->deadline_ms = 0;
	else if ((is_streaming || http->state == HTTP_ANSWERING) &&
		 (has_moved || !conn->deadline_ms))
		http_set_deadline(http, STALL_MS);
	if (http_is_waiting(http) && http->request->waiter->on_tick)
		http->request->waiter->on_tick(http->request->state, now_ms);
}

static void
http_on_stop(struct conn *conn, uint16_t code, const char *reason)
{
	struct http *http = conn->state;

	if (http_is_waiting(http) && http->request->waiter->on_stop)
		http->request->waiter->on_stop(http->request->state, code, reason);
	http_set_deadline(http, http->state == HTTP_READING_HEAD ? 0 : STOP_MS);
}

static void
http_free(struct http *http)
{
	if (http->request)
		http_end_request(http);
	buffer_clear(&http->in);
	frame_queue_clear(&http->out);
	free(http);
}

static void
http_on_closed(struct conn *conn)
{
	struct http *http = conn->state;

	out_queue_fini(&http->out_queue);
	loop_socket_close(&http->socket);
	if (http_is_waiting(http))
		http->request->waiter->on_gone(http->request->state);
	http_free(http);
}

static const struct door conn_door = {
	.name = "http",
	.on_tick = http_on_tick,
	.on_stop = http_on_stop,
	.kill = conn_free,
	.on_closed = http_on_closed,
};

void
http_hand_over(struct http_request *request, http_take *take)
{
	struct http *http = request->http;

	assert(out_queue_is_idle(&http->out_queue));
	http_note_answer(request, SWITCHING_PROTOCOLS, 0);
	out_queue_fini(&http->out_queue);
	http->conn->door = NULL;
	http->conn->state = NULL;
	take(request, loop_socket_release(&http->socket), http->in.bytes, http->in.len);
	http_free(http);
}

void
http_door_init(struct http_door *door, const struct config *config,
	struct out_queue_drain *out_queues, const struct http_routes *tables,
	size_t count)
{
	door->config = config;
	door->out_queues = out_queues;
	door->tables = tables;
	door->table_count = count;
}

void
http_door_accept(struct http_door *door, struct conn *conn, int fd)
{
	struct http *http = xcalloc(1, sizeof(*http));

	http->conn = conn;
	http->door = door;
	loop_socket_open(&http->socket, door->out_queues->loop, fd, &socket_ops);
	out_queue_init(&http->out_queue, door->out_queues, &out_queue_ops, conn,
		&http->socket, &http->out);
	conn->door = &conn_door;
	conn->state = http;
	http->is_head_begun = true;
	http_set_deadline(http, HEAD_MS);
}
