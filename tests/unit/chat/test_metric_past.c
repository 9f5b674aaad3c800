/* The past of metrics: bounded rings of intervals, on a fake clock. */
#include <float.h>
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/metric_past.h"

/* A multiple of all intervals. */
#define NOON INT64_C(1795176000000)

static struct metric_pasts pasts;
static struct metric_point points[METRIC_POINTS_MAX];

static int
set_up(void **state)
{
	(void)state;
	metric_pasts_init(&pasts);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	while (!TAILQ_EMPTY(&pasts.by_age))
		metric_past_free(TAILQ_FIRST(&pasts.by_age));
	assert_int_equal(pasts.count, 0);
	return 0;
}

static void
note(struct metric_past **past, double value, int64_t after_ms)
{
	metric_past_note(&pasts, past, value, NOON + after_ms);
}

static size_t
read_past(const struct metric_past *past, enum metric_range range, int64_t after_ms)
{
	return metric_past_read(past, range, NOON + after_ms, points);
}

static void
assert_point(size_t index, int64_t after_ms, double min, double mean, double max)
{
	assert_int_equal(points[index].start_ms - NOON, after_ms);
	assert_float_equal(points[index].min, min, 1e-9);
	assert_float_equal(points[index].mean, mean, 1e-9);
	assert_float_equal(points[index].max, max, 1e-9);
}

static void
test_ranges_are_found_by_name(void **state)
{
	(void)state;
	assert_int_equal(metric_range_find("15m"), METRIC_15M);
	assert_int_equal(metric_range_find("1h"), METRIC_1H);
	assert_int_equal(metric_range_find("24h"), METRIC_24H);
	assert_int_equal(metric_range_find("2h"), METRIC_RANGES);
	assert_int_equal(metric_range_find(""), METRIC_RANGES);
	assert_int_equal(metric_range_interval_s(METRIC_15M), 10);
	assert_int_equal(metric_range_interval_s(METRIC_1H), 30);
	assert_int_equal(metric_range_interval_s(METRIC_24H), 300);
}

static void
test_every_value_counts_in_the_running_interval(void **state)
{
	static struct metric_past *past;

	(void)state;
	note(&past, 4, 1);
	note(&past, 1, 2);
	note(&past, 7, 9999);
	assert_int_equal(read_past(past, METRIC_15M, 9999), 1);
	assert_point(0, 0, 1, 4, 7);
	note(&past, -2, 10000);
	assert_int_equal(read_past(past, METRIC_15M, 10000), 2);
	assert_point(0, 0, 1, 4, 7);
	assert_point(1, 10000, -2, -2, -2);
	assert_int_equal(read_past(past, METRIC_24H, 10000), 1);
	assert_point(0, 0, -2, 2.5, 7);
}

static void
test_intervals_without_a_value_are_left_out(void **state)
{
	static struct metric_past *past;

	(void)state;
	note(&past, 1, 0);
	note(&past, 2, 50000);
	note(&past, 3, 850000);
	assert_int_equal(read_past(past, METRIC_15M, 850000), 3);
	assert_point(1, 50000, 2, 2, 2);
	assert_point(2, 850000, 3, 3, 3);
}

/* A value every second for longer than the range: only the last intervals are left. */
static void
test_rings_have_90_and_120_and_288_points(void **state)
{
	static const struct {
		enum metric_range range;
		size_t count;
		int64_t interval_ms;
	} rings[] = {
		{ METRIC_15M, 90, 10000 },
		{ METRIC_1H, 120, 30000 },
		{ METRIC_24H, 288, 300000 },
	};
	static struct metric_past *past;
	int64_t last = INT64_C(100000) * 1000;
	size_t i, k;

	(void)state;
	for (int64_t at = 0; at <= last; at += 1000)
		note(&past, (double)(at / 1000), at);
	for (i = 0; i < 3; i++) {
		double width = (double)rings[i].interval_ms / 1000;

		assert_int_equal(read_past(past, rings[i].range, last), rings[i].count);
		for (k = 0; k + 1 < rings[i].count; k++) {
			int64_t start =
				last - last % rings[i].interval_ms -
				(int64_t)(rings[i].count - 1 - k) * rings[i].interval_ms;
			double first = (double)start / 1000;

			assert_point(k, start, first, first + (width - 1) / 2,
				first + width - 1);
		}
	}
}

static void
test_what_is_older_than_the_range_is_not_shown(void **state)
{
	static struct metric_past *past;

	(void)state;
	note(&past, 1, 0);
	assert_int_equal(read_past(past, METRIC_15M, 899999), 1);
	assert_int_equal(read_past(past, METRIC_15M, 900000), 0);
	assert_int_equal(read_past(past, METRIC_1H, 3599999), 1);
	assert_int_equal(read_past(past, METRIC_1H, 3600000), 0);
	assert_int_equal(read_past(past, METRIC_24H, 86399999), 1);
	assert_int_equal(read_past(past, METRIC_24H, 86400000), 0);
	note(&past, 2, 900000);
	assert_int_equal(read_past(past, METRIC_15M, 900000), 1);
	assert_point(0, 900000, 2, 2, 2);
	assert_int_equal(read_past(past, METRIC_1H, 900000), 2);
}

