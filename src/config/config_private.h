/* config_private.h - what the config_*.c files share; no other file includes it. */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "linnet/config/config.h"

#define CONFIG_SHOWN_BYTES 80 /* of a value or a name in a message */

/* options.c: the table */

/* The option of that path, or NULL. */
const struct config_option *config_option_find(const char *path);

/* The member of that name, or NULL. */
const struct config_option *config_member_find(
	const struct config_members *members, const char *name);

/* True if some path begins with name and a dot. */
bool config_group_exists(const char *name);

/* suggest.c: what was meant by a name that is not in the table */

/* The option whose path was most likely meant, or NULL if none is near. */
const struct config_option *config_option_suggest(const char *path);

/* The member that was most likely meant by name, or NULL if none is near. */
const struct config_option *config_member_suggest(
	const struct config_members *members, const char *name);

/* The group that was most likely meant by name, or NULL if none is near. The caller frees
 * it. */
char *config_group_suggest(const char *name);

/* text.c: text that is safe to print, and the list of errors */

enum escape_for {
	ESCAPE_FOR_LINE,   /* control characters and invalid UTF-8 as \xHH */
	ESCAPE_FOR_STRING, /* that, and what a libconfig string needs between its quotes
			    */
};

/* A copy of text, at most max bytes of it (then "..." follows), that has no control
 * character and is valid UTF-8. The caller frees it. */
char *config_escape(const char *text, size_t max, enum escape_for use);

/* The shortest text with a point that libconfig reads back to that double, as "5.0";
 * "inf" is beyond libconfig. The caller frees it. */
char *config_real_text(double value);

/* Append the line "WHERE: MESSAGE". */
void config_errors_add(struct config_errors *errors, const char *where,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Append that there is no key of that name, and the one that was most likely meant, which
 * may be NULL. */
void config_errors_add_unknown(struct config_errors *errors, const char *where,
	const char *name, const char *near);

/* preprocess.c: the text for libconfig, put together from files */

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

/* Where settings stand: in lines of a source or in one KEY=VALUE of the command line. */
struct config_place {
	const struct config_source *source;
	const char *argument; /* used where source is NULL */
	const char *within;   /* "rooms item 2", or NULL */
};

/* "FILE:LINE" of a setting or "-s KEY=VALUE", and what it is within. Setting may be NULL
 * where source is. The caller frees it. */
char *config_place_where(
	const struct config_place *place, const config_setting_t *setting);

/* True if the source lacks a part of what it should say, which has been reported. */
bool config_source_is_cut(const struct config_source *source);

/* Free what the source owns, not the struct. */
void config_source_free(struct config_source *source);

/* value.c: one value of an option */

/* A value on its way from a setting to its struct. */
struct config_target {
	void *base; /* the struct that the option's offset counts in */
	const struct config_option *option;
	const config_setting_t *setting;
	const struct config_place *place; /* of the setting */
	struct config_errors *errors;
};

/* Where the value of the option is in the struct. */
void *config_value_at(const void *base, const struct config_option *option);

/* What a value must be, as "must be true or false". The caller frees it. */
char *config_value_wanted(const struct config_option *option);

/* What a setting is, as "a list" or "17". The caller frees it. */
char *config_value_found(const config_setting_t *setting);

/* Report, where the target's setting is, that found is not what is wanted; frees wanted.
 */
void config_value_refuse(
	const struct config_target *to, const config_setting_t *found, char *wanted);

/* Give the option the value of the setting. Returns false after reporting why that cannot
 * be. */
bool config_value_set(const struct config_target *to);

/* Free what the value owns. */
void config_value_free(void *base, const struct config_option *option);

/* diff.c */

/* True if both structs have the same value of the option. */
bool config_value_is_equal(
	const void *a, const void *b, const struct config_option *option);

/* groups.c: a value that is a list of groups */

/* A list of groups of whatever struct. */
struct config_groups {
	size_t count;
	void *items;
};

/* The list that is the value of the option. */
struct config_groups config_groups_get(
	const void *base, const struct config_option *option);

/* The struct of group number index, from 0. */
void *config_groups_item(const struct config_groups *groups,
	const struct config_option *option, size_t index);

/* How messages name group number index, from 0: "rooms item 1". The caller frees it. */
char *config_groups_name(const struct config_option *option, size_t index);

/* As config_value_set and config_value_free. */
bool config_groups_set(const struct config_target *to);
void config_groups_free(void *base, const struct config_option *option);

/* cross_check.c: options that have to fit together */

/* Where the value of an option came from: a check that looks at several options is
 * reported there. */
struct config_origin {
	struct config_place place;
	const config_setting_t *setting; /* NULL unless place is in a source */
	size_t step;                     /* the later it was set, the larger */
	bool bad;                        /* some value was refused */
};

/* Check all values that other options have a say in; origins has one for each option. */
void config_cross_check(const struct config *config, const struct config_origin *origins,
	struct config_errors *errors);
