/* fuzz_message.c - one session sends each line of the data. Everything that a session
 * receives must be a JSON object with a type. */
#include <assert.h>
#include <jansson.h>

#include "../fuzz_chat.h"

static void
check_frames(struct session *session)
{
	struct frame *frame;

	while ((frame = frame_queue_peek(&session->queue))) {
		size_t header = frame_bytes(frame)[1] == 127   ? 10
				: frame_bytes(frame)[1] == 126 ? 4
							       : 2;
		json_t *object = json_loadb((char *)frame_bytes(frame) + header,
			frame->len - header, 0, NULL);

		assert(json_is_string(json_object_get(object, "type")));
		json_decref(object);
		frame_queue_pop(&session->queue);
	}
}

static void
say_lines(struct chat *chat, struct session *session, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);

		chat_handle(chat, session, text, len, NOW_MS);
		text += len + 1;
		settle(chat);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct chat_wishes wishes = { .wants_events = true };
	struct chat *chat = open_chat("chat.share_email=true");
	struct session ann, bob;

	open_session(chat, &ann, WIRE_WS, NULL);
	open_session(chat, &bob, WIRE_WS, &wishes);
	say_lines(chat, &ann, (const char *)data, size);
	check_frames(&ann);
	check_frames(&bob);
	go(chat, &ann);
	go(chat, &bob);
	chat_free(chat);
	return 0;
}
