#include "linnet/chat.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat_private.h"
#include "linnet/log.h"
#include "linnet/xalloc.h"

/* So many refusals for talking too fast are borne in a burst, and then as many as
 * messages are taken: whoever waits when it is told to never gets there. */
#define FLOOD_BURST 100

typedef int command_handler(struct chat *chat, struct session *session,
	const struct message *message, struct message_fault *fault);

static int
do_ping(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	json_t *pong = json_pack("{s:s}", "type", "pong");

	(void)chat;
	(void)fault;
	if (message->ref)
		json_object_set_new(pong, "ref", json_string(message->ref));
	chat_answer(session, message_object_frame(pong));
	return 0;
}

/* What clients may say. */
static const struct command {
	const char *type;
	double cost; /* tokens of limits.message_rate */
	command_handler *handler;
} commands[] = {
	{"message",  1,   chat_do_message},
	{ "join",    0.5, chat_do_join   },
	{ "leave",   0.5, chat_do_leave  },
	{ "nick",    1,   chat_do_nick   },
	{ "typing",  0.2, chat_do_typing },
	{ "history", 1,   chat_do_history},
	{ "search",  2,   chat_do_search },
	{ "ping",    0.2, do_ping        },
};

/* What only the server says: from a client it would be a forgery. */
static const char *const server_types[] = { "joined", "presence", "ack", "error", "pong",
	"alarm", "metric", "log", NULL };

static const struct command *
find_command(const char *type)
{
	size_t i;

	for (i = 1; type && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(type, commands[i].type))
			return &commands[i];
	return &commands[0]; /* any other type is passed on like a message */
}

static bool
is_server_type(const char *type)
{
	const char *const *word;

	for (word = server_types; type && *word; word++)
		if (!strcmp(type, *word))
			return true;
	return false;
}

void
chat_answer(struct session *session, struct frame *frame)
{
	session_send(session, frame);
	frame_unref(frame);
}

void
chat_answer_fault(struct session *session, const struct message_fault *fault)
{
	chat_answer(session, message_error_frame(fault));
}

struct request *
chat_request(
	struct chat *chat, struct session *session, struct room *room, const char *ref)
{
	struct request *request = xcalloc(1, sizeof(*request));

	request->ticket = ++chat->last_ticket;
	request->session = session;
	request->room = room;
	room->holds++;
	if (ref)
		snprintf(request->ref, sizeof(request->ref), "%s", ref);
	LIST_INSERT_HEAD(&session->requests, request, session_link);
	HASH_ADD(hh, chat->requests, ticket, sizeof(request->ticket), request);
	return request;
}

void
chat_request_free(struct chat *chat, struct request *request)
{
	if (request->session)
		LIST_REMOVE(request, session_link);
	request->room->holds--;
	hub_release(chat->hub, request->room);
	HASH_DEL(chat->requests, request); /* NOLINT(*-core.NullDereference): uthash */
	free(request->text);
	free(request);
}

void
chat_store_failed(struct chat *chat, int error, struct message_fault *fault)
{
	if (!chat->is_store_failing)
		log_error("store_failed", log_str("error", strerror(-error)));
	chat->is_store_failing = true;
	message_refuse(fault, "store_failed", "the history cannot be reached now: %s",
		strerror(-error));
}

void
chat_store_works(struct chat *chat)
{
	if (chat->is_store_failing)
		log_info("store_healed");
	chat->is_store_failing = false;
}

static struct request *
find_request(struct chat *chat, uint64_t ticket)
{
	struct request *request;

	HASH_FIND(hh, chat->requests, &ticket, sizeof(ticket), request);
	assert(request);
	return request;
}

static void
on_store_appended(
	void *context, uint64_t ticket, int error, uint64_t id, bool is_duplicate)
{
	struct chat *chat = context;
	struct request *request = find_request(chat, ticket);

	chat->asked--;
	request->on_appended(chat, request, error, id, is_duplicate);
	chat_request_free(chat, request);
}

static void
on_store_page(void *context, uint64_t ticket, int error, const struct store_page *page)
{
	struct chat *chat = context;
	struct request *request = find_request(chat, ticket);

	struct session *session = request->session;

	chat->asked--;
	if (session)
		session->reading = NULL;
	request->on_page(chat, request, error, page);
	chat_request_free(chat, request);
	if (session)
		chat_read_next(chat, session);
}

static void
on_room_known(void *context, const char *name, uint64_t last_id)
{
	struct chat *chat = context;
	struct room *room = hub_add_permanent(chat->hub, name, NULL);

	room->last_id = last_id;
}

static void
add_configured_rooms(struct chat *chat)
{
	const struct config *config = chat->config;
	size_t i;

	hub_add_permanent(chat->hub, config->chat.default_room, NULL);
	for (i = 0; i < config->rooms.count; i++)
		hub_add_permanent(chat->hub, config->rooms.items[i].name,
			config->rooms.items[i].topic);
}

static int
open_store(struct chat *chat, const char **why)
{
	static const char *const drivers[] = {
		[STORE_SQLITE] = "sqlite",
		[STORE_MEMORY] = "memory",
	};
	const struct config *config = chat->config;
	struct store_options options = {
		.driver = drivers[config->store.driver],
		.path = config->store.path,
		.full_sync = config->store.sync == STORE_SYNC_FULL,
		.keep_messages = (uint64_t)config->store.keep_messages,
		.keep_days = (unsigned)config->store.keep_days,
		.callbacks = {
			.on_appended = on_store_appended,
			.on_page = on_store_page,
		},
		.context = chat,
	};

	return store_open(&chat->store, &options, why);
}

