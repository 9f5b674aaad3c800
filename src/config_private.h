/* config_private.h - what the config_*.c files share; no other file includes it. */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "linnet/config.h"

/* config_options.c: the table */

/* The option of that path, or NULL. */
const struct config_option *config_option_find(const char *path);

/* True if some path begins with name and a dot. */
bool config_group_exists(const char *name);

/* The option whose path was most likely meant, or NULL if none is near. */
const struct config_option *config_option_suggest(const char *path);

/* The group that was most likely meant by name, or NULL if none is near. The caller frees
 * it. */
char *config_group_suggest(const char *name);

/* config_value.c: one value of an option */

/* What a value must be, as "must be true or false". The caller frees it. */
char *config_value_wanted(const struct config_option *option);

/* What a setting is, as "a list" or "17". The caller frees it. */
char *config_value_found(const config_setting_t *setting);

/* Give the option the value of the setting. Returns false after reporting at where why
 * that cannot be. */
bool config_value_set(struct config *config, const struct config_option *option,
	const config_setting_t *setting, const char *where, struct config_errors *errors);

/* Print the value as libconfig text. */
void config_value_print(
	const struct config *config, const struct config_option *option, FILE *out);

/* Free what the value owns. */
void config_value_free(struct config *config, const struct config_option *option);

/* config_text.c: text that is safe to print, and the list of errors */

enum escape_for {
	ESCAPE_FOR_LINE,   /* control characters and invalid UTF-8 as \xHH */
	ESCAPE_FOR_STRING, /* that, and what a libconfig string needs between its quotes
			    */
};

/* A copy of text, at most max bytes of it (then "..." follows), that has no control
 * character and is valid UTF-8. The caller frees it. */
char *config_escape(const char *text, size_t max, enum escape_for use);

/* The length of the UTF-8 character at text, its code point in *code; 0 if text is at its
 * end or is no valid UTF-8 there. */
size_t config_utf8_character(const char *text, uint32_t *code);

/* As asprintf, but never fails. */
char *config_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Append the line "WHERE: MESSAGE". */
void config_errors_add(struct config_errors *errors, const char *where,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* config_source.c: the text for libconfig, put together from files */

/* Where a line of the text came from. */
struct config_line {
	const char *name; /* one of names below */
	unsigned number;  /* from 1 */
};

/* The text with every included file in its place, and the way back from its lines to the
 * files. All zero but for errors is a source that nothing was read to. */
struct config_source {
	struct config_errors *errors; /* what is wrong with the text goes here */
	char *text;                   /* NULL until something was read */
	size_t length, capacity;
	struct config_line *lines;
	size_t line_count, line_capacity;
	char **names;
	size_t name_count;
	char *folder;      /* of the first file; NULL: @include is refused */
	bool has_comments; /* there is at least one comment */
	bool broken;       /* not for libconfig: it would fail or misread it */
	bool incomplete;   /* an included file is missing from the text */
};

/* Read the file and what it includes. Source is broken if the file cannot be read. */
void config_source_read(struct config_source *source, const char *path);

/* Take text that came from no file; name stands where the file's would. */
void config_source_take(struct config_source *source, const char *text, const char *name);

/* "FILE:LINE" of a line of the text. The caller frees it. */
char *config_source_where(const struct config_source *source, unsigned line);

/* Free what the source owns, not the struct. */
void config_source_free(struct config_source *source);
