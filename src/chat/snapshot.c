/* A snapshot is what a newcomer is sent of a room: its alarms and metrics. It may exceed
 * the session's queue, because a client may join all its rooms at once. */
#include "chat/chat_private.h"

/* Bytes that may be queued for session when the next object is sent. A poll is answered
 * with its whole queue. */
static size_t
snapshot_room_to_show(const struct session *session)
{
	return session->wire == WIRE_OBJECT ? session->queue_max_bytes
					    : session->queue_max_bytes / 8;
}

bool
chat_show(struct session *session, json_t *object)
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

void
chat_show_snapshot(struct member *member, bool wants_alarms)
{
	member->show_until = member->room->state.last_number;
	member->alarms_shown = wants_alarms ? 0 : member->show_until;
	member->metrics_shown = 0;
	chat_show_more(member->session);
}

void
chat_show_more(struct session *session)
{
	struct member *member;

	session->is_owed = false;
	TAILQ_FOREACH (member, &session->members, session_link) {
		if (member->metrics_shown == member->show_until)
			continue; /* its metrics follow its alarms */
		if (!chat_show_alarms(member) || !chat_show_metrics(member)) {
			session->is_owed = true;
			return;
		}
	}
}
