#include "chat/rooms.h"

#include <assert.h>
#include <stdlib.h>

#include "linnet/base/xalloc.h"

struct hub {
	size_t max_rooms;
	struct room *rooms;
};

struct hub *
hub_new(size_t max_rooms)
{
	struct hub *hub = xcalloc(1, sizeof(*hub));

	hub->max_rooms = max_rooms;
	return hub;
}

struct room *
hub_find(struct hub *hub, const char *name)
{
	struct room *room;

	HASH_FIND_STR(hub->rooms, name, room);
	return room;
}

static struct room *
add(struct hub *hub, const char *name)
{
	struct room *room = xcalloc(1, sizeof(*room));

	room->name = xstrdup(name);
	room->topic = xstrdup("");
	TAILQ_INIT(&room->members);
	HASH_ADD_KEYPTR(hh, hub->rooms, room->name, strlen(room->name), room);
	return room;
}

struct room *
hub_find_or_add(struct hub *hub, const char *name)
{
	struct room *room = hub_find(hub, name);

	if (room)
		return room;
	return hub_is_full(hub) ? NULL : add(hub, name);
}

size_t
hub_count(const struct hub *hub)
{
	return HASH_COUNT(hub->rooms);
}

bool
hub_is_full(const struct hub *hub)
{
	return HASH_COUNT(hub->rooms) >= hub->max_rooms;
}

void
hub_set_max(struct hub *hub, size_t max_rooms)
{
	hub->max_rooms = max_rooms;
}

struct room *
hub_add_permanent(struct hub *hub, const char *name, const char *topic)
{
	struct room *room = hub_find(hub, name);

	if (!room)
		room = add(hub, name);
	room->is_permanent = true;
	if (topic) {
		free(room->topic);
		room->topic = xstrdup(topic);
	}
	return room;
}

static void
free_room(struct hub *hub, struct room *room)
{
	assert(TAILQ_EMPTY(&room->members) && !room->attendees);
	HASH_DEL(hub->rooms, room);
	state_clear(&room->state);
	free(room->name);
	free(room->topic);
	free(room);
}

void
hub_release(struct hub *hub, struct room *room)
{
	if (!room->member_count && !room->holds && !room->last_id &&
		!room->is_permanent && state_is_empty(&room->state))
		free_room(hub, room);
}

struct member *
hub_member(const struct room *room, const struct session *session)
{
	struct member *member;

	TAILQ_FOREACH (member, &session->members, session_link)
		if (member->room == room)
			return member;
	return NULL;
}

struct member *
hub_enter(struct room *room, struct session *session)
{
	struct member *member = xcalloc(1, sizeof(*member));

	member->room = room;
	member->session = session;
	TAILQ_INSERT_TAIL(&room->members, member, room_link);
	TAILQ_INSERT_TAIL(&session->members, member, session_link);
	room->member_count++;
	session->member_count++;
	return member;
}

void
hub_leave(struct member *member)
{
	struct session *session = member->session;
	struct room *room = member->room;

	TAILQ_REMOVE(&room->members, member, room_link);
	TAILQ_REMOVE(&session->members, member, session_link);
	room->member_count--;
	session->member_count--;
	free(member);
}

bool
hub_attend(struct room *room, struct person *person)
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
hub_unattend(struct room *room, struct person *person)
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
hub_people(const struct room *room)
{
	return HASH_COUNT(room->attendees);
}

static bool
is_in(const struct member *member, enum audience audience)
{
	switch (audience) {
	case AUDIENCE_NUMBERED:
		return !member->is_resuming;
	case AUDIENCE_EVENTS:
		return member->is_announced && member->session->wants_events;
	default:
		return member->is_announced;
	}
}

size_t
hub_broadcast(struct room *room, struct cast *cast, const struct session *except,
	enum audience audience)
{
	struct member *member;
	struct frame *frame;
	size_t queued = 0;

	TAILQ_FOREACH (member, &room->members, room_link) {
		if (member->session == except || !is_in(member, audience))
			continue;
		frame = cast_frame(cast, member->session->wire);
		if (frame && session_send(member->session, frame) == 0)
			queued++;
	}
	metrics.broadcasts += queued > 0;
	return queued;
}

void
hub_each(
	struct hub *hub, void (*on_room)(void *context, struct room *room), void *context)
{
	struct room *room, *next;

	HASH_ITER(hh, hub->rooms, room, next)
	on_room(context, room);
}

void
hub_free(struct hub *hub)
{
	struct room *room, *next;

	if (!hub)
		return;
	HASH_ITER(hh, hub->rooms, room, next)
	free_room(hub, room);
	free(hub);
}
