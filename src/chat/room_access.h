/* room_access.h - which rooms a client may use. */
#pragma once

#include "chat/chat_private.h"

/* The room of a client that names none: the default room, or the first room of its
 * permissions if they do not include the default room. */
const char *room_access_home(
	const struct chat *chat, const struct permissions *permissions);

/* True if the token behind permissions proves to be person. */
bool room_access_is_person(
	const struct permissions *permissions, const struct person *person);

/* Find the room called name (NULL: the asker's own room), checking that the asker may
 * use it. may_add: create it if it does not exist. Returns NULL with *fault filled in if
 * it may not be used. */
struct room *room_access_find(struct chat *chat, const struct asker *asker,
	const char *name, bool may_add, struct message_fault *fault);

int room_access_do_rooms(struct chat *chat, struct asker *asker,
	const struct message *message, struct message_fault *fault);
