/* log_line.h - splits the bytes of a log file into lines and cleans them for display. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/base/buffer.h"

/* The smallest max_bytes. */
#define LOG_LINE_LEAST_BYTES 16

/* The current line. Embedded; all zero but max_bytes at first, and its owner clears raw
 * at last. Keeps at most max_bytes + 1 bytes of the line, however long it is. */
struct log_line {
	struct buffer raw; /* as it was read */
	size_t max_bytes;  /* at least LOG_LINE_LEAST_BYTES */
	bool is_long;      /* bytes were dropped */
};

/* Take the bytes up to the first newline, or all of them. Returns how many were taken,
 * newline included. *is_whole: the newline was found. */
size_t log_line_take(
	struct log_line *line, const char *bytes, size_t size, bool *is_whole);

/* Write the line to text, which has room for max_bytes, as valid UTF-8 (RFC 3629).
 * - A carriage return at the end is dropped.
 * - C0 control characters and DEL, but not tab, become their pictures (U+2400 to U+2421).
 * - C1 control characters and bytes that are not UTF-8 become U+FFFD.
 * - A longer text is cut between two characters and ends with an ellipsis.
 * Returns the length. */
size_t log_line_clean(const struct log_line *line, char *text);

/* Begin the next line. */
void log_line_clear(struct log_line *line);
