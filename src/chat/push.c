/* What comes from outside: pushes of programs, and what people send beside the stream
 * that they read. */
#include <errno.h>
#include <string.h>

#include "chat/alarm.h"
#include "chat/commands.h"
#include "chat/metric.h"
#include "chat/reply.h"
#include "chat/send.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

/* Cost of all messages and alarms of one call. Metrics are free; they are thinned
 * instead. */
#define PUSH_COST 1

struct session *
chat_find_session(struct chat *chat, const char *token)
{
	struct person *person = roster_find_token(chat->roster, token);

	struct session *session = person ? TAILQ_FIRST(&person->sessions) : NULL;

	while (session && session->closed)
		session = TAILQ_NEXT(session, person_link);
	return session;
}

static const char *
push_type_of(const struct message *message)
{
	return message->type ? message->type : "message";
}

static int
push_message(struct chat *chat, struct session *call, const char *label,
	const struct message *message, struct message_fault *fault)
{
	struct message_stamp stamp = {
		.ts_ms = chat->now_ms, .username = label, .via = "push"
	};
	struct room *room = send_find_room(chat, call, message, fault);
	struct post post = {
		.session = call,
		.room = room,
		.type = push_type_of(message),
		.ref = message->ref,
	};
	struct buffer tail = { 0 };

	if (!room)
		return -EINVAL;
	message_append_tail(message, &stamp, &tail);
	if (message->is_ephemeral) {
		size_t queued = send_broadcast(
			chat, room, post.type, 0, tail.bytes, tail.len, NULL);

		buffer_clear(&tail);
		send_acknowledge_unstored(chat, call, room, message->ref, queued);
		rooms_release(chat->rooms, room);
		return 0;
	}
	post.tail = tail;
	post.words = send_push_words(label, NULL, message->object);
	if (message->ref)
		post.keys[0] = send_push_key(label, message->ref);
	return send_post(chat, &post, fault);
}

/* Charge the call's rate once. Returns false if it is over the rate, for this or an
 * earlier object: the client retries all of them. */
static bool
push_pay(struct chat *chat, struct session *call, struct message_fault *fault)
{
	if (call->chat->is_paid)
		return true;
	if (call->chat->is_too_fast) {
		message_refuse(fault, "rate_limited", "too fast, wait a moment");
		return false;
	}
	call->chat->is_paid = command_charge(chat, call, PUSH_COST, fault);
	call->chat->is_too_fast = !call->chat->is_paid;
	return call->chat->is_paid;
}

static int
push_push(struct chat *chat, struct session *call, const char *label,
	const struct message *message, struct message_fault *fault)
{
	const char *why = name_fault(label, (size_t)chat->config->limits.name_bytes);
	const char *type = push_type_of(message);
	bool is_metric = !strcmp(type, "metric");

	if (!is_metric && !push_pay(chat, call, fault))
		return -EINVAL;
	if (why)
		return message_refuse(fault, "bad_name", "the name %s", why);
	if (is_metric)
		return metric_push(chat, call, label, message, fault);
	if (!strcmp(type, "alarm"))
		return alarm_push(chat, call, label, message, fault);
	if (!command_is_broadcast(type))
		return message_refuse(
			fault, "reserved_type", "a program does not say \"%s\"", type);
	return push_message(chat, call, label, message, fault);
}

static void
push_count(const struct session *call, const char *type)
{
	enum push_kind kind = call->chat->is_hook       ? PUSH_HOOK
			      : !strcmp(type, "metric") ? PUSH_METRIC
			      : !strcmp(type, "alarm")  ? PUSH_ALARM
							: PUSH_MESSAGE;

	metrics.pushes[kind]++;
	metrics.received[VOICE_PUSH]++;
}

void
chat_push(struct chat *chat, struct session *call, const char *label, json_t *object,
	int64_t now_ms)
{
	struct message message;
	struct message_fault fault;

	chat->now_ms = now_ms;
	if (!reply_take(call, &message, object, &fault))
		return;
	if (message.username)
		label = message.username;
	if (push_push(chat, call, label, &message, &fault) < 0)
		reply_fault(call, &fault);
	else
		push_count(call, push_type_of(&message));
	message_fini(&message);
}

void
chat_send(struct chat *chat, struct session *call, struct session *speaker,
	json_t *object, int64_t now_ms)
{
	struct rate *own = call->chat->call_rate;
	struct message message;
	struct message_fault fault;

	chat->now_ms = now_ms;
	if (!reply_take(call, &message, object, &fault))
		return;
	call->chat->call_rate = &speaker->chat->rate;
	if (command_do_for(chat, call, speaker, &message, &fault) < 0)
		reply_fault(call, &fault);
	call->chat->call_rate = own; /* the speaker may be freed before the call */
	message_fini(&message);
}
