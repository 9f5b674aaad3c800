#include "linnet/base/buffer.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

#define START_BYTES 512

void
buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
	size_t needed = buffer->len + len, capacity = buffer->capacity;

	if (needed > capacity) {
		if (!capacity)
			capacity = START_BYTES;
		while (needed > capacity)
			capacity *= 2;
		buffer->bytes = xrealloc(buffer->bytes, capacity);
		buffer->capacity = capacity;
	}
	if (len)
		memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len = needed;
}

void
buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = xvasprintf(format, arguments);
	va_end(arguments);
	buffer_append(buffer, text, strlen(text) + 1);
	buffer->len--;
	free(text);
}

void
buffer_clear(struct buffer *buffer)
{
	free(buffer->bytes);
	memset(buffer, 0, sizeof(*buffer));
}
