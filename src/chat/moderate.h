/* moderate.h - orders of moderators. */
#pragma once

#include "chat/chat_private.h"

/* Carry out the order called word, which the message describes, as an input_handler. */
int moderate_order(struct input *input, const char *word);
