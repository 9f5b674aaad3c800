/* Log rooms: rooms of log files. Their lines are kept in memory, under an epoch of their
 * own. */
#include <errno.h>

#include "chat/send.h"
#include "linnet/base/xalloc.h"

/* Store object as a line of the room. Consumes object. Returns 0 or -EAGAIN. */
static int
log_room_post(struct chat *chat, const char *name, json_t *object, int64_t now_ms)
{
	struct input input = { .chat = chat, .message.object = object };
	struct message_stamp stamp = { .ts_ms = now_ms, .username = name };
	const json_t *text = json_object_get(object, "message");
	struct post post = {
		.room = rooms_find(chat->rooms, name),
		.type = "log",
		.words = xasprintf(
			"%.*s", (int)json_string_length(text), json_string_value(text)),
	};

	chat->now_ms = now_ms;
	message_append_tail(&input.message, &stamp, &post.tail);
	json_decref(object);
	return send_post(&input, &post);
}

int
chat_log(struct chat *chat, const char *name, const char *text, size_t len,
	uint64_t skipped, int64_t now_ms)
{
	json_t *object = json_object();
	int r;

	json_object_set_new(object, "message", json_stringn(text, len));
	if (skipped)
		json_object_set_new(object, "skipped", json_integer((json_int_t)skipped));
	r = log_room_post(chat, name, object, now_ms);
	if (r == 0 && skipped)
		metrics.tail_lines_skipped += skipped;
	else if (r == 0)
		metrics.tail_lines++;
	return r;
}

int
chat_log_event(struct chat *chat, const char *name, const char *event, const char *text,
	int64_t now_ms)
{
	json_t *object = json_object();

	json_object_set_new(object, "message", json_string(text));
	json_object_set_new(object, "event", json_string(event));
	return log_room_post(chat, name, object, now_ms);
}
