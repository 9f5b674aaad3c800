/* rooms.h - the rooms and who is in them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chat/room_state.h"
#include "chat/roster.h"
#include "linnet/base/hash.h"
#include "linnet/chat/session.h"
#include "linnet/protocol/encode.h"

struct rooms;

/* A person in a room, with however many sessions. */
struct attendee {
	struct person *person;
	unsigned sessions;
	UT_hash_handle hh;
};

/* Owned by struct rooms. */
struct room {
	char *name;
	char *topic;      /* "" where there is none */
	uint64_t last_id; /* of what everybody was sent */
	bool is_permanent;
	bool is_configured; /* so it is permanent for as long as it is */
	bool is_tail;       /* of a log file: nobody but its reader says anything there */
	unsigned tail_lines;     /* of a tail: what whoever comes is shown of it */
	struct room_state state; /* what stands there beside what was said */
	unsigned holds; /* by whoever needs it to stay although nobody is in it */
	TAILQ_HEAD(, member) members;
	size_t member_count;
	struct attendee *attendees; /* by person */
	UT_hash_handle hh;
};

/* A session in a room. Owned by struct rooms. */
struct member {
	struct room *room;
	struct session *session;
	/* It is being sent what it missed, up to cursor so far; what is new waits for it
	 * in the store. */
	bool is_resuming;
	bool has_since;    /* it has said where it was */
	bool is_recovered; /* it was sent, or is being sent, all that it missed */
	bool is_newcomer;  /* and what it is sent is what everybody is shown */
	uint64_t cursor;
	uint64_t ticket;   /* of the part of it that was asked for; 0: none */
	bool is_announced; /* it was told that it is in, so it may be told more */
	/* The numbers up to which it was shown what stands in the room, and up to which
	 * it is to be: what came later it is told like everybody. */
	uint64_t alarms_shown, metrics_shown, show_until;
	TAILQ_ENTRY(member) room_link;
	TAILQ_ENTRY(member) session_link;
};

/* Whom a broadcast is for. */
enum audience {
	AUDIENCE_NUMBERED, /* every member that is not resuming: the others read it later
			    */
	AUDIENCE_ALL,      /* every member that was told that it is in */
	AUDIENCE_EVENTS,   /* those of them that asked for events */
};

/* Room for rooms, for up to max_rooms of them; permanent ones and those with a
 * history are never refused. Freed by rooms_free. */
struct rooms *rooms_new(size_t max_rooms);

/* The room of that name, or NULL. */
struct room *rooms_find(struct rooms *rooms, const char *name);

/* The room of that name, made if it is not there. NULL if there are too many. */
struct room *rooms_find_or_add(struct rooms *rooms, const char *name);

/* How many rooms there are. */
size_t rooms_count(const struct rooms *rooms);

/* True if there is no place for another room. */
bool rooms_is_full(const struct rooms *rooms);

/* The room of that name, kept for good, with topic if that is not NULL. */
struct room *rooms_add_permanent(
	struct rooms *rooms, const char *name, const char *topic);

/* Up to max_rooms rooms from now on; who is there stays. */
void rooms_set_max(struct rooms *rooms, size_t max_rooms);

/* Forget room if nobody is in it or holds it, it has no history, nothing stands in it and
 * it is not permanent. */
void rooms_release(struct rooms *rooms, struct room *room);

/* Session's membership of room, or NULL. */
struct member *rooms_member(const struct room *room, const struct session *session);

/* Put session at the end of room's list; it must not be in it. */
struct member *rooms_enter(struct room *room, struct session *session);

/* Take a session out of a room. Not to be called from within rooms_broadcast. */
void rooms_leave(struct member *member);

/* Count a session of person in room. Returns true if it is that person's first. */
bool rooms_attend(struct room *room, struct person *person);

/* Give back what rooms_attend counted. Returns true if it was that person's last. */
bool rooms_unattend(struct room *room, struct person *person);

/* How many people are in room. */
size_t rooms_people(const struct room *room);

/* Queue encoded for audience in room but except (NULL: for all of it). Membership does
 * not change meanwhile: a session that does not keep up is only marked as closing.
 * Returns for how many it was queued. */
size_t rooms_broadcast(struct room *room, struct encoded *encoded,
	const struct session *except, enum audience audience);

/* Call on_room for every room, in the order in which they were made. */
void rooms_each(struct rooms *rooms, void (*on_room)(void *context, struct room *room),
	void *context);

/* Free the rooms; nobody may be in a room; NULL is fine. */
void rooms_free(struct rooms *rooms);
