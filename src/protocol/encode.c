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
	memset(encoded, 0, sizeof(*encoded));
	encoded->object = object;
}

const struct buffer *
encode_json(struct encoded *encoded)
{
	if (!encoded->json.len)
		json_text_append(&encoded->json, encoded->object);
	return &encoded->json;
}

/* Our own JSON has no line breaks, so it is one "data" field. */
static struct frame *
encode_event(struct encoded *encoded, bool is_chunk)
{
	const struct buffer *json = encode_json(encoded);
	struct buffer text = { 0 };
	struct frame *frame;
	char id[64];

	if (encoded->epoch) {
		int n = snprintf(id, sizeof(id), "id: %s:%" PRIu64 "\n", encoded->epoch,
			encoded->id);

		buffer_append(&text, id, (size_t)n);
	}
	buffer_append(&text, "data: ", 6);
	buffer_append(&text, json->bytes, json->len);
	buffer_append(&text, "\n\n", 2);
	frame = is_chunk ? frame_new_chunk(text.bytes, text.len)
			 : frame_new(text.bytes, text.len);
	buffer_clear(&text);
	return frame;
}

/* Returns the object, owned by encoded. NULL: it nests too deeply to be parsed. */
static json_t *
encode_parse(struct encoded *encoded)
{
	if (!encoded->object)
		encoded->object = json_loadb(
			encoded->json.bytes, encoded->json.len, JSON_ALLOW_NUL, NULL);
	return encoded->object;
}

/* Returns NULL if there is nothing to read. */
static struct frame *
encode_line(struct encoded *encoded, bool in_websocket)
{
	json_t *object = encode_parse(encoded);
	struct frame *frame = NULL;
	struct buffer text = { 0 };

	if (object)
		line_text_append(&text, object);
	if (text.len && in_websocket)
		frame = frame_new_ws(WS_TEXT, true, text.bytes, text.len - 1);
	else if (text.len)
		frame = frame_new(text.bytes, text.len);
	buffer_clear(&text);
	return frame;
}

/* Set the member key of object to value unless it is a string already. */
static void
encode_supply(json_t *object, const char *key, const char *value)
{
	if (!json_is_string(json_object_get(object, key)))
		json_object_set_new(object, key, json_string(value));
}

/* Clients of the Go tutorials take every object for a message, and stop at one that has
 * no email or no text. */
static struct frame *
encode_old(struct encoded *encoded)
{
	json_t *object = json_copy(encode_parse(encoded));
	const char *title = json_string_value(json_object_get(object, "title"));
	struct buffer text = { 0 };
	struct frame *frame;

	if (!object)
		return frame_ref(encode_frame(encoded, WIRE_WS));
	encode_supply(object, "username", "server");
	encode_supply(object, "email", "");
	encode_supply(object, "message", title ? title : "");
	json_text_append(&text, object);
	frame = frame_new_ws(WS_TEXT, true, text.bytes, text.len);
	buffer_clear(&text);
	json_decref(object);
	return frame;
}

static struct frame *
encode_form(struct encoded *encoded, enum wire wire)
{
	const struct buffer *json;

	if (wire_is_line(wire))
		return encode_line(encoded, wire == WIRE_WS_LINE);
	if (wire == WIRE_SSE || wire == WIRE_SSE_CHUNKED)
		return encode_event(encoded, wire == WIRE_SSE_CHUNKED);
	if (wire == WIRE_WS_OLD)
		return encode_old(encoded);
	json = encode_json(encoded);
	return wire == WIRE_WS ? frame_new_ws(WS_TEXT, true, json->bytes, json->len)
			       : frame_new(json->bytes, json->len);
}

struct frame *
encode_frame(struct encoded *encoded, enum wire wire)
{
	if (!encoded->is_encoded[wire]) {
		encoded->is_encoded[wire] = true;
		encoded->frames[wire] = encode_form(encoded, wire);
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
	json_decref(encoded->object);
	buffer_clear(&encoded->json);
}
