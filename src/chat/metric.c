/* Metrics: live values. Readers are sent the newest value of each name, to which a flood
 * is thinned; every value counts in the past of its metric. */
#include "chat/metric.h"

#include <errno.h>
#include <math.h>

#include "chat/reply.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/util.h"
#include "linnet/protocol/name.h"

/* Minimum time between two broadcasts of one metric. */
#define INTERVAL_MS 250

/* Forget a metric after this time; one that is pushed daily stays. */
#define FORGET_MS INT64_C(90000000)

#define UNIT_BYTES 32

static int
metric_check(struct input *input, const char **name)
{
	const json_t *value = json_object_get(input->message.object, "value");
	const char *unit = NULL;

	*name = NULL;
	if (message_get_string(&input->message, "name", ROOM_STATE_NAME_BYTES, name,
		    &input->fault) < 0 ||
		message_get_string(
			&input->message, "unit", UNIT_BYTES, &unit, &input->fault) < 0)
		return -EINVAL;
	if (!*name || !name_is_line(*name))
		return message_refuse(&input->fault, "bad_field",
			"\"name\" must be a line that names the metric");
	if (!json_is_number(value) || !isfinite(json_number_value(value)))
		return message_refuse(
			&input->fault, "bad_field", "\"value\" must be a number");
	return 0;
}

static json_t *
metric_make_value(const struct input *input, const struct room *room, const char *label)
{
	static const char *const foreign[] = { "id", "ref", "email", "session",
		"ephemeral", "avatar", "via" };
	json_t *value = json_pack("{s:s,s:s,s:I,s:s}", "type", "metric", "room",
		room->name, "ts", (json_int_t)input->chat->now_ms, "username", label);
	size_t i;

	json_object_update_missing(value, input->message.object);
	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		json_object_del(value, foreign[i]);
	return value;
}

static size_t
metric_send_value(struct room *room, struct metric *metric, int64_t now_ms)
{
	struct encoded encoded;
	size_t queued;

	metric->sent_ms = now_ms;
	encode_object(&encoded, json_incref(metric->value));
	queued = rooms_broadcast(room, &encoded, NULL, AUDIENCE_ALL);
	encode_fini(&encoded);
	return queued;
}

static void
metric_postpone(struct chat *chat, struct room *room, struct metric *metric)
{
	if (metric->is_due)
		return;
	metric->is_due = true;
	metric->owner = room;
	TAILQ_INSERT_TAIL(&chat->due, metric, due_link);
}

static void
metric_cancel(struct chat *chat, struct metric *metric)
{
	if (metric->is_due)
		TAILQ_REMOVE(&chat->due, metric, due_link);
	metric->is_due = false;
}

int
metric_push(struct input *input, const char *label)
{
	struct chat *chat = input->chat;
	struct room *room = send_find_room(input);
	struct metric *metric = NULL;
	const char *name;
	size_t queued = 0;

	if (!room)
		return -EINVAL;
	if (metric_check(input, &name) == 0 && room_access_make(input, room) == 0) {
		metric = room_state_add_metric(&room->state, name);
		if (!metric)
			message_refuse(&input->fault, "too_many_metrics",
				"%d metrics are kept in this room already",
				ROOM_STATE_METRICS_MAX);
	}
	if (!metric) {
		rooms_release(chat->rooms, room);
		return -EINVAL;
	}
	rooms_keep(room);
	json_decref(metric->value);
	metric->value = metric_make_value(input, room, label);
	metric->said_ms = chat->now_ms;
	metric_past_note(&chat->pasts, &metric->past,
		json_number_value(json_object_get(metric->value, "value")), chat->now_ms);
	/* The metric is also sent if the clock was set back. */
	if (!metric->is_due && (chat->now_ms - metric->sent_ms >= INTERVAL_MS ||
				       chat->now_ms < metric->sent_ms))
		queued = metric_send_value(room, metric, chat->now_ms);
	else
		metric_postpone(chat, room, metric);
	send_acknowledge(input, room, queued);
	return 0;
}

