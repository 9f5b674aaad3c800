/* Which rooms there are and who may enter them. */
#include "chat/room_access.h"

#include <stdio.h>

#include "chat/reply.h"
#include "linnet/protocol/name.h"

/* Check whether a client with these permissions may be in the room called name. */
static const char *
room_access_room_fault(struct chat *chat, const struct permissions *permissions,
	const char *name, const char **text)
{
	static char sentence[80];
	const struct room *room = rooms_find(chat->rooms, name);
	const char *why;

	*text = permissions && permissions->is_name_fixed
			? "your token is not for this room"
			: "this room needs a token";
	if (!permissions_has_room(permissions, name, room && room->is_tail))
		return "denied";
	if (room)
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
	return rooms_is_full(chat->rooms) ? "too_many_rooms" : NULL;
}

bool
room_access_is_person(const struct permissions *permissions, const struct person *person)
{
	return permissions_is_same_person(
		permissions, TAILQ_FIRST(&person->sessions)->permissions);
}

/* As room_access_room_fault, for the person of permissions. */
static const char *
room_access_person_fault(
	struct chat *chat, const struct permissions *permissions, const char **text)
{
	const struct person *holder =
		permissions && permissions->name
			? roster_find(chat->roster, permissions->name)
			: NULL;

	*text = "you are banned";
	if (permissions && permissions->name &&
		bans_have_name(chat->bans, BAN_NAME, permissions->name))
		return "banned";
	*text = "somebody else is called that already";
	return holder && !room_access_is_person(permissions, holder) ? "name_taken"
								     : NULL;
}

const char *
room_access_home(const struct chat *chat, const struct permissions *permissions)
{
	const char *room = chat->config->chat.default_room;

	if (!permissions || !permissions->list.count ||
		permissions_has_room(permissions, room, false))
		return room;
	return permissions->list.items[0];
}

const char *
chat_entry_fault(struct chat *chat, const struct permissions *permissions,
	const char *room, const char **text)
{
	const char *code = room_access_person_fault(chat, permissions, text);

	return code ? code
		    : room_access_room_fault(chat, permissions,
			      room ? room : room_access_home(chat, permissions), text);
}

static const struct permissions *
room_access_permissions(const struct asker *asker)
{
	return asker->session ? asker->session->permissions : asker->call->permissions;
}

static const char *
room_access_own_room(const struct chat *chat, const struct asker *asker)
{
	return asker->session ? asker->session->chat->home
			      : chat->config->chat.default_room;
}

struct room *
room_access_find(struct chat *chat, const struct asker *asker, const char *name,
	bool may_add, struct message_fault *fault)
{
	const char *wanted = name ? name : room_access_own_room(chat, asker), *text;
	const char *code = room_access_room_fault(
		chat, room_access_permissions(asker), wanted, &text);
	struct room *room = code ? NULL : rooms_find(chat->rooms, wanted);

	if (room)
		return room;
	if (!code && !may_add) {
		code = "no_such_room";
		text = "there is no room of that name";
	}
	if (!code)
		return rooms_find_or_add(chat->rooms, wanted);
	message_refuse(fault, code, "%s", text);
	return NULL;
}

/* What room_access_list_room collects. */
struct room_lists {
	const struct permissions *permissions;
	json_t *rooms, *tails;
};

static void
room_access_list_room(void *context, struct room *room)
{
	struct room_lists *lists = context;

	if (!permissions_has_room(lists->permissions, room->name, room->is_tail))
		return;
	json_array_append_new(room->is_tail ? lists->tails : lists->rooms,
		json_pack("{s:s,s:s,s:I,s:I}", "room", room->name, "topic", room->topic,
			"count", (json_int_t)rooms_people(room), "last_id",
			(json_int_t)room->last_id));
}

int
room_access_do_rooms(struct chat *chat, struct asker *asker,
	const struct message *message, struct message_fault *fault)
{
	struct room_lists lists = { room_access_permissions(asker), json_array(),
		json_array() };

	(void)message;
	(void)fault;
	rooms_each(chat->rooms, room_access_list_room, &lists);
	reply_object(asker, json_pack("{s:s,s:o,s:o}", "type", "rooms", "rooms",
				    lists.rooms, "tails", lists.tails));
	return 0;
}
