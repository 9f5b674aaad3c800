/* calls.h - what fuzz_sessions.c does by HTTP: programs push, moderators give orders, and
 * people speak beside a stream. Each call gets one reply. */
#pragma once

#include "linnet/protocol/message.h"
#include "script.h"

/* A call that is not answered. */
struct call {
	struct world *world;
	void (*check)(struct world *world, const json_t *object);
};

static inline void
on_reply(void *context, const struct chat_reply *reply)
{
	struct call *call = context;
	struct world *world = call->world;

	world->calls--;
	if (reply->kind == CHAT_FAULT)
		require(*reply->fault->code && *reply->fault->text, "an empty fault");
	if (reply->kind == CHAT_OBJECT && call->check) {
		const struct buffer *json = encode_json(reply->object);
		json_t *object = json_loadb(json->bytes, json->len, 0, NULL);

		call->check(world, object);
		json_decref(object);
	}
	free(call);
}

/* Consumes object. */
static inline void
call_chat(struct world *world, struct chat_call what, json_t *object,
	struct client *speaker, void (*check)(struct world *world, const json_t *object))
{
	struct rate rate = { 0 };
	const struct chat_caller caller = {
		.permissions = &permissions_of_all,
		.rate = &rate,
		.name = "cron",
		.peer = "192.0.2.9",
		.speaker = speaker ? &speaker->session : NULL,
	};
	struct call *call = calloc(1, sizeof(*call));
	struct chat_pending *pending;

	call->world = world;
	call->check = check;
	what.object = object;
	what.now_ms = world->now_ms;
	world->calls++;
	pending = chat_call(world->chat, &caller, &what, on_reply, call);
	(void)pending;
}

/* A program pushes up to three objects. */
static inline void
step_push(struct world *world, struct script *input)
{
	json_t *objects = json_array(), *object;
	unsigned count = 1 + take(input, 3);

	while (count--) {
		unsigned kind = take(input, 6), of = take(input, 24);

		object = json_pack("{s:s,s:s}", "room", rooms[take(input, ROOMS)],
			"message", "pushed");
		if (kind < 2) {
			json_object_update_new(object,
				json_pack("{s:s,s:o,s:s,s:s}", "type", "alarm", "key",
					json_sprintf("k%u", of % 3), "severity",
					severities[take(input, 3)], "title", "t"));
		} else if (kind == 2) {
			json_object_update_new(
				object, json_pack("{s:s,s:s,s:i}", "type", "metric",
						"name", "load", "value", (int)of));
		} else if (kind == 3) {
			json_object_update_new(object,
				json_pack("{s:s,s:i}", "type", of % 2 ? "edit" : "delete",
					"of", (int)of));
		}
		if (kind == 4)
			json_object_set_new(object, "ref", json_sprintf("p%u", of));
		json_array_append_new(objects, object);
	}
	call_chat(world, (struct chat_call){ .kind = CHAT_PUSH }, objects, NULL, NULL);
}

static inline void
step_order(struct world *world, struct script *input)
{
	static const char *const orders[] = { "kick", "mute", "unmute", "ban", "unban",
		"delete", "forget", "bans", "sessions" };
	const char *order = orders[take(input, ARRAY_SIZE(orders))];
	json_t *object = json_object();
	unsigned of = take(input, 24);

	/* The observer is guest-1. */
	if (strcmp(order, "delete") != 0)
		json_object_set_new(
			object, "username", json_string(of % 2 ? "ann" : "bob"));
	else
		json_object_set_new(object, "room", json_string(rooms[of % ROOMS]));
	if (!strcmp(order, "delete") && of > 2)
		json_object_set_new(
			object, "ids", json_pack("[i,i]", of, take(input, 24)));
	call_chat(world, (struct chat_call){ .kind = CHAT_ORDER, .order = order }, object,
		NULL, NULL);
}

/* A person speaks beside a stream or poll. */
static inline void
step_send(struct world *world, struct client *client, struct script *input)
{
	unsigned number = world->sends;

	if (client->session.closed || !client->session.person || number == SENDS)
		return;
	/* The stream or poll shows it, too, so this is nobody's. */
	world->sends++;
	call_chat(world, (struct chat_call){ .kind = CHAT_SEND },
		json_pack("{s:o,s:o,s:s}", "message", json_sprintf("m%u", number), "ref",
			json_sprintf("r%u", number), "room", rooms[take(input, ROOMS)]),
		client, NULL);
}
