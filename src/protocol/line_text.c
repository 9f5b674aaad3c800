#include "linnet/protocol/line_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "linnet/base/utf8.h"
#include "linnet/base/util.h"

#define REPLACEMENT "\xef\xbf\xbd"  /* U+FFFD */
#define LINE_BREAK " \xe2\x8f\x8e " /* U+23CE */

static void
append_string(struct buffer *text, const char *string)
{
	buffer_append(text, string, strlen(string));
}

/* Controls, and the marks that turn the direction of what follows. */
static bool
is_unfit(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
	       (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

void
line_text_append_clean(struct buffer *text, const char *bytes, size_t len)
{
	uint32_t code;
	size_t n;

	for (; len; bytes += n, len -= n) {
		n = utf8_next(bytes, len, &code);
		if (!n) {
			append_string(text, REPLACEMENT);
			n = 1;
		} else if (code == '\n') {
			append_string(text, LINE_BREAK);
		} else if (code == '\t') {
			append_string(text, " ");
		} else if (code == '\r' && len > 1 && bytes[1] == '\n') {
			continue;
		} else if (is_unfit(code)) {
			append_string(text, REPLACEMENT);
		} else {
			buffer_append(text, bytes, n);
		}
	}
}

static const char *
get(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static long long
get_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* Append a format in which each %s is a text of others and each %d a long long. */
static void
append(struct buffer *text, const char *format, ...)
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
		} else {
			snprintf(number, sizeof(number), "%lld",
				va_arg(arguments, long long));
			append_string(text, number);
		}
	}
	va_end(arguments);
}

static const char *
plural(long long count)
{
	return count == 1 ? "" : "s";
}

static void
append_click(struct buffer *text, const json_t *object)
{
	if (*get(object, "click"))
		append(text, " <%s>", get(object, "click"));
}

/* A message of a type that is somebody's own may have no text at all. */
static void
append_message(struct buffer *text, const json_t *object)
{
	const char *name = get(object, "username"), *said = get(object, "message");
	const char *type = get(object, "type"), *title = get(object, "title");

	if (!*said && !*title && strcmp(type, "message") != 0) {
		append(text, "* %s sent: %s\n", name, type);
		return;
	}
	if (json_is_true(json_object_get(object, "action")))
		append(text, "* %s %s", name, said);
	else if (*title)
		append(text, "%s: %s%s%s", name, title, *said ? ": " : "", said);
	else
		append(text, "%s: %s", name, said);
	append_click(text, object);
	append(text, "\n");
}

static void
append_presence(struct buffer *text, const json_t *object)
{
	const char *event = get(object, "event"), *name = get(object, "username");

	if (!strcmp(event, "enter"))
		append(text, "* %s has entered\n", name);
	else if (!strcmp(event, "leave"))
		append(text, "* %s has left\n", name);
	else
		append(text, "* %s is now %s\n", get(object, "was"), name);
}

static void
append_joined(struct buffer *text, const json_t *object)
{
	const char *name = get(json_object_get(object, "you"), "username");
	const char *topic = get(object, "topic");
	long long others = get_number(object, "count") - 1;

	if (json_is_true(json_object_get(object, "greeting")))
		append(text,
			"Welcome to Linnet. You are %s in %s with %d other%s. "
			"/help lists the commands.\n",
			name, get(object, "room"), others, plural(others));
	else
		append(text, "* You are %s in %s with %d other%s\n", name,
			get(object, "room"), others, plural(others));
	if (*topic)
		append(text, "* The topic is: %s\n", topic);
}

static void
append_alarm(struct buffer *text, const json_t *object)
{
	const char *state = get(object, "state"), *key = get(object, "key");
	const char *title = get(object, "title"), *said = get(object, "message");
	const char *severity = get(object, "severity");

	append(text, "! ");
	if (!strcmp(state, "acknowledged"))
		append(text, "%s acknowledged %s", get(object, "acknowledged_by"), key);
	else if (!strcmp(state, "cleared"))
		append(text, "OK %s", key);
	else
		append(text, "%s %s", severity, key);
	if (*title)
		append(text, ": %s", title);
	if (*said)
		append(text, " - %s", said);
	append_click(text, object);
	append(text, "\n");
}

static void
append_page(struct buffer *text, const json_t *object)
{
	const json_t *messages = json_object_get(object, "messages"), *message;
	bool backwards = !strcmp(get(object, "type"), "search");
	size_t count = json_array_size(messages), i;

	for (i = 0; i < count; i++) {
		message = json_array_get(messages, backwards ? count - 1 - i : i);
		line_text_append(text, message);
	}
	append(text, "* That was %s of %s\n",
		count ? "the latest" : "nothing: there is no history",
		get(object, "room"));
}

static void
append_rooms(struct buffer *text, const json_t *object)
{
	static const char *const lists[] = { "rooms", "tails" };
	const json_t *room;
	size_t i, j;

	for (i = 0; i < 2; i++) {
		json_array_foreach(json_object_get(object, lists[i]), j, room)
		{
			long long count = get_number(room, "count");

			append(text, "* %s%s (%d here)", i ? "log " : "",
				get(room, "room"), count);
			if (*get(room, "topic"))
				append(text, " %s", get(room, "topic"));
			append(text, "\n");
		}
	}
}

static void
append_who(struct buffer *text, const json_t *object)
{
	const json_t *user;
	size_t i;

	append(text, "* In %s:", get(object, "room"));
	json_array_foreach(json_object_get(object, "users"), i, user)
	{
		append(text, "%s %s (%s)", i ? "," : "", get(user, "username"),
			get(user, "via"));
	}
	append(text, "\n");
}

static void
append_notice(struct buffer *text, const json_t *object)
{
	append(text, "* %s\n", get(object, "message"));
}

static void
append_log(struct buffer *text, const json_t *object)
{
	append(text, "%s\n", get(object, "message"));
}

static void
append_help(struct buffer *text, const json_t *object)
{
	const json_t *command;
	size_t i;

	json_array_foreach(json_object_get(object, "commands"), i, command)
	{
		append(text, "* %s - %s\n", get(command, "usage"), get(command, "help"));
	}
}

static const struct {
	const char *type;
	void (*append)(struct buffer *text, const json_t *object); /* NULL: nothing */
} forms[] = {
	{ "presence", append_presence },
	{ "alarm", append_alarm },
	{ "log", append_log },
	{ "error", append_notice },
	{ "notice", append_notice },
	{ "joined", append_joined },
	{ "history", append_page },
	{ "search", append_page },
	{ "rooms", append_rooms },
	{ "who", append_who },
	{ "help", append_help },
	{ "ack", NULL },
	{ "metric", NULL },
	{ "pong", NULL },
	{ "typing", NULL },
};

void
line_text_append(struct buffer *lines, const json_t *object)
{
	const char *type = get(object, "type");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		if (strcmp(type, forms[i].type) != 0)
			continue;
		if (forms[i].append)
			forms[i].append(lines, object);
		return;
	}
	append_message(lines, object);
}
