/* The command line of linnet, and the file of its places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/arguments.h"
#include "client/places.h"

/* Read up to 8 words. */
static int
read_words(struct arguments *arguments, const char *const *words)
{
	char *argv[10] = { (char *)"linnet" };
	int argc = 1;

	while (words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	return arguments_read(arguments, argc, argv);
}

#define READ(arguments, ...)                                                             \
	read_words(arguments, (const char *const[]){ __VA_ARGS__, NULL })

static void
test_options_stand_anywhere(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_int_equal(
		READ(&arguments, "pub", "-nann", "lobby", "--json", "--url=http://h"), 0);
	assert_int_equal(arguments.word_count, 2);
	assert_string_equal(arguments.words[0], "pub");
	assert_string_equal(arguments.words[1], "lobby");
	assert_null(arguments.words[2]);
	assert_string_equal(arguments.name, "ann");
	assert_string_equal(arguments.url, "http://h");
	assert_true(arguments.is_json);
	free(arguments.words);
}

static void
test_numbers_and_what_follows_two_dashes_are_words(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_int_equal(READ(&arguments, "-3", "-.5", "-", "--", "-n", "--json"), 0);
	assert_int_equal(arguments.word_count, 5);
	assert_false(arguments.is_json);
	free(arguments.words);
}

static void
test_a_value_may_look_like_an_option(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_int_equal(READ(&arguments, "-n", "-x", "--since", "--", "-Vh"), 0);
	assert_string_equal(arguments.name, "-x");
	assert_string_equal(arguments.since, "--");
	assert_true(arguments.is_version && arguments.is_help);
	free(arguments.words);
}

static void
test_the_url_comes_from_the_environment(void **state)
{
	struct arguments arguments;

	(void)state;
	setenv("LINNET_URL", "http://there", 1);
	assert_int_equal(READ(&arguments, "rooms"), 0);
	assert_string_equal(arguments.url, "http://there");
	free(arguments.words);
	setenv("LINNET_URL", "", 1);
	assert_int_equal(READ(&arguments, "rooms"), 0);
	assert_string_equal(arguments.url, "http://127.0.0.1:8000");
	free(arguments.words);
}

static void
test_wrong_options_are_refused(void **state)
{
	struct arguments arguments;

	(void)state;
	assert_true(READ(&arguments, "-x") < 0);
	free(arguments.words);
	assert_true(READ(&arguments, "--nothing=1") < 0);
	free(arguments.words);
	assert_true(READ(&arguments, "--json=1") < 0);
	free(arguments.words);
	assert_true(READ(&arguments, "rooms", "-u") < 0);
	free(arguments.words);
}

static void
test_places_are_kept_in_a_file(void **state)
{
	char folder[] = "/tmp/linnet-test-XXXXXX", path[64];
	struct places places;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/places", folder);
	assert_int_equal(places_open(&places, path), 0);
	assert_null(places_find(&places, "ops"));
	assert_int_equal(places_save(&places), 0);
	assert_int_equal(access(path, F_OK), -1);
	places_set(&places, "ops", "e:1");
	places_set(&places, "OPS", "e:2");
	assert_int_equal(places_save(&places), 0);
	places_free(&places);
	assert_int_equal(places_open(&places, path), 0);
	assert_int_equal(json_object_size(places.of_rooms), 1);
	assert_string_equal(places_find(&places, "Ops"), "e:2");
	places_free(&places);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0); /* nothing else is left there */
	assert_int_equal(places_open(&places, path), 0);
	places_set(&places, "ops", "e:1");
	assert_true(places_save(&places) < 0);
	places_free(&places);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_stand_anywhere),
		cmocka_unit_test(test_numbers_and_what_follows_two_dashes_are_words),
		cmocka_unit_test(test_a_value_may_look_like_an_option),
		cmocka_unit_test(test_the_url_comes_from_the_environment),
		cmocka_unit_test(test_wrong_options_are_refused),
		cmocka_unit_test(test_places_are_kept_in_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
