#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/utf8.h"
#include "tail/log_line.h"

#define MAX_BYTES 16

/* Feed size bytes in pieces and write the cleaned lines to out, a bar after each. An
 * unfinished line follows a tilde. */
static void
show(const char *bytes, size_t size, size_t piece, char *out)
{
	struct log_line line = { .max_bytes = MAX_BYTES };
	size_t at = 0;

	while (at < size) {
		size_t n = size - at < piece ? size - at : piece;
		bool is_whole;

		at += log_line_take(&line, bytes + at, n, &is_whole);
		if (!is_whole)
			continue;
		out += log_line_clean(&line, out);
		*out++ = '|';
		log_line_clear(&line);
	}
	if (line.raw.len) {
		*out++ = '~';
		out += log_line_clean(&line, out);
	}
	*out = '\0';
	buffer_clear(&line.raw);
}

#define assert_shown(bytes, expected)                                                    \
	do {                                                                             \
		char out[1024];                                                          \
		show(bytes, sizeof(bytes) - 1, 1, out);                                  \
		assert_string_equal(out, expected);                                      \
		show(bytes, sizeof(bytes) - 1, 1000, out);                               \
		assert_string_equal(out, expected);                                      \
	} while (0)

static void
test_a_newline_ends_a_line_and_a_line_may_be_empty(void **state)
{
	(void)state;
	assert_shown("", "");
	assert_shown("one\ntwo\n\n\nthree", "one|two|||~three");
	assert_shown("\n\r\none\n", "||one|");
}

static void
test_a_carriage_return_is_dropped_only_at_the_end_of_a_line(void **state)
{
	(void)state;
	assert_shown("one\r\n\r\n", "one||");
	assert_shown("a\rb\r\r\n", "a␍b␍|");
}

static void
test_control_characters_are_shown_as_their_pictures(void **state)
{
	(void)state;
	assert_shown("\x1b[1m\0\x7f\n", "␛[1m␀␡|");
	assert_shown("a\tb\n", "a\tb|");
	assert_shown("\xc2\x85\xc2\x9f\xc2\xa0\n", "\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0|");
}

static void
test_invalid_utf8_is_replaced_byte_by_byte(void **state)
{
	(void)state;
	assert_shown("caf\xe9\n", "caf\xef\xbf\xbd|");
	assert_shown("\xe6\x97\n", "\xef\xbf\xbd\xef\xbf\xbd|");
	assert_shown("\xed\xa0\x80x\n", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx|");
	assert_shown("日本\n", "日本|");
}

static void
test_a_line_of_the_limit_fits_and_one_byte_more_is_cut(void **state)
{
	(void)state;
	assert_shown("0123456789abcdef\n", "0123456789abcdef|");
	assert_shown("0123456789abcdef\r\n", "0123456789abcdef|");
	assert_shown("0123456789abcdefg\n", "0123456789abc…|");
	assert_shown("0123456789abcdefg\r\nx\n", "0123456789abc…|x|");
	assert_shown("0123456789abcdefghijklmnopqrstuvwxyz\nx\n", "0123456789abc…|x|");
}

static void
test_a_long_line_is_cut_between_two_characters(void **state)
{
	(void)state;
	assert_shown("0123456789a日本\n", "0123456789a…|");
	assert_shown("0123456789日本\n", "0123456789日本|");
	assert_shown("0123456789a\0\0\n", "0123456789a…|");
	assert_shown("日本日本日本\n", "日本日本…|");
}

static void
test_an_endless_line_takes_no_more_memory(void **state)
{
	struct log_line line = { .max_bytes = MAX_BYTES };
	char text[MAX_BYTES], much[4096];
	bool is_whole;
	int i;

	(void)state;
	memset(much, 'x', sizeof(much));
	for (i = 0; i < 1000; i++)
		assert_int_equal(log_line_take(&line, much, sizeof(much), &is_whole),
			sizeof(much));
	assert_true(line.raw.capacity < 1024);
	assert_int_equal(log_line_clean(&line, text), MAX_BYTES);
	buffer_clear(&line.raw);
}

static bool
is_clean(const char *text, size_t size)
{
	while (size) {
		uint32_t code;
		size_t n = utf8_next(text, size, &code);

		if (!n || (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0))
			return false;
		text += n;
		size -= n;
	}
	return true;
}

static void
test_any_bytes_give_clean_text_however_they_are_split(void **state)
{
	static const char likely[] =
		"a\n\r\t\x1b\xc2\x85\xe2\x90\x80\xf0\x9f\x99\x82\xff";
	char bytes[64], whole[1024], pieces[1024];
	int round;

	(void)state;
	srand(7);
	for (round = 0; round < 20000; round++) {
		size_t size = (size_t)rand() % sizeof(bytes), i;

		for (i = 0; i < size; i++)
			bytes[i] = likely[(size_t)rand() % sizeof(likely)];
		show(bytes, size, sizeof(bytes), whole);
		show(bytes, size, 1 + (size_t)rand() % 5, pieces);
		assert_string_equal(whole, pieces);
		assert_true(is_clean(whole, strlen(whole)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_newline_ends_a_line_and_a_line_may_be_empty),
		cmocka_unit_test(
			test_a_carriage_return_is_dropped_only_at_the_end_of_a_line),
		cmocka_unit_test(test_control_characters_are_shown_as_their_pictures),
		cmocka_unit_test(test_invalid_utf8_is_replaced_byte_by_byte),
		cmocka_unit_test(test_a_line_of_the_limit_fits_and_one_byte_more_is_cut),
		cmocka_unit_test(test_a_long_line_is_cut_between_two_characters),
		cmocka_unit_test(test_an_endless_line_takes_no_more_memory),
		cmocka_unit_test(test_any_bytes_give_clean_text_however_they_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
