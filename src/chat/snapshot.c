/* A snapshot is what a newcomer is sent of a room: its alarms and metrics. It may exceed
 * the session's queue, because a client may join all its rooms at once. */
#include "chat/snapshot.h"

#include "chat/chat_session.h"

/* Bytes that may be queued for session when the next object is sent. A poll is answered
 * with its whole queue. */
static size_t
snapshot_room_to_show(const struct session *session)
{
	return session->wire == WIRE_OBJECT ? session->queue_max_bytes
					    : session->queue_max_bytes / 8;
}

/* Send session an object of a snapshot, which is consumed. Returns false if the session
 * has to read its queue first. */
static bool
snapshot_show(struct session *session, json_t *object)
{
	size_t waiting = session->queue.bytes;
	const struct frame *frame;
	struct encoded encoded;
	bool has_room;

	encode_object(&encoded, object);
	frame = encode_frame(&encoded, session->wire);
	has_room = !frame || !waiting ||
		   waiting + frame->len <= snapshot_room_to_show(session);
	if (has_room)
		session_say(session, &encoded);
	encode_fini(&encoded);
	return has_room;
}

/* Returns as snapshot_show. */
static bool
snapshot_show_alarms(struct member *member)
{
	const struct room *room = member->room;
	struct alarm *alarm, *next;
	json_t *object;

	HASH_ITER(hh, room->state.alarms, alarm, next)
	{
		if (alarm->number > member->show_until)
			break;
		if (alarm->number <= member->alarms_shown || !alarm->standing)
			continue;
		object = json_pack("{s:s,s:s,s:b}", "type", "alarm", "room", room->name,
			"standing", 1);
		json_object_update_missing(object, alarm->standing);
		if (!snapshot_show(member->session, object))
			return false;
		member->alarms_shown = alarm->number;
	}
	member->alarms_shown = member->show_until;
	return true;
}

static bool
snapshot_show_metrics(struct member *member)
{
	struct metric *metric, *next;

	HASH_ITER(hh, member->room->state.metrics, metric, next)
	{
		if (metric->number > member->show_until)
			break;
		if (metric->number <= member->metrics_shown)
			continue;
		if (!snapshot_show(member->session, json_incref(metric->value)))
			return false;
		member->metrics_shown = metric->number;
	}
	member->metrics_shown = member->show_until;
	return true;
}

void
snapshot_continue(struct session *session)
{
	struct member *member;

	session->chat->is_owed = false;
	TAILQ_FOREACH (member, &session->chat->members, session_link) {
		if (member->metrics_shown == member->show_until)
			continue; /* its metrics follow its alarms */
		if (!snapshot_show_alarms(member) || !snapshot_show_metrics(member)) {
			session->chat->is_owed = true;
			return;
		}
	}
}

void
snapshot_begin(struct member *member, bool wants_alarms)
{
	member->show_until = member->room->state.last_number;
	member->alarms_shown = wants_alarms ? 0 : member->show_until;
	member->metrics_shown = 0;
	snapshot_continue(member->session);
}
