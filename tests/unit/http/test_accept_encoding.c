#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "linnet/http/parser.h"

static bool
accepts_gzip(const char *lines)
{
	struct http_fault fault;
	struct http_head *head;
	char text[512];
	bool accepts;
	int len;

	len = snprintf(
		text, sizeof(text), "GET / HTTP/1.1\r\nHost: linnet\r\n%s\r\n", lines);
	assert_int_equal(http_head_parse(text, (size_t)len, &head, &fault), len);
	accepts = http_head_accepts_gzip(head);
	http_head_free(head);
	return accepts;
}

static void
assert_codings(const char *const *values, size_t count, bool accepts)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char line[128];

		snprintf(line, sizeof(line), "Accept-Encoding: %s\r\n", values[i]);
		if (accepts_gzip(line) != accepts)
			fail_msg("%s", values[i]);
	}
}

static void
test_gzip_is_accepted_unless_no_coding_is_preferred(void **state)
{
	static const char *const accepted[] = { "gzip", "GZip", "x-gzip", "*", "br, gzip",
		"gzip, deflate, br, zstd", "gzip;q=1", "gzip ;\tQ=0.001", "gzip;q=1.000",
		",, gzip ,", "br;q=1.0, gzip;q=0.8, *;q=0.1", "br;q=0, *;q=0.5",
		"identity;q=0.5, *", "gzip;q=0.5, identity;q=0.5",
		"identity;q=0, gzip;q=0.1", "gzip, *;q=0", "gzip, identity" };
	static const char *const not_accepted[] = { "", ",", "identity", "br", "gzi",
		"gzipp", "x-gzip2", "gzip;q=0", "gzip;q=0.", "gzip;q=0.000", "*;q=0",
		"gzip;q=0, *", "x-gzip;q=0, *", "gzip, x-gzip;q=0",
		"identity, gzip;q=0.9", "identity, *;q=0.999", "identity, br" };

	(void)state;
	assert_codings(accepted, sizeof(accepted) / sizeof(accepted[0]), true);
	assert_codings(
		not_accepted, sizeof(not_accepted) / sizeof(not_accepted[0]), false);
	assert_false(accepts_gzip(""));
}

static void
test_an_invalid_accept_encoding_accepts_no_gzip(void **state)
{
	static const char *const odd[] = { "gzip;", "gzip;q", "gzip;q=", "gzip;q=x",
		"gzip;q=2", "gzip;q=1.1", "gzip;q=1.001", "gzip;q=0.1234", "gzip;q=-1",
		"gzip;q=.5", "gzip;q=0;5", "gzip;q =1", "gzip;q= 1", "gzip;q=1;q=1",
		"gzip;level=9", "gzip br", "gzip;q=1 br", ";q=1, gzip", "gzip, br;x" };

	(void)state;
	assert_codings(odd, sizeof(odd) / sizeof(odd[0]), false);
}

static void
test_accept_encoding_may_have_several_lines(void **state)
{
	(void)state;
	assert_true(accepts_gzip("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"));
	assert_false(accepts_gzip("Accept-Encoding: *\r\nAccept-Encoding: gzip;q=0\r\n"));
	assert_false(accepts_gzip("Accept-Encoding: gzip\r\nAccept-Encoding: ;\r\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip_is_accepted_unless_no_coding_is_preferred),
		cmocka_unit_test(test_an_invalid_accept_encoding_accepts_no_gzip),
		cmocka_unit_test(test_accept_encoding_may_have_several_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
