#include "chat/alarm_wish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

/* In rising order; "ok" clears an alarm. */
static const char *const severities[] = { "info", "warning", "error", "critical", "ok" };

#define SEVERITIES ARRAY_SIZE(severities)

_Static_assert(ALARM_OK == SEVERITIES - 1, "it is the last one");

#define TITLE_BYTES 256

/* Longest time after which an alarm ends by itself: 30 days. */
#define LASTS_S_MAX (30 * 24 * 3600)

size_t
alarm_rank_of(const char *severity)
{
	size_t rank = 0;

	while (rank < SEVERITIES && strcmp(severities[rank], severity) != 0)
		rank++;
	return rank;
}

int64_t
alarm_end_of(const json_t *event)
{
	const json_t *end = json_object_get(event, "ends_ms");

	return json_is_integer(end) ? json_integer_value(end) : INT64_MAX;
}

struct alarm_wish *
alarm_wish_new(enum alarm_wish_kind kind, const char *key, const char *name)
{
	struct alarm_wish *wish = xcalloc(1, sizeof(*wish));

	wish->kind = kind;
	wish->key = xstrdup(key);
	wish->name = xstrdup(name);
	return wish;
}

void
alarm_wish_free(struct alarm_wish *wish)
{
	if (!wish)
		return;
	for (size_t i = 0; i < STORE_KEYS; i++)
		free(wish->keys[i]);
	json_decref(wish->pushed);
	json_decref(wish->event);
	free(wish->key);
	free(wish->name);
	free(wish);
}

struct alarm_wish *
alarm_wish_read(struct input *input, const char *name)
{
	const struct message *message = &input->message;
	struct message_fault *fault = &input->fault;
	const char *key = NULL, *severity = NULL, *title = NULL;
	struct alarm_wish *wish;
	uint64_t lasts_s = 0;
	size_t rank;

	if (message_get_string(message, "key", ROOM_STATE_KEY_BYTES, &key, fault) < 0 ||
		message_get_string(message, "severity", 16, &severity, fault) < 0 ||
		message_get_string(message, "title", TITLE_BYTES, &title, fault) < 0 ||
		message_get_uint(message, "lasts_s", &lasts_s, fault) < 0)
		return NULL;
	rank = severity ? alarm_rank_of(severity) : SEVERITIES;
	if (lasts_s > LASTS_S_MAX)
		message_refuse(fault, "bad_field",
			"\"lasts_s\" must be at most %d seconds", LASTS_S_MAX);
	else if (!key || !name_is_line(key))
		message_refuse(fault, "bad_field",
			"\"key\" must be a line that names the alarm");
	else if (rank == SEVERITIES)
		message_refuse(fault, "bad_field",
			"\"severity\" must be info, warning, error, critical or ok");
	if (fault->code)
		return NULL;
	wish = alarm_wish_new(ALARM_PUSH, key, name);
	wish->pushed = json_incref(message->object);
	wish->rank = rank;
	wish->lasts_s = lasts_s;
	return wish;
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
	if (rank != ALARM_OK && (!severity || rank > alarm_rank_of(severity)))
		return;
	alarm_copy_member(event, before, "acknowledged_by");
	alarm_copy_member(event, before, "acknowledged_ms");
}

/* Make the alarm's next event from what the program pushed and what the server knows. */
static json_t *
alarm_make_event(json_t *pushed, size_t rank, uint64_t lasts_s, const json_t *before,
	int64_t ts_ms)
{
	static const char *const foreign[] = { "type", "room", "id", "ref", "email",
		"session", "ephemeral", "avatar", "via", "since", "acknowledged_by",
		"acknowledged_ms", "cleared_by", "standing", "lasts_s", "ends_ms" };
	json_t *event = json_deep_copy(pushed);
	const char *state = rank == ALARM_OK ? "cleared" : before ? "updated" : "raised";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		json_object_del(event, foreign[i]);
	json_object_set_new(event, "state", json_string(state));
	if (before)
		alarm_carry_over(event, before, rank);
	else
		json_object_set_new(event, "since", json_integer(ts_ms));
	if (lasts_s && rank != ALARM_OK)
		json_object_set_new(event, "ends_ms",
			json_integer(ts_ms + 1000 * (json_int_t)lasts_s));
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

static json_t *
alarm_pushed_event(const struct alarm_wish *wish, json_t *before, int64_t ts_ms)
{
	json_t *event;

	/* An alarm that is not active cannot be cleared. */
	if (wish->rank == ALARM_OK && !before)
		return NULL;
	event = alarm_make_event(wish->pushed, wish->rank, wish->lasts_s, before, ts_ms);
	if (!wish->is_hook || !alarm_is_repeated(event, before))
		return event;
	json_decref(event);
	return NULL;
}

static json_t *
alarm_acknowledged_event(const struct alarm_wish *wish, json_t *before, int64_t ts_ms)
{
	json_t *event = json_deep_copy(before);

	json_object_set_new(event, "state", json_string("acknowledged"));
	json_object_set_new(event, "acknowledged_by", json_string(wish->name));
	json_object_set_new(event, "acknowledged_ms", json_integer(ts_ms));
	return event;
}

static json_t *
alarm_cleared_event(const struct alarm_wish *wish, json_t *before)
{
	json_t *cleared = json_pack(
		"{s:s,s:s}", "key", wish->key, "severity", severities[ALARM_OK]);
	json_t *event = alarm_make_event(cleared, ALARM_OK, 0, before, 0);

	json_decref(cleared);
	if (wish->is_persons)
		json_object_set_new(event, "cleared_by", json_string(wish->name));
	return event;
}

static json_t *
alarm_ended_event(const struct alarm_wish *wish, json_t *before, int64_t ts_ms)
{
	json_t *event;

	/* Somebody may have raised it anew. */
	if (wish->tries && alarm_end_of(before) > ts_ms)
		return NULL;
	event = json_deep_copy(before);
	json_object_set_new(event, "severity", json_string(severities[ALARM_OK]));
	json_object_set_new(event, "state", json_string("cleared"));
	return event;
}

json_t *
alarm_wish_event(const struct alarm_wish *wish, json_t *before, int64_t ts_ms)
{
	if (wish->kind == ALARM_PUSH)
		return alarm_pushed_event(wish, before, ts_ms);
	if (!before)
		return NULL;
	if (wish->kind == ALARM_ACK)
		return alarm_acknowledged_event(wish, before, ts_ms);
	return wish->kind == ALARM_CLEAR ? alarm_cleared_event(wish, before)
					 : alarm_ended_event(wish, before, ts_ms);
}
