#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/hex.h"
#include "linnet/base/util.h"
#include "linnet/hooks/hooks.h"

/* Alertmanager and GitHub often send more than the limit of a message. */
#define HOOK_BYTES (1024 * 1024)

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

/* Give each of several objects its own ref. With the same ref all but the first would be
 * duplicates. */
static void
api_push_tell_refs_apart(json_t *list)
{
	char ref[HEX_SHA256_BYTES + 1];
	struct buffer text = { 0 };
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
	{
		const char *given = json_string_value(json_object_get(object, "ref"));

		if (!given || json_array_size(list) == 1)
			continue;
		text.len = 0;
		buffer_printf(&text, "%zu %s", i, given);
		hex_sha256(ref, text.bytes, text.len);
		json_object_set_new(object, "ref", json_string(ref));
	}
	buffer_clear(&text);
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

/* Mend each object in list, and add the members from headers and query. Returns what is
 * wrong, or NULL. */
static const char *
api_push_add_extras(const struct http_request *request, json_t *list)
{
	json_t *found = api_find_extras(request), *object;
	const char *why = NULL;
	size_t i;

	json_array_foreach(list, i, object)
	{
		if (json_is_object(object))
			api_add_extras(object, found);
		else
			why = "the body must be an object or an array of objects";
	}
	json_decref(found);
	api_push_tell_refs_apart(list);
	return why;
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
