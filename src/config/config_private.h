/* config_private.h - shared by the files of config/. */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "linnet/base/buffer.h"
#include "linnet/base/hash.h"
#include "linnet/config/config.h"

#define CONFIG_SHOWN_BYTES 80 /* of a value or a name in an error */

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* options.c: the table of options */

/* All options, as if they were the members of one group. */
extern const struct config_members config_root;

/* The member with that path, or NULL. */
const struct config_option *config_option_find(
	const struct config_members *members, const char *path);

/* True if a path begins with name and a dot. */
bool config_group_exists(const char *name);

/* suggest.c: suggestions for names that are not in the table */

/* The member that path probably means, or NULL if none is near. */
const struct config_option *config_option_suggest(
	const struct config_members *members, const char *path);

/* The group that name probably means, or NULL if none is near. The caller frees it. */
char *config_group_suggest(const char *name);

/* text.c: printable text, and the list of errors */

enum escape_for {
	ESCAPE_FOR_LINE,   /* control characters and invalid UTF-8 as \xHH */
	ESCAPE_FOR_STRING, /* also what libconfig escapes in a string */
};

/* A copy of text without control characters and invalid UTF-8. After max bytes of text it
 * is cut and ends in "...". The caller frees it. */
char *config_escape(const char *text, size_t max, enum escape_for use);

/* A value or a name as errors show it. */
struct config_shown {
	char text[4 * CONFIG_SHOWN_BYTES + sizeof("...")];
};

/* As config_escape, for a string and CONFIG_SHOWN_BYTES. */
struct config_shown config_show(const char *text);

/* The shortest text with a decimal point that libconfig reads back to value, such as
 * "5.0". value is finite. The caller frees it. */
char *config_real_text(double value);

/* Append the line "WHERE: MESSAGE". */
void config_errors_add(struct config_errors *errors, const char *where,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* preprocess.c: puts the text for libconfig together from files */

/* The origin of a line of the text. */
struct config_line {
	const char *name; /* one of the source's names */
	unsigned number;  /* from 1 */
};

/* The text with all included files, and the file and line that each of its lines comes
 * from. All zero except errors is an empty source. */
struct config_source {
	struct config_errors *errors; /* where errors are reported */
	struct buffer text;           /* no bytes until something was read; then a NUL */
	struct config_line *lines;
	size_t line_count, line_capacity;
	char **names;
	size_t name_count;
	char *folder;      /* of the first file; NULL: @include is an error */
	bool has_comments; /* there is at least one comment */
	bool broken;       /* libconfig must not see it: it would fail or misread it */
	bool incomplete;   /* an included file could not be read */
};

/* Read the file and its includes. The source is broken if the file cannot be read. */
void config_source_read(struct config_source *source, const char *path);

/* Take text instead of a file. Errors have name in place of the file's. */
void config_source_take(struct config_source *source, const char *text, const char *name);

/* "FILE:LINE" of a line of the text. The caller frees it. */
char *config_source_where(const struct config_source *source, unsigned line);

/* Where settings come from: a source, or one KEY=VALUE of the command line, or neither
 * for a default. */
struct config_place {
	const struct config_source *source;
	const char *argument; /* KEY=VALUE, or NULL; used if source is NULL */
	const char *within;   /* "rooms item 2", or NULL */
};

/* "FILE:LINE" of the setting, or "-s KEY=VALUE", or "built-in default". setting may be
 * NULL unless there is a source. The caller frees it. */
char *config_where(const struct config_place *place, const config_setting_t *setting);

/* Append an error that begins with "FILE:LINE" of the setting, or "-s KEY=VALUE", and
 * within. setting may be NULL unless there is a source. */
void config_report(struct config_errors *errors, const struct config_place *place,
	const config_setting_t *setting, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Report that the key called name is unknown. near is the option to suggest, or NULL. */
void config_report_unknown(struct config_errors *errors, const struct config_place *place,
	const config_setting_t *setting, const char *name,
	const struct config_option *near);

/* True if part of the text is missing, which was reported. False if source is NULL. */
bool config_source_is_cut(const struct config_source *source);

/* Free what the source owns, not the struct. */
void config_source_free(struct config_source *source);

/* value.c: the value of one option */

/* A setting, and where its value goes. */
struct config_target {
	void *base; /* the struct that the option's offset refers to */
	const struct config_option *option;
	const config_setting_t *setting;
	const struct config_place *place; /* where the setting comes from */
	struct config_errors *errors;
};

/* The address of the option's value. */
void *config_value_at(const void *base, const struct config_option *option);

/* What a value must be: "must be true or false". The caller frees it. */
char *config_value_wanted(const struct config_option *option);

/* What a setting is: "a list" or "17". The caller frees it. */
char *config_value_found(const config_setting_t *setting);

/* Report at the target's setting that found is not what is wanted. Frees wanted. Returns
 * false. */
bool config_value_refuse(
	const struct config_target *to, const config_setting_t *found, char *wanted);

/* Report that the target's setting is not what its option wants. Returns false. */
bool config_value_refuse_setting(const struct config_target *to);

/* True if the setting is a list, with [ ] or with ( ). */
bool config_value_is_list(const config_setting_t *setting);

/* Set the option from the setting. Returns false if the value is wrong, which was
 * reported. */
bool config_value_set(const struct config_target *to);

/* Free the value's memory. */
void config_value_free(void *base, const struct config_option *option);

/* groups.c: values that are lists of groups */

/* A list of groups, whatever their struct. */
struct config_groups {
	size_t count;
	void *items;
};

/* The list that is the option's value. */
struct config_groups config_groups_get(
	const void *base, const struct config_option *option);

/* The member by which the groups of a list differ. */
const struct config_option *config_groups_key(const struct config_option *option);

/* Empty the list. */
void config_groups_clear(void *base, const struct config_option *option);

/* The struct of group number index, from 0. */
void *config_groups_item(const struct config_groups *groups,
	const struct config_option *option, size_t index);

/* The name of group number index (from 0) in errors: "rooms item 1". The caller frees it.
 */
char *config_groups_name(const struct config_option *option, size_t index);

/* config_value_set for a list of groups: adds the groups to the list, also invalid ones.
 * Strings of an invalid group may be NULL. */
bool config_groups_set(const struct config_target *to);

/* Free the groups of the option. */
void config_groups_free(
	const struct config_groups *groups, const struct config_option *option);

/* cross_check.c: checks that involve several options */

/* Where an option's value comes from. Errors that involve several options are reported
 * there. */
struct config_origin {
	struct config_place place;
	const config_setting_t *setting; /* NULL unless place has a source */
	size_t step;                     /* a later value has a larger step */
	bool bad;                        /* a value of the option was wrong */
	/* Of a list of groups: one for each group. They own place.within. */
	struct config_origin *items;
	size_t item_count;
};

/* Check that the groups of each list differ in their unique members. origins has one
 * element for each option. */
void config_check_unique(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors);

/* Check all values that depend on other options. */
void config_cross_check(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors);

/* where.c: where the values of a loaded configuration are set */

/* Keep the places of all values. */
struct config_places *config_places_new(const struct config_origin *origins);

/* True if the option called path is not set anywhere. */
bool config_is_default(const struct config *config, const char *path);

/* Free them; NULL is fine. */
void config_places_free(struct config_places *places);
