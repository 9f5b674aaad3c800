/* What the line door sends for each object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/protocol/line_text.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define LINE_BREAK " \xe2\x8f\x8e "

static void
check_lines(const char *json, const char *lines)
{
	json_t *object = json_loads(json, JSON_ALLOW_NUL, NULL);
	struct buffer text = { 0 };

	assert_non_null(object);
	line_text_append(&text, object);
	buffer_append(&text, "", 1);
	assert_string_equal(text.bytes, lines);
	buffer_clear(&text);
	json_decref(object);
}

static void
check_clean(const char *bytes, size_t len, const char *clean)
{
	struct buffer text = { 0 };

	line_text_append_clean(&text, bytes, len);
	buffer_append(&text, "", 1);
	assert_string_equal(text.bytes, clean);
	buffer_clear(&text);
}

/* An object, and its lines. */
struct form {
	const char *json;
	const char *lines;
};

static void
check_forms(const struct form *forms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		check_lines(forms[i].json, forms[i].lines);
}

#define CHECK_FORMS(forms) check_forms(forms, sizeof(forms) / sizeof((forms)[0]))

static void
test_a_message_has_its_sender_and_its_text(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"message\",\"room\":\"lobby\",\"id\":1,\"ts\":2,"
		  "\"username\":\"ann\",\"message\":\"hi\"}",
			"ann: hi\n" },
		{ "{\"type\":\"message\",\"username\":\"ann\",\"message\":\"\"}",
			"ann: \n" },
		{ "{\"type\":\"message\",\"username\":\"ann\",\"message\":\"waves\","
		  "\"action\":true}",
			"* ann waves\n" },
		{ "{\"type\":\"message\",\"username\":\"ann\",\"message\":\"waves\","
		  "\"action\":1}",
			"ann: waves\n" },
		{ "{\"type\":\"message\",\"username\":\"cron\",\"title\":\"Backup\","
		  "\"message\":\"done\",\"click\":\"https://x.org/\"}",
			"cron: Backup: done <https://x.org/>\n" },
		{ "{\"type\":\"message\",\"username\":\"cron\",\"title\":\"Backup\"}",
			"cron: Backup\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_a_message_of_another_type_has_its_text_or_its_type(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"chart\",\"username\":\"ann\",\"value\":1}",
			"* ann sent: chart\n" },
		{ "{\"type\":\"deploy\",\"username\":\"ci\",\"message\":\"42\"}",
			"ci: 42\n" },
		{ "{\"type\":\"deploy\",\"username\":\"ci\",\"title\":\"v2\"}",
			"ci: v2\n" },
		{ "{\"type\":\"x\",\"username\":\"ann\",\"message\":7}",
			"* ann sent: x\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_presence_tells_who_enters_leaves_and_is_renamed(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"presence\",\"event\":\"enter\",\"username\":\"ann\"}",
			"* ann has entered\n" },
		{ "{\"type\":\"presence\",\"event\":\"leave\",\"username\":\"ann\"}",
			"* ann has left\n" },
		{ "{\"type\":\"presence\",\"event\":\"rename\",\"username\":\"anna\","
		  "\"was\":\"ann\"}",
			"* ann is now anna\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_an_edit_has_the_new_text_and_a_reaction_no_line(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"edit\",\"room\":\"lobby\",\"id\":2,\"ts\":3,"
		  "\"username\":\"ann\",\"of\":1,\"message\":\"a\\nb\"}",
			"* ann edited: a" LINE_BREAK "b\n" },
		{ "{\"type\":\"edit\",\"username\":\"Ann Lee\",\"of\":1,"
		  "\"message\":\"hi\"}",
			"* \"Ann Lee\" edited: hi\n" },
		{ "{\"type\":\"edit\",\"of\":1,\"message\":\"hi\"}",
			"* somebody edited: hi\n" },
		{ "{\"type\":\"edit\",\"username\":\"ann\",\"of\":1}", "" },
		{ "{\"type\":\"react\",\"username\":\"ann\",\"of\":1,"
		  "\"emoji\":\"\\ud83d\\udc4d\",\"on\":true}",
			"" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_only_the_first_joined_of_a_session_is_a_welcome(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"joined\",\"room\":\"lobby\",\"topic\":\"\",\"count\":4,"
		  "\"you\":{\"username\":\"guest-7\"},\"greeting\":true}",
			"Welcome to Linnet. You are guest-7 in lobby with 3 others. "
			"/help lists the commands.\n" },
		{ "{\"type\":\"joined\",\"room\":\"ops\",\"topic\":\"disks\",\"count\":2,"
		  "\"you\":{\"username\":\"ann\"}}",
			"* You are ann in ops with 1 other\n* The topic is: disks\n" },
		{ "{\"type\":\"joined\",\"room\":\"ops\",\"topic\":\"\",\"count\":1,"
		  "\"you\":{\"username\":\"ann\"}}",
			"* You are ann in ops with 0 others\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_an_alarm_has_its_state(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"alarm\",\"key\":\"disk\",\"state\":\"raised\","
		  "\"severity\":\"critical\",\"title\":\"Disk full\","
		  "\"message\":\"98 %\",\"click\":\"https://x.org/\"}",
			"! critical disk: Disk full - 98 % <https://x.org/>\n" },
		{ "{\"type\":\"alarm\",\"key\":\"disk\",\"state\":\"updated\","
		  "\"severity\":\"warning\"}",
			"! warning disk\n" },
		{ "{\"type\":\"alarm\",\"key\":\"disk\",\"state\":\"acknowledged\","
		  "\"severity\":\"critical\",\"acknowledged_by\":\"ann\","
		  "\"title\":\"Disk full\"}",
			"! ann acknowledged disk: Disk full\n" },
		{ "{\"type\":\"alarm\",\"key\":\"disk\",\"state\":\"cleared\","
		  "\"severity\":\"ok\",\"message\":\"40 %\"}",
			"! OK disk - 40 %\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_a_history_and_a_search_end_with_the_newest(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"history\",\"room\":\"lobby\",\"messages\":["
		  "{\"type\":\"message\",\"username\":\"ann\",\"message\":\"1\"},"
		  "{\"type\":\"alarm\",\"state\":\"raised\",\"severity\":\"info\","
		  "\"key\":\"k\"}]}",
			"ann: 1\n! info k\n* That was the latest of lobby\n" },
		{ "{\"type\":\"search\",\"room\":\"lobby\",\"messages\":["
		  "{\"type\":\"message\",\"username\":\"ann\",\"message\":\"2\"},"
		  "{\"type\":\"message\",\"username\":\"ann\",\"message\":\"1\"}]}",
			"ann: 1\nann: 2\n* That was the latest of lobby\n" },
		{ "{\"type\":\"history\",\"room\":\"lobby\",\"messages\":[]}",
			"* That was nothing: there is no history of lobby\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_a_list_has_one_line_for_each_item(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"rooms\",\"rooms\":[{\"room\":\"lobby\",\"topic\":\"\","
		  "\"count\":2},{\"room\":\"ops\",\"topic\":\"disks\",\"count\":0}],"
		  "\"tails\":[{\"room\":\"syslog\",\"topic\":\"\",\"count\":1}]}",
			"* lobby (2 here)\n* ops (0 here) disks\n"
			"* log syslog (1 here)\n" },
		{ "{\"type\":\"who\",\"room\":\"lobby\",\"users\":["
		  "{\"username\":\"ann\",\"via\":\"ws\"},"
		  "{\"username\":\"bob\",\"via\":\"line\"}]}",
			"* In lobby: ann (ws), bob (line)\n" },
		{ "{\"type\":\"help\",\"commands\":[{\"usage\":\"/who\","
		  "\"help\":\"list them\"},{\"usage\":\"/quit\",\"help\":\"go\"}]}",
			"* /who - list them\n* /quit - go\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_notices_errors_and_log_lines_are_unchanged(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"error\",\"code\":\"bad_name\",\"message\":\"no\"}",
			"* no\n" },
		{ "{\"type\":\"notice\",\"message\":\"we stop\"}", "* we stop\n" },
		{ "{\"type\":\"log\",\"username\":\"syslog\",\"message\":\"a: b\"}",
			"a: b\n" },
		{ "{\"type\":\"log\",\"message\":\"5 lines skipped\",\"skipped\":5}",
			"5 lines skipped\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_objects_for_programs_add_no_line(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"ack\",\"ref\":\"1\",\"room\":\"lobby\",\"id\":1}", "" },
		{ "{\"type\":\"metric\",\"name\":\"cpu\",\"value\":0.4}", "" },
		{ "{\"type\":\"pong\"}", "" },
		{ "{\"type\":\"typing\",\"username\":\"ann\"}", "" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_text_and_names_cannot_control_a_terminal(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"message\",\"username\":\"ann\","
		  "\"message\":\"\\u001b[2J\\u0007\\u009bA\\u007f\"}",
			"ann: " REPLACEMENT "[2J" REPLACEMENT REPLACEMENT "A" REPLACEMENT
			"\n" },
		{ "{\"type\":\"message\",\"username\":\"a\\u001bn\","
		  "\"message\":\"x\",\"title\":\"\\u001b\",\"click\":\"\\u001b\"}",
			"a" REPLACEMENT "n: " REPLACEMENT ": x <" REPLACEMENT ">\n" },
		{ "{\"type\":\"a\\u001bb\",\"username\":\"ann\"}",
			"* ann sent: a" REPLACEMENT "b\n" },
		{ "{\"type\":\"alarm\",\"state\":\"raised\",\"severity\":\"info\","
		  "\"key\":\"k\\u001b\",\"message\":\"m\\u001b\"}",
			"! info k" REPLACEMENT " - m" REPLACEMENT "\n" },
		{ "{\"type\":\"error\",\"message\":\"\\u001b\"}", "* " REPLACEMENT "\n" },
		{ "{\"type\":\"message\",\"username\":\"ann\","
		  "\"message\":\"\\u202eabc\\u2066\\u200f\\u061c\"}",
			"ann: " REPLACEMENT "abc" REPLACEMENT REPLACEMENT REPLACEMENT
			"\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_a_line_break_cannot_forge_a_line(void **state)
{
	static const struct form forms[] = {
		{ "{\"type\":\"message\",\"username\":\"ann\","
		  "\"message\":\"a\\nbob: b\\r\\nc\\rd\\u2028e\\u0085f\\u000bg\"}",
			"ann: a" LINE_BREAK "bob: b" LINE_BREAK "c" REPLACEMENT
			"d" REPLACEMENT "e" REPLACEMENT "f" REPLACEMENT "g\n" },
		{ "{\"type\":\"log\",\"message\":\"a\\nb\\tc\"}",
			"a" LINE_BREAK "b\tc\n" },
		{ "{\"type\":\"who\",\"room\":\"a\\nb\",\"users\":[]}",
			"* In a" LINE_BREAK "b:\n" },
	};

	(void)state;
	CHECK_FORMS(forms);
}

static void
test_format_specifiers_in_a_text_are_plain_text(void **state)
{
	(void)state;
	check_lines("{\"type\":\"message\",\"username\":\"%s%n\",\"message\":\"%d %s\"}",
		"%s%n: %d %s\n");
}

static void
test_members_of_a_wrong_type_count_as_missing(void **state)
{
	static const char *const types[] = { "presence", "alarm", "log", "error",
		"notice", "joined", "history", "search", "rooms", "who", "help", "ack",
		"message", "chart" };
	static const char *const members[] = { "username", "message", "title", "click",
		"room", "rooms", "tails", "users", "commands", "messages", "you", "count",
		"topic", "event", "was", "state", "key", "severity", "action" };
	static const char *const values[] = { "null", "1", "-1", "[]", "{}", "[[]]",
		"[null,1]", "\"\"" };
	struct buffer text = { 0 };
	size_t i, j, k;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			json_t *object = json_pack("{s:s}", "type", types[i]);

			for (j = 0; j < sizeof(members) / sizeof(members[0]); j++)
				json_object_set_new(object, members[j],
					json_loads(values[k], JSON_DECODE_ANY, NULL));
			line_text_append(&text, object);
			assert_true(!text.len || text.bytes[text.len - 1] == '\n');
			buffer_clear(&text);
			json_decref(object);
		}
}

static void
test_invalid_utf_8_becomes_u_fffd(void **state)
{
	(void)state;
	check_clean("a\xff"
		    "b",
		3, "a" REPLACEMENT "b");
	check_clean("\xc3\xa4\xc3", 3, "\xc3\xa4" REPLACEMENT);
	check_clean("\xed\xa0\x80", 3, REPLACEMENT REPLACEMENT REPLACEMENT);
	check_clean("\xc0\xaf", 2, REPLACEMENT REPLACEMENT);
	check_clean(
		"\xf4\x90\x80\x80", 4, REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT);
	check_clean("a\0b", 3, "a" REPLACEMENT "b");
	check_clean("\r", 1, REPLACEMENT);
	check_clean("", 0, "");
}

static void
test_valid_text_of_any_language_is_unchanged(void **state)
{
	static const char text[] =
		"Gr\xc3\xbc\xc3\x9f"
		"e \xe4\xbd\xa0\xe5\xa5\xbd \xd7\xa9\xd7\x9c "
		"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb \xef\xbf\xbf";

	(void)state;
	check_clean(text, strlen(text), text);
}

static void
test_a_huge_text_is_one_line(void **state)
{
	size_t len = 4 * 1024 * 1024, i, breaks = 0;
	char *bytes = malloc(len);
	struct buffer text = { 0 };
	json_t *object;

	(void)state;
	memset(bytes, '\n', len);
	object = json_pack("{s:s,s:s,s:s%}", "type", "message", "username", "ann",
		"message", bytes, len);
	line_text_append(&text, object);
	for (i = 0; i < text.len; i++)
		breaks += text.bytes[i] == '\n';
	assert_int_equal(breaks, 1);
	assert_int_equal(text.len, strlen("ann: ") + len * strlen(LINE_BREAK) + 1);
	buffer_clear(&text);
	json_decref(object);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_has_its_sender_and_its_text),
		cmocka_unit_test(test_a_message_of_another_type_has_its_text_or_its_type),
		cmocka_unit_test(test_presence_tells_who_enters_leaves_and_is_renamed),
		cmocka_unit_test(test_an_edit_has_the_new_text_and_a_reaction_no_line),
		cmocka_unit_test(test_only_the_first_joined_of_a_session_is_a_welcome),
		cmocka_unit_test(test_an_alarm_has_its_state),
		cmocka_unit_test(test_a_history_and_a_search_end_with_the_newest),
		cmocka_unit_test(test_a_list_has_one_line_for_each_item),
		cmocka_unit_test(test_notices_errors_and_log_lines_are_unchanged),
		cmocka_unit_test(test_objects_for_programs_add_no_line),
		cmocka_unit_test(test_text_and_names_cannot_control_a_terminal),
		cmocka_unit_test(test_a_line_break_cannot_forge_a_line),
		cmocka_unit_test(test_format_specifiers_in_a_text_are_plain_text),
		cmocka_unit_test(test_members_of_a_wrong_type_count_as_missing),
		cmocka_unit_test(test_invalid_utf_8_becomes_u_fffd),
		cmocka_unit_test(test_valid_text_of_any_language_is_unchanged),
		cmocka_unit_test(test_a_huge_text_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
