/* Pushes of programs. */
#include <errno.h>
#include <string.h>

#include "chat/push.h"

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

static const char *
push_type_of(const struct message *message)
{
	return message->type ? message->type : "message";
}

static int
push_message(struct chat *chat, struct asker *asker, const char *label,
	const struct message *message, struct message_fault *fault)
{
	struct message_stamp stamp = {
		.ts_ms = chat->now_ms, .username = label, .via = "push"
	};
	struct room *room = send_find_room(chat, asker, message, fault);
	struct post post = {
		.asker = asker,
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
		send_acknowledge(chat, asker, room, message->ref, queued);
		rooms_release(chat->rooms, room);
		return 0;
	}
	post.tail = tail;
	post.words = send_push_words(label, NULL, message->object);
	if (message->ref)
		post.keys[0] = send_push_key(label, message->ref);
	return send_post(chat, &post, fault);
}

/* The objects of one call pay once. */
struct payment {
	bool is_paid;
	bool is_refused;
};

/* Returns false if the call is over the rate, for this or an earlier object: the client
 * retries all of them. */
static bool
push_pay(struct chat *chat, struct asker *asker, struct payment *payment,
	struct message_fault *fault)
{
	if (payment->is_paid)
		return true;
	if (payment->is_refused) {
		message_refuse(fault, "rate_limited", "too fast, wait a moment");
		return false;
	}
	payment->is_paid = command_charge(chat, asker, PUSH_COST, fault);
	payment->is_refused = !payment->is_paid;
	return payment->is_paid;
}

static int
push_object(struct chat *chat, struct asker *asker, struct payment *payment,
	const char *label, const struct message *message, struct message_fault *fault)
{
	const char *why = name_fault(label, (size_t)chat->config->limits.name_bytes);
	const char *type = push_type_of(message);
	bool is_metric = !strcmp(type, "metric");

	if (!is_metric && !push_pay(chat, asker, payment, fault))
		return -EINVAL;
	if (why)
		return message_refuse(fault, "bad_name", "the name %s", why);
	if (is_metric)
		return metric_push(chat, asker, label, message, fault);
	if (!strcmp(type, "alarm"))
		return alarm_push(chat, asker, label, message, fault);
	if (!command_is_broadcast(type))
		return message_refuse(
			fault, "reserved_type", "a program does not say \"%s\"", type);
	return push_message(chat, asker, label, message, fault);
}

static void
push_count(bool is_hook, const char *type)
{
	enum push_kind kind = is_hook                   ? PUSH_HOOK
			      : !strcmp(type, "metric") ? PUSH_METRIC
			      : !strcmp(type, "alarm")  ? PUSH_ALARM
							: PUSH_MESSAGE;

	metrics.pushes[kind]++;
	metrics.received[VOICE_PUSH]++;
}

void
push_objects(struct chat *chat, struct asker *asker, const char *label, json_t *objects,
	bool is_hook)
{
	struct payment payment = { .is_paid = false };
	struct message message;
	struct message_fault fault;
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (message_take(&message, json_incref(object), &fault) < 0) {
			reply_fault(asker, &fault);
			continue;
		}
		if (push_object(chat, asker, &payment,
			    message.username ? message.username : label, &message,
			    &fault) < 0)
			reply_fault(asker, &fault);
		else
			push_count(is_hook, push_type_of(&message));
		message_fini(&message);
	}
}
