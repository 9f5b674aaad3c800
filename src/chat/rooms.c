#include "chat/rooms.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat_session.h"
#include "linnet/base/json_text.h"
#include "linnet/base/xalloc.h"

/* Maximum number of people in a list; "count" is not cut. */
#define USERS_LISTED 1000

struct rooms *
rooms_new(size_t max_rooms)
{
	struct rooms *rooms = xcalloc(1, sizeof(*rooms));

	rooms->max_rooms = max_rooms;
	return rooms;
}

static char *
rooms_fold(const char *name)
{
	char *folded = xstrdup(name), *letter;

	for (letter = folded; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return folded;
}

static struct room *
rooms_find_folded(const struct rooms *rooms, const char *folded)
{
	struct room *room;

	HASH_FIND(folded_hh, rooms->by_folded, folded, strlen(folded), room);
	return room;
}

static struct room *
rooms_find_exact(const struct rooms *rooms, const char *name)
{
	struct room *room;

	HASH_FIND_STR(rooms->by_name, name, room);
	return room;
}

struct room *
rooms_find(struct rooms *rooms, const char *name)
{
	struct room *room = rooms_find_exact(rooms, name);
	char *folded;

	if (room)
		return room;
	folded = rooms_fold(name);
	room = rooms_find_folded(rooms, folded);
	free(folded);
	return room;
}

static void
rooms_add_folded(struct rooms *rooms, struct room *room)
{
	HASH_ADD_KEYPTR(
		folded_hh, rooms->by_folded, room->folded, strlen(room->folded), room);
}

/* Take room out of the table of folded names. The next one of its twins takes its place.
 */
static void
rooms_remove_folded(struct rooms *rooms, struct room *room)
{
	struct room *other, *next, *twin = NULL;
	size_t twins = 0;

	if (rooms_find_folded(rooms, room->folded) == room)
		HASH_DELETE(folded_hh, rooms->by_folded, room);
	if (!room->is_twin)
		return;
	HASH_ITER(hh, rooms->by_name, other, next)
	{
		if (other == room || strcmp(other->folded, room->folded) != 0)
			continue;
		twin = twins++ ? twin : other;
	}
	assert(twin);
	twin->is_twin = twins > 1;
	if (!rooms_find_folded(rooms, room->folded))
		rooms_add_folded(rooms, twin);
}

static struct room *
rooms_add(struct rooms *rooms, const char *name)
{
	struct room *room = xcalloc(1, sizeof(*room)), *twin;

	room->name = xstrdup(name);
	room->folded = rooms_fold(name);
	twin = rooms_find_folded(rooms, room->folded);
	if (twin)
		twin->is_twin = room->is_twin = true;
	else
		rooms_add_folded(rooms, room);
	room->topic = xstrdup("");
	TAILQ_INIT(&room->members);
	TAILQ_INIT(&room->attendees);
	HASH_ADD_KEYPTR(hh, rooms->by_name, room->name, strlen(room->name), room);
	return room;
}

struct room *
rooms_find_or_add(struct rooms *rooms, const char *name)
{
	struct room *room = rooms_find(rooms, name);

	return room ? room : rooms_add(rooms, name);
}

bool
rooms_is_full(const struct rooms *rooms)
{
	return rooms->made >= rooms->max_rooms;
}

void
rooms_make(struct rooms *rooms, struct room *room, struct gate_client *payer)
{
	rooms->made += !room->is_made;
	room->is_made = true;
	room->payer = gate_client_ref(payer);
}

void
rooms_keep(struct room *room)
{
	gate_client_unref(room->payer);
	room->payer = NULL;
}

int64_t
rooms_next_ts(const struct room *room, int64_t now_ms)
{
	return now_ms > room->given_ts_ms ? now_ms : room->given_ts_ms + 1;
}

static void
rooms_make_permanent(struct rooms *rooms, struct room *room)
{
	if (!room->is_made)
		rooms_make(rooms, room, NULL);
	room->is_permanent = true;
}

struct room *
rooms_restore(struct rooms *rooms, const char *name, bool is_made)
{
	struct room *room = rooms_find_exact(rooms, name);

	if (!room)
		room = rooms_add(rooms, name);
	if (is_made)
		rooms_make_permanent(rooms, room);
	return room;
}

struct room *
rooms_add_permanent(struct rooms *rooms, const char *name, const char *topic)
{
	struct room *room = rooms_find_or_add(rooms, name);

	rooms_make_permanent(rooms, room);
	if (topic) {
		free(room->topic);
		room->topic = xstrdup(topic);
	}
	return room;
}

static void
rooms_free_room(struct rooms *rooms, struct room *room)
{
	assert(TAILQ_EMPTY(&room->members) && TAILQ_EMPTY(&room->attendees));
	rooms_remove_folded(rooms, room);
	HASH_DEL(rooms->by_name, room);
	rooms->made -= room->is_made;
	rooms_keep(room);
	room_state_clear(&room->state);
	buffer_clear(&room->users);
	room_state_clear(&room->other.state);
	free(room->name);
	free(room->folded);
	free(room->topic);
	free(room);
}

bool
rooms_is_gone(const struct room *room)
{
	return !room->is_made && TAILQ_EMPTY(&room->members);
}

void
rooms_release(struct rooms *rooms, struct room *room)
{
	if (room->holds || (room->last_id && !room->is_deleted) || room->is_permanent ||
		!room_state_is_empty(&room->state))
		return;
	rooms->made -= room->is_made;
	room->is_made = false;
	gate_unmake_room(room->payer);
	rooms_keep(room);
	/* Its ids go on with the next entry, and those of its other history if it has
	 * that one again. */
	if (TAILQ_EMPTY(&room->members) && !room->last_id && !room->other.last_id &&
		room_state_is_empty(&room->other.state))
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
	member->number = ++room->last_number;
	room->listeners += session->chat->wants_events;
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

	room->listeners -= session->chat->wants_events;
	TAILQ_REMOVE(&room->members, member, room_link);
	TAILQ_REMOVE(&session->chat->members, member, session_link);
	session->chat->member_count--;
	free(member);
}

void
rooms_want_events(struct session *session)
{
	struct member *member;

	if (session->chat->wants_events)
		return;
	session->chat->wants_events = true;
	if (session->wire == WIRE_WS_OLD)
		session_set_wire(session, WIRE_WS);
	TAILQ_FOREACH (member, &session->chat->members, session_link)
		member->room->listeners++;
}

void
rooms_renumber(struct member *member)
{
	struct room *room = member->room;

	TAILQ_REMOVE(&room->members, member, room_link);
	TAILQ_INSERT_TAIL(&room->members, member, room_link);
	member->number = ++room->last_number;
}

struct attendee *
rooms_attendee(const struct room *room, const struct person *person)
{
	struct attendee *attendee;

	SLIST_FOREACH(attendee, &person->attendees, person_link)
		if (attendee->room == room)
			break;
	return attendee;
}

static void
rooms_append_text(struct buffer *list, const char *text)
{
	buffer_append(list, text, strlen(text));
}

static void
rooms_append_user(struct buffer *list, const struct person *person)
{
	rooms_append_text(list, list->len > 1 ? ",{\"username\":" : "{\"username\":");
	json_text_append_string(list, person->name);
	rooms_append_text(list, ",\"via\":\"");
	rooms_append_text(list, wire_door(TAILQ_FIRST(&person->sessions)->wire));
	rooms_append_text(list, "\"}");
}

/* Somebody has come: the list stays, with one more. */
static void
rooms_extend_list(struct room *room, const struct person *person)
{
	if (!room->users.len || room->people > USERS_LISTED)
		return;
	room->users.len--; /* its ] */
	rooms_append_user(&room->users, person);
	rooms_append_text(&room->users, "]");
}

struct attendee *
rooms_attend(struct room *room, struct person *person)
{
	struct attendee *attendee = rooms_attendee(room, person);

	if (attendee) {
		attendee->sessions++;
		return NULL;
	}
	attendee = xcalloc(1, sizeof(*attendee));
	attendee->room = room;
	attendee->person = person;
	attendee->sessions = 1;
	TAILQ_INSERT_TAIL(&room->attendees, attendee, room_link);
	SLIST_INSERT_HEAD(&person->attendees, attendee, person_link);
	room->people++;
	rooms_extend_list(room, person);
	return attendee;
}

bool
rooms_unattend(struct attendee *attendee)
{
	struct room *room = attendee->room;

	assert(attendee->sessions > 0);
	if (--attendee->sessions > 0)
		return false;
	assert(!attendee->is_held);
	TAILQ_REMOVE(&room->attendees, attendee, room_link);
	SLIST_REMOVE(&attendee->person->attendees, attendee, attendee, person_link);
	room->people--;
	free(attendee);
	rooms_forget_list(room);
	return true;
}

const struct buffer *
rooms_list_users(struct room *room)
{
	const struct attendee *attendee;
	size_t count = 0;

	if (room->users.len)
		return &room->users;
	rooms_append_text(&room->users, "[");
	TAILQ_FOREACH (attendee, &room->attendees, room_link) {
		if (count++ == USERS_LISTED)
			break;
		rooms_append_user(&room->users, attendee->person);
	}
	rooms_append_text(&room->users, "]");
	return &room->users;
}

void
rooms_forget_list(struct room *room)
{
	/* The memory is kept for the next list while there is somebody. */
	room->users.len = 0;
	if (!room->people)
		buffer_clear(&room->users);
}

size_t
rooms_people(const struct room *room)
{
	return room->people;
}

bool
rooms_wants_changes(const struct session *session)
{
	return wire_transport(session->wire) != TRANSPORT_WS ||
	       session->chat->wants_events;
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

	if (audience == AUDIENCE_EVENTS && !room->listeners)
		return 0;
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
rooms_tell(struct room *room, struct encoded *encoded, const struct person *except,
	uint64_t after, uint64_t until)
{
	struct member *member;
	size_t queued = 0;

	if (!room->listeners)
		return;
	TAILQ_FOREACH_REVERSE(member, &room->members, member_list, room_link)
	{
		if (member->number <= after)
			break;
		if (member->number > until ||
			(except && member->session->person == except) ||
			!rooms_is_in(member, AUDIENCE_EVENTS))
			continue;
		queued += session_say(member->session, encoded) == 0;
	}
	metrics.broadcasts += queued > 0;
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
