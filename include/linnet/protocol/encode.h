/* encode.h - encodes an object of the server for its readers, at most once for each form,
 * however many read it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/base/frame.h"

/* The forms in which clients receive an object. */
enum wire {
	WIRE_WS,      /* a JSON object in a WebSocket text message */
	WIRE_WS_LINE, /* lines in a WebSocket text message */
	WIRE_LINE,    /* lines, each ending in a line feed */
	WIRE_SSE,     /* a server-sent event (HTML Living Standard, section 9.2) */
	WIRE_OBJECT,  /* the plain JSON object */
	WIRE_COUNT,
};

/* True if the client is a person at a terminal. */
static inline bool
wire_is_line(enum wire wire)
{
	return wire == WIRE_LINE || wire == WIRE_WS_LINE;
}

/* An object and the forms that were made of it. It lives on the sender's stack; queued
 * frames outlive it. */
struct encoded {
	struct buffer json; /* the object as compact JSON */
	/* The epoch of id, borrowed. NULL: a reader resumes from where it was before. */
	const char *epoch;
	uint64_t id; /* the id in its room from which a reader resumes */
	bool is_encoded[WIRE_COUNT];
	struct frame *frames[WIRE_COUNT];
};

/* Start with an object, which is consumed. It has no id. */
void encode_object(struct encoded *encoded, json_t *object);

/* Start with the JSON object in text, whose bytes are moved out of it. A reader can
 * resume from epoch and id; epoch is NULL for an object without an id. epoch must outlive
 * encoded. */
void encode_text(
	struct encoded *encoded, struct buffer *text, const char *epoch, uint64_t id);

/* The frame in the form of wire, which encoded owns. NULL if readers of that wire do not
 * receive such objects. */
struct frame *encode_frame(struct encoded *encoded, enum wire wire);

/* Free the text and release the frames. */
void encode_fini(struct encoded *encoded);
