#include "chat/deletion.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm_state.h"
#include "chat/change.h"
#include "chat/metric.h"
#include "chat/reply.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

static const char *
deletion_by(const struct input *input)
{
	return input->asker->call->caller->name;
}

/* Read the ids of "of" into ids. Returns their number, or -EINVAL. */
static int
deletion_read_ids(struct input *input, const json_t *of, uint64_t ids[STORE_DELETE_MAX])
{
	size_t count = json_is_array(of) ? json_array_size(of) : 1;
	size_t i;

	if (!count || count > STORE_DELETE_MAX)
		return message_refuse(&input->fault, "bad_field",
			"\"of\" must have 1 to %d ids", STORE_DELETE_MAX);
	for (i = 0; i < count; i++) {
		const json_t *id = json_is_array(of) ? json_array_get(of, i) : of;

		if (!json_is_integer(id) || json_integer_value(id) < 1)
			return message_refuse(&input->fault, "bad_field",
				"\"of\" must be the id of a message, or an array of ids");
		ids[i] = (uint64_t)json_integer_value(id);
	}
	return (int)count;
}

static struct room *
deletion_find_room(struct input *input)
{
	const char *name = input->message.room;
	struct room *room = name ? rooms_find(input->chat->rooms, name) : NULL;

	if (!name)
		message_refuse(
			&input->fault, "bad_field", "\"room\" must say which room");
	else if (!room || rooms_is_gone(room))
		message_refuse(&input->fault, "no_such_room", "there is no such room");
	else if (!room->is_tail)
		return room;
	else
		message_refuse(&input->fault, "read_only", "this room is a log file's");
	return NULL;
}

static int
deletion_of_room(struct input *input, struct room *room)
{
	const struct store_entry entry = {
		.room = room->name,
		.change = { .kind = STORE_DELETE, .whole_room = true },
	};
	struct request *request;
	int r;

	/* A misspelt "of" must not delete the room. */
	if (json_object_size(input->message.object) > 1)
		return message_refuse(&input->fault, "bad_field",
			"to delete a room, give nothing but \"room\"");
	request = request_new(input->chat, REQUEST_DELETE_ROOM, input->asker, room, NULL);
	request->deletion.by = xstrdup(deletion_by(input));
	r = request_append(input->chat, request, &entry);
	return r < 0 ? requests_refuse(r, &input->fault) : 0;
}

int
deletion_do_delete(struct input *input)
{
	struct room *room = deletion_find_room(input);
	const json_t *of = json_object_get(input->message.object, "of");
	uint64_t ids[STORE_DELETE_MAX];
	int count;

	if (!room)
		return -EINVAL;
	if (!of)
		return deletion_of_room(input, room);
	count = deletion_read_ids(input, of, ids);
	if (count < 0)
		return count;
	return change_post(input, room,
		&(struct store_change){ .kind = STORE_DELETE,
			.of = ids,
			.count = (size_t)count,
			.is_admin = true },
		deletion_by(input));
}

size_t
deletion_empty_room(struct chat *chat, struct room *room)
{
	struct encoded encoded;
	size_t queued;

	alarm_forget_all(room);
	/* A reload has made it a log room meanwhile: its members see no messages. */
	if (room->is_tail)
		return 0;
	room->changes++;
	room->gone_id = room->last_id;
	/* From now on it is as if a client had created it. */
	room->is_deleted = true;
	room->is_permanent = room->is_configured;
	metric_forget_all(chat, room);
	encode_object(&encoded, json_pack("{s:s,s:s,s:s}", "type", "notice", "code",
					"room_deleted", "room", room->name));
	queued = rooms_broadcast(room, &encoded, NULL, AUDIENCE_ALL);
	encode_fini(&encoded);
	return queued;
}

void
deletion_on_room_deleted(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	if (error) {
		reply_failure(chat, request, error);
		return;
	}
	requests_note_success(chat);
	log_info("room_deleted", log_str("by", request->deletion.by),
		log_person("room", request->room->name),
		log_uint("last_id", request->room->last_id));
	if (request->asker)
		reply_ack(request->asker,
			&(struct chat_ack){
				.room = request->room->name,
				.epoch = store_epoch(request->store, request->room->name),
				.id = answer->id,
				.ts_ms = answer->ts_ms,
				.delivered = request->delivered,
			});
}

