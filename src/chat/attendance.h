/* attendance.h - who counts as being in a room, and what its members are told of it. In a
 * large room, an enter is announced only if the person stays for a second. */
#pragma once

#include "chat/chat_private.h"

/* Count session in room. Announce its person if this is the first one, or hold that. */
void attendance_arrive(
	struct chat *chat, struct room *room, const struct session *session);

/* The same, but announce it at once, to all but except (NULL: to all). */
void attendance_appear(struct chat *chat, struct room *room,
	const struct session *session, const struct person *except);

/* Count part, which is on another node, in room by door (static). Announce its person if
 * it was not there, or hold that. */
struct far_stay *attendance_arrive_far(
	struct chat *chat, struct room *room, struct far_part *part, const char *door);

/* Uncount stay. If nothing of its person is left in the room, announce that. Release the
 * room. */
void attendance_go_far(struct chat *chat, struct far_stay *stay);

/* Uncount a session of person in room. If it was the last one, announce that to all but
 * except (NULL: to all). Who was not told that the person has entered is not told that it
 * has left. via: the session's wire. */
void attendance_go(struct chat *chat, struct room *room, struct person *person,
	enum wire via, const struct person *except);

/* Announce to room that person, who is in it, was called was. */
void attendance_tell_rename(
	struct room *room, const struct person *person, const char *was);

/* Others are about to see something of session's person in room: if the person's enter is
 * held, announce it now. */
void attendance_show(struct chat *chat, struct room *room, const struct session *session);

/* Announce enters that were held for a second. */
void attendance_end_holds(struct chat *chat);
