/* What a client sends, through the chat's own entry point: decode, stamp, encode,
 * broadcast. What another session is sent must decode again. */
#include <assert.h>
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/chat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_wake(struct session *session)
{
	(void)session;
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	(void)session;
	(void)code;
	(void)reason;
}

static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };

static void
check_frame(struct session *session)
{
	struct frame *frame = frame_queue_peek(&session->queue);
	size_t header;
	json_t *object;

	if (!frame)
		return;
	header = frame_bytes(frame)[1] == 127 ? 10 : frame_bytes(frame)[1] == 126 ? 4 : 2;
	object = json_loadb(
		(char *)frame_bytes(frame) + header, frame->len - header, 0, NULL);
	assert(json_is_object(object));
	assert(json_is_string(json_object_get(object, "type")));
	json_decref(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config = {
		.chat = {.share_email = true, .gravatar = true}
	};
	struct hub *hub = hub_new("lobby");
	struct chat *chat = chat_new(&config, hub);
	struct session ann, bob;

	session_init(&ann, &ops, chat_next_number(chat), 1 << 20);
	session_init(&bob, &ops, chat_next_number(chat), 1 << 20);
	chat_open(chat, &ann);
	chat_open(chat, &bob);
	chat_handle(chat, &ann, (const char *)data, size, 1);
	/* Either the others are sent it or its sender is told why not. */
	assert(ann.queue.count + bob.queue.count == 1);
	check_frame(&ann);
	check_frame(&bob);
	chat_close(chat, &ann);
	chat_close(chat, &bob);
	session_fini(&ann);
	session_fini(&bob);
	chat_free(chat);
	hub_free(hub);
	return 0;
}
