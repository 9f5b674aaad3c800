/* script.h - the data of fuzz_sessions.c as a list of choices, and the objects that
 * clients send by them. */
#pragma once

#include "../slow_store.h"
#include "world.h"

#define TEXT_BYTES 400

/* What is left of the data. */
struct script {
	const uint8_t *at, *end;
};

static const char *const names[] = { "ann", "bob", "Ann", "guest-1", "eve", "root" };
static const char *const emoji[] = { "\xf0\x9f\x91\x8d", "\xe2\x9d\xa4\xef\xb8\x8f",
	"x" };
static const char *const severities[] = { "info", "critical", "ok" };

static inline unsigned
take(struct script *input, unsigned count)
{
	return input->at < input->end ? *input->at++ % count : 0;
}

/* A place in room that may or may not be one. */
static const char *
make_since(
	struct world *world, struct script *input, size_t room, char *text, size_t size)
{
	static const char *const odd[] = { "", ":", "x:1", ":5", "1" };
	unsigned which = take(input, 16);
	struct store *store = &slow->memory.store;

	if (which < 8)
		return NULL;
	if (which < 15)
		snprintf(text, size, "%s:%llu", store_epoch(store, rooms[room]),
			(unsigned long long)(which == 14 ? UINT64_MAX - take(input, 3)
							 : take(input, 20)));
	else
		snprintf(text, size, "%s%s", take(input, 2) ? store_epoch(store, "") : "",
			odd[take(input, 5)]);
	(void)world;
	return text;
}

/* The next number of an object with a ref; or, sometimes, an earlier one again. */
static inline unsigned
next_number(struct world *world, struct client *client, struct script *input)
{
	unsigned number = world->sends;

	if (number == SENDS || (number && take(input, 10) == 9)) {
		number = number ? number - 1 - take(input, number) % number : 0;
		if (world->sent[number].serial == client->serial)
			return number;
		number = world->sends;
	}
	if (number < SENDS) {
		world->sends++;
		world->sent[number].serial = client->serial;
	}
	return number;
}

/* Write an object of a client to text. */
static inline void
make_object(struct world *world, struct client *client, struct script *input, char *text)
{
	static const char *const others[] = { "leave", "typing", "nick", "join",
		"history", "search", "ping", "ack", "clear", "wave" };
	unsigned kind = take(input, 16), number = next_number(world, client, input);
	size_t room = take(input, ROOMS);
	unsigned of = take(input, 24);
	char since[64];
	const char *place;

	if (number == SENDS) {
		strcpy(text, "{\"type\":\"ping\"}");
		return;
	}
	world->sent[number].expected++;
	if (kind < 5)
		snprintf(text, TEXT_BYTES,
			"{\"message\":\"m%u\",\"ref\":\"r%u\",\"room\":\"%s\"%s}", number,
			number, rooms[room], of > 20 ? ",\"ephemeral\":true" : "");
	else if (kind == 5)
		snprintf(text, TEXT_BYTES,
			"{\"type\":\"edit\",\"of\":%u,\"message\":\"e%u\",\"ref\":\"r%"
			"u\","
			"\"room\":\"%s\"}",
			of, number, number, rooms[room]);
	else if (kind == 6)
		snprintf(text, TEXT_BYTES,
			"{\"type\":\"delete\",\"of\":%u,\"ref\":\"r%u\",\"room\":\"%s\"}",
			of, number, rooms[room]);
	else if (kind == 7)
		snprintf(text, TEXT_BYTES,
			"{\"type\":\"react\",\"of\":%u,\"emoji\":\"%s\",\"on\":%s,"
			"\"ref\":"
			"\"r%u\",\"room\":\"%s\"}",
			of, emoji[take(input, 3)], take(input, 3) ? "true" : "false",
			number, rooms[room]);
	else {
		kind = take(input, ARRAY_SIZE(others));
		/* Presence is the answer to these. */
		world->sent[number].is_optional |= kind < 3;
		place = kind == 3 ? make_since(world, input, room, since, sizeof(since))
				  : NULL;
		client->resumes |= place != NULL;
		snprintf(text, TEXT_BYTES,
			"{\"type\":\"%s\",\"room\":\"%s\",\"ref\":\"r%u\",\"q\":\"m%u\","
			"\"key\":\"k%u\",\"limit\":%u%s%s%s%s%s%s}",
			others[kind], rooms[room], number, of, of % 3, 1 + of,
			kind == 2 ? ",\"username\":\"" : "",
			kind == 2 ? names[of % ARRAY_SIZE(names)] : "",
			kind == 2 ? "\"" : "", place ? ",\"since\":\"" : "",
			place ? place : "", place ? "\"" : "");
	}
}
