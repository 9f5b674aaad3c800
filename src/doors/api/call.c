/* A call of the chat for one request, which is answered with the reply. */
#include <stdlib.h>

#include "doors/api/api_private.h"
#include "linnet/base/metrics.h"
#include "linnet/base/xalloc.h"

struct call {
	struct http_request *request;
	struct chat_pending *pending;
};

/* Where the objects of the call were put. */
static json_t *
call_place_of(const struct chat_ack *ack)
{
	json_t *place = json_object();

	if (ack->ref && ack->count == 1)
		json_object_set_new(place, "ref", json_string(ack->ref));
	if (!ack->room)
		return place;
	json_object_set_new(place, "room", json_string(ack->room));
	if (ack->id)
		json_object_set_new(place, "id", json_integer((json_int_t)ack->id));
	json_object_set_new(place, "epoch", json_string(ack->epoch));
	json_object_set_new(place, "delivered", json_integer((json_int_t)ack->delivered));
	if (ack->is_duplicate)
		json_object_set_new(place, "duplicate", json_true());
	if (ack->count > 1)
		json_object_set_new(place, "count", json_integer((json_int_t)ack->count));
	return place;
}

static void
call_on_reply(void *context, const struct chat_reply *reply)
{
	struct call *call = context;

	metrics.sent[TRANSPORT_HTTP]++;
	if (reply->kind == CHAT_FAULT)
		api_answer_fault(call->request, reply->fault);
	else if (reply->kind == CHAT_ACK)
		api_answer_object(call->request, call_place_of(reply->ack));
	else
		api_answer_text(call->request, encode_json(reply->object));
	free(call);
}

static void
call_on_gone(void *state)
{
	struct call *call = state;

	chat_cancel(call->pending);
	free(call);
}

static const struct http_waiter waiter = { .on_gone = call_on_gone };

void
api_call(struct http_request *request, const struct chat_caller *caller,
	const struct chat_call *what)
{
	const struct api *api = request->context;
	struct call *call = xcalloc(1, sizeof(*call));
	struct chat_pending *pending;

	call->request = request;
	pending = chat_call(api->chat, caller, what, call_on_reply, call);
	if (!pending)
		return; /* and call is freed */
	call->pending = pending;
	http_defer(request, &waiter, call);
}
