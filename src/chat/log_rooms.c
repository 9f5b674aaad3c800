/* Log rooms: rooms of log files. Their lines are kept in memory, under an epoch of their
 * own. */
#include "chat/log_rooms.h"

#include <errno.h>

#include "chat/alarm_state.h"
#include "chat/metric.h"
#include "chat/presence.h"
#include "chat/reply.h"
#include "chat/resume.h"
#include "chat/room_access.h"
#include "chat/send.h"
#include "linnet/base/log.h"
#include "linnet/base/xalloc.h"

/* Store object as a line of the room. Consumes object. Returns 0 or -EAGAIN. */
static int
log_room_post(struct chat *chat, const char *name, json_t *object, int64_t now_ms)
{
	struct input input = { .chat = chat, .message.object = object };
	struct room *room = rooms_find(chat->rooms, name);
	struct message_stamp stamp = { .ts_ms = rooms_next_ts(room, now_ms),
		.username = room->name };
	const json_t *text = json_object_get(object, "message");
	struct post post = {
		.room = room,
		.type = "log",
		.words = xasprintf(
			"%.*s", (int)json_string_length(text), json_string_value(text)),
	};

	chat->now_ms = now_ms;
	message_append_tail(&input.message, &stamp, &post.tail);
	json_decref(object);
	return send_post(&input, &post);
}

int
chat_log(struct chat *chat, const char *name, const char *text, size_t len,
	uint64_t skipped, int64_t now_ms)
{
	json_t *object = json_object();
	int r;

	json_object_set_new(object, "message", json_stringn(text, len));
	if (skipped)
		json_object_set_new(object, "skipped", json_integer((json_int_t)skipped));
	r = log_room_post(chat, name, object, now_ms);
	if (r == 0 && skipped)
		metrics.tail_lines_skipped += skipped;
	else if (r == 0)
		metrics.tail_lines++;
	return r;
}

int
chat_log_event(struct chat *chat, const char *name, const char *event, const char *text,
	int64_t now_ms)
{
	json_t *object = json_object();

	json_object_set_new(object, "message", json_string(text));
	json_object_set_new(object, "event", json_string(event));
	return log_room_post(chat, name, object, now_ms);
}

/* A session that is in no other room is closed. */
static void
log_rooms_send_away(struct chat *chat, struct member *member)
{
	struct session *session = member->session;
	struct message_fault fault = { .code = NULL };

	message_refuse(&fault, "denied",
		"a room that you were in has another history now, and that needs a "
		"token");
	reply_fault(&session->chat->asker, &fault);
	presence_leave(chat, member, NULL);
	if (!session->chat->member_count)
		session_close(session, CLOSE_POLICY, "denied");
}

static void
log_rooms_tell(struct chat *chat, struct room *room)
{
	struct member *member, *next;
	uint64_t last = room->last_number;

	/* A member that is told who is here moves to the end, with a higher number. */
	for (member = TAILQ_FIRST(&room->members); member && member->number <= last;
		member = next) {
		next = TAILQ_NEXT(member, room_link);
		if (room_access_has(member->session->permissions, room))
			resume_anew(chat, member);
		else if (!member->session->closed)
			log_rooms_send_away(chat, member);
	}
}

void
log_rooms_exchange(struct room *room)
{
	struct room_history before = { room->last_id, room->last_ts_ms, room->state };

	alarm_count_room(room, false);
	room->last_id = room->other.last_id;
	room->last_ts_ms = room->other.last_ts_ms;
	room->state = room->other.state;
	room->other = before;
	alarm_count_room(room, true);
}

void
log_rooms_switch(struct chat *chat, struct room *room)
{
	/* Nobody can push a metric to a log room or clear an alarm of it. So metrics are
	 * forgotten, and alarms come back with the chat's history. */
	metric_forget_room(chat, room);
	log_rooms_exchange(room);
	log_info("room_switched", log_person("room", room->name),
		log_str("to", room->is_tail ? "log" : "chat"),
		log_uint("last_id", room->last_id));
	room->holds++; /* its last member may leave */
	log_rooms_tell(chat, room);
	room->holds--;
}
