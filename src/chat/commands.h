/* commands.h - the command table. */
#pragma once

#include "chat/chat_private.h"

/* True if objects of this type are broadcast like messages. */
bool command_is_broadcast(const char *type);

/* Run the message as a command of the speaker, or as a question of a call. */
input_handler command_handle, command_ask;

/* Charge cost to the speaker or the call, and to its client. Returns false with the fault
 * filled in if it is over its rate. A session that keeps flooding is closed. */
bool command_charge(struct input *input, double cost);
