/* far_people.h - the people on other nodes. The roster and the rooms have them beside
 * those on this node: a person is one, wherever its sessions are. */
#pragma once

#include "chat/chat_private.h"

/* Another node has told event. */
void far_people_on_event(struct chat *chat, const struct cluster_event *event);

/* Forget all of them. Nobody is told. */
void far_people_free(struct chat *chat);
