/* Timed work. */
#include "chat/ban_store.h"
#include "chat/metric.h"
#include "chat/reply.h"

/* Close sessions whose token has expired. */
static void
tick_end_sessions(struct chat *chat)
{
	struct message_fault fault = { .code = NULL };
	const struct chat_session *own;

	message_refuse(&fault, "token_expired", "your token has expired");
	TAILQ_FOREACH (own, &chat->sessions, link) {
		struct session *session = own->asker.session;

		if (session->closed ||
			!permissions_is_over(session->permissions, chat->now_ms))
			continue;
		reply_fault(&session->chat->asker, &fault);
		session_close(session, CLOSE_POLICY, "token expired");
	}
}

void
chat_tick(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	metric_send_due(chat, now_ms);
	ban_store_end(chat);
	tick_end_sessions(chat);
}

void
chat_prune(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	ban_store_end(chat);
	metric_forget(chat);
	store_prune(chat->store, now_ms);
}
