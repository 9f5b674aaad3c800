#include "chat/change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chat/attendance.h"
#include "chat/author.h"
#include "chat/ban_store.h"
#include "chat/charge.h"
#include "chat/known.h"
#include "chat/reply.h"
#include "chat/send.h"
#include "linnet/base/json_text.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/emoji.h"

static const char *const types[] = {
	[STORE_EDIT] = "edit",
	[STORE_DELETE] = "delete",
	[STORE_REACT] = "react",
};

/* Returns STORE_SAID for any other type. */
static enum store_kind
change_kind_of(const char *type)
{
	size_t kind;

	for (kind = 0; kind < ARRAY_SIZE(types); kind++)
		if (types[kind] && !strcmp(types[kind], type))
			return (enum store_kind)kind;
	return STORE_SAID;
}

bool
change_is_one(const char *type)
{
	return change_kind_of(type) != STORE_SAID;
}

static int
change_read_id(struct input *input, uint64_t *id)
{
	const json_t *of = json_object_get(input->message.object, "of");

	if (!json_is_integer(of) || json_integer_value(of) < 1)
		return message_refuse(
			&input->fault, "bad_field", "\"of\" must be the id of a message");
	*id = (uint64_t)json_integer_value(of);
	return 0;
}

static int
change_read_text(struct input *input, const char **text)
{
	*text = input->message.text;
	if (*text)
		return 0;
	return message_refuse(
		&input->fault, "bad_field", "\"message\" must be the new text");
}

static int
change_read_reaction(struct input *input, const char **emoji, bool *is_on)
{
	const json_t *on = json_object_get(input->message.object, "on");

	if (message_get_string(
		    &input->message, "emoji", EMOJI_MAX_BYTES, emoji, &input->fault) < 0)
		return -EINVAL;
	if (!*emoji || !emoji_is_one(*emoji))
		return message_refuse(&input->fault, "bad_field",
			"\"emoji\" must be one emoji of up to %d bytes", EMOJI_MAX_BYTES);
	if (on && !json_is_boolean(on) && !json_is_null(on))
		return message_refuse(
			&input->fault, "bad_field", "\"on\" must be true or false");
	*is_on = !json_is_false(on);
	return 0;
}

static int
change_read(struct input *input, struct store_change *change, uint64_t *of)
{
	if (change_read_id(input, of) < 0)
		return -EINVAL;
	if (change->kind == STORE_EDIT)
		return change_read_text(input, &change->text);
	if (change->kind == STORE_REACT)
		return change_read_reaction(input, &change->emoji, &change->is_on);
	return 0;
}

/* A muted person may take back what it has said. */
static int
change_check_mute(struct input *input, enum store_kind kind)
{
	return input->speaker && kind != STORE_DELETE ? ban_store_check_mute(input) : 0;
}

/* Read what input asks for, and check it in the order that PROTOCOL.md promises. charged
 * has a fault if the sender is over its rate. */
static int
change_check(struct input *input, const struct room *room, struct store_change *change,
	uint64_t *of, const struct message_fault *charged)
{
	if (change_read(input, change, of) < 0 || send_check_writable(input, room) < 0 ||
		change_check_mute(input, change->kind) < 0)
		return -EINVAL;
	if (charged->code) {
		input->fault = *charged;
		return -EINVAL;
	}
	/* Its new name may be muted. */
	if (input->speaker && (send_claim_name(input) < 0 ||
				      change_check_mute(input, change->kind) < 0))
		return -EINVAL;
	return 0;
}

int
change_make(struct input *input, const char *label)
{
	struct input paying = *input;
	bool is_paid = charge_input(&paying, CHANGE_COST);
	struct room *room = send_find_any_room(input, false);
	uint64_t of = 0;
	struct store_change change = {
		.kind = change_kind_of(input->message.type),
		.of = &of,
		.count = 1,
		.is_admin = author_is_admin(input),
	};

	if (!room)
		return known_or_no_room(input, label);
	if (is_paid)
		paying.fault.code = NULL;
	if (change_check(input, room, &change, &of, &paying.fault) < 0)
		return known_or_refused(input, room, label);
	if (input->speaker)
		attendance_show(input->chat, room, input->speaker);
	return change_post(input, room, &change, label);
}

