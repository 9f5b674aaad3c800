#include "client/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linnet/base/json_text.h"
#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/line_text.h"

/* The first error of stdout. */
static int write_error;

/* Not yet handed over. */
static struct buffer waiting;

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
	buffer_append(&waiting, text->bytes, text->len);
	text->len = 0;
}

/* Standard output may be non-blocking: it is shared with other programs. */
static int
output_write_some(
	const struct runner *runner, const char *bytes, size_t len, size_t *done)
{
	struct pollfd poll_out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n;

	/* So many bytes do not wait if there is room in a pipe. */
	if (runner_is_stopped(runner))
		len = size_min(len, PIPE_BUF);
	if (runner_is_stopped(runner) && poll(&poll_out, 1, 0) == 0)
		return -EINTR;
	n = write(STDOUT_FILENO, bytes, len);
	if (n < 0 && errno == EAGAIN)
		return poll(&poll_out, 1, -1) < 0 ? -errno : 0;
	if (n < 0)
		return -errno;
	*done += (size_t)n;
	return 0;
}

int
output_flush(const struct runner *runner)
{
	size_t done = 0;
	int r = write_error;

	while (!r && done < waiting.len)
		r = output_write_some(
			runner, waiting.bytes + done, waiting.len - done, &done);
	if (r && !write_error && r != -EPIPE && r != -EINTR)
		output_note("standard output: %s", strerror(-r));
	write_error = r;
	buffer_clear(&waiting);
	return r;
}
