#include "linnet/protocol/shown_line.h"

#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>

#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

#define START_BYTES 512
#define TAB_COLUMNS 8

/* Parameters of escape sequences are not counted further. */
#define PARAMETER_MAX 1000

#define BELL 0x07
#define BACKSPACE '\b'
#define SHIFT_OUT 0x0e
#define SHIFT_IN 0x0f
#define ESCAPE 0x1b
#define DELETE 0x7f

/* ECMA-48, sections 5.3 to 5.6. */
enum state {
	TEXT,
	ESCAPED,  /* after ESC */
	SEQUENCE, /* after CSI (ESC [): parameters, until a final byte */
	STRING,   /* after OSC (ESC ]) and the like, until BEL or ESC \ */
};

static bool
shown_is_within(char byte, char first, char last)
{
	return byte >= first && byte <= last;
}

static bool
shown_is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static char *
shown_rest(const struct shown_line *line)
{
	return line->text.bytes + line->text.capacity - line->rest_len;
}

/* Read the character at bytes, which would stand at column. Returns its length in bytes.
 */
static size_t
shown_measure(const char *bytes, size_t len, size_t column, size_t *width)
{
	uint32_t code;
	size_t n = utf8_next(bytes, len, &code);
	int width_class;

	*width = 1;
	if (!n)
		return 1;
	if (code == '\t')
		*width = TAB_COLUMNS - column % TAB_COLUMNS;
	if (code < 0x80)
		return n;
	width_class = u_getIntPropertyValue((UChar32)code, UCHAR_EAST_ASIAN_WIDTH);
	if (U_GET_GC_MASK((UChar32)code) & (U_GC_MN_MASK | U_GC_ME_MASK | U_GC_CF_MASK))
		*width = 0;
	else if (width_class == U_EA_WIDE || width_class == U_EA_FULLWIDTH)
		*width = 2;
	return n;
}

/* Remove what the next width columns show. */
static void
shown_overwrite(struct shown_line *line, size_t width)
{
	size_t column = line->column, end = column + width;

	while (line->rest_len) {
		const char *rest = shown_rest(line);
		size_t covered, n = shown_measure(rest, line->rest_len, column, &covered);

		/* The rest of a tab still reaches its stop. */
		if ((covered && column >= end) ||
			(*rest == '\t' && column + covered > end))
			return;
		column += covered;
		line->rest_len -= n;
		/* Half of a wide character is a blank. */
		if (column > end) {
			line->rest_len++;
			*shown_rest(line) = ' ';
			column = end;
		}
	}
}

/* The character left of the cursor is complete: it takes the place of others. */
static void
shown_settle(struct shown_line *line)
{
	size_t len = line->text.len - line->char_start, width;

	if (len && line->rest_len) {
		shown_measure(
			line->text.bytes + line->char_start, len, line->column, &width);
		if (width)
			shown_overwrite(line, width);
		line->column += width;
	}
	line->char_start = line->text.len;
}

/* Make room for one more byte. */
static void
shown_grow(struct shown_line *line)
{
	struct buffer *text = &line->text;
	size_t old = text->capacity;

	if (text->len + line->rest_len < old)
		return;
	text->capacity = old ? 2 * old : START_BYTES;
	text->bytes = xrealloc(text->bytes, text->capacity);
	memmove(shown_rest(line), text->bytes + old - line->rest_len, line->rest_len);
}

static bool
shown_put(struct shown_line *line, char byte, size_t max_bytes)
{
	if (!shown_is_continuation(byte))
		shown_settle(line);
	shown_grow(line);
	line->text.bytes[line->text.len++] = byte;
	if ((unsigned char)byte < 0x80)
		shown_settle(line);
	return line->text.len + line->rest_len <= max_bytes;
}

/* Move the last len bytes left of the cursor to its right. */
static void
shown_move_right(struct shown_line *line, size_t len)
{
	line->text.len -= len;
	line->rest_len += len;
	memmove(shown_rest(line), line->text.bytes + line->text.len, len);
	line->char_start = line->text.len;
}

static void
shown_return(struct shown_line *line)
{
	shown_settle(line);
	if (line->text.len)
		shown_move_right(line, line->text.len);
	line->column = 0;
}

/* At the end of the line the last character is deleted, with all its bytes. Otherwise the
 * cursor only moves. */
static void
shown_take_back(struct shown_line *line)
{
	size_t start = line->text.len;

	shown_settle(line);
	while (start && shown_is_continuation(line->text.bytes[--start]))
		;
	if (line->rest_len)
		shown_move_right(line, line->text.len - start);
	line->text.len = line->char_start = start;
	if (line->column)
		line->column--;
}

/* Handle the two sequences that progress bars use: erase in line, and back to its start.
 */
static void
shown_control(struct shown_line *line, char final)
{
	if (final == 'G' && line->parameter <= 1)
		shown_return(line);
	if (final != 'K' || line->parameter > 2)
		return;
	if (line->parameter != 1)
		line->rest_len = 0;
	if (line->parameter != 0)
		line->text.len = line->char_start = line->column = 0;
}

static bool
shown_begin_sequence(struct shown_line *line, char byte)
{
	if (shown_is_within(byte, ' ', '/'))
		return true;
	line->parameter = 0;
	line->state = byte == '['                             ? SEQUENCE
		      : byte && strchr("]PX^_", byte) != NULL ? STRING
							      : TEXT;
	return shown_is_within(byte, '0', '~');
}

static bool
shown_read_sequence(struct shown_line *line, char byte)
{
	if (shown_is_within(byte, '0', '9') && line->parameter < PARAMETER_MAX)
		line->parameter = 10 * line->parameter + (unsigned)(byte - '0');
	else if (shown_is_within(byte, ' ', '?'))
		line->parameter = PARAMETER_MAX;
	else
		line->state = TEXT;
	if (line->state == TEXT && shown_is_within(byte, '@', '~'))
		shown_control(line, byte);
	return shown_is_within(byte, ' ', '~');
}

/* Returns true if byte belongs to an escape sequence. */
static bool
shown_is_escape(struct shown_line *line, char byte)
{
	if (byte == ESCAPE) {
		shown_settle(line);
		line->state = ESCAPED;
		return true;
	}
	switch ((enum state)line->state) {
	case ESCAPED:
		return shown_begin_sequence(line, byte);
	case SEQUENCE:
		return shown_read_sequence(line, byte);
	case STRING:
		if (byte == BELL)
			line->state = TEXT;
		return true;
	default:
		return false;
	}
}

bool
shown_line_add(struct shown_line *line, char byte, size_t max_bytes)
{
	if (shown_is_escape(line, byte))
		return true;
	switch (byte) {
	case '\0':
	case BELL:
	case SHIFT_OUT:
	case SHIFT_IN:
		return true;
	case '\r':
		shown_return(line);
		return true;
	case BACKSPACE:
	case DELETE:
		shown_take_back(line);
		return true;
	default:
		return shown_put(line, byte, max_bytes);
	}
}

void
shown_line_end(struct shown_line *line)
{
	size_t len;

	shown_settle(line);
	len = line->rest_len;
	if (len)
		memmove(line->text.bytes + line->text.len, shown_rest(line), len);
	line->text.len += len;
	*line = (struct shown_line){ .text = line->text };
}

void
shown_line_drop(struct shown_line *line)
{
	line->text.len = 0;
	*line = (struct shown_line){ .text = line->text };
}

bool
shown_line_is_empty(const struct shown_line *line)
{
	return !line->text.len && !line->rest_len;
}

void
shown_line_clear(struct shown_line *line)
{
	buffer_clear(&line->text);
	*line = (struct shown_line){ 0 };
}
