/* What a client sends, line by line, through the chat's own entry point: decoded, obeyed,
 * answered. Whatever any session is sent must be a JSON object with a type. */
#include <assert.h>
#include <jansson.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "linnet/chat.h"
#include "linnet/log.h"

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

static void
fill_random(void *out, size_t len)
{
	memset(out, 7, len);
}

static struct config *
load(void)
{
	static const char *const settings[] = { "store.driver=memory",
		"limits.message_rate=0", "chat.share_email=true" };
	struct config_errors errors = { 0 };

	return config_load_text("", "fuzz", settings, 3, "/", &errors);
}

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
settle(struct chat *chat)
{
	struct pollfd pollfd = { .fd = chat_fd(chat, 0), .events = POLLIN };

	chat_turn(chat);
	while (chat_is_waiting(chat)) {
		poll(&pollfd, 1, 1000);
		chat_dispatch(chat);
		chat_turn(chat);
	}
}

static void
say_lines(struct chat *chat, struct session *session, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);

		chat_handle(chat, session, text, len, 1000);
		text += len + 1;
		settle(chat);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };
	static struct config *config;
	struct session ann, bob;
	struct chat *chat;
	const char *why;

	if (!config)
		config = load();
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert(chat_new(&chat, config, fill_random, &why) == 0);
	session_init(&ann, &ops, "ws", chat_next_number(chat), 1 << 20);
	session_init(&bob, &ops, "ws", chat_next_number(chat), 1 << 20);
	session_admit(&ann, &grant_of_rooms, "192.0.2.1", 1);
	session_admit(&bob, &grant_of_rooms, "192.0.2.2", 1);
	chat_open(chat, &ann, NULL);
	chat_open(chat, &bob, &(struct chat_wishes){ .wants_events = true });
	say_lines(chat, &ann, (const char *)data, size);
	check_frames(&ann);
	check_frames(&bob);
	chat_close(chat, &ann);
	chat_close(chat, &bob);
	session_fini(&ann);
	session_fini(&bob);
	chat_free(chat);
	return 0;
}
