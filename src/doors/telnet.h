/* telnet.h - lines out of what a terminal sends: telnet's options are left out (RFC 854),
 * a line ends in LF, CR LF or CR NUL, and a backspace takes a character back. The first
 * line that is not empty may show that the peer speaks another protocol (sniff.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "doors/sniff.h"
#include "linnet/base/buffer.h"

/* Embedded; all zero is the beginning of a connection. */
struct telnet {
	struct buffer line;
	bool is_too_long; /* the line under way, which is left out then */
	bool saw_cr;
	bool wants_mark;
	int state; /* within an option */
	bool has_first_line;
	struct sniff sniff;   /* the first line that is not empty */
	const char *protocol; /* that TELNET_FOREIGN is about; static text */
};

enum telnet_event {
	TELNET_MORE,     /* all was read, no line has ended; zero */
	TELNET_LINE,     /* line has one */
	TELNET_TOO_LONG, /* one of more than max_bytes has ended; its text is gone */
	TELNET_FOREIGN, /* the first line belongs to another protocol; its text is gone */
	TELNET_MARK,    /* the terminal shows nothing until it is sent TELNET_NO_MARK */
};

/* What answers a request for a timing mark, which terminals send behind an interrupt
 * (RFC 860): IAC WONT TIMING-MARK. */
#define TELNET_NO_MARK "\xff\xfc\x06"

/* Read from the len bytes at bytes until a line ends; *used is how many that were. After
 * TELNET_LINE, the line is to be emptied (line.len = 0) before the next call. */
enum telnet_event telnet_read(struct telnet *telnet, const char *bytes, size_t len,
	size_t max_bytes, size_t *used);

/* The end of what is sent, where the last line may lack its own. */
enum telnet_event telnet_end(struct telnet *telnet);

/* Free the line. */
void telnet_clear(struct telnet *telnet);
