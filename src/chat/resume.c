#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/chat_private.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"

/* What a resuming session is sent before its queue must be empty again. */
#define RESUME_MESSAGES 200
#define RESUME_BYTES 65536

/* Read "EPOCH:ID". Returns false if it is not of this history. */
static bool
resume_parse_since(const struct store *store, const char *since, uint64_t *id)
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

/* From now on member receives new messages. */
static void
resume_begin_live(
	struct chat *chat, struct member *member, bool recovered, const char *ref)
{
	bool is_poll = member->session->wire == WIRE_OBJECT;

	member->is_resuming = false;
	member->is_announced = true;
	member->is_recovered = recovered;
	/* A poll resumes with each request. */
	if (member->has_since && !is_poll)
		metrics.recoveries[recovered ? RECOVERY_RECOVERED
					     : RECOVERY_NOT_RECOVERED]++;
	/* A resumed poll must not be answered at once with what it has. */
	if (member->session->wants_joined && !(is_poll && recovered))
		chat_send_joined(chat, member, recovered, ref);
	/* A resumed session has seen the alarms. */
	if (!(is_poll && recovered))
		chat_show_snapshot(member, !recovered);
	if (member->session->wants_progress)
		member->session->ops->wake(member->session);
}

/* The client has received a part, so it must reconnect and resume from there. */
static void
resume_give_up(struct member *member, const char *why)
{
	log_info("resume_failed", log_uint("session", member->session->number),
		log_str("why", why));
	session_close(member->session, CLOSE_TRY_AGAIN, "resume again");
}

/* The member that waits for this request, or NULL. */
static struct member *
resume_member_waiting(const struct request *request)
{
	struct member *member;

	if (!request->session || request->session->closing)
		return NULL;
	member = rooms_member(request->room, request->session);
	return member && member->ticket == request->ticket ? member : NULL;
}

/* Read the next page that the member missed. It is small compared with the queue. */
static int
resume_start_resume(struct chat *chat, struct request *request)
{
	struct member *member = resume_member_waiting(request);
	size_t max = request->session->queue_max_bytes;

	/* The member has left: ask for an empty page. */
	if (!member)
		return store_after(chat_history(chat, request->room), request->room->name,
			0, 0, 0, 0, request->ticket);
	return store_after(chat_history(chat, request->room), request->room->name,
		member->cursor, request->room->last_id,
		(unsigned)size_min(RESUME_MESSAGES, max / 1024 + 1),
		size_min(RESUME_BYTES, max / 4), request->ticket);
}

static void
resume_read_on(
	struct chat *chat, struct member *member, on_page *callback, const char *ref)
{
	struct request *request = chat_read_add(
		chat, member->session, member->room, ref, resume_start_resume, callback);

	member->ticket = request->ticket;
	chat_read_next(chat, member->session);
}

static void resume_on_next_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page);

static void
resume_send_message(
	struct chat *chat, struct member *member, const struct store_message *message)
{
	struct buffer text = { 0 };
	struct encoded encoded;

	message_append_whole(&text, message->type, member->room->name, message->id,
		message->tail, message->tail_len);
	encode_text(&encoded, &text, store_epoch(chat_history(chat, member->room)),
		message->id);
	session_say(member->session, &encoded);
	encode_fini(&encoded);
}

/* Send the page. Then go live or read the next one. */
static void
resume_send_page(struct chat *chat, struct member *member, const struct store_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++) {
		if (page->messages[i].id != member->cursor + 1)
			break;
		resume_send_message(chat, member, &page->messages[i]);
		member->cursor++;
	}
	if (i < page->count || !page->count)
		resume_give_up(member, "the history was trimmed meanwhile");
	else if (member->cursor >= member->room->last_id)
		member->is_resuming = false;
	else
		resume_read_on(chat, member, resume_on_next_page, NULL);
}

static void
resume_on_next_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct member *member = resume_member_waiting(request);

	if (!member)
		return;
	member->ticket = 0;
	if (error)
		resume_give_up(member, strerror(-error));
	else
		resume_send_page(chat, member, page);
}

static void
resume_on_first_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct member *member = resume_member_waiting(request);
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
		resume_begin_live(chat, member, false, request->ref);
		return;
	}
	if (page->first_id > member->cursor + 1)
		member->cursor = page->first_id - 1;
	resume_begin_live(chat, member, !member->is_newcomer, request->ref);
	member->is_resuming = true;
	/* "joined" may have filled the queue. */
	if (member->session->queue.bytes > chat_read_room(chat, member->session))
		resume_read_on(chat, member, resume_on_next_page, NULL);
	else
		resume_send_page(chat, member, page);
}

void
chat_resume(struct chat *chat, struct member *member, const char *since, const char *ref)
{
	uint64_t id = 0;
	const struct room *room = member->room;
	bool known = since && resume_parse_since(chat_history(chat, room), since, &id) &&
		     id <= room->last_id;

	/* Everybody is sent the last lines of a log file. */
	member->has_since = since != NULL;
	member->is_newcomer = !known && room->tail_lines;
	if (member->is_newcomer)
		id = room->last_id - size_min(room->last_id, room->tail_lines);
	member->cursor = known || member->is_newcomer ? id : room->last_id;
	if (member->cursor == room->last_id) {
		resume_begin_live(chat, member, known, ref);
		return;
	}
	member->is_resuming = true;
	member->is_announced = false;
	resume_read_on(chat, member, resume_on_first_page, ref);
}

bool
chat_where(struct chat *chat, struct session *session, struct chat_place *place)
{
	struct room *room = rooms_find(chat->rooms, session->home);
	struct member *member = room ? rooms_member(room, session) : NULL;

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
	struct room *room = rooms_find(chat->rooms, session->home);
	struct member *member = room ? rooms_member(room, session) : NULL;

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
