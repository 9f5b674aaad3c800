/* Alarms. Each change is a message of the room, so everybody sees it once and in order.
 * The active alarms are stored beside the messages for newcomers. */
#include "chat/alarm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm_wish.h"
#include "chat/ban_store.h"
#include "chat/charge.h"
#include "chat/known.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/json_text.h"
#include "linnet/base/log.h"

/* What it costs to clear an alarm: as much as a message. */
#define CLEAR_COST 1

/* How often a change is computed again because somebody else was faster. */
#define TRIES_MAX 5

_Static_assert(ALARM_OK == METRICS_SEVERITIES, "those before it are counted");

/* The gauge of active alarms with the event's severity. event may be NULL. */
static uint64_t *
alarm_counter_of(const json_t *event)
{
	static uint64_t none;
	const char *severity = json_string_value(json_object_get(event, "severity"));
	size_t rank = severity ? alarm_rank_of(severity) : ALARM_OK;

	return rank < METRICS_SEVERITIES ? &metrics.alarms[rank] : &none;
}

void
alarm_count_room(const struct room *room, bool is_shown)
{
	const struct alarm *alarm, *next;

	HASH_ITER(hh, room->state.alarms, alarm, next)
	*alarm_counter_of(alarm->standing) += is_shown ? 1 : UINT64_MAX;
}

static void
alarm_note_end(struct chat *chat, const json_t *event)
{
	int64_t end_ms = alarm_end_of(event);

	if (end_ms < chat->alarms_end_ms)
		chat->alarms_end_ms = end_ms;
}

static void
alarm_refuse_missing(struct message_fault *fault)
{
	message_refuse(fault, "no_such_alarm", "there is no such alarm in this room");
}

/* The event that value is; NULL: it is none. */
static json_t *
alarm_parse(const char *value, size_t len)
{
	json_t *event = json_loadb(value, len, JSON_ALLOW_NUL, NULL);

	if (json_is_object(event))
		return event;
	json_decref(event);
	return NULL;
}

/* The alarms of the room's chat, also while it is a log room and they are hidden. */
static struct room_state *
alarm_chat_state(struct room *room)
{
	return room->is_tail ? &room->other.state : &room->state;
}

/* Free an alarm that is not active and has no pending change. */
static void
alarm_settle(struct room_state *state, struct alarm *alarm)
{
	if (!alarm->under_way && !alarm->standing)
		room_state_remove_alarm(state, alarm);
}

/* Set what the alarm will be after all pending changes. event is consumed. */
static void
alarm_intend(struct alarm *alarm, json_t *event, uint64_t version)
{
	json_decref(alarm->intended);
	alarm->intended = event;
	alarm->intended_version = version;
}

/* The alarm will be what it is. */
static void
alarm_intend_nothing(struct alarm *alarm)
{
	alarm_intend(alarm, json_incref(alarm->standing), alarm->standing_version);
}

/* Make event (consumed; NULL: not active) what the alarm of room is. Pending changes come
 * after that. The gauge counts alarms unless their room is a log room now. */
static void
alarm_stand(struct room *room, struct alarm *alarm, json_t *event, uint64_t version)
{
	struct room_state *state = alarm_chat_state(room);

	state->standing -= alarm->standing != NULL;
	state->standing += event != NULL;
	if (!room->is_tail) {
		--*alarm_counter_of(alarm->standing);
		++*alarm_counter_of(event);
	}
	json_decref(alarm->standing);
	alarm->standing = event;
	alarm->standing_version = version;
	alarm->is_doubted = false;
	if (!alarm->under_way)
		alarm_intend_nothing(alarm);
}

void
alarm_on_message(struct chat *chat, struct room *room, const struct request *request,
	const struct store_record *record)
{
	const struct alarm_wish *wish = request ? request->message.wish : NULL;
	const char *value = record->state_value;
	size_t len = record->state_value_len;
	struct room_state *state = alarm_chat_state(room);
	struct alarm *alarm = room_state_add_alarm(state, record->state_key);

	if (!alarm)
		return;
	if (wish)
		alarm_stand(room, alarm, json_incref(wish->event), wish->version);
	else
		alarm_stand(room, alarm, value ? alarm_parse(value, len) : NULL,
			value ? store_version(value, len) : 0);
	alarm_note_end(chat, alarm->standing);
	alarm_settle(state, alarm);
}

