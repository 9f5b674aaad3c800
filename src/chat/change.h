/* change.h - changes of earlier messages: edits, deletions and reactions. Each is an
 * entry of its room. */
#pragma once

#include "chat/requests.h"

/* What a change costs: as much as a message. */
#define CHANGE_COST 1

/* True if objects of this type change earlier messages. */
bool change_is_one(const char *type);

/* Make the change that input asks for, and charge it. label is the name of a program;
 * NULL: the speaker asks for it. */
int change_make(struct input *input, const char *label);

/* The same for the speaker. */
input_handler change_do_change;

/* Give a change of room to the store. label is the name of a program or moderator; NULL:
 * it is the speaker's. Returns 0, or -EAGAIN if the store is full. */
int change_post(struct input *input, struct room *room, const struct store_change *change,
	const char *label);

/* Append the start of a change's tail, to which the store adds the rest. */
void change_append_tail(int64_t ts_ms, const char *name, struct buffer *tail);

/* The store has answered a REQUEST_CHANGE. */
void change_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);
