#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linnet/base/steady_clock.h"

#define YEAR_MS (INT64_C(365) * 86400000)
#define START_MS INT64_C(1795168487123)

static int64_t boot_ms; /* of the next reading */

/* After so many seconds the clock is ahead of the true time by ahead_ms: what it returns,
 * as seconds after START_MS. */
static int64_t
note(struct steady_clock *clock, int64_t seconds, int64_t ahead_ms)
{
	int64_t r;

	boot_ms += seconds * 1000;
	r = steady_clock_note(clock, START_MS + boot_ms + ahead_ms, boot_ms);
	return r == INT64_MIN ? r : (r - START_MS) / 1000;
}

static int
set_up(void **state)
{
	(void)state;
	boot_ms = 0;
	return 0;
}

static void
test_a_right_clock_is_believed_after_a_minute(void **state)
{
	struct steady_clock clock = { 0 };

	(void)state;
	assert_int_equal(note(&clock, 1, 0), INT64_MIN);
	assert_int_equal(note(&clock, 30, 0), INT64_MIN);
	assert_int_equal(note(&clock, 30, 0), 1);
	assert_int_equal(note(&clock, 30, 0), 31);
}

static void
test_a_clock_that_is_wrong_for_a_moment_is_not_believed(void **state)
{
	struct steady_clock clock = { 0 };

	(void)state;
	note(&clock, 1, 0);
	assert_int_equal(note(&clock, 60, 0), 1);
	assert_int_equal(note(&clock, 30, YEAR_MS), INT64_MIN);
	assert_int_equal(note(&clock, 1, 0), INT64_MIN);
	assert_int_equal(note(&clock, 59, 0), INT64_MIN);
	assert_int_equal(note(&clock, 1, 0), 92);
}

static void
test_a_clock_that_is_set_after_the_start_is_not_believed_before(void **state)
{
	struct steady_clock clock = { 0 };

	(void)state;
	assert_int_equal(note(&clock, 1, YEAR_MS), INT64_MIN);
	assert_int_equal(note(&clock, 30, YEAR_MS), INT64_MIN);
	assert_int_equal(note(&clock, 30, 0), INT64_MIN);
	assert_int_equal(note(&clock, 30, 0), INT64_MIN);
	assert_int_equal(note(&clock, 30, 0), 61);
	/* In 1970, and set by a step. */
	clock = (struct steady_clock){ 0 };
	assert_int_equal(note(&clock, 1, -START_MS), INT64_MIN);
	assert_int_equal(note(&clock, 30, 0), INT64_MIN);
	assert_int_equal(note(&clock, 60, 0), 152);
}

static void
test_a_clock_that_is_corrected_slowly_stays_believed(void **state)
{
	struct steady_clock clock = { 0 };
	int64_t r = 0;
	int i, left_out = 0;

	(void)state;
	note(&clock, 60, 0);
	/* 500 ms in a thousand seconds, for a day. */
	for (i = 1; i <= 24 * 60; i++) {
		r = note(&clock, 60, i * 30);
		left_out += r == INT64_MIN;
	}
	assert_true(r > 24 * 3600 - 120);
	assert_true(left_out <= 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_a_right_clock_is_believed_after_a_minute, set_up),
		cmocka_unit_test_setup(
			test_a_clock_that_is_wrong_for_a_moment_is_not_believed, set_up),
		cmocka_unit_test_setup(
			test_a_clock_that_is_set_after_the_start_is_not_believed_before,
			set_up),
		cmocka_unit_test_setup(
			test_a_clock_that_is_corrected_slowly_stays_believed, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
