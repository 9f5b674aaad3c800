/* Reads the files and puts together the text for libconfig, which then only parses a
 * string. libconfig 1.5 cannot read the files itself. It
 *  - exits if an included name is a folder,
 *  - silently cuts numbers to 32 bits (4294975296 becomes 8000),
 *  - rejects a comment in the last line if no newline follows,
 *  - drops "\x00" from strings, and everything after an unclosed comment. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/config_private.h"
#include "linnet/base/xalloc.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024)
#define FILES_MAX 64
#define ARGUMENT_BYTES 100 /* of KEY=VALUE in an error: the log cuts lines, too */

/* The file that is being copied, and the one that includes it. */
struct preprocess_reader {
	struct config_source *source;
	const struct preprocess_reader *outer;
	const char *name;
	const char *at; /* the next byte; a NUL ends the text */
	unsigned line;
	bool line_start;
};

static void preprocess_append_file(struct config_source *source,
	const struct preprocess_reader *outer, const char *name, const char *text);

static const char *
preprocess_add_name(struct config_source *source, const char *name)
{
	source->names = xrealloc(
		source->names, (source->name_count + 1) * sizeof(*source->names));
	source->names[source->name_count] = xstrdup(name);
	return source->names[source->name_count++];
}

static void
preprocess_begin_line(const struct preprocess_reader *reader)
{
	struct config_source *source = reader->source;

	if (source->line_count == source->line_capacity) {
		source->line_capacity = 2 * source->line_capacity + 64;
		source->lines = xrealloc(
			source->lines, source->line_capacity * sizeof(*source->lines));
	}
	source->lines[source->line_count++] =
		(struct config_line){ .name = reader->name, .number = reader->line };
}

/* Copy count bytes unchanged. */
static void
preprocess_copy(struct preprocess_reader *reader, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_append(&reader->source->text, reader->at, 1);
		reader->line_start = *reader->at++ == '\n';
		if (reader->line_start) {
			reader->line++;
			preprocess_begin_line(reader);
		}
	}
}

/* "FILE:LINE". The caller frees it. */
static char *
preprocess_where(const char *name, unsigned line)
{
	char *shown = config_escape(name, SIZE_MAX, ESCAPE_FOR_LINE);
	char *where = xasprintf("%s:%u", shown, line);

	free(shown);
	return where;
}

/* Report an error in a line of this file. */
static void
preprocess_report(
	const struct preprocess_reader *reader, unsigned line, const char *message)
{
	char *where = preprocess_where(reader->name, line);

	config_errors_add(reader->source->errors, where, "%s", message);
	free(where);
}

/* Report an error in the current line, after which nothing can be read. */
static void
preprocess_refuse(const struct preprocess_reader *reader, const char *message)
{
	preprocess_report(reader, reader->line, message);
	reader->source->broken = true;
}

/* Read a file, which may be a pipe: linnetd -c <(command). Returns the text, which the
 * caller frees, or NULL with the reason in *reason. */
static char *
preprocess_read_file(const char *path, const char **reason)
{
	size_t length = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		*reason = strerror(errno);
		return NULL;
	}
	char *text = xmalloc(FILE_BYTES_MAX + 2);
	do {
		got = read(fd, text + length, FILE_BYTES_MAX + 1 - length);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	*reason = got < 0 ? strerror(errno) : NULL;
	close(fd);
	if (length > FILE_BYTES_MAX)
		*reason = "it is larger than 1 MiB";
	else if (memchr(text, 0, length))
		*reason = "it is not a text file (it has a NUL byte)";
	text[length] = '\0';
	if (!*reason)
		return xrealloc(text, length + 1);
	free(text);
	return NULL;
}

/* Copy a string with its quotes. */
static void
preprocess_copy_string(struct preprocess_reader *reader)
{
	const char *end = reader->at + 1;

	while (*end && *end != '"')
		end += end[0] == '\\' && end[1] ? 2 : 1;
	if (!*end) {
		preprocess_refuse(reader, "this string has no closing quote");
		return;
	}
	preprocess_copy(reader, 1);
	while (reader->at < end) {
		if (strncasecmp(reader->at, "\\x00", 4) == 0)
			preprocess_report(
				reader, reader->line, "a string cannot hold \\x00");
		preprocess_copy(reader, *reader->at == '\\' ? 2 : 1);
	}
	preprocess_copy(reader, 1);
}