int
change_do_change(struct input *input)
{
	int r = change_make(input, NULL);

	if (r == 0)
		send_count_received(input->asker);
	return r;
}

void
change_append_tail(int64_t ts_ms, const char *name, struct buffer *tail)
{
	buffer_printf(tail, "\"ts\":%" PRId64 ",\"username\":", ts_ms);
	json_text_append_string(tail, name);
}

int
change_post(struct input *input, struct room *room, const struct store_change *change,
	const char *label)
{
	const char *name = input->speaker ? input->speaker->person->name : label;
	struct request *request = request_new(
		input->chat, REQUEST_CHANGE, input->asker, room, input->message.ref);
	unsigned char author[STORE_AUTHOR_BYTES];
	char *keys[STORE_KEYS] = { NULL };
	struct buffer tail = { 0 };
	struct store_entry entry = {
		.room = room->name,
		.type = types[change->kind],
		.ts_ms = rooms_next_ts(room, input->chat->now_ms),
		.words = "",
		.author = author_of(input, author),
		.change = *change,
	};
	size_t i;
	int r;

	request->change.kind = change->kind;
	request->change.of = change->of[0];
	request->change.by = label ? xstrdup(label) : NULL;
	change_append_tail(entry.ts_ms, name, &tail);
	entry.tail = tail.bytes;
	entry.tail_len = tail.len;
	entry.change.name = name;
	send_make_keys(input, label, keys);
	for (i = 0; i < STORE_KEYS; i++)
		entry.keys[i] = keys[i];
	r = request_append(input->chat, request, &entry);
	for (i = 0; i < STORE_KEYS; i++)
		free(keys[i]);
	buffer_clear(&tail);
	if (r < 0)
		requests_refuse(r, &input->fault);
	return r;
}

/* Tell the asker why the store has not made the change. */
static void
change_refuse(struct chat *chat, const struct request *request, int error)
{
	struct message_fault fault = { .code = NULL };

	if (error == -ENOENT)
		message_refuse(
			&fault, "no_such_message", "\"of\" is no message, or it is gone");
	else if (error == -EACCES)
		message_refuse(&fault, "denied", "this message is somebody else's");
	else if (error == -E2BIG)
		message_refuse(&fault, "too_many_reactions",
			"this message has %d different reactions already",
			STORE_EMOJI_MAX);
	if (fault.code)
		reply_fault_to(request, &fault);
	else
		reply_failure(chat, request, error);
}

/* Reactions are many, and change no text. */
static void
change_log(const struct request *request, const struct store_answer *answer)
{
	enum store_kind kind = request->change.kind;
	const struct session *author =
		request->asker && !request->change.by ? request->asker->session : NULL;
	struct log_field fields[6] = {
		log_person("room", request->room->name),
		log_uint("id", answer->id),
		log_uint("of", request->change.of),
	};
	size_t count = 3;

	if (answer->deleted > 1)
		fields[count++] = log_uint("messages", answer->deleted);
	if (request->change.by)
		fields[count++] = log_str("by", request->change.by);
	if (author)
		fields[count++] = log_person("username", session_username(author));
	log_write(kind == STORE_REACT ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, types[kind],
		fields, count);
}

void
change_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	struct chat_ack ack = {
		.ref = *request->ref ? request->ref : NULL,
		.room = request->room->name,
		.epoch = store_epoch(request->store, request->room->name),
		.id = answer->id,
		.ts_ms = answer->ts_ms,
		.delivered = request->delivered,
		.is_duplicate = answer->is_duplicate,
	};

	if (error) {
		change_refuse(chat, request, error);
		return;
	}
	requests_note_success(chat);
	if (!answer->is_duplicate)
		change_log(request, answer);
	if (request->asker)
		reply_ack(request->asker, &ack);
}
