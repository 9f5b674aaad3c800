/* Alarms. Each change is a message of the room, so everybody sees it once and in order.
 * The active alarms are stored beside the messages for newcomers. */
#include "chat/alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/ban_store.h"
#include "chat/charge.h"
#include "chat/known.h"
#include "chat/presence.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

/* In rising order; "ok" clears an alarm. */
static const char *const severities[] = { "info", "warning", "error", "critical", "ok" };

#define SEVERITIES ARRAY_SIZE(severities)
#define SEVERITY_OK (SEVERITIES - 1)

_Static_assert(SEVERITY_OK == METRICS_SEVERITIES, "those before it are counted");

#define TITLE_BYTES 256

/* What it costs to clear an alarm: as much as a message. */
#define CLEAR_COST 1

/* Longest time after which an alarm ends by itself: 30 days. */
#define LASTS_S_MAX (30 * 24 * 3600)

static size_t
alarm_rank_of(const char *severity)
{
	size_t rank = 0;

	while (rank < SEVERITIES && strcmp(severities[rank], severity) != 0)
		rank++;
	return rank;
}

/* The checked members of a pushed alarm. */
struct report {
	const char *key;
	const char *title;
	size_t rank;
	uint64_t lasts_s; /* 0: until it is cleared */
};

static int
alarm_read_report(struct input *input, struct report *report)
{
	const struct message *message = &input->message;
	struct message_fault *fault = &input->fault;
	const char *severity = NULL;

	*report = (struct report){ .key = NULL };
	if (message_get_string(
		    message, "key", ROOM_STATE_KEY_BYTES, &report->key, fault) < 0 ||
		message_get_string(message, "severity", 16, &severity, fault) < 0 ||
		message_get_string(message, "title", TITLE_BYTES, &report->title, fault) <
			0 ||
		message_get_uint(message, "lasts_s", &report->lasts_s, fault) < 0)
		return -EINVAL;
	if (report->lasts_s > LASTS_S_MAX)
		return message_refuse(fault, "bad_field",
			"\"lasts_s\" must be at most %d seconds", LASTS_S_MAX);
	if (!report->key || !name_is_line(report->key))
		return message_refuse(fault, "bad_field",
			"\"key\" must be a line that names the alarm");
	report->rank = severity ? alarm_rank_of(severity) : SEVERITIES;
	if (report->rank == SEVERITIES)
		return message_refuse(fault, "bad_field",
			"\"severity\" must be info, warning, error, critical or ok");
	return 0;
}

static void
alarm_copy_member(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, key, value);
}

/* Copy what a change of severity keeps: when the alarm began and, unless it got worse,
 * who has acknowledged it. */
static void
alarm_carry_over(json_t *event, const json_t *before, size_t rank)
{
	const char *severity = json_string_value(json_object_get(before, "severity"));

	alarm_copy_member(event, before, "since");
	if (rank != SEVERITY_OK && (!severity || rank > alarm_rank_of(severity)))
		return;
	alarm_copy_member(event, before, "acknowledged_by");
	alarm_copy_member(event, before, "acknowledged_ms");
}

/* Make the alarm's next event from what the program pushed and what the server knows. */
static json_t *
alarm_make_event(
	json_t *pushed, const struct report *report, const json_t *before, int64_t ts_ms)
{
	static const char *const foreign[] = { "type", "room", "id", "ref", "email",
		"session", "ephemeral", "avatar", "via", "since", "acknowledged_by",
		"acknowledged_ms", "cleared_by", "standing", "lasts_s", "ends_ms" };
	json_t *event = json_deep_copy(pushed);
	const char *state = report->rank == SEVERITY_OK ? "cleared"
			    : before                    ? "updated"
							: "raised";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		json_object_del(event, foreign[i]);
	json_object_set_new(event, "state", json_string(state));
	if (before)
		alarm_carry_over(event, before, report->rank);
	else
		json_object_set_new(event, "since", json_integer(ts_ms));
	if (report->lasts_s && report->rank != SEVERITY_OK)
		json_object_set_new(event, "ends_ms",
			json_integer(ts_ms + 1000 * (json_int_t)report->lasts_s));
	/* A reader of "cleared" wants to know what was cleared. */
	if (before && !json_object_get(event, "title"))
		alarm_copy_member(event, before, "title");
	return event;
}

