/* encode.h - one thing that is said, be it to one or to many: encoded at most once for
 * each form in which somebody reads it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/base/frame.h"
#include "linnet/protocol/kinds.h"

/* A server's object on its way. On the stack of whoever says it; frames that were queued
 * live on. */
struct encoded {
	struct buffer json; /* the object, compact */
	const char *epoch;  /* of id; borrowed; NULL: a reader stands where it stood */
	uint64_t id;        /* in its room: where a reader of it stands then */
	bool is_encoded[WIRE_COUNT];
	struct frame *frames[WIRE_COUNT];
};

/* Encoded from the object, which is consumed, without an id. */
void encode_object(struct encoded *encoded, json_t *object);

/* Encoded from the object that text is, which is taken over and left empty; id and epoch
 * (NULL: none), which must outlive encoded, say where a reader may go on. */
void encode_text(
	struct encoded *encoded, struct buffer *text, const char *epoch, uint64_t id);

/* The form of wire, owned by encoded; NULL where that wire does not show
 * such a thing. */
struct frame *encode_frame(struct encoded *encoded, enum wire wire);

/* Free the text and give the frames back. */
void encode_fini(struct encoded *encoded);
