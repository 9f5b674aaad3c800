#include <stdio.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/hex.h"
#include "linnet/base/util.h"
#include "linnet/hooks/hooks.h"
#include "linnet/protocol/name.h"

/* Alertmanager and GitHub often send more than the limit of a message. */
#define HOOK_BYTES (1024 * 1024)

#define TAGS_MAX 16
#define TAG_BYTES 64

/* Members of a push that may come in headers or the query. */
static const char *const extras[] = { "title", "priority", "tags", "click", "username",
	"ref" };

size_t
api_message_bytes(const struct config *config)
{
	return (size_t)config->limits.message_bytes;
}

size_t
api_hook_bytes(const struct config *config)
{
	size_t bytes = api_message_bytes(config);

	return bytes > HOOK_BYTES ? bytes : HOOK_BYTES;
}

static bool
api_push_is_line(const json_t *value, size_t max_bytes)
{
	return json_is_string(value) && json_string_length(value) <= max_bytes &&
	       name_is_line(json_string_value(value));
}

static bool
api_push_are_tags(const json_t *tags)
{
	const json_t *tag;
	size_t i;

	if (!json_is_array(tags) || json_array_size(tags) > TAGS_MAX)
		return false;
	for (i = 0; (tag = json_array_get(tags, i)); i++)
		if (!json_string_length(tag) || !api_push_is_line(tag, TAG_BYTES))
			return false;
	return true;
}

static const char *
api_push_find_fault(const json_t *object)
{
	const json_t *tags = json_object_get(object, "tags");
	const json_t *priority = json_object_get(object, "priority");
	const json_t *title = json_object_get(object, "title");
	const json_t *click = json_object_get(object, "click");
	const char *url = json_string_value(click);

	if (priority && (!json_is_integer(priority) || json_integer_value(priority) < 1 ||
				json_integer_value(priority) > 5))
		return "\"priority\" must be a number from 1 to 5";
	if (title && !api_push_is_line(title, 256))
		return "\"title\" must be a line of up to 256 bytes";
	if (tags && !api_push_are_tags(tags))
		return "\"tags\" must be up to 16 words of up to 64 bytes";
	if (click && (!api_push_is_line(click, 2048) ||
			     (strncasecmp(url, "http://", 7) != 0 &&
				     strncasecmp(url, "https://", 8) != 0)))
		return "\"click\" must be an address that begins with http:// or "
		       "https://";
	return NULL;
}

/* Give each of several objects its own ref. With the same ref all but the first would be
 * duplicates. */
static void
api_push_tell_refs_apart(json_t *list)
{
	char text[ACCESS_ARGUMENT_BYTES + 24], ref[HEX_SHA256_BYTES + 1];
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		const char *given = json_string_value(json_object_get(object, "ref"));

		if (!given || json_array_size(list) == 1)
			continue;
		snprintf(text, sizeof(text), "%zu %s", i, given);
		hex_sha256(ref, text, strlen(text));
		json_object_set_new(object, "ref", json_string(ref));
	}
}

/* Returns what is wrong, or NULL. Only metrics are frequent enough to come in arrays. */
static const char *
api_push_check_all(json_t *list)
{
	bool are_metrics = true;
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		const char *type = json_string_value(json_object_get(object, "type"));
		const char *why = api_push_find_fault(object);

		if (why)
			return why;
		are_metrics &= type && !strcmp(type, "metric");
	}
	if (i == 0)
		return "the array is empty";
	return i == 1 || are_metrics ? NULL : "only metrics may come in an array";
}

/* Push the objects in list, which is consumed; at least one. */
static void
api_push_all(struct http_request *request, const struct access_caller *caller,
	const char *room, json_t *list, bool is_hook)
{
	/* The caller may push to this room, and no object names another one. */
	const struct chat_caller program =
		api_caller(request, caller, &permissions_of_all);
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		json_object_set_new(object, "room", json_string(room));
	}
	api_call(request, &program,
		(struct chat_call){
			.kind = CHAT_PUSH,
			.is_hook = is_hook,
			.object = list,
		});
}

/* Add the members from headers and query to each object in list. Returns what is wrong,
 * or NULL. */
