#include "linnet/chat/session.h"

#include <errno.h>
#include <string.h>

#include "linnet/base/log.h"

void
session_init(struct session *session, const struct session_ops *ops, const char *via,
	uint64_t number, size_t queue_max_bytes)
{
	memset(session, 0, sizeof(*session));
	session->ops = ops;
	session->via = via;
	session->transport = metrics_transport(via);
	session->number = number;
	session->queue_max_bytes = queue_max_bytes;
	TAILQ_INIT(&session->members);
	LIST_INIT(&session->requests);
	STAILQ_INIT(&session->waiting);
	session->rate = &session->own_rate;
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

int
session_send(struct session *session, struct frame *frame)
{
	size_t waiting = session->queue.bytes;

	if (session->closing)
		return -EPIPE;
	if (waiting && waiting + frame->len > session->queue_max_bytes) {
		log_info("slow_reader", log_uint("session", session->number),
			log_uint("queued", waiting),
			log_uint("max", session->queue_max_bytes));
		/* The queue would only delay the close frame. The client reconnects and
		 * resumes. */
		frame_queue_clear(&session->queue);
		session->is_slow = true;
		metrics.slow_readers++;
		session_close(session, CLOSE_TRY_AGAIN, "slow reader");
		return -ENOBUFS;
	}
	frame_queue_push(&session->queue, frame);
	metrics.sent[session->transport]++;
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
session_close(struct session *session, uint16_t code, const char *reason)
{
	if (session->closing)
		return;
	session->closing = true;
	session->close_code = code;
	session->ops->drop(session, code, reason);
}

enum ending
session_ending(const struct session *session)
{
	if (session->is_slow)
		return ENDING_SLOW_READER;
	switch (session->close_code) {
	case 0:
	case CLOSE_NORMAL:
		return ENDING_NORMAL;
	case CLOSE_GOING_AWAY:
		return ENDING_STOPPING;
	case CLOSE_PROTOCOL:
	case CLOSE_UNSUPPORTED:
		return ENDING_PROTOCOL;
	case CLOSE_BAD_UTF8:
		return ENDING_BAD_UTF8;
	case CLOSE_POLICY:
		return session->is_flooding ? ENDING_FLOODING : ENDING_SENT_AWAY;
	case CLOSE_TOO_BIG:
		return ENDING_TOO_BIG;
	default:
		return ENDING_ERROR;
	}
}

void
session_fini(struct session *session)
{
	permissions_unref(session->permissions);
	frame_queue_clear(&session->queue);
}
