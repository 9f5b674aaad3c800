/* linnet sub */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command_list.h"
#include "client/connection.h"
#include "client/output.h"
#include "client/places.h"
#include "linnet/base/clock.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/line_text.h"

/* A room that is read. */
struct read_room {
	const char *asked; /* as on the command line */
	char *name;        /* as the server spells it; NULL: not known yet */
	char epoch[CONNECTION_SINCE_BYTES];
	char ref[24];    /* of its "join"; "": the connection's own room */
	bool is_joined;  /* over this link */
	int64_t join_ms; /* ask (again) to join then */
};

struct subscription {
	struct connection connection;
	struct places places;
	struct read_room *rooms; /* the first is the connection's own */
	size_t room_count;
	uint64_t left; /* of --count; UINT64_MAX: no end */
	struct buffer text;
};

static struct subscription *
subscription_of(struct connection *connection)
{
	return container_of(connection, struct subscription, connection);
}

static const char *
subscribe_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *
subscribe_place(const struct subscription *subscription, const struct read_room *room)
{
	return places_find(&subscription->places, room->name ? room->name : room->asked);
}

/* The room that an object is about, or NULL. */
static struct read_room *
subscribe_find(const struct subscription *subscription, const char *name)
{
	for (size_t i = 0; i < subscription->room_count; i++)
		if (subscription->rooms[i].name &&
			!strcmp(subscription->rooms[i].name, name))
			return &subscription->rooms[i];
	return NULL;
}

static void
subscribe_print(struct subscription *subscription, json_t *object)
{
	struct buffer lines = { 0 };
	const char *room = subscribe_text(object, "room");

	if (subscription->connection.client->arguments->is_json) {
		output_append_json(&subscription->text, object);
	} else {
		line_text_append(&lines, object);
		if (lines.len && subscription->room_count > 1 && *room) {
			buffer_append(&subscription->text, "[", 1);
			line_text_append_clean(&subscription->text, room, strlen(room));
			buffer_append(&subscription->text, "] ", 2);
		}
		buffer_append(&subscription->text, lines.bytes, lines.len);
		buffer_clear(&lines);
	}
	output_write(&subscription->text);
}

static void
subscribe_set_place(
	struct subscription *subscription, const struct read_room *room, json_int_t id)
{
	char place[2 * CONNECTION_SINCE_BYTES];

	snprintf(place, sizeof(place), "%s:%" JSON_INTEGER_FORMAT, room->epoch, id);
	places_set(&subscription->places, room->name, place);
}

/* The server says that one is in room, and whether it has all that was missed. */
static void
subscribe_enter(struct subscription *subscription, struct read_room *room, json_t *joined)
{
	bool had_place = subscribe_place(subscription, room);
	const char *name = subscribe_text(joined, "room");
	json_int_t last_id = json_integer_value(json_object_get(joined, "last_id"));

	room->is_joined = true;
	free(room->name);
	room->name = xstrdup(name);
	snprintf(room->epoch, sizeof(room->epoch), "%s", subscribe_text(joined, "epoch"));
	if (had_place && json_is_true(json_object_get(joined, "recovered")))
		return;
	subscribe_set_place(subscription, room, last_id);
	if (!had_place)
		return;
	output_note("%s: the messages since the last one could not be recovered: the "
		    "server does not have them any more",
		name);
	if (subscription->connection.client->arguments->is_json)
		subscribe_print(subscription, joined);
}

/* Ask to join the other rooms. */
static int64_t
subscribe_join(struct subscription *subscription, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	for (size_t i = 1; i < subscription->room_count; i++) {
		struct read_room *room = &subscription->rooms[i];
		json_t *join;

		if (now_ms < room->join_ms && room->join_ms < next_ms)
			next_ms = room->join_ms;
		if (now_ms < room->join_ms || room->is_joined)
			continue;
		join = json_pack("{s:s,s:s,s:s,s:s*}", "type", "join", "room",
			room->asked, "ref", room->ref, "since",
			subscribe_place(subscription, room));
		connection_send(&subscription->connection, join);
		json_decref(join);
		room->join_ms = INT64_MAX;
	}
	return next_ms;
}

static void
subscribe_on_open(struct connection *connection, json_t *joined)
{
	struct subscription *subscription = subscription_of(connection);

	for (size_t i = 0; i < subscription->room_count; i++) {
		subscription->rooms[i].is_joined = false;
		subscription->rooms[i].join_ms = 0;
	}
	subscribe_enter(subscription, &subscription->rooms[0], joined);
}

static struct read_room *
subscribe_find_ref(const struct subscription *subscription, const char *ref)
{
	for (size_t i = 1; i < subscription->room_count; i++)
		if (!strcmp(subscription->rooms[i].ref, ref))
			return &subscription->rooms[i];
	return NULL;
}

static void
subscribe_on_joined(struct subscription *subscription, json_t *joined)
{
	struct read_room *room =
		subscribe_find_ref(subscription, subscribe_text(joined, "ref"));

	/* Without a ref the room has another history from now on. */
	if (!room)
		room = subscribe_find(subscription, subscribe_text(joined, "room"));
	if (room)
		subscribe_enter(subscription, room, joined);
}

static void
subscribe_on_error(struct subscription *subscription, const json_t *error)
{
	struct connection_refusal refusal = connection_read_refusal(error);
	struct read_room *room =
		subscribe_find_ref(subscription, subscribe_text(error, "ref"));

	if (room && refusal.is_passing) {
		room->join_ms = clock_now_ms() + refusal.wait_ms;
		return;
	}
	output_note("%s%s%s (%s)", room ? room->asked : "", room ? ": " : "",
		refusal.text, refusal.code);
	if (room)
		connection_end(&subscription->connection, CLIENT_REFUSED);
}

