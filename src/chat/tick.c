/* Timed work. */
#include "chat/chat_private.h"

/* Close sessions whose token has expired. */
static void
tick_end_sessions(struct chat *chat)
{
	struct message_fault fault = { .code = NULL };
	struct session *session;

	message_refuse(&fault, "token_expired", "your token has expired");
	TAILQ_FOREACH (session, &chat->sessions, chat_link) {
		if (session->closing ||
			!permissions_is_over(session->permissions, chat->now_ms))
			continue;
		chat_answer_fault(session, &fault);
		session_close(session, CLOSE_POLICY, "token expired");
	}
}

void
chat_tick(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	chat_send_due_metrics(chat, now_ms);
	chat_end_bans(chat);
	tick_end_sessions(chat);
}

void
chat_prune(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	chat_end_bans(chat);
	chat_forget_metrics(chat);
	store_prune(chat->store, now_ms);
}
