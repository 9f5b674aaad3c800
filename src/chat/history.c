#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat_private.h"
#include "linnet/base/json_text.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"

/* What a session that resumes is sent before its queue must have run empty again. */
#define RESUME_MESSAGES 200
#define RESUME_BYTES 65536

/* What one history or search brings. */
#define HISTORY_LIMIT 50
#define HISTORY_LIMIT_MAX 200
#define SEARCH_LIMIT 20
#define SEARCH_LIMIT_MAX 100
#define ANSWER_BYTES (256 * 1024)

#define QUERY_BYTES 256

/* What stands around a message's own members, at most. */
#define ENVELOPE_BYTES 1024

/* Histories and searches that one session may have waiting. */
#define READS_WAITING 16

static size_t
at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Read "EPOCH:ID". Returns false if it is not of this history. */
static bool
parse_since(const struct store *store, const char *since, uint64_t *id)
{
	const char *epoch = store_epoch(store);
	size_t len = strlen(epoch);
	char *end;

	if (strncmp(since, epoch, len) != 0 || since[len] != ':' ||
		!isdigit((unsigned char)since[len + 1]))
		return false;
	errno = 0;
	*id = strtoull(since + len + 1, &end, 10);
	return !errno && !*end;
}

/* From here on member hears what is new. */
static void
begin_live(struct chat *chat, struct member *member, bool recovered, const char *ref)
{
	bool is_poll = member->session->wire == WIRE_OBJECT;

	member->is_resuming = false;
	member->is_announced = true;
	member->is_recovered = recovered;
	/* A poll asks each time. */
	if (member->has_since && !is_poll)
		metrics.recoveries[recovered ? RECOVERY_RECOVERED
					     : RECOVERY_NOT_RECOVERED]++;
	/* A poll that goes on is not to be answered at once by what it has. */
	if (member->session->wants_joined && !(is_poll && recovered))
		chat_send_joined(chat, member, recovered, ref);
	/* Whoever goes on where it was has seen the alarms. */
	if (!(is_poll && recovered))
		chat_show_standing(member, !recovered);
	if (member->session->wants_progress)
		member->session->ops->wake(member->session);
}

/* It has been told a part: it must come again and ask for the rest. */
static void
give_up(struct member *member, const char *why)
{
	log_info("resume_failed", log_uint("session", member->session->number),
		log_str("why", why));
	session_close(member->session, CLOSE_TRY_AGAIN, "resume again");
}

/* A read waits until what the session was sent before is written, so that asking for much
 * does not make it a slow reader. */
static size_t
room_for_reads(const struct chat *chat, const struct session *session)
{
	size_t message = (size_t)chat->config->limits.message_bytes + ENVELOPE_BYTES;

	/* Beside an empty queue everything fits. */
	return session->queue_max_bytes < 4 * message ? 0 : session->queue_max_bytes / 8;
}

static void
stall(struct chat *chat, struct session *session)
{
	if (session->is_stalled)
		return;
	session->is_stalled = true;
	TAILQ_INSERT_TAIL(&chat->stalled, session, stalled_link);
}

void
chat_read_next(struct chat *chat, struct session *session)
{
	struct request *request = STAILQ_FIRST(&session->waiting);

	if (!request || session->reading || session->closing ||
		session->queue.bytes > room_for_reads(chat, session))
		return;
	if (request->start(chat, request) < 0) {
		stall(chat, session);
		return;
	}
	STAILQ_REMOVE_HEAD(&session->waiting, waiting_link);
	session->waiting_count--;
	chat->asked++;
	session->reading = request;
}

void
chat_read_stalled(struct chat *chat)
{
	struct session *session;

	while ((session = TAILQ_FIRST(&chat->stalled))) {
		TAILQ_REMOVE(&chat->stalled, session, stalled_link);
		session->is_stalled = false;
		chat_read_next(chat, session);
		if (session->is_stalled)
			return;
	}
}

/* A new read for session, which begins when chat_read_next is called and it is its turn.
 */
static struct request *
add_read(struct chat *chat, struct session *session, struct room *room, const char *ref,
	read_starter *start, on_page *callback)
{
	struct request *request = chat_request(chat, session, room, ref);

	request->start = start;
	request->on_page = callback;
	STAILQ_INSERT_TAIL(&session->waiting, request, waiting_link);
	session->waiting_count++;
	return request;
}

/* The member that request is for, if it still waits for it. */
static struct member *
member_waiting(const struct request *request)
{
	struct member *member;

	if (!request->session || request->session->closing)
		return NULL;
	member = hub_member(request->room, request->session);
	return member && member->ticket == request->ticket ? member : NULL;
}