/* Forgetting: the store looks for messages in one room after the other, and each part
 * that it finds is deleted before it goes on. */

static void
forget_end(struct chat *chat)
{
	struct request *request = chat->forget;

	chat->forget = NULL;
	requests_finish(chat, request);
}

static void
forget_read(struct chat *chat)
{
	struct request *request = chat->forget;
	int r = store_said(request->store, request->room->name, request->forget.name,
		request->forget.cursor, request->ticket);

	request->forget.is_stalled = r < 0;
	if (r == 0)
		request_note_asked(chat, request, true);
}

static void
forget_done(struct chat *chat)
{
	const struct request *request = chat->forget;

	log_info("name_forgotten", log_str("by", request->forget.by),
		log_uint("messages", request->forget.count));
	if (request->asker)
		reply_object(request->asker,
			json_pack("{s:I}", "deleted", (json_int_t)request->forget.count));
	forget_end(chat);
}

/* A part is done: go on in this room, or in the next one. */
static void
forget_next(struct chat *chat)
{
	struct request *request = chat->forget;
	struct room *next = request->room->hh.next;

	request->forget.cursor = request->forget.read_id;
	if (!request->forget.has_more && !next) {
		forget_done(chat);
		return;
	}
	if (!request->forget.has_more) {
		request_move(chat, request, next);
		request->forget.cursor = 0;
	}
	forget_read(chat);
}

void
deletion_on_found(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct buffer tail = { 0 };
	uint64_t ids[STORE_DELETE_MAX];
	struct store_entry entry = {
		.room = request->room->name,
		.type = "delete",
		.ts_ms = rooms_next_ts(request->room, chat->now_ms),
		.words = "",
		.change = { .kind = STORE_DELETE,
			.of = ids,
			.count = page->count,
			.is_admin = true,
			.forgotten = request->forget.name },
	};

	if (error) {
		reply_failure(chat, request, error);
		forget_end(chat);
		return;
	}
	request->forget.read_id = page->read_id;
	request->forget.has_more = page->more;
	/* The alarms that stand may have the name, too. */
	if (!page->count && (page->more || !alarm_exist(request->room))) {
		forget_next(chat);
		return;
	}
	for (size_t i = 0; i < page->count; i++)
		ids[i] = page->messages[i].id;
	change_append_tail(entry.ts_ms, request->forget.by, &tail);
	entry.tail = tail.bytes;
	entry.tail_len = tail.len;
	/* If the store is full, the same part is looked for again. */
	request->forget.is_stalled =
		store_append(request->store, &entry, request->ticket) < 0;
	if (!request->forget.is_stalled) {
		request_note_asked(chat, request, false);
		request->room->given_ts_ms = entry.ts_ms;
	}
	buffer_clear(&tail);
}

int
deletion_do_forget(struct input *input)
{
	struct chat *chat = input->chat;
	const char *name = input->message.username;
	struct request *request;
	char folded[NAME_MAX_BYTES + 1];

	if (!name || strlen(name) > NAME_MAX_BYTES)
		return message_refuse(
			&input->fault, "bad_field", "\"username\" must say who");
	if (chat->forget)
		return message_refuse(&input->fault, "busy",
			"another name is being forgotten, try again");
	name_fold(folded, name);
	request = request_new(
		chat, REQUEST_FORGET, input->asker, chat->rooms->by_name, NULL);
	/* Of a log room, too: it may have been another room before. */
	request->store = chat->store;
	request->forget.name = xstrdup(folded);
	request->forget.by = xstrdup(deletion_by(input));
	chat->forget = request;
	forget_read(chat);
	return 0;
}

void
deletion_continue(struct chat *chat)
{
	if (chat->forget && chat->forget->forget.is_stalled)
		forget_read(chat);
}

void
deletion_stop(struct chat *chat)
{
	if (chat->forget)
		forget_end(chat);
}

void
deletion_on_forgotten(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	if (error) {
		reply_failure(chat, request, error);
		forget_end(chat);
		return;
	}
	requests_note_success(chat);
	request->forget.count += answer->deleted;
	forget_next(chat);
}
