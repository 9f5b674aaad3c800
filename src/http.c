#include "linnet/http.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/buffer.h"
#include "linnet/json_text.h"
#include "linnet/xalloc.h"

#define HEAD_BYTES 2048
#define PIECE_BYTES 65536

/* How long a request may take, its answer included, and how long the next one may wait.
 */
#define REQUEST_MS 60000

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OTHER,
};

static const char *
reason_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 426:
		return "Upgrade Required";
	case 500:
		return "Internal Server Error";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	default:
		return "Unknown";
	}
}

static enum method
method_of(struct lws *wsi)
{
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI))
		return METHOD_HEAD;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return METHOD_GET;
	return METHOD_OTHER;
}

/* Browsers keep to it; a page of ours loads nothing from elsewhere but avatars. */
static const char *
content_security_policy(const struct config *config)
{
	return config->chat.gravatar
		       ? "default-src 'self'; img-src 'self' data: https://gravatar.com; "
			 "object-src 'none'; base-uri 'none'; form-action 'none'; "
			 "frame-ancestors 'none'"
		       : "default-src 'self'; img-src 'self' data:; object-src 'none'; "
			 "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

/* RFC 9110 section 5.6.7. */
static void
format_date(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(out, size, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
}

static size_t
format_head(char *out, size_t size, const struct config *config,
	const struct http_answer *answer, bool close)
{
	char date[40], entity[160] = "";
	int n;

	format_date(date, sizeof(date));
	if (answer->type)
		snprintf(entity, sizeof(entity),
			"Content-Type: %s\r\nContent-Length: %zu\r\n", answer->type,
			answer->len);
	n = snprintf(out, size,
		"HTTP/1.1 %d %s\r\n"
		"Date: %s\r\n"
		"%s%s%s"
		"Content-Security-Policy: %s\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Referrer-Policy: no-referrer\r\n"
		"\r\n",
		answer->status, reason_of(answer->status), date, entity,
		answer->headers ? answer->headers : "",
		close ? "Connection: close\r\n" : "", content_security_policy(config));
	return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

/* True if there is, or may be, a body behind the head of the request. */
static bool
has_body(struct lws *wsi)
{
	return method_of(wsi) == METHOD_OTHER ||
	       lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) ||
	       lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
}

/* True if the connection cannot take another request: what follows this one is not known
 * to be one, or the peer wants it closed or is too old to know that it may stay open
 * (RFC 9112 section 9.3). */
static bool
must_close(struct lws *wsi)
{
	char version[16] = "", connection[64] = "";

	if (has_body(wsi) || lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE))
		return true;
	lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP);
	lws_hdr_copy(wsi, connection, sizeof(connection), WSI_TOKEN_CONNECTION);
	return strcmp(version, "HTTP/1.1") != 0 || strcasestr(connection, "close");
}

/* The answer is written: on to the next request, or close. Returns what the lws callback
 * is to return. */
static int
finish(struct conn *conn)
{
	free(conn->answer);
	conn->answer = NULL;
	if (!conn->is_answer_last)
		return lws_http_transaction_completed(conn->wsi) ? -1 : 0;
	if (conn->requests > 1) {
		/* It may have come in one segment with the one before: lws 4.1.6 would go
		 * on reading its body within the call that frees the connection. */
		conn_drain_now(conn);
		return -1;
	}
	conn_drain(conn);
	return 0;
}

int
http_on_writable(struct conn *conn)
{
	struct lws *wsi = conn->wsi;

	if (!conn->answer || lws_partial_buffered(wsi))
		return 0;
	while (conn->answer_done < conn->answer_len && !lws_partial_buffered(wsi)) {
		size_t left = conn->answer_len - conn->answer_done;
		size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;

		if (lws_write(wsi, conn->answer + LWS_PRE + conn->answer_done, piece,
			    LWS_WRITE_HTTP) < 0)
			return -1;
		conn->answer_done += piece;
	}
	if (!lws_partial_buffered(wsi))
		return finish(conn);
	/* Timers of lws would cut a slow reader; ours begins anew with each piece. */
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	conn->deadline_ms = conn_now_ms() + REQUEST_MS;
	lws_callback_on_writable(wsi);
	return 0;
}

int
http_answer(
	const struct http_door *door, struct conn *conn, const struct http_answer *answer)
{
	size_t body = method_of(conn->wsi) == METHOD_HEAD ? 0 : answer->len, head;

	conn->is_answer_last = must_close(conn->wsi);
	conn->answer = xmalloc(LWS_PRE + HEAD_BYTES + body);
	head = format_head((char *)conn->answer + LWS_PRE, HEAD_BYTES, door->config,
		answer, conn->is_answer_last);
	if (!head)
		return -1;
	if (body && answer->body)
		memcpy(conn->answer + LWS_PRE + head, answer->body, body);
	conn->answer_len = head + body;
	conn->answer_done = 0;
	return http_on_writable(conn);
}