/* A pending change of request was answered. */
static void
alarm_end_change(const struct request *request)
{
	struct room_state *state = alarm_chat_state(request->room);
	struct alarm *alarm = room_state_find_alarm(state, request->message.wish->key);

	/* A change that was not stored never happened. */
	if (!--alarm->under_way)
		alarm_intend_nothing(alarm);
	alarm_settle(state, alarm);
}

/* Make what will be stored of event, which has its ts then. */
static void
alarm_finish_event(const struct alarm_wish *wish, json_t *event, int64_t ts_ms,
	struct buffer *tail, struct buffer *value)
{
	struct message said = { .object = event };
	struct message_stamp stamp = { .ts_ms = ts_ms, .username = wish->name };
	const char *state = json_string_value(json_object_get(event, "state"));

	message_append_tail(&said, &stamp, tail);
	json_object_set_new(event, "ts", json_integer(ts_ms));
	/* An acknowledgement keeps the name of the alarm's program. */
	if (!wish->is_persons || !json_object_get(event, "username"))
		json_object_set_new(event, "username", json_string(wish->name));
	if (strcmp(state, "cleared") != 0)
		json_text_append(value, event);
}

/* Give the store event, which is consumed, as the next message of alarm. Returns as
 * store_append. */
static int
alarm_append(
	struct chat *chat, struct request *request, struct alarm *alarm, json_t *event)
{
	struct alarm_wish *wish = request->message.wish;
	struct buffer tail = { 0 }, value = { 0 };
	struct store_entry entry = {
		.room = request->room->name,
		.type = "alarm",
		.ts_ms = rooms_next_ts(request->room, chat->now_ms),
		.words = send_push_words(wish->name, wish->key, event),
		.state_key = wish->key,
		.state_version = alarm->intended_version,
	};
	int r;

	alarm_finish_event(wish, event, entry.ts_ms, &tail, &value);
	entry.tail = tail.bytes;
	entry.tail_len = tail.len;
	entry.state_value = value.bytes;
	entry.state_value_len = value.len;
	memcpy(entry.keys, wish->keys, sizeof(entry.keys));
	wish->bases = alarm->bases;
	r = request_try_append(chat, request, &entry);
	if (r == 0) {
		alarm->under_way++;
		json_decref(wish->event);
		wish->event = value.len ? json_incref(event) : NULL;
		wish->version = value.len ? store_version(value.bytes, value.len) : 0;
		alarm_intend(alarm, json_incref(wish->event), wish->version);
		alarm_note_end(chat, alarm->intended);
	}
	json_decref(event);
	buffer_clear(&tail);
	buffer_clear(&value);
	free((char *)entry.words);
	return r;
}

/* Give the store event, which is consumed, as what becomes of wish, which is consumed. */
static int
alarm_post(struct input *input, struct room *room, struct alarm *alarm,
	struct alarm_wish *wish, json_t *event)
{
	struct request *request = request_new(
		input->chat, REQUEST_ALARM, input->asker, room, input->message.ref);
	int r;

	request->message.wish = wish;
	send_make_keys(input, wish->name, wish->keys);
	r = alarm_append(input->chat, request, alarm, event);
	if (r < 0) {
		requests_refuse(r, &input->fault);
		alarm_settle(alarm_chat_state(room), alarm);
		request_free(input->chat, request);
		return r;
	}
	send_count_given(input->chat, request);
	return 0;
}

/* Nothing is left to do, because of what others have done meanwhile. */
static void
alarm_answer_nothing(struct chat *chat, const struct request *request)
{
	struct message_fault fault = { .code = NULL };

	if (!request->asker)
		return;
	snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
	if (request->message.wish->kind != ALARM_PUSH) {
		alarm_refuse_missing(&fault);
		reply_fault(request->asker, &fault);
		return;
	}
	reply_ack(request->asker,
		&(struct chat_ack){
			.ref = *request->ref ? request->ref : NULL,
			.room = request->room->name,
			.epoch = store_epoch(chat->store, request->room->name),
		});
}

