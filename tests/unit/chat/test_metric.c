/* Metrics: the newest value of each name, and no more of them than can be drawn. */
#include "chat_fixture.h"

#define CPU(value) "{\"type\":\"metric\",\"name\":\"cpu\",\"value\":" value "}"

/* A program pushes text at now_ms, and is answered with part. */
static void
push_at(struct fixture *fixture, int64_t now_ms, const char *text, const char *part)
{
	fixture->now_ms = now_ms - 1000; /* assert_push adds them */
	assert_push(fixture, text, part);
}

static void
test_the_first_value_is_sent_at_once_to_everybody(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000,
		"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":0.41,\"unit\":\"ratio\","
		"\"host\":\"a\",\"ref\":\"r\"}",
		"{\"type\":\"ack\",\"ref\":\"r\",\"room\":\"lobby\",\"epoch\":\"");
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"metric\",\"room\":\"lobby\",\"ts\":10000,"
		"\"username\":\"cron\",\"name\":\"cpu\",\"value\":0.41,"
		"\"unit\":\"ratio\",\"host\":\"a\"}");
	assert_hears(&fixture->bob, "\"value\":0.41");
	push_at(fixture, 10100, "{\"type\":\"metric\",\"name\":\"mem\",\"value\":7}",
		"\"delivered\":3}");
	assert_hears(&fixture->bob, "\"value\":7}");
}

static void
test_a_metric_is_neither_numbered_nor_kept(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU("1"), "\"delivered\":3}");
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, "{\"message\":\"hi\"}");
	assert_hears(&fixture->bob, "\"id\":1,");
	say(fixture, &fixture->bob, "{\"type\":\"history\"}");
	assert_null(strstr(hears(&fixture->bob), "metric"));
}

static void
test_a_flood_is_thinned_to_the_newest_of_each_name(void **state)
{
	struct fixture *fixture = *state;
	char text[100];
	int i;

	push_at(fixture, 10000, CPU("0"), "\"delivered\":3}");
	forget_heard(&fixture->bob);
	for (i = 1; i <= 200; i++) {
		snprintf(text, sizeof(text),
			"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":%d}", i);
		push_at(fixture, 10000 + i, text, "\"delivered\":0}");
	}
	push_at(fixture, 10201, "{\"type\":\"metric\",\"name\":\"mem\",\"value\":7}",
		"\"delivered\":3}");
	assert_hears(&fixture->bob, "\"name\":\"mem\"");
	chat_tick(fixture->chat, 10249);
	assert_hears_nothing(&fixture->bob);
	chat_tick(fixture->chat, 10250);
	assert_hears(&fixture->bob, "\"ts\":10200,\"username\":\"cron\","
				    "\"name\":\"cpu\",\"value\":200}");
	chat_tick(fixture->chat, 99999);
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_metric_of_long_ago_is_sent_at_once_again(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU("1"), "\"delivered\":3}");
	push_at(fixture, 10100, CPU("2"), "\"delivered\":0}");
	chat_tick(fixture->chat, 10260);
	push_at(fixture, 10400, CPU("3"), "\"delivered\":0}");
	forget_heard(&fixture->bob);
	push_at(fixture, 10520, CPU("4"), "\"delivered\":0}");
	chat_tick(fixture->chat, 10521);
	assert_hears(&fixture->bob, "\"value\":4}");
	push_at(fixture, 10771, CPU("5"), "\"delivered\":3}");
	assert_hears(&fixture->bob, "\"value\":5}");
}

static void
test_a_clock_that_is_set_back_does_not_silence_a_metric(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 1000000, CPU("1"), "\"delivered\":3}");
	push_at(fixture, 1000100, CPU("2"), "\"delivered\":0}");
	forget_heard(&fixture->bob);
	chat_tick(fixture->chat, 5000);
	assert_hears(&fixture->bob, "\"value\":2}");
	push_at(fixture, 4000, CPU("3"), "\"delivered\":3}");
	assert_hears(&fixture->bob, "\"value\":3}");
}

static void
test_who_comes_late_gets_the_last_value_of_each_name(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	push_at(fixture, 10000, CPU("1"), "\"delivered\":3}");
	push_at(fixture, 10001, "{\"type\":\"metric\",\"name\":\"mem\",\"value\":7}",
		"\"delivered\":3}");
	push_at(fixture, 10002, CPU("2"), "\"delivered\":0}");
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"name\":\"cpu\",\"value\":2}");
	assert_hears(&carol, "\"name\":\"mem\",\"value\":7}");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	come_by_stream(fixture, &carol, "lobby", NULL);
	assert_hears(&carol, "data: {\"type\":\"metric\"");
	go(fixture, &carol);
	come_by_line(fixture, &carol, NULL, "carol");
	assert_hears(&carol, "Welcome");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

