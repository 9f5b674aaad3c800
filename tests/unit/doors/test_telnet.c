#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doors/telnet.h"
#include "linnet/base/util.h"

#define MAX_BYTES 24

/* What was read: each line in brackets, "!" for a line that was too long, "#" for a
 * timing mark, another protocol in braces. */
struct reading {
	struct telnet telnet;
	struct buffer seen;
};

static void
see(struct reading *reading, const char *text)
{
	buffer_append(&reading->seen, text, strlen(text));
}

static void
note(struct reading *reading, enum telnet_event event)
{
	struct buffer *line = &reading->telnet.line.text;

	if (event == TELNET_LINE) {
		see(reading, "[");
		buffer_append(&reading->seen, line->bytes, line->len);
		see(reading, "]");
		line->len = 0;
	} else if (event == TELNET_TOO_LONG) {
		see(reading, "!");
	} else if (event == TELNET_FOREIGN) {
		see(reading, "{");
		see(reading, reading->telnet.protocol);
		see(reading, "}");
		reading->telnet.has_first_line = true;
	} else if (event == TELNET_MARK) {
		see(reading, "#");
	}
}

static void
read_on(struct reading *reading, const char *bytes, size_t len)
{
	while (len) {
		size_t used = 0;
		enum telnet_event event =
			telnet_read(&reading->telnet, bytes, len, MAX_BYTES, &used);

		assert_in_range(used, 1, len);
		if (event == TELNET_MORE)
			assert_int_equal(used, len);
		note(reading, event);
		bytes += used;
		len -= used;
	}
}

static void
assert_seen(struct reading *reading, const char *expected)
{
	buffer_append(&reading->seen, "", 1);
	assert_string_equal(reading->seen.bytes, expected);
	buffer_clear(&reading->seen);
	telnet_clear(&reading->telnet);
}

/* Check the result for every cut into two pieces, and byte by byte. */
static void
assert_reads(const char *bytes, size_t len, const char *expected)
{
	struct reading dripping = { 0 };
	size_t cut;

	for (cut = 0; cut < len; cut++) {
		struct reading reading = { 0 };

		read_on(&reading, bytes, cut);
		read_on(&reading, bytes + cut, len - cut);
		assert_seen(&reading, expected);
		read_on(&dripping, bytes + cut, 1);
	}
	assert_seen(&dripping, expected);
}

#define READS(bytes, expected) assert_reads(bytes, sizeof(bytes) - 1, expected)

static void
test_a_line_ends_in_lf_crlf_or_cr_nul(void **state)
{
	(void)state;
	READS("one\ntwo\r\nthree\r\r\n", "[one][two][three]");
	READS("one\r\0"
	      "two\r\0\0",
		"[one][two]");
}

static void
test_a_cr_returns_to_the_start_of_the_line(void **state)
{
	(void)state;
	READS("10%\r20%\r100%\n", "[100%]");
	READS("\rone\r\r\n", "[one]");
	READS("loading 10%\rdone\n", "[doneing 10%]");
	READS("abc\rx\ry\rz\n", "[zbc]");
	READS("50% |\b/\b-\r60% |\b/\n", "[60% /]");
	READS("abc\rxy\bz\n", "[xzc]");
}

static void
test_text_is_overwritten_by_columns(void **state)
{
	(void)state;
	READS("h\xc3\xa9llo\rabc\n", "[abclo]");
	READS("abc\r\xc3\xa9\n", "[\xc3\xa9"
				 "bc]");
	/* Wide characters. */
	READS("abc\r\xe6\x97\xa5\n", "[\xe6\x97\xa5"
				     "c]");
	READS("\xe6\x97\xa5z\rab\n", "[abz]");
	READS("\xe6\x97\xa5z\ra\n", "[a z]");
	/* An e with an accent of its own, overwritten and overwriting. */
	READS("e\xcc\x81z\ra\n", "[az]");
	READS("abz\re\xcc\x81\n", "[e\xcc\x81"
				  "bz]");
	/* A byte that is no UTF-8 is one column. */
	READS("a\xfe"
	      "b\rxy\n",
		"[xyb]");
	READS("ab\r\xfe\n", "[\xfe"
			    "b]");
}

