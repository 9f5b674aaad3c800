/* json_text.h - compact JSON text from a jansson value. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Growing text; all zero is empty. bytes is freed by whoever owns the struct. */
struct json_text {
	char *bytes;
	size_t len;
	size_t capacity;
};

/* Append value as compact JSON, members in the order in which they were set. Numbers keep
 * the value that they came with in the shortest form (0.1 stays 0.1), which json_dumps of
 * jansson before 2.15 does not do: a relay must not make 0.10000000000000001 of it. */
void json_text_append(struct json_text *text, json_t *value);
