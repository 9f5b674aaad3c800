/* Calls of the HTTP door: one call, one reply. */
#include "chat/commands.h"
#include "chat/moderate.h"
#include "chat/push.h"
#include "chat/reply.h"
#include "chat/requests.h"
#include "linnet/base/xalloc.h"

struct session *
chat_find_session(struct chat *chat, const char *token)
{
	struct person *person = roster_find_token(chat->roster, token);
	struct session *session = person ? TAILQ_FIRST(&person->sessions) : NULL;

	while (session && session->closed)
		session = TAILQ_NEXT(session, person_link);
	return session;
}

/* Consumes the call's object. */
static void
calls_run(struct input *input, const struct chat_call *call)
{
	int r = message_take(&input->message, call->object,
		chat_max_bytes(input->chat->config), &input->fault);

	if (r == 0 && call->kind == CHAT_ASK)
		r = command_ask(input);
	else if (r == 0 && call->kind == CHAT_SEND)
		r = command_handle(input);
	else if (r == 0)
		r = moderate_order(input, call->order);
	if (r < 0)
		reply_fault(input->asker, &input->fault);
	message_fini(&input->message);
}

struct chat_pending *
chat_call(struct chat *chat, const struct chat_caller *caller,
	const struct chat_call *call, chat_on_reply *on_reply, void *context)
{
	struct chat_pending *pending = xcalloc(1, sizeof(*pending));
	struct input input = { .chat = chat, .asker = &pending->asker };

	asker_init(&pending->asker, NULL);
	pending->asker.call = pending;
	pending->chat = chat;
	pending->on_reply = on_reply;
	pending->context = context;
	pending->count = call->kind == CHAT_PUSH ? json_array_size(call->object) : 1;
	pending->missing = pending->count;
	pending->caller = caller;
	chat->now_ms = call->now_ms;
	if (call->kind == CHAT_SEND)
		input.speaker = caller->speaker;
	if (call->kind == CHAT_PUSH) {
		push_objects(
			chat, &pending->asker, caller->name, call->object, call->is_hook);
		json_decref(call->object);
	} else {
		calls_run(&input, call);
	}
	pending->caller = NULL;
	if (pending->missing)
		return pending;
	chat_cancel(pending);
	return NULL;
}
