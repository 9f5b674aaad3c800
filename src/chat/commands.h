/* commands.h - the command table. */
#pragma once

#include "chat/chat_private.h"

/* True if objects of this type are broadcast like messages. */
bool command_is_broadcast(const char *type);

/* The cluster has answered the session's claim: do what waited for that. */
void commands_continue(struct chat *chat, struct session *session);

/* Run the message as a command of the speaker, or as a question of a call. */
input_handler command_handle, command_ask;
