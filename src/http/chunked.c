#include "http/chunked.h"

#include <errno.h>

#include "linnet/base/hex.h"

/* Most bytes of the extensions of one chunk, and of all trailers. */
#define LINE_BYTES 4096

/* Larger sizes need not be counted. */
#define SIZE_MAX_BYTES (UINT64_C(1) << 40)

enum chunked_state {
	CHUNKED_SIZE,
	CHUNKED_EXTENSION, /* up to the end of the line with the size */
	CHUNKED_SIZE_LF,
	CHUNKED_DATA,
	CHUNKED_DATA_CR,
	CHUNKED_DATA_LF,
	CHUNKED_TRAILER,      /* at the beginning of a line */
	CHUNKED_TRAILER_TEXT, /* within a line */
	CHUNKED_TRAILER_LF,
	CHUNKED_LAST_LF,
};

static bool
chunked_is_text(char c)
{
	return c == '\t' || (unsigned char)c >= 0x20;
}

static int
chunked_read_size(struct chunked *chunked, char c, uint64_t room)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		chunked->has_digits = true;
		if (chunked->left < SIZE_MAX_BYTES)
			chunked->left = chunked->left * 16 + (uint64_t)digit;
		return chunked->left > room ? -EFBIG : 0;
	}
	if (!chunked->has_digits || (c != '\r' && c != ';' && c != ' ' && c != '\t'))
		return -EPROTO;
	chunked->line_len = 0;
	chunked->state = c == '\r' ? CHUNKED_SIZE_LF : CHUNKED_EXTENSION;
	return 0;
}

/* A line that is dropped: next follows its CR. */
static int
chunked_drop(struct chunked *chunked, char c, enum chunked_state next)
{
	if (c == '\r')
		chunked->state = (uint8_t)next;
	else if (!chunked_is_text(c) || ++chunked->line_len > LINE_BYTES)
		return -EPROTO;
	return 0;
}

/* Read a byte that is not data. */
static int
chunked_read_byte(struct chunked *chunked, char c, uint64_t room)
{
	switch ((enum chunked_state)chunked->state) {
	case CHUNKED_SIZE:
		return chunked_read_size(chunked, c, room);
	case CHUNKED_EXTENSION:
		return chunked_drop(chunked, c, CHUNKED_SIZE_LF);
	case CHUNKED_SIZE_LF:
		chunked->state = chunked->left ? CHUNKED_DATA : CHUNKED_TRAILER;
		chunked->has_digits = false;
		chunked->line_len = 0;
		return c == '\n' ? 0 : -EPROTO;
	case CHUNKED_DATA_CR:
		chunked->state = CHUNKED_DATA_LF;
		return c == '\r' ? 0 : -EPROTO;
	case CHUNKED_DATA_LF:
		chunked->state = CHUNKED_SIZE;
		return c == '\n' ? 0 : -EPROTO;
	case CHUNKED_TRAILER:
		if (c != '\r')
			chunked->state = CHUNKED_TRAILER_TEXT;
		return chunked_drop(chunked, c, CHUNKED_LAST_LF);
	case CHUNKED_TRAILER_TEXT:
		return chunked_drop(chunked, c, CHUNKED_TRAILER_LF);
	case CHUNKED_TRAILER_LF:
		chunked->state = CHUNKED_TRAILER;
		return c == '\n' ? 0 : -EPROTO;
	case CHUNKED_LAST_LF:
		chunked->is_whole = c == '\n';
		return c == '\n' ? 0 : -EPROTO;
	case CHUNKED_DATA:
		break;
	}
	return -EPROTO;
}

int
chunked_read(struct chunked *chunked, const char *bytes, size_t len, struct buffer *body,
	size_t max_bytes, size_t *used)
{
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < len && !chunked->is_whole) {
		size_t here = len - i;

		if (chunked->state != CHUNKED_DATA) {
			/* A reload may have lowered the limit. */
			r = chunked_read_byte(chunked, bytes[i++],
				max_bytes > body->len ? max_bytes - body->len : 0);
			continue;
		}
		if (here > chunked->left)
			here = (size_t)chunked->left;
		buffer_append(body, bytes + i, here);
		i += here;
		chunked->left -= here;
		if (!chunked->left)
			chunked->state = CHUNKED_DATA_CR;
	}
	*used = i;
	return r;
}