/* The change was computed from what the alarm is no longer: compute it again. Returns
 * false if the request is answered. */
static bool
alarm_try_again(struct chat *chat, struct request *request)
{
	struct alarm_wish *wish = request->message.wish;
	struct room *room = request->room;
	struct alarm *alarm = room_state_add_alarm(alarm_chat_state(room), wish->key);
	struct message_fault fault = { .code = NULL };
	json_t *event = NULL;
	int r = -EAGAIN;

	/* So were all that were computed from it. */
	if (alarm && wish->bases == alarm->bases) {
		alarm->bases++;
		alarm_intend_nothing(alarm);
	}
	if (alarm && wish->tries++ < TRIES_MAX) {
		event = alarm_wish_event(
			wish, alarm->intended, rooms_next_ts(room, chat->now_ms));
		r = event ? alarm_append(chat, request, alarm, event) : 0;
	}
	if (r == 0 && event)
		return true;
	if (alarm)
		alarm_settle(alarm_chat_state(room), alarm);
	if (r == 0) {
		alarm_answer_nothing(chat, request);
		return false;
	}
	requests_refuse(r, &fault);
	snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
	if (request->asker)
		reply_fault(request->asker, &fault);
	return false;
}

void
alarm_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	alarm_end_change(request);
	/* If it was an alarm's end, try again. */
	if (error)
		chat->alarms_end_ms = 0;
	if (error == -ESTALE && alarm_try_again(chat, request))
		return;
	if (error == -ESTALE)
		send_count_answered(chat, request, error, false);
	else
		send_on_appended(chat, request, error, answer);
	requests_finish(chat, request);
}

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
	presence_show(input->chat, room, input->speaker);
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
		presence_show(input->chat, room, input->speaker);
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

bool
alarm_exist(struct room *room)
{
	return alarm_chat_state(room)->alarms;
}

void
alarm_doubt_all(struct room *room)
{
	struct alarm *alarm, *next;

	HASH_ITER(hh, alarm_chat_state(room)->alarms, alarm, next)
	alarm->is_doubted = true;
}

void
alarm_drop_doubted(struct room *room)
{
	struct room_state *state = alarm_chat_state(room);
	struct alarm *alarm, *next;

	HASH_ITER(hh, state->alarms, alarm, next)
	{
		if (!alarm->is_doubted)
			continue;
		alarm_stand(room, alarm, NULL, 0);
		alarm_settle(state, alarm);
	}
}

void
alarm_restore(struct chat *chat, const char *name, const char *key, uint64_t id,
	const char *value, size_t value_len)
{
	struct room *room = rooms_restore(chat->rooms, name, true);
	struct room_state *state = alarm_chat_state(room);
	json_t *event = alarm_parse(value, value_len);
	struct alarm *alarm = NULL;

	if (event)
		alarm = room_state_add_alarm(state, key);
	if (!alarm) {
		log_warn("alarm_left_out", log_person("room", name), log_uint("id", id));
		json_decref(event);
		return;
	}
	alarm_stand(room, alarm, event, store_version(value, value_len));
	alarm_note_end(chat, event);
}

void
alarm_forget_all(struct room *room)
{
	struct room_state *state = alarm_chat_state(room);
	struct alarm *alarm, *next;

	HASH_ITER(hh, state->alarms, alarm, next)
	{
		alarm_stand(room, alarm, NULL, 0);
		alarm_settle(state, alarm);
	}
}

/* The store has taken name out of the value in the same way. */
static void
alarm_drop_name(struct alarm *alarm, const char *name)
{
	struct buffer value = { 0 };

	if (message_has_name(alarm->standing, name)) {
		message_drop_name(alarm->standing, name);
		json_text_append(&value, alarm->standing);
		alarm->standing_version = store_version(value.bytes, value.len);
		buffer_clear(&value);
	}
	message_drop_name(alarm->intended, name);
	if (!alarm->under_way)
		alarm_intend_nothing(alarm);
}

void
alarm_forget_name(struct room *room, const char *name)
{
	struct alarm *alarm, *next;

	HASH_ITER(hh, alarm_chat_state(room)->alarms, alarm, next)
	alarm_drop_name(alarm, name);
}
