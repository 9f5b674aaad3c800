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
	const char *words, const struct show_form *form)
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
	if (json_is_false(json_object_get(answer, "complete")))
		output_note(
			"the search took too long: messages before %" JSON_INTEGER_FORMAT
			" were not searched",
			json_integer_value(json_object_get(answer, "searched_from")));
	return show_answer(client, answer, form, status);
}

/* ID, time, and the line that a terminal is shown. */
static void
asks_append_message(struct buffer *text, const json_t *message, const char *type)
{
	(void)type;
	show_append(text, message, "id");
	buffer_append(text, " ", 1);
	show_append_time(text, message, "ts");
	buffer_append(text, " ", 1);
	line_text_append(text, message);
}

enum client_status
asks_history(const struct client *client, const char *const *words)
{
	static const struct show_form form = {
		.lists = { { .key = "messages" } },
		.append = asks_append_message,
	};

	return asks_run(client, "history", words[0], NULL, &form);
}

enum client_status
asks_search(const struct client *client, const char *const *words)
{
	/* Oldest first, like everything at a terminal. */
	static const struct show_form form = {
		.lists = { { .key = "messages" } },
		.is_backwards = true,
		.append = asks_append_message,
	};
	struct buffer text = { 0 };
	enum client_status status;

	for (size_t i = 1; words[i]; i++)
		buffer_printf(&text, i > 1 ? " %s" : "%s", words[i]);
	status = asks_run(client, "search", words[0], text.bytes, &form);
	buffer_clear(&text);
	return status;
}

static void
asks_append_room(struct buffer *text, const json_t *room, const char *type)
{
	show_append(text, room, "room");
	buffer_printf(text, "%s (", !strcmp(type, "log") ? " log" : "");
	show_append(text, room, "count");
	buffer_printf(text, " here)");
	if (json_string_length(json_object_get(room, "topic"))) {
		buffer_append(text, " ", 1);
		show_append(text, room, "topic");
	}
	buffer_append(text, "\n", 1);
}

enum client_status
asks_rooms(const struct client *client, const char *const *words)
{
	static const struct show_form form = {
		.lists = { { "rooms", "room" }, { "tails", "log" } },
		.append = asks_append_room,
	};

	(void)words;
	return asks_run(client, "rooms", NULL, NULL, &form);
}

static void
asks_append_person(struct buffer *text, const json_t *person, const char *type)
{
	(void)type;
	show_append(text, person, "username");
	buffer_printf(text, " (");
	show_append(text, person, "via");
	buffer_printf(text, ")\n");
}

enum client_status
asks_who(const struct client *client, const char *const *words)
{
	static const struct show_form form = {
		.lists = { { .key = "users" } },
		.append = asks_append_person,
	};

	return asks_run(client, "who", words[0], NULL, &form);
}
