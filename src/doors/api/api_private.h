/* api_private.h - what the HTTP doors of the chat share: api.c the routes and what is
 * asked, api_common.c who may, api_admin.c what moderators order, call.c a request
 * that says something and is answered, api_push.c what programs say, sse.c
 * streams, longpoll.c long-polls. */
#pragma once

#include <jansson.h>

#include "linnet/base/frame.h"
#include "linnet/doors/api/api.h"
#include "linnet/protocol/message.h"

/* api_common.c */

/* True if the caller may push to room; otherwise the request was answered. */
bool api_may_push(const struct api *api, struct http_request *request,
	const struct access_caller *caller, const char *room);

/* What the caller may do, for permissions_unref. NULL: the request was answered. */
const struct permissions *api_permissions(const struct api *api,
	struct http_request *request, const struct access_caller *caller);

/* True if whoever has permissions can enter room; otherwise the request was answered. */
bool api_may_enter(struct api *api, struct http_request *request,
	const struct permissions *permissions, const char *room);

/* What a stream or a poll asks for. */
struct api_wishes {
	struct chat_wishes wishes; /* points to the texts below */
	char room[ACCESS_ARGUMENT_BYTES];
	char name[ACCESS_ARGUMENT_BYTES];
	char since[ACCESS_ARGUMENT_BYTES];
	char token[ACCESS_ARGUMENT_BYTES];
};

/* Read what the request for a room asks for. The caller frees it; NULL if it makes no
 * sense: the request was answered. */
struct api_wishes *api_wishes_new(struct http_request *request);

/* The rate of the caller. */
struct rate *api_rate(struct api *api, const struct http_request *request,
	const struct access_caller *caller);

/* Answer with fault, an error of the chat. */
void api_answer_fault(struct http_request *request, const struct message_fault *fault);

/* Answer by an error that the chat would give with code. */
void api_refuse(struct http_request *request, const char *code, const char *text);

/* Answer 200 with the JSON object in text. */
void api_answer_text(struct http_request *request, const struct buffer *text);

/* Answer 200 with object, which is consumed. */
void api_answer_object(struct http_request *request, json_t *object);

/* call.c */

/* Call the chat for request, and answer it with the reply. */
void api_call(struct http_request *request, const struct chat_caller *caller,
	const struct chat_call *what);

/* body.c: what programs send */

bool api_is_json(const struct http_request *request);

/* Answer that the body is no good. */
void api_refuse_body(struct http_request *request, const char *text);

/* The body as JSON, read with flags of json_loads(3); NULL: it is none, and the request
 * was answered. */
json_t *api_read_json(struct http_request *request, size_t flags);

/* The body as {"message":TEXT}; NULL as above. A line feed at its end is what "echo" puts
 * there. */
json_t *api_read_text(struct http_request *request);

/* Set the member name of object to what the request says in a header or an argument,
 * where the body does not say it itself. Returns why that is no good, or NULL. */
const char *api_add_extra(
	const struct http_request *request, json_t *object, const char *name);

/* api_push.c */

void api_push(struct http_request *request);
void api_hook(struct http_request *request);
size_t api_message_bytes(const struct config *config);
size_t api_hook_bytes(const struct config *config);

/* api_send.c */
void api_send(struct http_request *request);

/* api_admin.c */
void api_admin(struct http_request *request);

/* sse.c */
void api_events(struct http_request *request);

/* longpoll.c */
void api_poll(struct http_request *request);
