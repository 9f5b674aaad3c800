#include "chat/attendance.h"

#include "chat/near_people.h"

/* In a room with more people, an enter is held for HELD_MS. If the person has gone by
 * then, its enter and leave are not announced. chat->now_ms may be a tick (250 ms) late,
 * so this is 1 s at least. */
#define CALM_PEOPLE 50
#define HELD_MS 1250

/* A presence event. */
struct event {
	const char *word;
	const char *name;
	const char *was; /* of a rename; NULL: none */
	const char *door;
	const struct person *except; /* is not told; NULL: everybody is */
	uint64_t after, until;       /* numbers of the members that are told */
};

#define EVERYBODY .after = 0, .until = UINT64_MAX

/* Send event to members that want events. */
static void
attendance_tell(struct room *room, const struct event *event)
{
	struct encoded encoded;

	if (!room->listeners)
		return;
	encode_object(
		&encoded, json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:I}", "type", "presence",
				  "room", room->name, "event", event->word, "username",
				  event->name, "was", event->was, "via", event->door,
				  "count", (json_int_t)rooms_people(room)));
	rooms_tell(room, &encoded, event->except, event->after, event->until);
	encode_fini(&encoded);
}

static void
attendance_unhold(struct chat *chat, struct attendee *attendee)
{
	if (!attendee->is_held)
		return;
	attendee->is_held = false;
	TAILQ_REMOVE(&chat->held, attendee, held_link);
}

static void
attendance_tell_held(struct chat *chat, struct attendee *attendee)
{
	attendance_unhold(chat, attendee);
	attendance_tell(attendee->room, &(struct event){
						.word = "enter",
						.name = attendee->person->name,
						.door = attendee->held_door,
						.except = attendee->person,
						.until = attendee->held_number,
					});
}

void
attendance_show(struct chat *chat, struct room *room, const struct session *session)
{
	struct attendee *attendee = rooms_attendee(room, session->person);

	if (attendee && attendee->is_held)
		attendance_tell_held(chat, attendee);
}

void
attendance_end_holds(struct chat *chat)
{
	struct attendee *attendee;

	while ((attendee = TAILQ_FIRST(&chat->held))) {
		int64_t age_ms = chat->now_ms - attendee->held_ms;

		/* The clock may have been set back. */
		if (age_ms >= 0 && age_ms < HELD_MS)
			break;
		attendance_tell_held(chat, attendee);
	}
}

/* Announce to everybody in room but except (NULL: to all) that person has entered. */
static void
attendance_tell_enter(struct room *room, const struct person *person, const char *door,
	const struct person *except)
{
	attendance_tell(room, &(struct event){
				      .word = "enter",
				      .name = person->name,
				      .door = door,
				      .except = except,
				      EVERYBODY,
			      });
}

/* The person of attendee has come to its room by door. */
static void
attendance_tell_or_hold(struct chat *chat, struct attendee *attendee, const char *door)
{
	struct room *room = attendee->room;

	if (!room->listeners)
		return;
	if (rooms_people(room) <= CALM_PEOPLE) {
		attendance_tell_enter(room, attendee->person, door, attendee->person);
		return;
	}
	attendee->is_held = true;
	attendee->held_door = door;
	attendee->held_ms = chat->now_ms;
	attendee->held_number = room->last_number;
	TAILQ_INSERT_TAIL(&chat->held, attendee, held_link);
}

void
attendance_arrive(struct chat *chat, struct room *room, const struct session *session)
{
	bool is_new;
	struct attendee *attendee = rooms_attend(room, session->person, &is_new);

	near_people_enter(chat, attendee, session);
	if (is_new)
		attendance_tell_or_hold(chat, attendee, wire_door(session->wire));
}

void
attendance_appear(struct chat *chat, struct room *room, const struct session *session,
	const struct person *except)
{
	bool is_new;
	struct attendee *attendee = rooms_attend(room, session->person, &is_new);

	near_people_enter(chat, attendee, session);
	if (is_new)
		attendance_tell_enter(
			room, session->person, wire_door(session->wire), except);
}

struct far_stay *
attendance_arrive_far(
	struct chat *chat, struct room *room, struct far_part *part, const char *door)
{
	bool is_new;
	struct far_stay *stay = rooms_attend_far(room, part, door, &is_new);

	if (is_new)
		attendance_tell_or_hold(chat, stay->attendee, door);
	return stay;
}

void
attendance_go(struct chat *chat, struct room *room, struct person *person, enum wire via,
	const struct person *except)
{
	struct attendee *attendee = rooms_attendee(room, person);
	uint64_t after = attendee->is_held ? attendee->held_number : 0;

	near_people_leave(chat, attendee, via);
	if (rooms_is_last(attendee))
		attendance_unhold(chat, attendee);
	if (rooms_unattend(attendee))
		attendance_tell(room, &(struct event){
					      .word = "leave",
					      .name = person->name,
					      .door = wire_door(via),
					      .except = except,
					      .after = after,
					      .until = UINT64_MAX,
				      });
}

void
attendance_go_far(struct chat *chat, struct far_stay *stay)
{
	struct attendee *attendee = stay->attendee;
	struct room *room = attendee->room;
	const struct event event = {
		.word = "leave",
		.name = stay->part->person->name,
		.door = stay->door,
		.after = attendee->is_held ? attendee->held_number : 0,
		.until = UINT64_MAX,
	};

	if (rooms_is_last(attendee))
		attendance_unhold(chat, attendee);
	if (rooms_unattend_far(stay))
		attendance_tell(room, &event);
	rooms_release(chat->rooms, room);
}

void
attendance_tell_rename(struct room *room, const struct person *person, const char *was)
{
	const struct attendee *attendee = rooms_attendee(room, person);

	attendance_tell(
		room, &(struct event){
			      .word = "rename",
			      .name = person->name,
			      .was = was,
			      .door = rooms_door(attendee),
			      .after = attendee->is_held ? attendee->held_number : 0,
			      .until = UINT64_MAX,
		      });
}
