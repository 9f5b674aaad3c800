#include "doors/telnet.h"

#include <string.h>

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

/* Drop the first line, which belongs to protocol. */
static enum telnet_event
telnet_refuse_protocol(struct telnet *telnet, const char *protocol)
{
	telnet->protocol = protocol;
	shown_line_drop(&telnet->line);
	return TELNET_FOREIGN;
}

static enum telnet_event
telnet_end_line(struct telnet *telnet)
{
	shown_line_end(&telnet->line);
	if (!telnet->has_first_line) {
		const char *protocol = sniff_end(&telnet->sniff);

		if (protocol)
			return telnet_refuse_protocol(telnet, protocol);
		telnet->has_first_line = telnet->line.text.len || telnet->is_too_long;
		telnet->sniff = (struct sniff){ .words = 0 };
	}
	if (!telnet->is_too_long)
		return TELNET_LINE;
	telnet->is_too_long = false;
	return TELNET_TOO_LONG;
}

/* Add a byte of text. Returns the protocol that it belongs to, or NULL. */
static const char *
telnet_add(struct telnet *telnet, char byte, size_t max_bytes)
{
	const char *protocol = telnet->has_first_line || byte == '\r'
				       ? NULL
				       : sniff_byte(&telnet->sniff, byte);

	if (!protocol && !telnet->is_too_long &&
		!shown_line_add(&telnet->line, byte, max_bytes)) {
		telnet->is_too_long = true;
		shown_line_drop(&telnet->line);
	}
	return protocol;
}

enum telnet_event
telnet_read(struct telnet *telnet, const char *bytes, size_t len, size_t max_bytes,
	size_t *used)
{
	for (*used = 0; *used < len;) {
		char byte = bytes[(*used)++];
		bool behind_cr = telnet->saw_cr;
		const char *protocol;

		if (telnet_is_option(telnet, (unsigned char)byte)) {
			if (!telnet->wants_mark)
				continue;
			telnet->wants_mark = false;
			return TELNET_MARK;
		}
		telnet->saw_cr = byte == '\r';
		/* A telnet that sends each key alone sends CR NUL for the key Enter. */
		if (byte == '\n' || (behind_cr && !byte))
			return telnet_end_line(telnet);
		protocol = telnet_add(telnet, byte, max_bytes);
		if (protocol)
			return telnet_refuse_protocol(telnet, protocol);
	}
	return TELNET_MORE;
}

enum telnet_event
telnet_end(struct telnet *telnet)
{
	return telnet->is_too_long || !shown_line_is_empty(&telnet->line)
		       ? telnet_end_line(telnet)
		       : TELNET_MORE;
}

void
telnet_clear(struct telnet *telnet)
{
	shown_line_clear(&telnet->line);
}
