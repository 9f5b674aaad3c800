#include "linnet/chat/chat.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm.h"
#include "chat/alarm_change.h"
#include "chat/attendance.h"
#include "chat/ban_store.h"
#include "chat/change.h"
#include "chat/claims.h"
#include "chat/deletion.h"
#include "chat/history.h"
#include "chat/known.h"
#include "chat/log_rooms.h"
#include "chat/metric.h"
#include "chat/opening.h"
#include "chat/outage.h"
#include "chat/picture.h"
#include "chat/presence.h"
#include "chat/records.h"
#include "chat/reply.h"
#include "chat/resume.h"
#include "chat/send.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"

/* History of a log room for resume and search. */
#define TAIL_LINES 20000
#define TAIL_BYTES ((size_t)16 * 1024 * 1024)

static void
chat_on_message(void *context, uint64_t ticket, const struct store_record *record)
{
	struct chat *chat = context;

	records_on_message(chat, chat->store, ticket, record);
}

/* The same for the lines of log files. */
static void
chat_on_line(void *context, uint64_t ticket, const struct store_record *record)
{
	struct chat *chat = context;

	records_on_message(chat, chat->tails, ticket, record);
}

static void
chat_on_appended(
	void *context, uint64_t ticket, int error, const struct store_answer *answer)
{
	struct chat *chat = context;
	struct request *request = requests_answered(chat, ticket);

	if (!request)
		return;
	switch (request->kind) {
	case REQUEST_FORGET:
		deletion_on_forgotten(chat, request, error, answer);
		return;
	case REQUEST_DELETE_ROOM:
		deletion_on_room_deleted(chat, request, error, answer);
		break;
	case REQUEST_CHANGE:
		change_on_appended(chat, request, error, answer);
		break;
	case REQUEST_KNOWN:
		known_on_appended(chat, request, error, answer);
		break;
	case REQUEST_BAN:
		ban_store_on_appended(chat, request, error);
		break;
	case REQUEST_ALARM:
		alarm_on_appended(chat, request, error, answer);
		return;
	default:
		send_on_appended(chat, request, error, answer);
		break;
	}
	requests_finish(chat, request);
}

static void
chat_on_page(void *context, uint64_t ticket, int error, const struct store_page *page)
{
	struct chat *chat = context;
	struct request *request = requests_answered(chat, ticket);

	if (!request)
		return;
	if (request->kind == REQUEST_FORGET) {
		deletion_on_found(chat, request, error, page);
		return;
	}
	if (!error && request_is_stale(request)) {
		request_read_again(chat, request);
		return;
	}
	if (request->kind == REQUEST_RESUME)
		resume_on_page(chat, request, error, page);
	else if (request->kind == REQUEST_SYNC)
		resume_on_synced(chat, request, error);
	else
		history_on_page(chat, request, error, page);
	requests_finish(chat, request);
}

static void
chat_on_epoch(void *context, unsigned shard)
{
	picture_on_epoch(context, shard);
}

static void
chat_on_room(void *context, const char *room, uint64_t last_id, uint64_t gone_id,
	int64_t last_ts_ms)
{
	picture_on_room(context, room, last_id, gone_id, last_ts_ms);
}

static void
chat_on_state(void *context, const char *room, const char *key, uint64_t id,
	const char *value, size_t value_len)
{
	picture_on_state(context, room, key, id, value, value_len);
}

static void
chat_on_up(void *context, unsigned shard, bool is_up, int error)
{
	if (is_up)
		picture_end(context, shard);
	outage_on_up(context, shard, is_up, error);
}

static struct room *
chat_add_configured_room(struct chat *chat, const char *name, const char *topic)
{
	struct room *room = rooms_add_permanent(chat->rooms, name, topic);

	if (room->is_configured && strcmp(room->name, name) != 0)
		log_warn("room_configured_twice", log_person("room", room->name),
			log_person("as", name));
	room->is_configured = true;
	return room;
}

