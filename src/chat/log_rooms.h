/* log_rooms.h - rooms of log files. */
#pragma once

#include "chat/chat_private.h"

/* Make room a log room that sends newcomers its last lines. */
void log_room_add(struct chat *chat, const char *room, unsigned lines);
