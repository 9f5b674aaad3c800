/* Alarms: pushes, acknowledgements and who receives them. */
#include "alarm_fixture.h"

static void
test_an_alarm_is_raised_as_a_message_to_everybody(void **state)
{
	struct fixture *fixture = *state;

	assert_push(
		fixture, ALARM(JSON("severity":"critical","title":"Disk full","x":[1])),
				 "{" JSON("type":"ack","room":"lobby","id":1,"epoch":));
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","id":1,"ts":1000,
			"username":"cron","key":"disk","severity":"critical",
			"title":"Disk full","x":[1],"state":"raised","since":1000}));
	assert_hears(&fixture->ann, JSON("id":1,));
}

static void
test_an_update_keeps_the_start_time_and_the_title(void **state)
{
	struct fixture *fixture = *state;
	const char *heard;

	assert_push(fixture, ALARM(JSON("severity":"error","title":"Disk")),
				     JSON("delivered":3));
	forget_heard(&fixture->bob);
	assert_push(fixture, CRITICAL, JSON("id":2));
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, JSON("state":"updated")));
	assert_non_null(strstr(heard, JSON("ts":2000)));
	assert_non_null(strstr(heard, JSON("since":1000)));
	assert_non_null(strstr(heard, JSON("title":"Disk")));
	assert_non_null(strstr(heard, JSON("message":"98 %")));
}

static void
test_an_acknowledgement_is_sent_to_everybody_its_sender_included(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	assert_push(fixture, CRITICAL, JSON("id":1));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk","ref":"a1"}));
	assert_hears(&fixture->bob, "{" JSON("type":"alarm","room":"lobby","id":2,"ts":3000,
			"username":"ann"));
	assert_hears(&fixture->ann,
		JSON("state":"acknowledged","since":2000,"acknowledged_by":"ann",
			"acknowledged_ms":3000) "}");
	assert_hears_exactly(&fixture->ann,
		JSON({"type":"ack","ref":"a1","room":"lobby","id":2,"ts":3000}));
}

static void
test_a_resent_acknowledgement_is_a_duplicate(void **state)
{
	static const char ack[] = JSON({"type":"ack","key":"disk","ref":"a1"});
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	assert_push(fixture, CRITICAL, JSON("id":1));
	say(fixture, &fixture->ann, ack);
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, ack);
	assert_hears_exactly(&fixture->ann, JSON({"type":"ack","ref":"a1","room":"lobby","id":2,"ts":3000,
			"duplicate":true}));
	assert_hears_nothing(&fixture->bob);
}

static void
test_an_acknowledgement_lasts_until_the_severity_rises(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	assert_push(fixture, ALARM(JSON("severity":"error")), JSON("id":1));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	forget_heard(&fixture->bob);
	assert_push(fixture, ALARM(JSON("severity":"error")), JSON("id":3));
	assert_hears(&fixture->bob, JSON("acknowledged_by":"ann"));
	assert_push(fixture, WARNING, JSON("id":4));
	assert_hears(&fixture->bob, JSON("acknowledged_by":"ann"));
	assert_push(fixture, CRITICAL, JSON("id":5));
	assert_null(strstr(hears(&fixture->bob), "acknowledged"));
}

static void
test_ok_clears_an_alarm_and_keeps_its_title(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	const char *heard;

	assert_push(
		fixture, ALARM(JSON("severity":"error","title":"Disk")), JSON("id":1));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	forget_heard(&fixture->bob);
	assert_push(fixture, OK, JSON("id":3));
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, JSON("state":"cleared")));
	assert_non_null(strstr(heard, JSON("since":1000)));
	assert_non_null(strstr(heard, JSON("title":"Disk")));
	assert_non_null(strstr(heard, JSON("acknowledged_by":"guest-1")));
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	forget_heard(&fixture->bob);
	assert_push(fixture, WARNING, JSON("id":4));
	heard = hears(&fixture->bob);
	assert_non_null(strstr(heard, JSON("state":"raised")));
	assert_null(strstr(heard, "acknowledged"));
	assert_null(strstr(heard, "title"));
}

static void
test_ok_for_an_alarm_that_is_not_active_is_not_broadcast(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, OK, JSON("room":"lobby","epoch":));
	assert_push(fixture,
		ALARM(JSON("severity":"ok","ref":"r")),
			"{" JSON("type":"ack","ref":"r","room":"lobby","epoch":));
	assert_hears_nothing(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"message":"first"}));
	assert_hears(&fixture->bob, JSON("id":1,));
}