static void
test_a_small_step_back_of_the_clock_stays_in_the_running_interval(void **state)
{
	static struct metric_past *past;

	(void)state;
	note(&past, 1, 5000);
	note(&past, 2, 10000);
	note(&past, 4, 9990);
	assert_int_equal(read_past(past, METRIC_15M, 9990), 2);
	assert_point(0, 0, 1, 1, 1);
	assert_point(1, 10000, 2, 3, 4);
}

static void
test_a_clock_that_was_wrong_does_not_stop_the_past(void **state)
{
	static struct metric_past *past;

	(void)state;
	note(&past, 1, 0);
	note(&past, 2, 40000);
	note(&past, 3, 60000);
	note(&past, 9, 20000);
	assert_int_equal(read_past(past, METRIC_15M, 20000), 2);
	assert_point(0, 0, 1, 1, 1);
	assert_point(1, 20000, 9, 9, 9);
	note(&past, 8, 60000);
	assert_int_equal(read_past(past, METRIC_15M, 60000), 3);
	assert_point(2, 60000, 8, 8, 8);
	/* A year ahead, and back again. */
	note(&past, 5, INT64_C(31536000000));
	assert_int_equal(read_past(past, METRIC_24H, INT64_C(31536000000)), 1);
	note(&past, 6, 70000);
	assert_int_equal(read_past(past, METRIC_24H, 70000), 1);
	assert_point(0, 0, 6, 6, 6);
}

static void
test_values_of_any_size_have_a_finite_mean(void **state)
{
	static struct metric_past *past;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		note(&past, DBL_MAX, i);
		note(&past, i % 2 ? DBL_MAX : -DBL_MAX, i);
	}
	assert_int_equal(read_past(past, METRIC_15M, 1000), 1);
	assert_true(isfinite(points[0].mean));
	assert_true(points[0].mean > DBL_MAX / 4 && points[0].mean < DBL_MAX);
}

static void
test_the_metric_heard_longest_ago_gives_way(void **state)
{
	static struct metric_past *past[METRIC_PASTS_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < METRIC_PASTS_MAX; i++)
		note(&past[i], 1, (int64_t)i);
	note(&past[0], 2, 3000);
	note(&past[METRIC_PASTS_MAX], 3, 3000);
	assert_int_equal(pasts.count, METRIC_PASTS_MAX);
	assert_null(past[1]);
	assert_int_equal(read_past(past[1], METRIC_15M, 3000), 0);
	assert_int_equal(read_past(past[0], METRIC_15M, 3000), 1);
	assert_point(0, 0, 1, 1.5, 2);
	/* It comes again: its past begins anew, and that of the next one goes. */
	note(&past[1], 4, 3000);
	assert_null(past[2]);
	assert_int_equal(read_past(past[1], METRIC_15M, 3000), 1);
	assert_point(0, 0, 4, 4, 4);
	metric_past_free(past[3]);
	assert_null(past[3]);
	assert_int_equal(pasts.count, METRIC_PASTS_MAX - 1);
	metric_past_free(past[3]);
}

/* Only there if a sanitizer's allocator is. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static size_t
heap_bytes(void)
{
	return __sanitizer_get_current_allocated_bytes
		       ? __sanitizer_get_current_allocated_bytes()
		       : mallinfo2().uordblks;
}

static void
test_2000_metrics_at_one_value_a_second_for_an_hour_take_24_megabytes(void **state)
{
	static struct metric_past *past[METRIC_PASTS_MAX];
	size_t before = heap_bytes(), used;

	(void)state;
	for (int64_t second = 0; second < 3600; second++)
		for (size_t i = 0; i < METRIC_PASTS_MAX; i++)
			note(&past[i], (double)(i + (size_t)second), second * 1000);
	used = heap_bytes() - before;
	assert_true(used > (size_t)20 * 1024 * 1024 && used < (size_t)25 * 1024 * 1024);
	for (size_t i = 0; i < METRIC_PASTS_MAX; i++) {
		assert_int_equal(read_past(past[i], METRIC_1H, 3599000), 120);
		assert_point(0, 0, (double)i, (double)i + 14.5, (double)i + 29);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_ranges_are_found_by_name),
		TEST(test_every_value_counts_in_the_running_interval),
		TEST(test_intervals_without_a_value_are_left_out),
		TEST(test_rings_have_90_and_120_and_288_points),
		TEST(test_what_is_older_than_the_range_is_not_shown),
		TEST(test_a_small_step_back_of_the_clock_stays_in_the_running_interval),
		TEST(test_a_clock_that_was_wrong_does_not_stop_the_past),
		TEST(test_values_of_any_size_have_a_finite_mean),
		TEST(test_the_metric_heard_longest_ago_gives_way),
		TEST(test_2000_metrics_at_one_value_a_second_for_an_hour_take_24_megabytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
