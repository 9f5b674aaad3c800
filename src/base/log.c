#include "linnet/base/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "linnet/base/clock.h"

/* A longer line is cut; a field's value is a name, a path or a number. No larger than
 * PIPE_BUF, so that a line goes out whole and stderr_takes_line is right. */
#define LINE_BYTES 2048

/* A longer value is cut. */
#define VALUE_BYTES 256

struct line {
	char text[LINE_BYTES];
	size_t len;
};

/* What stderr is, as far as that matters for how a line begins. */
enum target {
	TARGET_OTHER,
	TARGET_TERMINAL,
	TARGET_JOURNAL,
};

static const char *const level_names[] = { "error", "warn", "info", "debug" };

/* syslog(3)'s numbers, as sd-daemon(3) wants them in front of a line. */
static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };

static enum log_level max_level = LOG_LEVEL_INFO;
static enum log_format line_format = LOG_FORMAT_TEXT;
static enum target line_target = TARGET_OTHER;

struct log_field
log_str(const char *key, const char *value)
{
	return (struct log_field){
		.key = key, .kind = LOG_FIELD_STRING, .value.string = value ? value : ""
	};
}

struct log_field
log_int(const char *key, int64_t value)
{
	return (struct log_field){
		.key = key, .kind = LOG_FIELD_SIGNED, .value.sint = value
	};
}

struct log_field
log_uint(const char *key, uint64_t value)
{
	return (struct log_field){
		.key = key, .kind = LOG_FIELD_UNSIGNED, .value.uint = value
	};
}

/* The variable may be inherited by a process whose stderr is something else. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char text[48];

	if (!stream || fstat(STDERR_FILENO, &status) < 0)
		return false;
	snprintf(text, sizeof(text), "%" PRIu64 ":%" PRIu64, (uint64_t)status.st_dev,
		(uint64_t)status.st_ino);
	return !strcmp(stream, text);
}

void
log_setup(enum log_level level, enum log_format format)
{
	max_level = level;
	line_format = format;
	line_target = is_journal()            ? TARGET_JOURNAL
		      : isatty(STDERR_FILENO) ? TARGET_TERMINAL
					      : TARGET_OTHER;
}

bool
log_enabled(enum log_level level)
{
	return level <= max_level;
}

/* Append text; keeps two bytes for the closing brace and the newline. */
static void
put(struct line *line, const char *text, size_t len)
{
	size_t room = LINE_BYTES - 2 - line->len;

	if (len > room)
		len = room;
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static void
put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* Quoted as in JSON, which a reader of the text form understands as well. */
static void
put_quoted(struct line *line, const char *text)
{
	const char *end = text + strnlen(text, VALUE_BYTES);
	char escape[8];

	put_text(line, "\"");
	for (; text < end; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			snprintf(escape, sizeof(escape), "\\%c", c);
			put_text(line, escape);
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", c);
			put_text(line, escape);
		} else {
			put(line, text, 1);
		}
	}
	put_text(line, *text ? "…\"" : "\"");
}

static bool
is_plain(const char *text)
{
	const char *c;

	for (c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '"' || *c == '\\' || *c == 0x7f)
			return false;
	return c != text && c - text <= VALUE_BYTES;
}

static void
put_value(struct line *line, const struct log_field *field)
{
	char number[24];

	switch (field->kind) {
	case LOG_FIELD_STRING:
		if (line_format == LOG_FORMAT_TEXT && is_plain(field->value.string))
			put_text(line, field->value.string);
		else
			put_quoted(line, field->value.string);
		return;
	case LOG_FIELD_SIGNED:
		snprintf(number, sizeof(number), "%" PRId64, field->value.sint);
		break;
	case LOG_FIELD_UNSIGNED:
		snprintf(number, sizeof(number), "%" PRIu64, field->value.uint);
		break;
	}
	put_text(line, number);
}

/* RFC 3339, in UTC. */
static void
put_time(struct line *line)
{
	int64_t now_ms = clock_unix_ms();
	time_t now = (time_t)(now_ms / 1000);
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &tm));
	put_text(line, text);
	snprintf(text, sizeof(text), ".%03dZ ", (int)(now_ms % 1000));
	put_text(line, text);
}

static void
put_json_head(struct line *line, enum log_level level, const char *event)
{
	struct log_field ts = log_int("ts", clock_unix_ms());

	put_text(line, "{\"ts\":");
	put_value(line, &ts);
	put_text(line, ",\"level\":");
	put_quoted(line, level_names[level]);
	put_text(line, ",\"event\":");
	put_quoted(line, event);
}

/* A pipe that nobody reads must not stop the loop, and setting O_NONBLOCK would change
 * the terminal for everybody who shares it. */
static bool
stderr_takes_line(void)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLOUT);
}

static void
emit(struct line *line)
{
	line->text[line->len++] = '\n';
	if (stderr_takes_line() && write(STDERR_FILENO, line->text, line->len) < 0)
		return; /* nobody is left to tell */
}

void
log_write(
	enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	bool json = line_format == LOG_FORMAT_JSON;
	struct line line;
	size_t i;

	if (!log_enabled(level))
		return;
	line.len = 0;
	if (line_target == TARGET_JOURNAL)
		put_text(&line, priorities[level]);
	else if (line_target == TARGET_TERMINAL && !json)
		put_time(&line);
	if (json)
		put_json_head(&line, level, event);
	else
		put_text(&line, event);
	for (i = 0; i < n; i++) {
		put_text(&line, json ? ",\"" : " ");
		put_text(&line, fields[i].key);
		put_text(&line, json ? "\":" : "=");
		put_value(&line, &fields[i]);
	}
	if (!json && level != LOG_LEVEL_INFO) {
		put_text(&line, " level=");
		put_text(&line, level_names[level]);
	}
	if (json)
		line.text[line.len++] = '}';
	emit(&line);
}
