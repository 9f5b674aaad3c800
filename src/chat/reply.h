/* reply.h - what one session is told. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/chat/session.h"
#include "linnet/protocol/message.h"

/* Send an error to session. */
void reply_fault(struct session *session, const struct message_fault *fault);

/* Send object to session. Consumes object. */
void reply_object(struct session *session, json_t *object);

/* Send object, after which the reader stands behind last_id. Consumes object. */
void reply_object_at(
	struct session *session, json_t *object, const char *epoch, uint64_t last_id);

/* Send the object in text, which is emptied. */
void reply_text(struct session *session, struct buffer *text);

/* Read object as message_take does. If it is bad, send an error to call and return false.
 */
bool reply_take(struct session *call, struct message *message, json_t *object,
	struct message_fault *fault);
