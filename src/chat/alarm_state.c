#include "chat/alarm_state.h"

#include "chat/alarm_wish.h"
#include "linnet/base/json_text.h"
#include "linnet/base/log.h"

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

void
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

struct room_state *
alarm_chat_state(struct room *room)
{
	return room->is_tail ? &room->other.state : &room->state;
}

void
alarm_settle(struct room_state *state, struct alarm *alarm)
{
	if (!alarm->under_way && !alarm->standing)
		room_state_remove_alarm(state, alarm);
}

void
alarm_intend(struct alarm *alarm, json_t *event, uint64_t version)
{
	json_decref(alarm->intended);
	alarm->intended = event;
	alarm->intended_version = version;
}

void
alarm_intend_nothing(struct alarm *alarm)
{
	alarm_intend(alarm, json_incref(alarm->standing), alarm->standing_version);
}

void
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
alarm_stand_as(struct room *room, struct alarm *alarm, const char *value, size_t len)
{
	alarm_stand(room, alarm, value ? alarm_parse(value, len) : NULL,
		value ? store_version(value, len) : 0);
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
alarm_forget_all(struct room *room)
{
	alarm_doubt_all(room);
	alarm_drop_doubted(room);
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