static void
test_ok_for_an_unknown_room_does_not_create_it(void **state)
{
	struct fixture *fixture = *state;

	assert_push(
		fixture, ALARM(JSON("severity":"ok","room":"new")), JSON("room":"new"));
	assert_push(fixture, ALARM(JSON("severity":"bad","room":"new")),
				     JSON("code":"bad_field"));
	say_line(fixture, &fixture->ann, "/rooms");
	assert_null(strstr(hears(&fixture->ann), JSON("new")));
}

static void
test_an_alarm_that_is_not_active_cannot_be_acknowledged(void **state)
{
	const char *const bad = JSON([
		{"type":"ack","key":"other"},
		{"type":"ack"},
		{"type":"ack","key":""}
	]);
	struct fixture *fixture = *state;
	size_t i;

	assert_push(fixture, WARNING, JSON("id":1));
	forget_heard(&fixture->ann);
	for (i = 0; json_item(bad, i); i++) {
		say(fixture, &fixture->ann, json_item(bad, i));
		assert_hears(&fixture->ann, JSON("code":"no_such_alarm"));
	}
	assert_push(fixture, OK, JSON("id":2));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_alarm"));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"d","room":"no"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_room"));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":5}));
	assert_hears(&fixture->ann, JSON("code":"bad_field"));
}

static void
test_a_session_without_a_person_cannot_acknowledge(void **state)
{
	struct fixture *fixture = *state;
	struct fake stream;

	assert_push(fixture, WARNING, JSON("id":1));
	come_by_stream(fixture, &stream, "lobby", NULL);
	forget_heard(&stream);
	say(fixture, &stream, JSON({"type":"ack","key":"disk"}));
	assert_hears(&stream, JSON("code":"denied"));
	go(fixture, &stream);
}

static void
test_bad_alarms_are_refused_with_the_bad_field(void **state)
{
	const char *const bad = JSON([
		{"type":"alarm","severity":"error"},
		{"type":"alarm","key":"","severity":"error"},
		{"type":"alarm","key":1,"severity":"error"},
		{"type":"alarm","key":"a\nb","severity":"error"},
		{"type":"alarm","key":"disk","x":1},
		{"type":"alarm","key":"disk","severity":"CRITICAL"},
		{"type":"alarm","key":"disk","severity":""},
		{"type":"alarm","key":"disk","severity":5},
		{"type":"alarm","key":"disk","severity":"error","title":5}
	]);
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; json_item(bad, i); i++)
		assert_push(fixture, json_item(bad, i), JSON("code":"bad_field"));
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_key_has_up_to_128_bytes(void **state)
{
	struct fixture *fixture = *state;
	char key[129], text[300];

	memset(key, 'k', sizeof(key));
	snprintf(text, sizeof(text),
		JSON({"type":"alarm","key":"%.129s","severity":"info"}), key);
	assert_push(fixture, text, JSON("code":"bad_field"));
	snprintf(text, sizeof(text),
		JSON({"type":"alarm","key":"%.128s","severity":"info"}), key);
	assert_push(fixture, text, JSON("id":1));
}

static void
test_a_program_cannot_set_the_servers_members_of_an_alarm(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;
	const char *heard;

	assert_push(
		fixture, ALARM(JSON("severity":"error","state":"cleared","since":1,"id":9,
			"ts":1,"standing":true,"avatar":"a","via":"ws",
			"acknowledged_by":"eve","acknowledged_ms":1)),
				 JSON("id":1));
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","id":1,"ts":1000,
			"username":"cron","key":"disk","severity":"error",
			"state":"raised","since":1000}));
	come(fixture, &carol, NULL);
	heard = hears(&carol);
	assert_null(strstr(heard, JSON("avatar")));
	assert_null(strstr(heard, JSON("via")));
	assert_null(strstr(heard, JSON("id")));
	assert_null(strstr(heard, "acknowledged"));
	go(fixture, &carol);
}

