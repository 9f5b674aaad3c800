/* log.h - writes one line an event to stderr: the event's name, then key=value fields
 * with the numbers that explain it. The text of a message is never logged. */
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

/* One key=value pair, made by log_str, log_person, log_int or log_uint. It borrows its
 * strings. */
struct log_field {
	const char *key;
	enum {
		LOG_FIELD_STRING,
		LOG_FIELD_PERSON,
		LOG_FIELD_SIGNED,
		LOG_FIELD_UNSIGNED
	} kind;
	union {
		const char *string;
		int64_t sint;
		uint64_t uint;
	} value;
};

/* A string field; NULL is logged as an empty string. */
struct log_field log_str(const char *key, const char *value);

/* The name of a person or of a room. Left out of the line if it is NULL, or if they are
 * not shown. */
struct log_field log_person(const char *key, const char *value);

/* A signed number field. */
struct log_field log_int(const char *key, int64_t value);

/* An unsigned number field. */
struct log_field log_uint(const char *key, uint64_t value);

/* Set the highest level that is logged, and the format. Until the first call they are
 * LOG_LEVEL_INFO and LOG_FORMAT_TEXT. If stderr is the journal ($JOURNAL_STREAM,
 * systemd.exec(5)), a line begins with its priority, such as <6>, which the journal
 * removes. A line in text format begins with the time if stderr is a terminal, and ends
 * with it (ts=) if stderr is neither. The time is UTC, as in RFC 3339, with ms. Other
 * threads may log meanwhile. */
void log_setup(enum log_level level, enum log_format format);

/* Print a line for people to stderr: what is wrong with the command line's files, before
 * the log begins. In the journal it has the priority of level, so that "journalctl -p
 * warning" shows it. */
void log_print(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether lines have the fields of log_person. They have until the first call. */
void log_show_people(bool shows);

/* True if lines of that level are logged. */
bool log_is_on(enum log_level level);

/* Write lines in a thread of its own from now on, so that nobody waits for stderr. A
 * crash waits half a second for the lines before it. Call it once. */
void log_start(void);

/* Wait until all lines are written, at most ms. */
void log_flush(unsigned ms);

/* Write one line: event, then the n fields. Any thread may call it. Text format adds
 * level=NAME behind them, except for info. JSON format always has "level" and "ts" (Unix
 * ms). After log_start the call never blocks: while stderr takes nothing
 * (a terminal that is stopped, a full pipe), up to 256 KiB of lines wait. Further ones
 * are lost, and "log_lost" says how many when stderr takes lines again. Control
 * characters in values are escaped, so that an event stays one line. Values must be
 * UTF-8: check the bytes of a peer before you log them. */
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
