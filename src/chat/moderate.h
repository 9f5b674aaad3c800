/* moderate.h - orders of moderators. */
#pragma once

#include "chat/chat_private.h"

/* Carry out the order called word, which message describes, and tell asker, a call, the
 * result. Returns 0, or -errno with *fault filled in: nothing was told. */
int moderate_order(struct chat *chat, struct asker *asker, const struct chat_caller *by,
	const char *word, const struct message *message, struct message_fault *fault);
