/* A call of the chat for one request, which is answered with the reply. */
#include <stdlib.h>

#include "doors/api/api_private.h"
#include "linnet/base/clock.h"
#include "linnet/base/metrics.h"
#include "linnet/base/xalloc.h"

struct call {
	struct http_request *request;
	struct chat_pending *pending;
};

static json_t *
call_number_or_null(uint64_t number, uint64_t least)
{
	return number < least ? NULL : json_integer((json_int_t)number);
}

/* Where the objects of the call were put. */
static json_t *
call_place_of(const struct chat_ack *ack)
{
	const char *ref = ack->count == 1 ? ack->ref : NULL;

	if (!ack->room)
		return json_pack("{s:s*}", "ref", ref);
	return json_pack("{s:s*,s:s,s:o*,s:s,s:I,s:o*,s:o*}", "ref", ref, "room",
		ack->room, "id", call_number_or_null(ack->id, 1), "epoch", ack->epoch,
		"delivered", (json_int_t)ack->delivered, "duplicate",
		ack->is_duplicate ? json_true() : NULL, "count",
		call_number_or_null(ack->count, 2));
}

static void
call_on_reply(void *context, const struct chat_reply *reply)
{
	struct call *call = context;

	metrics.sent[TRANSPORT_HTTP]++;
	if (reply->kind == CHAT_FAULT)
		http_respond_fault(call->request, reply->fault);
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
	struct chat_call what)
{
	const struct api *api = request->context;
	struct call *call = xcalloc(1, sizeof(*call));
	struct chat_pending *pending;

	call->request = request;
	what.now_ms = clock_unix_ms();
	pending = chat_call(api->chat, caller, &what, call_on_reply, call);
	if (!pending)
		return; /* and call is freed */
	call->pending = pending;
	http_defer(request, &waiter, call);
}
