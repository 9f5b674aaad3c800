/* json_text.h - compact JSON text of a jansson value. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "linnet/base/buffer.h"

/* Append value as compact JSON. Members keep their order. A number is written in the
 * shortest form that reads back to the same value: 0.1 stays 0.1. json_dumps of jansson
 * before 2.15 writes 0.10000000000000001 instead, which would change what a client sent.
 */
void json_text_append(struct buffer *text, json_t *value);

/* Append utf8, which is valid UTF-8, as a JSON string. */
void json_text_append_string(struct buffer *text, const char *utf8);

/* Values that a text from outside may have. An object counts as JSON_TEXT_OBJECT values
 * and an array as JSON_TEXT_ARRAY, because they take more memory: up to 64 bytes a value.
 */
#define JSON_TEXT_VALUES 131072
#define JSON_TEXT_OBJECT 4
#define JSON_TEXT_ARRAY 2

/* Read len bytes of JSON from outside, as json_loadb with flags does. A text of more than
 * JSON_TEXT_VALUES is refused before any memory is taken for it. */
json_t *json_text_load(const char *bytes, size_t len, size_t flags, json_error_t *error);
