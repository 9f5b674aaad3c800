#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* HTTP status of the chat's errors; 400 for all others. */
static const struct {
	const char *code;
	int status;
} statuses[] = {
	{ "token_expired", 401 },
	{ "denied", 403 },
	{ "banned", 403 },
	{ "kicked", 403 },
	{ "muted", 403 },
	{ "read_only", 403 },
	{ "no_such_room", 404 },
	{ "no_such_alarm", 404 },
	{ "no_such_ban", 404 },
	{ "no_such_session", 404 },
	{ "not_joined", 404 },
	{ "name_taken", 409 },
	{ "too_many_alarms", 409 },
	{ "too_many_bans", 409 },
	{ "too_many_metrics", 409 },
	{ "rate_limited", 429 },
	{ "too_many_rooms", 503 },
	{ "busy", 503 },
	{ "store_failed", 503 },
};

bool
api_may_push(const struct api *api, struct http_request *request,
	const struct access_caller *caller, const char *room)
{
	if (!tokens_exist(api->access.tokens))
		return request->is_local ||
		       access_refuse(request, 403, "denied",
			       "without tokens only this machine itself may push");
	if (!caller->token)
		return caller->has_shown ? access_refuse(request, 401, "bad_token",
						   "this token is not known")
					 : access_refuse(request, 401, "token_required",
						   "pushing needs a token");
	return token_may(caller->token, room) ||
	       access_refuse(request, 403, "denied", "this token is not for this room");
}

const struct permissions *
api_permissions(const struct api *api, struct http_request *request,
	const struct access_caller *caller)
{
	struct access_refusal refusal;
	const struct permissions *permissions =
		access_permissions(&api->access, request, caller, &refusal);

	if (permissions)
		return permissions;
	access_log_refused(request->conn->peer, refusal.why);
	http_respond_error(
		request, 401, "WWW-Authenticate: Bearer\r\n", refusal.code, refusal.text);
	return NULL;
}

void
api_refuse(struct http_request *request, const char *code, const char *text)
{
	int status = 400;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		if (!strcmp(code, statuses[i].code))
			status = statuses[i].status;
	http_respond_error(request, status,
		status == 503   ? "Retry-After: 5\r\n"
		: status == 401 ? "WWW-Authenticate: Bearer\r\n"
				: NULL,
		code, text);
}

/* The chat writes "type" as the first member of every object. */
bool
api_is_error(const struct frame *frame)
{
	static const char start[] = "{\"type\":\"error\",";

	return frame->len >= strlen(start) &&
	       !memcmp(frame->memory + FRAME_HEADROOM, start, strlen(start));
}

void
api_answer_fault(struct http_request *request, struct frame *fault)
{
	json_t *object =
		json_loadb((const char *)frame_bytes(fault), fault->len, 0, NULL);
	json_int_t wait_ms =
		json_integer_value(json_object_get(object, "retry_after_ms"));
	const char *code = json_string_value(json_object_get(object, "code"));
	const char *text = json_string_value(json_object_get(object, "message"));
	char headers[64];

	if (wait_ms) {
		/* Retry-After is in whole seconds (RFC 9110 section 10.2.3). */
		snprintf(headers, sizeof(headers), "Retry-After: %lld\r\n",
			(long long)(wait_ms + 999) / 1000);
		http_respond_error(request, 429, headers, code, text);
	} else {
		api_refuse(request, code, text);
	}
	json_decref(object);
}

bool
api_may_enter(struct api *api, struct http_request *request,
	const struct permissions *permissions, const char *room)
{
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
read_argument(const struct http_request *request, const char *name,
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
		!read_argument(request, "name", asked->name, &wishes->name) ||
		!read_argument(request, "since", asked->since, &wishes->since) ||
		!read_argument(request, "session", asked->token, &wishes->token) ||
		!read_argument(request, "events", events, &value)) {
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
api_rate(struct api *api, const struct http_request *request,
	const struct access_caller *caller)
{
	char key[RATE_KEY_BYTES];
	int len;

	if (!caller->token)
		return rate_find(
			api->rates, &request->conn->key, sizeof(request->conn->key));
	len = snprintf(key, sizeof(key), "token %s", caller->token->name);
	return rate_find(api->rates, key,
		(size_t)len < sizeof(key) ? (size_t)len : sizeof(key) - 1);
}

void
api_answer_text(struct http_request *request, const char *object, size_t len)
{
	struct http_response answer = { .status = 200, .type = "application/json" };
	struct buffer text = { 0 };

	buffer_append(&text, object, len);
	buffer_append(&text, "\n", 1);
	answer.body = text.bytes;
	answer.len = text.len;
	http_respond(request, &answer);
	buffer_clear(&text);
}

void
api_answer_object(struct http_request *request, json_t *object)
{
	struct buffer text = { 0 };

	json_text_append(&text, object);
	json_decref(object);
	api_answer_text(request, text.bytes, text.len);
	buffer_clear(&text);
}
