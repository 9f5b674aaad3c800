/* Line sessions: what they type and what they read. */
#include "chat_fixture.h"

/* As set_up, but ann is a line session and bob is called "bob". */
static int
set_up_line(void **state)
{
	struct fixture *fixture;

	set_up(state);
	fixture = *state;
	say(fixture, &fixture->bob, JSON({"type":"nick","username":"bob"}));
	go(fixture, &fixture->ann);
	come_by_line(fixture, &fixture->ann, NULL, NULL);
	return 0;
}

#define line_test(test) cmocka_unit_test_setup_teardown(test, set_up_line, tear_down)

static void
test_a_line_session_is_greeted_once(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(hears(&fixture->ann),
		"Welcome to Linnet. You are guest-4 in lobby with 2 others. "
		"/help lists the commands.\n");
	say_line(fixture, &fixture->ann, "/join ops");
	assert_string_equal(
		hears(&fixture->ann), "* You are guest-4 in ops with 0 others\n");
	assert_hears_nothing(&fixture->ann);
}

static void
test_a_line_is_sent_as_a_message_to_every_door(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	come_by_line(fixture, &carol, NULL, "carol");
	forget_heard(&carol);
	say_line(fixture, &fixture->ann, "hi there");
	assert_string_equal(hears(&carol), "guest-4: hi there\n");
	assert_hears(&fixture->bob, "{" JSON("type":"message","room":"lobby","id":1,));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->bob, JSON({"message":"hello"}));
	assert_string_equal(hears(&fixture->ann), "bob: hello\n");
	assert_string_equal(hears(&carol), "bob: hello\n");
	go(fixture, &carol);
}

static void
test_a_session_of_lines_in_a_websocket_reads_messages_without_line_feeds(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	fake_init(fixture, &carol, WIRE_WS_LINE);
	chat_open(fixture->chat, &carol.session, NULL);
	say(fixture, &fixture->bob, JSON({"message":"hello"}));
	assert_string_equal(hears(&carol), "bob: hello");
	say_line(fixture, &carol, "/nick");
	assert_hears(&carol, "* usage: /nick NAME");
	go(fixture, &carol);
}

static void
test_control_characters_in_a_line_are_replaced(void **state)
{
	struct fixture *fixture = *state;

	say_line(fixture, &fixture->ann, "a\033[2J\tb\xff\xe2\x80\xae");
	assert_hears(&fixture->bob,
		"\"message\":\"a\xef\xbf\xbd[2J\\tb\xef\xbf\xbd\xef\xbf\xbd\"");
	assert_int_equal(chat_handle_line(fixture->chat, &fixture->ann.session, "a\0b", 3,
				 false, fixture->now_ms),
		0);
	settle(fixture);
	assert_hears(&fixture->bob, "\"message\":\"a\xef\xbf\xbd"
				    "b\"");
}

static void
test_an_empty_line_is_ignored(void **state)
{
	struct fixture *fixture = *state;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "");
	say_line(fixture, &fixture->ann, "  \t ");
	say_line(fixture, &fixture->ann, "\t");
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&fixture->bob);
}

static void
test_presence_is_shown_as_lines(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	forget_heard(&fixture->ann);
	come_by_line(fixture, &carol, NULL, "carol");
	assert_string_equal(hears(&fixture->ann), "* carol has entered\n");
	say_line(fixture, &carol, "/nick caro");
	assert_string_equal(hears(&fixture->ann), "* carol is now caro\n");
	forget_heard(&carol);
	say_line(fixture, &fixture->ann, "/NICK ann");
	assert_string_equal(hears(&carol), "* guest-4 is now ann\n");
	assert_string_equal(hears(&fixture->ann), "* guest-4 is now ann\n");
	go(fixture, &carol);
	assert_string_equal(hears(&fixture->ann), "* caro has left\n");
}

static void
test_a_taken_or_bad_name_is_refused_with_a_line(void **state)
{
	struct fixture *fixture = *state;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/nick BOB");
	assert_string_equal(
		hears(&fixture->ann), "* somebody else is called that already\n");
	say_line(fixture, &fixture->ann, "/nick *ops");
	assert_hears(&fixture->ann, "* the name must not begin with *, / or !\n");
}

