#include "chat/resume.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/joined.h"
#include "chat/outage.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/room_access.h"
#include "chat/snapshot.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* Read "EPOCH:ID". Returns false if it is not of this history. */
static bool
resume_parse_since(
	const struct store *store, const char *room, const char *since, uint64_t *id)
{
	const char *epoch = store_epoch(store, room);
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
	if (member->session->chat->wants_joined && !(is_poll && recovered))
		joined_send(chat, member, recovered, ref);
	outage_tell_newcomer(chat, member->session);
	/* A resumed session has seen the alarms. */
	if (!(is_poll && recovered))
		snapshot_begin(member, !recovered);
	if (member->session->chat->wants_progress)
		member->session->ops->wake(member->session);
}

/* The client has received a part, so it must reconnect and resume from there. */
static void
resume_give_up(struct member *member, const char *why)
{
	log_info("resume_failed", log_uint("session", member->session->number),
		log_str("why", why), log_str("peer", member->session->peer),
		log_person("username", session_username(member->session)),
		log_person("room", member->room->name));
	session_close(member->session, CLOSE_TRY_AGAIN, "resume again");
}

/* The store has not answered in time, so nobody knows what the member missed. */
static void
resume_refuse(struct chat *chat, struct member *member, int error,
	const struct request *request)
{
	struct session *session = member->session;

	reply_failure(chat, request, error);
	/* A poll goes on with its next request. */
	if (member->has_joined)
		presence_leave(chat, member, NULL);
	else if (session->wire != WIRE_OBJECT)
		session_close(session, CLOSE_TRY_AGAIN, "resume again");
}

static void
resume_read_on(struct chat *chat, struct member *member, bool is_first, const char *ref)
{
	struct request *request = request_new(
		chat, REQUEST_RESUME, &member->session->chat->asker, member->room, ref);

	request->resume.is_first = is_first;
	request->resume.epochs = member->room->epochs;
	member->ticket = request->ticket;
	request_read(chat, request);
}

/* True if the session is sent this entry. */
static bool
resume_is_shown(const struct session *session, const struct store_message *message)
{
	return message->kind == STORE_SAID ||
	       (message->kind == STORE_EDIT && message->has_text) ||
	       rooms_wants_changes(session);
}

static void
resume_send_message(
	struct chat *chat, struct member *member, const struct store_message *message)
{
	struct buffer text = { 0 };
	struct encoded encoded;

