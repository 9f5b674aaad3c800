/* commands.h - the command table. */
#pragma once

#include "chat/chat_private.h"

/* True if objects of this type are broadcast like messages. */
bool command_is_broadcast(const char *type);

/* Run message as a command of speaker and send the result to call. */
int command_do_for(struct chat *chat, struct session *call, struct session *speaker,
	const struct message *message, struct message_fault *fault);

/* Charge cost to the session's rate. Returns false with *fault filled in if it is over
 * its rate. A session that keeps flooding is closed. */
bool command_charge(struct chat *chat, struct session *session, double cost,
	struct message_fault *fault);