static void
test_a_line_session_is_in_one_room_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	come_by_line(fixture, &carol, NULL, "carol");
	forget_heard(&carol);
	say_line(fixture, &fixture->ann, "/join ops");
	assert_string_equal(hears(&carol), "* guest-4 has left\n");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->bob, JSON({"message":"in the lobby"}));
	assert_hears_nothing(&fixture->ann);
	say_line(fixture, &fixture->ann, "in ops");
	assert_string_equal(hears(&carol), "bob: in the lobby\n");
	assert_hears_nothing(&carol);
	say_line(fixture, &carol, "/join ops");
	assert_string_equal(hears(&carol), "* You are carol in ops with 1 other\n");
	assert_string_equal(hears(&fixture->ann), "* carol has entered\n");
	go(fixture, &carol);
}

static void
test_an_empty_room_is_removed_when_its_last_member_moves(void **state)
{
	struct fixture *fixture = *state;

	say_line(fixture, &fixture->ann, "/join one");
	say_line(fixture, &fixture->ann, "/join two");
	say_line(fixture, &fixture->ann, "made");
	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/rooms");
	assert_string_equal(hears(&fixture->ann), "* lobby (2 here)\n* two (1 here)\n");
}

static void
test_a_refused_join_changes_nothing(void **state)
{
	struct fixture *fixture = *state;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/join a/b");
	assert_hears(&fixture->ann, "* the name of the room must not have a");
	say_line(fixture, &fixture->ann, "/join lobby");
	assert_string_equal(hears(&fixture->ann), "* you are in that room\n");
	say_line(fixture, &fixture->ann, "still here");
	assert_hears(&fixture->bob, JSON("room":"lobby"));
}

static void
test_rooms_and_people_are_listed(void **state)
{
	struct fixture *fixture = *state;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/who");
	assert_string_equal(hears(&fixture->ann),
		"* In lobby: bob (ws), guest-3 (ws), guest-4 (line)\n");
	say_line(fixture, &fixture->ann, "/rooms");
	assert_string_equal(hears(&fixture->ann), "* lobby (3 here)\n");
}

static void
test_me_is_shown_as_an_action(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	come_by_line(fixture, &carol, NULL, "carol");
	say_line(fixture, &carol, "/me  waves at you");
	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/history 1");
	assert_string_equal(hears(&fixture->ann),
		"* carol waves at you\n* That was the latest of lobby\n");
	assert_hears(&fixture->bob, JSON("message":"waves at you","action":true) "}");
	go(fixture, &carol);
}

static void
test_history_shows_20_lines_or_the_given_number(void **state)
{
	struct fixture *fixture = *state;
	char text[64];
	const char *lines;
	int i;

	for (i = 1; i <= 25; i++) {
		snprintf(text, sizeof(text), JSON({"message":"number %d."}), i);
		say(fixture, &fixture->bob, text);
	}
	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/history");
	lines = hears(&fixture->ann);
	assert_memory_equal(lines, "bob: number 6.\n", 15);
	assert_non_null(strstr(lines, "bob: number 25.\n* That was the latest"));
	say_line(fixture, &fixture->ann, "/history 2");
	assert_string_equal(hears(&fixture->ann),
		"bob: number 24.\nbob: number 25.\n* That was the latest of lobby\n");
	say_line(fixture, &fixture->ann, "/history 999999999");
	assert_hears(&fixture->ann, "bob: number 1.\n");
}

static void
test_history_with_a_bad_number_is_answered_with_its_usage(void **state)
{
	static const char *const bad[] = { "/history x", "/history -1", "/history 1 2",
		"/history 99999999999999999999", "/history 0" };
	struct fixture *fixture = *state;
	size_t i;

	forget_heard(&fixture->ann);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say_line(fixture, &fixture->ann, bad[i]);
		assert_string_equal(hears(&fixture->ann), "* usage: /history [N]\n");
	}
}