/* Else it would be answered at once, again and again, by what it has already. */
static void
test_a_poll_that_goes_on_is_not_answered_by_old_values(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .is_silent = true };
	const char *joined;
	char since[64];
	struct fake poller;

	push_at(fixture, 10000, CPU("1"), "\"delivered\":3}");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, "{\"type\":\"join\"}");
	joined = strstr(hears(&fixture->ann), "\"epoch\":\"") + 9;
	snprintf(since, sizeof(since), "%.*s:0", (int)strcspn(joined, "\""), joined);
	wishes.since = since;
	fake_init(fixture, &poller, "poll", WIRE_OBJECT);
	chat_open(fixture->chat, &poller.session, &wishes);
	assert_hears_nothing(&poller);
	push_at(fixture, 20000, CPU("2"), "\"delivered\":4}");
	assert_hears(&poller, "\"value\":2}");
	go(fixture, &poller);
	wishes.since = NULL;
	fake_init(fixture, &poller, "poll", WIRE_OBJECT);
	chat_open(fixture->chat, &poller.session, &wishes);
	assert_hears(&poller, "\"value\":2}");
	go(fixture, &poller);
}

static void
test_bad_metrics_are_refused_and_change_nothing(void **state)
{
	static const char *const bad[] = {
		"{\"type\":\"metric\",\"value\":1}",
		"{\"type\":\"metric\",\"name\":\"\",\"value\":1}",
		"{\"type\":\"metric\",\"name\":7,\"value\":1}",
		"{\"type\":\"metric\",\"name\":\"a\\u001bb\",\"value\":1}",
		"{\"type\":\"metric\",\"name\":\"cpu\"}",
		"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":1,\"unit\":5}",
		"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":1,\"unit\":"
		"\"123456789012345678901234567890123\"}",
		CPU("\"0.5\""),
		CPU("\"NaN\""),
		CPU("null"),
		CPU("true"),
		CPU("[1]"),
	};
	struct fixture *fixture = *state;
	struct fake carol;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_push(fixture, bad[i], "\"code\":\"bad_field\"");
	assert_hears_nothing(&fixture->bob);
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

static void
test_a_metric_comes_from_somebody_with_a_good_name(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture,
		"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":1,"
		"\"username\":\"a\\u202eb\"}",
		"\"code\":\"bad_name\"");
	assert_push(fixture,
		"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":1,\"username\":\"web1\","
		"\"avatar\":\"x\",\"via\":\"ws\",\"id\":3,\"ts\":1,\"email\":\"a@x."
		"org\"}",
		"\"delivered\":3");
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"metric\",\"room\":\"lobby\",\"ts\":2000,"
		"\"username\":\"web1\",\"name\":\"cpu\",\"value\":1}");
}

static void
test_several_values_in_an_array_are_for_the_door_to_take_apart(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, "[" CPU("1") "," CPU("2") "]", "\"code\":\"bad_json\"");
}

static void
test_one_call_may_push_several_values_and_is_answered_for_each(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	push_as(fixture, &call, "cron", CPU("1"));
	push_as(fixture, &call, "cron", CPU("\"x\""));
	push_as(fixture, &call, "cron",
		"{\"type\":\"metric\",\"name\":\"mem\",\"value\":7}");
	assert_hears(&call, "\"type\":\"ack\"");
	assert_hears(&call, "\"code\":\"bad_field\"");
	assert_hears(&call, "\"type\":\"ack\"");
	assert_hears_nothing(&call);
	go(fixture, &call);
}

static void
test_metrics_cost_nothing_of_the_rate(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	int i;

	come_as_call(fixture, &call);
	for (i = 0; i < 1000; i++) {
		chat_push(fixture->chat, &call.session, "cron",
			json_loads(CPU("1"), 0, NULL), 5000);
		assert_hears(&call, "\"type\":\"ack\"");
	}
	go(fixture, &call);
}

static void
test_a_room_keeps_up_to_1000_metrics(void **state)
{
	struct fixture *fixture = *state;
	char text[100];
	int i;

	for (i = 0; i < 1001; i++) {
		snprintf(text, sizeof(text),
			"{\"type\":\"metric\",\"name\":\"m%d\",\"value\":1}", i);
		assert_push(fixture, text,
			i < 1000 ? "\"delivered\":3" : "\"code\":\"too_many_metrics\"");
		forget_heard(&fixture->ann);
		forget_heard(&fixture->bob);
		forget_heard(&fixture->eve);
	}
	assert_push(fixture, "{\"type\":\"metric\",\"name\":\"m7\",\"value\":2}",
		"\"delivered\":3");
}

