/* log_line.h - splits the bytes of a log file into lines and cleans them for display. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/base/buffer.h"

/* The smallest max_bytes. */
#define LOG_LINE_LEAST_BYTES 16

/* The current line. Embedded. Keeps at most max_bytes + 1 bytes of it, however long it
 * is. */
struct log_line {
	struct buffer raw; /* as it was read */
	size_t max_bytes;
	bool is_long; /* bytes were dropped */
};

/* Begin with an empty line. max_bytes is at least LOG_LINE_LEAST_BYTES. */
void log_line_init(struct log_line *line, size_t max_bytes);

/* Free what the line holds. */
void log_line_fini(struct log_line *line);

/* Take the bytes up to the first newline, or all of them. Returns how many were taken,
 * newline included. *is_whole: the newline was found. */
size_t log_line_take(
	struct log_line *line, const char *bytes, size_t size, bool *is_whole);

/* True if the line has no bytes yet. */
bool log_line_is_empty(const struct log_line *line);

/* Write the line to text, which has room for max_bytes, as valid UTF-8 (RFC 3629).
 * - A carriage return at the end is dropped.
 * - C0 control characters and DEL, but not tab, become their pictures (U+2400 to U+2421).
 * - C1 control characters and bytes that are not UTF-8 become U+FFFD.
 * - A longer text is cut between two characters and ends with an ellipsis.
 * Returns the length. */
size_t log_line_clean(const struct log_line *line, char *text);

/* Begin the next line. */
void log_line_clear(struct log_line *line);
