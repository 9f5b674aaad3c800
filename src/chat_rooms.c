/* Which rooms there are, and who may go where. */
#include <stdio.h>

#include "chat_private.h"
#include "linnet/name.h"

const char *
chat_room_fault(
	struct chat *chat, const char *name, bool may_read_tails, const char **text)
{
	static char sentence[80];
	const struct room *room = name ? hub_find(chat->hub, name) : NULL;
	const char *why;

	*text = "this room needs a token";
	if (room && room->is_tail && !may_read_tails)
		return "denied";
	if (!name || room)
		return NULL;
	why = name_room_fault(name, (size_t)chat->config->limits.room_bytes);
	if (why) {
		snprintf(sentence, sizeof(sentence), "the name of the room %s", why);
		*text = sentence;
		return "bad_room";
	}
	*text = "there is no room of that name";
	if (!chat->config->chat.create_rooms)
		return "no_such_room";
	*text = "there are too many rooms already";
	return hub_is_full(chat->hub) ? "too_many_rooms" : NULL;
}

struct room *
chat_room_of(struct chat *chat, const struct session *session, const char *name,
	bool may_add, struct message_fault *fault)
{
	const char *wanted = name ? name : session->home, *text;
	const char *code = chat_room_fault(chat, wanted, session->may_read_tails, &text);
	struct room *room = code ? NULL : hub_find(chat->hub, wanted);

	if (room)
		return room;
	if (!code && !may_add) {
		code = "no_such_room";
		text = "there is no room of that name";
	}
	if (!code)
		return hub_find_or_add(chat->hub, wanted);
	message_refuse(fault, code, "%s", text);
	return NULL;
}

/* Where list_room puts what it finds. */
struct room_lists {
	json_t *rooms, *tails;
};

static void
list_room(void *context, struct room *room)
{
	struct room_lists *lists = context;

	json_array_append_new(room->is_tail ? lists->tails : lists->rooms,
		json_pack("{s:s,s:s,s:I,s:I}", "room", room->name, "topic", room->topic,
			"count", (json_int_t)hub_people(room), "last_id",
			(json_int_t)room->last_id));
}

int
chat_do_rooms(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct room_lists lists = { json_array(), json_array() };

	(void)message;
	(void)fault;
	hub_each(chat->hub, list_room, &lists);
	if (!session->may_read_tails)
		json_array_clear(lists.tails);
	chat_answer(session, json_pack("{s:s,s:o,s:o}", "type", "rooms", "rooms",
				     lists.rooms, "tails", lists.tails));
	return 0;
}
