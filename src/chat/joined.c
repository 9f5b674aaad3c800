#include "chat/joined.h"

#include <string.h>

#include "chat/reply.h"
#include "chat/room_access.h"
#include "linnet/base/json_text.h"

static json_t *
joined_list_limits(const struct config *config)
{
	return json_pack("{s:i,s:f,s:i,s:i,s:i,s:i}", "message_bytes",
		config->limits.message_bytes, "message_rate", config->limits.message_rate,
		"message_burst", config->limits.message_burst, "name_bytes",
		config->limits.name_bytes, "room_bytes", config->limits.room_bytes,
		"rooms_per_session", config->chat.rooms_per_session);
}

/* Send "joined": start, the list of people and rest. The list may be long, so it is put
 * in as the text that the room keeps. */
static void
joined_send_list(struct member *member, json_t *start, json_t *rest, const char *epoch)
{
	const struct buffer *users = rooms_list_users(member->room);
	static const char key[] = ",\"users\":";
	struct buffer text = { 0 }, end = { 0 };

	json_text_append(&text, start);
	json_text_append(&end, rest);
	text.len--; /* its } */
	buffer_append(&text, key, strlen(key));
	buffer_append(&text, users->bytes, users->len);
	buffer_append(&text, ",", 1);
	buffer_append(&text, end.bytes + 1, end.len - 1);
	buffer_clear(&end);
	reply_text_at(member->session, &text, epoch, member->cursor);
}

void
joined_send(struct chat *chat, struct member *member, bool recovered, const char *ref)
{
	struct session *session = member->session;
	struct room *room = member->room;
	const char *epoch = store_epoch(requests_store(chat, room), room->name);
	bool is_greeting = wire_is_line(session->wire) && !session->chat->is_greeted;
	char token[CHAT_TOKEN_BYTES + 1];
	json_t *you = NULL, *start, *rest;

	if (session->person) {
		chat_give_token(chat, session, token);
		you = json_pack(
			"{s:s,s:s}", "username", session->person->name, "session", token);
	}
	session->chat->is_greeted |= is_greeting;
	start = json_pack("{s:s,s:s,s:s,s:I,s:b,s:s,s:o*,s:o*}", "type", "joined", "room",
		room->name, "epoch", epoch, "last_id", (json_int_t)room->last_id,
		"recovered", recovered, "topic", room->topic, "read_only",
		room_access_is_read_only(room) ? json_true() : NULL, "you", you);
	rest = json_pack("{s:I,s:s,s:o,s:s*,s:o*}", "count",
		(json_int_t)rooms_people(room), "server", "linnet/" LINNET_VERSION,
		"limits", joined_list_limits(chat->config), "ref",
		ref && *ref ? ref : NULL, "greeting", is_greeting ? json_true() : NULL);
	rooms_renumber(member);
	if (wire_is_line(session->wire)) {
		json_object_update(start, rest);
		reply_object_at(session, json_incref(start), epoch, member->cursor);
	} else {
		joined_send_list(member, start, rest, epoch);
	}
	json_decref(start);
	json_decref(rest);
}