static void
chat_add_log_room(struct chat *chat, const char *name, unsigned lines)
{
	struct room *room = chat_add_configured_room(chat, name, NULL);

	room->is_tail = true;
	room->tail_lines = lines;
}

/* How much of its history the store keeps. */
static struct store_limit
chat_room_limit(const struct config *config, const struct room_config *from,
	const struct room *room)
{
	return (struct store_limit){
		.room = room->name,
		.keep = { .messages = (uint64_t)(from->keep_messages == ROOM_AS_STORE
							 ? config->store.keep_messages
							 : from->keep_messages),
			.days = (unsigned)(from->keep_days == ROOM_AS_STORE
						   ? config->store.keep_days
						   : from->keep_days) },
	};
}

static struct store_options
chat_store_options(const struct config *config)
{
	static const char *const drivers[] = {
		[STORE_SQLITE] = "sqlite",
		[STORE_MEMORY] = "memory",
	};

	return (struct store_options){
		.driver = drivers[config->store.driver],
		.path = config->store.path,
		.full_sync = config->store.sync == STORE_SYNC_FULL,
		.keep = { .messages = (uint64_t)config->store.keep_messages,
			.days = (unsigned)config->store.keep_days },
		.max_bytes = (uint64_t)config->store.max_bytes,
		.callbacks = { chat_on_epoch, chat_on_room, chat_on_state, chat_on_up,
			chat_on_message, chat_on_appended, chat_on_page },
	};
}

static void
chat_add_configured_rooms(struct chat *chat)
{
	const struct config *config = chat->config;
	const struct store_options options = chat_store_options(config);
	struct store_limit *limits = xcalloc(config->rooms.count, sizeof(*limits));
	size_t i;

	chat_add_configured_room(chat, config->chat.default_room, NULL);
	for (i = 0; i < config->rooms.count; i++) {
		const struct room_config *from = &config->rooms.items[i];
		struct room *room =
			chat_add_configured_room(chat, from->name, from->topic);

		room->is_read_only |= from->read_only;
		limits[i] = chat_room_limit(config, from, room);
	}
	store_limit(chat->store, &options.keep, options.max_bytes);
	store_limit_rooms(chat->store, limits, config->rooms.count);
	free(limits);
	for (i = 0; i < config->tails.count; i++)
		chat_add_log_room(chat, config->tails.items[i].room,
			(unsigned)config->tails.items[i].lines);
}

void
chat_reload(struct chat *chat)
{
	struct room *room, *next;

	chat->rooms->max_rooms = (size_t)chat->config->chat.max_rooms;
	chat->alarms_end_ms = 0; /* those of a former log room count again */
	HASH_ITER(hh, chat->rooms->by_name, room, next)
	{
		room->was_tail = room->is_tail;
		if (!room->is_configured)
			continue;
		/* From now on it is as if a client had created it. */
		room->is_configured = room->is_permanent = room->is_tail = false;
		room->is_read_only = false;
		room->tail_lines = 0;
		room->topic[0] = '\0';
	}
	chat_add_configured_rooms(chat);
	HASH_ITER(hh, chat->rooms->by_name, room, next)
	{
		if (room->is_tail != room->was_tail)
			log_rooms_switch(chat, room);
		rooms_release(chat->rooms, room);
	}
}

int
chat_check_store(const struct config *config, const char **why)
{
	const struct store_options options = chat_store_options(config);

	return store_check(&options, why);
}

int
chat_backup(const struct config *config, const char *to, const char **why)
{
	const struct store_options options = chat_store_options(config);

	return store_backup(&options, to, why);
}

