/* fuzz_sessions.c - whole sessions at all doors. The data is a list of steps: clients
 * come and go, send and read, programs push, moderators give orders, the clock goes on,
 * and the store answers late, out of order between rooms, with errors, or never. After
 * each step everything that was sent is checked (world.h). At the end the store answers
 * everything. Then each request was answered once, the observer knows who is here, and
 * the history is what it was told. */
#include "calls.h"
#include "linnet/base/log.h"

#define STEPS 400
#define QUEUE_BYTES 3000

static void
on_wake(struct session *session)
{
	(void)session;
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct client *client = container_of(session, struct client, session);

	require(code && reason && *reason, "closed without a reason");
	chat_on_closing(client->world->chat, session);
}

static void
fill_random(void *out, size_t len)
{
	static uint8_t next;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = next++;
}

static struct chat *
open_chat(void)
{
	static const char *const settings[] = { "store.driver=sqlite",
		"limits.message_rate=0", "limits.address_rooms=0" };
	static struct config *config;
	struct config_errors errors = { 0 };
	struct chat *chat = NULL;
	const char *why;

	if (!config)
		config = config_load_text("", "fuzz", settings, 3, "/", &errors);
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.lines[i]);
	require(config != NULL, "no configuration");
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	require(chat_new(&chat, config, fill_random, &why) == 0, "no chat");
	return chat;
}

/* A turn of the loop. No queue is longer than its limit. */
static void
turn(struct world *world)
{
	chat_dispatch(world->chat);
	chat_turn(world->chat);
	for (size_t i = 0; i < SLOTS; i++) {
		struct client *client = &world->clients[i];

		if (!client->serial)
			continue;
		require(client->session.queue.count < 2 ||
				client->session.queue.bytes <=
					client->session.queue_max_bytes,
			"a queue is longer than its limit");
		if (!client->is_slow && !client->is_away)
			drain(client);
	}
}

static void
close_client(struct world *world, struct client *client)
{
	if (!client->serial)
		return;
	drain(client);
	chat_close(world->chat, &client->session);
	session_fini(&client->session);
	for (size_t i = 0; i < ROOMS; i++)
		json_decref(client->in[i].users);
	memset(client, 0, sizeof(*client));
}

static void
open_client(struct world *world, struct client *client, enum wire wire,
	const struct chat_wishes *wishes)
{
	static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };

	client->world = world;
	client->serial = ++world->serials;
	client->resumes = wishes->since != NULL;
	session_init(&client->session, &ops, wire, chat_next_number(world->chat),
		client == world->clients ? (size_t)1 << 24 : QUEUE_BYTES);
	session_admit(
		&client->session, &permissions_of_rooms, "192.0.2.1", world->now_ms);
	if (!chat_open(world->chat, &client->session, wishes)) {
		/* The doors answer and close. */
		close_client(world, client);
	}
}

static void
step_open(struct world *world, struct client *client, struct script *input)
{
	enum wire wire = take(input, WIRE_COUNT);
	size_t room = take(input, ROOMS);
	char since[64];
	struct chat_wishes wishes = {
		.room = rooms[room],
		.name = take(input, 3) ? names[take(input, ARRAY_SIZE(names))] : NULL,
		.wants_events = wire == WIRE_WS && take(input, 2),
		.wants_progress =
			wire == WIRE_LINE || wire == WIRE_WS_LINE || wire == WIRE_OBJECT,
		.is_silent = (wire == WIRE_SSE || wire == WIRE_OBJECT) && take(input, 2),
		.is_strict = wire == WIRE_OBJECT,
	};

	if (wire == WIRE_SSE_CHUNKED)
		wire = WIRE_SSE;
	wishes.wants_joined = wire == WIRE_SSE;
	wishes.since = make_since(world, input, room, since, sizeof(since));
	close_client(world, client);
	open_client(world, client, wire, &wishes);
	client->is_slow = client->serial && take(input, 4) == 3;
}