/* Asks for the next part of what the member missed: small beside what may wait. */
static int
start_resume(struct chat *chat, struct request *request)
{
	struct member *member = member_waiting(request);
	size_t max = request->session->queue_max_bytes;

	/* It left meanwhile: an empty page that nobody waits for. */
	if (!member)
		return store_after(chat_history(chat, request->room), request->room->name,
			0, 0, 0, 0, request->ticket);
	return store_after(chat_history(chat, request->room), request->room->name,
		member->cursor, request->room->last_id,
		(unsigned)at_most(RESUME_MESSAGES, max / 1024 + 1),
		at_most(RESUME_BYTES, max / 4), request->ticket);
}

static void
read_on(struct chat *chat, struct member *member, on_page *callback, const char *ref)
{
	struct request *request = add_read(
		chat, member->session, member->room, ref, start_resume, callback);

	member->ticket = request->ticket;
	chat_read_next(chat, member->session);
}

static void on_next_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

static void
send_message(
	struct chat *chat, struct member *member, const struct store_message *message)
{
	struct buffer text = { 0 };
	struct cast cast;

	message_append_whole(&text, message->type, member->room->name, message->id,
		message->tail, message->tail_len);
	cast_text(
		&cast, &text, store_epoch(chat_history(chat, member->room)), message->id);
	session_say(member->session, &cast);
	cast_fini(&cast);
}

/* Send the part; then go live or ask for more. */
static void
send_page(struct chat *chat, struct member *member, const struct store_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++) {
		if (page->messages[i].id != member->cursor + 1)
			break;
		send_message(chat, member, &page->messages[i]);
		member->cursor++;
	}
	if (i < page->count || !page->count)
		give_up(member, "history was let go of meanwhile");
	else if (member->cursor >= member->room->last_id)
		member->is_resuming = false;
	else
		read_on(chat, member, on_next_page, NULL);
}

static void
on_next_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct member *member = member_waiting(request);

	if (!member)
		return;
	member->ticket = 0;
	if (error)
		give_up(member, strerror(-error));
	else
		send_page(chat, member, page);
}

static void
on_first_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct member *member = member_waiting(request);
	struct message_fault fault = { .code = NULL };

	if (!member)
		return;
	member->ticket = 0;
	if (error) {
		chat_store_failed(chat, error, &fault);
		chat_answer_fault(member->session, &fault);
	}
	if (error || (page->first_id > member->cursor + 1 && !member->is_newcomer)) {
		member->cursor = request->room->last_id;
		begin_live(chat, member, false, request->ref);
		return;
	}
	if (page->first_id > member->cursor + 1)
		member->cursor = page->first_id - 1;
	begin_live(chat, member, !member->is_newcomer, request->ref);
	member->is_resuming = true;
	/* "joined" may have taken the place. */
	if (member->session->queue.bytes > room_for_reads(chat, member->session))
		read_on(chat, member, on_next_page, NULL);
	else
		send_page(chat, member, page);
}

void
chat_resume(struct chat *chat, struct member *member, const char *since, const char *ref)
{
	uint64_t id = 0;
	const struct room *room = member->room;
	bool known = since && parse_since(chat_history(chat, room), since, &id) &&
		     id <= room->last_id;

	/* The last lines of a log file are there for everybody. */
	member->has_since = since != NULL;
	member->is_newcomer = !known && room->tail_lines;
	if (member->is_newcomer)
		id = room->last_id - at_most(room->last_id, room->tail_lines);
	member->cursor = known || member->is_newcomer ? id : room->last_id;
	if (member->cursor == room->last_id) {
		begin_live(chat, member, known, ref);
		return;
	}
	member->is_resuming = true;
	member->is_announced = false;
	read_on(chat, member, on_first_page, ref);
}

bool
chat_where(struct chat *chat, struct session *session, struct chat_place *place)
{
	struct room *room = hub_find(chat->hub, session->home);
	struct member *member = room ? hub_member(room, session) : NULL;

	*place = (struct chat_place){ .room = session->home };
	if (!member)
		return false;
	place->topic = room->topic;
	place->epoch = store_epoch(chat_history(chat, room));
	place->last_id = member->is_resuming ? member->cursor : room->last_id;
	place->recovered = member->is_recovered;
	place->more = place->last_id < room->last_id;
	if (session->person) {
		place->username = session->person->name;
		chat_give_token(chat, session, place->token);
	}
	return member->is_announced;
}

void
chat_set_aside(struct session *session)
{
	struct member *member;

	TAILQ_FOREACH (member, &session->members, session_link) {
		member->is_resuming = true;
		member->is_announced = false;
		member->ticket = 0;
	}
}

void
chat_go_on(struct chat *chat, struct session *session, const char *since)
{
	struct room *room = hub_find(chat->hub, session->home);
	struct member *member = room ? hub_member(room, session) : NULL;

	if (member)
		chat_resume(chat, member, since, NULL);
}

