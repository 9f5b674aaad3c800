#include "linnet/base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log_queue.h"
#include "linnet/base/clock.h"

/* A longer value is cut. */
#define VALUE_BYTES 256

/* At the end of a line: the time, the level, the closing brace and the newline. */
#define END_BYTES 56

struct log_output {
	enum log_format format;
	size_t len, max;
	char text[LOG_LINE_BYTES];
};

/* How a line begins depends on what stderr is. */
enum log_target {
	TARGET_OTHER,
	TARGET_TERMINAL,
	TARGET_JOURNAL,
};

static const char *const level_names[] = { "error", "warn", "info", "debug" };

/* The priorities of syslog(3), written as sd-daemon(3) expects them. */
static const char *const priorities[] = { "<3>", "<4>", "<6>", "<7>" };

/* The loop's thread sets these while threads of the store may be logging. */
static atomic_int max_level = LOG_LEVEL_INFO;
static atomic_int line_format = LOG_FORMAT_TEXT;
static atomic_int line_target = TARGET_OTHER;
static atomic_bool has_people = true;

struct log_field
log_str(const char *key, const char *value)
{
	return (struct log_field){
		.key = key, .kind = LOG_FIELD_STRING, .value.string = value ? value : ""
	};
}

struct log_field
log_person(const char *key, const char *value)
{
	return (struct log_field){
		.key = key, .kind = LOG_FIELD_PERSON, .value.string = value
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

/* A process can inherit the variable although its stderr was redirected, so compare. */
static bool
log_is_journal(void)
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
	line_target = log_is_journal()        ? TARGET_JOURNAL
		      : isatty(STDERR_FILENO) ? TARGET_TERMINAL
					      : TARGET_OTHER;
}

void
log_print(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (log_is_journal())
		fputs(priorities[level], stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

void
log_show_people(bool shows)
{
	has_people = shows;
}

bool
log_is_on(enum log_level level)
{
	return (int)level <= max_level;
}

/* Append text. END_BYTES stay free until log_end_line. */
static void
log_put(struct log_output *line, const char *text, size_t len)
{
	size_t room = line->max - line->len;

	if (len > room)
		len = room;
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static void
log_put_text(struct log_output *line, const char *text)
{
	log_put(line, text, strlen(text));
}

/* Quoted and escaped as in JSON, in both formats. */
static void
log_put_quoted(struct log_output *line, const char *text)
{
	const char *end = text + strnlen(text, VALUE_BYTES);
	char escape[8];

	while (end > text && ((unsigned char)*end & 0xc0) == 0x80)
		end--; /* do not cut a character */
	log_put_text(line, "\"");
	for (; text < end; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\') {
			snprintf(escape, sizeof(escape), "\\%c", c);
			log_put_text(line, escape);
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", c);
			log_put_text(line, escape);
		} else {
			log_put(line, text, 1);
		}
	}
	log_put_text(line, *text ? "…\"" : "\"");
}

static bool
log_is_plain(const char *text)
{
	const char *c;

	for (c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || strchr("\"\\=\x7f", *c))
			return false;
	return c != text && c - text <= VALUE_BYTES;
}

static void
log_put_value(struct log_output *line, const struct log_field *field)
{
	char number[24];

	switch (field->kind) {
	case LOG_FIELD_STRING:
	case LOG_FIELD_PERSON:
		if (line->format == LOG_FORMAT_TEXT && log_is_plain(field->value.string))
			log_put_text(line, field->value.string);
		else
			log_put_quoted(line, field->value.string);
		return;
	case LOG_FIELD_SIGNED:
		snprintf(number, sizeof(number), "%" PRId64, field->value.sint);
		break;
	case LOG_FIELD_UNSIGNED:
		snprintf(number, sizeof(number), "%" PRIu64, field->value.uint);
		break;
	}
	log_put_text(line, number);
}

/* RFC 3339, in UTC. */
static void
log_put_time(struct log_output *line)
{
	int64_t now_ms = clock_unix_ms();
	time_t now = (time_t)(now_ms / 1000);
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now, &tm));
	log_put_text(line, text);
	snprintf(text, sizeof(text), ".%03dZ", (int)(now_ms % 1000));
	log_put_text(line, text);
}

static void
log_put_json_head(struct log_output *line, enum log_level level, const char *event)
{
	struct log_field ts = log_int("ts", clock_unix_ms());

	log_put_text(line, "{\"ts\":");
	log_put_value(line, &ts);
	log_put_text(line, ",\"level\":");
	log_put_quoted(line, level_names[level]);
	log_put_text(line, ",\"event\":");
	log_put_quoted(line, event);
}

static void
log_begin_line(struct log_output *line, enum log_level level, const char *event)
{
	enum log_target target = (enum log_target)line_target;

	line->format = (enum log_format)line_format;
	line->len = 0;
	line->max = LOG_LINE_BYTES - END_BYTES;
	if (target == TARGET_JOURNAL) {
		log_put_text(line, priorities[level]);
	} else if (target == TARGET_TERMINAL && line->format == LOG_FORMAT_TEXT) {
		log_put_time(line);
		log_put_text(line, " ");
	}
	if (line->format == LOG_FORMAT_JSON)
		log_put_json_head(line, level, event);
	else
		log_put_text(line, event);
}

/* The time of a line in a file or a pipe is its last field: a line begins with its event,
 * and what reads the fields from the left finds them where they were without it. */
static void
log_end_line(struct log_output *line, enum log_level level)
{
	line->max = LOG_LINE_BYTES;
	if (line->format == LOG_FORMAT_JSON) {
		log_put_text(line, "}\n");
		return;
	}
	if (level != LOG_LEVEL_INFO) {
		log_put_text(line, " level=");
		log_put_text(line, level_names[level]);
	}
	if (line_target == TARGET_OTHER) {
		log_put_text(line, " ts=");
		log_put_time(line);
	}
	log_put_text(line, "\n");
}

/* Returns true if the field is written. */
static bool
log_has_field(const struct log_field *field)
{
	return field->kind != LOG_FIELD_PERSON || (field->value.string && has_people);
}

static void
log_make_line(struct log_output *line, enum log_level level, const char *event,
	const struct log_field *fields, size_t n)
{
	bool json;
	size_t i;

	log_begin_line(line, level, event);
	json = line->format == LOG_FORMAT_JSON;
	for (i = 0; i < n; i++) {
		if (!log_has_field(&fields[i]))
			continue;
		log_put_text(line, json ? ",\"" : " ");
		log_put_text(line, fields[i].key);
		log_put_text(line, json ? "\":" : "=");
		log_put_value(line, &fields[i]);
	}
	log_end_line(line, level);
}

static size_t
log_describe_lost(char text[LOG_LINE_BYTES], uint64_t count)
{
	const struct log_field field = log_uint("count", count);
	struct log_output line;

	log_make_line(&line, LOG_LEVEL_WARN, "log_lost", &field, 1);
	memcpy(text, line.text, line.len);
	return line.len;
}

void
log_start(void)
{
	log_queue_start(log_describe_lost);
}

void
log_flush(unsigned ms)
{
	log_queue_flush(ms);
}

void
log_write(
	enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	struct log_output line;

	if (!log_is_on(level))
		return;
	log_make_line(&line, level, event, fields, n);
	if (!log_queue_put(line.text, line.len) &&
		write(STDERR_FILENO, line.text, line.len) < 0)
		return; /* there is nowhere to report it */
}