static int
chat_open_stores(struct chat *chat, const char **why)
{
	struct store_options options = chat_store_options(chat->config);
	struct store_options of_tails = {
		.driver = "memory",
		.keep.messages = TAIL_LINES,
		.keep_bytes = TAIL_BYTES,
		.callbacks = { .on_message = chat_on_line,
			.on_appended = chat_on_appended,
			.on_page = chat_on_page },
		.context = chat,
	};
	int r;

	options.context = chat;
	r = store_open(&chat->store, &options, why);
	return r < 0 ? r : store_open(&chat->tails, &of_tails, why);
}

/* The names in the history are the first spelling of its rooms, so they come before the
 * configuration. */
static void
chat_restore(struct chat *chat)
{
	struct room *room, *next;

	store_dispatch(chat->store, SIZE_MAX);
	chat_add_configured_rooms(chat);
	HASH_ITER(hh, chat->rooms->by_name, room, next)
	{
		if (room->is_tail)
			log_rooms_exchange(room);
	}
}

int
chat_new(struct chat **out, const struct config *config,
	void (*fill_random)(void *out, size_t len), const char **why)
{
	struct chat *chat = xcalloc(1, sizeof(*chat));
	int r;

	chat->config = config;
	chat->fill_random = fill_random;
	chat->rooms = rooms_new((size_t)config->chat.max_rooms);
	chat->roster = roster_new();
	chat->gate = gate_new(config);
	TAILQ_INIT(&chat->sessions);
	chat->sessions_end_ms = INT64_MAX;
	TAILQ_INIT(&chat->departing);
	TAILQ_INIT(&chat->stalled);
	TAILQ_INIT(&chat->asked);
	STAILQ_INIT(&chat->sayings_by_age);
	presence_random_hex(chat, chat->nonce, NONCE_BYTES / 2);
	TAILQ_INIT(&chat->due);
	metric_pasts_init(&chat->pasts);
	TAILQ_INIT(&chat->held);
	cluster_init(&chat->cluster,
		&(struct cluster_callbacks){ .on_claimed = opening_on_claimed }, chat);
	outage_init(chat);
	ban_store_init(chat);
	r = chat_open_stores(chat, why);
	if (r < 0) {
		chat_free(chat);
		return r;
	}
	chat_restore(chat);
	*out = chat;
	return 0;
}

const char *
chat_room_name(struct chat *chat, const char *name, bool *is_exact)
{
	const struct room *room = rooms_find(chat->rooms, name);

	if (is_exact)
		*is_exact = room && room->is_twin;
	return room ? room->name : name;
}

struct gate *
chat_gate(const struct chat *chat)
{
	return chat->gate;
}

uint64_t
chat_next_number(struct chat *chat)
{
	return ++chat->last_number;
}

size_t
chat_people_count(const struct chat *chat)
{
	return roster_count(chat->roster);
}

uint64_t
chat_store_bytes(const struct chat *chat, uint64_t *log_bytes)
{
	return store_bytes(chat->store, log_bytes);
}

size_t
chat_room_count(const struct chat *chat)
{
	return chat->rooms->made;
}

bool
chat_is_full(const struct session *session)
{
	return session->chat &&
	       (session->chat->waiting_count >= CLAIMS_WAITING_MAX ||
		       session->chat->waiting_bytes >= CLAIMS_WAITING_BYTES);
}

void
chat_on_closing(struct chat *chat, struct session *session)
{
	struct chat_session *own = session->chat;

	if (!own || own->is_departing)
		return;
	own->is_departing = true;
	TAILQ_INSERT_TAIL(&chat->departing, own, departing_link);
}

unsigned
chat_request_count(const struct session *session)
{
	const struct chat_session *own = session->chat;

	return own ? own->asker.count + own->waiting_count + (own->claim.ticket > 0) : 0;
}

void
chat_close(struct chat *chat, struct session *session)
{
	struct chat_session *own = session->chat;

	if (!own)
		return;
	claims_drop(chat, own);
	opening_free(own->opening);
	presence_depart(chat, session);
	TAILQ_REMOVE(&chat->sessions, own, link);
	if (own->is_departing)
		TAILQ_REMOVE(&chat->departing, own, departing_link);
	requests_drop(chat, &own->asker);
	send_forget_sayings(chat, session);
	session->chat = NULL;
	free(own->home);
	free(own->last_name);
	free(own);
}

