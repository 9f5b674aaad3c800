/* charge.h - what input costs. */
#pragma once

#include "chat/chat_private.h"

/* Charge cost to the speaker or the call, and to its client. Returns false with the fault
 * filled in if it is over its rate. A session that keeps flooding is closed. */
bool charge_input(struct input *input, double cost);