	if (!resume_is_shown(member->session, message))
		return;
	message_append_whole(&text, message->type, member->room->name, message->id,
		message->tail, message->tail_len);
	encode_text(&encoded, &text,
		store_epoch(requests_store(chat, member->room), member->room->name),
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
		resume_give_up(member, "messages that it missed were deleted meanwhile");
	else if (member->cursor >= member->room->last_id)
		member->is_resuming = false;
	else
		resume_read_on(chat, member, false, NULL);
}

static void
resume_on_first_page(struct chat *chat, struct member *member, int error,
	const struct request *request, const struct store_page *page)
{
	struct message_fault fault = { .code = NULL };

	if (error == -ENOTCONN) {
		resume_refuse(chat, member, error, request);
		return;
	}
	if (error) {
		requests_note_failure(chat, error, &fault);
		reply_fault(&member->session->chat->asker, &fault);
	}
	if (error || request_is_outdated(chat, request) ||
		request->resume.epochs != member->room->epochs ||
		member->cursor < member->room->gone_id ||
		(page->first_id > member->cursor + 1 && !member->is_newcomer)) {
		member->cursor = request->room->last_id;
		resume_begin_live(chat, member, false, request->ref);
		return;
	}
	if (page->first_id > member->cursor + 1)
		member->cursor = page->first_id - 1;
	resume_begin_live(chat, member, !member->is_newcomer, request->ref);
	member->is_resuming = true;
	/* "joined" may have filled the queue. */
	if (member->session->queue.bytes > requests_queue_space(chat, member->session))
		resume_read_on(chat, member, false, NULL);
	else
		resume_send_page(chat, member, page);
}

/* The member that waits for request. NULL if it has left meanwhile: that is the answer to
 * its join, if it wants one. */
static struct member *
resume_member_of(const struct request *request)
{
	struct member *member = request_member(request);
	struct message_fault fault = { .code = NULL };

	if (member || !*request->ref)
		return member;
	message_refuse(&fault, "not_joined", "you left the room before you were in it");
	reply_fault_to(request, &fault);
	return NULL;
}

void
resume_on_page(struct chat *chat, struct request *request, int error,
	const struct store_page *page)
{
	struct member *member = resume_member_of(request);

	if (!member)
		return;
	member->ticket = 0;
	if (request->resume.is_first)
		resume_on_first_page(chat, member, error, request, page);
	else if (error)
		resume_give_up(member, strerror(-error));
	else if (member->cursor < member->room->gone_id)
		resume_give_up(member, "the room was deleted");
	else
		resume_send_page(chat, member, page);
}

/* True if since is of this history. It may be behind the last id that was told here. */
static bool
resume_knows(
	const struct chat *chat, const struct room *room, const char *since, uint64_t *id)
{
	return since &&
	       resume_parse_since(requests_store(chat, room), room->name, since, id) &&
	       *id <= room->last_id;
}

static void
resume_begin(struct chat *chat, struct member *member, const char *since, const char *ref)
{
	uint64_t id = 0;
	const struct room *room = member->room;
	bool known = resume_knows(chat, room, since, &id);

	/* Everybody is sent the last lines of a log file. */
	member->is_newcomer = !known && room->tail_lines;
	if (member->is_newcomer)
		id = room->last_id - size_min(room->last_id, room->tail_lines);
	member->cursor = known || member->is_newcomer ? id : room->last_id;
	if (member->cursor == room->last_id) {
		/* Who has the last message of a deleted room may not know that it was
		 * deleted. A poll comes back at once if it is told, and no wiser. */
		known = known && (member->session->wire == WIRE_OBJECT ||
					 !room->gone_id || id != room->gone_id);
		resume_begin_live(chat, member, known, ref);
		return;
	}
	member->is_resuming = true;
	member->is_announced = false;
	resume_read_on(chat, member, true, ref);
}

/* Somebody has seen that id elsewhere, or that epoch: hear of it before member is told
 * that it is not known. */
static void
resume_sync(struct chat *chat, struct member *member, const char *since, const char *ref)
{
	struct request *request = request_new(
		chat, REQUEST_SYNC, &member->session->chat->asker, member->room, ref);

	request->resume.since = xstrdup(since);
	member->is_resuming = true;
	member->is_announced = false;
	member->cursor = member->room->last_id;
	member->ticket = request->ticket;
	request_read(chat, request);
}

void
resume_member(
	struct chat *chat, struct member *member, const char *since, const char *ref)
{
	const struct room *room = member->room;
	uint64_t id;