void
chat_turn(struct chat *chat)
{
	struct chat_session *own;

	while ((own = TAILQ_FIRST(&chat->departing))) {
		TAILQ_REMOVE(&chat->departing, own, departing_link);
		own->is_departing = false;
		presence_depart(chat, own->asker.session);
	}
	store_flush(chat->store);
	store_flush(chat->tails);
}

static struct store *
chat_store(const struct chat *chat, unsigned index)
{
	return index ? chat->tails : chat->store;
}

int
chat_fd(const struct chat *chat, unsigned index)
{
	return store_fd(chat_store(chat, index));
}

void
chat_dispatch(struct chat *chat, unsigned index)
{
	/* A part of a session's queue, so that this burst does not make it a slow reader.
	 */
	size_t max_bytes = (size_t)chat->config->limits.queue_bytes / 4;

	store_dispatch(chat_store(chat, index), max_bytes);
}

bool
chat_is_waiting(const struct chat *chat)
{
	return !TAILQ_EMPTY(&chat->asked);
}

/* Close sessions whose token has expired. */
static void
chat_end_sessions(struct chat *chat)
{
	struct message_fault fault = { .code = NULL };
	const struct chat_session *own;

	if (chat->now_ms < chat->sessions_end_ms)
		return;
	chat->sessions_end_ms = INT64_MAX;
	message_refuse(&fault, "token_expired", "your token has expired");
	TAILQ_FOREACH (own, &chat->sessions, link) {
		struct session *session = own->asker.session;

		if (session->closed)
			continue;
		if (!permissions_is_over(session->permissions, chat->now_ms)) {
			chat_note_end(chat, session);
			continue;
		}
		reply_fault(&session->chat->asker, &fault);
		session_close(session, CLOSE_POLICY, "token expired");
	}
}

/* Answer what the store has not answered in time. It may still be stored: then everybody
 * is told of it. */
static void
chat_give_up(struct chat *chat)
{
	static const struct store_answer nothing;
	static const struct store_page empty;
	struct request *request;

	while ((request = requests_overdue(chat))) {
		if (request->is_read) {
			chat_on_page(chat, request->ticket, -ENOTCONN, &empty);
		} else {
			store_withdraw(request->store, request->ticket);
			chat_on_appended(chat, request->ticket, -ENOTCONN, &nothing);
		}
	}
}

void
chat_tick(struct chat *chat, int64_t now_ms)
{
	struct chat_session *own;

	chat->now_ms = now_ms;
	chat->ticks++;
	chat_give_up(chat);
	while ((own = claims_overdue(chat)))
		opening_continue(chat, own);
	outage_tick(chat);
	metric_send_due(chat, now_ms);
	deletion_continue(chat);
	attendance_end_holds(chat);
	ban_store_end(chat);
	chat_end_sessions(chat);
}

void
chat_prune(struct chat *chat, int64_t now_ms)
{
	chat->now_ms = now_ms;
	ban_store_end(chat);
	deletion_continue(chat);
	metric_forget(chat);
}

void
chat_trim(struct chat *chat, int64_t now_ms)
{
	if (now_ms == INT64_MIN)
		return;
	alarm_end_due(chat, now_ms);
	store_prune(chat->store, now_ms);
}

void
chat_free(struct chat *chat)
{
	if (!chat)
		return;
	store_close(chat->store);
	store_close(chat->tails);
	deletion_stop(chat);
	metric_free_due(chat);
	bans_free(chat->bans);
	assert(!chat->requests);
	send_free_sayings(chat);
	roster_free(chat->roster);
	rooms_free(chat->rooms);
	gate_free(chat->gate);
	free(chat);
}
