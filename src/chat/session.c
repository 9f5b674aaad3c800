#include "linnet/chat/session.h"

#include <errno.h>
#include <string.h>

#include "chat/chat_session.h"
#include "chat/roster.h"
#include "linnet/base/log.h"

void
session_init(struct session *session, const struct session_ops *ops, enum wire wire,
	uint64_t number, size_t queue_max_bytes)
{
	memset(session, 0, sizeof(*session));
	session->ops = ops;
	session->wire = wire;
	session->number = number;
	session->queue_max_bytes = queue_max_bytes;
}

void
session_admit(struct session *session, const struct permissions *permissions,
	const char *peer, int64_t now_ms)
{
	const struct permissions *before = session->permissions;

	session->permissions = permissions_ref(permissions);
	permissions_unref(before);
	session->peer = peer;
	session->since_ms = now_ms;
}

void
session_set_client(struct session *session, struct gate_client *client)
{
	struct gate_client *before = session->client;

	session->client = gate_client_ref(client);
	gate_client_unref(before);
}

void
session_set_wire(struct session *session, enum wire wire)
{
	session->wire = wire;
}

int
session_send(struct session *session, struct frame *frame)
{
	size_t waiting = session->queue.bytes;

	if (session->closed)
		return -EPIPE;
	if (waiting && waiting + frame->len > session->queue_max_bytes) {
		log_info("slow_reader", log_uint("session", session->number),
			log_uint("queued", waiting),
			log_uint("max", session->queue_max_bytes),
			log_str("peer", session->peer), SESSION_WHO_FIELDS(session));
		/* The queue would only delay the close frame. The client reconnects and
		 * resumes. */
		frame_queue_clear(&session->queue);
		metrics.slow_readers++;
		session_close_as(
			session, ENDING_SLOW_READER, CLOSE_TRY_AGAIN, "slow reader");
		return -ENOBUFS;
	}
	frame_queue_push(&session->queue, frame);
	metrics.sent[wire_transport(session->wire)]++;
	session->ops->wake(session);
	return 0;
}

int
session_say(struct session *session, struct encoded *encoded)
{
	struct frame *frame = encode_frame(encoded, session->wire);

	return frame ? session_send(session, frame) : 0;
}

void
session_close(struct session *session, enum close_code code, const char *reason)
{
	session_close_as(session, close_code_ending(code), code, reason);
}

void
session_close_as(struct session *session, enum ending ending, enum close_code code,
	const char *reason)
{
	if (session->closed)
		return;
	session->closed = code;
	session->ending = ending;
	session->ops->drop(session, code, reason);
}

const char *
session_username(const struct session *session)
{
	if (session->person)
		return session->person->name;
	return session->chat ? session->chat->last_name : NULL;
}

const char *
session_room(const struct session *session)
{
	return session->chat ? session->chat->home : NULL;
}

void
session_fini(struct session *session)
{
	permissions_unref(session->permissions);
	gate_client_unref(session->client);
	frame_queue_clear(&session->queue);
}
