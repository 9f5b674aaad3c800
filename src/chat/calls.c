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

static int
calls_run(struct chat *chat, struct asker *asker, const struct chat_caller *caller,
	const struct chat_call *call, const struct message *message,
	struct message_fault *fault)
{
	switch (call->kind) {
	case CHAT_ASK:
		return command_ask(chat, asker, message, fault);
	case CHAT_SEND:
		return command_send(chat, asker, caller->speaker, message, fault);
	default:
		return moderate_order(chat, asker, caller, call->order, message, fault);
	}
}

/* Consumes the call's object. */
static void
calls_run_one(struct chat *chat, struct asker *asker, const struct chat_caller *caller,
	const struct chat_call *call)
{
	struct message message;
	struct message_fault fault;

	if (message_take(&message, call->object, &fault) < 0) {
		reply_fault(asker, &fault);
		return;
	}
	if (calls_run(chat, asker, caller, call, &message, &fault) < 0)
		reply_fault(asker, &fault);
	message_fini(&message);
}

struct chat_pending *
chat_call(struct chat *chat, const struct chat_caller *caller,
	const struct chat_call *call, chat_on_reply *on_reply, void *context)
{
	struct chat_pending *pending = xcalloc(1, sizeof(*pending));

	asker_init(&pending->asker, NULL);
	pending->asker.call = pending;
	pending->chat = chat;
	pending->on_reply = on_reply;
	pending->context = context;
	pending->count = call->kind == CHAT_PUSH ? json_array_size(call->object) : 1;
	pending->missing = pending->count;
	pending->permissions = caller->permissions;
	pending->rate =
		call->kind == CHAT_SEND ? &caller->speaker->chat->rate : caller->rate;
	pending->is_held = true;
	chat->now_ms = call->now_ms;
	if (call->kind == CHAT_PUSH) {
		push_objects(
			chat, &pending->asker, caller->name, call->object, call->is_hook);
		json_decref(call->object);
	} else {
		calls_run_one(chat, &pending->asker, caller, call);
	}
	pending->is_held = false;
	pending->permissions = NULL;
	pending->rate = NULL;
	if (pending->missing)
		return pending;
	reply_forget_call(pending);
	return NULL;
}

void
chat_cancel(struct chat_pending *pending)
{
	reply_forget_call(pending);
}
