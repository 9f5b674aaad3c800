#include "chat/reply.h"

#include <stdio.h>
#include <stdlib.h>

void
chat_cancel(struct chat_pending *call)
{
	call->on_reply = NULL;
	if (call->waiting)
		return; /* it is freed when that was done */
	requests_drop(call->chat, &call->asker);
	free(call);
}

/* One object of call is answered; the last one answers the call. */
static void
reply_to_call(struct chat_pending *call, const struct chat_reply *reply)
{
	struct chat_reply first = { .kind = CHAT_FAULT, .fault = &call->fault };

	if (reply->kind == CHAT_FAULT && !call->has_fault) {
		call->has_fault = true;
		call->fault = *reply->fault;
	}
	if (--call->missing)
		return;
	if (call->on_reply)
		call->on_reply(call->context, call->has_fault ? &first : reply);
	if (!call->caller)
		chat_cancel(call);
}

static void
reply_encoded(struct asker *asker, struct encoded *encoded)
{
	if (asker->session)
		session_say(asker->session, encoded);
	else
		reply_to_call(asker->call,
			&(struct chat_reply){ .kind = CHAT_OBJECT, .object = encoded });
	encode_fini(encoded);
}

void
reply_object(struct asker *asker, json_t *object)
{
	struct encoded encoded;

	encode_object(&encoded, object);
	reply_encoded(asker, &encoded);
}

void
reply_object_at(
	struct session *session, json_t *object, const char *epoch, uint64_t last_id)
{
	struct encoded encoded;

	encode_object(&encoded, object);
	encoded.epoch = epoch;
	encoded.id = last_id;
	reply_encoded(&session->chat->asker, &encoded);
}

void
reply_text_at(
	struct session *session, struct buffer *text, const char *epoch, uint64_t last_id)
{
	struct encoded encoded;

	encode_text(&encoded, text, epoch, last_id);
	reply_encoded(&session->chat->asker, &encoded);
}

void
reply_text(struct asker *asker, struct buffer *text)
{
	struct encoded encoded;

	encode_text(&encoded, text, NULL, 0);
	reply_encoded(asker, &encoded);
}

void
reply_fault(struct asker *asker, const struct message_fault *fault)
{
	struct session *session = asker->session;

	if (!session)
		reply_to_call(asker->call,
			&(struct chat_reply){ .kind = CHAT_FAULT, .fault = fault });
	else if (!session->ops->refuse)
		reply_object(asker, message_error(fault));
	else if (!session->closed)
		session->ops->refuse(session, fault);
}

void
reply_fault_to(const struct request *request, struct message_fault *fault)
{
	snprintf(fault->ref, sizeof(fault->ref), "%s", request->ref);
	if (request->asker)
		reply_fault(request->asker, fault);
}

void
reply_failure(struct chat *chat, const struct request *request, int error)
{
	struct message_fault fault = { .code = NULL };

	requests_note_failure(chat, error, &fault);
	reply_fault_to(request, &fault);
}

void
reply_ack(struct asker *asker, const struct chat_ack *ack)
{
	struct chat_ack whole = *ack;

	if (asker->session && ack->ref) {
		reply_object(asker,
			json_pack("{s:s,s:s,s:s,s:o*,s:o*,s:o*}", "type", "ack", "ref",
				ack->ref, "room", ack->room, "id",
				ack->id ? json_integer((json_int_t)ack->id) : NULL, "ts",
				ack->id && ack->ts_ms ? json_integer(ack->ts_ms) : NULL,
				"duplicate", ack->is_duplicate ? json_true() : NULL));
	} else if (asker->call) {
		whole.count = asker->call->count;
		reply_to_call(asker->call,
			&(struct chat_reply){ .kind = CHAT_ACK, .ack = &whole });
	}
}

struct gate_client *
reply_client(const struct input *input)
{
	return input->speaker ? input->speaker->client
			      : input->asker->call->caller->client;
}
