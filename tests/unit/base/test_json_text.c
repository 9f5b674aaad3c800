#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/base/json_text.h"

/* Read "[ITEM,ITEM,...]" of count items. Returns true if it is accepted. */
static bool
accepts(const char *item, size_t count)
{
	struct buffer text = { 0 };
	json_error_t error;
	json_t *value;

	for (size_t i = 0; i < count; i++) {
		buffer_append(&text, i ? "," : "[", 1);
		buffer_append(&text, item, strlen(item));
	}
	buffer_append(&text, "]", 1);
	value = json_text_load(text.bytes, text.len, 0, &error);
	if (!value)
		assert_string_equal(error.text, "too many values");
	buffer_clear(&text);
	json_decref(value);
	return value != NULL;
}

static void
test_the_number_of_values_is_limited(void **state)
{
	const size_t left = JSON_TEXT_VALUES - JSON_TEXT_ARRAY;

	(void)state;
	assert_true(accepts("1", left));
	assert_false(accepts("1", left + 1));
	assert_true(accepts("[]", left / 3));
	assert_false(accepts("[]", left / 3 + 1));
	assert_true(accepts("{}", left / 5));
	assert_false(accepts("{}", left / 5 + 1));
	assert_true(accepts("{\"a\":1}", left / 6));
	assert_false(accepts("{\"a\":1}", left / 6 + 1));
}

static void
test_what_is_in_a_string_is_no_value(void **state)
{
	(void)state;
	assert_true(accepts("\"[[[[{{{{,,,,::::\\\"[[[[{{{{\\\\\"", 30000));
	assert_false(accepts("\"\\\\\",[[[[]]]]", 20000));
}

static void
test_text_that_ends_in_an_escape_is_no_json(void **state)
{
	json_error_t error;

	(void)state;
	assert_null(json_text_load("[\"\\", 3, 0, &error));
	assert_null(json_text_load("", 0, 0, &error));
}

/* What jansson writes, in a line. */
static void
assert_like_jansson(const char *bytes, size_t len)
{
	json_t *string = json_stringn(bytes, len);
	char *expected = json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT);
	struct buffer text = { 0 };

	json_text_append(&text, string);
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.bytes, expected, text.len);
	buffer_clear(&text);
	free(expected);
	json_decref(string);
}

static void
test_strings_are_escaped_as_jansson_does(void **state)
{
	char text[] = "a?b";

	(void)state;
	for (int c = 0; c < 0x80; c++) {
		text[1] = (char)c;
		assert_like_jansson(text, 3);
		assert_like_jansson(text + 1, 1);
	}
	assert_like_jansson("", 0);
	assert_like_jansson("\"\\\n\r\t\b\f/\x7f", 9);
	assert_like_jansson("gr\xc3\xbc\xc3\x9f \xe2\x80\xa8 \xf0\x9f\x98\x80", 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_number_of_values_is_limited),
		cmocka_unit_test(test_what_is_in_a_string_is_no_value),
		cmocka_unit_test(test_text_that_ends_in_an_escape_is_no_json),
		cmocka_unit_test(test_strings_are_escaped_as_jansson_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
