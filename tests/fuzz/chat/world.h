/* world.h - the clients of fuzz_sessions.c, and what each of them knows from what it was
 * sent. Every object that a client receives is checked here. */
#pragma once

#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "../fuzz.h"
#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/chat/chat.h"

#define SLOTS 7
#define OBSERVER 0 /* the slot of a client that reads everything and sends nothing */
#define ROOMS 2
#define SENDS 600
#define ENTRIES 600

static const char *const rooms[ROOMS] = { "lobby", "ops" };

/* An object with a ref, which is "r" and its number. The text of a message is "m" and the
 * number. */
struct sent {
	uint64_t serial; /* of the client */
	unsigned expected, answered;
	bool is_optional; /* there may be no answer */
	bool has_failed;
	uint64_t id[ROOMS]; /* that its answer has told; 0: none */
};

/* What the observer knows of an entry. */
struct entry {
	bool is_message, is_deleted;
	char *text; /* NULL: it has none */
};

struct seen_room {
	uint64_t last_id;
	struct entry entries[ENTRIES];
};

/* One client, with one session. */
struct client {
	struct session session;
	struct world *world;
	uint64_t serial; /* of the client in this slot; 0: the slot is free */
	bool is_slow;    /* it reads only when told */
	bool resumes;    /* it may be sent again what it has sent */
	bool is_away;    /* a poll without a request */
	char line[80];   /* that it could not send yet; "": none */
	struct {
		json_t *users; /* NULL: not known */
		uint64_t last_id;
		bool is_followed; /* the ids after last_id are its own, or were sent */
		bool begins;      /* with the next entry */
	} in[ROOMS];
};

struct world {
	struct chat *chat;
	int64_t now_ms;
	uint64_t serials;
	struct client clients[SLOTS];
	struct sent sent[SENDS];
	unsigned sends;
	struct seen_room seen[ROOMS];
	unsigned calls; /* not answered */
};

static inline const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static inline uint64_t
id_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* The index of the room called name, or ROOMS. */
static inline size_t
room_of(const char *name)
{
	size_t i = 0;

	while (i < ROOMS && strcasecmp(name, rooms[i]) != 0)
		i++;
	return i;
}

/* The number behind the letter in text, or SENDS. */
static inline unsigned
number_of(const char *text, char letter)
{
	char *end;
	unsigned long number;

	if (text[0] != letter || !text[1])
		return SENDS;
	number = strtoul(text + 1, &end, 10);
	return *end || number >= SENDS ? SENDS : (unsigned)number;
}

static inline void
check_answer(struct client *client, const json_t *object)
{
	unsigned number = number_of(text_of(object, "ref"), 'r');
	struct sent *sent = &client->world->sent[number];
	size_t room = room_of(text_of(object, "room"));

	if (!json_object_get(object, "ref"))
		return;
	require(number < client->world->sends, "an answer to nothing");
	require(sent->serial == client->serial, "an answer to somebody else");
	require(sent->answered < sent->expected, "two answers to one request");
	sent->answered++;
	if (!strcmp(text_of(object, "type"), "error"))
		sent->has_failed = true;
	/* Of a ref that was sent twice one answer may have no id. */
	if (room < ROOMS && json_object_get(object, "id") &&
		!strcmp(text_of(object, "type"), "ack"))
		sent->id[room] = id_of(object, "id");
}

static inline bool
is_own_id(const struct client *client, size_t room, uint64_t id)
{
	const struct world *world = client->world;

	for (unsigned i = 0; i < world->sends; i++)
		if (world->sent[i].serial == client->serial &&
			world->sent[i].id[room] == id)
			return true;
	return false;
}

/* Ids are dense, except for those of the client's own messages. */
static inline void
check_id(struct client *client, size_t room, uint64_t id)
{
	if (client->in[room].begins)
		client->in[room].last_id = id - 1;
	client->in[room].is_followed |= client->in[room].begins;
	client->in[room].begins = false;
	if (!client->in[room].is_followed)
		return;
	require(id > client->in[room].last_id, "an entry twice, or out of order");
	while (++client->in[room].last_id < id)
		require(is_own_id(client, room, client->in[room].last_id),
			"an entry is missing");
}

static inline void
check_speaker(const struct client *client, const json_t *object)
{
	unsigned number = number_of(text_of(object, "message"), 'm');
	const struct sent *sent = &client->world->sent[number];

	if (number >= client->world->sends || client->resumes ||
		strcmp(text_of(object, "type"), "message") != 0)
		return;
	require(sent->serial != client->serial || sent->has_failed,
		"a client hears itself");
}

static inline void
set_text(struct entry *entry, const char *text)
{
	free(entry->text);
	entry->text = text ? strdup(text) : NULL;
}

static inline void
see_deletion(struct seen_room *seen, uint64_t id)
{
	require(id && id <= seen->last_id, "the deletion of nothing");
	seen->entries[id].is_deleted = true;
	set_text(&seen->entries[id], NULL);
}

