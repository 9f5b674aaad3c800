/* Questions to the server. */
#include <string.h>

#include "client/command_list.h"
#include "client/http_call.h"
#include "client/output.h"
#include "client/show.h"
#include "linnet/protocol/line_text.h"

/* Ask "/question/room?q=words"; room and words may be NULL. */
static enum client_status
asks_run(const struct client *client, const char *question, const char *room,
	const char *words, show_lines *lines)
{
	struct buffer path = { 0 };
	struct http_call call = { .method = "GET", .may_repeat = true };
	enum client_status status;
	json_t *answer;

	buffer_printf(&path, "/%s", question);
	if (room) {
		buffer_append(&path, "/", 1);
		url_append_escaped(&path, room);
	}
	url_append_argument(&path, "q", words);
	call.path = path.bytes;
	answer = http_call_make(client, &call, &status);
	buffer_clear(&path);
	return show_answer(client, answer, lines, status);
}

/* ID, time, and the line that a terminal is shown. */
static void
asks_append_message(struct buffer *text, const json_t *message)
{
	show_append(text, message, "id");
	buffer_append(text, " ", 1);
	show_append_time(text, message, "ts");
	buffer_append(text, " ", 1);
	line_text_append(text, message);
}

/* Oldest first, like everything at a terminal. A search is answered newest first. */
static void
asks_append_page(struct buffer *text, const json_t *page)
{
	const json_t *messages = json_object_get(page, "messages");
	const char *type = json_string_value(json_object_get(page, "type"));
	bool is_backwards = type && !strcmp(type, "search");
	size_t count = json_array_size(messages);

	for (size_t i = 0; i < count; i++)
		asks_append_message(
			text, json_array_get(messages, is_backwards ? count - 1 - i : i));
	if (json_is_false(json_object_get(page, "complete")))
		output_note(
			"the search took too long: messages before %" JSON_INTEGER_FORMAT
			" were not searched",
			json_integer_value(json_object_get(page, "searched_from")));
}

enum client_status
asks_history(const struct client *client, const char *const *words)
{
	return asks_run(client, "history", words[0], NULL, asks_append_page);
}

enum client_status
asks_search(const struct client *client, const char *const *words)
{
	struct buffer text = { 0 };
	enum client_status status;

	for (size_t i = 1; words[i]; i++)
		buffer_printf(&text, i > 1 ? " %s" : "%s", words[i]);
	status = asks_run(client, "search", words[0], text.bytes, asks_append_page);
	buffer_clear(&text);
	return status;
}

static void
asks_append_rooms(struct buffer *text, const json_t *answer)
{
	static const char *const lists[] = { "rooms", "tails" };
	const json_t *room;
	size_t i, j;

	for (i = 0; i < 2; i++) {
		json_array_foreach(json_object_get(answer, lists[i]), j, room)
		{
			show_append(text, room, "room");
			buffer_printf(text, "%s (", i ? " log" : "");
			show_append(text, room, "count");
			buffer_printf(text, " here)");
			if (json_string_length(json_object_get(room, "topic"))) {
				buffer_append(text, " ", 1);
				show_append(text, room, "topic");
			}
			buffer_append(text, "\n", 1);
		}
	}
}

enum client_status
asks_rooms(const struct client *client, const char *const *words)
{
	(void)words;
	return asks_run(client, "rooms", NULL, NULL, asks_append_rooms);
}

static void
asks_append_who(struct buffer *text, const json_t *answer)
{
	const json_t *user;
	size_t i;

	json_array_foreach(json_object_get(answer, "users"), i, user)
	{
		show_append(text, user, "username");
		buffer_printf(text, " (");
		show_append(text, user, "via");
		buffer_printf(text, ")\n");
	}
}

enum client_status
asks_who(const struct client *client, const char *const *words)
{
	return asks_run(client, "who", words[0], NULL, asks_append_who);
}
