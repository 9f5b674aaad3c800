/* known.h - a sender that repeats what was done before is told so, whatever holds now. */
#pragma once

#include "chat/requests.h"

/* Input for room is refused with its fault or, if it has none, acknowledged without an
 * id, unless the store knows its ref: then it is acknowledged as a duplicate. label is as
 * in send_make_keys. Returns 0 if the asker will be told, else -EINVAL: it has no ref, or
 * the store is full. */
int known_or_refused(struct input *input, struct room *room, const char *label);

/* The same for input whose room was refused: a room that was deleted keeps its refs. */
int known_or_no_room(struct input *input, const char *label);

/* The store has answered a REQUEST_KNOWN. */
void known_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer);
