/* config_fixture.h - loads configurations, and checks the values or the errors. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/config/config.h"

#define ROOT "/srv/page"

/* One load: the text of a file, and up to 3 settings of the command line. */
struct attempt {
	const char *text;
	const char *settings[3];
};

static struct config_errors errors;

static inline struct config *
try_load(struct attempt attempt)
{
	size_t count = 0;

	while (count < 3 && attempt.settings[count])
		count++;
	config_errors_clear(&errors);
	if (attempt.text)
		return config_load_text(
			attempt.text, "test.cfg", attempt.settings, count, ROOT, &errors);
	return config_load(
		&(struct config_input){
			.settings = attempt.settings,
			.setting_count = count,
			.default_root = ROOT,
		},
		&errors);
}

static inline struct config *
try_load_file(const char *path)
{
	config_errors_clear(&errors);
	return config_load(
		&(struct config_input){
			.paths = &path,
			.path_count = 1,
			.default_root = ROOT,
		},
		&errors);
}

static inline void
print_errors(void)
{
	for (size_t i = 0; i < errors.count; i++)
		print_error("%s\n", errors.lines[i]);
}

/* The caller frees the configuration. */
static inline struct config *
load(struct attempt attempt)
{
	struct config *config = try_load(attempt);

	print_errors();
	assert_non_null(config);
	assert_int_equal(errors.count, 0);
	return config;
}

/* Check that the load failed with exactly these lines. The list ends with NULL. */
static inline void
assert_errors(struct config *config, const char *const *lines)
{
	size_t count = 0;

	assert_null(config);
	while (lines[count])
		count++;
	if (errors.count != count)
		print_errors();
	for (size_t i = 0; i < count && i < errors.count; i++)
		assert_string_equal(errors.lines[i], lines[i]);
	assert_int_equal(errors.count, count);
	config_errors_clear(&errors);
}

#define assert_load_fails(attempt, ...)                                                  \
	assert_errors(try_load(attempt), (const char *const[]){ __VA_ARGS__, NULL })
#define FILE_TEXT(...)                                                                   \
	(struct attempt)                                                                 \
	{                                                                                \
		.text = __VA_ARGS__                                                      \
	}
#define SETTINGS(...)                                                                    \
	(struct attempt)                                                                 \
	{                                                                                \
		.settings = { __VA_ARGS__ }                                              \
	}

/* The caller frees the text. */
static inline char *
dump(const struct config *config)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_dump(config, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static inline void
assert_same(const struct config *config, const struct config *other)
{
	char *text = dump(config), *other_text = dump(other);

	assert_string_equal(text, other_text);
	free(text);
	free(other_text);
}
