/* Alarms. Each change is a message of the room, so everybody sees it once and in order.
 * The active alarms are stored beside the messages for newcomers. */
#include "chat/alarm.h"

#include <errno.h>

#include "chat/alarm_change.h"
#include "chat/alarm_state.h"
#include "chat/attendance.h"
#include "chat/ban_store.h"
#include "chat/charge.h"
#include "chat/known.h"
#include "chat/room_access.h"
#include "chat/send.h"

/* What it costs to clear an alarm: as much as a message. */
#define CLEAR_COST 1

/* Nothing changes. If the ref of input is known, its sender gets the first answer again.
 */
static void
alarm_say_nothing(struct input *input, const char *label, struct room *room)
{
	if (known_or_refused(input, room, label) < 0)
		send_acknowledge(input, room, 0);
}

/* Make event (consumed) the alarm's next one, as wish (consumed) wants it. */
static int
alarm_change(
	struct input *input, struct room *room, struct alarm_wish *wish, json_t *event)
{
	struct alarm *alarm = NULL;

	if (room_access_make(input, room) == 0) {
		alarm = room_state_add_alarm(&room->state, wish->key);
		if (!alarm)
			message_refuse(&input->fault, "too_many_alarms",
				"%d alarms stand in this room already",
				ROOM_STATE_ALARMS_MAX);
	}
	if (alarm)
		return alarm_post(input, room, alarm, wish, event);
	json_decref(event);
	alarm_wish_free(wish);
	return -EINVAL;
}

int
alarm_push(struct input *input, const char *label, bool is_hook)
{
	struct room *room = send_find_room(input);
	struct alarm_wish *wish = room ? alarm_wish_read(input, label) : NULL;
	const struct alarm *alarm;
	json_t *event;
	int r = wish ? 0 : -EINVAL;

	if (wish) {
		wish->is_hook = is_hook;
		alarm = room_state_find_alarm(&room->state, wish->key);
		event = alarm_wish_event(wish, alarm ? alarm->intended : NULL,
			rooms_next_ts(room, input->chat->now_ms));
		if (event) {
			r = alarm_change(input, room, wish, event);
		} else {
			alarm_say_nothing(input, label, room);
			alarm_wish_free(wish);
		}
	}
	if (room)
		rooms_release(input->chat->rooms, room);
	return r;
}

/* Do what wish, which is consumed, wants of an alarm that is active. */
static int
alarm_change_standing(struct input *input, struct room *room, struct alarm *alarm,
	struct alarm_wish *wish)
{
	return alarm_post(input, room, alarm, wish,
		alarm_wish_event(
			wish, alarm->intended, rooms_next_ts(room, input->chat->now_ms)));
}

/* Clear an alarm in the name of its program. */
static int
alarm_end(struct chat *chat, struct room *room, struct alarm *alarm)
{
	struct input input = { .chat = chat };
	const char *name =
		json_string_value(json_object_get(alarm->intended, "username"));

	return alarm_change_standing(&input, room, alarm,
		alarm_wish_new(ALARM_END, alarm->key, name ? name : "push"));
}

void
alarm_end_due(struct chat *chat, int64_t now_ms)
{
	struct room *room, *next_room;
	struct alarm *alarm, *next;

	if (now_ms < chat->alarms_end_ms)
		return;
	chat->alarms_end_ms = INT64_MAX;
	HASH_ITER(hh, chat->rooms->by_name, room, next_room)
	{
		HASH_ITER(hh, room->state.alarms, alarm, next)
		{
			if (alarm_end_of(alarm->intended) > now_ms ||
				alarm_end(chat, room, alarm) < 0)
				alarm_note_end(chat, alarm->intended);
		}
	}
}

/* The alarm of that key, or NULL with the fault filled in if it will not stand after all
 * pending changes. */
static struct alarm *
alarm_find_standing(struct input *input, struct room *room, const char *key)
{
	struct alarm *alarm = key ? room_state_find_alarm(&room->state, key) : NULL;

	if (alarm && alarm->intended)
		return alarm;
	alarm_refuse_missing(&input->fault);
	return NULL;
}

/* A wish of the speaker. */
static struct alarm_wish *
alarm_wish_of(const struct input *input, enum alarm_wish_kind kind, const char *key)
{
	struct alarm_wish *wish = alarm_wish_new(kind, key, input->speaker->person->name);

	wish->is_persons = true;
	return wish;
}

int
alarm_do_ack(struct input *input)
{
	struct room *room = room_access_find(input, false);
	const char *key = NULL;
	struct alarm *alarm;

	if (!room || message_get_string(&input->message, "key", ROOM_STATE_KEY_BYTES,
			     &key, &input->fault) < 0)
		return -EINVAL;
	alarm = alarm_find_standing(input, room, key);
	if (!alarm)
		return known_or_refused(input, room, NULL);
	attendance_show(input->chat, room, input->speaker);
	return alarm_change_standing(
		input, room, alarm, alarm_wish_of(input, ALARM_ACK, key));
}

/* Find the alarm that input wants to clear, making the checks in the order that
 * PROTOCOL.md promises. charged has a fault if the sender is over its rate. */
static struct alarm *
alarm_find_to_clear(
	struct input *input, struct room *room, const struct message_fault *charged)
{
	const char *key = NULL;

	if (message_get_string(&input->message, "key", ROOM_STATE_KEY_BYTES, &key,
		    &input->fault) < 0)
		return NULL;
	if (!key) {
		message_refuse(&input->fault, "bad_field",
			"\"key\" must say which alarm to clear");
		return NULL;
	}
	if (send_check_writable(input, room) < 0 ||
		(input->speaker && ban_store_check_mute(input) < 0))
		return NULL;
	if (charged->code) {
		input->fault = *charged;
		return NULL;
	}
	return alarm_find_standing(input, room, key);
}

/* label is the name of a program; NULL: the speaker clears the alarm. */
static int
alarm_clear_charged(
	struct input *input, const char *label, const struct message_fault *charged)
{
	struct room *room = send_find_any_room(input, false);
	struct alarm *alarm;

	if (!room)
		return known_or_no_room(input, label);
	alarm = alarm_find_to_clear(input, room, charged);
	if (!alarm)
		return known_or_refused(input, room, label);
	if (!label)
		attendance_show(input->chat, room, input->speaker);
	return alarm_change_standing(input, room, alarm,
		label ? alarm_wish_new(ALARM_CLEAR, alarm->key, label)
		      : alarm_wish_of(input, ALARM_CLEAR, alarm->key));
}

int
alarm_clear(struct input *input, const char *label)
{
	struct input paying = *input;

	if (charge_input(&paying, CLEAR_COST))
		paying.fault.code = NULL;
	return alarm_clear_charged(input, label, &paying.fault);
}

int
alarm_do_clear(struct input *input)
{
	return alarm_clear(input, NULL);
}

int
alarm_do_clear_line(struct input *input)
{
	return alarm_clear_charged(input, NULL, &(struct message_fault){ .code = NULL });
}
