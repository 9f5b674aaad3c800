/* line_text.h - an object of the server as lines for people at a terminal. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linnet/base/buffer.h"

/* Append object as lines, each ending in a line feed. Objects that are only for programs
 * add no line. Text of other clients is cleaned, so that it cannot control the terminal:
 * a line break becomes a visible mark, any other control character but the tab U+FFFD.
 */
void line_text_append(struct buffer *lines, const json_t *object);

/* Append len bytes from outside, cleaned in the same way. Bytes that are not UTF-8 become
 * U+FFFD. */
void line_text_append_clean(struct buffer *text, const char *bytes, size_t len);

/* True for a character that could control a terminal: a control character other than the
 * tab, or a mark that changes the direction of text. */
bool line_text_is_unsafe(uint32_t code);