int
http_answer_error(const struct http_door *door, struct conn *conn, int status,
	const char *headers, const char *code, const char *text)
{
	json_t *error =
		json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", text);
	struct buffer body = { 0 };
	struct http_answer answer = {
		.status = status,
		.type = "application/json",
		.headers = headers,
	};
	int r;

	json_text_append(&body, error);
	buffer_append(&body, "\n", 1);
	json_decref(error);
	answer.body = body.bytes;
	answer.len = body.len;
	r = http_answer(door, conn, &answer);
	buffer_clear(&body);
	return r;
}

bool
http_check_no_body(const struct http_door *door, struct conn *conn, int *returned)
{
	char length[24] = "";
	int bytes = lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);

	if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
		*returned = http_answer_error(door, conn, 501, NULL, "not_implemented",
			"Transfer-Encoding is not supported");
		return false;
	}
	if (!bytes)
		return true;
	if (lws_hdr_copy(conn->wsi, length, sizeof(length),
		    WSI_TOKEN_HTTP_CONTENT_LENGTH) < 0 ||
		strspn(length, "0") != (size_t)bytes) {
		*returned = http_answer_error(door, conn, 400, NULL, "bad_request",
			"this request takes no body");
		return false;
	}
	return true;
}

/* RFC 9110 section 13.1.2, by weak comparison. */
static bool
is_unchanged(struct lws *wsi, const char *etag)
{
	char known[512];

	if (lws_hdr_copy(wsi, known, sizeof(known), WSI_TOKEN_HTTP_IF_NONE_MATCH) <= 0)
		return false;
	return !strcmp(known, "*") || strstr(known, etag);
}

static int
answer_file(const struct http_door *door, struct conn *conn, const struct page_file *file)
{
	char headers[160];
	struct http_answer answer = { .status = 304, .headers = headers };
	void *body;
	int r;

	/* Always asked again: the files' names do not change with what is in them. */
	snprintf(headers, sizeof(headers), "ETag: %s\r\nCache-Control: no-cache\r\n",
		file->etag);
	if (is_unchanged(conn->wsi, file->etag))
		return http_answer(door, conn, &answer);
	answer.status = 200;
	answer.type = file->type;
	answer.len = file->size;
	if (method_of(conn->wsi) == METHOD_HEAD)
		return http_answer(door, conn, &answer);
	body = xmalloc(file->size);
	answer.body = body;
	if (page_file_read(file, body) < 0)
		r = http_answer_error(door, conn, 500, NULL, "internal_error",
			"the file could not be read");
	else
		r = http_answer(door, conn, &answer);
	free(body);
	return r;
}

static int
answer_page(const struct http_door *door, struct conn *conn, const char *path)
{
	struct page_file file;
	int r;

	r = page_find(&door->page, path, &file);
	if (r == -EMFILE)
		return http_answer_error(door, conn, 503, "Retry-After: 5\r\n",
			"server_full", "there are too many open files, try later");
	if (r < 0)
		return http_answer_error(
			door, conn, 404, NULL, "not_found", "there is nothing here");
	r = answer_file(door, conn, &file);
	page_file_close(&file);
	return r;
}

static bool
is_websocket_path(const char *path)
{
	return !strcmp(path, "/ws") || !strcmp(path, "/echo");
}

int
http_on_request(struct http_door *door, struct conn *conn, const char *path)
{
	enum method method = method_of(conn->wsi);
	bool websocket = is_websocket_path(path);
	int r;

	/* lws hands over what comes behind an unfinished request as a request again. */
	if (conn->is_draining || conn->answer || conn->table->is_stopping)
		return -1;
	conn->requests++;
	conn->deadline_ms = conn_now_ms() + REQUEST_MS;
	if (method == METHOD_OTHER)
		return http_answer_error(door, conn, 405,
			websocket ? "Allow: GET\r\n" : "Allow: GET, HEAD\r\n",
			"method_not_allowed", "this method is not allowed here");
	if (!http_check_no_body(door, conn, &r))
		return r;
	if (websocket)
		return http_answer_error(door, conn, 426,
			"Upgrade: websocket\r\nConnection: Upgrade\r\n",
			"upgrade_required", "this is a WebSocket");
	return answer_page(door, conn, path);
}

int
http_door_init(struct http_door *door, const struct config *config)
{
	door->config = config;
	return page_open(&door->page, config->http.root);
}

void
http_door_fini(struct http_door *door)
{
	page_close(&door->page);
}
