/* json_text.h - compact JSON text of a jansson value. */
#pragma once

#include <jansson.h>

#include "linnet/base/buffer.h"

/* Append value as compact JSON. Members keep their order. A number is written in the
 * shortest form that reads back to the same value: 0.1 stays 0.1. json_dumps of jansson
 * before 2.15 writes 0.10000000000000001 instead, which would change what a client sent.
 */
void json_text_append(struct buffer *text, json_t *value);

/* Append utf8, which is valid UTF-8, as a JSON string. */
void json_text_append_string(struct buffer *text, const char *utf8);
