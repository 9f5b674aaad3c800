#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linnet/base/token_bucket.h"

static void
test_a_bucket_allows_a_burst_and_then_the_rate(void **state)
{
	struct token_bucket bucket = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_int_equal(token_bucket_take(&bucket, 5, 20, 1, 1000), 0);
	assert_in_range(token_bucket_take(&bucket, 5, 20, 1, 1000), 200, 201);
	assert_int_equal(token_bucket_take(&bucket, 5, 20, 1, 1000 + 201), 0);
	assert_true(token_bucket_take(&bucket, 5, 20, 1, 1000 + 201) > 0);
	/* Never more than the burst, however long the pause. */
	for (i = 0; i < 20; i++)
		assert_int_equal(token_bucket_take(&bucket, 5, 20, 1, 1000000), 0);
	assert_true(token_bucket_take(&bucket, 5, 20, 1, 1000000) > 0);
}

static void
test_a_clock_set_back_adds_and_removes_no_tokens(void **state)
{
	struct token_bucket bucket = { 0 };

	(void)state;
	assert_int_equal(token_bucket_take(&bucket, 1, 2, 1, 100000), 0);
	assert_int_equal(token_bucket_take(&bucket, 1, 2, 1, 50000), 0);
	assert_true(token_bucket_take(&bucket, 1, 2, 1, 50000) > 0);
	assert_int_equal(token_bucket_take(&bucket, 1, 2, 1, 51001), 0);
}

static void
test_a_rate_of_0_is_no_limit_and_a_cost_above_the_burst_is_possible(void **state)
{
	struct token_bucket bucket = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(token_bucket_take(&bucket, 0, 1, 1, 1), 0);
	assert_int_equal(token_bucket_take(&bucket, 1, 1, 2, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bucket_allows_a_burst_and_then_the_rate),
		cmocka_unit_test(test_a_clock_set_back_adds_and_removes_no_tokens),
		cmocka_unit_test(
			test_a_rate_of_0_is_no_limit_and_a_cost_above_the_burst_is_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
