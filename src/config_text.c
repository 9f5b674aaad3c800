#include "config_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/xalloc.h"

size_t
config_utf8_character(const char *text, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;

	*code = bytes[0];
	if (bytes[0] < 0x80)
		return bytes[0] != 0;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
		return 0;
	*code &= 0xffu >> (length + 1);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff ||
		(*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/* Print one character, or one byte that is none, of at most 4 bytes. */
static void
print_escaped(char *out, const char *text, size_t length, enum escape_for use)
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

char *
config_escape(const char *text, size_t max, enum escape_for use)
{
	size_t total = strlen(text);
	size_t end = total < max ? total : max;
	char *escaped = xmalloc(4 * end + sizeof("..."));
	size_t used = 0;

	for (size_t i = 0; i < end;) {
		uint32_t code;
		size_t length = config_utf8_character(text + i, &code);
		bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
		bool special = use == ESCAPE_FOR_STRING && (code == '"' || code == '\\');

		if (i + length > end)
			break;
		if (length == 0 || control || special) {
			length = length ? length : 1;
			print_escaped(escaped + used, text + i, length, use);
			used += strlen(escaped + used);
		} else {
			memcpy(escaped + used, text + i, length);
			used += length;
		}
		i += length;
	}
	memcpy(escaped + used, total > max ? "..." : "", total > max ? 4 : 1);
	return escaped;
}

__attribute__((format(printf, 1, 0))) static char *
format_text(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		abort();
	return text;
}

char *
config_format(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = format_text(format, arguments);
	va_end(arguments);
	return text;
}

void
config_errors_add(
	struct config_errors *errors, const char *where, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *message = format_text(format, arguments);
	va_end(arguments);
	errors->lines =
		xrealloc(errors->lines, (errors->count + 1) * sizeof(*errors->lines));
	errors->lines[errors->count++] = config_format("%s: %s", where, message);
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