static void
test_a_bad_metric_for_a_new_room_leaves_no_room(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture,
		"{\"type\":\"metric\",\"room\":\"new\",\"name\":\"cpu\",\"value\":\"x\"}",
		"\"code\":\"bad_field\"");
	say_line(fixture, &fixture->ann, "/rooms");
	assert_null(strstr(hears(&fixture->ann), "\"new\""));
	assert_push(fixture,
		"{\"type\":\"metric\",\"room\":\"new\",\"name\":\"cpu\",\"value\":5}",
		"\"delivered\":0");
	say(fixture, &fixture->ann, "{\"type\":\"join\",\"room\":\"new\"}");
	assert_hears(&fixture->ann, "\"type\":\"joined\"");
	assert_hears(&fixture->ann, "\"value\":5}");
}

#define HOUR_MS INT64_C(3600000)

static int
set_up_two_rooms(void **state)
{
	static const char *const settings[] = { "chat.max_rooms=2" };

	return set_up_with(state, settings, 1);
}

#define CPU_OF(room)                                                                     \
	"{\"type\":\"metric\",\"room\":\"" room "\",\"name\":\"cpu\",\"value\":1}"

static void
test_a_room_of_metrics_goes_when_nobody_says_them_any_more(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU_OF("one"), "\"type\":\"ack\"");
	push_at(fixture, 10001, CPU_OF("one"), "\"type\":\"ack\""); /* is due still */
	push_at(fixture, 20000, CPU_OF("two"), "\"code\":\"too_many_rooms\"");
	chat_prune(fixture->chat, 10001 + 25 * HOUR_MS - 1);
	push_at(fixture, 20000, CPU_OF("two"), "\"code\":\"too_many_rooms\"");
	chat_prune(fixture->chat, 10001 + 25 * HOUR_MS);
	push_at(fixture, 10001 + 25 * HOUR_MS, CPU_OF("two"), "\"type\":\"ack\"");
	chat_tick(fixture->chat, 10001 + 26 * HOUR_MS);
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_room_of_metrics_stays_while_somebody_is_in_it(void **state)
{
	const struct chat_wishes wishes = { .room = "one" };
	struct fixture *fixture = *state;
	struct fake carol;

	come(fixture, &carol, &wishes);
	push_at(fixture, 10000, CPU_OF("one"), "\"delivered\":1}");
	chat_prune(fixture->chat, 10000 + 25 * HOUR_MS);
	push_at(fixture, 10000 + 25 * HOUR_MS, CPU_OF("two"),
		"\"code\":\"too_many_rooms\"");
	push_at(fixture, 10000 + 25 * HOUR_MS, CPU_OF("one"), "\"delivered\":1}");
	go(fixture, &carol);
}

static void
test_only_values_that_are_said_again_are_shown_for_ever(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	push_at(fixture, 10000, "{\"type\":\"metric\",\"name\":\"mem\",\"value\":7}",
		"\"delivered\":3}");
	push_at(fixture, 10000, CPU("1"), "\"delivered\":3}");
	push_at(fixture, 10000 + 24 * HOUR_MS, CPU("2"), "\"delivered\":3}");
	chat_prune(fixture->chat, 10000 + 25 * HOUR_MS);
	come(fixture, &carol, NULL);
	assert_hears(&carol, "\"name\":\"cpu\",\"value\":2}");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

/* What is due is let go of with the chat. */
static void
test_a_value_may_be_due_when_the_chat_ends(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU("1"), "\"delivered\":3}");
	push_at(fixture, 10001, CPU("2"), "\"delivered\":0}");
	close_chat(fixture);
	open_chat(fixture);
	chat_tick(fixture->chat, 20000);
	assert_hears_nothing(&fixture->bob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_the_first_value_is_sent_at_once_to_everybody),
		chat_test(test_a_metric_is_neither_numbered_nor_kept),
		chat_test(test_a_flood_is_thinned_to_the_newest_of_each_name),
		chat_test(test_a_metric_of_long_ago_is_sent_at_once_again),
		chat_test(test_a_clock_that_is_set_back_does_not_silence_a_metric),
		chat_test(test_who_comes_late_gets_the_last_value_of_each_name),
		chat_test(test_a_poll_that_goes_on_is_not_answered_by_old_values),
		chat_test(test_bad_metrics_are_refused_and_change_nothing),
		chat_test(test_a_metric_comes_from_somebody_with_a_good_name),
		chat_test(test_several_values_in_an_array_are_for_the_door_to_take_apart),
		chat_test(test_one_call_may_push_several_values_and_is_answered_for_each),
		chat_test(test_metrics_cost_nothing_of_the_rate),
		chat_test(test_a_room_keeps_up_to_1000_metrics),
		chat_test(test_a_bad_metric_for_a_new_room_leaves_no_room),
		cmocka_unit_test_setup_teardown(
			test_a_room_of_metrics_goes_when_nobody_says_them_any_more,
			set_up_two_rooms, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_room_of_metrics_stays_while_somebody_is_in_it,
			set_up_two_rooms, tear_down),
		chat_test(test_only_values_that_are_said_again_are_shown_for_ever),
		chat_test(test_a_value_may_be_due_when_the_chat_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