int
chat_new(struct chat **out, const struct config *config,
	void (*fill_random)(void *out, size_t len), const char **why)
{
	struct chat *chat = xcalloc(1, sizeof(*chat));
	int r;

	chat->config = config;
	chat->fill_random = fill_random;
	chat->hub = hub_new((size_t)config->chat.max_rooms);
	chat->roster = roster_new();
	TAILQ_INIT(&chat->departing);
	STAILQ_INIT(&chat->sayings_by_age);
	chat_random_hex(chat, chat->nonce, NONCE_BYTES / 2);
	r = open_store(chat, why);
	if (r < 0) {
		chat_free(chat);
		return r;
	}
	store_each_room(chat->store, on_room_known, chat);
	add_configured_rooms(chat);
	*out = chat;
	return 0;
}

uint64_t
chat_next_number(struct chat *chat)
{
	return ++chat->last_number;
}

void
chat_open(struct chat *chat, struct session *session, const struct chat_wishes *wishes)
{
	static const struct chat_wishes none;
	struct message_fault fault = { .code = NULL };
	struct room *room;

	if (!wishes)
		wishes = &none;
	roster_enter(chat->roster, session);
	session->home =
		xstrdup(wishes->room ? wishes->room : chat->config->chat.default_room);
	session->wants_events = wishes->wants_events;
	if (wishes->name && chat_claim(chat, session, wishes->name,
				    &(struct roster_proof){ NULL, NULL }, &fault) < 0)
		chat_answer_fault(session, &fault);
	room = chat_room_of(chat, session, NULL, true, &fault);
	if (room)
		chat_resume(chat, chat_enter(session, room), wishes->since, NULL);
	else
		chat_answer_fault(session, &fault);
}

/* Returns false if session talks too fast, which it is told. */
static bool
is_in_time(struct chat *chat, struct session *session, double cost,
	struct message_fault *fault)
{
	int64_t wait_ms = bucket_take(&session->bucket, chat->config->limits.message_rate,
		chat->config->limits.message_burst, cost, chat->now_ms);

	if (!wait_ms)
		return true;
	message_refuse(fault, "rate_limited", "too fast, wait a moment");
	fault->retry_after_ms = wait_ms;
	if (bucket_take(&session->patience, chat->config->limits.message_rate,
		    FLOOD_BURST, 1, chat->now_ms)) {
		log_info("flooding", log_uint("session", session->number));
		session_close(session, CLOSE_POLICY, "flooding");
	}
	return false;
}

static int
handle(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	const struct command *command = find_command(message->type);

	if (!is_in_time(chat, session, command->cost, fault))
		return -EINVAL;
	if (is_server_type(message->type))
		return message_refuse(fault, "reserved_type",
			"only the server says \"%s\"", message->type);
	return command->handler(chat, session, message, fault);
}

void
chat_handle(struct chat *chat, struct session *session, const char *bytes, size_t len,
	int64_t now_ms)
{
	struct message message;
	struct message_fault fault;
	bool good;

	if (session->closing)
		return;
	chat->now_ms = now_ms;
	if (message_decode(&message, bytes, len, &fault) < 0) {
		struct message_fault hurry = { .code = NULL };

		/* Rubbish costs as much as a message. */
		good = is_in_time(chat, session, 1, &hurry);
		chat_answer_fault(session, good ? &fault : &hurry);
		return;
	}
	if (handle(chat, session, &message, &fault) < 0)
		chat_answer_fault(session, &fault);
	message_fini(&message);
}

void
chat_on_closing(struct chat *chat, struct session *session)
{
	if (session->is_departing)
		return;
	session->is_departing = true;
	TAILQ_INSERT_TAIL(&chat->departing, session, departing_link);
}

void
chat_close(struct chat *chat, struct session *session)
{
	struct request *request;

	session->closing = true; /* it is told nothing of its own departure */
	chat_depart(chat, session);
	if (session->is_departing)
		TAILQ_REMOVE(&chat->departing, session, departing_link);
	while ((request = STAILQ_FIRST(&session->waiting))) {
		STAILQ_REMOVE_HEAD(&session->waiting, waiting_link);
		chat_request_free(chat, request);
	}
	while ((request = LIST_FIRST(&session->requests))) {
		LIST_REMOVE(request, session_link);
		request->session = NULL;
	}
	chat_forget_sayings(chat, session);
	free(session->home);
}

void
chat_turn(struct chat *chat)
{
	struct session *session;

	while ((session = TAILQ_FIRST(&chat->departing))) {
		TAILQ_REMOVE(&chat->departing, session, departing_link);
		session->is_departing = false;
		chat_depart(chat, session);
	}
	store_flush(chat->store);
}

int
chat_fd(const struct chat *chat)
{
	return store_fd(chat->store);
}

void
chat_dispatch(struct chat *chat)
{
	/* No more than a part of what may wait for a session, so that one that reads is
	 * not taken for slow. */
	store_dispatch(chat->store, (size_t)chat->config->limits.queue_bytes / 4);
}

bool
chat_is_waiting(const struct chat *chat)
{
	return chat->asked > 0;
}

void
chat_prune(struct chat *chat, int64_t now_ms)
{
	store_prune(chat->store, now_ms);
}

void
chat_free(struct chat *chat)
{
	if (!chat)
		return;
	store_close(chat->store);
	assert(!chat->requests);
	chat_free_sayings(chat);
	roster_free(chat->roster);
	hub_free(chat->hub);
	free(chat);
}
