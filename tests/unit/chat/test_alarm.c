/* Alarms: what programs and people say of them, and who is told. */
#include "alarm_fixture.h"

static void
test_an_alarm_is_raised_as_a_message_to_everybody(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture,
		ALARM("\"severity\":\"critical\",\"title\":\"Disk full\",\"x\":[1]"),
		"{\"type\":\"ack\",\"room\":\"lobby\",\"id\":1,\"epoch\":\"");
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"alarm\",\"room\":\"lobby\",\"id\":1,\"ts\":1000,"
		"\"username\":\"cron\",\"key\":\"disk\",\"severity\":\"critical\","
		"\"title\":\"Disk full\",\"x\":[1],\"state\":\"raised\",\"since\":1000}");
	assert_hears(&fixture->ann, "\"id\":1,");
}

static void
test_an_update_keeps_since_when_it_stands_and_its_title(void **state)
{
	struct fixture *fixture = *state;
	const char *heard;

	assert_push(fixture, ALARM("\"severity\":\"error\",\"title\":\"Disk\""),
		"\"delivered\":3");
	forget_heard(&fixture->bob);
	assert_push(fixture, CRITICAL, "\"id\":2");
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, "\"state\":\"updated\""));
	assert_non_null(strstr(heard, "\"ts\":2000"));
	assert_non_null(strstr(heard, "\"since\":1000"));
	assert_non_null(strstr(heard, "\"title\":\"Disk\""));
	assert_non_null(strstr(heard, "\"message\":\"98 %\""));
}

static void
test_an_acknowledgement_reaches_everybody_who_gave_it_too(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"type\":\"nick\",\"username\":\"ann\"}");
	assert_push(fixture, CRITICAL, "\"id\":1");
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\",\"ref\":\"a1\"}");
	assert_hears(&fixture->bob,
		"{\"type\":\"alarm\",\"room\":\"lobby\",\"id\":2,\"ts\":3000,"
		"\"username\":\"ann\"");
	assert_hears(&fixture->ann,
		"\"state\":\"acknowledged\",\"since\":2000,\"acknowledged_by\":\"ann\","
		"\"acknowledged_ms\":3000}");
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"ack\",\"ref\":\"a1\",\"room\":\"lobby\",\"id\":2}");
}

static void
test_an_acknowledgement_that_is_sent_again_is_known(void **state)
{
	static const char ack[] = "{\"type\":\"ack\",\"key\":\"disk\",\"ref\":\"a1\"}";
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"type\":\"nick\",\"username\":\"ann\"}");
	assert_push(fixture, CRITICAL, "\"id\":1");
	say(fixture, &fixture->ann, ack);
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, ack);
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"ack\",\"ref\":\"a1\",\"room\":\"lobby\",\"id\":2,"
		"\"duplicate\":true}");
	assert_hears_nothing(&fixture->bob);
}

static void
test_who_has_acknowledged_stays_until_it_gets_worse(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"type\":\"nick\",\"username\":\"ann\"}");
	assert_push(fixture, ALARM("\"severity\":\"error\""), "\"id\":1");
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	forget_heard(&fixture->bob);
	assert_push(fixture, ALARM("\"severity\":\"error\""), "\"id\":3");
	assert_hears(&fixture->bob, "\"acknowledged_by\":\"ann\"");
	assert_push(fixture, WARNING, "\"id\":4");
	assert_hears(&fixture->bob, "\"acknowledged_by\":\"ann\"");
	assert_push(fixture, CRITICAL, "\"id\":5");
	assert_null(strstr(hears(&fixture->bob), "acknowledged"));
}

static void
test_ok_clears_and_says_what_is_over(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	const char *heard;

	assert_push(
		fixture, ALARM("\"severity\":\"error\",\"title\":\"Disk\""), "\"id\":1");
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	forget_heard(&fixture->bob);
	assert_push(fixture, OK, "\"id\":3");
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, "\"state\":\"cleared\""));
	assert_non_null(strstr(heard, "\"since\":1000"));
	assert_non_null(strstr(heard, "\"title\":\"Disk\""));
	assert_non_null(strstr(heard, "\"acknowledged_by\":\"guest-1\""));
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	forget_heard(&fixture->bob);
	assert_push(fixture, WARNING, "\"id\":4");
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, "\"state\":\"raised\""));
	assert_null(strstr(heard, "acknowledged"));
	assert_null(strstr(heard, "title"));
}

static void
test_ok_for_what_does_not_stand_is_said_to_nobody(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, OK, "\"room\":\"lobby\",\"epoch\":\"");
	assert_push(fixture, ALARM("\"severity\":\"ok\",\"ref\":\"r\""),
		"{\"type\":\"ack\",\"ref\":\"r\",\"room\":\"lobby\",\"epoch\":\"");
	assert_hears_nothing(&fixture->bob);
	say(fixture, &fixture->ann, "{\"message\":\"first\"}");
	assert_hears(&fixture->bob, "\"id\":1,");
}

