/* The URL of a server, and what is put into one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/url.h"

static void
check_url(const char *text, const char *address, const char *authority, unsigned port,
	const char *prefix)
{
	struct url url;

	assert_null(url_read(&url, text));
	assert_string_equal(url.address, address);
	assert_string_equal(url.authority, authority);
	assert_int_equal(url.port, port);
	assert_string_equal(url.prefix, prefix);
}

static void
test_a_url_has_a_host_and_perhaps_a_port_and_a_path(void **state)
{
	struct url url;

	(void)state;
	check_url("http://example.org", "example.org", "example.org:80", 80, "");
	check_url("https://example.org/", "example.org", "example.org:443", 443, "");
	check_url("http://127.0.0.1:8000", "127.0.0.1", "127.0.0.1:8000", 8000, "");
	check_url("http://[::1]:8000/chat//", "::1", "[::1]:8000", 8000, "/chat");
	check_url("https://h/a%20b/c", "h", "h:443", 443, "/a%20b/c");
	check_url("unix:/run/linnet/http.sock", "+/run/linnet/http.sock", "localhost", 80,
		"");
	assert_null(url_read(&url, "https://h"));
	assert_true(url.is_tls);
	assert_null(url_read(&url, "http://h"));
	assert_false(url.is_tls);
}

static void
test_what_is_no_url_is_refused(void **state)
{
	static const char *const texts[] = { "", "h", "ftp://h", "http://", "http:///x",
		"http://:80", "http://h:", "http://h:0", "http://h:65536", "http://h:8x",
		"http://h:-1", "http://[::1", "http://[]", "http://[::1]x", "http://a@h",
		"http://a:b@h", "http://+h", "http://h h", "http://h\n", "http://h/a b",
		"http://h/?q", "http://h?q", "http://h/#f", "http://h/\xc3\xa4",
		"unix:", "unix:relative", "http://h\xc3\xa4" };
	char text[600] = "http://";
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!url_read(&url, texts[i]))
			fail_msg("%s was accepted", texts[i]);
	memset(text + 7, 'a', URL_HOST_BYTES + 1);
	assert_non_null(url_read(&url, text));
	text[7 + URL_HOST_BYTES] = '\0';
	assert_null(url_read(&url, text));
	memcpy(text, "http://h/", 9);
	memset(text + 9, 'a', URL_PREFIX_BYTES);
	assert_non_null(url_read(&url, text));
	text[8 + URL_PREFIX_BYTES] = '\0';
	assert_null(url_read(&url, text));
	memcpy(text, "unix:/", 6);
	assert_non_null(url_read(&url, text));
}

static void
test_arguments_are_escaped(void **state)
{
	struct buffer to = { 0 };

	(void)state;
	url_append_escaped(&to, "/a-._~Z9 %?&=#+\xc3\xa4\n");
	assert_string_equal(to.bytes, "%2Fa-._~Z9%20%25%3F%26%3D%23%2B%C3%A4%0A");
	url_append_argument(&to, "none", NULL);
	url_append_argument(&to, "q", "a&b");
	url_append_argument(&to, "r", "");
	assert_string_equal(
		to.bytes, "%2Fa-._~Z9%20%25%3F%26%3D%23%2B%C3%A4%0A?q=a%26b&r=");
	assert_int_equal(to.len, strlen(to.bytes));
	buffer_clear(&to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_url_has_a_host_and_perhaps_a_port_and_a_path),
		cmocka_unit_test(test_what_is_no_url_is_refused),
		cmocka_unit_test(test_arguments_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
