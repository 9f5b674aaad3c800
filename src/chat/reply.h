/* reply.h - answers to one session or call. The last answer to a call may free it. */
#pragma once

#include "chat/requests.h"

/* Tell asker that it is refused. */
void reply_fault(struct asker *asker, const struct message_fault *fault);

/* Tell the asker of request, if it still waits, that it is refused. Sets the fault's ref.
 */
void reply_fault_to(const struct request *request, struct message_fault *fault);

/* The store has failed: tell the asker of request. */
void reply_failure(struct chat *chat, const struct request *request, int error);

/* Tell asker object. Consumes object. */
void reply_object(struct asker *asker, json_t *object);

/* The same for a session, whose position is last_id then. */
void reply_object_at(
	struct session *session, json_t *object, const char *epoch, uint64_t last_id);

/* The same for the object in text, which is emptied. */
void reply_text_at(struct session *session, struct buffer *text, const char *epoch,
	uint64_t last_id);

/* Tell asker the object in text, which is emptied. */
void reply_text(struct asker *asker, struct buffer *text);

/* Tell asker what became of a message. A session is only told if there is a ref. */
void reply_ack(struct asker *asker, const struct chat_ack *ack);

/* Whose limits input is charged to: the client's that is answered. NULL: nobody's. */
struct gate_client *reply_client(const struct input *input);
