/* Which rooms there are and who may enter them. */
#include "chat/room_access.h"

#include <errno.h>
#include <stdio.h>

#include "chat/reply.h"
#include "linnet/auth/gate.h"
#include "linnet/protocol/name.h"

bool
room_access_has(const struct permissions *permissions, const struct room *room)
{
	return permissions_has_room(
		permissions, room->name, room->is_tail, room->is_twin);
}

bool
room_access_is_read_only(const struct room *room)
{
	return room->is_tail || room->is_read_only;
}

/* JSON Web Tokens do not count. Where everybody may chat, only the scope of log rooms is
 * that of the token's list. */
static bool
access_bears_token(const struct permissions *permissions, const struct room *room)
{
	return permissions && permissions->token &&
	       permissions_has_room(permissions, room->name, true, room->is_twin);
}

bool
room_access_may_speak(const struct input *input, const struct room *room)
{
	const struct chat_pending *call = input->asker->call;

	/* The door has checked that a program may push to this room. */
	return !room->is_read_only || !input->speaker ||
	       access_bears_token(input->speaker->permissions, room) ||
	       (call && access_bears_token(call->caller->permissions, room));
}

/* Check whether a client with these permissions may be in the room called name. */
static const char *
access_room_fault(struct chat *chat, const struct permissions *permissions,
	const char *name, const char **text)
{
	static char sentence[80];
	const struct room *room = rooms_find(chat->rooms, name);
	const char *why;

	*text = permissions && permissions->is_name_fixed
			? "your token is not for this room"
			: "this room needs a token";
	if (room ? !room_access_has(permissions, room)
		 : !permissions_has_room(permissions, name, false, false))
		return "denied";
	if (room && !rooms_is_gone(room))
		return NULL;
	why = name_room_fault(name, (size_t)chat->config->limits.room_bytes);
	if (why) {
		snprintf(sentence, sizeof(sentence), "the name of the room %s", why);
		*text = sentence;
		return "bad_room";
	}
	*text = "there is no room of that name";
	return chat->config->chat.create_rooms ? NULL : "no_such_room";
}

bool
room_access_is_person(const struct permissions *permissions, const struct person *person)
{
	return permissions_is_same_person(
		permissions, TAILQ_FIRST(&person->sessions)->permissions);
}

/* As access_room_fault, for the person of permissions. */
static const char *
access_person_fault(
	struct chat *chat, const struct permissions *permissions, const char **text)
{
	const struct person *holder;
	struct name_forms forms;

	if (!permissions || !permissions->name)
		return NULL;
	name_forms_write(&forms, permissions->name);
	*text = "you are banned";
	if (bans_have_name(chat->bans, BAN_NAME, &forms))
		return "banned";
	holder = roster_find_rival(chat->roster, permissions->name, &forms, NULL);
	*text = "somebody else is called that already";
	return holder && !room_access_is_person(permissions, holder) ? "name_taken"
								     : NULL;
}

const char *
room_access_home(const struct chat *chat, const struct permissions *permissions)
{
	const struct room *room =
		rooms_find(chat->rooms, chat->config->chat.default_room);

	if (!permissions || !permissions->list.count ||
		room_access_has(permissions, room))
		return room->name;
	return permissions->list.items[0];
}

const char *
chat_entry_fault(struct chat *chat, const struct permissions *permissions,
	const char *room, const char **text)
{
	const char *code = access_person_fault(chat, permissions, text);

	return code ? code
		    : access_room_fault(chat, permissions,
			      room ? room : room_access_home(chat, permissions), text);
}

static const struct permissions *
access_permissions(const struct input *input)
{
	return input->speaker ? input->speaker->permissions
			      : input->asker->call->caller->permissions;
}

const char *
room_access_name(const struct input *input)
{
	if (input->message.room)
		return input->message.room;
	return input->speaker ? input->speaker->chat->home
			      : input->chat->config->chat.default_room;
}

struct room *
room_access_find(struct input *input, bool may_add)
{
	struct chat *chat = input->chat;
	const char *name = room_access_name(input), *text;
	const char *code =
		access_room_fault(chat, access_permissions(input), name, &text);
	struct room *room = code ? NULL : rooms_find(chat->rooms, name);

	if (room && (may_add || !rooms_is_gone(room)))
		return room;
	if (!code && may_add)
		return rooms_find_or_add(chat->rooms, name);
	message_refuse(&input->fault, code ? code : "no_such_room", "%s",
		code ? text : "there is no room of that name");
	return NULL;
}

int
room_access_make(struct input *input, struct room *room)
{
	struct chat *chat = input->chat;
	int64_t wait_ms;

	if (room->is_made)
		return 0;
	if (!chat->config->chat.create_rooms)
		return message_refuse(
			&input->fault, "no_such_room", "there is no room of that name");
	if (rooms_is_full(chat->rooms))
		return message_refuse(&input->fault, "too_many_rooms",
			"there are too many rooms already");
	wait_ms = gate_make_room(chat->gate, reply_client(input), chat->now_ms);
	if (wait_ms) {
		message_refuse(&input->fault, "too_many_rooms",
			"you have made too many rooms, wait before you make another");
		input->fault.retry_after_ms = wait_ms;
		return -EINVAL;
	}
	rooms_make(chat->rooms, room, reply_client(input));
	return 0;
}

int
room_access_do_rooms(struct input *input)
{
	json_t *rooms = json_array(), *tails = json_array();
	struct room *room, *next;

	HASH_ITER(hh, input->chat->rooms->by_name, room, next)
	{
		if (!room->is_made || !room_access_has(access_permissions(input), room))
			continue;
		json_array_append_new(room->is_tail ? tails : rooms,
			json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:b,s:I}", "room", room->name,
				"topic", room->topic, "count",
				(json_int_t)rooms_people(room), "last_id",
				(json_int_t)room->last_id, "alarms",
				(json_int_t)room->state.standing, "metrics",
				(json_int_t)HASH_COUNT(room->state.metrics), "read_only",
				room_access_is_read_only(room), "last_ts",
				(json_int_t)room->last_ts_ms));
	}
	reply_object(input->asker, json_pack("{s:s,s:o,s:o}", "type", "rooms", "rooms",
					   rooms, "tails", tails));
	return 0;
}
