/* api_private.h - shared by the HTTP doors of the chat: api.c (routes and questions),
 * api_common.c (permissions, arguments, answers), body.c (request bodies), extras.c (what
 * comes beside them), call.c (a request that the chat answers), api_push.c (pushes and
 * hooks), api_send.c (messages of a session), api_admin.c (orders of moderators), sse.c
 * (streams), longpoll.c (polls). */
#pragma once

#include <jansson.h>

#include "linnet/doors/api/api.h"
#include "linnet/protocol/message.h"

/* api_common.c */

/* True if the caller may push to room. Otherwise the request was answered. */
bool api_may_push(struct http_request *request, const struct access_caller *caller,
	const char *room);

/* The caller's permissions, for permissions_unref. NULL: the request was answered. */
const struct permissions *api_permissions(struct http_request *request);

/* True if a session with permissions can enter room. Otherwise the request was answered.
 */
bool api_may_enter(struct http_request *request, const struct permissions *permissions,
	const char *room);

/* Charge the caller for a session that opens. Otherwise the request was answered. */
bool api_may_connect(struct http_request *request);

/* Charge the caller for something that belongs to no session. Otherwise the request was
 * answered. */
bool api_may_spend(struct http_request *request, double cost);

/* The arguments of a stream or a poll. */
struct api_wishes {
	struct chat_wishes wishes; /* its texts are the members below */
	char room[ACCESS_ARGUMENT_BYTES];
	char name[ACCESS_ARGUMENT_BYTES];
	char since[ACCESS_ARGUMENT_BYTES];
	uint64_t since_id; /* the one in since */
	char token[ACCESS_ARGUMENT_BYTES];
};

/* Read the arguments of a request for a room. The caller frees them. NULL: they are
 * invalid and the request was answered. */
struct api_wishes *api_wishes_new(struct http_request *request);

/* The caller of the chat: its name and its limits are those of its token or, without one,
 * of its address. Valid until the next call. Borrows permissions. */
struct chat_caller api_caller(const struct http_request *request,
	const struct access_caller *caller, const struct permissions *permissions);

/* Answer with an error. code is one of the chat's and decides the HTTP status. */
void api_refuse(struct http_request *request, const char *code, const char *text);

/* Answer 200 with the JSON object in text. */
void api_answer_text(struct http_request *request, const struct buffer *text);

/* Answer 200 with object, which is consumed. */
void api_answer_object(struct http_request *request, json_t *object);

/* call.c */

/* Call the chat for request now, and answer it with the reply. */
void api_call(struct http_request *request, const struct chat_caller *caller,
	struct chat_call what);

/* body.c */

/* Answer 400 "bad_body" with text. */
void api_refuse_body(struct http_request *request, const char *text);

/* Returns false if the type of the body is not accepted; then the request was answered.
 * Needs only the head. */
bool api_check_type(struct http_request *request);

/* Read the body as JSON, with flags of json_loadb. NULL: it is not JSON and the request
 * was answered. */
json_t *api_read_json(struct http_request *request, size_t flags);

/* Read the body as JSON if its Content-Type says so, otherwise as text that becomes
 * {"message":TEXT}. NULL: it is neither and the request was answered. */
json_t *api_read_body(struct http_request *request);

/* extras.c */

/* What headers and query have of the members title, priority, tags, click, username,
 * message and ref; a new object, empty if there is none of them. */
json_t *api_find_extras(const struct http_request *request);

/* Only the one called member. A new value, or NULL. */
json_t *api_find_extra(const struct http_request *request, const char *member);

/* Mend those members of object, a push, and take those that it lacks from found. */
void api_add_extras(json_t *object, const json_t *found);

/* api_push.c */

bool api_admit_push(struct http_request *request);
bool api_admit_hook(struct http_request *request);
void api_push(struct http_request *request);
void api_hook(struct http_request *request);
size_t api_message_bytes(const struct config *config);
size_t api_hook_bytes(const struct config *config);

/* api_send.c */
bool api_admit_send(struct http_request *request);
void api_send(struct http_request *request);

/* api_admin.c */
bool api_admit_admin(struct http_request *request);
void api_admin(struct http_request *request);

/* sse.c */
void api_events(struct http_request *request);

/* longpoll.c */
void api_poll(struct http_request *request);