void
chat_on_drained(struct chat *chat, struct session *session)
{
	if (session->is_owed)
		chat_show_more(session);
	chat_read_next(chat, session);
}

static void
append_messages(struct buffer *text, const char *room, const struct store_page *page)
{
	size_t i;

	buffer_append(text, "[", 1);
	for (i = 0; i < page->count; i++) {
		if (i)
			buffer_append(text, ",", 1);
		message_append_whole(text, page->messages[i].type, room,
			page->messages[i].id, page->messages[i].tail,
			page->messages[i].tail_len);
	}
	buffer_append(text, "]", 1);
}

static void
append_member(struct buffer *text, const char *key, json_t *value)
{
	buffer_append(text, ",", 1);
	json_text_append_string(text, key);
	buffer_append(text, ":", 1);
	json_text_append(text, value);
	json_decref(value);
}

/* Both kinds of answers are alike; a search repeats its words. */
static void
on_answer_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct message_fault fault = { .code = NULL };
	struct buffer text = { 0 };

	if (!request->session)
		return;
	if (error) {
		chat_store_failed(chat, error, &fault);
		snprintf(fault.ref, sizeof(fault.ref), "%s", request->ref);
		chat_answer_fault(request->session, &fault);
		return;
	}
	buffer_append(&text, "{\"type\":", 8);
	json_text_append_string(&text, request->text ? "search" : "history");
	append_member(&text, "room", json_string(request->room->name));
	append_member(&text, "epoch",
		json_string(store_epoch(chat_history(chat, request->room))));
	if (request->text)
		append_member(&text, "q", json_string(request->text));
	if (*request->ref)
		append_member(&text, "ref", json_string(request->ref));
	append_member(&text, "more", json_boolean(page->more));
	buffer_append(&text, ",\"messages\":", 12);
	append_messages(&text, request->room->name, page);
	buffer_append(&text, "}", 1);
	chat_answer_text(request->session, &text);
}

static int
read_limit(const struct message *message, unsigned preset, unsigned max, unsigned *limit,
	struct message_fault *fault)
{
	uint64_t asked = preset;

	if (message_get_uint(message, "limit", &asked, fault) < 0)
		return -EINVAL;
	*limit = (unsigned)at_most(asked, max);
	return *limit ? 0
		      : message_refuse(fault, "bad_field",
				"\"limit\" must be a whole number from 1");
}

static size_t
answer_bytes(const struct session *session)
{
	return at_most(ANSWER_BYTES, session->queue_max_bytes / 2);
}

static int
start_history(struct chat *chat, struct request *request)
{
	return store_before(chat_history(chat, request->room), request->room->name,
		at_most(request->before, request->room->last_id + 1), request->limit,
		answer_bytes(request->session), request->ticket);
}

static int
start_search(struct chat *chat, struct request *request)
{
	return store_search(chat_history(chat, request->room), request->room->name,
		request->text, request->limit, answer_bytes(request->session),
		request->ticket);
}

static int
refuse_another(struct message_fault *fault)
{
	message_refuse(fault, "busy", "you asked for much already, try again");
	return -EAGAIN;
}

int
chat_do_history(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct room *room = chat_room_of(chat, session, message->room, false, fault);
	uint64_t before = UINT64_MAX;
	struct request *request;
	unsigned limit;

	if (!room || message_get_uint(message, "before", &before, fault) < 0 ||
		read_limit(message, HISTORY_LIMIT, HISTORY_LIMIT_MAX, &limit, fault) < 0)
		return -EINVAL;
	if (session->waiting_count >= READS_WAITING)
		return refuse_another(fault);
	request = add_read(
		chat, session, room, message->ref, start_history, on_answer_page);
	request->before = before;
	request->limit = limit;
	chat_read_next(chat, session);
	return 0;
}

int
chat_do_search(struct chat *chat, struct session *session, const struct message *message,
	struct message_fault *fault)
{
	struct room *room = chat_room_of(chat, session, message->room, false, fault);
	const char *query = NULL;
	struct request *request;
	unsigned limit;

	if (!room || message_get_string(message, "q", QUERY_BYTES, &query, fault) < 0 ||
		read_limit(message, SEARCH_LIMIT, SEARCH_LIMIT_MAX, &limit, fault) < 0)
		return -EINVAL;
	if (session->waiting_count >= READS_WAITING)
		return refuse_another(fault);
	if (!query)
		return message_refuse(
			fault, "bad_field", "\"q\" must be the words to look for");
	request =
		add_read(chat, session, room, message->ref, start_search, on_answer_page);
	request->limit = limit;
	request->text = xstrdup(query);
	metrics.searches++;
	chat_read_next(chat, session);
	return 0;
}