static const char *
api_push_add_extras(const struct http_request *request, json_t *list)
{
	const char *why = NULL;
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		if (!json_is_object(object))
			return "the body must be an object or an array of objects";
		for (size_t k = 0; !why && k < ARRAY_SIZE(extras); k++)
			why = api_add_extra(request, object, extras[k]);
		if (why)
			return why;
	}
	api_push_tell_refs_apart(list);
	return NULL;
}

/* Answer that why is wrong with list, which is freed. */
static void
api_push_refuse(struct http_request *request, json_t *list, const char *why)
{
	json_decref(list);
	http_respond_error(request, 400, NULL, "bad_field", why);
}

bool
api_admit_push(struct http_request *request)
{
	const struct api *api = request->context;
	struct access_caller caller = access_caller_of(&api->access, request);

	return api_may_push(request, &caller, request->head->segments[1]) &&
	       api_check_type(request);
}

void
api_push(struct http_request *request)
{
	const struct api *api = request->context;
	const char *room = request->head->segments[1], *why;
	struct access_caller caller = access_caller_of(&api->access, request);
	json_t *list = api_read_body(request);

	if (!list)
		return;
	if (!json_is_array(list))
		list = json_pack("[o]", list);
	why = api_push_add_extras(request, list);
	if (!why)
		why = api_push_check_all(list);
	if (why)
		api_push_refuse(request, list, why);
	else
		api_push_all(request, &caller, room, list, false);
}

/* Convert the body of a hook to pushes. NULL: the request was answered. */
static json_t *
api_push_convert(struct http_request *request, enum hook_kind kind)
{
	json_t *body = api_read_json(request, JSON_DECODE_ANY), *list;
	const char *header = hook_event_header(kind);
	struct message_fault fault;

	if (!body)
		return NULL;
	list = hook_convert(kind, header ? http_head_value(request->head, header) : NULL,
		body,
		api_message_bytes(((const struct api *)request->context)->access.config),
		&fault);
	json_decref(body);
	if (!list)
		http_respond_error(request, 400, NULL, fault.code, fault.text);
	return list;
}

bool
api_admit_hook(struct http_request *request)
{
	const struct api *api = request->context;
	struct access_caller caller = access_caller_of(&api->access, request);

	if (hook_find(request->head->segments[1]) != HOOK_UNKNOWN)
		return api_may_push(request, &caller, request->head->segments[2]) &&
		       api_check_type(request);
	http_respond_error(request, 404, NULL, "no_such_hook",
		"the hooks are alertmanager, grafana, github, gitea, gitlab, "
		"kuma, sentry and generic");
	return false;
}

/* True if the body is signed, or the token of caller does not ask for that. Otherwise the
 * request was answered. */
static bool
api_push_is_signed(struct http_request *request, const struct access_caller *caller,
	enum hook_kind kind)
{
	const struct access *access = &((const struct api *)request->context)->access;
	const char *secret = caller->token ? caller->token->hook_secret : NULL;
	const char *header = hook_signature_header(kind);

	if (!secret ||
		(header && hook_is_signed(kind, http_head_value(request->head, header),
				   request->body.bytes, request->body.len, secret)))
		return true;
	return access_refuse(access, request, "bad_signature", "bad_signature",
		header ? "the signature of the webhook is missing or wrong"
		       : "webhooks of this kind have no signature, and this token "
			 "demands one");
}

void
api_hook(struct http_request *request)
{
	const struct api *api = request->context;
	enum hook_kind kind = hook_find(request->head->segments[1]);
	const char *room = request->head->segments[2], *why;
	struct access_caller caller = access_caller_of(&api->access, request);
	json_t *list;

	if (!api_push_is_signed(request, &caller, kind))
		return;
	list = api_push_convert(request, kind);
	if (!list)
		return;
	why = api_push_add_extras(request, list);
	if (why) {
		api_push_refuse(request, list, why);
	} else if (json_array_size(list)) {
		api_push_all(request, &caller, room, list, true);
	} else {
		/* The hook had nothing to show. */
		json_decref(list);
		api_answer_object(request, json_pack("{s:s,s:i,s:i}", "room",
						   chat_room_name(api->chat, room, NULL),
						   "count", 0, "delivered", 0));
	}
}
