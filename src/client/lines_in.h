/* lines_in.h - the lines of standard input, read by a thread of its own: a terminal or
 * pipe that is shared with other programs must stay blocking. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "client/runner.h"
#include "linnet/base/buffer.h"

struct lines_in;

/* Begin to read, once in a process. Few bytes are read before they are taken. NULL after
 * printing why it failed. The thread ends with the process, so there is no lines_in_free.
 */
struct lines_in *lines_in_new(struct runner *runner);

enum lines_in_state {
	LINES_IN_LINE,
	LINES_IN_TOO_LONG, /* a line was left out */
	LINES_IN_WAIT,     /* the loop wakes up when there is more */
	LINES_IN_END,
};

/* Take the next line that is not empty to line, as a terminal would show it: see
 * shown_line.h. A line of more than max_bytes is left out. */
enum lines_in_state lines_in_take(
	struct lines_in *lines, struct buffer *line, size_t max_bytes);
