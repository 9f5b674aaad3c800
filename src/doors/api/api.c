#include "linnet/doors/api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/util.h"

/* Copy the argument name, a whole number, to object if it is there. Returns false if it
 * is invalid: object was freed and the request was answered. */
static bool
api_take_number(struct http_request *request, json_t *object, const char *name)
{
	char text[24];
	int r = http_head_query(request->head, name, text, sizeof(text));

	if (r == -ENOENT)
		return true;
	if (r == 0 && *text && strlen(text) < 19 &&
		strspn(text, "0123456789") == strlen(text)) {
		json_object_set_new(object, name, json_integer(strtoll(text, NULL, 10)));
		return true;
	}
	json_decref(object);
	http_respond_error(request, 400, NULL, "bad_query",
		"an argument that must be a whole number is none");
	return false;
}

/* Copy the argument name, a text, to object if it is there. Returns false if it is too
 * long: object was freed and the request was answered. */
static bool
api_take_text(struct http_request *request, json_t *object, const char *name)
{
	char text[ACCESS_ARGUMENT_BYTES];
	int r = http_head_query(request->head, name, text, sizeof(text));

	if (r == 0)
		json_object_set_new(object, name, json_string(text));
	if (r != -E2BIG)
		return true;
	json_decref(object);
	http_respond_error(
		request, 400, NULL, "bad_query", "a value in the query is too long");
	return false;
}

/* Ask the chat for object, which is consumed. */
static void
api_ask(struct http_request *request, json_t *object)
{
	struct api *api = request->context;
	struct access_caller caller = access_caller_of(&api->access, request);
	const struct permissions *permissions = api_permissions(request);

	if (permissions) {
		const struct chat_caller asker =
			api_caller(request, &caller, permissions);

		api_call(request, &asker,
			(struct chat_call){ .kind = CHAT_ASK, .object = object });
	} else {
		json_decref(object);
	}
	permissions_unref(permissions);
}

static json_t *
api_ask_for(const struct http_request *request, const char *type)
{
	return json_pack("{s:s,s:s}", "type", type, "room", request->head->segments[1]);
}

static void
api_on_history(struct http_request *request)
{
	json_t *object = api_ask_for(request, "history");

	if (api_take_number(request, object, "before") &&
		api_take_number(request, object, "after") &&
		api_take_number(request, object, "limit"))
		api_ask(request, object);
}

static void
api_on_search(struct http_request *request)
{
	json_t *object = api_ask_for(request, "search");

	if (api_take_text(request, object, "q") &&
		api_take_number(request, object, "before") &&
		api_take_number(request, object, "limit"))
		api_ask(request, object);
}

static void
api_on_metric(struct http_request *request)
{
	json_t *object = api_ask_for(request, "metric");

	if (api_take_text(request, object, "name") &&
		api_take_text(request, object, "range"))
		api_ask(request, object);
}

static void
api_on_rooms(struct http_request *request)
{
	api_ask(request, json_pack("{s:s}", "type", "rooms"));
}

static void
api_on_who(struct http_request *request)
{
	api_ask(request, api_ask_for(request, "who"));
}

static const struct http_route rows[] = {
	{ "push", 2, HTTP_POST | HTTP_PUT, api_message_bytes, api_admit_push, api_push,
		false },
	{ "hooks", 3, HTTP_POST, api_hook_bytes, api_admit_hook, api_hook, false },
	{ "send", 2, HTTP_POST, api_message_bytes, api_admit_send, api_send, false },
	{ "events", 2, HTTP_GET, NULL, NULL, api_events, false },
	{ "poll", 2, HTTP_GET, NULL, NULL, api_poll, false },
	{ "history", 2, HTTP_GET | HTTP_HEAD, NULL, NULL, api_on_history, false },
	{ "search", 2, HTTP_GET | HTTP_HEAD, NULL, NULL, api_on_search, false },
	{ "metric", 2, HTTP_GET | HTTP_HEAD, NULL, NULL, api_on_metric, false },
	{ "admin", 2, HTTP_GET | HTTP_POST, api_message_bytes, api_admit_admin, api_admin,
		false },
	{ "who", 2, HTTP_GET | HTTP_HEAD, NULL, NULL, api_on_who, false },
	{ "rooms", 1, HTTP_GET | HTTP_HEAD, NULL, NULL, api_on_rooms, false },
};

void
api_init(struct api *api, const struct access *access, struct chat *chat,
	struct deferred_list *deferred)
{
	*api = (struct api){
		.access = *access,
		.chat = chat,
		.deferred = deferred,
		.away = conn_limit_new((unsigned)access->config->limits.per_address),
		.routes = { .rows = rows, .count = ARRAY_SIZE(rows), .context = api },
	};
}

void
api_reload(struct api *api)
{
	conn_limit_set_max(api->away, (unsigned)api->access.config->limits.per_address);
}

void
api_fini(struct api *api)
{
	api_forget_polls(api, INT64_MAX);
	conn_limit_free(api->away);
}
