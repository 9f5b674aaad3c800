/* telnet.h - lines out of what a terminal sends: telnet's options are left out (RFC 854),
 * a line ends in LF, CR LF or CR NUL, and a backspace takes a character back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "linnet/buffer.h"

/* Embedded; all zero is the beginning of a connection. */
struct telnet {
	struct buffer line;
	bool is_too_long; /* the line under way, which is left out then */
	bool saw_cr;
	int state; /* within an option */
};

enum telnet_event {
	TELNET_MORE,     /* all was read, no line has ended */
	TELNET_LINE,     /* line has one */
	TELNET_TOO_LONG, /* one of more than max_bytes has ended; its text is gone */
};

/* Read from the len bytes at bytes until a line ends; *used is how many that were. After
 * TELNET_LINE, the line is to be emptied (line.len = 0) before the next call. */
enum telnet_event telnet_read(struct telnet *telnet, const char *bytes, size_t len,
	size_t max_bytes, size_t *used);

/* Free the line. */
void telnet_clear(struct telnet *telnet);
