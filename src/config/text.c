#include "config/config_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/utf8.h"
#include "linnet/base/util.h"
#include "linnet/base/xalloc.h"

/* Escape one character, or one invalid byte, of up to 4 bytes. */
static void
text_escape_character(char *out, const char *text, size_t length, enum escape_for use)
{
	static const char plain[] = "\n\r\t\f\"\\";
	static const char letters[] = "nrtf\"\\";
	const char *known = use == ESCAPE_FOR_STRING ? strchr(plain, text[0]) : NULL;

	if (known) {
		snprintf(out, 3, "\\%c", letters[known - plain]);
		return;
	}
	for (size_t i = 0; i < length; i++)
		snprintf(out + 4 * i, 5, "\\x%02X", (unsigned char)text[i]);
}

/* config_escape to out, which has room for 4 * max bytes and "...". */
static void
text_escape_to(char *out, const char *text, size_t max, enum escape_for use)
{
	size_t total = strlen(text), length;
	size_t end = size_min(total, max);
	uint32_t code;

	for (size_t i = 0; i < end; i += length) {
		length = utf8_next(text + i, total - i, &code);
		bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
		bool special = use == ESCAPE_FOR_STRING && (code == '"' || code == '\\');

		if (i + length > end)
			break;
		if (length == 0 || control || special) {
			length = length ? length : 1;
			text_escape_character(out, text + i, length, use);
			out += strlen(out);
		} else {
			out = mempcpy(out, text + i, length);
		}
	}
	memcpy(out, total > max ? "..." : "", total > max ? 4 : 1);
}

char *
config_escape(const char *text, size_t max, enum escape_for use)
{
	char *escaped = xmalloc(4 * size_min(strlen(text), max) + sizeof("..."));

	text_escape_to(escaped, text, max, use);
	return escaped;
}

struct config_shown
config_show(const char *text)
{
	struct config_shown shown = { "" };

	text_escape_to(shown.text, text, CONFIG_SHOWN_BYTES, ESCAPE_FOR_STRING);
	return shown;
}

char *
config_real_text(double value)
{
	char digits[32];

	/* 15 digits survive text to double to text; 17 survive double to text to double.
	 */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	size_t mantissa = strcspn(digits, "e");
	return xasprintf("%.*s%s%s", (int)mantissa, digits,
		strpbrk(digits, ".n") ? "" : ".0", digits + mantissa);
}

void
config_errors_add(
	struct config_errors *errors, const char *where, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *message = xvasprintf(format, arguments);
	va_end(arguments);
	errors->lines =
		xrealloc(errors->lines, (errors->count + 1) * sizeof(*errors->lines));
	errors->lines[errors->count++] = xasprintf("%s: %s", where, message);
	free(message);
}

void
config_errors_clear(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	free(errors->lines);
	*errors = (struct config_errors){ 0 };
}
