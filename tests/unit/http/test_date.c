#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/date.h"

/* The example of RFC 9110 section 5.6.7. */
#define EXAMPLE 784111777

/* In the year 2026. */
#define NOW 1795168487

static time_t
read_date(const char *text)
{
	time_t time = -1;

	if (!http_date_read(text, NOW, &time))
		fail_msg("no date: %s", text);
	return time;
}

static void
test_a_date_is_read_in_three_forms(void **state)
{
	(void)state;
	assert_int_equal(read_date("Sun, 06 Nov 1994 08:49:37 GMT"), EXAMPLE);
	assert_int_equal(read_date("Sunday, 06-Nov-94 08:49:37 GMT"), EXAMPLE);
	assert_int_equal(read_date("Sun Nov  6 08:49:37 1994"), EXAMPLE);
	assert_int_equal(read_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
	assert_int_equal(read_date("Thu, 29 Feb 2024 23:59:60 GMT"), 1709251200);
}

static void
test_a_year_of_two_digits_is_at_most_50_years_ahead(void **state)
{
	(void)state;
	assert_int_equal(read_date("Friday, 06-Nov-26 08:49:37 GMT"),
		read_date("Fri, 06 Nov 2026 08:49:37 GMT"));
	assert_int_equal(read_date("Friday, 06-Nov-76 08:49:37 GMT"),
		read_date("Fri, 06 Nov 2076 08:49:37 GMT"));
	assert_int_equal(read_date("Sunday, 06-Nov-77 08:49:37 GMT"),
		read_date("Sun, 06 Nov 1977 08:49:37 GMT"));
	assert_int_equal(read_date("Saturday, 06-Nov-99 08:49:37 GMT"),
		read_date("Sat, 06 Nov 1999 08:49:37 GMT"));
}

static void
test_other_texts_are_no_dates(void **state)
{
	static const char *const texts[] = { "", "0", "784111777", "yesterday",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
		"Sun, 06 Nov 1994 08:49:37 GMT; length=3", "1994-11-06T08:49:37Z",
		"Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 25:49:37 GMT", "Son, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 99999999999 08:49:37 GMT" };
	time_t time;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (http_date_read(texts[i], NOW, &time))
			fail_msg("a date: %s", texts[i]);
}

static void
test_a_date_is_written_in_the_first_form(void **state)
{
	char text[HTTP_DATE_BYTES];

	(void)state;
	http_date_write(EXAMPLE, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_date_is_read_in_three_forms),
		cmocka_unit_test(test_a_year_of_two_digits_is_at_most_50_years_ahead),
		cmocka_unit_test(test_other_texts_are_no_dates),
		cmocka_unit_test(test_a_date_is_written_in_the_first_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
