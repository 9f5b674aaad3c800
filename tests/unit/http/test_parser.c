#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/http/parser.h"

#define HOST "Host: linnet\r\n"

/* Parse a copy of exactly this size, so that the address sanitizer reports a read beyond
 * it. */
static int
parse_bytes(
	const char *bytes, size_t len, struct http_head **head, struct http_fault *fault)
{
	char *copy = malloc(len ? len : 1);
	int n;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	*head = NULL;
	n = http_head_parse(copy, len, head, fault);
	free(copy);
	return n;
}

static struct http_head *
parse(const char *text)
{
	struct http_fault fault = { 0 };
	struct http_head *head;
	int n = parse_bytes(text, strlen(text), &head, &fault);

	if (n < 0)
		fail_msg("%d %s: %s", fault.status, fault.text, text);
	assert_int_equal(n, strlen(text));
	return head;
}

static void
assert_refused_bytes(const char *bytes, size_t len, int status)
{
	struct http_fault fault = { 0 };
	struct http_head *head;
	int n = parse_bytes(bytes, len, &head, &fault);

	if (n != -EPROTO || fault.status != status)
		fail_msg("%d, %d instead of %d: %.*s", n, fault.status, status, (int)len,
			bytes);
	assert_null(head);
	assert_non_null(fault.code);
	assert_non_null(fault.text);
}

static void
assert_refused(const char *text, int status)
{
	assert_refused_bytes(text, strlen(text), status);
}

/* A GET of target. */
static struct http_head *
parse_target(const char *target)
{
	char text[1024];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", target);
	return parse(text);
}

static void
assert_target_refused(const char *target)
{
	char text[1024];

	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", target);
	assert_refused(text, 400);
}

/* A POST with these header lines is refused with status. */
static void
assert_lines_refused(const char *lines, int status)
{
	char text[1024];

	snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" HOST "%s\r\n", lines);
	assert_refused(text, status);
}

static void
test_a_head_is_parsed(void **state)
{
	struct http_head *head = parse("POST /push/ops?title=a HTTP/1.1\r\n"
				       "Host: chat.example:8000\r\n"
				       "Content-Length: 17\r\n"
				       "X-Custom:\t a value \t\r\n"
				       "Empty:\r\n"
				       "\r\n");

	(void)state;
	assert_int_equal(head->method, HTTP_POST);
	assert_int_equal(head->segment_count, 2);
	assert_string_equal(head->segments[0], "push");
	assert_string_equal(head->segments[1], "ops");
	assert_string_equal(head->query, "title=a");
	assert_string_equal(head->host, "chat.example:8000");
	assert_true(head->has_length);
	assert_int_equal(head->content_length, 17);
	assert_string_equal(http_head_value(head, "x-custom"), "a value");
	assert_string_equal(http_head_value(head, "empty"), "");
	assert_null(http_head_value(head, "custom"));
	assert_false(head->expects_continue);
	assert_false(head->is_last);
	http_head_free(head);
}

static void
test_an_incomplete_head_is_not_an_error(void **state)
{
	static const char text[] =
		"\r\nGET /a%20b HTTP/1.1\r\n" HOST "X: y\r\n\r\nGET / HT";
	size_t len, whole = strstr(text, "\r\n\r\n") + 4 - text;
	struct http_fault fault;
	struct http_head *head;

	(void)state;
	for (len = 0; len < whole; len++)
		assert_int_equal(parse_bytes(text, len, &head, &fault), 0);
	for (; len < sizeof(text); len++) {
		assert_int_equal(parse_bytes(text, len, &head, &fault), whole);
		http_head_free(head);
	}
}

static void
test_bytes_that_cannot_become_a_request_are_refused_at_once(void **state)
{
	(void)state;
	assert_refused("\x16\x03\x01", 400);
	assert_refused(" GET", 400);
	assert_refused("\r\n\r\n", 400);
	assert_refused("\n", 400);
	assert_refused("\rGET", 400);
	assert_refused("G\"T", 400);
	assert_refused("GET\r\n", 400);
	assert_refused("AMETHODOFMORETHANTHIRTYTWOLETTERS", 400);
	assert_refused("GET / HTTP/1.1\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: a\n", 400);
	assert_refused_bytes("\0", 1, 400);
}

