/* fuzz_log_line.c - lines of a log. The first byte of the data chooses the longest line,
 * the second one the length of the pieces in which the rest is read. The lines are UTF-8
 * without control characters, and do not depend on the pieces. */
#include <assert.h>
#include <string.h>

#include "../fuzz.h"
#include "linnet/base/utf8.h"
#include "tail/log_line.h"

static void
check_line(const char *text, size_t len, size_t max_bytes)
{
	uint32_t code;
	size_t n;

	assert(len <= max_bytes);
	for (; len; text += n, len -= n) {
		n = utf8_next(text, len, &code);
		assert(n &&
			(code == '\t' || (code >= 0x20 && code < 0x7f) || code >= 0xa0));
	}
}

/* Append all whole lines to out, each with a line feed. */
static void
read_lines(const char *bytes, size_t size, size_t piece, size_t max_bytes,
	struct buffer *out)
{
	struct log_line line = { .max_bytes = max_bytes };
	/* As long as the owner of a line makes it, for the address sanitizer. */
	char *text = malloc(max_bytes);

	while (size) {
		size_t len = size < piece ? size : piece, taken, cleaned;
		bool is_whole;

		taken = log_line_take(&line, bytes, len, &is_whole);
		assert(taken && taken <= len && (is_whole || taken == len));
		assert(line.raw.len <= max_bytes + 1);
		bytes += taken;
		size -= taken;
		if (!is_whole)
			continue;
		cleaned = log_line_clean(&line, text);
		check_line(text, cleaned, max_bytes);
		buffer_append(out, text, cleaned);
		buffer_append(out, "\n", 1);
		log_line_clear(&line);
	}
	buffer_clear(&line.raw);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer one = { 0 }, many = { 0 };
	const char *bytes = (const char *)data + 2;
	size_t max_bytes;

	if (size < 3)
		return 0;
	size -= 2;
	max_bytes = LOG_LINE_LEAST_BYTES + data[0];
	read_lines(bytes, size, size, max_bytes, &one);
	read_lines(bytes, size, 1 + data[1] % 32, max_bytes, &many);
	assert(one.len == many.len &&
		(!one.len || !memcmp(one.bytes, many.bytes, one.len)));
	buffer_clear(&one);
	buffer_clear(&many);
	return 0;
}
