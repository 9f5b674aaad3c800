#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/date.h"
#include "http/http_private.h"
#include "linnet/base/clock.h"
#include "linnet/base/json_text.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/protocol/kinds.h"
#include "linnet/protocol/message.h"
#include "linnet/protocol/name.h"

static const char *
response_reason_of(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 204, "No Content" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 417, "Expectation Failed" },
		{ 426, "Upgrade Required" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

static void
response_put(struct buffer *out, const char *text)
{
	buffer_append(out, text, strlen(text));
}

/* For lines of up to 255 bytes. */
__attribute__((format(printf, 2, 3))) static void
response_put_line(struct buffer *out, const char *format, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	response_put(out, line);
	response_put(out, "\r\n");
}

/* The page loads nothing from other servers but avatars. */
static const char *
response_content_security_policy(const struct config *config)
{
	return config->chat.gravatar
		       ? "default-src 'self'; img-src 'self' data: https://gravatar.com; "
			 "object-src 'none'; base-uri 'none'; form-action 'none'; "
			 "frame-ancestors 'none'"
		       : "default-src 'self'; img-src 'self' data:; object-src 'none'; "
			 "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

static void
response_put_date(struct buffer *out)
{
	char date[HTTP_DATE_BYTES];

	http_date_write(time(NULL), date);
	response_put_line(out, "Date: %s", date);
}

/* Lets a page of another origin read the answer. */
static void
response_put_origin(struct buffer *out, const char *origin)
{
	response_put(out, "Access-Control-Allow-Origin: ");
	response_put(out, origin);
	response_put(out, "\r\nVary: Origin\r\n");
}

/* A script or style sheet is ruled by the policy of its document. Of the page's files
 * most are one of these, and the policy would be a quarter of what is sent for them. A
 * worker has a policy of its own. */
static bool
response_is_document(const struct http_head *head)
{
	return !head || !(http_head_has_word(head, "sec-fetch-dest", "script") ||
				http_head_has_word(head, "sec-fetch-dest", "style"));
}

void
http_response_head(struct buffer *out, const struct http_request *request,
	const struct http_response *answer, bool is_last)
{
	const struct http_route *route = request->route;

	response_put_line(out, "HTTP/1.1 %d %s", answer->status,
		response_reason_of(answer->status));
	response_put_date(out);
	if (answer->headers)
		response_put(out, answer->headers);
	if (is_last)
		response_put_line(out, "Connection: close");
	/* The page's files have a Cache-Control of their own. */
	if ((route && route->name) || answer->status >= 400)
		response_put_line(out, "Cache-Control: no-store");
	if (request->origin)
		response_put_origin(out, request->origin);
	response_put_line(out, "X-Content-Type-Options: nosniff");
	if (!response_is_document(request->head))
		return;
	response_put_line(out, "Content-Security-Policy: %s",
		response_content_security_policy(request->http->door->config));
	response_put_line(out, "Referrer-Policy: no-referrer");
}

/* True if no request may follow: the body was not read, or the client asked for another
 * protocol, so that the next bytes may not be a request; or the connection is to be
 * closed anyway. */
static bool
response_must_close(const struct http_request *request)
{
	const struct http_head *head = request->head;

	return !head || head->is_last ||
	       http_head_has_word(head, "upgrade", "websocket") ||
	       request->conn->table->is_stopping ||
	       ((head->is_chunked || head->content_length > request->body.len) &&
		       !(request->is_body_due && http_skip_body(request->http)));
}

static const char *
response_method_of(const struct http_head *head)
{
	switch (head->method) {
	case HTTP_GET:
		return "GET";
	case HTTP_HEAD:
		return "HEAD";
	case HTTP_POST:
		return "POST";
	case HTTP_PUT:
		return "PUT";
	case HTTP_OPTIONS:
		return "OPTIONS";
	case HTTP_OTHER:
		break;
	}
	return "other";
}

/* Write the path, without the query, which may have a token. */
static void
response_write_path(const struct http_head *head, char path[HTTP_HEAD_BYTES])
{
	size_t i, len = 0;

	*path = '\0';
	for (i = 0; i < head->segment_count; i++)
		len += (size_t)snprintf(
			path + len, HTTP_HEAD_BYTES - len, "/%s", head->segments[i]);
	if (!name_is_line(path))
		snprintf(path, HTTP_HEAD_BYTES, "?");
}

void
http_note_answer(const struct http_request *request, int status, size_t len)
{
	const struct http_head *head = request->head;
	char path[HTTP_HEAD_BYTES];

	metrics_count_request(request->route ? request->route->name : "", status);
	if (!log_is_on(LOG_LEVEL_DEBUG))
		return;
	if (head)
		response_write_path(head, path);
	log_debug("request", log_str("peer", request->conn->peer),
		log_str("method", head ? response_method_of(head) : ""),
		log_str("door", http_request_door(request)),
		log_person("path", head ? path : NULL), log_int("status", status),
		log_uint("bytes", len),
		log_int("ms", clock_now_ms() - request->begin_ms));
}

void
http_respond(struct http_request *request, const struct http_response *answer)
{
	bool is_last = response_must_close(request);
	struct buffer bytes = { 0 };

	http_note_answer(request, answer->status, answer->type ? answer->len : 0);
	http_response_head(&bytes, request, answer, is_last);
	if (answer->type) {
		response_put_line(&bytes, "Content-Type: %s", answer->type);
		response_put_line(&bytes, "Content-Length: %zu", answer->len);
	}
	response_put(&bytes, "\r\n");
	if (answer->type && !(request->head && request->head->method == HTTP_HEAD))
		buffer_append(&bytes, answer->body, answer->len);
	http_push(request->http, bytes.bytes, bytes.len);
	buffer_clear(&bytes);
	http_finish(request->http, is_last);
}

void
http_respond_error(struct http_request *request, int status, const char *headers,
	const char *code, const char *text)
{
	json_t *error =
		json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", text);
	struct http_response answer = {
		.status = status,
		.type = "application/json",
		.headers = status == 401 ? "WWW-Authenticate: Bearer\r\n" : headers,
	};
	struct buffer body = { 0 };

	json_text_append(&body, error);
	buffer_append(&body, "\n", 1);
	json_decref(error);
	answer.body = body.bytes;
	answer.len = body.len;
	http_respond(request, &answer);
	buffer_clear(&body);
}

void
http_respond_fault(struct http_request *request, const struct message_fault *fault)
{
	int status = fault->is_too_large ? 413
		     : fault->retry_after_ms && strcmp(fault->code, "busy") != 0
			     ? 429
			     : fault_http_status(fault->code);
	const char *code = fault->is_too_large ? "too_large" : fault->code;
	char headers[64] = "Retry-After: 5\r\n";

	/* Retry-After is in whole seconds (RFC 9110 section 10.2.3). */
	if (fault->retry_after_ms)
		snprintf(headers, sizeof(headers), "Retry-After: %lld\r\n",
			(long long)(fault->retry_after_ms + 999) / 1000);
	http_respond_error(request, status,
		status == 503 || status == 429 ? headers : NULL, code, fault->text);
}
