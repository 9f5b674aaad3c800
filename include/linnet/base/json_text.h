/* json_text.h - compact JSON text from a jansson value. */
#pragma once

#include <jansson.h>

#include "linnet/base/buffer.h"

/* Append value as compact JSON, members in the order in which they were set. Numbers keep
 * the value that they came with in the shortest form (0.1 stays 0.1), which json_dumps of
 * jansson before 2.15 does not do: a relay must not make 0.10000000000000001 of it. */
void json_text_append(struct buffer *text, json_t *value);

/* Append UTF-8 as a JSON string. */
void json_text_append_string(struct buffer *text, const char *utf8);
