/* log.h - one line an event on stderr: the event's name first, then key=value fields
 * with the numbers that decided it. Never a message's body. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/* One key=value pair. Made by log_str, log_int and log_uint; borrows its strings. */
struct log_field {
	const char *key;
	enum { LOG_FIELD_STRING, LOG_FIELD_SIGNED, LOG_FIELD_UNSIGNED } kind;
	union {
		const char *string;
		int64_t sint;
		uint64_t uint;
	} value;
};

/* A string field; NULL prints as an empty string. */
struct log_field log_str(const char *key, const char *value);

/* A signed number field. */
struct log_field log_int(const char *key, int64_t value);

/* An unsigned number field. */
struct log_field log_uint(const char *key, uint64_t value);

/* Set what is printed (levels up to and including level) and how. The start is
 * LOG_LEVEL_INFO as text. Where stderr is the journal (systemd.exec(5), $JOURNAL_STREAM),
 * each line begins with its priority, as <6>, which the journal takes off again; where it
 * is a terminal, a line of text begins with the time. */
void log_setup(enum log_level level, enum log_format format);

/* True if a line of this level would be printed: for lines that cost something to make.
 */
bool log_enabled(enum log_level level);

/* Print one line: event, then the n fields. Text marks every level but info with a
 * trailing level=NAME; JSON always has "level" and "ts" (Unix ms). A line that stderr
 * does not take at once (a full pipe, a closed terminal) is lost: logging neither blocks
 * nor fails its caller. Control characters in values are escaped, so that one event is
 * one line; values must be UTF-8, so a peer's bytes come here only after a check. */
void log_write(enum log_level level, const char *event, const struct log_field *fields,
	size_t n);

/* log_error("store_failed", log_str("path", path), log_int("errno", -r)); fields may be
 * left out. */
#define log_at(level, event, ...)                                                        \
	log_write(level, event, (const struct log_field[]){ { 0 }, ##__VA_ARGS__ } + 1,  \
		sizeof((const struct log_field[]){ { 0 }, ##__VA_ARGS__ }) /             \
				sizeof(struct log_field) -                               \
			1)
#define log_error(event, ...) log_at(LOG_LEVEL_ERROR, event, ##__VA_ARGS__)
#define log_warn(event, ...) log_at(LOG_LEVEL_WARN, event, ##__VA_ARGS__)
#define log_info(event, ...) log_at(LOG_LEVEL_INFO, event, ##__VA_ARGS__)
#define log_debug(event, ...) log_at(LOG_LEVEL_DEBUG, event, ##__VA_ARGS__)