static void
test_a_late_joiner_is_sent_the_active_alarms(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	assert_push(fixture, CRITICAL, JSON("id":1));
	assert_push(fixture, JSON({"type":"alarm","key":"net","severity":"info"}),
				     JSON("id":2));
	assert_push(fixture, WARNING, JSON("id":3));
	come(fixture, &carol, NULL);
	assert_hears_exactly(
		&carol, JSON({"type":"alarm","room":"lobby","standing":true,"key":"disk",
			"severity":"warning","state":"updated","since":1000,
			"ts":3000,"username":"cron"}));
	assert_hears(&carol, JSON("standing":true,"key":"net"));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	come_by_line(fixture, &carol, NULL, "carol");
	assert_hears(&carol, "Welcome to Linnet.");
	assert_string_equal(hears(&carol), "! warning disk\n");
	go(fixture, &carol);
	come_by_stream(fixture, &carol, "lobby", NULL);
	assert_hears(&carol, "data: "
			     "{" JSON("type":"alarm","room":"lobby","standing"));
	go(fixture, &carol);
}

static void
test_a_resumed_session_is_sent_only_the_alarms_it_missed(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .since = NULL };
	struct fake carol;
	char since[64];
	const char *joined;

	assert_push(fixture, WARNING, JSON("id":1));
	say(fixture, &fixture->ann, JSON({"type":"join"}));
	assert_hears(&fixture->ann, JSON("type":"alarm"));
	joined = strstr(hears(&fixture->ann), JSON("epoch":));
	snprintf(since, sizeof(since), "%.*s:1", (int)strcspn(joined + 9, "\""),
		joined + 9);
	wishes.since = since;
	come(fixture, &carol, &wishes);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	assert_push(fixture, CRITICAL, JSON("id":2));
	come(fixture, &carol, &wishes);
	assert_hears(&carol, JSON("type":"alarm","room":"lobby","id":2,));
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	wishes.since = "other:1";
	come(fixture, &carol, &wishes);
	assert_hears(&carol, JSON("standing":true));
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
			JSON({"type":"alarm","key":"k%d","severity":"info"}), i);
		assert_push(fixture, text,
			i < 1000 ? JSON("id":) : JSON("code":"too_many_alarms"));
		forget_heard(&fixture->ann);
		forget_heard(&fixture->bob);
		forget_heard(&fixture->eve);
	}
	assert_push(fixture, JSON({"type":"alarm","key":"k7","severity":"error"}),
				     JSON("id":1001));
	come(fixture, &carol, NULL);
	for (i = 0; i < 1000; i++) {
		if (!carol.session.queue.count)
			chat_on_drained(fixture->chat, &carol.session);
		assert_hears(&carol, JSON("standing":true));
	}
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	assert_push(fixture, JSON({"type":"alarm","key":"k7","severity":"ok"}),
				     JSON("id":1002));
	assert_push(fixture, JSON({"type":"alarm","key":"new","severity":"info"}),
				     JSON("id":1003));
}

static void
test_a_search_finds_the_text_of_an_alarm(void **state)
{
	struct fixture *fixture = *state;
	static const char *const words[] = { "cron", "disk", "Volume", "98" };
	char text[64];
	size_t i;

	assert_push(fixture, ALARM(JSON("severity":"error","title":"Volume full",
			"message":"98 percent")),
				     JSON("id":1));
	forget_heard(&fixture->ann);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(text, sizeof(text), JSON({"type":"search","q":"%s"}), words[i]);
		say(fixture, &fixture->ann, text);
		assert_hears(&fixture->ann, JSON("key":"disk"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_an_alarm_is_raised_as_a_message_to_everybody),
		chat_test(test_an_update_keeps_the_start_time_and_the_title),
		chat_test(
			test_an_acknowledgement_is_sent_to_everybody_its_sender_included),
		chat_test(test_a_resent_acknowledgement_is_a_duplicate),
		chat_test(test_an_acknowledgement_lasts_until_the_severity_rises),
		chat_test(test_ok_clears_an_alarm_and_keeps_its_title),
		chat_test(test_ok_for_an_alarm_that_is_not_active_is_not_broadcast),
		chat_test(test_ok_for_an_unknown_room_does_not_create_it),
		chat_test(test_an_alarm_that_is_not_active_cannot_be_acknowledged),
		chat_test(test_a_session_without_a_person_cannot_acknowledge),
		chat_test(test_bad_alarms_are_refused_with_the_bad_field),
		chat_test(test_a_key_has_up_to_128_bytes),
		chat_test(test_a_program_cannot_set_the_servers_members_of_an_alarm),
		chat_test(test_a_late_joiner_is_sent_the_active_alarms),
		chat_test(test_a_resumed_session_is_sent_only_the_alarms_it_missed),
		chat_test(test_a_room_has_up_to_1000_alarms),
		chat_test(test_a_search_finds_the_text_of_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