/* True for what --count counts: entries of the history and ephemeral messages. */
static bool
subscribe_is_counted(const json_t *object, const char *type)
{
	static const char *const others[] = { "alarm", "metric", "notice" };

	if (json_is_integer(json_object_get(object, "id")))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(type, others[i]))
			return false;
	return json_object_get(object, "message");
}

static void
subscribe_on_entry(struct subscription *subscription, json_t *object, const char *type)
{
	const json_t *id = json_object_get(object, "id");
	struct read_room *room =
		subscribe_find(subscription, subscribe_text(object, "room"));

	subscribe_print(subscription, object);
	if (room && json_is_integer(id))
		subscribe_set_place(subscription, room, json_integer_value(id));
	if (subscribe_is_counted(object, type) && subscription->left != UINT64_MAX &&
		--subscription->left == 0)
		connection_end(&subscription->connection, CLIENT_DONE);
}

static void
subscribe_on_object(struct connection *connection, json_t *object)
{
	struct subscription *subscription = subscription_of(connection);
	const char *type = subscribe_text(object, "type");

	if (!strcmp(type, "joined"))
		subscribe_on_joined(subscription, object);
	else if (!strcmp(type, "error"))
		subscribe_on_error(subscription, object);
	else
		subscribe_on_entry(subscription, object, type);
}

/* Hand over what was received. Its places are saved behind it, so nothing is missed if
 * linnet is killed in between. */
static void
subscribe_flush(struct subscription *subscription)
{
	struct connection *connection = &subscription->connection;
	int r = output_flush();

	/* If nobody reads any more, that is no failure. */
	if (r == -EPIPE) {
		connection_end(connection, CLIENT_DONE);
		return;
	}
	if (r < 0)
		output_note("standard output: %s", strerror(-r));
	else
		r = places_save(&subscription->places);
	if (r < 0)
		connection_end(connection, CLIENT_REFUSED);
}

static const char *
subscribe_own_place(struct connection *connection)
{
	const struct subscription *subscription = subscription_of(connection);

	return subscribe_place(subscription, &subscription->rooms[0]);
}

static int64_t
subscribe_on_turn(struct connection *connection, int64_t now_ms)
{
	struct subscription *subscription = subscription_of(connection);

	subscribe_flush(subscription);
	return connection->is_open ? subscribe_join(subscription, now_ms) : INT64_MAX;
}

static int
subscribe_read_count(struct subscription *subscription, const char *text)
{
	char *end;

	subscription->left = UINT64_MAX;
	if (!text)
		return 0;
	errno = 0;
	subscription->left = strtoull(text, &end, 10);
	if (strspn(text, "0123456789") == strlen(text) && *text && !errno &&
		subscription->left >= 1 && subscription->left < UINT64_MAX)
		return 0;
	output_note("--count must be a number from 1");
	return -EINVAL;
}

/* The place of --since counts more than that of --state. */
static int
subscribe_read_since(struct subscription *subscription, const char *text)
{
	const char *id = text ? strrchr(text, ':') : NULL;

	if (!text)
		return 0;
	if (subscription->room_count > 1) {
		output_note(
			"--since is for one room only; --state keeps the places of many");
		return -EINVAL;
	}
	if (!id || id == text || !id[1] ||
		strspn(id + 1, "0123456789") < strlen(id + 1) ||
		strlen(text) >= CONNECTION_SINCE_BYTES) {
		output_note("--since must be EPOCH:ID, as in k3f9x2ab:41");
		return -EINVAL;
	}
	places_set(&subscription->places, subscription->rooms[0].asked, text);
	return 0;
}

/* Prepare what the command line asks for. */
static int
subscribe_begin(struct subscription *subscription, const char *const *words)
{
	const struct arguments *arguments = subscription->connection.client->arguments;

	while (words[subscription->room_count])
		subscription->room_count++;
	subscription->rooms =
		xcalloc(subscription->room_count, sizeof(*subscription->rooms));
	for (size_t i = 0; i < subscription->room_count; i++) {
		subscription->rooms[i].asked = words[i];
		if (i)
			snprintf(subscription->rooms[i].ref,
				sizeof(subscription->rooms[i].ref), "j%zu", i);
	}
	subscription->connection.room = words[0];
	if (subscribe_read_count(subscription, arguments->count) < 0 ||
		places_open(&subscription->places, arguments->state) < 0)
		return -EINVAL;
	return subscribe_read_since(subscription, arguments->since);
}

static void
subscribe_fini(struct subscription *subscription)
{
	for (size_t i = 0; i < subscription->room_count; i++)
		free(subscription->rooms[i].name);
	free(subscription->rooms);
	places_free(&subscription->places);
	buffer_clear(&subscription->text);
}

enum client_status
subscribe_run(const struct client *client, const char *const *words)
{
	static const struct connection_handler handler = {
		.place = subscribe_own_place,
		.on_open = subscribe_on_open,
		.on_object = subscribe_on_object,
		.on_turn = subscribe_on_turn,
	};
	struct subscription subscription = {
		.connection = {
			.handler = &handler,
			.client = client,
			.is_patient = true,
			.when_stopped = CLIENT_DONE,
		},
	};
	enum client_status status = CLIENT_BAD_USAGE;

	if (subscribe_begin(&subscription, words) == 0) {
		connection_run(&subscription.connection);
		subscribe_flush(&subscription);
		status = subscription.connection.status;
	}
	subscribe_fini(&subscription);
	return status;
}
