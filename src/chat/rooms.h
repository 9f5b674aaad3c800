/* rooms.h - the rooms and their members. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "chat/room_state.h"
#include "chat/roster.h"
#include "linnet/auth/gate.h"
#include "linnet/base/buffer.h"
#include "linnet/base/hash.h"
#include "linnet/chat/session.h"
#include "linnet/protocol/encode.h"

/* A person in a room, with one or more sessions. */
struct attendee {
	struct room *room;
	struct person *person;
	unsigned sessions;
	/* Only members whose number is higher know of it; the others are not told yet
	 * that it has entered. */
	bool is_held;
	enum wire held_via;   /* of the session that has entered */
	int64_t held_ms;      /* since when */
	uint64_t held_number; /* number of the last member at that time */
	TAILQ_ENTRY(attendee) held_link;
	TAILQ_ENTRY(attendee) room_link;
	SLIST_ENTRY(attendee) person_link;
};

TAILQ_HEAD(attendee_list, attendee);

/* What a room keeps of a history that it does not have now. */
struct room_history {
	uint64_t last_id;
	int64_t last_ts_ms;
	struct room_state state;
};

/* Owned by struct rooms. A room is made by its first message, alarm or metric. Until then
 * it is only its members. */
struct room {
	char *name;   /* as it was first spelt */
	char *folded; /* the same with ASCII letters in lower case */
	/* Another room differs only by ASCII case: both are found only by their exact
	 * names. Histories of before have such rooms; no others are made. */
	bool is_twin;
	char *topic;         /* "" if it has none */
	uint64_t last_id;    /* of the last broadcast */
	int64_t last_ts_ms;  /* its time; 0: there was none */
	int64_t given_ts_ms; /* the last time that an entry of the room was given */
	uint64_t gone_id;    /* messages up to this were deleted with the room */
	uint64_t changes;    /* how often messages of it were changed */
	bool is_deleted;     /* and nothing was stored since */
	uint64_t epochs;     /* how often its epoch was replaced */
	/* While the store gives a new picture: */
	bool is_anew;      /* its epoch is another one */
	bool is_behind;    /* its members were sent nothing behind shown_id */
	uint64_t shown_id; /* the last id before the picture */
	bool is_permanent;
	bool is_configured;  /* permanent because it is configured */
	bool is_made;        /* it is listed, and counted by max_rooms */
	bool is_tail;        /* a log room: only lines of its log file are sent there */
	bool is_read_only;   /* only bearers of a token of auth.tokens for it speak */
	bool was_tail;       /* before the reload that is under way */
	unsigned tail_lines; /* of a log room: number of lines for newcomers */
	struct room_state state; /* alarms and metrics */
	/* The chat's history of a log room, or the lines of a room that was one. */
	struct room_history other;
	/* Who was charged for making it, until something is kept in it. Holds a
	 * reference; NULL: nobody. */
	struct gate_client *payer;
	unsigned holds; /* count of users that need the room although it may be empty */
	TAILQ_HEAD(member_list, member) members; /* by number */
	uint64_t last_number;                    /* of its members */
	size_t listeners;                        /* members that want events */
	struct attendee_list attendees;          /* oldest first */
	size_t people;                           /* number of them */
	struct buffer users; /* their list as JSON text; empty: to be made again */
	UT_hash_handle hh;
	UT_hash_handle folded_hh;
};

/* All rooms. The caller may walk them and set the limit; existing rooms stay. */
struct rooms {
	size_t max_rooms;       /* of those that are made */
	size_t made;            /* number of them */
	struct room *by_name;   /* oldest first */
	struct room *by_folded; /* without the second and later ones of twins */
};

/* A session in a room. Owned by struct rooms. */
struct member {
	struct room *room;
	struct session *session;
	/* Grows by the time when it was told who is in the room, or else entered. */
	uint64_t number;
	/* It is being sent what it missed; cursor is the last id so far. New messages are
	 * read from the store later. */
	bool is_resuming;
	bool has_joined;   /* it asked for the room by "join" */
	bool has_since;    /* it named the last id that it has */
	bool is_recovered; /* it was sent, or is being sent, all that it missed */
	bool is_newcomer;  /* it is being sent the last lines of a log room */
	uint64_t cursor;
	uint64_t ticket;   /* of its pending read; 0: none */
	bool is_announced; /* it was told that it is in the room, so it may be sent more
			    */
	/* The snapshot: numbers of the last alarm and the last metric that it was sent,
	 * and the number at which the snapshot ends. Later ones are broadcast to it. */
	uint64_t alarms_shown, metrics_shown, show_until;
	TAILQ_ENTRY(member) room_link;
	TAILQ_ENTRY(member) session_link;
};

