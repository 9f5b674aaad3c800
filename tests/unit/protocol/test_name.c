#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/protocol/name.h"

static void
test_people_may_have_names_of_any_script(void **state)
{
	static const char *const names[] = { "ann", "Ann Lee", "Zoë", "张伟",
		"Müller-Lüdenscheidt", "😀", "❤️", "a", "guest-x", "guestbook", "x:y",
		"O'Neill", "\xed\x9f\xbf" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_null(name_fault(names[i], 32));
}

static void
test_names_with_invisible_or_bidi_characters_are_rejected(void **state)
{
	static const char *const names[] = { "a\nb", "a\tb", "a\x7f", "a\xc2\x85",
		"\xe2\x80\x8b"
		"ann" /* zero width space */,
		"an\xe2\x80\x8dn" /* joiner */,
		"\xe2\x80\xae"
		"nna" /* right-to-left override */,
		"a\xe2\x81\xa6n",
		"\xef\xbb\xbf"
		"ann" /* byte order mark */,
		"a\xc2\xad" /* soft hyphen */, "\xe3\x85\xa4" /* Hangul filler */,
		"ann\xef\xb8\x8f" /* selector on a letter */, "李\xef\xb8\x8f",
		"Ann\xc2\xa0Lee" /* no-break space */, "李\xef\xb8\x8f", "Ann\xc2\xa0Lee",
		"a\xf3\xa0\x81\x81" /* tag */, "a\xe2\x80\xa8" /* line separator */ };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(name_fault(names[i], 32));
}

static void
test_blank_and_padded_names_are_rejected(void **state)
{
	static const char *const names[] = { "", " ", "   ", " ann", "ann ", "a  b",
		"\xc2\xa0", "ann\xe3\x80\x80" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(name_fault(names[i], 32));
}

static void
test_names_that_are_not_utf8_are_rejected(void **state)
{
	static const char *const names[] = { "\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\x80", "\xe2\x82", "\xf8\x88\x80\x80\x80",
		"\xc1\xbf" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(name_fault(names[i], 32), "must be valid UTF-8");
}

static void
test_the_length_counts_bytes(void **state)
{
	(void)state;
	assert_null(name_fault("12345678901234567890123456789012", 32));
	assert_non_null(name_fault("123456789012345678901234567890123", 32));
	assert_null(name_fault("ééé", 6));
	assert_non_null(name_fault("ééé", 5));
}

static void
test_reserved_names_and_line_door_marks_are_rejected(void **state)
{
	static const char *const names[] = { "guest-7", "GUEST-12", "guest", "Linnet",
		"server", "System", "* bob has left", "/quit" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(name_fault(names[i], 32));
}

static void
test_rooms_may_have_reserved_names_but_no_slash(void **state)
{
	(void)state;
	assert_null(name_room_fault("system", 64));
	assert_null(name_room_fault("ops room", 64));
	assert_non_null(name_room_fault("a/b", 64));
	assert_non_null(name_room_fault("", 64));
	assert_non_null(name_room_fault("a\xe2\x80\x8b", 64));
}

static void
test_case_of_ascii_letters_does_not_matter(void **state)
{
	char folded[NAME_MAX_BYTES + 1];

	(void)state;
	name_fold(folded, "AnN É");
	assert_string_equal(folded, "ann É");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people_may_have_names_of_any_script),
		cmocka_unit_test(
			test_names_with_invisible_or_bidi_characters_are_rejected),
		cmocka_unit_test(test_blank_and_padded_names_are_rejected),
		cmocka_unit_test(test_names_that_are_not_utf8_are_rejected),
		cmocka_unit_test(test_the_length_counts_bytes),
		cmocka_unit_test(test_reserved_names_and_line_door_marks_are_rejected),
		cmocka_unit_test(test_rooms_may_have_reserved_names_but_no_slash),
		cmocka_unit_test(test_case_of_ascii_letters_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