static void
step_line(struct world *world, struct client *client, struct script *input)
{
	static const char *const lines[] = { "hello", "/who", "/rooms", "/join ops",
		"/join lobby", "/nick ann", "/nick zoe", "/history 3", "/me waves",
		"/ack k1", "/clear k1", "/text x", "/help", "/login t", "Q", "//path",
		"" };

	if (!*client->line)
		snprintf(client->line, sizeof(client->line), "%s",
			lines[take(input, ARRAY_SIZE(lines))]);
	if (!client->session.closed &&
		chat_handle_line(world->chat, &client->session, client->line,
			strlen(client->line), take(input, 4) > 0, world->now_ms) == 0)
		client->line[0] = '\0';
}

static void
step_say(struct world *world, struct client *client, struct script *input)
{
	char text[TEXT_BYTES];

	if (client->session.closed)
		return;
	if (wire_is_line(client->session.wire)) {
		step_line(world, client, input);
	} else if (client->session.wire <= WIRE_WS_OLD) {
		make_object(world, client, input, text);
		trace(client, ">", text, strlen(text));
		chat_handle(
			world->chat, &client->session, text, strlen(text), world->now_ms);
	}
}

/* A poll is answered, or the next one comes. */
static void
step_poll(struct world *world, struct client *client, struct script *input)
{
	struct chat_place place;
	char since[64];

	if (client->session.wire != WIRE_OBJECT || client->session.closed)
		return;
	if (!client->is_away) {
		if (!chat_where(world->chat, &client->session, &place))
			return;
		drain(client);
		chat_set_aside(&client->session);
	} else {
		client->resumes = true;
		chat_go_on(world->chat, &client->session,
			make_since(
				world, input, take(input, ROOMS), since, sizeof(since)));
	}
	client->is_away = !client->is_away;
}

static void
step_store(struct script *input)
{
	unsigned kind = take(input, 8), count = 1 + take(input, 4);
	const char *room = rooms[take(input, ROOMS)];

	if (kind == 7)
		slow_fail(take(input, 2) ? -EIO : -ENOSPC);
	else if (kind == 6)
		slow_recover();
	else if (kind == 5)
		slow_answer_read(room, take(input, 2), -EIO);
	else if (kind > 2)
		slow_answer_read(room, take(input, 2), 0);
	else if (!slow->memory.store.failure)
		while (count-- && slow_answer_write(room))
			;
}

static void
step_clock(struct world *world, struct script *input)
{
	for (unsigned ticks = 1 + take(input, 8); ticks; ticks--) {
		world->now_ms += CHAT_TICK_MS;
		chat_tick(world->chat, world->now_ms);
	}
	if (take(input, 8) == 7)
		chat_trim(world->chat, world->now_ms);
}

static void
step(struct world *world, struct script *input)
{
	unsigned kind = take(input, 16);
	struct client *client = &world->clients[1 + take(input, SLOTS - 1)];

	if (kind >= 8 && !client->serial)
		kind = 0;
	switch (kind) {
	case 0:
		step_open(world, client, input);
		break;
	case 1:
		step_push(world, input);
		break;
	case 2:
		step_order(world, input);
		break;
	case 3:
		step_clock(world, input);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		step_store(input);
		break;
	case 8:
		close_client(world, client);
		break;
	case 9:
		drain(client);
		client->is_slow = take(input, 2);
		break;
	case 10:
		step_poll(world, client, input);
		break;
	case 11:
		step_send(world, client, input);
		break;
	default:
		step_say(world, client, input);
		break;
	}
}

/* Everybody reads everything. Returns false if there was nothing. */
static bool
drain_all(struct world *world)
{
	bool was_something = false;

	for (size_t i = 0; i < SLOTS; i++) {
		struct client *client = &world->clients[i];

		was_something |= client->serial && client->session.queue.count;
		if (client->serial)
			drain(client);
	}
	return was_something;
}

/* The store answers everything. */
static void
settle(struct world *world)
{
	unsigned turns = 0;
	bool is_busy;

	slow_recover();
	for (unsigned ticks = 0; ticks < 10; ticks++) {
		do {
			require(++turns < 10000, "the chat waits for ever");
			while (slow_answer_write(NULL) ||
				slow_answer_read(NULL, false, 0))
				;
			turn(world);
			is_busy = drain_all(world) || chat_is_waiting(world->chat) ||
				  !STAILQ_EMPTY(&slow->given) ||
				  !STAILQ_EMPTY(&slow->asked);
		} while (is_busy);
		world->now_ms += CHAT_TICK_MS;
		chat_tick(world->chat, world->now_ms);
	}
	turn(world);
}

