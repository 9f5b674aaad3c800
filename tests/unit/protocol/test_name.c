#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/protocol/name_forms.h"

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
test_joiners_are_valid_where_unicode_needs_them(void **state)
{
	static const char *const valid[] = {
		"👩\xe2\x80\x8d💻",
		"🏳️\xe2\x80\x8d🌈",
		"👩🏽\xe2\x80\x8d⚕️",
		"1️⃣",
		"نامه\xe2\x80\x8cای" /* Persian, between joining letters */,
		"क्\xe2\x80\x8dष" /* a conjunct */,
		"क्\xe2\x80\x8cष",
		"ന്\xe2\x80\x8d" /* a chillu */,
	};
	static const char *const invalid[] = {
		"\xe2\x80\x8d💻",
		"💻\xe2\x80\x8d",
		"💻\xe2\x80\x8d"
		"a",
		"a\xe2\x80\x8c"
		"b",
		"क\xe2\x80\x8dष" /* no virama */,
		"क्\xe2\x80\x8d\xe0\xa4\xbe" /* before a vowel sign */,
		"नامه\xe2\x80\x8c",
		"1\xef\xb8\x8f",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		if (name_fault(valid[i], 64))
			fail_msg("%s %s", valid[i], name_fault(valid[i], 64));
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		if (!name_fault(invalid[i], 64))
			fail_msg("%s is valid", invalid[i]);
}

/* At a terminal "bob: I am fired, bye" would be a line of bob's. */
static void
test_a_name_does_not_look_like_the_line_of_another(void **state)
{
	static const char *const invalid[] = { "bob: I am fired, bye", "bob:", ":",
		"bob： hi", "bob∶ hi", "bob꞉", "bobः hi", "\314\270ann" /* U+0338 */ };
	static const char *const valid[] = { "x:y", ":)", "रामः", "रामः शर्मा" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		if (!name_fault(invalid[i], 64))
			fail_msg("%s is valid", invalid[i]);
	for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		if (name_fault(valid[i], 64))
			fail_msg("%s %s", valid[i], name_fault(valid[i], 64));
	/* Rooms of earlier versions keep their names. */
	assert_null(name_room_fault("ops: disk", 64));
}

static bool
collide(const char *a, const char *b)
{
	struct name_forms of_a, of_b;

	assert_true(name_forms_write(&of_a, a));
	assert_true(name_forms_write(&of_b, b));
	assert_int_equal(
		name_forms_collide(&of_a, &of_b), name_forms_collide(&of_b, &of_a));
	return name_forms_collide(&of_a, &of_b);
}

static void
test_names_that_look_alike_collide(void **state)
{
	static const char *const pairs[][2] = {
		{ "ann", "ANN" },
		{ "ann", "аnn" /* Cyrillic */ },
		{ "ANN", "аnn" },
		{ "ivan", "Іvan" /* Cyrillic */ },
		{ "lena", "Іena" },
		{ "am", "аrn" },
		{ "zoe\xcc\x88", "zoë" /* NFD and NFC */ },
		{ "ZOË", "zoë" },
		{ "straße", "STRASSE" },
		{ "ann", "ａｎｎ" /* wide */ },
		{ "ann", "𝐚𝐧𝐧" },
		{ "ο" /* omicron */, "о" /* Cyrillic */ },
		{ "👩\xe2\x80\x8d💻", "👩💻" },
	};
	static const char *const apart[][2] = {
		{ "ann", "anm" },
		{ "arn", "am" },
		{ "modern", "modem" },
		{ "O0", "00" },
		{ "Il", "ll" },
		{ "ann", "änn" },
		{ "张伟", "張偉" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!collide(pairs[i][0], pairs[i][1]))
			fail_msg("%s %s", pairs[i][0], pairs[i][1]);
	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (collide(apart[i][0], apart[i][1]))
			fail_msg("%s %s", apart[i][0], apart[i][1]);
}

static void
test_the_forms_of_the_longest_names_are_made_and_others_are_not(void **state)
{
	char name[NAME_MAX_BYTES + 1];
	struct name_forms forms;

	(void)state;
	for (size_t i = 0; i < NAME_MAX_BYTES; i += 3) /* 18 letters each */
		memcpy(name + i, "\xef\xb7\xba", 3);
	name[NAME_MAX_BYTES] = '\0';
	assert_true(name_forms_write(&forms, name));
	assert_false(name_forms_write(&forms, "\xff"));
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
		"server", "System", "* bob has left", "/quit",
		"guest\342\200\2207" /* U+2010 */, "ＧＵＥＳＴ-7", "guest-７",
		"guеst-10" /* Cyrillic */, "ѕystem", "guеst-l0", "Ⅼinnet", "guеst" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(name_fault(names[i], 32));
}

static void
test_a_name_begins_with_nothing_that_looks_like_a_notice(void **state)
{
	static const char *const bad[] = { "∗ bob", "⁎bob", "！ critical db", "！x",
		"ǃ critical db", "٭ bob" };
	static const char *const good[] = { "ǃKung", "ǃXóõ", "ノブ", "¡Ann", "ann!" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!name_fault(bad[i], 32))
			fail_msg("%s", bad[i]);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (name_fault(good[i], 32))
			fail_msg("%s", good[i]);
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
		cmocka_unit_test(test_joiners_are_valid_where_unicode_needs_them),
		cmocka_unit_test(test_a_name_does_not_look_like_the_line_of_another),
		cmocka_unit_test(test_names_that_look_alike_collide),
		cmocka_unit_test(
			test_the_forms_of_the_longest_names_are_made_and_others_are_not),
		cmocka_unit_test(test_blank_and_padded_names_are_rejected),
		cmocka_unit_test(test_names_that_are_not_utf8_are_rejected),
		cmocka_unit_test(test_the_length_counts_bytes),
		cmocka_unit_test(test_reserved_names_and_line_door_marks_are_rejected),
		cmocka_unit_test(
			test_a_name_begins_with_nothing_that_looks_like_a_notice),
		cmocka_unit_test(test_rooms_may_have_reserved_names_but_no_slash),
		cmocka_unit_test(test_case_of_ascii_letters_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