static void
test_the_request_line_has_three_parts_separated_by_one_space(void **state)
{
	static const char *const lines[] = { "GET", "GET /", "GET / ", "GET  / HTTP/1.1",
		"GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET /\tHTTP/1.1",
		"GET / a HTTP/1.1", "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.",
		"GET / HTTP/11.1", "GET / HTTP/1.10", "GET / HTTP/x.1", "GET / XTTP/1.1",
		"GET  HTTP/1.1" };
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "%s\r\n" HOST "\r\n", lines[i]);
		assert_refused(text, 400);
	}
	assert_refused("GET / HTTP/2.0\r\n" HOST "\r\n", 505);
	assert_refused("GET / HTTP/0.9\r\n" HOST "\r\n", 505);
	assert_refused("PRI * HTTP/2.0\r\n\r\n", 505);
}

static void
test_an_unknown_method_is_other(void **state)
{
	static const struct {
		const char *name;
		enum http_method method;
	} cases[] = {
		{ "GET", HTTP_GET },
		{ "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST },
		{ "OPTIONS", HTTP_OPTIONS },
		{ "get", HTTP_OTHER },
		{ "PUT", HTTP_PUT },
		{ "DELETE", HTTP_OTHER },
		{ "BREW+2", HTTP_OTHER },
	};
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_head *head;

		snprintf(text, sizeof(text), "%s / HTTP/1.1\r\n" HOST "\r\n",
			cases[i].name);
		head = parse(text);
		assert_int_equal(head->method, cases[i].method);
		http_head_free(head);
	}
}

static void
test_a_path_is_decoded_segment_by_segment(void **state)
{
	struct http_head *head = parse_target("/push/a%2Fb%20%c3%a4//");

	(void)state;
	assert_int_equal(head->segment_count, 4);
	assert_string_equal(head->segments[0], "push");
	assert_string_equal(head->segments[1], "a/b \xc3\xa4");
	assert_string_equal(head->segments[2], "");
	assert_string_equal(head->segments[3], "");
	http_head_free(head);
	head = parse_target("/");
	assert_int_equal(head->segment_count, 1);
	assert_string_equal(head->segments[0], "");
	http_head_free(head);
	head = parse_target("/%2525+");
	assert_string_equal(head->segments[0], "%25+");
	http_head_free(head);
}

static void
test_a_path_has_up_to_16_segments(void **state)
{
	struct http_head *head = parse_target("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16");

	(void)state;
	assert_int_equal(head->segment_count, HTTP_HEAD_SEGMENTS);
	assert_string_equal(head->segments[15], "16");
	http_head_free(head);
	assert_refused("GET /1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/ HTTP/1.1\r\n" HOST
		       "\r\n",
		404);
}

