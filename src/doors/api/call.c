/* A call: a session of the chat for one request. It passes the request to the chat and
 * turns the chat's answers into the HTTP answer. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

struct call {
	struct session session;
	struct deferred deferred;
	struct api *api;
	struct http_request *request;
	enum call_kind kind;
	size_t expected;
	size_t accepted;
	size_t refused;
	struct frame *last;  /* the last answer that was not an error */
	struct frame *fault; /* the first error */
};

static struct call *
from_session(struct session *session)
{
	return container_of(session, struct call, session);
}

static void
on_wake(struct session *session)
{
	struct call *call = from_session(session);

	deferred_ask(call->api->deferred, &call->deferred);
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	(void)code;
	(void)reason;
	on_wake(session);
}

static const struct session_ops session_ops = { .wake = on_wake, .drop = on_drop };

static void
free_call(struct call *call)
{
	deferred_cancel(call->api->deferred, &call->deferred);
	chat_close(call->api->chat, &call->session);
	session_fini(&call->session);
	if (call->last)
		frame_unref(call->last);
	if (call->fault)
		frame_unref(call->fault);
	free(call);
}

static void
on_gone(void *state)
{
	free_call(state);
}

static const struct http_waiter waiter = { .on_gone = on_gone };

static void
take_answer(struct call *call, struct frame *frame)
{
	if (api_is_error(frame)) {
		call->refused++;
		if (!call->fault)
			call->fault = frame_ref(frame);
	} else {
		call->accepted++;
		if (call->last)
			frame_unref(call->last);
		call->last = frame_ref(frame);
	}
}

/* Answer where the message was stored. For several: where the last one was stored, and
 * how many were accepted. */
static void
answer_place(const struct call *call)
{
	json_t *object = json_loadb(
		(const char *)frame_bytes(call->last), call->last->len, 0, NULL);

	json_object_del(object, "type");
	if (call->expected > 1) {
		json_object_del(object, "ref");
		json_object_set_new(
			object, "count", json_integer((json_int_t)call->accepted));
	}
	api_answer_object(call->request, object);
}

static void
answer(const struct call *call)
{
	if (call->fault)
		api_answer_fault(call->request, call->fault);
	else if (call->kind == CALL_SPEAK)
		answer_place(call);
	else
		api_answer_text(call->request, (const char *)frame_bytes(call->last),
			call->last->len);
}

static void
on_deferred(struct deferred *deferred)
{
	struct call *call = container_of(deferred, struct call, deferred);
	struct frame *frame;

	while ((frame = frame_queue_peek(&call->session.queue))) {
		take_answer(call, frame);
		frame_queue_pop(&call->session.queue);
	}
	if (call->accepted + call->refused < call->expected)
		return;
	answer(call);
	free_call(call);
}

struct call *
call_new(struct api *api, struct http_request *request, enum call_kind kind,
	struct rate *rate, const struct permissions *permissions)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->api = api;
	call->request = request;
	call->kind = kind;
	call->expected = SIZE_MAX;
	call->deferred.call = on_deferred;
	/* The queue needs no limit: answers are few and are taken at the end of the turn.
	 */
	session_init(&call->session, &session_ops, "http", 0, SIZE_MAX);
	call->session.wire = WIRE_OBJECT;
	session_admit(&call->session, permissions, NULL, clock_unix_ms());
	chat_open_call(api->chat, &call->session, rate);
	http_defer(request, &waiter, call);
	return call;
}

struct session *
call_session(struct call *call)
{
	return &call->session;
}

void
call_expect(struct call *call, size_t answers)
{
	assert(answers > 0);
	call->expected = answers;
}