static void
check_answers(const struct world *world)
{
	require(!world->calls, "a call without a reply");
	for (unsigned i = 0; i < world->sends; i++) {
		const struct sent *sent = &world->sent[i];
		const struct client *client = world->clients;

		while (client < world->clients + SLOTS && client->serial != sent->serial)
			client++;
		if (client == world->clients + SLOTS || client->session.closed)
			continue;
		if (!sent->is_optional && sent->answered != sent->expected)
			fprintf(stderr, "r%u of client %llu: %u of %u answers\n", i,
				(unsigned long long)sent->serial, sent->answered,
				sent->expected);
		require(sent->is_optional || sent->answered == sent->expected,
			"a request without an answer");
	}
}

/* The observer was told of everybody who is here, and of nobody else. */
static void
check_who(struct world *world, const json_t *object)
{
	size_t room = room_of(text_of(object, "room")), i;
	const json_t *known = world->clients[OBSERVER].in[room].users;
	const json_t *users = json_object_get(object, "users"), *user;

	require(json_object_size(known) == json_array_size(users),
		"the observer knows other people");
	json_array_foreach(users, i, user)
		require(json_object_get(known, text_of(user, "username")),
			"the observer does not know who is here");
}

static void
check_history(struct world *world, const json_t *object)
{
	const struct seen_room *seen = &world->seen[room_of(text_of(object, "room"))];
	const json_t *messages = json_object_get(object, "messages"), *message;
	size_t i, count = 0;

	json_array_foreach(messages, i, message)
	{
		const struct entry *entry = &seen->entries[id_of(message, "id")];
		const char *text = json_string_value(json_object_get(message, "message"));

		require(entry->is_message, "the history has something unheard of");
		require(json_is_true(json_object_get(message, "deleted")) ==
				entry->is_deleted,
			"a deletion is not in the history");
		require(!text == !entry->text, "a text is not in the history");
		require(!text || !strcmp(text, entry->text), "another text");
	}
	for (uint64_t id = 1; id <= seen->last_id; id++)
		count += seen->entries[id].is_message;
	require(json_is_true(json_object_get(object, "more")) ||
			count == json_array_size(messages),
		"the history lacks something");
}

static void
check_end(struct world *world)
{
	settle(world);
	check_answers(world);
	for (size_t i = 0; i < ROOMS; i++) {
		call_chat(world, (struct chat_call){ .kind = CHAT_ASK },
			json_pack("{s:s,s:s}", "type", "who", "room", rooms[i]), NULL,
			check_who);
		call_chat(world, (struct chat_call){ .kind = CHAT_ASK },
			json_pack("{s:s,s:s,s:i}", "type", "history", "room", rooms[i],
				"limit", 200),
			NULL, check_history);
	}
	settle(world);
	require(!world->calls, "a question without an answer");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char join[] = "{\"type\":\"join\",\"room\":\"ops\"}";
	struct script input = { data, data + size };
	struct world *world = calloc(1, sizeof(*world));

	world->now_ms = 1000000;
	world->chat = open_chat();
	turn(world);
	open_client(world, &world->clients[OBSERVER], WIRE_WS,
		&(struct chat_wishes){ .room = rooms[0], .wants_events = true });
	chat_handle(world->chat, &world->clients[OBSERVER].session, join, strlen(join),
		world->now_ms);
	settle(world);
	for (unsigned i = 0; i < STEPS && input.at < input.end; i++) {
		step(world, &input);
		turn(world);
	}
	check_end(world);
	for (size_t i = 0; i < SLOTS; i++)
		close_client(world, &world->clients[i]);
	turn(world);
	chat_free(world->chat);
	for (size_t i = 0; i < ROOMS; i++)
		see_end_of_room(&world->seen[i]);
	free(world);
	return 0;
}
