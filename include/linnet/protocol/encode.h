/* encode.h - encodes one object of the server for one or many readers, at most once for
 * each form. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "linnet/base/buffer.h"
#include "linnet/base/frame.h"
#include "linnet/protocol/kinds.h"

/* An object of the server on its way to its readers. It lies on the stack of its sender;
 * queued frames outlive it. */
struct encoded {
	json_t *object;     /* NULL: there is only its text */
	struct buffer json; /* its compact text, made when a form needs it */
	const char *epoch;  /* of id; borrowed; NULL: the reader's position stays */
	uint64_t id;        /* position of the reader in the room after this object */
	bool is_encoded[WIRE_COUNT];
	struct frame *frames[WIRE_COUNT];
};

/* Prepare object, without an id. Consumes object. */
void encode_object(struct encoded *encoded, json_t *object);

/* Prepare the object in text, which is taken over and left empty. id and epoch (NULL:
 * none) are the reader's position after it. epoch must outlive encoded. */
void encode_text(
	struct encoded *encoded, struct buffer *text, const char *epoch, uint64_t id);

/* The object as compact JSON text, owned by encoded. */
const struct buffer *encode_json(struct encoded *encoded);

/* The object in the form wire, owned by encoded. NULL if that form does not show such an
 * object. */
struct frame *encode_frame(struct encoded *encoded, enum wire wire);

/* Free the object and its text, and release the frames. */
void encode_fini(struct encoded *encoded);
