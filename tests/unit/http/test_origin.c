#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/origin.h"

static const struct string_list nobody;

static void
test_a_page_of_the_same_host_may_connect(void **state)
{
	(void)state;
	assert_true(
		origin_is_allowed("http://chat.example", "chat.example", false, &nobody));
	assert_true(origin_is_allowed(
		"https://chat.example", "chat.example", false, &nobody));
	assert_true(
		origin_is_allowed("http://Chat.Example", "chat.example", false, &nobody));
	assert_true(origin_is_allowed(
		"http://localhost:8000", "localhost:8000", false, &nobody));
	assert_true(origin_is_allowed("http://[::1]:8000", "[::1]:8000", false, &nobody));
}

static void
test_a_port_that_the_scheme_implies_may_be_left_out(void **state)
{
	(void)state;
	assert_true(origin_is_allowed(
		"http://chat.example", "chat.example:80", false, &nobody));
	assert_true(origin_is_allowed(
		"https://chat.example", "chat.example:443", false, &nobody));
	assert_false(origin_is_allowed(
		"http://chat.example", "chat.example:443", false, &nobody));
}

static void
test_where_tls_is_spoken_only_a_page_by_https_is_the_same(void **state)
{
	char *items[] = { "http://app.example" };
	struct string_list list = { .count = 1, .items = items };

	(void)state;
	assert_true(
		origin_is_allowed("https://chat.example", "chat.example", true, &nobody));
	assert_true(origin_is_allowed(
		"https://chat.example", "chat.example:443", true, &nobody));
	assert_false(
		origin_is_allowed("http://chat.example", "chat.example", true, &nobody));
	assert_true(origin_is_allowed("http://app.example", "chat.example", true, &list));
}

static void
test_a_page_of_another_origin_may_not_connect(void **state)
{
	static const char *const origins[] = { "http://evil.example", "null", "",
		"http://", "https://", "file://", "chat.example",
		"http://chat.example.evil.example", "http://evil.example/chat.example",
		"http://localhost:8001", "ftp://chat.example" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		assert_false(
			origin_is_allowed(origins[i], "chat.example", false, &nobody));
		assert_false(origin_is_allowed(origins[i], "", false, &nobody));
	}
	assert_false(origin_is_allowed(NULL, "chat.example", false, &nobody));
}

static void
test_a_listed_origin_may_connect(void **state)
{
	char *items[] = { "https://app.example", "null" };
	struct string_list list = { .count = 2, .items = items };

	(void)state;
	assert_true(
		origin_is_allowed("https://app.example", "chat.example", false, &list));
	assert_true(
		origin_is_allowed("https://APP.example", "chat.example", false, &list));
	assert_true(origin_is_allowed("null", "chat.example", false, &list));
	assert_false(
		origin_is_allowed("http://app.example", "chat.example", false, &list));
	assert_false(origin_is_allowed(NULL, "chat.example", false, &list));
}

static void
test_a_star_allows_every_origin(void **state)
{
	char *items[] = { "*" };
	struct string_list list = { .count = 1, .items = items };

	(void)state;
	assert_true(
		origin_is_allowed("http://evil.example", "chat.example", false, &list));
	assert_true(origin_is_allowed("null", "chat.example", false, &list));
	assert_true(origin_is_allowed(NULL, "chat.example", false, &list));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page_of_the_same_host_may_connect),
		cmocka_unit_test(test_a_port_that_the_scheme_implies_may_be_left_out),
		cmocka_unit_test(
			test_where_tls_is_spoken_only_a_page_by_https_is_the_same),
		cmocka_unit_test(test_a_page_of_another_origin_may_not_connect),
		cmocka_unit_test(test_a_listed_origin_may_connect),
		cmocka_unit_test(test_a_star_allows_every_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
