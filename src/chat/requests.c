#include "chat/requests.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/alarm_wish.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* Maximum size of the members that the server adds to a message. */
#define ENVELOPE_BYTES 1024

/* What a resuming session is sent before its queue must be empty again. */
#define RESUME_MESSAGES 200
#define RESUME_BYTES 65536

/* Maximum size of one history or search. */
#define ANSWER_BYTES (256 * 1024)

/* What is asked of the store is answered in this time, or as if the store were away. It
 * is counted in ticks, so it makes no difference that a clock is set. */
#define PATIENCE_TICKS (10000 / CHAT_TICK_MS)
#define SYNC_TICKS (1000 / CHAT_TICK_MS)
/* A search may wait behind STORE_SEARCHES_MAX others. */
#define SEARCH_TICKS (30000 / CHAT_TICK_MS)

/* In a room where messages change all the time, a history may have an older state of some
 * in the end. */
#define READS_MAX 10

struct store *
requests_store(const struct chat *chat, const struct room *room)
{
	return room->is_tail ? chat->tails : chat->store;
}

/* True if it is a history or a search. */
static bool
request_has_pages(const struct request *request)
{
	return request->kind == REQUEST_HISTORY || request->kind == REQUEST_SEARCH;
}

static enum lane_kind
request_lane(const struct request *request)
{
	return request->kind == REQUEST_SEARCH ? LANE_SEARCHES : LANE_PAGES;
}

struct request *
request_new(struct chat *chat, enum request_kind kind, struct asker *asker,
	struct room *room, const char *ref)
{
	struct request *request = xcalloc(1, sizeof(*request));

	request->kind = kind;
	request->ticket = ++chat->last_ticket;
	request->asker = asker;
	request->room = room;
	request->store = requests_store(chat, room);
	room->holds++;
	if (ref)
		snprintf(request->ref, sizeof(request->ref), "%s", ref);
	if (asker) {
		LIST_INSERT_HEAD(&asker->requests, request, asker_link);
		asker->count++;
	}
	HASH_ADD(hh, chat->requests, ticket, sizeof(request->ticket), request);
	return request;
}

static void
request_clear(struct request *request)
{
	switch (request->kind) {
	case REQUEST_MESSAGE:
	case REQUEST_ALARM:
		alarm_wish_free(request->message.wish);
		break;
	case REQUEST_BAN:
		json_decref(request->ban.reply);
		break;
	case REQUEST_HISTORY:
	case REQUEST_SEARCH:
		free(request->history.words);
		break;
	case REQUEST_FORGET:
		free(request->forget.name);
		free(request->forget.by);
		break;
	case REQUEST_KNOWN:
		free(request->known.refusal);
		break;
	case REQUEST_CHANGE:
		free(request->change.by);
		break;
	case REQUEST_DELETE_ROOM:
		free(request->deletion.by);
		break;
	case REQUEST_RESUME:
	case REQUEST_SYNC:
		free(request->resume.since);
		break;
	}
}

void
request_move(struct chat *chat, struct request *request, struct room *room)
{
	struct room *before = request->room;

	request->room = room;
	room->holds++;
	before->holds--;
	rooms_release(chat->rooms, before);
}

void
request_free(struct chat *chat, struct request *request)
{
	if (request->asker) {
		LIST_REMOVE(request, asker_link);
		request->asker->count--;
	}
	request->room->holds--;
	rooms_release(chat->rooms, request->room);
	HASH_DEL(chat->requests, request); /* NOLINT(*-core.NullDereference): uthash */
	request_clear(request);
	free(request);
}

void
request_note_asked(struct chat *chat, struct request *request, bool is_read)
{
	request->asked_tick = chat->ticks;
	request->is_read = is_read;
	TAILQ_INSERT_TAIL(&chat->asked, request, asked_link);
}

static unsigned
request_patience(const struct request *request)
{
	switch (request->kind) {
	case REQUEST_SYNC:
		return SYNC_TICKS;
	case REQUEST_SEARCH:
		return SEARCH_TICKS;
	default:
		return PATIENCE_TICKS;
	}
}

struct request *
requests_overdue(struct chat *chat)
{
	struct request *request;

	TAILQ_FOREACH (request, &chat->asked, asked_link) {
		unsigned age = chat->ticks - request->asked_tick;

		if (age < SYNC_TICKS)
			return NULL;
		if (age >= request_patience(request))
			return request;
	}
	return NULL;
}

