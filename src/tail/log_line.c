#include "tail/log_line.h"

#include <stdint.h>
#include <string.h>

#include "linnet/base/utf8.h"

#define ELLIPSIS "…"
#define ELLIPSIS_BYTES (sizeof(ELLIPSIS) - 1)
#define PICTURE_BYTES 3

static const char replacement[PICTURE_BYTES] = { '\xef', '\xbf', '\xbd' }; /* U+FFFD */

size_t
log_line_take(struct log_line *line, const char *bytes, size_t size, bool *is_whole)
{
	const char *newline = memchr(bytes, '\n', size);
	size_t len = newline ? (size_t)(newline - bytes) : size;
	/* One byte more, for a carriage return that is dropped. Cleaning makes no other
	 * line shorter, so a line that is longer still is cut in any case. */
	size_t room = line->max_bytes + 1 - line->raw.len;

	*is_whole = newline;
	if (len > room)
		line->is_long = true;
	buffer_append(&line->raw, bytes, len > room ? room : len);
	return newline ? len + 1 : len;
}

/* True if the character needs a replacement, which is written to picture: PICTURE_BYTES
 * bytes. */
static bool
log_line_needs_picture(uint32_t code, char *picture)
{
	if (code == '\t' || (code >= 0x20 && code < 0x7f) || code >= 0xa0)
		return false;
	memcpy(picture, replacement, PICTURE_BYTES);
	if (code <= 0x7f) {
		/* U+2400 + code, but U+2421 for delete. */
		picture[0] = '\xe2';
		picture[1] = '\x90';
		picture[2] = (char)(code == 0x7f ? 0xa1 : 0x80 + code);
	}
	return true;
}

/* Returns the cleaned form of the first character of the size bytes at *raw, and moves
 * *raw behind that character. */
static const char *
log_line_clean_next(const char **raw, size_t size, char *picture, size_t *len)
{
	const char *shown = *raw;
	uint32_t code;
	size_t n = utf8_next(shown, size, &code);

	*raw += n ? n : 1;
	*len = n;
	if (n && !log_line_needs_picture(code, picture))
		return shown;
	if (!n)
		memcpy(picture, replacement, PICTURE_BYTES);
	*len = PICTURE_BYTES;
	return picture;
}

size_t
log_line_clean(const struct log_line *line, char *text)
{
	/* An empty first line has no bytes yet. */
	const char *raw = line->raw.len ? line->raw.bytes : "";
	const char *end = raw + line->raw.len;
	size_t len = 0, cut = 0; /* cut: the last place where an ellipsis fits */
	char picture[PICTURE_BYTES];

	if (raw < end && !line->is_long && end[-1] == '\r')
		end--;
	while (raw < end) {
		size_t n;
		const char *shown =
			log_line_clean_next(&raw, (size_t)(end - raw), picture, &n);

		if (len + n > line->max_bytes) {
			memcpy(text + cut, ELLIPSIS, ELLIPSIS_BYTES);
			return cut + ELLIPSIS_BYTES;
		}
		memcpy(text + len, shown, n);
		len += n;
		if (len + ELLIPSIS_BYTES <= line->max_bytes)
			cut = len;
	}
	return len;
}

void
log_line_clear(struct log_line *line)
{
	line->raw.len = 0;
	line->is_long = false;
}
