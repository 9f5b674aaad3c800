#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

bool
api_may_push(struct http_request *request, const struct access_caller *caller,
	const char *room)
{
	const struct api *api = request->context;

	if (!tokens_exist(api->access.tokens))
		return request->is_local ||
		       access_refuse(request, "denied",
			       "without tokens only this machine itself may push");
	return access_require_token(request, caller, "pushing needs a token") &&
	       (token_may(caller->token, room) ||
		       access_refuse(
			       request, "denied", "this token is not for this room"));
}

const struct permissions *
api_permissions(struct http_request *request)
{
	const struct api *api = request->context;
	struct access_refusal refusal;
	const struct permissions *permissions =
		access_permissions(&api->access, request, &refusal);

	if (permissions)
		return permissions;
	access_log_refused(request->conn->peer, refusal.why);
	api_refuse(request, refusal.code, refusal.text);
	return NULL;
}

void
api_refuse(struct http_request *request, const char *code, const char *text)
{
	int status = fault_http_status(code);

	http_respond_error(
		request, status, status == 503 ? "Retry-After: 5\r\n" : NULL, code, text);
}

void
api_answer_fault(struct http_request *request, const struct message_fault *fault)
{
	char headers[64];

	if (fault->is_too_large) {
		http_respond_error(request, 413, NULL, "too_large", fault->text);
		return;
	}
	if (!fault->retry_after_ms) {
		api_refuse(request, fault->code, fault->text);
		return;
	}
	/* Retry-After is in whole seconds (RFC 9110 section 10.2.3). */
	snprintf(headers, sizeof(headers), "Retry-After: %lld\r\n",
		(long long)(fault->retry_after_ms + 999) / 1000);
	http_respond_error(request, 429, headers, fault->code, fault->text);
}

bool
api_may_enter(struct http_request *request, const struct permissions *permissions,
	const char *room)
{
	const struct api *api = request->context;
	const char *text;
	const char *code = chat_entry_fault(api->chat, permissions, room, &text);

	if (!code)
		return true;
	api_refuse(request, code, text);
	return false;
}

/* Read an argument into out. *value is out, or NULL if the argument is missing or empty.
 * Returns false if it is too long. */
static bool
api_read_argument(const struct http_request *request, const char *name,
	char out[ACCESS_ARGUMENT_BYTES], const char **value)
{
	int r = http_head_query(request->head, name, out, ACCESS_ARGUMENT_BYTES);

	*value = r == 0 && *out ? out : NULL;
	return r != -E2BIG;
}

struct api_wishes *
api_wishes_new(struct http_request *request)
{
	const char *header = http_head_value(request->head, "last-event-id");
	struct api_wishes *asked = xcalloc(1, sizeof(*asked));
	struct chat_wishes *wishes = &asked->wishes;
	char events[ACCESS_ARGUMENT_BYTES];
	const char *value;

	snprintf(asked->room, sizeof(asked->room), "%s", request->head->segments[1]);
	wishes->room = asked->room;
	if (strlen(request->head->segments[1]) >= sizeof(asked->room) ||
		!api_read_argument(request, "name", asked->name, &wishes->name) ||
		!api_read_argument(request, "since", asked->since, &wishes->since) ||
		!api_read_argument(request, "session", asked->token, &wishes->token) ||
		!api_read_argument(request, "events", events, &value)) {
		free(asked);
		http_respond_error(request, 400, NULL, "bad_query",
			"a value in the query is too long");
		return NULL;
	}
	wishes->wants_events = value && !strcmp(value, "1");
	/* A browser that reconnects repeats the old query: Last-Event-ID is newer. */
	if (header && *header) {
		snprintf(asked->since, sizeof(asked->since), "%s", header);
		wishes->since = asked->since;
	}
	return asked;
}

struct rate *
api_rate(const struct http_request *request, const struct access_caller *caller)
{
	const struct api *api = request->context;
	char key[RATE_KEY_BYTES];
	int len;

	if (!caller->token)
		return rate_find(
			api->rates, &request->conn->key, sizeof(request->conn->key));
	len = snprintf(key, sizeof(key), "token %s", caller->token->name);
	return rate_find(api->rates, key, size_min((size_t)len, sizeof(key) - 1));
}

void
api_answer_text(struct http_request *request, const struct buffer *text)
{
	struct http_response response = { .status = 200, .type = "application/json" };
	struct buffer line = { 0 };

	buffer_append(&line, text->bytes, text->len);
	buffer_append(&line, "\n", 1);
	response.body = line.bytes;
	response.len = line.len;
	http_respond(request, &response);
	buffer_clear(&line);
}

void
api_answer_object(struct http_request *request, json_t *object)
{
	struct buffer text = { 0 };

	json_text_append(&text, object);
	json_decref(object);
	api_answer_text(request, &text);
	buffer_clear(&text);
}