int
requests_refuse(int error, struct message_fault *fault)
{
	if (error == -ENOTCONN)
		message_refuse(fault, "store_unavailable",
			"the history is away, and too much waits for it: try again");
	else
		message_refuse(fault, "busy", "too much is under way, try again");
	return error;
}

int
request_try_append(
	struct chat *chat, struct request *request, const struct store_entry *entry)
{
	int r = store_append(request->store, entry, request->ticket);

	if (r < 0)
		return r;
	request_note_asked(chat, request, false);
	/* The entry that deletes a room has no time. */
	if (entry->ts_ms)
		request->room->given_ts_ms = entry->ts_ms;
	return 0;
}

int
request_append(
	struct chat *chat, struct request *request, const struct store_entry *entry)
{
	int r = request_try_append(chat, request, entry);

	if (r < 0)
		request_free(chat, request);
	return r;
}

struct member *
request_member(const struct request *request)
{
	struct session *session = request->asker ? request->asker->session : NULL;
	struct member *member;

	if (!session || session->closed)
		return NULL;
	member = rooms_member(request->room, session);
	return member && member->ticket == request->ticket ? member : NULL;
}

bool
request_is_outdated(const struct chat *chat, const struct request *request)
{
	return request->store != requests_store(chat, request->room);
}

/* Read the next page that the member missed. It is small compared with the queue. */
static int
request_start_resume(const struct chat *chat, const struct request *request)
{
	const struct member *member = request_member(request);
	const char *room = request->room->name;
	size_t max;

	/* Nobody needs the page any more: ask for an empty one. */
	if (!member || request_is_outdated(chat, request))
		return store_after(request->store, room, 0, 0, 0, 0, request->ticket);
	max = member->session->queue_max_bytes;
	return store_after(request->store, room, member->cursor, request->room->last_id,
		(unsigned)size_min(RESUME_MESSAGES, max / 1024 + 1),
		size_min(RESUME_BYTES, max / 4), request->ticket);
}

/* Returns 0, or -EAGAIN if the store is full. */
static int
request_start(const struct chat *chat, const struct request *request)
{
	const struct session *session = request->asker->session;
	/* A page and a search may come at once. */
	size_t max = session ? size_min(ANSWER_BYTES, session->queue_max_bytes / 4)
			     : ANSWER_BYTES;
	const char *room = request->room->name;
	uint64_t bound = request->history.bound;

	switch (request->kind) {
	case REQUEST_RESUME:
		return request_start_resume(chat, request);
	case REQUEST_SYNC:
		return store_sync(request->store, room, request->ticket);
	case REQUEST_SEARCH:
		return store_search(request->store, room, request->history.words, bound,
			request->history.limit, max, request->ticket);
	default:
		if (request->history.is_newer)
			return store_newer(request->store, room, bound,
				request->history.limit, max, request->ticket);
		/* Leave out messages that are stored but not broadcast yet. */
		if (!request_is_outdated(chat, request))
			bound = size_min(bound, request->room->last_id + 1);
		return store_before(request->store, room, bound, request->history.limit,
			max, request->ticket);
	}
}

size_t
requests_queue_space(const struct chat *chat, const struct session *session)
{
	size_t message = (size_t)chat->config->limits.message_bytes + ENVELOPE_BYTES;

	/* An empty queue accepts anything. */
	return session->queue_max_bytes < 4 * message ? 0 : session->queue_max_bytes / 8;
}

static bool
requests_may_read(const struct chat *chat, const struct session *session)
{
	return !session->closed &&
	       session->queue.bytes <= requests_queue_space(chat, session);
}

static void
requests_stall(struct chat *chat, struct asker *asker)
{
	if (asker->is_stalled)
		return;
	asker->is_stalled = true;
	TAILQ_INSERT_TAIL(&chat->stalled, asker, stalled_link);
}

/* Start the next read of the lane if it can be started. Returns 0, or -EAGAIN if the
 * store is full: the asker is tried again then. */
static int
requests_start_next(struct chat *chat, struct asker *asker, enum lane_kind kind)
{
	struct lane *lane = &asker->lanes[kind];
	struct request *request = STAILQ_FIRST(&lane->waiting);

	if (!request || lane->reading ||
		(asker->session && !requests_may_read(chat, asker->session)))
		return 0;
	if (request_start(chat, request) < 0) {
		requests_stall(chat, asker);
		return -EAGAIN;
	}
	if (request_has_pages(request)) {
		request->history.changes = request->room->changes;
		request->history.reads++;
	}
	STAILQ_REMOVE_HEAD(&lane->waiting, waiting_link);
	asker->waiting_count--;
	request_note_asked(chat, request, true);
	lane->reading = request;
	return 0;
}

