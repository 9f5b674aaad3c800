#include "chat/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/reply.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/xalloc.h"

int
known_or_refused(struct input *input, struct room *room, const char *label)
{
	/* No message has this id, so nothing is stored. */
	static const uint64_t none = 0;
	char *keys[STORE_KEYS] = { NULL };
	struct store_entry entry = {
		.room = room->name,
		.type = "edit",
		.ts_ms = rooms_next_ts(room, input->chat->now_ms),
		.tail = "",
		.words = "",
		.change = { .kind = STORE_EDIT, .of = &none, .count = 1, .text = "" },
	};
	struct request *request;
	int r;

	if (!input->message.ref || room->is_tail)
		return -EINVAL;
	request = request_new(
		input->chat, REQUEST_KNOWN, input->asker, room, input->message.ref);
	request->known.refusal = xmalloc(sizeof(*request->known.refusal));
	*request->known.refusal = input->fault;
	send_make_keys(input, label, keys);
	for (size_t i = 0; i < STORE_KEYS; i++)
		entry.keys[i] = keys[i];
	r = request_append(input->chat, request, &entry);
	for (size_t i = 0; i < STORE_KEYS; i++)
		free(keys[i]);
	return r < 0 ? -EINVAL : 0;
}

int
known_or_no_room(struct input *input, const char *label)
{
	struct room *room;
	int r;

	if (!input->message.ref || strcmp(input->fault.code, "no_such_room") != 0)
		return -EINVAL;
	room = rooms_find_or_add(input->chat->rooms, room_access_name(input));
	r = known_or_refused(input, room, label);
	rooms_release(input->chat->rooms, room);
	return r;
}

void
known_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	const struct message_fault *refusal = request->known.refusal;

	if (error && error != -ENOENT)
		reply_failure(chat, request, error);
	else if (request->asker && error && refusal->code)
		reply_fault(request->asker, refusal);
	else if (request->asker)
		reply_ack(request->asker,
			&(struct chat_ack){
				.ref = request->ref,
				.room = request->room->name,
				.epoch = store_epoch(request->store, request->room->name),
				.id = answer->id,
				.ts_ms = answer->ts_ms,
				.is_duplicate = !error,
			});
}
