#include "chat/reply.h"

#include "linnet/protocol/encode.h"

static void
reply_encoded(struct session *session, struct encoded *encoded)
{
	session_say(session, encoded);
	encode_fini(encoded);
}

void
reply_object(struct session *session, json_t *object)
{
	struct encoded encoded;

	encode_object(&encoded, object);
	reply_encoded(session, &encoded);
}

void
reply_object_at(
	struct session *session, json_t *object, const char *epoch, uint64_t last_id)
{
	struct encoded encoded;

	encode_object(&encoded, object);
	encoded.epoch = epoch;
	encoded.id = last_id;
	reply_encoded(session, &encoded);
}

void
reply_text(struct session *session, struct buffer *text)
{
	struct encoded encoded;

	encode_text(&encoded, text, NULL, 0);
	reply_encoded(session, &encoded);
}

void
reply_fault(struct session *session, const struct message_fault *fault)
{
	reply_object(session, message_error(fault));
}

bool
reply_take(struct session *call, struct message *message, json_t *object,
	struct message_fault *fault)
{
	if (message_take(message, object, fault) == 0)
		return true;
	reply_fault(call, fault);
	return false;
}