/* True if event says nothing new of an alarm whose last event was before. */
static bool
alarm_is_repeated(json_t *event, json_t *before)
{
	static const char *const changing[] = { "state", "ts", "username", "ends_ms" };
	json_t *was, *value;
	bool is_same;
	size_t i;

	if (!before ||
		!json_object_get(event, "ends_ms") != !json_object_get(before, "ends_ms"))
		return false;
	was = json_copy(before);
	value = json_copy(event);
	for (i = 0; i < ARRAY_SIZE(changing); i++) {
		json_object_del(was, changing[i]);
		json_object_del(value, changing[i]);
	}
	is_same = json_equal(was, value);
	json_decref(was);
	json_decref(value);
	return is_same;
}

/* The gauge of active alarms with the event's severity. event may be NULL. */
static uint64_t *
alarm_counter_of(const json_t *event)
{
	static uint64_t none;
	const char *severity = json_string_value(json_object_get(event, "severity"));
	size_t rank = severity ? alarm_rank_of(severity) : SEVERITIES;

	return rank < METRICS_SEVERITIES ? &metrics.alarms[rank] : &none;
}

void
alarm_count_room(const struct room *room, bool is_shown)
{
	const struct alarm *alarm, *next;

	HASH_ITER(hh, room->state.alarms, alarm, next)
	*alarm_counter_of(alarm->standing) += is_shown ? 1 : UINT64_MAX;
}

/* When the alarm of event ends by itself, or INT64_MAX. */
static int64_t
alarm_end_of(const json_t *event)
{
	const json_t *end = json_object_get(event, "ends_ms");

	return json_is_integer(end) ? json_integer_value(end) : INT64_MAX;
}

