/* presence.h - which session is in which room. */
#pragma once

#include "chat/chat_private.h"

/* Add session to room and announce it. */
struct member *presence_enter(
	struct chat *chat, struct session *session, struct room *room);

/* Remove member and announce it to the room, but not to except (NULL: to all). */
void presence_leave(
	struct chat *chat, struct member *member, const struct session *except);

/* Remove session from all rooms and from the roster, and announce it. */
void presence_depart(struct chat *chat, struct session *session);

input_handler presence_do_leave, presence_do_typing, presence_do_who;
