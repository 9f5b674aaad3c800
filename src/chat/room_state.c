#include "chat/room_state.h"

#include <assert.h>
#include <stdlib.h>

#include "linnet/base/xalloc.h"

struct alarm *
room_state_find_alarm(const struct room_state *state, const char *key)
{
	struct alarm *alarm;

	HASH_FIND_STR(state->alarms, key, alarm);
	return alarm;
}

struct alarm *
room_state_add_alarm(struct room_state *state, const char *key)
{
	struct alarm *alarm = room_state_find_alarm(state, key);

	if (alarm || HASH_COUNT(state->alarms) >= ROOM_STATE_ALARMS_MAX)
		return alarm;
	alarm = xcalloc(1, sizeof(*alarm));
	alarm->key = xstrdup(key);
	alarm->number = ++state->last_number;
	HASH_ADD_KEYPTR(hh, state->alarms, alarm->key, strlen(alarm->key), alarm);
	return alarm;
}

void
room_state_remove_alarm(struct room_state *state, struct alarm *alarm)
{
	HASH_DEL(state->alarms, alarm);
	state->standing -= alarm->standing != NULL;
	json_decref(alarm->standing);
	json_decref(alarm->intended);
	free(alarm->key);
	free(alarm);
}

struct metric *
room_state_find_metric(const struct room_state *state, const char *name)
{
	struct metric *metric;

	HASH_FIND_STR(state->metrics, name, metric);
	return metric;
}

struct metric *
room_state_add_metric(struct room_state *state, const char *name)
{
	struct metric *metric = room_state_find_metric(state, name);

	if (metric || HASH_COUNT(state->metrics) >= ROOM_STATE_METRICS_MAX)
		return metric;
	metric = xcalloc(1, sizeof(*metric));
	metric->name = xstrdup(name);
	metric->number = ++state->last_number;
	HASH_ADD_KEYPTR(hh, state->metrics, metric->name, strlen(metric->name), metric);
	return metric;
}

void
room_state_remove_metric(struct room_state *state, struct metric *metric)
{
	assert(!metric->is_due);
	HASH_DEL(state->metrics, metric);
	json_decref(metric->value);
	metric_past_free(metric->past);
	free(metric->name);
	free(metric);
}

bool
room_state_is_empty(const struct room_state *state)
{
	return !state->alarms && !state->metrics;
}

void
room_state_clear(struct room_state *state)
{
	struct alarm *alarm, *next_alarm;
	struct metric *metric, *next_metric;

	HASH_ITER(hh, state->alarms, alarm, next_alarm)
	room_state_remove_alarm(state, alarm);
	HASH_ITER(hh, state->metrics, metric, next_metric)
	room_state_remove_metric(state, metric);
}
