#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/chunked.h"

#define MAX_BYTES 100

/* Read text in pieces of step bytes. Returns what chunked_read does. *used counts all
 * pieces; body must be cleared. */
static int
read_in_steps(
	const char *text, size_t len, size_t step, struct buffer *body, size_t *used)
{
	struct chunked chunked = { .state = 0 };
	size_t n, i;
	int r = 0;

	*body = (struct buffer){ .bytes = NULL };
	*used = 0;
	for (i = 0; i < len && r == 0 && !chunked.is_whole; i += n) {
		n = len - i < step ? len - i : step;
		r = chunked_read(&chunked, text + i, n, body, MAX_BYTES, &n);
		*used += n;
	}
	return r < 0 ? r : chunked.is_whole;
}

static void
assert_body(const char *text, const char *expected, const char *rest)
{
	struct buffer body;
	size_t step, used;

	for (step = 1; step <= strlen(text); step++) {
		assert_int_equal(
			read_in_steps(text, strlen(text), step, &body, &used), 1);
		assert_int_equal(body.len, strlen(expected));
		assert_memory_equal(body.len ? body.bytes : "", expected, body.len);
		assert_string_equal(text + used, rest);
		buffer_clear(&body);
	}
}

static void
assert_refused(const char *text, int error)
{
	struct buffer body;
	size_t step, used;

	for (step = 1; step <= strlen(text); step++) {
		assert_int_equal(
			read_in_steps(text, strlen(text), step, &body, &used), error);
		buffer_clear(&body);
	}
}

static void
test_chunks_are_put_together(void **state)
{
	(void)state;
	assert_body("0\r\n\r\n", "", "");
	assert_body("5\r\nhello\r\n0\r\n\r\n", "hello", "");
	assert_body("1\r\n\n\r\n00000A\r\n0123456789\r\n000\r\n\r\nGET /", "\n0123456789",
		"GET /");
}

static void
test_extensions_and_trailers_are_dropped(void **state)
{
	(void)state;
	assert_body(
		"2;a=\"b\";c\r\nhi\r\n0 ;d\r\nX-Sum: 1\r\nY: \r\n\r\nrest", "hi", "rest");
}

static void
test_what_is_no_chunk_is_refused(void **state)
{
	static const char *const texts[] = { "\r\n", ";\r\n", " 5\r\n", "+5\r\nhello\r\n",
		"-1\r\n", "0x5\r\nhello\r\n", "g\r\n", "5\nhello", "5\r\rhello",
		"2\r\nhello\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n",
		"2;a\nb\r\nhi", "0\r\n\n", "0\r\nX: 1\n\r\n", "0\r\n\r\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_refused(texts[i], -EPROTO);
}

static void
test_a_body_is_limited(void **state)
{
	char text[2 * MAX_BYTES], long_line[9000];

	(void)state;
	assert_refused("65\r\n", -EFBIG);
	assert_refused("ffffffffffffffffffffffff\r\n", -EFBIG);
	snprintf(text, sizeof(text), "64\r\n%0100d\r\n1\r\nx", 0);
	assert_refused(text, -EFBIG);
	memset(long_line, 'a', sizeof(long_line));
	memcpy(long_line, "1;", 2);
	long_line[sizeof(long_line) - 1] = '\0';
	{
		struct buffer body;
		size_t used;

		assert_int_equal(
			read_in_steps(long_line, strlen(long_line), 1000, &body, &used),
			-EPROTO);
		memcpy(long_line, "0\r\n", 3);
		assert_int_equal(
			read_in_steps(long_line, strlen(long_line), 1000, &body, &used),
			-EPROTO);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunks_are_put_together),
		cmocka_unit_test(test_extensions_and_trailers_are_dropped),
		cmocka_unit_test(test_what_is_no_chunk_is_refused),
		cmocka_unit_test(test_a_body_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
