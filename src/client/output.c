#include "client/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/json_text.h"
#include "linnet/base/utf8.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/line_text.h"

/* The first error of stdout. */
static int write_error;

void
output_note(const char *format, ...)
{
	struct buffer line = { 0 };
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	buffer_printf(&line, "linnet: ");
	line_text_append_clean(&line, text, strlen(text));
	buffer_append(&line, "\n", 1);
	fwrite(line.bytes, 1, line.len, stderr);
	buffer_clear(&line);
	free(text);
}

void
output_append_json(struct buffer *text, json_t *object)
{
	struct buffer json = { 0 };
	uint32_t code;
	size_t n;

	json_text_append(&json, object);
	for (size_t i = 0; i < json.len; i += n) {
		n = utf8_next(json.bytes + i, json.len - i, &code);
		if (line_text_is_unsafe(code))
			buffer_printf(text, "\\u%04x", code);
		else
			buffer_append(text, json.bytes + i, n);
	}
	buffer_append(text, "\n", 1);
	buffer_clear(&json);
}

void
output_write(struct buffer *text)
{
	if (text->len && !write_error &&
		fwrite(text->bytes, 1, text->len, stdout) != text->len)
		write_error = -errno;
	text->len = 0;
}

int
output_flush(void)
{
	if (!write_error && fflush(stdout) == EOF)
		write_error = -errno;
	return write_error;
}