static void
test_ok_for_a_room_that_is_not_there_leaves_none(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, ALARM("\"severity\":\"ok\",\"room\":\"new\""),
		"\"room\":\"new\"");
	assert_push(fixture, ALARM("\"severity\":\"bad\",\"room\":\"new\""),
		"\"code\":\"bad_field\"");
	say_line(fixture, &fixture->ann, "/rooms");
	assert_null(strstr(hears(&fixture->ann), "\"new\""));
}

static void
test_an_alarm_that_does_not_stand_cannot_be_acknowledged(void **state)
{
	static const char *const bad[] = { "{\"type\":\"ack\",\"key\":\"other\"}",
		"{\"type\":\"ack\"}", "{\"type\":\"ack\",\"key\":\"\"}" };
	struct fixture *fixture = *state;
	size_t i;

	assert_push(fixture, WARNING, "\"id\":1");
	forget_heard(&fixture->ann);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		say(fixture, &fixture->ann, bad[i]);
		assert_hears(&fixture->ann, "\"code\":\"no_such_alarm\"");
	}
	assert_push(fixture, OK, "\"id\":2");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"disk\"}");
	assert_hears(&fixture->ann, "\"code\":\"no_such_alarm\"");
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":\"d\",\"room\":\"no\"}");
	assert_hears(&fixture->ann, "\"code\":\"no_such_room\"");
	say(fixture, &fixture->ann, "{\"type\":\"ack\",\"key\":5}");
	assert_hears(&fixture->ann, "\"code\":\"bad_field\"");
}

static void
test_a_client_that_is_nobody_cannot_acknowledge(void **state)
{
	struct fixture *fixture = *state;
	struct fake stream;

	assert_push(fixture, WARNING, "\"id\":1");
	come_by_stream(fixture, &stream, "lobby", NULL);
	forget_heard(&stream);
	say(fixture, &stream, "{\"type\":\"ack\",\"key\":\"disk\"}");
	assert_hears(&stream, "\"code\":\"denied\"");
	go(fixture, &stream);
}

static void
test_bad_alarms_are_refused_and_named(void **state)
{
	static const char *const bad[] = {
		"{\"type\":\"alarm\",\"severity\":\"error\"}",
		"{\"type\":\"alarm\",\"key\":\"\",\"severity\":\"error\"}",
		"{\"type\":\"alarm\",\"key\":1,\"severity\":\"error\"}",
		"{\"type\":\"alarm\",\"key\":\"a\\nb\",\"severity\":\"error\"}",
		ALARM("\"x\":1"),
		ALARM("\"severity\":\"CRITICAL\""),
		ALARM("\"severity\":\"\""),
		ALARM("\"severity\":5"),
		ALARM("\"severity\":\"error\",\"title\":5"),
	};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_push(fixture, bad[i], "\"code\":\"bad_field\"");
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_key_has_up_to_128_bytes(void **state)
{
	struct fixture *fixture = *state;
	char key[129], text[300];

	memset(key, 'k', sizeof(key));
	snprintf(text, sizeof(text),
		"{\"type\":\"alarm\",\"key\":\"%.129s\",\"severity\":\"info\"}", key);
	assert_push(fixture, text, "\"code\":\"bad_field\"");
	snprintf(text, sizeof(text),
		"{\"type\":\"alarm\",\"key\":\"%.128s\",\"severity\":\"info\"}", key);
	assert_push(fixture, text, "\"id\":1");
}

static void
test_a_program_cannot_set_what_the_server_knows_of_an_alarm(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	const char *heard;

	assert_push(fixture,
		ALARM("\"severity\":\"error\",\"state\":\"cleared\",\"since\":1,\"id\":9,"
		      "\"ts\":1,\"standing\":true,\"avatar\":\"a\",\"via\":\"ws\","
		      "\"acknowledged_by\":\"eve\",\"acknowledged_ms\":1"),
		"\"id\":1");
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"alarm\",\"room\":\"lobby\",\"id\":1,\"ts\":1000,"
		"\"username\":\"cron\",\"key\":\"disk\",\"severity\":\"error\","
		"\"state\":\"raised\",\"since\":1000}");
	come(fixture, &carol, NULL);
	heard = hears(&carol);
	assert_null(strstr(heard, "\"avatar\""));
	assert_null(strstr(heard, "\"via\""));
	assert_null(strstr(heard, "\"id\""));
	assert_null(strstr(heard, "acknowledged"));
	go(fixture, &carol);
}