static void
preprocess_copy_comment(struct preprocess_reader *reader)
{
	reader->source->has_comments = true;
	if (reader->at[1] != '*') {
		preprocess_copy(reader, strcspn(reader->at, "\n"));
		return;
	}
	const char *end = strstr(reader->at + 2, "*/");
	if (end)
		preprocess_copy(reader, (size_t)(end + 2 - reader->at));
	else
		preprocess_refuse(reader, "this comment has no closing */");
}

/* Copy a number. An L is appended if it may exceed 32 bits, so that libconfig reads an
 * int64 and does not cut it. */
static void
preprocess_copy_number(struct preprocess_reader *reader)
{
	bool hex = strncasecmp(reader->at, "0x", 2) == 0;
	size_t digits =
		hex ? strspn(reader->at + 2, HEX_DIGITS) : strspn(reader->at, DIGITS);

	preprocess_copy(reader, digits + (hex ? 2 : 0));
	if (!hex && *reader->at && strchr(".eE", *reader->at))
		preprocess_copy(reader, strspn(reader->at, DIGITS ".eE+-"));
	else if (digits > (hex ? 7 : 9) && *reader->at != 'L')
		buffer_append(&reader->source->text, "L", 1);
}

/* The name in an @include, from behind its first quote; NULL if it has no closing quote.
 * The caller frees it. */
static char *
preprocess_read_include_name(struct preprocess_reader *reader)
{
	const char *at = reader->at;
	char *name = xmalloc(strcspn(at, "\n") + 1);
	size_t length = 0;

	for (; *at && *at != '\n' && *at != '"'; at++) {
		if (at[0] == '\\' && (at[1] == '\\' || at[1] == '"'))
			at++;
		name[length++] = *at;
	}
	name[length] = '\0';
	if (*at != '"') {
		free(name);
		return NULL;
	}
	reader->at = at + 1;
	return name;
}

/* Append the file at path. Returns NULL, or the reason why it cannot be included. */
static const char *
preprocess_include_file(struct preprocess_reader *reader, const char *path)
{
	struct config_source *source = reader->source;
	const char *reason = NULL;

	for (const struct preprocess_reader *r = reader; r; r = r->outer)
		if (strcmp(r->name, path) == 0)
			return "it would include itself";
	if (source->name_count >= FILES_MAX)
		return "there are more than 64 files";
	char *text = preprocess_read_file(path, &reason);
	if (text)
		preprocess_append_file(
			source, reader, preprocess_add_name(source, path), text);
	free(text);
	return reason;
}

/* Replace the @include in this line by the file of that name. */
static void
preprocess_include(struct preprocess_reader *reader, const char *name)
{
	struct config_source *source = reader->source;
	unsigned line = reader->line;
	char *path =
		*name == '/' ? xstrdup(name) : xasprintf("%s%s", source->folder, name);
	const char *reason = preprocess_include_file(reader, path);

	if (reason) {
		char *shown = config_escape(path, SIZE_MAX, ESCAPE_FOR_LINE);
		char *message = xasprintf("cannot include %s: %s", shown, reason);
		preprocess_report(reader, line, message);
		source->incomplete = true;
		free(message);
		free(shown);
	}
	buffer_append(
		&source->text, "\n", 1); /* the rest of the line continues on a new one */
	preprocess_begin_line(reader);
	free(path);
}

/* @include "FILE" is relative to the folder of the first file. Any other @ is an error,
 * so that libconfig never includes a file itself. */
static void
preprocess_copy_include(struct preprocess_reader *reader)
{
	static const char word[] = "@include";
	size_t blanks = 0;

	if (reader->line_start && strncmp(reader->at, word, strlen(word)) == 0)
		blanks = strspn(reader->at + strlen(word), " \t");
	if (blanks == 0 || reader->at[strlen(word) + blanks] != '"') {
		preprocess_refuse(reader,
			"an @ must be an @include \"FILE\" at the start of a line");
		return;
	}
	reader->line_start = false;
	reader->at += strlen(word) + blanks + 1;
	char *name = preprocess_read_include_name(reader);
	if (!name)
		preprocess_refuse(
			reader, "the file name in this @include has no closing quote");
	else if (!reader->source->folder)
		preprocess_refuse(reader, "@include works only in files");
	else
		preprocess_include(reader, name);
	free(name);
}

