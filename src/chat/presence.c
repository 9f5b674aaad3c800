#include "chat/presence.h"

#include <errno.h>

#include "chat/attendance.h"
#include "chat/naming.h"
#include "chat/reply.h"
#include "chat/room_access.h"

struct member *
presence_enter(struct chat *chat, struct session *session, struct room *room)
{
	struct member *member = rooms_enter(room, session);

	if (session->person) {
		naming_prepare(chat, session);
		attendance_arrive(chat, room, session);
	}
	return member;
}

void
presence_leave(struct chat *chat, struct member *member, const struct session *except)
{
	struct session *session = member->session;
	struct room *room = member->room;

	if (session->person)
		attendance_go(chat, room, session->person, session->wire,
			except ? except->person : NULL);
	rooms_leave(member);
	rooms_release(chat->rooms, room);
}

void
presence_depart(struct chat *chat, struct session *session)
{
	struct member *member;

	while ((member = TAILQ_FIRST(&session->chat->members)))
		presence_leave(chat, member, session);
	if (session->person)
		naming_depart(chat, session);
}

static struct member *
presence_member_of(struct input *input)
{
	struct room *room = room_access_find(input, false);
	struct member *member = room ? rooms_member(room, input->speaker) : NULL;

	if (room && !member)
		message_refuse(&input->fault, "not_joined", "you are not in this room");
	return member;
}

int
presence_do_leave(struct input *input)
{
	struct member *member = presence_member_of(input);

	if (!member)
		return -EINVAL;
	presence_leave(input->chat, member, NULL);
	return 0;
}

int
presence_do_typing(struct input *input)
{
	struct member *member = presence_member_of(input);
	struct encoded encoded;

	if (!member)
		return -EINVAL;
	attendance_show(input->chat, member->room, input->speaker);
	encode_object(&encoded,
		json_pack("{s:s,s:s,s:s}", "type", "typing", "room", member->room->name,
			"username", input->speaker->person->name));
	rooms_broadcast(member->room, &encoded, input->speaker, AUDIENCE_EVENTS);
	encode_fini(&encoded);
	reply_ack(input->asker, &(struct chat_ack){ .ref = NULL });
	return 0;
}

int
presence_do_who(struct input *input)
{
	struct room *room = room_access_find(input, false);
	const struct buffer *users;

	if (!room)
		return -EINVAL;
	users = rooms_list_users(room);
	reply_object(input->asker,
		json_pack("{s:s,s:s,s:o,s:I}", "type", "who", "room", room->name, "users",
			json_loadb(users->bytes, users->len, 0, NULL), "count",
			(json_int_t)rooms_people(room)));
	return 0;
}
