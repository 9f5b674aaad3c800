#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doors/api/api_private.h"
#include "linnet/base/json_text.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

bool
api_may_push(struct http_request *request, const struct access_caller *caller,
	const char *room)
{
	const struct api *api = request->context;
	const struct access *access = &api->access;
	bool is_exact;

	room = chat_room_name(api->chat, room, &is_exact);
	if (tokens_exist(access->tokens))
		return access_require_token(
			       access, request, caller, "pushing needs a token") &&
		       (token_may(caller->token, room, is_exact) ||
			       access_refuse(access, request, "denied", "denied",
				       "this token is not for this room"));
	if (access_is_local(access, request))
		return true;
	http_warn_not_local(request);
	return access_refuse(access, request, "denied", "denied",
		access->config->auth.trust_loopback
			? "without tokens only this machine itself may push"
			: "pushing needs a token, and none is configured");
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
	access_note_refused_request(&api->access, request, &refusal);
	http_respond_fault(request, &refusal.fault);
	return NULL;
}

void
api_refuse(struct http_request *request, const char *code, const char *text)
{
	struct message_fault fault = { .retry_after_ms = 0 };

	message_refuse(&fault, code, "%s", text);
	http_respond_fault(request, &fault);
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
	if (!strcmp(code, "denied"))
		http_warn_not_local(request);
	api_refuse(request, code, text);
	return false;
}

bool
api_may_connect(struct http_request *request)
{
	const struct api *api = request->context;
	struct message_fault fault;

	if (access_connect(&api->access, access_client(&api->access, request), &fault) ==
		0)
		return true;
	http_respond_fault(request, &fault);
	return false;
}

bool
api_may_spend(struct http_request *request, double cost)
{
	const struct api *api = request->context;
	struct message_fault fault;

	if (access_charge(&api->access, access_client(&api->access, request), cost,
		    &fault) == 0)
		return true;
	http_respond_fault(request, &fault);
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

/* True if an argument or a header of that name says what the client has already. Browsers
 * send the header Last-Event-ID. Their polyfills cannot, and each hub has a name of its
 * own for it. Case, "-", "_" and a leading "x-" do not count. */
static bool
api_is_place(const char *name)
{
	static const char *const names[] = {
		"since",          /* Linnet, ntfy */
		"si",             /* ntfy */
		"lasteventid",    /* Yaffle's polyfill, Mercure, nchan, Pushpin */
		"evslasteventid", /* amvtek's polyfill */
		"lastevent",      /* Ably */
		"eventid",        /* nginx-push-stream-module */
	};
	char folded[16];
	size_t i, len = 0;

	if (!strncasecmp(name, "x-", 2))
		name += 2;
	for (; *name && len < sizeof(folded) - 1; name++)
		if (*name != '-' && *name != '_')
			folded[len++] = (char)tolower((unsigned char)*name);
	folded[len] = '\0';
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!*name && !strcmp(folded, names[i]))
			return true;
	return false;
}

/* Of several places the highest id of this history counts: a client that reconnects may
 * repeat the query that it began with. since is "" if none is of this history. */
static void
api_take_place(
	const struct http_request *request, struct api_wishes *asked, const char *place)
{
	const struct api *api = request->context;
	uint64_t id;

	if (!*place)
		return;
	asked->wishes.since = asked->since;
	if (!chat_read_place(api->chat, asked->room, place, &id) ||
		(*asked->since && id <= asked->since_id))
		return;
	asked->since_id = id;
	snprintf(asked->since, sizeof(asked->since), "%.*s:%" PRIu64,
		(int)strcspn(place, ":"), place, id);
}

/* Returns false if an argument is too long. */
static bool
api_read_places(const struct http_request *request, struct api_wishes *asked)
{
	const struct http_head *head = request->head;
	const char *rest = head->query, *value;
	char name[HTTP_HEAD_BYTES];
	size_t i;

	while ((value = http_query_next(&rest, name))) {
		if (!api_is_place(name))
			continue;
		if (strlen(value) >= ACCESS_ARGUMENT_BYTES)
			return false;
		api_take_place(request, asked, value);
	}
	for (i = 0; i < head->field_count; i++)
		if (api_is_place(head->fields[i].name))
			api_take_place(request, asked, head->fields[i].value);
	return true;
}

struct api_wishes *
api_wishes_new(struct http_request *request)
{
	const struct api *api = request->context;
	const char *room = chat_room_name(api->chat, request->head->segments[1], NULL);
	struct api_wishes *asked = xcalloc(1, sizeof(*asked));
	struct chat_wishes *wishes = &asked->wishes;
	char events[ACCESS_ARGUMENT_BYTES];
	const char *value;

	snprintf(asked->room, sizeof(asked->room), "%s", room);
	wishes->room = asked->room;
	if (strlen(room) >= sizeof(asked->room) ||
		!api_read_argument(request, "name", asked->name, &wishes->name) ||
		!api_read_argument(request, "session", asked->token, &wishes->token) ||
		!api_read_argument(request, "events", events, &value) ||
		!api_read_places(request, asked)) {
		free(asked);
		http_respond_error(request, 400, NULL, "bad_query",
			"a value in the query is too long");
		return NULL;
	}
	wishes->wants_events = value && !strcmp(value, "1");
	return asked;
}

struct chat_caller
api_caller(const struct http_request *request, const struct access_caller *caller,
	const struct permissions *permissions)
{
	const struct api *api = request->context;
	struct gate_client *client =
		access_client_of(&api->access, request->conn, caller->token);

	return (struct chat_caller){
		.permissions = permissions,
		.rate = gate_client_calls(client),
		.client = client,
		.name = caller->token ? caller->token->name : "push",
		.token = caller->token,
		.peer = request->conn->peer,
	};
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