/* The points of metric as a JSON array. */
static json_t *
metric_list_points(const struct metric *metric, enum metric_range range, int64_t now_ms)
{
	struct metric_point points[METRIC_POINTS_MAX];
	size_t count = metric_past_read(metric->past, range, now_ms, points), i;
	json_t *list = json_array();

	for (i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("[I,f,f,f]", (json_int_t)points[i].start_ms,
				      points[i].min, points[i].mean, points[i].max));
	return list;
}

/* Read which past is asked for. */
static int
metric_read_question(struct input *input, const char **name, enum metric_range *range)
{
	const char *word = "15m";

	*name = NULL;
	if (message_get_string(&input->message, "name", SIZE_MAX, name, &input->fault) <
			0 ||
		message_get_string(
			&input->message, "range", SIZE_MAX, &word, &input->fault) < 0)
		return -EINVAL;
	*range = metric_range_find(word);
	if (!*name)
		return message_refuse(
			&input->fault, "bad_query", "\"name\" must say which metric");
	if (*range == METRIC_RANGES)
		return message_refuse(
			&input->fault, "bad_query", "\"range\" must be 15m, 1h or 24h");
	return 0;
}

int
metric_do_past(struct input *input)
{
	struct room *room = room_access_find(input, false);
	const struct metric *metric;
	enum metric_range range;
	const char *name;

	if (!room || metric_read_question(input, &name, &range) < 0)
		return -EINVAL;
	metric = room_state_find_metric(&room->state, name);
	if (!metric)
		return message_refuse(&input->fault, "no_such_metric",
			"no metric of that name is live here");
	reply_object(input->asker,
		json_pack("{s:s,s:s,s:O*,s:i,s:o}", "room", room->name, "name", name,
			"unit", json_object_get(metric->value, "unit"), "interval_s",
			metric_range_interval_s(range), "points",
			metric_list_points(metric, range, input->chat->now_ms)));
	return 0;
}

void
metric_send_due(struct chat *chat, int64_t now_ms)
{
	struct metric *metric, *next;

	for (metric = TAILQ_FIRST(&chat->due); metric; metric = next) {
		next = TAILQ_NEXT(metric, due_link);
		if (now_ms - metric->sent_ms < INTERVAL_MS && now_ms >= metric->sent_ms)
			continue;
		metric_cancel(chat, metric);
		metric_send_value(metric->owner, metric, now_ms);
	}
}

/* Forget metrics of room that were not pushed for min_ms. */
static void
metric_forget_old(struct chat *chat, struct room *room, int64_t min_ms)
{
	struct metric *metric, *next;

	HASH_ITER(hh, room->state.metrics, metric, next)
	{
		if (chat->now_ms - metric->said_ms < min_ms)
			continue;
		/* It may still be due: nothing is sent while there is no connection. */
		metric_cancel(chat, metric);
		room_state_remove_metric(&room->state, metric);
	}
}

void
metric_forget_room(struct chat *chat, struct room *room)
{
	metric_forget_old(chat, room, INT64_MIN);
}

void
metric_forget(struct chat *chat)
{
	struct room *room, *next;

	HASH_ITER(hh, chat->rooms->by_name, room, next)
	{
		metric_forget_old(chat, room, FORGET_MS);
		rooms_release(chat->rooms, room);
	}
}

void
metric_free_due(struct chat *chat)
{
	while (!TAILQ_EMPTY(&chat->due))
		metric_cancel(chat, TAILQ_FIRST(&chat->due));
}

void
metric_forget_all(struct chat *chat, struct room *room)
{
	struct metric *metric, *next;

	HASH_ITER(hh, room->state.metrics, metric, next)
	{
		metric_cancel(chat, metric);
		room_state_remove_metric(&room->state, metric);
	}
}

void
metric_forget_name(struct room *room, const char *name)
{
	struct metric *metric, *next;

	HASH_ITER(hh, room->state.metrics, metric, next)
	message_drop_name(metric->value, name);
}
