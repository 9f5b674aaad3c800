/* room_access.h - which rooms a client may use. */
#pragma once

#include "chat/chat_private.h"

/* The room of a client that names none: the default room, or the first room of its
 * permissions if they do not include the default room. */
const char *room_access_home(
	const struct chat *chat, const struct permissions *permissions);

/* True if a client with these permissions may be in room. */
bool room_access_has(const struct permissions *permissions, const struct room *room);

/* True if nobody may speak in room without a token, or nobody at all. */
bool room_access_is_read_only(const struct room *room);

/* True if the sender of input may speak in room, which is no log room. */
bool room_access_may_speak(const struct input *input, const struct room *room);

/* True if the token behind permissions proves to be person. */
bool room_access_is_person(
	const struct permissions *permissions, const struct person *person);

/* The name of the room that the message names; if it names none, of the speaker's own. */
const char *room_access_name(const struct input *input);

/* Find the room of that name, checking that it may be used. may_add: add it if it does
 * not exist, not made. Returns NULL with the fault filled in if it may not be used. */
struct room *room_access_find(struct input *input, bool may_add);

/* Make room, which a message, alarm or metric is about to be kept in. Returns 0, also if
 * it is made already, or -EINVAL with the fault filled in. */
int room_access_make(struct input *input, struct room *room);

input_handler room_access_do_rooms;
