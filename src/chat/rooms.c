#include "chat/rooms.h"

#include <assert.h>
#include <stdlib.h>

#include "chat/chat_session.h"
#include "linnet/base/xalloc.h"

struct rooms *
rooms_new(size_t max_rooms)
{
	struct rooms *rooms = xcalloc(1, sizeof(*rooms));

	rooms->max_rooms = max_rooms;
	return rooms;
}

struct room *
rooms_find(struct rooms *rooms, const char *name)
{
	struct room *room;

	HASH_FIND_STR(rooms->by_name, name, room);
	return room;
}

static struct room *
rooms_add(struct rooms *rooms, const char *name)
{
	struct room *room = xcalloc(1, sizeof(*room));

	room->name = xstrdup(name);
	room->topic = xstrdup("");
	TAILQ_INIT(&room->members);
	HASH_ADD_KEYPTR(hh, rooms->by_name, room->name, strlen(room->name), room);
	return room;
}

struct room *
rooms_find_or_add(struct rooms *rooms, const char *name)
{
	struct room *room = rooms_find(rooms, name);

	if (room)
		return room;
	return rooms_is_full(rooms) ? NULL : rooms_add(rooms, name);
}

bool
rooms_is_full(const struct rooms *rooms)
{
	return HASH_COUNT(rooms->by_name) >= rooms->max_rooms;
}

struct room *
rooms_add_permanent(struct rooms *rooms, const char *name, const char *topic)
{
	struct room *room = rooms_find(rooms, name);

	if (!room)
		room = rooms_add(rooms, name);
	room->is_permanent = true;
	if (topic) {
		free(room->topic);
		room->topic = xstrdup(topic);
	}
	return room;
}

static void
rooms_free_room(struct rooms *rooms, struct room *room)
{
	assert(TAILQ_EMPTY(&room->members) && !room->attendees);
	HASH_DEL(rooms->by_name, room);
	room_state_clear(&room->state);
	free(room->name);
	free(room->topic);
	free(room);
}

void
rooms_release(struct rooms *rooms, struct room *room)
{
	if (TAILQ_EMPTY(&room->members) && !room->holds &&
		(!room->last_id || room->is_deleted) && !room->is_permanent &&
		room_state_is_empty(&room->state))
		rooms_free_room(rooms, room);
}

struct member *
rooms_member(const struct room *room, const struct session *session)
{
	struct member *member;

	TAILQ_FOREACH (member, &session->chat->members, session_link)
		if (member->room == room)
			return member;
	return NULL;
}

struct member *
rooms_enter(struct room *room, struct session *session)
{
	struct member *member = xcalloc(1, sizeof(*member));

	member->room = room;
	member->session = session;
	TAILQ_INSERT_TAIL(&room->members, member, room_link);
	TAILQ_INSERT_TAIL(&session->chat->members, member, session_link);
	session->chat->member_count++;
	return member;
}

void
rooms_leave(struct member *member)
{
	struct session *session = member->session;
	struct room *room = member->room;

	TAILQ_REMOVE(&room->members, member, room_link);
	TAILQ_REMOVE(&session->chat->members, member, session_link);
	session->chat->member_count--;
	free(member);
}

bool
rooms_attend(struct room *room, struct person *person)
{
	struct attendee *attendee;

	HASH_FIND_PTR(room->attendees, &person, attendee);
	if (!attendee) {
		attendee = xcalloc(1, sizeof(*attendee));
		attendee->person = person;
		HASH_ADD_PTR(room->attendees, person, attendee);
	}
	return ++attendee->sessions == 1;
}

bool
rooms_unattend(struct room *room, struct person *person)
{
	struct attendee *attendee;

	HASH_FIND_PTR(room->attendees, &person, attendee);
	assert(attendee && attendee->sessions > 0);
	if (--attendee->sessions > 0)
		return false;
	HASH_DEL(room->attendees, attendee);
	free(attendee);
	return true;
}

size_t
rooms_people(const struct room *room)
{
	return HASH_COUNT(room->attendees);
}

bool
rooms_wants_changes(const struct session *session)
{
	return session->wire != WIRE_WS || session->chat->wants_events;
}

static bool
rooms_is_in(const struct member *member, enum audience audience)
{
	switch (audience) {
	case AUDIENCE_NUMBERED:
		return !member->is_resuming;
	case AUDIENCE_CHANGES:
		return !member->is_resuming && rooms_wants_changes(member->session);
	case AUDIENCE_EVENTS:
		return member->is_announced && member->session->chat->wants_events;
	default:
		return member->is_announced;
	}
}

size_t
rooms_broadcast(struct room *room, struct encoded *encoded, const struct session *except,
	enum audience audience)
{
	struct member *member;
	struct frame *frame;
	size_t queued = 0;

	TAILQ_FOREACH (member, &room->members, room_link) {
		if (member->session == except || !rooms_is_in(member, audience))
			continue;
		frame = encode_frame(encoded, member->session->wire);
		if (frame && session_send(member->session, frame) == 0)
			queued++;
	}
	metrics.broadcasts += queued > 0;
	return queued;
}

void
rooms_free(struct rooms *rooms)
{
	struct room *room, *next;

	if (!rooms)
		return;
	HASH_ITER(hh, rooms->by_name, room, next)
	rooms_free_room(rooms, room);
	free(rooms);
}