static void
test_a_deeply_nested_object_does_not_break_the_history(void **state)
{
	struct fixture *fixture = *state;
	char text[4100] = "{" JSON("message":"deep","x":);
	size_t len = strlen(text), depth = 1999;

	memset(text + len, '[', depth);
	memset(text + len + depth, ']', depth);
	text[len + 2 * depth] = '}';
	say(fixture, &fixture->bob, text);
	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/history");
	assert_string_equal(
		hears(&fixture->ann), "bob: deep\n* That was the latest of lobby\n");
}

static void
test_an_alarm_key_may_have_spaces(void **state)
{
	struct fixture *fixture = *state;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/ack disk full");
	assert_string_equal(
		hears(&fixture->ann), "* there is no such alarm in this room\n");
	assert_push(fixture, JSON({"type":"alarm","key":"disk full","severity":"error"}),
				     JSON("id":1));
	assert_string_equal(hears(&fixture->ann), "! error disk full\n");
	say_line(fixture, &fixture->ann, "/ack disk full");
	assert_string_equal(hears(&fixture->ann), "! guest-4 acknowledged disk full\n");
}

static void
test_help_lists_every_command_with_its_usage(void **state)
{
	static const char *const usages[] = { "/nick NAME", "/join ROOM", "/rooms",
		"/who", "/me ACTION", "/history [N]", "/ack KEY", "/help", "/quit" };
	struct fixture *fixture = *state;
	const char *lines;
	char line[64];
	size_t i;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/HeLp");
	lines = hears(&fixture->ann);
	for (i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		snprintf(line, sizeof(line), "* %s - ", usages[i]);
		if (!strstr(lines, line))
			fail_msg("no %s in %s", line, lines);
	}
}

static void
test_quit_and_q_end_the_session(void **state)
{
	static const char *const words[] = { "/quit", "/QUIT", "Q" };
	struct fixture *fixture = *state;
	struct fake carol;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		forget_heard(&fixture->ann);
		come_by_line(fixture, &carol, NULL, "carol");
		assert_hears(&fixture->ann, "* carol has entered\n");
		say_line(fixture, &carol, words[i]);
		assert_int_equal(carol.drops, 1);
		assert_int_equal(carol.code, CLOSE_NORMAL);
		assert_string_equal(hears(&fixture->ann), "* carol has left\n");
		say_line(fixture, &carol, "too late");
		assert_hears_nothing(&fixture->ann);
		go(fixture, &carol);
	}
	say_line(fixture, &fixture->ann, "q");
	say_line(fixture, &fixture->ann, "Quite so");
	assert_int_equal(fixture->ann.drops, 0);
	assert_hears(&fixture->bob, JSON("message":"q"));
}

static void
test_two_slashes_send_a_text_that_begins_with_one(void **state)
{
	struct fixture *fixture = *state;

	say_line(fixture, &fixture->ann, "//etc/passwd");
	assert_hears(&fixture->bob, JSON("message":"/etc/passwd"));
}

static void
test_what_is_no_command_is_text(void **state)
{
	static const char *const texts[] = { "/", "/etc/passwd", "/nicks x", "/hist",
		"/message x", "/search x", "/leave" };
	struct fixture *fixture = *state;
	char expected[50];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		say_line(fixture, &fixture->ann, texts[i]);
		snprintf(expected, sizeof(expected), "\"message\":\"%s\"", texts[i]);
		assert_hears(&fixture->bob, expected);
		forget_heard(&fixture->bob);
	}
}

static void
test_text_makes_all_lines_behind_it_text(void **state)
{
	static const char *const lines[] = { "/quit", "Q", "//x", "/text y",
		"/nick ZOE" };
	struct fixture *fixture = *state;
	char expected[50];
	size_t i;

	say_line(fixture, &fixture->ann, "/text /who");
	assert_hears(&fixture->bob, JSON("message":"/who"));
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		forget_heard(&fixture->bob);
		say_line(fixture, &fixture->ann, lines[i]);
		snprintf(expected, sizeof(expected), "\"message\":\"%s\"", lines[i]);
		assert_hears(&fixture->bob, expected);
	}
	assert_int_equal(fixture->ann.code, 0);
}

