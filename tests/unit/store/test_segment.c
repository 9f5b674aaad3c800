#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/segment.h"

static void
assert_segmented(const char *text, const char *expected)
{
	char *segmented = segment_text(text, strlen(text));

	assert_string_equal(segmented, expected);
	free(segmented);
}

/* The query has these parts, each followed by "|". */
static void
assert_parts(const char *query, const char *expected)
{
	struct segment_part part;
	char text[200] = "";

	while (segment_next_part(&query, &part)) {
		strncat(text, part.text, part.len);
		strcat(text, "|");
	}
	assert_string_equal(text, expected);
}

static void
test_scripts_with_spaces_are_not_changed(void **state)
{
	(void)state;
	assert_segmented("", "");
	assert_segmented("disk full: \"/dev/sda1\"\n", "disk full: \"/dev/sda1\"\n");
	assert_segmented("Größe Ελλάδα Привет مرحبا", "Größe Ελλάδα Привет مرحبا");
}

static void
test_each_character_of_an_unspaced_script_is_a_word(void **state)
{
	(void)state;
	assert_segmented("磁盘full满了", " 磁  盘 full 满  了 ");
	assert_segmented("ひカ한ㄅ", " ひ  カ  한  ㄅ ");
	assert_segmented("𠮷", " 𠮷 ");
	assert_segmented("、a", " 、 a");
}

static void
test_each_unicode_block_has_its_exact_range(void **state)
{
	(void)state;
	assert_segmented("\u10ff\u1100\u11ff\u1200", "\u10ff \u1100  \u11ff \u1200");
	assert_segmented("\u33ff\u3400\u9fff\ua000", " \u33ff  \u3400  \u9fff \ua000");
	assert_segmented("\uabff\uac00\ud7a3\ufeff", "\uabff \uac00  \ud7a3 \ufeff");
	assert_segmented("\U0001ffff\U00020000\U000323af\U000323b0",
		"\U0001ffff \U00020000  \U000323af \U000323b0");
}

static void
test_symbols_are_separated_from_words(void **state)
{
	(void)state;
	assert_segmented("hi😀", "hi 😀 ");
	assert_segmented("25°C", "25 ° C");
	assert_segmented("Linux™", "Linux ™ ");
}

static void
test_bytes_that_are_not_utf_8_are_kept(void **state)
{
	(void)state;
	assert_segmented("a\xff\xc3", "a\xff\xc3");
	assert_segmented("\xe7\xa3", "\xe7\xa3");
	assert_segmented("\xe7\xa3\xe7\xa3\x81", "\xe7\xa3 \xe7\xa3\x81 ");
	assert_segmented("\xc0\x80\xf5\x80", "\xc0\x80\xf5\x80");
}

static void
test_only_the_given_length_is_read(void **state)
{
	char *segmented = segment_text("磁盘", 5);

	(void)state;
	assert_string_equal(segmented, " 磁 \xe7\x9b");
	free(segmented);
}

static void
test_any_unicode_space_separates_the_parts_of_a_query(void **state)
{
	(void)state;
	assert_parts("", "");
	assert_parts(" \t\r\n", "");
	assert_parts("disk", "disk|");
	assert_parts("  disk-full \"and\tmore\" ", "disk-full|\"and|more\"|");
	assert_parts("磁盘\u3000满\u00a0了\u2003x", "磁盘|满|了|x|");
	assert_parts("a\xe3\x80", "a\xe3\x80|");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts_with_spaces_are_not_changed),
		cmocka_unit_test(test_each_character_of_an_unspaced_script_is_a_word),
		cmocka_unit_test(test_each_unicode_block_has_its_exact_range),
		cmocka_unit_test(test_symbols_are_separated_from_words),
		cmocka_unit_test(test_bytes_that_are_not_utf_8_are_kept),
		cmocka_unit_test(test_only_the_given_length_is_read),
		cmocka_unit_test(test_any_unicode_space_separates_the_parts_of_a_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