static void
test_an_invalid_target_is_refused(void **state)
{
	static const char *const targets[] = { "/%", "/%4", "/%zz", "/%4g", "/%00",
		"/%0a", "/%0D", "/%1f", "/%7F", "/%ff", "/%c3", "/%c3/%a4", "/%c0%af",
		"/%ed%a0%80", "/%f4%90%80%80", "/?%", "/?a=%0", "/?a=%00", "/?%0a",
		"/?a=%c3&b=%a4", "/#a", "/a#", "/\xc3\xa4", "/\x7f", "/\x01", "", "a",
		"a/b", "*", "ftp://a/", "http:/a", "http://", "http:///a", "http://a@b/",
		"http://a\\b/", "linnet:80" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		assert_target_refused(targets[i]);
}

static void
test_the_host_of_a_full_url_takes_precedence(void **state)
{
	struct http_head *head = parse_target("http://chat.example:81/a?b");

	(void)state;
	assert_string_equal(head->host, "chat.example:81");
	assert_string_equal(head->segments[0], "a");
	assert_string_equal(head->query, "b");
	http_head_free(head);
	head = parse_target("HTTPS://[::1]");
	assert_string_equal(head->host, "[::1]");
	assert_int_equal(head->segment_count, 1);
	assert_string_equal(head->segments[0], "");
	http_head_free(head);
	head = parse_target("http://a?b=c");
	assert_string_equal(head->host, "a");
	assert_string_equal(head->query, "b=c");
	http_head_free(head);
	assert_refused("GET http://a/ HTTP/1.1\r\n\r\n", 400);
}

static void
test_the_other_forms_of_a_target_have_no_path(void **state)
{
	struct http_head *head = parse("OPTIONS * HTTP/1.1\r\n" HOST "\r\n");

	(void)state;
	assert_int_equal(head->segment_count, 0);
	http_head_free(head);
	head = parse("CONNECT linnet:80 HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(head->segment_count, 0);
	http_head_free(head);
	assert_refused("OPTIONS linnet:80 HTTP/1.1\r\n" HOST "\r\n", 400);
}

static void
test_arguments_of_the_query_are_decoded(void **state)
{
	struct http_head *head =
		parse_target("/?a=1&name=an%20n+%26%3d=x&%6eame=second&empty=&bare&a=2");
	char out[16];

	(void)state;
	assert_int_equal(http_head_query(head, "name", out, sizeof(out)), 0);
	assert_string_equal(out, "an n &==x");
	assert_int_equal(http_head_query(head, "a", out, sizeof(out)), 0);
	assert_string_equal(out, "1");
	assert_int_equal(http_head_query(head, "empty", out, sizeof(out)), 0);
	assert_string_equal(out, "");
	assert_int_equal(http_head_query(head, "bare", out, sizeof(out)), 0);
	assert_string_equal(out, "");
	assert_int_equal(http_head_query(head, "nam", out, sizeof(out)), -ENOENT);
	assert_int_equal(http_head_query(head, "name", out, 10), 0);
	assert_int_equal(http_head_query(head, "name", out, 9), -E2BIG);
	http_head_free(head);
	head = parse_target("/?%6eame=x");
	assert_int_equal(http_head_query(head, "name", out, sizeof(out)), 0);
	assert_string_equal(out, "x");
	http_head_free(head);
}

static void
test_header_lines_that_could_be_read_in_two_ways_are_refused(void **state)
{
	static const char in_value[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
	static const char in_name[] = "GET / HTTP/1.1\r\n" HOST "X\0: b\r\n\r\n";
	static const char in_target[] = "GET /\0 HTTP/1.1\r\n" HOST "\r\n";
	static const char *const lines[] = { "X : y\r\n", "X\t: y\r\n", " X: y\r\n",
		"X: y\r\n z\r\n", "X: y\r\n\tz\r\n", ": y\r\n", "X\r\n", "X y: z\r\n",
		"X: a\x01z\r\n", "X: a\x7fz\r\n", "X: a\rz\r\n", "X: a\nY: z\r\n",
		"X\xc3\xa4: y\r\n", "X(: y\r\n", "Transfer-Encoding : chunked\r\n",
		"Transfer-Encoding\r\n : chunked\r\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_lines_refused(lines[i], 400);
	assert_refused_bytes(in_value, sizeof(in_value) - 1, 400);
	assert_refused_bytes(in_name, sizeof(in_name) - 1, 400);
	assert_refused_bytes(in_target, sizeof(in_target) - 1, 400);
}

static void
test_a_length_is_one_number_in_digits(void **state)
{
	static const char *const values[] = { "", "+5", "-1", "0x5", "5, 5", "5,5", "5 5",
		"5;", "5.0", "\"5\"", "five", "\xc2\xb2" };
	char lines[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(lines, sizeof(lines), "Content-Length: %s\r\n", values[i]);
		assert_lines_refused(lines, 400);
	}
	assert_lines_refused("Content-Length: 5\r\ncontent-length: 5\r\n", 400);
	assert_lines_refused("Content-Length: 9007199254740993\r\n", 413);
	assert_lines_refused("Content-Length: 18446744073709551621\r\n", 413);
	assert_lines_refused("Content-Length: 99999999999999999999999999999\r\n", 413);
}

static void
test_a_length_may_have_zeros_before_it(void **state)
{
	struct http_head *head = parse("POST / HTTP/1.1\r\n" HOST "Content-Length: "
				       "0000000000000000000000000000012 \r\n\r\n");

	(void)state;
	assert_int_equal(head->content_length, 12);
	http_head_free(head);
	head = parse("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
	assert_true(head->has_length);
	assert_int_equal(head->content_length, 0);
	http_head_free(head);
	head = parse("GET / HTTP/1.1\r\n" HOST "\r\n");
	assert_false(head->has_length);
	http_head_free(head);
}

static void
test_only_chunks_alone_are_accepted(void **state)
{
	struct http_head *head =
		parse("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n\r\n");
	struct http_fault fault;

	(void)state;
	assert_true(head->is_chunked);
	assert_false(head->has_length);
	http_head_free(head);
	assert_int_equal(http_head_parse("POST / HTTP/1.0\r\n"
					 "Transfer-Encoding: chunked\r\n\r\n",
				 48, &head, &fault),
		-EPROTO);
	assert_int_equal(fault.status, 400);
	assert_lines_refused("Transfer-Encoding: chunked, chunked\r\n", 501);
	assert_lines_refused(
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501);
	assert_lines_refused("Transfer-Encoding: identity\r\n", 501);
	assert_lines_refused("transfer-encoding:\r\n", 501);
	assert_lines_refused("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400);
	assert_lines_refused("Transfer-Encoding: gzip\r\nTransfer-Encoding: x\r\n", 501);
}

static void
test_a_head_has_exactly_one_host(void **state)
{
	struct http_head *head = parse("GET / HTTP/1.0\r\n\r\n");

	(void)state;
	assert_string_equal(head->host, "");
	http_head_free(head);
	assert_refused("GET / HTTP/1.1\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400);
}

/* RFC 9110 section 7.2, RFC 3986 section 3.2.2. */
static void
test_a_host_is_a_name_or_an_address_and_perhaps_a_port(void **state)
{
	static const char *const hosts[] = { "", "a", "a.example", "a:8000", "a:", "a_b",
		"127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:8000", "[::ffff:1.2.3.4]",
		"[fe80::1%eth0]:8000", "[fe80::1%25eth0]",
		"[2001:db8:1111:2222:3333:4444:5555:6666]:", "%2Frun%2Flinnet.sock",
		"xn--bcher-kva.example", "a!$&'()*+,;=~b" };
	static const char *const others[] = { "a b", "a/b", "a@b", "u:p@a", "a:b", "a:-1",
		"a:80:80", "a:65536", "a:000080", "::1", "2001:db8::1", ":80", "[", "]",
		"[]", "[]:80", "[::1", "::1]", "[::1]a", "[::1]80", "[1.2.3.4]", "[a]",
		"[::1%]", "[::1%eth0", "[::1%a/b]", "[::1%a:b]", "[a%eth0]",
		"[2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999]", "a[::1]", "a]",
		"%", "%2", "%zz", "a%", "a\\b", "a\"b", "<a>", "a?b", "a#b", "\xc3\xbc",
		"http://a" };
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct http_head *head;

		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
			hosts[i]);
		head = parse(text);
		assert_string_equal(head->host, hosts[i]);
		http_head_free(head);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
			others[i]);
		assert_refused(text, 400);
		snprintf(text, sizeof(text), "GET http://%s/ HTTP/1.1\r\n" HOST "\r\n",
			others[i]);
		/* Here a path or a query may follow. */
		if (!strpbrk(others[i], "/?"))
			assert_refused(text, 400);
	}
}

static void
test_some_fields_must_not_be_repeated(void **state)
{
	(void)state;
	assert_lines_refused("Origin: http://a\r\nOrigin: http://b\r\n", 400);
	assert_lines_refused("Authorization: Bearer a\r\nauthorization: b\r\n", 400);
}

static void
test_a_list_may_have_several_lines(void **state)
{
	struct http_head *head =
		parse("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive,, Upgrade\r\n"
		      "X: y\r\n"
		      "Connection:\tCLOSE\r\n\r\n");
	const struct http_field *field = http_head_next(head, "connection", NULL);

	(void)state;
	assert_string_equal(field->value, "keep-alive,, Upgrade");
	field = http_head_next(head, "connection", field);
	assert_string_equal(field->value, "CLOSE");
	assert_null(http_head_next(head, "connection", field));
	assert_true(http_head_has_word(head, "connection", "upgrade"));
	assert_true(http_head_has_word(head, "connection", "keep-alive"));
	assert_false(http_head_has_word(head, "connection", "keep"));
	assert_false(http_head_has_word(head, "connection", ""));
	assert_true(head->is_last);
	http_head_free(head);
}

static void
test_only_100_continue_can_be_expected(void **state)
{
	struct http_head *head =
		parse("POST / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n");

	(void)state;
	assert_true(head->expects_continue);
	http_head_free(head);
	head = parse("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
	assert_false(head->expects_continue);
	assert_true(head->is_last);
	http_head_free(head);
	assert_lines_refused("Expect: tea\r\n", 417);
	assert_lines_refused("Expect:\r\n", 417);
	assert_lines_refused("Expect: 100-continue, tea\r\n", 417);
}

static void
test_a_head_has_up_to_64_fields(void **state)
{
	char text[2048] = "GET / HTTP/1.1\r\n" HOST;
	struct http_head *head;
	int i;

	(void)state;
	for (i = 1; i < HTTP_HEAD_FIELDS; i++)
		strcat(text, "X: y\r\n");
	strcat(text, "\r\n");
	head = parse(text);
	assert_int_equal(head->field_count, HTTP_HEAD_FIELDS);
	http_head_free(head);
	strcpy(strstr(text, "\r\n\r\n"), "\r\nX: y\r\n\r\n");
	assert_refused(text, 431);
}

static void
test_a_head_has_up_to_8192_bytes(void **state)
{
	static const char start[] = "GET / HTTP/1.1\r\n" HOST "X: ";
	char text[HTTP_HEAD_BYTES + 16];
	struct http_fault fault;
	struct http_head *head;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, start, sizeof(start) - 1);
	assert_int_equal(parse_bytes(text, HTTP_HEAD_BYTES - 1, &head, &fault), 0);
	assert_refused_bytes(text, HTTP_HEAD_BYTES, 431);
	memcpy(text + HTTP_HEAD_BYTES - 4, "\r\n\r\n", 4);
	assert_int_equal(parse_bytes(text, sizeof(text), &head, &fault), HTTP_HEAD_BYTES);
	http_head_free(head);
	memset(text + HTTP_HEAD_BYTES - 4, 'x', 4);
	memcpy(text + HTTP_HEAD_BYTES - 3, "\r\n\r\n", 4);
	assert_refused_bytes(text, HTTP_HEAD_BYTES + 1, 431);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_head_is_parsed),
		cmocka_unit_test(test_an_incomplete_head_is_not_an_error),
		cmocka_unit_test(
			test_bytes_that_cannot_become_a_request_are_refused_at_once),
		cmocka_unit_test(
			test_the_request_line_has_three_parts_separated_by_one_space),
		cmocka_unit_test(test_an_unknown_method_is_other),
		cmocka_unit_test(test_a_path_is_decoded_segment_by_segment),
		cmocka_unit_test(test_a_path_has_up_to_16_segments),
		cmocka_unit_test(test_an_invalid_target_is_refused),
		cmocka_unit_test(test_the_host_of_a_full_url_takes_precedence),
		cmocka_unit_test(test_the_other_forms_of_a_target_have_no_path),
		cmocka_unit_test(test_arguments_of_the_query_are_decoded),
		cmocka_unit_test(
			test_header_lines_that_could_be_read_in_two_ways_are_refused),
		cmocka_unit_test(test_a_length_is_one_number_in_digits),
		cmocka_unit_test(test_a_length_may_have_zeros_before_it),
		cmocka_unit_test(test_only_chunks_alone_are_accepted),
		cmocka_unit_test(test_a_head_has_exactly_one_host),
		cmocka_unit_test(test_a_host_is_a_name_or_an_address_and_perhaps_a_port),
		cmocka_unit_test(test_a_host_is_a_name_or_an_address_and_perhaps_a_port),
		cmocka_unit_test(test_some_fields_must_not_be_repeated),
		cmocka_unit_test(test_a_list_may_have_several_lines),
		cmocka_unit_test(test_only_100_continue_can_be_expected),
		cmocka_unit_test(test_a_head_has_up_to_64_fields),
		cmocka_unit_test(test_a_head_has_up_to_8192_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
