#include "chat/alarm_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm_state.h"
#include "chat/reply.h"
#include "chat/send.h"
#include "linnet/base/json_text.h"

/* How often a change is computed again because somebody else was faster. */
#define TRIES_MAX 5

void
alarm_refuse_missing(struct message_fault *fault)
{
	message_refuse(fault, "no_such_alarm", "there is no such alarm in this room");
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

int
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

void
alarm_on_message(struct chat *chat, struct room *room, const struct request *request,
	const struct store_record *record)
{
	const struct alarm_wish *wish = request ? request->message.wish : NULL;
	struct room_state *state = alarm_chat_state(room);
	struct alarm *alarm = room_state_add_alarm(state, record->state_key);

	if (!alarm)
		return;
	if (wish)
		alarm_stand(room, alarm, json_incref(wish->event), wish->version);
	else
		alarm_stand_as(room, alarm, record->state_value, record->state_value_len);
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

/* Nothing is left to do, because of what others have done meanwhile. */
static void
alarm_answer_nothing(struct chat *chat, const struct request *request)
{
	struct message_fault fault = { .code = NULL };

	if (!request->asker)
		return;
	if (request->message.wish->kind != ALARM_PUSH) {
		alarm_refuse_missing(&fault);
		reply_fault_to(request, &fault);
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
	reply_fault_to(request, &fault);
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
