/* outage.h - the store is away: it cannot store messages for a while. */
#pragma once

#include "chat/chat_private.h"

/* Until the store says that it is up, it is away. */
void outage_init(struct chat *chat);

/* As on_up in struct store_callbacks, of the chat's store. */
void outage_on_up(struct chat *chat, unsigned shard, bool is_up, int error);

/* The session has entered a room: tell it of an outage that others were told of. */
void outage_tell_newcomer(const struct chat *chat, struct session *session);

/* Called by each tick: tell those who want events of an outage that lasts. */
void outage_tick(struct chat *chat);
