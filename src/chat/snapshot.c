/* What stands in a room, for whoever comes. It may be more than may wait for a session:
 * who is in many rooms comes to all of them at once. */
#include "chat/chat_private.h"

/* How much may wait for session if the next thing is to be shown to it. A poll is
 * answered by all that waits. */
static size_t
room_to_show(const struct session *session)
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
	has_room = !frame || !waiting || waiting + frame->len <= room_to_show(session);
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
			continue; /* they come behind the alarms */
		if (!chat_show_alarms(member) || !chat_show_metrics(member)) {
			session->is_owed = true;
			return;
		}
	}
}
