/* log_line.h - a log file's bytes, line by line, made fit to be shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/base/buffer.h"

/* The least max_bytes. */
#define LOG_LINE_LEAST_BYTES 16

/* The line under way. Embedded; log_line_init begins it, log_line_fini frees what it
 * holds. It keeps max_bytes + 1 bytes at the most, however long the line is. */
struct log_line {
	struct buffer raw; /* as it was read */
	size_t max_bytes;
	bool is_long; /* more came than is kept */
};

/* An empty line whose text takes up to max_bytes, at least LOG_LINE_LEAST_BYTES. */
void log_line_init(struct log_line *line, size_t max_bytes);

/* Free what the line holds. */
void log_line_fini(struct log_line *line);

/* Take from size bytes what belongs to the line, with its newline. Returns how many bytes
 * that are; *is_whole tells whether the newline was among them. */
size_t log_line_take(
	struct log_line *line, const char *bytes, size_t size, bool *is_whole);

/* True if nothing of the line has come. */
bool log_line_is_empty(const struct log_line *line);

/* Write the line to text, which holds max_bytes, as valid UTF-8 (RFC 3629) without
 * control characters but tab: those are shown by their pictures (U+2400 and on), C1 and
 * what is no UTF-8 by U+FFFD, a carriage return at the end is left out. A text that would
 * be longer is cut between two characters and ends with an ellipsis. Returns its length.
 */
size_t log_line_clean(const struct log_line *line, char *text);

/* Begin the next line. */
void log_line_clear(struct log_line *line);
