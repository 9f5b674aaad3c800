#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/chat/session.h"

/* What a body costs that names no session: as much as a message. */
#define READING_COST 1

/* Find the session by the token that "joined" gave. The token is in the body, in the
 * header Authorization or in the query. If everybody must log in, the header has the
 * login token instead. */
static struct session *
api_send_find_speaker(struct http_request *request, const json_t *object)
{
	struct api *api = request->context;
	const char *header = access_needs_login(&api->access)
				     ? NULL
				     : http_head_value(request->head, "authorization");
	const char *token = json_string_value(json_object_get(object, "session"));
	char argument[ACCESS_ARGUMENT_BYTES];
	const char *bearer;
	size_t len;

	if (token)
		return chat_find_session(api->chat, token);
	if (header && tokens_read_bearer(header, &bearer, &len) &&
		len < sizeof(argument)) {
		memcpy(argument, bearer, len);
		argument[len] = '\0';
		return chat_find_session(api->chat, argument);
	}
	if (http_head_query(request->head, "session", argument, sizeof(argument)) == 0)
		return chat_find_session(api->chat, argument);
	return NULL;
}

/* Send object, which is consumed, or answer with an error. What was charged for reading
 * it is given back: from here on the session pays. */
static void
api_send_object(struct http_request *request, const struct permissions *permissions,
	json_t *object)
{
	const struct access *access = &((const struct api *)request->context)->access;
	struct session *speaker = api_send_find_speaker(request, object);
	json_t *ref;

	if (!speaker || !permissions_may_be_same(permissions, speaker->permissions)) {
		json_decref(object);
		http_respond_error(request, 401, NULL, "no_such_session",
			"\"session\" must be the text that the stream gave");
		return;
	}
	ref = json_object_get(object, "ref") ? NULL : api_find_extra(request, "ref");
	if (ref)
		json_object_set_new(object, "ref", ref);
	json_object_set_new(object, "room", json_string(request->head->segments[1]));
	gate_pay_back(access->gate, access_client(access, request), NULL, READING_COST);
	api_call(request,
		&(struct chat_caller){
			.permissions = permissions,
			.speaker = speaker,
		},
		(struct chat_call){ .kind = CHAT_SEND, .object = object });
}

/* The session may be named in the body, which is no longer than a message. */
bool
api_admit_send(struct http_request *request)
{
	const struct permissions *permissions = api_permissions(request);

	permissions_unref(permissions);
	return permissions && api_check_type(request);
}

void
api_send(struct http_request *request)
{
	const struct permissions *permissions = api_permissions(request);
	json_t *object = permissions && api_may_spend(request, READING_COST)
				 ? api_read_body(request)
				 : NULL;

	if (object && !json_is_object(object)) {
		json_decref(object);
		api_refuse_body(request, "the body must be an object");
	} else if (object) {
		api_send_object(request, permissions, object);
	}
	permissions_unref(permissions);
}
