/* ban_store.h - bans and mutes, and the store that keeps them. */
#pragma once

#include "chat/requests.h"

/* Set up empty bans. */
void ban_store_init(struct chat *chat);

/* True if this is the room of the bans. */
bool ban_store_has_room(const char *room);

/* Restore a ban that was in force when the store was closed. */
void ban_store_restore(
	struct chat *chat, const char *key, uint64_t id, const char *value, size_t len);

/* Put ban in force and store it; there must be a place for it. When it is stored, the
 * asker is told done (consumed) or an error. Returns 0, or -EAGAIN if the store is full:
 * then nothing changes. */
int ban_store_set(struct input *input, const struct ban *ban, json_t *done);

/* Lift the ban of subject, which must exist, as ban_store_set sets it. */
int ban_store_lift(struct input *input, const struct ban_subject *subject, json_t *done);

/* The store has answered a REQUEST_BAN. */
void ban_store_on_appended(struct chat *chat, struct request *request, int error);

/* Lift the bans that have ended. */
void ban_store_end(struct chat *chat);

/* Returns 0, or -EINVAL with the fault filled in if the speaker is muted. */
int ban_store_check_mute(struct input *input);
