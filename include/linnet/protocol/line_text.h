/* line_text.h - what the server says, as lines for people at a terminal. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "linnet/base/buffer.h"

/* Append a server's object as lines, each ending in a line feed; nothing for what is only
 * of use to programs. Text of others has no control characters any more, so that nobody
 * steers another one's terminal: a line break is shown as one, tabs are blanks, the rest
 * is U+FFFD. */
void line_text_append(struct buffer *lines, const json_t *object);

/* Append len bytes of whatever came from outside as valid UTF-8 under the same rules;
 * what is no UTF-8 is U+FFFD, too. */
void line_text_append_clean(struct buffer *text, const char *bytes, size_t len);
