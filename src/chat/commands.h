/* commands.h - the command table. */
#pragma once

#include "chat/chat_private.h"

/* True if objects of this type are broadcast like messages. */
bool command_is_broadcast(const char *type);

/* Run message as a command of speaker and tell asker, a call, the result. Returns 0, or
 * -errno with *fault filled in: nothing was told. */
int command_send(struct chat *chat, struct asker *asker, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* Run message as a question of asker, a call. The same return. */
int command_ask(struct chat *chat, struct asker *asker, const struct message *message,
	struct message_fault *fault);

/* Charge cost to the asker's rate. Returns false with *fault filled in if it is over its
 * rate. A session that keeps flooding is closed. */
bool command_charge(
	struct chat *chat, struct asker *asker, double cost, struct message_fault *fault);