static void
alarm_note_end(struct chat *chat, const json_t *event)
{
	int64_t end_ms = alarm_end_of(event);

	if (end_ms < chat->alarms_end_ms)
		chat->alarms_end_ms = end_ms;
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

/* The alarms of the history that request was made for. */
static struct room_state *
alarm_state_of(const struct chat *chat, const struct request *request)
{
	return request_is_outdated(chat, request) ? &request->room->other.state
						  : &request->room->state;
}

/* Make event the active state (NULL: not active). Consumes event. The gauge counts alarms
 * unless their room is a log room now. */
static void
alarm_stand(struct room_state *state, struct alarm *alarm, json_t *event, bool is_counted)
{
	state->standing -= alarm->standing != NULL;
	state->standing += event != NULL;
	if (is_counted) {
		--*alarm_counter_of(alarm->standing);
		++*alarm_counter_of(event);
	}
	json_decref(alarm->standing);
	alarm->standing = event;
}

/* Free an alarm that is not active and has no pending change. */
static void
alarm_settle(struct room_state *state, struct alarm *alarm)
{
	if (!alarm->under_way && !alarm->standing)
		room_state_remove_alarm(state, alarm);
}

/* A pending change was answered. */
static void
alarm_end_change(struct room_state *state, struct alarm *alarm)
{
	alarm->under_way--;
	/* A change that was not stored never happened. */
	if (!alarm->under_way) {
		json_decref(alarm->intended);
		alarm->intended = json_incref(alarm->standing);
	}
	alarm_settle(state, alarm);
}

void
alarm_on_message(struct chat *chat, struct room *room, bool is_shown,
	const struct store_record *record)
{
	struct room_state *state = is_shown ? &room->state : &room->other.state;
	struct alarm *alarm = room_state_add_alarm(state, record->state_key);
	json_t *event = record->state_value ? alarm_parse(record->state_value,
						      record->state_value_len)
					    : NULL;

	if (!alarm) {
		json_decref(event);
		return;
	}
	alarm_note_end(chat, event);
	alarm_stand(state, alarm, event, is_shown);
	alarm_settle(state, alarm);
}

void
alarm_on_appended(struct chat *chat, struct request *request, int error,
	const struct store_answer *answer)
{
	struct room_state *state = alarm_state_of(chat, request);

	/* If it was an alarm's end, try again. */
	if (error)
		chat->alarms_end_ms = 0;
	alarm_end_change(state, room_state_find_alarm(state, request->message.alarm));
	send_on_appended(chat, request, error, answer);
}

/* Store event as the alarm's next message. label is the name of the person or program.
 * Consumes event. */
static int
alarm_post_event(struct input *input, const char *label, struct room *room,
	struct alarm *alarm, json_t *event)
{
	struct chat *chat = input->chat;
	struct message said = { .object = event };
	struct message_stamp stamp = { .ts_ms = rooms_next_ts(room, chat->now_ms),
		.username = label };
	bool cleared =
		!strcmp(json_string_value(json_object_get(event, "state")), "cleared");
	struct post post = {
		.room = room,
		.type = "alarm",
		.alarm = xstrdup(alarm->key),
	};
	int r;

	message_append_tail(&said, &stamp, &post.tail);
	post.words = send_push_words(label, alarm->key, event);
	send_make_keys(input, label, post.keys);
	if (!cleared)
		alarm_note_end(chat, event);
	json_object_set_new(event, "ts", json_integer(stamp.ts_ms));
	/* An acknowledgement keeps the name of the alarm's program. */
	if (!input->speaker || !json_object_get(event, "username"))
		json_object_set_new(event, "username", json_string(label));
	json_decref(alarm->intended);
	alarm->intended = cleared ? NULL : json_incref(event);
	alarm->under_way++;
	post.intended = cleared ? NULL : json_incref(event);
	json_decref(event);
	r = send_post(input, &post);
	if (r < 0)
		alarm_end_change(&room->state, alarm);
	return r;
}

/* Make event, which is consumed, the alarm's next one. */
static int
alarm_change(struct input *input, const char *label, struct room *room, const char *key,
	json_t *event)
{
	struct alarm *alarm = NULL;

	if (room_access_make(input, room) == 0) {
		alarm = room_state_add_alarm(&room->state, key);
		if (!alarm)
			message_refuse(&input->fault, "too_many_alarms",
				"%d alarms stand in this room already",
				ROOM_STATE_ALARMS_MAX);
	}
	if (alarm)
		return alarm_post_event(input, label, room, alarm, event);
	json_decref(event);
	return -EINVAL;
}

/* Nothing changes. If the ref of input is known, its sender gets the first answer again.
 */
static void
alarm_say_nothing(struct input *input, const char *label, struct room *room)
{
	if (known_or_refused(input, room, label) < 0)
		send_acknowledge(input, room, 0);
}

int
alarm_push(struct input *input, const char *label, bool is_hook)
{
	struct room *room = send_find_room(input);
	json_t *event = NULL, *before;
	const struct alarm *alarm;
	struct report report;
	int r;

	if (!room)
		return -EINVAL;
	r = alarm_read_report(input, &report);
	if (r == 0) {
		alarm = room_state_find_alarm(&room->state, report.key);
		before = alarm ? alarm->intended : NULL;
		/* An alarm that is not active cannot be cleared. */
		if (report.rank != SEVERITY_OK || before)
			event = alarm_make_event(input->message.object, &report, before,
				rooms_next_ts(room, input->chat->now_ms));
		if (!event || (is_hook && alarm_is_repeated(event, before))) {
			json_decref(event);
			alarm_say_nothing(input, label, room);
		} else {
			r = alarm_change(input, label, room, report.key, event);
		}
	}
	rooms_release(input->chat->rooms, room);
	return r;
}

/* Clear an alarm in the name of its program. */
static int
alarm_end(struct chat *chat, struct room *room, struct alarm *alarm)
{
	struct input input = { .chat = chat };
	json_t *event = json_deep_copy(alarm->intended);
	const char *name = json_string_value(json_object_get(event, "username"));
	char *label = xstrdup(name ? name : "push");
	int r;

	json_object_set_new(event, "severity", json_string(severities[SEVERITY_OK]));
	json_object_set_new(event, "state", json_string("cleared"));
	r = alarm_post_event(&input, label, room, alarm, event);
	free(label);
	return r;
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
	message_refuse(
		&input->fault, "no_such_alarm", "there is no such alarm in this room");
	return NULL;
}

int
alarm_do_ack(struct input *input)
{
	struct room *room = room_access_find(input, false);
	const char *name = input->speaker->person->name, *key = NULL;
	struct alarm *alarm;
	json_t *event;

	if (!room || message_get_string(&input->message, "key", ROOM_STATE_KEY_BYTES,
			     &key, &input->fault) < 0)
		return -EINVAL;
	alarm = alarm_find_standing(input, room, key);
	if (!alarm)
		return known_or_refused(input, room, NULL);
	presence_show(input->chat, room, input->speaker);
	event = json_deep_copy(alarm->intended);
	json_object_set_new(event, "state", json_string("acknowledged"));
	json_object_set_new(event, "acknowledged_by", json_string(name));
	json_object_set_new(event, "acknowledged_ms",
		json_integer(rooms_next_ts(room, input->chat->now_ms)));
	return alarm_post_event(input, name, room, alarm, event);
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
	const struct report report = { .rank = SEVERITY_OK };
	const char *name = label ? label : input->speaker->person->name;
	struct alarm *alarm;
	json_t *cleared, *event;

	if (!room)
		return known_or_no_room(input, label);
	alarm = alarm_find_to_clear(input, room, charged);
	if (!alarm)
		return known_or_refused(input, room, label);
	if (!label)
		presence_show(input->chat, room, input->speaker);
	cleared = json_pack("{s:s,s:s}", "key", alarm->key, "severity", "ok");
	event = alarm_make_event(cleared, &report, alarm->intended, 0);
	json_decref(cleared);
	if (!label)
		json_object_set_new(event, "cleared_by", json_string(name));
	return alarm_post_event(input, name, room, alarm, event);
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

/* The alarms of the room's chat, also while it is a log room and they are hidden. */
static struct room_state *
alarm_chat_state(struct room *room)
{
	return room->is_tail ? &room->other.state : &room->state;
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

/* The alarm is what the store says (event, consumed; NULL: not active). What is pending
 * comes after that. */
static void
alarm_set(struct room *room, struct alarm *alarm, json_t *event)
{
	alarm_stand(alarm_chat_state(room), alarm, event, !room->is_tail);
	alarm->is_doubted = false;
	if (alarm->under_way)
		return;
	json_decref(alarm->intended);
	alarm->intended = json_incref(event);
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
		alarm_set(room, alarm, NULL);
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
	alarm_set(room, alarm, event);
	alarm_note_end(chat, event);
}

void
alarm_forget_all(struct room *room)
{
	struct room_state *state = alarm_chat_state(room);
	struct alarm *alarm, *next;

	HASH_ITER(hh, state->alarms, alarm, next)
	{
		alarm_set(room, alarm, NULL);
		alarm_settle(state, alarm);
	}
}

void
alarm_forget_name(struct room *room, const char *name)
{
	struct alarm *alarm, *next;

	HASH_ITER(hh, alarm_chat_state(room)->alarms, alarm, next)
	{
		message_drop_name(alarm->standing, name);
		message_drop_name(alarm->intended, name);
	}
}
