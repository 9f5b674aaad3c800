#include "doors/telnet.h"

#include <string.h>

#define BACKSPACE '\b'
#define DELETE 0x7f

/* The option of RFC 860. */
#define TIMING_MARK 6

/* RFC 854, "TELNET command structure". */
enum command {
	SE = 240,
	SB = 250,
	WILL = 251,
	DO = 253,
	DONT = 254,
	IAC = 255,
};

enum state {
	TEXT,
	COMMAND,     /* after IAC */
	OPTION,      /* after WILL, WONT or DONT */
	REQUEST,     /* after DO */
	NEGOTIATION, /* after SB */
	NEGOTIATION_COMMAND,
};

/* Returns true if byte belongs to a telnet command. */
static bool
telnet_is_option(struct telnet *telnet, unsigned char byte)
{
	switch (telnet->state) {
	case TEXT:
		telnet->state = byte == IAC ? COMMAND : TEXT;
		return byte == IAC;
	case COMMAND:
		telnet->state = byte == DO                     ? REQUEST
				: byte >= WILL && byte <= DONT ? OPTION
				: byte == SB                   ? NEGOTIATION
							       : TEXT;
		return byte != IAC; /* IAC IAC is the byte 255 of the text */
	case REQUEST:
		telnet->wants_mark = byte == TIMING_MARK;
		/* fallthrough */
	case OPTION:
		telnet->state = TEXT;
		return true;
	case NEGOTIATION:
		if (byte == IAC)
			telnet->state = NEGOTIATION_COMMAND;
		return true;
	default:
		telnet->state = byte == SE ? TEXT : NEGOTIATION;
		return true;
	}
}

/* Delete the last character, with all its bytes of UTF-8. */
static void
telnet_take_back(struct buffer *line)
{
	while (line->len && ((unsigned char)line->bytes[--line->len] & 0xc0) == 0x80)
		;
}

static void
telnet_add(struct telnet *telnet, char byte, size_t max_bytes)
{
	if (byte == BACKSPACE || byte == DELETE) {
		telnet_take_back(&telnet->line);
	} else if (telnet->line.len < max_bytes) {
		buffer_append(&telnet->line, &byte, 1);
	} else {
		telnet->is_too_long = true;
		telnet->line.len = 0;
	}
}

/* Drop the first line, which belongs to protocol. */
static enum telnet_event
telnet_refuse_protocol(struct telnet *telnet, const char *protocol)
{
	telnet->protocol = protocol;
	telnet->line.len = 0;
	return TELNET_FOREIGN;
}

static enum telnet_event
telnet_end_line(struct telnet *telnet)
{
	if (!telnet->has_first_line) {
		const char *protocol = sniff_end(&telnet->sniff);

		if (protocol)
			return telnet_refuse_protocol(telnet, protocol);
		telnet->has_first_line = telnet->line.len || telnet->is_too_long;
		telnet->sniff = (struct sniff){ .words = 0 };
	}
	if (!telnet->is_too_long)
		return TELNET_LINE;
	telnet->is_too_long = false;
	return TELNET_TOO_LONG;
}

/* Returns true if byte ends a line together with a CR before it. */
static bool
telnet_is_behind_cr(char byte)
{
	return byte == '\n' || byte == '\0';
}

enum telnet_event
telnet_read(struct telnet *telnet, const char *bytes, size_t len, size_t max_bytes,
	size_t *used)
{
	for (*used = 0; *used < len;) {
		char byte = bytes[(*used)++];
		bool behind_cr = telnet->saw_cr;

		if (telnet_is_option(telnet, (unsigned char)byte)) {
			if (!telnet->wants_mark)
				continue;
			telnet->wants_mark = false;
			return TELNET_MARK;
		}
		telnet->saw_cr = byte == '\r';
		if (behind_cr && telnet_is_behind_cr(byte))
			continue;
		if (byte != '\n' && byte != '\r') {
			const char *protocol = telnet->has_first_line
						       ? NULL
						       : sniff_byte(&telnet->sniff, byte);

			if (protocol)
				return telnet_refuse_protocol(telnet, protocol);
			if (!telnet->is_too_long)
				telnet_add(telnet, byte, max_bytes);
			continue;
		}
		/* Otherwise the caller would take the LF or NUL for more input. */
		if (byte == '\r' && *used < len && telnet_is_behind_cr(bytes[*used])) {
			telnet->saw_cr = false;
			(*used)++;
		}
		return telnet_end_line(telnet);
	}
	return TELNET_MORE;
}

enum telnet_event
telnet_end(struct telnet *telnet)
{
	return telnet->line.len || telnet->is_too_long ? telnet_end_line(telnet)
						       : TELNET_MORE;
}

void
telnet_clear(struct telnet *telnet)
{
	buffer_clear(&telnet->line);
}
