/* buffer.h - a byte array that grows. */
#pragma once

#include <stddef.h>

/* All zero is an empty buffer. The owner of the struct owns the bytes. */
struct buffer {
	char *bytes;
	size_t len;
	size_t capacity;
};

/* Append len bytes; bytes may be NULL if len is 0. */
void buffer_append(struct buffer *buffer, const void *bytes, size_t len);

/* Append what printf(3) would print. A NUL follows it, which len does not count. */
__attribute__((format(printf, 2, 3))) void buffer_printf(
	struct buffer *buffer, const char *format, ...);

/* Free the bytes and empty the buffer. */
void buffer_clear(struct buffer *buffer);
