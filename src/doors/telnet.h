/* telnet.h - splits what a terminal sends into lines, as shown_line.h says. A line ends
 * in LF or CR LF. Telnet commands (RFC 854) are left out. The first line that is not
 * empty is checked for other protocols (sniff.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "doors/sniff.h"
#include "linnet/protocol/shown_line.h"

/* Embedded; all zero when a connection opens. */
struct telnet {
	struct shown_line line;
	bool is_too_long; /* drop the current line */
	bool saw_cr;
	bool wants_mark;
	int state;            /* within a telnet command */
	bool has_first_line;  /* one that is not empty has ended */
	struct sniff sniff;   /* used until then */
	const char *protocol; /* set with TELNET_FOREIGN; static text */
};

enum telnet_event {
	TELNET_MORE,     /* zero: everything was read, and no line has ended */
	TELNET_LINE,     /* a line has ended and is in telnet.line.text */
	TELNET_TOO_LONG, /* a line of more than max_bytes has ended and was dropped */
	TELNET_FOREIGN,  /* the first line is of another protocol and was dropped */
	TELNET_MARK,     /* the terminal shows nothing until it is sent TELNET_NO_MARK */
};

/* IAC WONT TIMING-MARK: the answer to a request for a timing mark, which terminals send
 * after an interrupt (RFC 860). */
#define TELNET_NO_MARK "\xff\xfc\x06"

/* Read from the len bytes at bytes until a line ends or something else is to be done.
 * Sets *used to the number of bytes that were read. After TELNET_LINE, empty the line
 * (line.text.len = 0) before the next call. */
enum telnet_event telnet_read(struct telnet *telnet, const char *bytes, size_t len,
	size_t max_bytes, size_t *used);

/* The peer sends nothing more: end the last line if it has no end yet. */
enum telnet_event telnet_end(struct telnet *telnet);

/* Free the line. */
void telnet_clear(struct telnet *telnet);