	member->has_since = since != NULL;
	if (since && store_is_shared(requests_store(chat, room)) &&
		!resume_knows(chat, room, since, &id))
		resume_sync(chat, member, since, ref);
	else
		resume_begin(chat, member, since, ref);
}

void
resume_on_synced(struct chat *chat, const struct request *request, int error)
{
	struct member *member = resume_member_of(request);

	if (!member)
		return;
	member->ticket = 0;
	if (error)
		resume_refuse(chat, member, error, request);
	else
		resume_begin(chat, member, request->resume.since, request->ref);
}

void
resume_from(struct chat *chat, struct member *member, uint64_t id)
{
	if (member->is_resuming || member->session->closed)
		return;
	member->is_resuming = true;
	member->cursor = id;
	resume_read_on(chat, member, false, NULL);
}

void
resume_epoch(struct chat *chat, struct member *member)
{
	struct session *session = member->session;
	bool has_asked = session->chat->wants_joined || session->wire == WIRE_OBJECT;

	/* Those that are not announced are told by the answer that they wait for. */
	if (session->closed || !member->is_announced)
		return;
	if (!has_asked && member->has_since) {
		session_close(session, CLOSE_TRY_AGAIN, "resume again");
		return;
	}
	if (!wire_is_line(session->wire)) {
		resume_anew(chat, member);
		return;
	}
	member->is_resuming = false;
	member->ticket = 0;
	reply_object(&session->chat->asker,
		json_pack("{s:s,s:s,s:s}", "type", "notice", "code", "epoch_new",
			"message",
			"The history was lost in part; the numbers begin anew."));
}

void
resume_anew(struct chat *chat, struct member *member)
{
	member->show_until = member->alarms_shown = member->metrics_shown = 0;
	/* Other members are told when their first page is here, or when they go on. */
	if (!member->is_announced)
		return;
	member->ticket = 0;
	resume_member(chat, member, NULL, NULL);
}

static struct member *
resume_member_at_home(const struct chat *chat, const struct session *session)
{
	const struct room *room = rooms_find(chat->rooms, session->chat->home);

	return room ? rooms_member(room, session) : NULL;
}

bool
chat_where(
	const struct chat *chat, const struct session *session, struct chat_place *place)
{
	const struct member *member = resume_member_at_home(chat, session);
	const struct room *room;

	*place = (struct chat_place){ .room = session->chat->home };
	if (!member)
		return false;
	room = member->room;
	place->topic = room->topic;
	place->epoch = store_epoch(requests_store(chat, room), room->name);
	place->last_id = member->is_resuming ? member->cursor : room->last_id;
	place->recovered = member->is_recovered;
	place->more = place->last_id < room->last_id;
	if (session->person)
		place->username = session->person->name;
	return member->is_announced;
}

void
chat_set_aside(struct session *session)
{
	struct member *member;

	TAILQ_FOREACH (member, &session->chat->members, session_link) {
		member->is_resuming = true;
		member->is_announced = false;
		member->ticket = 0;
	}
}

bool
chat_read_place(
	const struct chat *chat, const char *room, const char *place, uint64_t *id)
{
	const struct room *found = rooms_find(chat->rooms, room);

	return resume_parse_since(
		found ? requests_store(chat, found) : chat->store, room, place, id);
}

void
chat_go_on(struct chat *chat, struct session *session, const char *since)
{
	struct member *member = resume_member_at_home(chat, session);

	chat_note_end(chat, session);
	if (member)
		resume_member(chat, member, since, NULL);
}

void
chat_on_drained(struct chat *chat, struct session *session)
{
	if (!session->chat)
		return; /* it has not logged in yet */
	if (session->chat->is_owed)
		snapshot_continue(session);
	requests_read_next(chat, &session->chat->asker);
}

/* Check that the speaker may join room, and give it the name that it asks for. member is
 * NULL if it is not in the room yet. */
static int
resume_check_join(struct input *input, const struct member *member,
	const struct roster_proof *proof)
{
	struct session *session = input->speaker;
	unsigned count = session->chat->member_count;
	const char *name = input->message.username;

	if (member && member->is_resuming)
		return message_refuse(
			&input->fault, "busy", "you are being sent what you missed");
	if (!member && count >= (unsigned)input->chat->config->chat.rooms_per_session)
		return message_refuse(&input->fault, "too_many_rooms",
			"you are in %u rooms already", count);
	return presence_claim(input, name ? name : session->person->name, proof);
}

int
resume_do_join(struct input *input)
{
	struct session *session = input->speaker;
	struct roster_proof proof = { .token = NULL };
	const char *since = NULL;
	struct member *member;
	struct room *room;

	if (message_get_string(&input->message, "since", 64, &since, &input->fault) < 0 ||
		presence_read_proof(input, &proof) < 0)
		return -EINVAL;
	room = room_access_find(input, true);
	if (!room)
		return -EINVAL;
	member = rooms_member(room, session);
	if (resume_check_join(input, member, &proof) < 0) {
		rooms_release(input->chat->rooms, room);
		return -EINVAL;
	}
	session->chat->wants_joined = true;
	rooms_want_events(session);
	if (!member)
		member = presence_enter(input->chat, session, room);
	member->has_joined = true;
	resume_member(input->chat, member, since, input->message.ref);
	return 0;
}

/* A line session is in one room at a time. */
int
resume_do_switch(struct input *input)
{
	struct chat *chat = input->chat;
	struct session *session = input->speaker;
	struct member *member = resume_member_at_home(chat, session);
	struct room *room = room_access_find(input, true);

	if (!room)
		return -EINVAL;
	if (rooms_member(room, session))
		return message_refuse(&input->fault, "bad_room", "you are in that room");
	free(session->chat->home);
	session->chat->home = xstrdup(room->name);
	room->holds++; /* it may be empty for a moment */
	if (member)
		presence_leave(chat, member, session);
	room->holds--;
	resume_member(chat, presence_enter(chat, session, room), NULL, NULL);
	return 0;
}
