/* What is due by now. */
#include "chat_private.h"

/* Its token is not good any more. */
static void
end_session(struct session *session)
{
	bool is_revoked = grant_is_revoked(session->grant);
	struct message_fault fault = { .code = NULL };

	if (is_revoked)
		message_refuse(
			&fault, "token_revoked", "your token is not good any more");
	else
		message_refuse(&fault, "token_expired", "your token has expired");
	chat_answer_fault(session, &fault);
	session_close(
		session, CLOSE_POLICY, is_revoked ? "token revoked" : "token expired");
}

static void
end_sessions(struct chat *chat)
{
	struct session *session;

	TAILQ_FOREACH (session, &chat->sessions, chat_link)
		if (!session->closing && grant_is_over(session->grant, chat->now_ms))
			end_session(session);
}

void
chat_tick(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	chat_send_due_metrics(chat, now_ms);
	chat_end_bans(chat);
	end_sessions(chat);
}

void
chat_prune(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	chat_end_bans(chat);
	chat_forget_metrics(chat);
	store_prune(chat->store, now_ms);
}
