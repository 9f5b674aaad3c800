#include "client/http_exchange.h"

#include <stdio.h>
#include <string.h>

#include "client/output.h"
#include "linnet/base/clock.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"

/* What is read at once. */
#define PIECE_BYTES 4096

/* A longer response counts as an empty one. A page of 50 messages of the largest size has
 * less. */
#define RESPONSE_MAX_BYTES (64 * 1024 * 1024)

static void
http_exchange_fail(struct http_exchange *exchange, const char *why)
{
	if (!*exchange->why)
		snprintf(exchange->why, sizeof(exchange->why), "%s", why);
}

static int
http_exchange_add_headers(struct http_exchange *exchange, void *in, size_t len)
{
	char *start = *(char **)in;
	const char *end = start + len;
	char length[24];

	exchange->is_sent = true;
	if (lws_peer_add_token(&exchange->peer, exchange->client, in, len) < 0)
		return -1;
	if (!exchange->body)
		return 0;
	snprintf(length, sizeof(length), "%zu", exchange->body->len);
	if (lws_peer_add_header(&exchange->peer, in, (size_t)(end - *(char **)in),
		    "Content-Type:", "application/json") < 0 ||
		lws_peer_add_header(&exchange->peer, in, (size_t)(end - *(char **)in),
			"Content-Length:", length) < 0)
		return -1;
	lws_client_http_body_pending(exchange->peer.wsi, 1);
	lws_callback_on_writable(exchange->peer.wsi);
	return 0;
}

static int
http_exchange_write_body(struct http_exchange *exchange)
{
	struct buffer piece = { 0 };
	static const char room[LWS_PRE];
	int r;

	if (!exchange->body)
		return 0;
	buffer_append(&piece, room, LWS_PRE);
	buffer_append(&piece, exchange->body->bytes, exchange->body->len);
	exchange->body = NULL;
	lws_client_http_body_pending(exchange->peer.wsi, 0);
	r = lws_write(exchange->peer.wsi, (unsigned char *)piece.bytes + LWS_PRE,
		piece.len - LWS_PRE, LWS_WRITE_HTTP_FINAL);
	buffer_clear(&piece);
	return r < 0 ? -1 : 0;
}

static int
http_exchange_read(struct lws *wsi)
{
	char memory[LWS_PRE + PIECE_BYTES], *piece = memory + LWS_PRE;
	int len = PIECE_BYTES;

	return lws_http_client_read(wsi, &piece, &len) < 0 ? -1 : 0;
}

/* libwebsockets may compute len from a length that the server made up. */
static int
http_exchange_append(struct http_exchange *exchange, const void *bytes, size_t len)
{
	if (len > PIECE_BYTES || exchange->response.len + len > RESPONSE_MAX_BYTES) {
		exchange->response.len = 0;
		exchange->is_whole = true;
		return -1;
	}
	buffer_append(&exchange->response, bytes, len);
	return 0;
}

static int
http_exchange_on_event(
	struct lws_peer *peer, enum lws_callback_reasons reason, void *in, size_t len)
{
	struct http_exchange *exchange = container_of(peer, struct http_exchange, peer);

	switch (reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return http_exchange_add_headers(exchange, in, len);
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
		return http_exchange_write_body(exchange);
	case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
		/* The token is for this server only. */
		exchange->status = (int)len;
		exchange->is_whole = true;
		return -1;
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		exchange->status = lws_peer_read_status(peer, &exchange->retry_after_s);
		return 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return http_exchange_read(peer->wsi);
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		return http_exchange_append(exchange, in, len);
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		exchange->is_whole = true;
		return -1;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		if (!*exchange->why)
			lws_peer_copy_reason(
				peer, exchange->why, sizeof(exchange->why), in, len);
		return 0;
	default:
		return 0;
	}
}

void
http_exchange_run(struct http_exchange *exchange, int64_t deadline_ms)
{
	struct runner *runner = exchange->client->runner;

	exchange->retry_after_s = -1;
	exchange->peer.on_event = http_exchange_on_event;
	lws_peer_connect(
		&exchange->peer, exchange->client, exchange->method, exchange->path);
	while (!exchange->peer.is_over && clock_now_ms() < deadline_ms &&
		!runner_is_stopped(runner))
		runner_turn(runner, deadline_ms);
	if (!exchange->peer.is_over)
		http_exchange_fail(exchange, "the server does not answer");
	else if (!exchange->is_whole)
		http_exchange_fail(exchange, "there is no connection");
	lws_peer_kill(&exchange->peer);
}

bool
http_exchange_print_error(const struct http_exchange *exchange)
{
	const struct buffer *response = &exchange->response;
	json_error_t error;
	json_t *answer = response->len ? json_text_load(response->bytes, response->len,
						 JSON_ALLOW_NUL, &error)
				       : NULL;
	const json_t *fault = json_object_get(answer, "error");
	const char *code = json_string_value(json_object_get(fault, "code"));
	const char *text = json_string_value(json_object_get(fault, "message"));

	bool is_error = code && text;

	if (is_error)
		output_note("%s (%s)", text, code);
	json_decref(answer);
	return is_error;
}

void
http_exchange_clear(struct http_exchange *exchange)
{
	buffer_clear(&exchange->response);
}
