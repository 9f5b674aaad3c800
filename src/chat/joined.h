/* joined.h - what a member is told when it is in the room. */
#pragma once

#include "chat/requests.h"

/* Send member "joined". recovered: it is sent all that it missed. ref (may be NULL) is of
 * the join that this answers. */
void joined_send(
	struct chat *chat, struct member *member, bool recovered, const char *ref);
