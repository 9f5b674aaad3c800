#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/json_text.h"

void
api_refuse_body(struct http_request *request, const char *text)
{
	http_respond_error(request, 400, NULL, "bad_body", text);
}

/* True if the Content-Type, without its parameters, is type; for "multipart/" if it
 * begins with that. */
static bool
body_is(const struct http_request *request, const char *type)
{
	const char *given = http_head_value(request->head, "content-type");
	size_t len = given ? strcspn(given, "; \t") : 0, wanted = strlen(type);

	return (len == wanted || (len > wanted && type[wanted - 1] == '/')) &&
	       !strncasecmp(given, type, wanted);
}

bool
api_check_type(struct http_request *request)
{
	if (!body_is(request, "multipart/"))
		return true;
	http_respond_error(request, 415, NULL, "bad_body",
		"files and forms of several parts are not accepted: send the text or "
		"JSON itself as the body");
	return false;
}

/* Drop the byte order mark that some programs put before their text. */
static void
body_skip_mark(struct buffer *body)
{
	if (body->len < 3 || memcmp(body->bytes, "\xef\xbb\xbf", 3) != 0)
		return;
	body->len -= 3;
	memmove(body->bytes, body->bytes + 3, body->len);
}

/* A form with the field "payload" is its value: GitHub and programs for Slack send JSON
 * so. curl calls everything a form, JSON and text too. Returns false if it is no such
 * form. */
static bool
body_take_payload(struct http_request *request)
{
	struct buffer *body = &request->body;
	long len = -ENOENT;

	if (body_is(request, "application/x-www-form-urlencoded") && body->len &&
		*body->bytes != '{' && *body->bytes != '[')
		len = http_form_take(body->bytes, body->len, "payload");
	if (len < 0)
		return false;
	body->len = (size_t)len;
	return true;
}

json_t *
api_read_json(struct http_request *request, size_t flags)
{
	struct buffer *body = &request->body;
	json_error_t error;
	json_t *value;
	char text[160];

	body_take_payload(request);
	body_skip_mark(body);
	value = json_text_load(body->bytes ? body->bytes : "", body->len, flags, &error);
	if (value)
		return value;
	snprintf(text, sizeof(text), "the body is no JSON: error at byte %d%s",
		error.position,
		!strcmp(error.text, "too many values") ? ", too many values" : "");
	http_respond_error(request, 400, NULL, "bad_json", text);
	return NULL;
}

/* Read the body as {"message":TEXT}, without the line end that "echo" adds. If it is
 * empty, the text may stand beside it. NULL: there is no text and the request was
 * answered. */
static json_t *
body_read_text(struct http_request *request)
{
	struct buffer *body = &request->body;
	size_t len;
	json_t *text;

	body_skip_mark(body);
	len = body->len;
	if (len && body->bytes[len - 1] == '\n')
		len--;
	if (len && body->bytes[len - 1] == '\r')
		len--;
	if (!len)
		text = api_find_extra(request, "message");
	else
		text = memchr(body->bytes, 0, len) ? NULL
						   : json_stringn(body->bytes, len);
	if (!text)
		api_refuse_body(request,
			len ? "the body is not UTF-8 text" : "the body has no text");
	return text ? json_pack("{s:o}", "message", text) : NULL;
}

json_t *
api_read_body(struct http_request *request)
{
	return body_is(request, "application/json") || body_take_payload(request)
		       ? api_read_json(request, 0)
		       : body_read_text(request);
}
