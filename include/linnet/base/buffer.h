/* buffer.h - bytes that grow. */
#pragma once

#include <stddef.h>

/* All zero is empty. Whoever owns the struct owns bytes. */
struct buffer {
	char *bytes;
	size_t len;
	size_t capacity;
};

/* Append len bytes; bytes may be NULL if len is 0. */
void buffer_append(struct buffer *buffer, const void *bytes, size_t len);

/* Free the bytes; the buffer is empty then. */
void buffer_clear(struct buffer *buffer);