void
requests_read_next(struct chat *chat, struct asker *asker)
{
	requests_start_next(chat, asker, LANE_PAGES);
	requests_start_next(chat, asker, LANE_SEARCHES);
}

/* Start reads that found the store full. */
static void
requests_read_stalled(struct chat *chat)
{
	struct asker *asker;

	while ((asker = TAILQ_FIRST(&chat->stalled))) {
		TAILQ_REMOVE(&chat->stalled, asker, stalled_link);
		asker->is_stalled = false;
		requests_read_next(chat, asker);
		if (asker->is_stalled)
			return;
	}
}

int
request_read(struct chat *chat, struct request *request)
{
	struct asker *asker = request->asker;
	enum lane_kind kind = request_lane(request);
	struct lane *lane = &asker->lanes[kind];

	STAILQ_INSERT_TAIL(&lane->waiting, request, waiting_link);
	asker->waiting_count++;
	if (requests_start_next(chat, asker, kind) == 0 || kind == LANE_PAGES)
		return 0;
	STAILQ_REMOVE(&lane->waiting, request, request, waiting_link);
	asker->waiting_count--;
	request_free(chat, request);
	return -EAGAIN;
}

bool
request_is_stale(const struct request *request)
{
	return request->asker && request_has_pages(request) &&
	       request->history.reads < READS_MAX &&
	       request->history.changes != request->room->changes;
}

void
request_read_again(struct chat *chat, struct request *request)
{
	struct asker *asker = request->asker;
	struct lane *lane = &asker->lanes[request_lane(request)];

	STAILQ_INSERT_HEAD(&lane->waiting, request, waiting_link);
	asker->waiting_count++;
	requests_read_next(chat, asker);
}

struct request *
requests_find(struct chat *chat, uint64_t ticket)
{
	struct request *request;

	HASH_FIND(hh, chat->requests, &ticket, sizeof(ticket), request);
	return request;
}

struct request *
requests_answered(struct chat *chat, uint64_t ticket)
{
	struct request *request = requests_find(chat, ticket);
	struct lane *lane;

	if (!request)
		return NULL;
	TAILQ_REMOVE(&chat->asked, request, asked_link);
	lane = request->asker ? &request->asker->lanes[request_lane(request)] : NULL;
	if (lane && lane->reading == request)
		lane->reading = NULL;
	return request;
}

void
requests_finish(struct chat *chat, struct request *request)
{
	struct asker *asker = request->asker;
	struct session *session = asker ? asker->session : NULL;
	bool was_read = request->kind >= REQUEST_RESUME;

	request_free(chat, request);
	if (was_read && asker)
		requests_read_next(chat, asker);
	if (was_read)
		requests_read_stalled(chat);
	if (session && session->chat->wants_progress)
		session->ops->wake(session);
}

void
asker_init(struct asker *asker, struct session *session)
{
	asker->session = session;
	LIST_INIT(&asker->requests);
	for (size_t i = 0; i < LANES; i++)
		STAILQ_INIT(&asker->lanes[i].waiting);
}

void
requests_drop(struct chat *chat, struct asker *asker)
{
	struct request *request;

	if (asker->is_stalled)
		TAILQ_REMOVE(&chat->stalled, asker, stalled_link);
	for (size_t i = 0; i < LANES; i++) {
		struct lane *lane = &asker->lanes[i];

		while ((request = STAILQ_FIRST(&lane->waiting))) {
			STAILQ_REMOVE_HEAD(&lane->waiting, waiting_link);
			request_free(chat, request);
		}
	}
	while ((request = LIST_FIRST(&asker->requests))) {
		LIST_REMOVE(request, asker_link);
		request->asker = NULL;
	}
}

void
requests_note_outage(struct chat *chat, int error)
{
	if (!chat->is_store_failing)
		log_error("store_failed", log_str("error", strerror(-error)));
	chat->is_store_failing = true;
}

void
requests_note_failure(struct chat *chat, int error, struct message_fault *fault)
{
	if (error == -ENOTCONN) {
		message_refuse(fault, "store_unavailable",
			"the history has not answered in time: try again");
		return;
	}
	requests_note_outage(chat, error);
	message_refuse(fault, "store_failed", "the history cannot be reached now: %s",
		strerror(-error));
}

void
requests_note_success(struct chat *chat)
{
	if (chat->is_store_failing)
		log_info("store_healed");
	chat->is_store_failing = false;
}
