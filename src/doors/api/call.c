/* An errand: a session of the chat that lives as long as one request, says what the
 * request brought and makes its answer of what it is told. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "doors/api/api_private.h"
#include "linnet/base/xalloc.h"
#include "linnet/chat/session.h"

struct errand {
	struct session session;
	struct later later;
	struct api *api;
	struct http_request *request;
	enum errand_kind kind;
	size_t expected;
	size_t accepted;
	size_t refused;
	struct frame *last;  /* of the answers that were no error */
	struct frame *fault; /* the first error */
};

static struct errand *
from_session(struct session *session)
{
	return (struct errand *)((char *)session - offsetof(struct errand, session));
}

static void
on_wake(struct session *session)
{
	struct errand *errand = from_session(session);

	later_ask(errand->api->later, &errand->later);
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
free_errand(struct errand *errand)
{
	later_cancel(errand->api->later, &errand->later);
	chat_close(errand->api->chat, &errand->session);
	session_fini(&errand->session);
	if (errand->last)
		frame_unref(errand->last);
	if (errand->fault)
		frame_unref(errand->fault);
	free(errand);
}

static void
on_gone(void *state)
{
	free_errand(state);
}

static const struct http_waiter waiter = { .on_gone = on_gone };

static void
take_answer(struct errand *errand, struct frame *frame)
{
	if (api_is_error(frame)) {
		errand->refused++;
		if (!errand->fault)
			errand->fault = frame_ref(frame);
	} else {
		errand->accepted++;
		if (errand->last)
			frame_unref(errand->last);
		errand->last = frame_ref(frame);
	}
}

/* Where what was said was put: for several, the last one, and how many. */
static void
answer_place(const struct errand *errand)
{
	json_t *object = json_loadb(
		(const char *)frame_bytes(errand->last), errand->last->len, 0, NULL);

	json_object_del(object, "type");
	if (errand->expected > 1) {
		json_object_del(object, "ref");
		json_object_set_new(
			object, "count", json_integer((json_int_t)errand->accepted));
	}
	api_answer_object(errand->request, object);
}

static void
answer(const struct errand *errand)
{
	if (errand->fault)
		api_answer_fault(errand->request, errand->fault);
	else if (errand->kind == ERRAND_SPEAK)
		answer_place(errand);
	else
		api_answer_text(errand->request, (const char *)frame_bytes(errand->last),
			errand->last->len);
}

static void
on_later(struct later *later)
{
	struct errand *errand =
		(struct errand *)((char *)later - offsetof(struct errand, later));
	struct frame *frame;

	while ((frame = frame_queue_peek(&errand->session.queue))) {
		take_answer(errand, frame);
		frame_queue_pop(&errand->session.queue);
	}
	if (errand->accepted + errand->refused < errand->expected)
		return;
	answer(errand);
	free_errand(errand);
}

struct errand *
errand_new(struct api *api, struct http_request *request, enum errand_kind kind,
	struct pace *pace, const struct grant *grant)
{
	struct errand *errand = xcalloc(1, sizeof(*errand));

	errand->api = api;
	errand->request = request;
	errand->kind = kind;
	errand->expected = SIZE_MAX;
	errand->later.call = on_later;
	/* Answers are few and are taken at the end of the turn. */
	session_init(&errand->session, &session_ops, "http", 0, SIZE_MAX);
	errand->session.wire = WIRE_OBJECT;
	session_admit(&errand->session, grant, NULL, conn_unix_ms());
	chat_open_errand(api->chat, &errand->session, pace);
	http_defer(request, &waiter, errand);
	return errand;
}

struct session *
errand_session(struct errand *errand)
{
	return &errand->session;
}

void
errand_expect(struct errand *errand, size_t answers)
{
	assert(answers > 0);
	errand->expected = answers;
}