/* Who receives a broadcast. */
enum audience {
	AUDIENCE_NUMBERED, /* members that are not resuming; the others read it from the
			      store later */
	AUDIENCE_ALL,      /* members that were told that they are in the room */
	AUDIENCE_CHANGES,  /* those of AUDIENCE_NUMBERED that are told of changes */
	AUDIENCE_EVENTS,   /* those of them that want events */
};

/* Create a set with up to max_rooms rooms that are made. Permanent rooms and rooms with a
 * history are never refused. Free it with rooms_free. */
struct rooms *rooms_new(size_t max_rooms);

/* The room of exactly that name, or else the oldest one that differs only by ASCII case,
 * or NULL. */
struct room *rooms_find(struct rooms *rooms, const char *name);

/* The room of that name, added if there is none. It is not made. */
struct room *rooms_find_or_add(struct rooms *rooms, const char *name);

/* The room of exactly that name, which has a history. Adds it if there is none, also
 * beside a twin. is_made: it becomes permanent; a room that was deleted is not made. */
struct room *rooms_restore(struct rooms *rooms, const char *name, bool is_made);

/* True if the room was deleted, or was never made, and nobody is in it: there is no such
 * room, but the ids of a deleted one go on. */
bool rooms_is_gone(const struct room *room);

/* True if no more rooms can be made. */
bool rooms_is_full(const struct rooms *rooms);

/* Make room, before its first message, alarm or metric is kept. payer was charged for it;
 * NULL: nobody. If nothing is kept, rooms_release pays it back. */
void rooms_make(struct rooms *rooms, struct room *room, struct gate_client *payer);

/* Something was kept in room. */
void rooms_keep(struct room *room);

/* The time of the room's next entry: now, but always later than that of the entry before
 * it. */
int64_t rooms_next_ts(const struct room *room, int64_t now_ms);

/* The room of that name, made permanent. Sets its topic if topic is not NULL. */
struct room *rooms_add_permanent(
	struct rooms *rooms, const char *name, const char *topic);

/* Unmake room if it has nothing to keep: no holds, history, alarms or metrics, and it is
 * not permanent. Free it if it has no members either, and never had a history. */
void rooms_release(struct rooms *rooms, struct room *room);

/* True if session is told of changes of earlier messages: all are but WebSockets that did
 * not ask for events. */
bool rooms_wants_changes(const struct session *session);

/* The session's membership of room, or NULL. */
struct member *rooms_member(const struct room *room, const struct session *session);

/* Add session to room. It must not be a member. */
struct member *rooms_enter(struct room *room, struct session *session);

/* Remove a member. Do not call this during rooms_broadcast. */
void rooms_leave(struct member *member);

/* Session is about to want events, in all its rooms. */
void rooms_want_events(struct session *session);

/* Member is about to be told who is in the room: give it the highest number. Do not call
 * this during rooms_broadcast. */
void rooms_renumber(struct member *member);

/* The person in room, or NULL. */
struct attendee *rooms_attendee(const struct room *room, const struct person *person);

/* Count a session of person in room. Returns the attendee if it is the person's first
 * session there, else NULL. */
struct attendee *rooms_attend(struct room *room, struct person *person);

/* Uncount a session of attendee. Returns true if it was the last: attendee is freed. It
 * must not be held then. */
bool rooms_unattend(struct attendee *attendee);

/* The JSON text of the list of people in room, cut after the first 1,000. Valid until the
 * next change. It is made again when somebody has gone or changed, and extended when
 * somebody comes. */
const struct buffer *rooms_list_users(struct room *room);

/* A person in room has another name, or is there by another door. */
void rooms_forget_list(struct room *room);

/* Number of people in room. */
size_t rooms_people(const struct room *room);

/* Queue encoded for the members that want events, have a number above after and up to
 * until, and are not of the person except (NULL: nobody). Costs nothing for members with
 * a lower number, or if nobody wants events. */
void rooms_tell(struct room *room, struct encoded *encoded, const struct person *except,
	uint64_t after, uint64_t until);

/* Queue encoded for audience in room, but not for except (NULL: for all). Membership does
 * not change: a slow session is only marked as closing. Returns for how many sessions it
 * was queued. */
size_t rooms_broadcast(struct room *room, struct encoded *encoded,
	const struct session *except, enum audience audience);

/* Free the rooms, which must have no members. rooms may be NULL. */
void rooms_free(struct rooms *rooms);