static void
test_a_tab_is_kept_and_reaches_to_its_stop(void **state)
{
	(void)state;
	READS("a\tb\t\tc\n", "[a\tb\t\tc]");
	READS("\tb\rx\n", "[x\tb]");
	READS("\tb\r12345678\n", "[12345678b]");
	READS("0123456789\rx\ty\n", "[x\ty9]");
}

static void
test_erase_in_line_erases(void **state)
{
	(void)state;
	READS("loading 10%\rdone\x1b[K\n", "[done]");
	READS("loading\r\x1b[0Kdone\n", "[done]");
	READS("loading\x1b[2K\rdone\n", "[done]");
	READS("loading\x1b[1K\rdone\n", "[done]");
	READS("loading\x1b[1G\x1b[Kdone\n", "[done]");
	READS("loading\x1b[Gdo\n", "[doading]");
	READS("one\x1b[3Kx\x1b[5Gy\x1b[;Kz\n", "[onexyz]");
}

static void
test_escape_sequences_are_dropped_whole(void **state)
{
	(void)state;
	READS("\x1b[1;31mred\x1b[0m\x1b(B\x0f.\n", "[red.]");
	READS("\x1b]0;title\x07"
	      "a\x1b]8;;http://x\x1b\\b\n",
		"[ab]");
	READS("\x1bP1$q\x1b\\a\x1b[38:2::1:2:3mb\x1b[?25lc\x1b"
	      "7d\n",
		"[abcd]");
	READS("\x1b[38;5\xe2\x82\xac\x1b\x1b[mx\x07\n", "[\xe2\x82\xacx]");
	/* A sequence ends with its line. */
	READS("\x1b]0;title\na\x1b[3\nb\x1b\nc\n", "[][a][b][c]");
	READS("a\x1b[3\rb\n", "[b]");
}

static void
test_what_is_not_shown_takes_no_room(void **state)
{
	(void)state;
	READS("0123456789\r0123456789\r0123456789\r0123456789\n", "[0123456789]");
	READS("\x1b[31m\x1b[31m\x1b[31m\x1b[31m\x1b[31m\x1b[31mx\n", "[x]");
	READS("0123456789abcdefghijklmn\r0123456789abcdefghijklmnX\nok\n", "![ok]");
	READS("0123456789abcdefghijklmn\r0123456789abcdefghijklmN\n",
		"[0123456789abcdefghijklmN]");
}

static void
test_an_empty_line_is_a_line(void **state)
{
	(void)state;
	READS("\n\r\n\r\0\r\r\n\n", "[][][][][]");
}

static void
test_an_unfinished_line_is_not_returned(void **state)
{
	(void)state;
	READS("one\nhalf", "[one]");
}

static void
test_telnet_commands_are_left_out(void **state)
{
	(void)state;
	READS("\xff\xfb\x01"
	      "a\xff\xfc\x03"
	      "b\xff\xfd\x18"
	      "c\xff\xfe\x22"
	      "d\xff\xf4"
	      "e\xff\xf2\n",
		"[abcde]");
}

static void
test_an_option_may_have_the_number_of_any_character(void **state)
{
	(void)state;
	READS("a\xff\xfb\n"
	      "b\xff\xfd\xff"
	      "c\xff\xfe\r"
	      "d\n",
		"[abcd]");
}

static void
test_a_subnegotiation_is_left_out_whatever_is_in_it(void **state)
{
	(void)state;
	READS("a\xff\xfa\x18\x00xterm\n\r\xff\xff\xff\xf1\x7f\xff\xf0"
	      "b\n",
		"[ab]");
}

static void
test_a_doubled_iac_is_a_byte_of_text(void **state)
{
	(void)state;
	READS("a\xff\xff"
	      "b\n",
		"[a\xff"
		"b]");
}

