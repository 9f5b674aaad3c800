#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/base/util.h"
#include "linnet/http/header_text.h"

/* The value of a header, and the text that it stands for. */
struct example {
	const char *value, *text;
};

static void
check(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer text = { 0 };

		header_text_append(&text, examples[i].value);
		buffer_append(&text, "", 1);
		assert_string_equal(text.bytes, examples[i].text);
		assert_true(text.len - 1 <= 2 * strlen(examples[i].value));
		buffer_clear(&text);
	}
}

static void
test_encoded_words_are_decoded(void **state)
{
	static const struct example examples[] = {
		{ "=?UTF-8?B?VMO8ciBvZmZlbg==?=", "Tür offen" },
		{ "=?utf-8?q?T=C3=BCr_offen=3f?=", "Tür offen?" },
		{ "=?ISO-8859-1?Q?T=FCr?=", "Tür" },
		{ "=?iso-8859-1?b?VPxy?=", "Tür" },
		{ "=?us-ascii?Q?door?=", "door" },
		{ "=?UTF-8*de?B?VMO8cg==?=", "Tür" },
		{ "=?UTF-8?B?8J+YgA==?=", "😀" },
		{ "=?UTF-8?Q?"
		  "?=",
			"" },
		{ "=?UTF-8?B?"
		  "?=",
			"" },
	};

	(void)state;
	check(examples, ARRAY_SIZE(examples));
}

/* The examples of RFC 2047 section 8. */
static void
test_blanks_between_two_encoded_words_do_not_count(void **state)
{
	static const struct example examples[] = {
		{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
		{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a?=  \t =?UTF-8?B?Yg==?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a =?ISO-8859-2?Q?_b?=)" },
		{ "=?UTF-8?Q?a?= ", "a " },
	};

	(void)state;
	check(examples, ARRAY_SIZE(examples));
}

static void
test_what_cannot_be_decoded_stays_as_it_is(void **state)
{
	static const char *const same[] = { "", "door", "=?", "=?UTF-8", "=?UTF-8?B",
		"=?UTF-8?B?",
		"=?UTF-8?B?VMO8cg==", "=?UTF-8?B?VMO8cg=?=", "=?UTF-8?B?VM*8cg==?=",
		"=?UTF-8?X?abc?=", "=?UTF-8?Q?=C3?=", "=?UTF-8?Q?=ZZ?=", "=?UTF-8?Q?=4?=",
		"=?UTF-8?Q?a=?=", "=?UTF-8?Q?=00?=", "=?UTF-8?B?AA==?=",
		"=?us-ascii?Q?=FC?=", "=?koi8-r?Q?=FC?=", "=??Q?a?=", "=?=?=?=?",
		"a ?= b", "数据 =?x?" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		check(&(struct example){ same[i], same[i] }, 1);
}

static void
test_a_value_that_is_not_utf8_is_latin1(void **state)
{
	static const struct example examples[] = {
		{ "T\xfcr", "Tür" },
		{ "T\xfcr =?UTF-8?Q?=C3=BC?= \xa0", "Tür ü \u00a0" },
		{ "Tür", "Tür" },
	};

	(void)state;
	check(examples, ARRAY_SIZE(examples));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encoded_words_are_decoded),
		cmocka_unit_test(test_blanks_between_two_encoded_words_do_not_count),
		cmocka_unit_test(test_what_cannot_be_decoded_stays_as_it_is),
		cmocka_unit_test(test_a_value_that_is_not_utf8_is_latin1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
