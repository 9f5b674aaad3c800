#include "linnet/base/json_text.h"

#include <stdbool.h>
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
	/* A reader would take it for an integer without a point or an exponent. */
	buffer_printf(text, "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
}

/* Append a character that may not be in a JSON string as it is (RFC 8259 section 7). */
static void
json_text_append_escape(struct buffer *text, char c)
{
	static const char characters[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = c ? strchr(characters, c) : NULL;
	char escape[8];
	int len = found ? snprintf(escape, sizeof(escape), "\\%c",
				  letters[found - characters])
			: snprintf(escape, sizeof(escape), "\\u%04X", (unsigned)c);

	buffer_append(text, escape, (size_t)len);
}

static void
json_text_append_bytes(struct buffer *text, const char *utf8, size_t len)
{
	size_t start = 0, i;

	buffer_append(text, "\"", 1);
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)utf8[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buffer_append(text, utf8 + start, i - start);
		json_text_append_escape(text, utf8[i]);
		start = i + 1;
	}
	buffer_append(text, utf8 + start, len - start);
	buffer_append(text, "\"", 1);
}

void
json_text_append_string(struct buffer *text, const char *utf8)
{
	json_text_append_bytes(text, utf8, strlen(utf8));
}

static void
json_text_append_object(struct buffer *text, json_t *object)
{
	const char *key, *separator = "";
	json_t *value;

	buffer_append(text, "{", 1);
	json_object_foreach(object, key, value)
	{
		buffer_append(text, separator, strlen(separator));
		json_text_append_string(text, key);
		buffer_append(text, ":", 1);
		json_text_append(text, value);
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
	case JSON_STRING:
		json_text_append_bytes(
			text, json_string_value(value), json_string_length(value));
		break;
	case JSON_REAL:
		json_text_append_real(text, json_real_value(value));
		break;
	default:
		json_dump_callback(
			value, json_text_on_dump, text, JSON_ENCODE_ANY | JSON_COMPACT);
	}
}

/* Returns the place of the value that is too many, or len. It may count too much in a
 * text that is no JSON. */
static size_t
json_text_find_excess(const char *bytes, size_t len)
{
	size_t values = 1, i;
	bool is_string = false;

	/* So few bytes are not too many values, whatever they are. */
	if (len < JSON_TEXT_VALUES / JSON_TEXT_OBJECT)
		return len;
	for (i = 0; i < len && values <= JSON_TEXT_VALUES; i++) {
		char c = bytes[i];

		if (is_string && c == '\\')
			i++;
		else if (c == '"')
			is_string = !is_string;
		else if (!is_string && c == '{')
			values += JSON_TEXT_OBJECT;
		else if (!is_string && c == '[')
			values += JSON_TEXT_ARRAY;
		else if (!is_string && (c == ',' || c == ':'))
			values++;
	}
	return values > JSON_TEXT_VALUES ? i : len;
}

json_t *
json_text_load(const char *bytes, size_t len, size_t flags, json_error_t *error)
{
	size_t end = json_text_find_excess(bytes, len);

	if (end >= len)
		return json_loadb(bytes, len, flags, error);
	memset(error, 0, sizeof(*error));
	error->position = (int)end;
	snprintf(error->text, sizeof(error->text), "too many values");
	return NULL;
}
