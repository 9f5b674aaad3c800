/* push.h - pushes of programs. */
#pragma once

#include "chat/chat_private.h"

/* Handle the objects of a call as sent by a program called label: messages, alarms and
 * metrics. Tells asker the result of each. */
void push_objects(struct chat *chat, struct asker *asker, const char *label,
	json_t *objects, bool is_hook);