/* Copy the next token that needs care, or one byte. */
static void
preprocess_copy_token(struct preprocess_reader *reader)
{
	const char *at = reader->at;

	if (*at == '"') {
		preprocess_copy_string(reader);
	} else if (*at == '#' || (*at == '/' && (at[1] == '/' || at[1] == '*'))) {
		preprocess_copy_comment(reader);
	} else if (*at == '@') {
		preprocess_copy_include(reader);
	} else if (*at == ' ' || *at == '\t') {
		bool line_start = reader->line_start;
		preprocess_copy(reader, strspn(at, " \t"));
		reader->line_start = line_start;
	} else if (strchr(DIGITS ".", *at)) {
		preprocess_copy_number(reader);
	} else {
		size_t name = strspn(at, LETTERS DIGITS "*_-");
		bool is_name = !strchr("-_", *at);
		preprocess_copy(reader, name && is_name ? name : 1);
	}
}

static void
preprocess_append_file(struct config_source *source,
	const struct preprocess_reader *outer, const char *name, const char *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct preprocess_reader reader = {
		.source = source,
		.outer = outer,
		.name = name,
		.at = text,
		.line = 1,
		.line_start = true,
	};

	if (strncmp(text, mark, strlen(mark)) == 0)
		reader.at += strlen(mark);
	buffer_append(&source->text, "\n", outer ? 1 : 0);
	preprocess_begin_line(&reader);
	while (*reader.at && !source->broken)
		preprocess_copy_token(&reader);
	buffer_append(&source->text, "\n", outer ? 0 : 2) /* with the NUL */;
}

void
config_source_read(struct config_source *source, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *reason;
	char *text = preprocess_read_file(path, &reason);

	if (!text) {
		char *where = config_escape(path, SIZE_MAX, ESCAPE_FOR_LINE);
		config_errors_add(source->errors, where, "cannot read: %s", reason);
		source->broken = true;
		free(where);
		return;
	}
	source->folder = xstrndup(path, slash ? (size_t)(slash + 1 - path) : 0);
	preprocess_append_file(source, NULL, preprocess_add_name(source, path), text);
	free(text);
}

void
config_source_take(struct config_source *source, const char *text, const char *name)
{
	preprocess_append_file(source, NULL, preprocess_add_name(source, name), text);
}

char *
config_source_where(const struct config_source *source, unsigned line)
{
	size_t index = line ? line - 1 : 0;

	if (index >= source->line_count)
		index = source->line_count - 1;
	return preprocess_where(source->lines[index].name, source->lines[index].number);
}

char *
config_where(const struct config_place *place, const config_setting_t *setting)
{
	if (place->source)
		return config_source_where(
			place->source, config_setting_source_line(setting));
	if (!place->argument)
		return xstrdup("built-in default");
	char *shown = config_escape(place->argument, ARGUMENT_BYTES, ESCAPE_FOR_LINE);
	char *where = xasprintf("-s %s", shown);
	free(shown);
	return where;
}

void
config_report(struct config_errors *errors, const struct config_place *place,
	const config_setting_t *setting, const char *format, ...)
{
	char *where = config_where(place, setting);
	va_list arguments;

	va_start(arguments, format);
	char *message = xvasprintf(format, arguments);
	va_end(arguments);
	config_errors_add(errors, where, "%s%s%s", place->within ? place->within : "",
		place->within ? ": " : "", message);
	free(message);
	free(where);
}

void
config_report_unknown(struct config_errors *errors, const struct config_place *place,
	const config_setting_t *setting, const char *name,
	const struct config_option *near)
{
	if (near)
		config_report(errors, place, setting,
			"unknown key \"%s\", did you mean \"%s\"?",
			config_show(name).text, near->path);
	else
		config_report(errors, place, setting,
			"unknown key \"%s\"; linnet.cfg(5) lists all keys",
			config_show(name).text);
}

bool
config_source_is_cut(const struct config_source *source)
{
	return source && (source->broken || source->incomplete);
}

void
config_source_free(struct config_source *source)
{
	for (size_t i = 0; i < source->name_count; i++)
		free(source->names[i]);
	free(source->names);
	free(source->lines);
	buffer_clear(&source->text);
	free(source->folder);
}