static void
test_text_alone_says_nothing(void **state)
{
	struct fixture *fixture = *state;

	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/text");
	assert_hears_nothing(&fixture->bob);
	assert_hears_nothing(&fixture->ann);
	say_line(fixture, &fixture->ann, "/help");
	assert_hears(&fixture->bob, JSON("message":"/help"));
}

static void
test_a_command_without_its_argument_is_answered_with_its_usage(void **state)
{
	static const char *const bad[][2] = {
		{ "/nick", "* usage: /nick NAME\n" },
		{ "/join ", "* usage: /join ROOM\n" },
		{ "/me", "* usage: /me ACTION\n" },
		{ "/ack", "* usage: /ack KEY\n" },
	};
	struct fixture *fixture = *state;
	size_t i;

	forget_heard(&fixture->ann);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say_line(fixture, &fixture->ann, bad[i][0]);
		assert_string_equal(hears(&fixture->ann), bad[i][1]);
	}
	assert_hears_nothing(&fixture->bob);
}

static int64_t
try_line(struct fixture *fixture, const char *line, bool may_wait, int64_t now_ms)
{
	return chat_handle_line(fixture->chat, &fixture->ann.session, line, strlen(line),
		may_wait, now_ms);
}

static void
test_a_session_that_may_wait_is_told_how_long(void **state)
{
	struct fixture *fixture = *state;
	int64_t wait_ms;
	int i;

	forget_heard(&fixture->ann);
	for (i = 0; i < 20; i++)
		assert_int_equal(try_line(fixture, "hi", true, 5000), 0);
	settle(fixture);
	forget_heard(&fixture->bob);
	for (i = 0; i < 1000; i++)
		wait_ms = try_line(fixture, "once more", true, 5000);
	settle(fixture);
	assert_int_equal(wait_ms, 201);
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&fixture->bob);
	assert_int_equal(fixture->ann.drops, 0);
	assert_int_equal(try_line(fixture, "once more", true, 5000 + wait_ms), 0);
	settle(fixture);
	assert_hears(&fixture->bob, JSON("message":"once more"));
}

static void
test_a_session_that_may_not_wait_is_refused_with_a_line(void **state)
{
	struct fixture *fixture = *state;
	int i;

	forget_heard(&fixture->ann);
	for (i = 0; i < 21; i++)
		assert_int_equal(try_line(fixture, "hi", false, 5000), 0);
	assert_string_equal(hears(&fixture->ann), "* too fast, wait a moment\n");
	settle(fixture);
	for (i = 0; i < 200; i++)
		try_line(fixture, "/nonsense", false, 5000);
	assert_int_equal(fixture->ann.code, CLOSE_POLICY);
	settle(fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		line_test(test_a_line_session_is_greeted_once),
		line_test(test_a_line_is_sent_as_a_message_to_every_door),
		line_test(
			test_a_session_of_lines_in_a_websocket_reads_messages_without_line_feeds),
		line_test(test_control_characters_in_a_line_are_replaced),
		line_test(test_an_empty_line_is_ignored),
		line_test(test_presence_is_shown_as_lines),
		line_test(test_a_taken_or_bad_name_is_refused_with_a_line),
		line_test(test_a_line_session_is_in_one_room_at_a_time),
		line_test(test_an_empty_room_is_removed_when_its_last_member_moves),
		line_test(test_a_refused_join_changes_nothing),
		line_test(test_rooms_and_people_are_listed),
		line_test(test_me_is_shown_as_an_action),
		line_test(test_history_shows_20_lines_or_the_given_number),
		line_test(test_history_with_a_bad_number_is_answered_with_its_usage),
		line_test(test_a_deeply_nested_object_does_not_break_the_history),
		line_test(test_an_alarm_key_may_have_spaces),
		line_test(test_help_lists_every_command_with_its_usage),
		line_test(test_quit_and_q_end_the_session),
		line_test(test_two_slashes_send_a_text_that_begins_with_one),
		line_test(test_what_is_no_command_is_text),
		line_test(test_text_makes_all_lines_behind_it_text),
		line_test(test_text_alone_says_nothing),
		line_test(test_a_command_without_its_argument_is_answered_with_its_usage),
		line_test(test_a_session_that_may_wait_is_told_how_long),
		line_test(test_a_session_that_may_not_wait_is_refused_with_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
