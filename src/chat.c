#include "linnet/chat.h"

#include <stdlib.h>
#include <string.h>

#include "linnet/message.h"
#include "linnet/xalloc.h"

struct chat {
	const struct config *config;
	struct hub *hub;
	uint64_t last_number;
};

struct chat *
chat_new(const struct config *config, struct hub *hub)
{
	struct chat *chat = xcalloc(1, sizeof(*chat));

	chat->config = config;
	chat->hub = hub;
	return chat;
}

uint64_t
chat_next_number(struct chat *chat)
{
	return ++chat->last_number;
}

void
chat_open(struct chat *chat, struct session *session)
{
	hub_enter(chat->hub, session);
}

void
chat_close(struct chat *chat, struct session *session)
{
	hub_leave(chat->hub, session);
}

static void
answer_error(struct session *session, const char *code, const char *text, const char *ref)
{
	struct frame *frame = message_error(code, text, ref);

	session_send(session, frame);
	frame_unref(frame);
}

static void
relay(struct chat *chat, struct session *session, const struct message *message,
	int64_t now_ms)
{
	struct message_stamp stamp = {
		.room = hub_room_name(chat->hub),
		.ts_ms = now_ms,
		.username = session->guest,
		.share_email = chat->config->chat.share_email,
		.avatar = chat->config->chat.gravatar,
	};
	struct frame *frame = message_encode(message, &stamp);

	hub_broadcast(
		chat->hub, frame, chat->config->chat.echo_to_sender ? NULL : session);
	frame_unref(frame);
}

void
chat_handle(struct chat *chat, struct session *session, const char *bytes, size_t len,
	int64_t now_ms)
{
	struct message message;
	struct message_fault fault;

	if (message_decode(&message, bytes, len, &fault) < 0) {
		answer_error(session, fault.code, fault.text, fault.ref);
		return;
	}
	if (message.room && strcmp(message.room, hub_room_name(chat->hub)) != 0)
		answer_error(session, "no_such_room", "there is no room of that name",
			message.ref);
	else
		relay(chat, session, &message, now_ms);
	message_fini(&message);
}

void
chat_free(struct chat *chat)
{
	free(chat);
}
