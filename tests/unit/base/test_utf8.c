#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/utf8.h"

/* Check text in pieces of step bytes. */
static bool
is_good_in_pieces(const char *text, size_t size, size_t step)
{
	struct utf8_check check = { 0 };
	size_t i, len;

	for (i = 0; i < size; i += len) {
		len = size - i < step ? size - i : step;
		if (!utf8_check_piece(&check, text + i, len))
			return false;
	}
	return utf8_check_end(&check);
}

/* Check text character by character. */
static bool
is_good_by_character(const char *text, size_t size)
{
	uint32_t code;
	size_t i, n;

	for (i = 0; i < size; i += n) {
		n = utf8_next(text + i, size - i, &code);
		if (!n)
			return false;
	}
	return true;
}

static void
assert_same_verdict(const char *text, size_t size)
{
	bool is_good = is_good_by_character(text, size);
	size_t step;

	for (step = 1; step <= size; step++)
		assert_int_equal(is_good_in_pieces(text, size, step), is_good);
}

static void
test_valid_text_is_accepted_in_any_pieces(void **state)
{
	static const char text[] = "aé汉😀 \xc2\x80\u07ff\u0800\ud7ff\ue000\uffff"
				   "\U00010000\U0010ffff";

	(void)state;
	assert_true(is_good_by_character(text, sizeof(text)));
	assert_same_verdict(text, sizeof(text));
}

static void
test_any_two_bytes_get_the_same_result_in_pieces_and_by_character(void **state)
{
	unsigned bytes;

	(void)state;
	for (bytes = 0; bytes < 0x10000; bytes++) {
		const char text[] = { (char)(bytes >> 8), (char)bytes };

		assert_same_verdict(text, sizeof(text));
	}
}

/* Behind the first two bytes, any continuation byte is valid. So a few values for the
 * others are enough. */
static void
test_long_characters_get_the_same_result_in_pieces_and_by_character(void **state)
{
	static const char ends[] = "\x41\x7f\x80\xbf\xc0\xff";
	unsigned first, second;
	size_t i, j;

	(void)state;
	for (first = 0xc0; first < 0x100; first++)
		for (second = 0x70; second < 0xd0; second++)
			for (i = 0; i < sizeof(ends) - 1; i++)
				for (j = 0; j < sizeof(ends) - 1; j++) {
					const char text[] = { (char)first, (char)second,
						ends[i], ends[j] };

					assert_same_verdict(text, 3);
					assert_same_verdict(text, 4);
				}
}

static void
test_an_invalid_byte_is_rejected_at_once(void **state)
{
	static const char *const starts[] = { "\x80", "\xc1", "\xe0\x9f", "\xed\xa0",
		"\xf0\x8f", "\xf4\x90", "\xf5", "\xe2\x82\x41" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct utf8_check check = { 0 };
		size_t len = strlen(starts[i]);

		assert_true(utf8_check_piece(&check, starts[i], len - 1));
		assert_false(utf8_check_piece(&check, starts[i] + len - 1, 1));
	}
}

static void
test_a_text_may_not_end_inside_a_character(void **state)
{
	struct utf8_check check = { 0 };

	(void)state;
	assert_true(utf8_check_end(&check));
	assert_true(utf8_check_piece(&check, "a\xe2\x82", 3));
	assert_false(utf8_check_end(&check));
	assert_true(utf8_check_piece(&check, NULL, 0));
	assert_false(utf8_check_end(&check));
	assert_true(utf8_check_piece(&check, "\xac", 1));
	assert_true(utf8_check_end(&check));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_text_is_accepted_in_any_pieces),
		cmocka_unit_test(
			test_any_two_bytes_get_the_same_result_in_pieces_and_by_character),
		cmocka_unit_test(
			test_long_characters_get_the_same_result_in_pieces_and_by_character),
		cmocka_unit_test(test_an_invalid_byte_is_rejected_at_once),
		cmocka_unit_test(test_a_text_may_not_end_inside_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
