/* picture.h - the picture that the store gives of its rooms and their state: at the
 * start, and again while people are in the rooms. */
#pragma once

#include "chat/chat_private.h"

/* As in struct store_callbacks, of the chat's store. */
void picture_on_epoch(struct chat *chat, unsigned shard);
void picture_on_room(struct chat *chat, const char *name, uint64_t last_id,
	uint64_t gone_id, int64_t last_ts_ms);
void picture_on_state(struct chat *chat, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len);

/* The picture of the shard is complete: send the members of its rooms what they missed,
 * or, if the epoch is another one, tell them that they begin anew. */
void picture_end(struct chat *chat, unsigned shard);
