#include "linnet/protocol/line_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "linnet/base/utf8.h"
#include "linnet/base/util.h"

#define REPLACEMENT "\xef\xbf\xbd"  /* U+FFFD */
#define LINE_BREAK " \xe2\x8f\x8e " /* U+23CE */

static void
line_append_string(struct buffer *text, const char *string)
{
	buffer_append(text, string, strlen(string));
}

bool
line_text_is_unsafe(uint32_t code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) ||
	       code == 0x061c || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void
line_text_append_clean(struct buffer *text, const char *bytes, size_t len)
{
	uint32_t code;
	size_t n;

	for (; len; bytes += n, len -= n) {
		n = utf8_next(bytes, len, &code);
		if (!n) {
			line_append_string(text, REPLACEMENT);
			n = 1;
		} else if (code == '\n') {
			line_append_string(text, LINE_BREAK);
		} else if (code == '\r' && len > 1 && bytes[1] == '\n') {
			continue;
		} else if (line_text_is_unsafe(code)) {
			line_append_string(text, REPLACEMENT);
		} else {
			buffer_append(text, bytes, n);
		}
	}
}

static const char *
line_get(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static long long
line_get_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* A name in a line that is not said by it. With a space in it, it could look like the
 * rest of a notice ("ann has", who says what it does: "left"), so it is quoted. */
static void
line_append_name(struct buffer *text, const char *name)
{
	const char *quote = strpbrk(name, " \"") ? "\"" : "";

	line_append_string(text, quote);
	line_text_append_clean(text, name, strlen(name));
	line_append_string(text, quote);
}

/* Append format, in which each %s is text of a client, each %n a name and each %d a long
 * long. */
static void
line_add(struct buffer *text, const char *format, ...)
{
	va_list arguments;
	const char *string;
	char number[24];

	va_start(arguments, format);
	for (; *format; format++) {
		if (*format != '%') {
			buffer_append(text, format, 1);
		} else if (*++format == 's') {
			string = va_arg(arguments, const char *);
			line_text_append_clean(text, string, strlen(string));
		} else if (*format == 'n') {
			line_append_name(text, va_arg(arguments, const char *));
		} else {
			snprintf(number, sizeof(number), "%lld",
				va_arg(arguments, long long));
			line_append_string(text, number);
		}
	}
	va_end(arguments);
}

static const char *
line_plural(long long count)
{
	return count == 1 ? "" : "s";
}

static void
line_append_click(struct buffer *text, const json_t *object)
{
	if (*line_get(object, "click"))
		line_add(text, " <%s>", line_get(object, "click"));
}

/* A message of a client's own type may have no text. */
static void
line_append_message(struct buffer *text, const json_t *object)
{
	const char *name = line_get(object, "username");
	const char *said = line_get(object, "message");
	const char *type = line_get(object, "type");
	const char *title = line_get(object, "title");

	if (json_is_true(json_object_get(object, "deleted"))) {
		line_add(text, "* a message was deleted\n");
		return;
	}
	if (!*said && !*title && strcmp(type, "message") != 0) {
		line_add(text, "* %n sent: %s\n", name, type);
		return;
	}
	if (json_is_true(json_object_get(object, "action")))
		line_add(text, "* %n %s", name, said);
	else if (*title)
		line_add(text, "%s: %s%s%s", name, title, *said ? ": " : "", said);
	else
		line_add(text, "%s: %s", name, said);
	line_append_click(text, object);
	line_add(text, "\n");
}

static void
line_append_presence(struct buffer *text, const json_t *object)
{
	const char *event = line_get(object, "event");
	const char *name = line_get(object, "username");

	if (!strcmp(event, "enter"))
		line_add(text, "* %n has entered\n", name);
	else if (!strcmp(event, "leave"))
		line_add(text, "* %n has left\n", name);
	else
		line_add(text, "* %n is now %n\n", line_get(object, "was"), name);
}

static void
line_append_joined(struct buffer *text, const json_t *object)
{
	const char *name = line_get(json_object_get(object, "you"), "username");
	const char *topic = line_get(object, "topic");
	long long others = line_get_number(object, "count") - 1;

	if (json_is_true(json_object_get(object, "greeting")))
		line_add(text,
			"Welcome to Linnet. You are %s in %s with %d other%s. "
			"/help lists the commands.\n",
			name, line_get(object, "room"), others, line_plural(others));
	else
		line_add(text, "* You are %s in %s with %d other%s\n", name,
			line_get(object, "room"), others, line_plural(others));
	if (*topic)
		line_add(text, "* The topic is: %s\n", topic);
}

static void
line_append_alarm(struct buffer *text, const json_t *object)
{
	const char *state = line_get(object, "state");
	const char *key = line_get(object, "key");
	const char *title = line_get(object, "title");
	const char *said = line_get(object, "message");
	const char *severity = line_get(object, "severity");

	line_add(text, "! ");
	if (!strcmp(state, "acknowledged"))
		line_add(text, "%n acknowledged %s", line_get(object, "acknowledged_by"),
			key);
	else if (*line_get(object, "cleared_by"))
		line_add(text, "%n cleared %s", line_get(object, "cleared_by"), key);
	else if (!strcmp(state, "cleared"))
		line_add(text, "OK %s", key);
	else
		line_add(text, "%s %s", severity, key);
	if (*title)
		line_add(text, ": %s", title);
	if (*said)
		line_add(text, " - %s", said);
	line_append_click(text, object);
	line_add(text, "\n");
}

static void
line_append_page(struct buffer *text, const json_t *object)
{
	const json_t *messages = json_object_get(object, "messages"), *message;
	bool backwards = !strcmp(line_get(object, "type"), "search");
	size_t count = json_array_size(messages), i;

	for (i = 0; i < count; i++) {
		message = json_array_get(messages, backwards ? count - 1 - i : i);
		line_text_append(text, message);
	}
	if (json_is_false(json_object_get(object, "complete")))
		line_add(text, "* The search took too long: older messages were not "
			       "searched\n");
	line_add(text, "* That was %s of %s\n",
		count ? "the latest" : "nothing: there is no history",
		line_get(object, "room"));
}

static void
line_append_rooms(struct buffer *text, const json_t *object)
{
	static const char *const lists[] = { "rooms", "tails" };
	const json_t *room;
	size_t i, j;

	for (i = 0; i < 2; i++) {
		json_array_foreach(json_object_get(object, lists[i]), j, room)
		{
			long long count = line_get_number(room, "count");

			line_add(text, "* %s%s (%d here)", i ? "log " : "",
				line_get(room, "room"), count);
			if (*line_get(room, "topic"))
				line_add(text, " %s", line_get(room, "topic"));
			line_add(text, "\n");
		}
	}
}

static void
line_append_who(struct buffer *text, const json_t *object)
{
	const json_t *user;
	size_t i;

	line_add(text, "* In %s:", line_get(object, "room"));
	json_array_foreach(json_object_get(object, "users"), i, user)
	{
		line_add(text, "%s %n (%s)", i ? "," : "", line_get(user, "username"),
			line_get(user, "via"));
	}
	line_add(text, "\n");
}

static void
line_append_delete(struct buffer *text, const json_t *object)
{
	const char *name = line_get(object, "username");
	size_t count = json_array_size(json_object_get(object, "of"));

	if (!*name)
		name = "somebody";
	if (count)
		line_add(text, "* %n deleted %d messages\n", name, (long long)count);
	else
		line_add(text, "* %n deleted a message\n", name);
}

/* Without a text the message is gone, and another line says so. */
static void
line_append_edit(struct buffer *text, const json_t *object)
{
	const char *name = line_get(object, "username");

	if (json_object_get(object, "message"))
		line_add(text, "* %n edited: %s\n", *name ? name : "somebody",
			line_get(object, "message"));
}

static void
line_append_notice(struct buffer *text, const json_t *object)
{
	if (!strcmp(line_get(object, "code"), "room_deleted"))
		line_add(text, "* The history of %s was deleted\n",
			line_get(object, "room"));
	else
		line_add(text, "* %s\n", line_get(object, "message"));
}

static void
line_append_log(struct buffer *text, const json_t *object)
{
	line_add(text, "%s\n", line_get(object, "message"));
}

static void
line_append_help(struct buffer *text, const json_t *object)
{
	const json_t *command;
	size_t i;

	json_array_foreach(json_object_get(object, "commands"), i, command)
	{
		line_add(text, "* %s - %s\n", line_get(command, "usage"),
			line_get(command, "help"));
	}
}

static const struct {
	const char *type;
	void (*append)(
		struct buffer *text, const json_t *object); /* NULL: adds no line */
} forms[] = {
	{ "presence", line_append_presence },
	{ "alarm", line_append_alarm },
	{ "log", line_append_log },
	{ "error", line_append_notice },
	{ "notice", line_append_notice },
	{ "delete", line_append_delete },
	{ "edit", line_append_edit },
	{ "joined", line_append_joined },
	{ "history", line_append_page },
	{ "search", line_append_page },
	{ "rooms", line_append_rooms },
	{ "who", line_append_who },
	{ "help", line_append_help },
	{ "ack", NULL },
	{ "metric", NULL },
	{ "pong", NULL },
	{ "react", NULL },
	{ "typing", NULL },
};

void
line_text_append(struct buffer *lines, const json_t *object)
{
	const char *type = line_get(object, "type");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		if (strcmp(type, forms[i].type) != 0)
			continue;
		if (forms[i].append)
			forms[i].append(lines, object);
		return;
	}
	line_append_message(lines, object);
}
