#include "linnet/protocol/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "linnet/base/json_text.h"
#include "linnet/protocol/line_text.h"

void
cast_text(struct cast *cast, struct buffer *text, const char *epoch, uint64_t id)
{
	memset(cast, 0, sizeof(*cast));
	cast->json = *text;
	cast->epoch = epoch;
	cast->id = id;
	memset(text, 0, sizeof(*text));
}

void
cast_object(struct cast *cast, json_t *object)
{
	struct buffer text = { 0 };

	json_text_append(&text, object);
	json_decref(object);
	cast_text(cast, &text, NULL, 0);
}

/* Our own JSON has no line breaks, so it is one "data" field. */
static struct frame *
encode_event(const struct cast *cast)
{
	struct buffer text = { 0 };
	struct frame *frame;
	char id[64];

	if (cast->epoch) {
		int n = snprintf(
			id, sizeof(id), "id: %s:%" PRIu64 "\n", cast->epoch, cast->id);

		buffer_append(&text, id, (size_t)n);
	}
	buffer_append(&text, "data: ", 6);
	buffer_append(&text, cast->json.bytes, cast->json.len);
	buffer_append(&text, "\n\n", 2);
	frame = frame_new(text.bytes, text.len);
	buffer_clear(&text);
	return frame;
}

/* NULL where there is nothing to be read. */
static struct frame *
encode_line(const struct cast *cast, bool in_websocket)
{
	json_t *object =
		json_loadb(cast->json.bytes, cast->json.len, JSON_ALLOW_NUL, NULL);
	struct frame *frame = NULL;
	struct buffer text = { 0 };

	/* jansson reads no text back that nests more deeply than it likes. */
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
encode(const struct cast *cast, enum wire wire)
{
	switch (wire) {
	case WIRE_WS:
		return frame_new_ws(WS_TEXT, true, cast->json.bytes, cast->json.len);
	case WIRE_WS_LINE:
		return encode_line(cast, true);
	case WIRE_LINE:
		return encode_line(cast, false);
	case WIRE_SSE:
		return encode_event(cast);
	default:
		return frame_new(cast->json.bytes, cast->json.len);
	}
}

struct frame *
cast_frame(struct cast *cast, enum wire wire)
{
	if (!cast->is_encoded[wire]) {
		cast->is_encoded[wire] = true;
		cast->frames[wire] = encode(cast, wire);
	}
	return cast->frames[wire];
}

void
cast_fini(struct cast *cast)
{
	int wire;

	for (wire = 0; wire < WIRE_COUNT; wire++)
		if (cast->frames[wire])
			frame_unref(cast->frames[wire]);
	buffer_clear(&cast->json);
}