static void
test_options_between_cr_and_lf_make_no_second_line(void **state)
{
	(void)state;
	READS("a\r\xff\xf9\nb\n", "[a][b]");
}

static void
test_a_request_for_a_timing_mark_is_reported(void **state)
{
	(void)state;
	READS("a\xff\xf4\xff\xfd\x06"
	      "b\n\xff\xfb\x06\n",
		"#[ab][]");
}

static void
test_backspace_and_delete_remove_a_character(void **state)
{
	(void)state;
	READS("ab\bc\x7f"
	      "d\n",
		"[ad]");
	READS("\b\b\x7f"
	      "a\b\b\bb\n",
		"[b]");
}

static void
test_a_character_of_several_bytes_is_removed_whole(void **state)
{
	(void)state;
	READS("a\xc3\xa9\x7f"
	      "b\xe2\x82\xac\b\xf0\x9f\x90\xa6\x7f"
	      "c\n",
		"[abc]");
}

static void
test_a_line_may_have_max_bytes_and_not_one_more(void **state)
{
	(void)state;
	READS("0123456789abcdefghijklmn\n", "[0123456789abcdefghijklmn]");
	READS("0123456789abcdefghijklmno\nok\n", "![ok]");
	READS("0123456789abcdefghijklmnopqrstuvwxyz0123456789\r\nok\n", "![ok]");
}

static void
test_backspaces_do_not_make_a_long_line_valid(void **state)
{
	(void)state;
	READS("0123456789abcdefghijklmno\b\b\bxyz\nok\n", "![ok]");
}

static void
test_a_removed_character_makes_room_for_another(void **state)
{
	(void)state;
	READS("0123456789abcdefghijklmn\b\bxy\n", "[0123456789abcdefghijklxy]");
}

static void
test_an_endless_line_takes_no_memory(void **state)
{
	struct reading reading = { 0 };
	char bytes[1000];
	size_t i;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (i = 0; i < 1000; i++)
		read_on(&reading, bytes, sizeof(bytes));
	assert_true(reading.telnet.line.text.capacity <= 1024);
	assert_int_equal(telnet_end(&reading.telnet), TELNET_TOO_LONG);
	assert_int_equal(telnet_end(&reading.telnet), TELNET_MORE);
	assert_seen(&reading, "");
}

static void
test_the_last_line_may_lack_its_end(void **state)
{
	struct reading reading = { 0 };

	(void)state;
	read_on(&reading, "one\nhalf", 8);
	note(&reading, telnet_end(&reading.telnet));
	assert_int_equal(telnet_end(&reading.telnet), TELNET_MORE);
	assert_seen(&reading, "[one][half]");
}

static void
test_without_text_there_is_no_last_line(void **state)
{
	struct reading reading = { 0 };

	(void)state;
	assert_int_equal(telnet_end(&reading.telnet), TELNET_MORE);
	read_on(&reading, "one\r\n\xff", 6);
	assert_int_equal(telnet_end(&reading.telnet), TELNET_MORE);
	assert_seen(&reading, "[one]");
}

static void
test_a_request_line_is_http_however_long_it_is(void **state)
{
	(void)state;
	READS("GET / HTTP/1.1\r\n", "{http}");
	READS("PRI * HTTP/2.0\r\n", "{http}");
	READS("get /a HTTP/9\n", "{http}");
	READS("M-SEARCH /0123456789abcdef HTTP/1.0\n", "{http}");
	READS("\r\n\n\xff\xfb\x01GET / HTTP/1.1\n", "[][]{http}");
	READS("\rGET / HTTP/1.1\r\r\n", "{http}");
}

static void
test_other_protocols_are_recognised_before_the_line_ends(void **state)
{
	(void)state;
	READS("\x16\x03", "{tls}");
	READS("SSH-", "{ssh}");
	READS("PROXY ", "{proxy}");
	READS("CAP ", "{irc}");
	READS("PASS ", "{irc}");
	READS("NICK ", "{irc}");
	READS("USER ", "{irc}");
	READS("a\0", "{binary}");
	READS("0123456789abcdefgh\0", "{binary}");
	READS("\r\n\r\n\0", "[][]{binary}");
}

