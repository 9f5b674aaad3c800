/* log_rooms.h - rooms that become log rooms, or cease to be. */
#pragma once

#include "chat/chat_private.h"

/* Give room its other history. */
void log_rooms_exchange(struct room *room);

/* The same for a room with members: it has become a log room by a reload, or is none any
 * more. Members that may not read it leave. The others are told of it with "joined". */
void log_rooms_switch(struct chat *chat, struct room *room);
