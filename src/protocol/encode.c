#include "linnet/protocol/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "linnet/base/json_text.h"
#include "linnet/protocol/line_text.h"

void
encode_text(struct encoded *encoded, struct buffer *text, const char *epoch, uint64_t id)
{
	memset(encoded, 0, sizeof(*encoded));
	encoded->json = *text;
	encoded->epoch = epoch;
	encoded->id = id;
	memset(text, 0, sizeof(*text));
}

void
encode_object(struct encoded *encoded, json_t *object)
{
	struct buffer text = { 0 };

	json_text_append(&text, object);
	json_decref(object);
	encode_text(encoded, &text, NULL, 0);
}

/* Compact JSON has no line break, so one "data" field holds it. */
static struct frame *
encode_event(const struct encoded *encoded)
{
	struct buffer text = { 0 };
	struct frame *frame;
	char id[64];

	if (encoded->epoch) {
		int n = snprintf(id, sizeof(id), "id: %s:%" PRIu64 "\n", encoded->epoch,
			encoded->id);

		buffer_append(&text, id, (size_t)n);
	}
	buffer_append(&text, "data: ", 6);
	buffer_append(&text, encoded->json.bytes, encoded->json.len);
	buffer_append(&text, "\n\n", 2);
	frame = frame_new(text.bytes, text.len);
	buffer_clear(&text);
	return frame;
}

/* NULL if the object adds no line. */
static struct frame *
encode_line(const struct encoded *encoded, bool in_websocket)
{
	json_t *object =
		json_loadb(encoded->json.bytes, encoded->json.len, JSON_ALLOW_NUL, NULL);
	struct frame *frame = NULL;
	struct buffer text = { 0 };

	/* jansson rejects deep nesting: a history nests a message deeper than its sender
	 * did. */
	if (object)
		line_text_append(&text, object);
	json_decref(object);
	if (text.len && in_websocket)
		frame = frame_new_ws(WS_TEXT, true, text.bytes, text.len - 1);
	else if (text.len)
		frame = frame_new(text.bytes, text.len);
	buffer_clear(&text);
	return frame;
}

static struct frame *
encode_wire(const struct encoded *encoded, enum wire wire)
{
	switch (wire) {
	case WIRE_WS:
		return frame_new_ws(
			WS_TEXT, true, encoded->json.bytes, encoded->json.len);
	case WIRE_WS_LINE:
		return encode_line(encoded, true);
	case WIRE_LINE:
		return encode_line(encoded, false);
	case WIRE_SSE:
		return encode_event(encoded);
	default:
		return frame_new(encoded->json.bytes, encoded->json.len);
	}
}

struct frame *
encode_frame(struct encoded *encoded, enum wire wire)
{
	if (!encoded->is_encoded[wire]) {
		encoded->is_encoded[wire] = true;
		encoded->frames[wire] = encode_wire(encoded, wire);
	}
	return encoded->frames[wire];
}

void
encode_fini(struct encoded *encoded)
{
	int wire;

	for (wire = 0; wire < WIRE_COUNT; wire++)
		if (encoded->frames[wire])
			frame_unref(encoded->frames[wire]);
	buffer_clear(&encoded->json);
}
