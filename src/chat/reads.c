#include "chat/chat_private.h"

/* Maximum size of the members that the server adds to a message. */
#define ENVELOPE_BYTES 1024

size_t
chat_read_room(const struct chat *chat, const struct session *session)
{
	size_t message = (size_t)chat->config->limits.message_bytes + ENVELOPE_BYTES;

	/* An empty queue accepts anything. */
	return session->queue_max_bytes < 4 * message ? 0 : session->queue_max_bytes / 8;
}

static void
reads_stall(struct chat *chat, struct session *session)
{
	if (session->is_stalled)
		return;
	session->is_stalled = true;
	TAILQ_INSERT_TAIL(&chat->stalled, session, stalled_link);
}

void
chat_read_next(struct chat *chat, struct session *session)
{
	struct request *request = STAILQ_FIRST(&session->waiting);

	if (!request || session->reading || session->closing ||
		session->queue.bytes > chat_read_room(chat, session))
		return;
	if (request->start(chat, request) < 0) {
		reads_stall(chat, session);
		return;
	}
	STAILQ_REMOVE_HEAD(&session->waiting, waiting_link);
	session->waiting_count--;
	chat->asked++;
	session->reading = request;
}

void
chat_read_stalled(struct chat *chat)
{
	struct session *session;

	while ((session = TAILQ_FIRST(&chat->stalled))) {
		TAILQ_REMOVE(&chat->stalled, session, stalled_link);
		session->is_stalled = false;
		chat_read_next(chat, session);
		if (session->is_stalled)
			return;
	}
}

struct request *
chat_read_add(struct chat *chat, struct session *session, struct room *room,
	const char *ref, read_starter *start, on_page *callback)
{
	struct request *request = chat_request(chat, session, room, ref);

	request->start = start;
	request->on_page = callback;
	STAILQ_INSERT_TAIL(&session->waiting, request, waiting_link);
	session->waiting_count++;
	return request;
}
