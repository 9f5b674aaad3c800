/* output.h - what linnet prints. Text of others never controls the terminal. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "linnet/base/buffer.h"

/* Print "linnet: ", what printf(3) would print, cleaned, and a line feed to stderr. */
__attribute__((format(printf, 1, 2))) void output_note(const char *format, ...);

/* Append object as one line of compact JSON. Characters that could control a terminal are
 * escaped, so the value stays the same. */
void output_append_json(struct buffer *text, json_t *object);

/* Write text to stdout and empty it. */
void output_write(struct buffer *text);

/* Hand over everything to the reader of stdout. Returns 0, or -errno once that has
 * failed. -EPIPE: nobody reads any more. */
int output_flush(void);
