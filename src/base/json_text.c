#include "linnet/base/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
json_text_on_dump(const char *bytes, size_t len, void *text)
{
	buffer_append(text, bytes, len);
	return 0;
}

/* The fewest digits that read back to the same double. 15 digits survive text to double
 * to text; 17 survive double to text to double. */
static void
json_text_append_real(struct buffer *text, double value)
{
	char digits[32];
	int precision;

	for (precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	buffer_append(text, digits, strlen(digits));
	/* A reader would take it for an integer without a point or an exponent. */
	if (!strpbrk(digits, ".e"))
		buffer_append(text, ".0", 2);
}

void
json_text_append_string(struct buffer *text, const char *utf8)
{
	json_t *string = json_string_nocheck(utf8);

	json_dump_callback(
		string, json_text_on_dump, text, JSON_ENCODE_ANY | JSON_COMPACT);
	json_decref(string);
}

static void
json_text_append_object(struct buffer *text, json_t *object)
{
	void *iter = json_object_iter(object);
	const char *separator = "{";

	if (!iter)
		buffer_append(text, separator, 1);
	for (; iter; iter = json_object_iter_next(object, iter)) {
		const char *key = json_object_iter_key(iter);

		buffer_append(text, separator, 1);
		json_text_append_string(text, key);
		buffer_append(text, ":", 1);
		json_text_append(text, json_object_iter_value(iter));
		separator = ",";
	}
	buffer_append(text, "}", 1);
}

static void
json_text_append_array(struct buffer *text, json_t *array)
{
	json_t *item;
	size_t i;

	buffer_append(text, "[", 1);
	json_array_foreach(array, i, item)
	{
		if (i)
			buffer_append(text, ",", 1);
		json_text_append(text, item);
	}
	buffer_append(text, "]", 1);
}

void
json_text_append(struct buffer *text, json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		json_text_append_object(text, value);
		break;
	case JSON_ARRAY:
		json_text_append_array(text, value);
		break;
	case JSON_REAL:
		json_text_append_real(text, json_real_value(value));
		break;
	default:
		json_dump_callback(
			value, json_text_on_dump, text, JSON_ENCODE_ANY | JSON_COMPACT);
	}
}
