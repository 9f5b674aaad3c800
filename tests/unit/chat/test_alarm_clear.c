/* Alarms that people clear. */
#include "alarm_fixture.h"

#define CLEAR JSON({"type":"clear","key":"disk"})

static void
test_a_person_clears_an_alarm_for_everybody(void **state)
{
	struct fixture *fixture = *state;
	struct fake line;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	come_by_line(fixture, &line, "lobby", NULL);
	assert_push(fixture,
		ALARM(JSON("severity":"critical","title":"Full","message":"98 %","x":1)),
			JSON("id":1));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk"}));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	forget_heard(&line);
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"disk","ref":"c"}));
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","id":3,"ts":4000,"username":"ann",
			"key":"disk","severity":"ok","state":"cleared","since":2000,
			"acknowledged_by":"ann","acknowledged_ms":3000,"title":"Full",
			"cleared_by":"ann"}));
	assert_hears(&fixture->ann, JSON("state":"cleared"));
	assert_hears_exactly(&fixture->ann,
		JSON({"type":"ack","ref":"c","room":"lobby","id":3,"ts":4000}));
	assert_string_equal(hears(&line), "! ann cleared disk: Full\n");
	go(fixture, &line);
	/* Newcomers are not shown it any more. */
	come(fixture, &line, NULL);
	assert_hears_nothing(&line);
	go(fixture, &line);
}

static void
test_a_second_clear_says_nothing_to_others(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, WARNING, JSON("id":1));
	say(fixture, &fixture->ann, CLEAR);
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, CLEAR);
	assert_hears(&fixture->ann, JSON("code":"no_such_alarm"));
	assert_hears_nothing(&fixture->bob);
	/* The same when the first one is not stored yet. */
	assert_push(fixture, WARNING, JSON("id":3));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	chat_handle(fixture->chat, &fixture->ann.session, CLEAR, strlen(CLEAR), 9000);
	say(fixture, &fixture->eve, CLEAR);
	assert_hears(&fixture->bob, JSON("id":4,));
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_repeated_ref_is_answered_with_the_first_id(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	assert_push(fixture, WARNING, JSON("id":1));
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"disk","ref":"c"}));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"disk","ref":"c"}));
	assert_hears_exactly(&fixture->ann, JSON({"type":"ack","ref":"c","room":"lobby","id":2,"ts":3000,
			"duplicate":true}));
	/* Also when the alarm stands again. */
	assert_push(fixture, WARNING, JSON("id":3));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"disk","ref":"c"}));
	assert_hears(&fixture->ann, JSON("id":2,"ts":3000,"duplicate":true));
	assert_hears_nothing(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"disk","ref":"d"}));
	assert_hears(&fixture->bob, JSON("id":4,));
	/* An acknowledgement, too. */
	assert_push(fixture, WARNING, JSON("id":5));
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk","ref":"e"}));
	assert_push(fixture, OK, JSON("id":7));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"type":"ack","key":"disk","ref":"e"}));
	assert_hears(&fixture->ann, JSON("id":6,"ts":9000,"duplicate":true));
}

static void
test_a_program_clears_an_alarm_in_nobodys_name(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, WARNING, JSON("id":1));
	forget_heard(&fixture->bob);
	assert_push(fixture, JSON({"type":"clear","key":"disk","cleared_by":"eve"}),
				     JSON("id":2));
	assert_hears_exactly(&fixture->bob,
		JSON({"type":"alarm","room":"lobby","id":2,"ts":2000,"username":"cron",
			"key":"disk","severity":"ok","state":"cleared","since":1000}));
	assert_push(fixture, JSON({"type":"clear","key":"disk"}), "no_such_alarm");
	assert_push(fixture, JSON({"type":"clear","room":"new","key":"disk"}),
				     "no_such_room");
	assert_push(fixture, JSON({"type":"clear"}), "bad_field");
	/* Nor can it say that somebody has cleared an alarm. */
	assert_push(fixture, WARNING, JSON("id":3));
	forget_heard(&fixture->bob);
	assert_push(
		fixture, ALARM(JSON("severity":"ok","cleared_by":"eve")), JSON("id":4));
	assert_hears(&fixture->bob, JSON("state":"cleared","since":6000) "}");
}

static void
test_the_past_of_a_cleared_alarm_stays_in_the_history(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, CRITICAL, JSON("id":1));
	say(fixture, &fixture->ann, CLEAR);
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"type":"history"}));
	assert_hears(&fixture->ann,
		JSON("state":"raised","since":1000) "},"
						    "{" JSON("type":"alarm","room":"lobby","id":2,));
}

static void
test_bad_clears_are_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, WARNING, JSON("id":1));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"type":"clear"}));
	assert_hears(&fixture->ann, JSON("code":"bad_field"));
	say(fixture, &fixture->ann, JSON({"type":"clear","key":7}));
	assert_hears(&fixture->ann, JSON("code":"bad_field"));
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"none"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_alarm"));
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"disk","room":"no"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_room"));
}

static void
test_a_muted_person_cannot_clear_an_alarm(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	assert_push(fixture, WARNING, JSON("id":1));
	come_as_call(fixture, &call);
	call_for(fixture, &call, &(struct chat_caller){ .name = "root" },
		&(struct chat_call){
			.kind = CHAT_ORDER,
			.order = "mute",
			.object = json_pack("{s:s}", "username", "ann"),
			.now_ms = fixture->now_ms += 1000,
		});
	settle(fixture);
	go(fixture, &call);
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"type":"clear"}));
	assert_hears(&fixture->ann, JSON("code":"bad_field"));
	say(fixture, &fixture->ann, CLEAR);
	assert_hears(&fixture->ann, JSON("code":"muted"));
	say(fixture, &fixture->ann, JSON({"type":"clear","key":"none"}));
	assert_hears(&fixture->ann, JSON("code":"muted"));
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_line_clears_an_alarm(void **state)
{
	struct fixture *fixture = *state;
	struct fake line;

	assert_push(fixture, WARNING, JSON("id":1));
	come_by_line(fixture, &line, "lobby", "carol");
	forget_heard(&line);
	forget_heard(&fixture->bob);
	say_line(fixture, &line, "/clear");
	assert_string_equal(hears(&line), "* usage: /clear KEY\n");
	say_line(fixture, &line, "/clear disk");
	assert_string_equal(hears(&line), "! carol cleared disk\n");
	assert_hears(&fixture->bob, JSON("cleared_by":"carol") "}");
	say_line(fixture, &line, "/clear disk");
	assert_string_equal(hears(&line), "* there is no such alarm in this room\n");
	assert_hears_nothing(&fixture->bob);
	go(fixture, &line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_person_clears_an_alarm_for_everybody),
		chat_test(test_a_second_clear_says_nothing_to_others),
		chat_test(test_a_repeated_ref_is_answered_with_the_first_id),
		chat_test(test_a_program_clears_an_alarm_in_nobodys_name),
		chat_test(test_the_past_of_a_cleared_alarm_stays_in_the_history),
		chat_test(test_bad_clears_are_refused),
		chat_test(test_a_muted_person_cannot_clear_an_alarm),
		chat_test(test_a_line_clears_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
