/* Pushes of programs. */
#include <errno.h>
#include <string.h>

#include "chat/push.h"

#include "chat/alarm.h"
#include "chat/change.h"
#include "chat/charge.h"
#include "chat/commands.h"
#include "chat/metric.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "chat/send.h"
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
push_message(struct input *input, const char *label)
{
	const struct message *message = &input->message;
	struct message_stamp stamp = { .username = label, .via = "push" };
	struct post post = {
		.room = send_find_room(input),
		.type = push_type_of(message),
	};

	if (!post.room)
		return -EINVAL;
	if (!message->is_ephemeral && room_access_make(input, post.room) < 0) {
		rooms_release(input->chat->rooms, post.room);
		return -EINVAL;
	}
	stamp.ts_ms = rooms_next_ts(post.room, input->chat->now_ms);
	message_append_tail(message, &stamp, &post.tail);
	if (message->is_ephemeral) {
		send_pass_on(input, post.room, post.type, &post.tail);
		return 0;
	}
	post.words = send_push_words(label, NULL, message->object);
	send_make_keys(input, label, post.keys);
	return send_post(input, &post);
}

/* Whether a call was charged. All messages and alarms of a call together are charged
 * once. */
enum payment {
	PAYMENT_DUE,
	PAYMENT_DONE,
	PAYMENT_REFUSED,
};

/* Hooks have a limit of their own: an outage is a burst of them. */
static bool
push_charge_hook(struct input *input)
{
	struct chat *chat = input->chat;
	int64_t wait_ms = gate_take_hook(chat->gate, reply_client(input), chat->now_ms);

	if (!wait_ms)
		return true;
	message_refuse(&input->fault, "busy", "too many webhooks, wait a moment");
	input->fault.retry_after_ms = wait_ms;
	return false;
}

/* Returns false if the call is over the rate, for this or an earlier object: the client
 * retries all of them. */
static bool
push_pay(struct input *input, enum payment *payment, bool is_hook)
{
	bool is_paid;

	if (*payment == PAYMENT_DUE) {
		is_paid = is_hook ? push_charge_hook(input)
				  : charge_input(input, PUSH_COST);
		*payment = is_paid ? PAYMENT_DONE : PAYMENT_REFUSED;
	} else if (*payment == PAYMENT_REFUSED) {
		message_refuse(&input->fault, "rate_limited", "too fast, wait a moment");
	}
	return *payment == PAYMENT_DONE;
}

/* Programs that send hooks give up on 429, so what passes by waiting is "busy" for them:
 * 503, which they repeat. */
static void
push_refuse(struct input *input, bool is_hook)
{
	if (is_hook && input->fault.retry_after_ms)
		input->fault.code = "busy";
	reply_fault(input->asker, &input->fault);
}

static int
push_object(struct input *input, enum payment *payment, const char *label, bool is_hook)
{
	const char *type = push_type_of(&input->message);
	bool is_metric = !strcmp(type, "metric"), is_clear = !strcmp(type, "clear");
	bool is_change = change_is_one(type);
	const char *name = input->message.username;

	/* A token's name is the operator's choice, so it may have any form. It also
	 * stands in for a name that is not valid: the text is not lost over that. */
	if (name && !name_fault(name, (size_t)input->chat->config->limits.name_bytes))
		label = name;
	/* These are charged behind other checks. They are the only object of their call.
	 */
	if (!is_metric && !is_change && !is_clear && !push_pay(input, payment, is_hook))
		return -EINVAL;
	if (is_metric)
		return metric_push(input, label);
	if (is_change)
		return change_make(input, label);
	if (is_clear)
		return alarm_clear(input, label);
	if (!strcmp(type, "alarm"))
		return alarm_push(input, label, is_hook);
	if (!command_is_broadcast(type))
		return message_refuse(&input->fault, "reserved_type",
			"a program does not say \"%s\"", type);
	return push_message(input, label);
}

static void
push_count(bool is_hook, const char *type)
{
	enum push_kind kind = is_hook                   ? PUSH_HOOK
			      : !strcmp(type, "metric") ? PUSH_METRIC
			      : !strcmp(type, "alarm") || !strcmp(type, "clear")
				      ? PUSH_ALARM
				      : PUSH_MESSAGE;

	metrics.pushes[kind]++;
	metrics.received[VOICE_PUSH]++;
}

void
push_objects(struct chat *chat, struct asker *asker, const char *label, json_t *objects,
	bool is_hook)
{
	struct input input = { .chat = chat, .asker = asker };
	enum payment payment = PAYMENT_DUE;
	/* A hook's text was cut, so that no alert is lost. */
	size_t max_bytes = is_hook ? SIZE_MAX : chat_max_bytes(chat->config), i;
	json_t *object;

	json_array_foreach(objects, i, object)
	{
		if (message_take(&input.message, json_incref(object), max_bytes,
			    &input.fault) < 0 ||
			push_object(&input, &payment, label, is_hook) < 0)
			push_refuse(&input, is_hook);
		else
			push_count(is_hook, push_type_of(&input.message));
		message_fini(&input.message);
	}
}