static void
test_a_late_joiner_gets_the_alarms_that_stand(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	assert_push(fixture, CRITICAL, "\"id\":1");
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"net\",\"severity\":\"info\"}",
		"\"id\":2");
	assert_push(fixture, WARNING, "\"id\":3");
	come(fixture, &carol, NULL);
	assert_string_equal(hears(&carol),
		"{\"type\":\"alarm\",\"room\":\"lobby\",\"standing\":true,"
		"\"key\":\"disk\",\"severity\":\"warning\",\"state\":\"updated\","
		"\"since\":1000,\"ts\":3000,\"username\":\"cron\"}");
	assert_hears(&carol, "\"standing\":true,\"key\":\"net\"");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	come_by_line(fixture, &carol, NULL, "carol");
	assert_hears(&carol, "Welcome to Linnet.");
	assert_string_equal(hears(&carol), "! warning disk\n");
	go(fixture, &carol);
	come_by_stream(fixture, &carol, "lobby", NULL);
	assert_hears(&carol, "data: {\"type\":\"alarm\",\"room\":\"lobby\",\"standing\"");
	go(fixture, &carol);
}

static void
test_who_goes_on_where_it_was_gets_only_what_it_missed(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .since = NULL };
	struct fake carol;
	char since[64];
	const char *joined;

	assert_push(fixture, WARNING, "\"id\":1");
	say(fixture, &fixture->ann, "{\"type\":\"join\"}");
	assert_hears(&fixture->ann, "\"type\":\"alarm\"");
	joined = strstr(hears(&fixture->ann), "\"epoch\":\"");
	snprintf(since, sizeof(since), "%.*s:1", (int)strcspn(joined + 9, "\""),
		joined + 9);
	wishes.since = since;
	come(fixture, &carol, &wishes);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	assert_push(fixture, CRITICAL, "\"id\":2");
	come(fixture, &carol, &wishes);
	assert_hears(&carol, "\"type\":\"alarm\",\"room\":\"lobby\",\"id\":2,");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	wishes.since = "other:1";
	come(fixture, &carol, &wishes);
	assert_hears(&carol, "\"standing\":true");
	go(fixture, &carol);
}

static void
test_a_room_has_up_to_1000_alarms(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	char text[100];
	int i;

	for (i = 0; i < 1001; i++) {
		snprintf(text, sizeof(text),
			"{\"type\":\"alarm\",\"key\":\"k%d\",\"severity\":\"info\"}", i);
		assert_push(fixture, text,
			i < 1000 ? "\"id\":" : "\"code\":\"too_many_alarms\"");
		forget_heard(&fixture->ann);
		forget_heard(&fixture->bob);
		forget_heard(&fixture->eve);
	}
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"k7\",\"severity\":\"error\"}",
		"\"id\":1001");
	come(fixture, &carol, NULL);
	for (i = 0; i < 1000; i++) {
		if (!carol.session.queue.count)
			chat_on_drained(fixture->chat, &carol.session);
		assert_hears(&carol, "\"standing\":true");
	}
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"k7\",\"severity\":\"ok\"}",
		"\"id\":1002");
	assert_push(fixture, "{\"type\":\"alarm\",\"key\":\"new\",\"severity\":\"info\"}",
		"\"id\":1003");
}

static void
test_what_a_search_finds_of_an_alarm_is_what_people_read(void **state)
{
	struct fixture *fixture = *state;
	static const char *const words[] = { "cron", "disk", "Volume", "98" };
	char text[64];
	size_t i;

	assert_push(fixture,
		ALARM("\"severity\":\"error\",\"title\":\"Volume full\","
		      "\"message\":\"98 percent\""),
		"\"id\":1");
	forget_heard(&fixture->ann);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), "{\"type\":\"search\",\"q\":\"%s\"}",
			words[i]);
		say(fixture, &fixture->ann, text);
		assert_hears(&fixture->ann, "\"key\":\"disk\"");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_an_alarm_is_raised_as_a_message_to_everybody),
		chat_test(test_an_update_keeps_since_when_it_stands_and_its_title),
		chat_test(test_an_acknowledgement_reaches_everybody_who_gave_it_too),
		chat_test(test_an_acknowledgement_that_is_sent_again_is_known),
		chat_test(test_who_has_acknowledged_stays_until_it_gets_worse),
		chat_test(test_ok_clears_and_says_what_is_over),
		chat_test(test_ok_for_what_does_not_stand_is_said_to_nobody),
		chat_test(test_ok_for_a_room_that_is_not_there_leaves_none),
		chat_test(test_an_alarm_that_does_not_stand_cannot_be_acknowledged),
		chat_test(test_a_client_that_is_nobody_cannot_acknowledge),
		chat_test(test_bad_alarms_are_refused_and_named),
		chat_test(test_a_key_has_up_to_128_bytes),
		chat_test(test_a_program_cannot_set_what_the_server_knows_of_an_alarm),
		chat_test(test_a_late_joiner_gets_the_alarms_that_stand),
		chat_test(test_who_goes_on_where_it_was_gets_only_what_it_missed),
		chat_test(test_a_room_has_up_to_1000_alarms),
		chat_test(test_what_a_search_finds_of_an_alarm_is_what_people_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
