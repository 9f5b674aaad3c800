/* deletion.h - messages, rooms and names that a moderator deletes. A deletion is an entry
 * of its room, so everybody sees it once and in order. */
#pragma once

#include "chat/requests.h"

/* Delete a room, or some of its messages. Answered as a push is. */
input_handler deletion_do_delete;

/* Delete everything that was said under a name, in steps. Answered when it is done; it
 * goes on if the caller does not wait. */
input_handler deletion_do_forget;

/* The store has deleted room: its members stay in a room without a past. Returns how many
 * of them were told. */
size_t deletion_empty_room(struct chat *chat, struct room *room);

/* The store has answered a REQUEST_DELETE_ROOM. */
void deletion_on_room_deleted(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);

/* The store has done a part of a REQUEST_FORGET. */
void deletion_on_forgotten(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);

/* The store has found messages for a REQUEST_FORGET. */
void deletion_on_found(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

/* Go on with a REQUEST_FORGET for which the store was full. */
void deletion_continue(struct chat *chat);

/* Give up a REQUEST_FORGET that is under way. */
void deletion_stop(struct chat *chat);