/* The observer notes what an entry says. */
static inline void
see_entry(struct seen_room *seen, const json_t *object)
{
	const char *type = text_of(object, "type");
	const json_t *of = json_object_get(object, "of");
	uint64_t id = id_of(object, "id");
	struct entry *entry = &seen->entries[id];

	require(id == seen->last_id + 1, "the ids of a room are not dense");
	seen->last_id = id;
	if (!strcmp(type, "edit")) {
		entry = &seen->entries[id_of(object, "of")];
		require(!entry->is_deleted, "the edit of a deleted message");
		set_text(entry, text_of(object, "message"));
	} else if (!strcmp(type, "delete") && json_is_array(of)) {
		for (size_t i = 0; i < json_array_size(of); i++)
			see_deletion(seen,
				(uint64_t)json_integer_value(json_array_get(of, i)));
	} else if (!strcmp(type, "delete")) {
		see_deletion(seen, id_of(object, "of"));
	} else if (strcmp(type, "react") != 0) {
		entry->is_message = true;
		set_text(entry, json_string_value(json_object_get(object, "message")));
	}
}

static inline void
see_end_of_room(struct seen_room *seen)
{
	for (uint64_t id = 1; id <= seen->last_id; id++) {
		seen->entries[id].is_message = false;
		set_text(&seen->entries[id], NULL);
	}
}

static inline void
note_joined(struct client *client, size_t room, const json_t *object)
{
	const json_t *users = json_object_get(object, "users");
	json_t *names = json_object();

	for (size_t i = 0; i < json_array_size(users); i++)
		json_object_set_new(names, text_of(json_array_get(users, i), "username"),
			json_true());
	require(json_object_size(names) == id_of(object, "count"), "a wrong count");
	json_decref(client->in[room].users);
	client->in[room].users = names;
	client->in[room].begins = json_is_true(json_object_get(object, "recovered"));
	client->in[room].is_followed = !client->in[room].begins;
	client->in[room].last_id = id_of(object, "last_id");
}

static inline void
note_presence(struct client *client, size_t room, const json_t *object)
{
	const char *event = text_of(object, "event"), *name = text_of(object, "username");
	json_t *users = client->in[room].users;

	if (!users)
		return;
	if (!strcmp(event, "enter")) {
		require(!json_object_get(users, name), "somebody enters twice");
		json_object_set_new(users, name, json_true());
	} else if (!strcmp(event, "leave")) {
		require(json_object_del(users, name) == 0, "somebody leaves twice");
	} else {
		require(json_object_del(users, text_of(object, "was")) == 0,
			"nobody of that name is renamed");
		json_object_set_new(users, name, json_true());
	}
	require(json_object_size(users) == id_of(object, "count"),
		"a wrong count of people");
}

/* Check an object that client was sent. */
static inline void
check_object(struct client *client, const json_t *object)
{
	const char *type = text_of(object, "type");
	size_t room = room_of(text_of(object, "room"));
	struct seen_room *seen = &client->world->seen[room];
	bool is_observer = client == &client->world->clients[OBSERVER];

	require(*type, "an object without a type");
	check_answer(client, object);
	if (room == ROOMS)
		return;
	if (!strcmp(type, "joined"))
		note_joined(client, room, object);
	else if (!strcmp(type, "presence"))
		note_presence(client, room, object);
	else if (!strcmp(type, "notice") && is_observer)
		see_end_of_room(seen);
	else if (json_object_get(object, "id") && strcmp(type, "ack") != 0) {
		check_id(client, room, id_of(object, "id"));
		check_speaker(client, object);
		if (is_observer)
			see_entry(seen, object);
	}
}

static inline void
check_lines(const char *text, size_t len)
{
	struct utf8_check check = { 0 };

	require(utf8_check_piece(&check, text, len) && utf8_check_end(&check),
		"a line is not UTF-8");
}

/* With LINNET_FUZZ_TRACE in the environment: print what a client sends and receives. */
static inline void
trace(const struct client *client, const char *what, const char *bytes, size_t len)
{
	if (getenv("LINNET_FUZZ_TRACE"))
		fprintf(stderr, "%d #%llu %s %.*s\n",
			(int)(client - client->world->clients),
			(unsigned long long)client->serial, what, (int)len, bytes);
}

/* Check one frame in the form of the client. */
static inline void
check_frame(struct client *client, struct frame *frame)
{
	const char *bytes = (const char *)frame_bytes(frame), *data;
	size_t len = frame->len, header = 0;
	json_t *object;

	if (client->session.wire <= WIRE_WS_LINE)
		header = frame_bytes(frame)[1] == 127   ? 10
			 : frame_bytes(frame)[1] == 126 ? 4
							: 2;
	bytes += header;
	len -= header;
	trace(client, "<", bytes, len);
	if (wire_is_line(client->session.wire)) {
		check_lines(bytes, len);
		return;
	}
	if (client->session.wire == WIRE_SSE) {
		data = memmem(bytes, len, "data: ", 6);
		if (!data)
			return;
		len -= (size_t)(data + 6 - bytes);
		bytes = data + 6;
	}
	object = json_loadb(bytes, len, JSON_DISABLE_EOF_CHECK, NULL);
	require(json_is_object(object), "a frame is no object");
	check_object(client, object);
	json_decref(object);
}

/* The client reads everything that is queued for it. */
static inline void
drain(struct client *client)
{
	struct frame *frame;

	while ((frame = frame_queue_peek(&client->session.queue))) {
		check_frame(client, frame);
		frame_queue_pop(&client->session.queue);
	}
	if (!client->session.closed)
		chat_on_drained(client->world->chat, &client->session);
}
