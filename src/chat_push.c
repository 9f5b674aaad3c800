/* What comes from outside: programs that push, and people who speak beside the stream
 * that they read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat_private.h"
#include "linnet/name.h"
#include "linnet/xalloc.h"

/* What the alarms and messages of one request cost together of the pace; metrics are
 * thinned instead. */
#define PUSH_COST 1

char *
chat_push_key(const char *label, const char *ref)
{
	return chat_format("p%s\n%s", label, ref);
}

void
chat_open_errand(struct chat *chat, struct session *session, struct pace *pace)
{
	session->is_errand = true;
	session->pace = pace;
	session->home = xstrdup(chat->config->chat.default_room);
}

struct session *
chat_find_session(struct chat *chat, const char *token)
{
	struct person *person = roster_find_token(chat->roster, token);

	return person ? TAILQ_FIRST(&person->sessions) : NULL;
}

static int
push_message(struct chat *chat, struct session *errand, const char *label,
	const struct message *message, struct message_fault *fault)
{
	struct message_stamp stamp = {
		.ts_ms = chat->now_ms,
		.username = label,
		.via = "push",
	};
	struct room *room = chat_room_to_write(chat, errand, message, fault);
	struct post post = {
		.session = errand,
		.room = room,
		.type = message->type ? message->type : "message",
		.ref = message->ref,
	};
	struct buffer tail = { 0 };
	const char *title;

	if (!room)
		return -EINVAL;
	message_append_tail(message, &stamp, &tail);
	if (message->is_ephemeral) {
		size_t queued = chat_broadcast(
			chat, room, post.type, 0, tail.bytes, tail.len, NULL);

		buffer_clear(&tail);
		chat_acknowledge(chat, errand, room, message->ref ? message->ref : "", 0,
			false, queued);
		hub_release(chat->hub, room);
		return 0;
	}
	post.tail = tail;
	title = json_string_value(json_object_get(message->object, "title"));
	post.words = chat_format("%s %s %s", label, title ? title : "",
		message->text ? message->text : "");
	if (message->ref)
		post.keys[0] = chat_push_key(label, message->ref);
	return chat_post(chat, &post, fault);
}

static int
push(struct chat *chat, struct session *errand, const char *label,
	const struct message *message, struct message_fault *fault)
{
	const char *type = message->type ? message->type : "message", *why = NULL;

	if (message->username) {
		label = message->username;
		why = name_fault(label, (size_t)chat->config->limits.name_bytes);
	}
	if (why)
		return message_refuse(fault, "bad_name", "the name %s", why);
	if (!strcmp(type, "metric"))
		return chat_push_metric(chat, errand, label, message, fault);
	if (!strcmp(type, "alarm"))
		return chat_push_alarm(chat, errand, label, message, fault);
	if (!chat_is_passed_on(type))
		return message_refuse(
			fault, "reserved_type", "only the server says \"%s\"", type);
	return push_message(chat, errand, label, message, fault);
}

static void
push_object(struct chat *chat, struct session *errand, const char *label, json_t *object)
{
	struct message message;
	struct message_fault fault;

	if (message_take(&message, object, &fault) < 0) {
		chat_answer_fault(errand, &fault);
		return;
	}
	if (push(chat, errand, label, &message, &fault) < 0)
		chat_answer_fault(errand, &fault);
	message_fini(&message);
}

static bool
has_only_metrics(const json_t *list)
{
	const char *type;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		type = json_string_value(
			json_object_get(json_array_get(list, i), "type"));
		if (!type || strcmp(type, "metric") != 0)
			return false;
	}
	return true;
}

size_t
chat_push(struct chat *chat, struct session *errand, const char *label, json_t *list,
	int64_t now_ms)
{
	struct message_fault fault = { .code = NULL };
	size_t count = json_array_size(list), i;

	chat->now_ms = now_ms;
	if (!has_only_metrics(list) &&
		!chat_is_in_time(chat, errand, PUSH_COST, &fault)) {
		chat_answer_fault(errand, &fault);
		count = 1;
	} else {
		for (i = 0; i < count; i++)
			push_object(chat, errand, label,
				json_incref(json_array_get(list, i)));
	}
	json_decref(list);
	return count;
}

void
chat_send(struct chat *chat, struct session *errand, struct session *speaker,
	json_t *object, int64_t now_ms)
{
	struct message message;
	struct message_fault fault;

	chat->now_ms = now_ms;
	errand->pace = speaker->pace;
	if (message_take(&message, object, &fault) < 0) {
		chat_answer_fault(errand, &fault);
		return;
	}
	if (chat_do_for(chat, errand, speaker, &message, &fault) < 0)
		chat_answer_fault(errand, &fault);
	message_fini(&message);
}