static void
test_anything_else_is_text(void **state)
{
	(void)state;
	READS("GET well soon\n", "[GET well soon]");
	READS("GET  HTTP/1.1\n", "[GET  HTTP/1.1]");
	READS(" GET / HTTP/1.1\n", "[ GET / HTTP/1.1]");
	READS("G(T / HTTP/1.1\n", "[G(T / HTTP/1.1]");
	READS("GET / HTTP/1.\n", "[GET / HTTP/1.]");
	READS("GET / HTTP/\n", "[GET / HTTP/]");
	READS("GET / HTTP/1.1 \n", "[GET / HTTP/1.1 ]");
	READS("a b c HTTP/1\n", "[a b c HTTP/1]");
	READS("HTTP/1.1\n", "[HTTP/1.1]");
	READS("nick bob\n", "[nick bob]");
	READS("NICK\n", "[NICK]");
	READS("a NICK b\n", "[a NICK b]");
	READS("SSH\n", "[SSH]");
	READS("\x16 \x03\n", "[\x16 \x03]");
}

static void
test_only_the_first_line_that_is_not_empty_is_checked(void **state)
{
	(void)state;
	READS("\na\nGET / HTTP/1.1\n", "[][a][GET / HTTP/1.1]");
	READS("0123456789abcdefghijklmno\nSSH-2\n", "![SSH-2]");
}

static void
test_a_last_line_without_an_end_may_be_a_request_line(void **state)
{
	struct reading reading = { 0 };

	(void)state;
	read_on(&reading, "GET / HTTP/1.1", 14);
	note(&reading, telnet_end(&reading.telnet));
	assert_seen(&reading, "{http}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_ends_in_lf_crlf_or_cr_nul),
		cmocka_unit_test(test_a_cr_returns_to_the_start_of_the_line),
		cmocka_unit_test(test_text_is_overwritten_by_columns),
		cmocka_unit_test(test_a_tab_is_kept_and_reaches_to_its_stop),
		cmocka_unit_test(test_erase_in_line_erases),
		cmocka_unit_test(test_escape_sequences_are_dropped_whole),
		cmocka_unit_test(test_what_is_not_shown_takes_no_room),
		cmocka_unit_test(test_an_empty_line_is_a_line),
		cmocka_unit_test(test_an_unfinished_line_is_not_returned),
		cmocka_unit_test(test_telnet_commands_are_left_out),
		cmocka_unit_test(test_an_option_may_have_the_number_of_any_character),
		cmocka_unit_test(test_a_subnegotiation_is_left_out_whatever_is_in_it),
		cmocka_unit_test(test_a_doubled_iac_is_a_byte_of_text),
		cmocka_unit_test(test_options_between_cr_and_lf_make_no_second_line),
		cmocka_unit_test(test_a_request_for_a_timing_mark_is_reported),
		cmocka_unit_test(test_backspace_and_delete_remove_a_character),
		cmocka_unit_test(test_a_character_of_several_bytes_is_removed_whole),
		cmocka_unit_test(test_a_line_may_have_max_bytes_and_not_one_more),
		cmocka_unit_test(test_backspaces_do_not_make_a_long_line_valid),
		cmocka_unit_test(test_a_removed_character_makes_room_for_another),
		cmocka_unit_test(test_an_endless_line_takes_no_memory),
		cmocka_unit_test(test_the_last_line_may_lack_its_end),
		cmocka_unit_test(test_without_text_there_is_no_last_line),
		cmocka_unit_test(test_a_request_line_is_http_however_long_it_is),
		cmocka_unit_test(
			test_other_protocols_are_recognised_before_the_line_ends),
		cmocka_unit_test(test_anything_else_is_text),
		cmocka_unit_test(test_only_the_first_line_that_is_not_empty_is_checked),
		cmocka_unit_test(test_a_last_line_without_an_end_may_be_a_request_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
