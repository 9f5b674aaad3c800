/* shown_line.h - a line of input as a terminal would show it: a CR returns to the start
 * of the line, so that a progress bar is one text; colours and other escape sequences are
 * dropped; a backspace deletes a character. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/base/buffer.h"

/* Embedded; all zero is an empty line. */
struct shown_line {
	/* What is left of the cursor; after shown_line_end, the whole line. What is right
	 * of the cursor is kept in the last rest_len bytes of the same memory. */
	struct buffer text;
	size_t rest_len;
	size_t char_start; /* in text: the first byte whose width is not counted yet */
	size_t column;     /* of the cursor; kept only if rest_len is not 0 */
	int state;         /* within an escape sequence (ECMA-48) */
	unsigned parameter;
};

/* Add a byte that is not LF. Returns false if the line has more than max_bytes now. */
bool shown_line_add(struct shown_line *line, char byte, size_t max_bytes);

/* The line ends: put all of it into line->text. Set text.len = 0 before the next line. */
void shown_line_end(struct shown_line *line);

/* Drop the text, but keep the memory. */
void shown_line_drop(struct shown_line *line);

/* Returns true if nothing has been added that is shown. */
bool shown_line_is_empty(const struct shown_line *line);

/* Free the memory. */
void shown_line_clear(struct shown_line *line);
