/* Metrics: the newest value of each name, at a limited rate. */
#include "chat_fixture.h"

#define CPU(value) JSON({"type":"metric","name":"cpu","value":value})

/* Push text at now_ms and expect part in the reply. */
static void
push_at(struct fixture *fixture, int64_t now_ms, const char *text, const char *part)
{
	fixture->now_ms = now_ms - 1000; /* assert_push adds that time */
	assert_push(fixture, text, part);
}

static void
test_the_first_value_is_sent_to_everybody_at_once(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000,
		JSON({"type":"metric","name":"cpu","value":0.41,"unit":"ratio",
			"host":"a","ref":"r"}),
			"{" JSON("type":"ack","ref":"r","room":"lobby","epoch":));
	assert_hears_exactly(&fixture->ann,
		JSON({"type":"metric","room":"lobby","ts":10000,
			"username":"cron","name":"cpu","value":0.41,"unit":"ratio",
			"host":"a"}));
	assert_hears(&fixture->bob, JSON("value":0.41));
	push_at(fixture, 10100,
		JSON({"type":"metric","name":"mem","value":7}), JSON("delivered":3) "}");
	assert_hears(&fixture->bob, JSON("value":7) "}");
}

static void
test_a_metric_has_no_id_and_is_not_stored(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"message":"hi"}));
	assert_hears(&fixture->bob, JSON("id":1,));
	say(fixture, &fixture->bob, JSON({"type":"history"}));
	assert_null(strstr(hears(&fixture->bob), "metric"));
}

static void
test_a_flood_of_values_is_thinned_to_the_newest(void **state)
{
	struct fixture *fixture = *state;
	char text[100];
	int i;

	push_at(fixture, 10000, CPU(0), JSON("delivered":3) "}");
	forget_heard(&fixture->bob);
	for (i = 1; i <= 200; i++) {
		snprintf(text, sizeof(text),
			JSON({"type":"metric","name":"cpu","value":%d}), i);
		push_at(fixture, 10000 + i, text, JSON("delivered":0) "}");
	}
	push_at(fixture, 10201,
		JSON({"type":"metric","name":"mem","value":7}), JSON("delivered":3) "}");
	assert_hears(&fixture->bob, JSON("name":"mem"));
	chat_tick(fixture->chat, 10249);
	assert_hears_nothing(&fixture->bob);
	chat_tick(fixture->chat, 10250);
	assert_hears(&fixture->bob,
		JSON("ts":10200,"username":"cron","name":"cpu","value":200) "}");
	chat_tick(fixture->chat, 99999);
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_value_after_a_pause_is_sent_at_once(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	push_at(fixture, 10100, CPU(2), JSON("delivered":0) "}");
	chat_tick(fixture->chat, 10260);
	push_at(fixture, 10400, CPU(3), JSON("delivered":0) "}");
	forget_heard(&fixture->bob);
	push_at(fixture, 10520, CPU(4), JSON("delivered":0) "}");
	chat_tick(fixture->chat, 10521);
	assert_hears(&fixture->bob, JSON("value":4) "}");
	push_at(fixture, 10771, CPU(5), JSON("delivered":3) "}");
	assert_hears(&fixture->bob, JSON("value":5) "}");
}

static void
test_a_clock_that_is_set_back_does_not_silence_a_metric(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 1000000, CPU(1), JSON("delivered":3) "}");
	push_at(fixture, 1000100, CPU(2), JSON("delivered":0) "}");
	forget_heard(&fixture->bob);
	chat_tick(fixture->chat, 5000);
	assert_hears(&fixture->bob, JSON("value":2) "}");
	push_at(fixture, 4000, CPU(3), JSON("delivered":3) "}");
	assert_hears(&fixture->bob, JSON("value":3) "}");
}

static void
test_a_late_joiner_is_sent_the_last_value_of_each_metric(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	push_at(fixture, 10001,
		JSON({"type":"metric","name":"mem","value":7}), JSON("delivered":3) "}");
	push_at(fixture, 10002, CPU(2), JSON("delivered":0) "}");
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("name":"cpu","value":2) "}");
	assert_hears(&carol, JSON("name":"mem","value":7) "}");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
	come_by_stream(fixture, &carol, "lobby", NULL);
	assert_hears(&carol, "data: "
			     "{" JSON("type":"metric"));
	go(fixture, &carol);
	come_by_line(fixture, &carol, NULL, "carol");
	assert_hears(&carol, "Welcome");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

/* Otherwise every poll would be answered at once with what it has already. */
static void
test_a_resumed_poll_is_not_answered_with_old_values(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .is_silent = true };
	const char *joined;
	char since[64];
	struct fake poller;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"type":"join"}));
	joined = strstr(hears(&fixture->ann), JSON("epoch":)) + 9;
	snprintf(since, sizeof(since), "%.*s:0", (int)strcspn(joined, "\""), joined);
	wishes.since = since;
	fake_init(fixture, &poller, WIRE_OBJECT);
	chat_open(fixture->chat, &poller.session, &wishes);
	assert_hears_nothing(&poller);
	push_at(fixture, 20000, CPU(2), JSON("delivered":4) "}");
	assert_hears(&poller, JSON("value":2) "}");
	go(fixture, &poller);
	wishes.since = NULL;
	fake_init(fixture, &poller, WIRE_OBJECT);
	chat_open(fixture->chat, &poller.session, &wishes);
	assert_hears(&poller, JSON("value":2) "}");
	go(fixture, &poller);
}

static void
test_bad_metrics_are_refused_and_change_nothing(void **state)
{
	const char *const bad = JSON([
		{"type":"metric","value":1},
		{"type":"metric","name":"","value":1},
		{"type":"metric","name":7,"value":1},
		{"type":"metric","name":"cpu"},
		{"type":"metric","name":"cpu","value":1,"unit":5},
		{"type":"metric","name":"cpu","value":1,
			"unit":"123456789012345678901234567890123"},
		{"type":"metric","name":"cpu","value":"0.5"},
		{"type":"metric","name":"cpu","value":"NaN"},
		{"type":"metric","name":"cpu","value":null},
		{"type":"metric","name":"cpu","value":true},
		{"type":"metric","name":"cpu","value":[1]}
	]);
	struct fixture *fixture = *state;
	struct fake carol;
	size_t i;

	for (i = 0; json_item(bad, i); i++)
		assert_push(fixture, json_item(bad, i), JSON("code":"bad_field"));
	assert_push(fixture, "{\"type\":\"metric\",\"name\":\"a\\u001bb\",\"value\":1}",
		JSON("code":"bad_field"));
	assert_hears_nothing(&fixture->bob);
	come(fixture, &carol, NULL);
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

static void
test_a_metric_has_the_name_of_its_program(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture,
		"{\"type\":\"metric\",\"name\":\"cpu\",\"value\":1,"
		"\"username\":\"a\\u202eb\"}",
		JSON("delivered":3));
	assert_hears_exactly(
		&fixture->bob, JSON({"type":"metric","room":"lobby","ts":1000,"username":"cron","name":"cpu",
			"value":1}));
	assert_push(fixture,
		JSON({"type":"metric","name":"cpu","value":1,"username":"web1",
			"avatar":"x","via":"ws","id":3,"ts":1,"email":"a@x.org"}),
			JSON("delivered":3));
	assert_hears_exactly(
		&fixture->bob, JSON({"type":"metric","room":"lobby","ts":2000,"username":"web1",
			"name":"cpu","value":1}));
}

static void
test_each_push_must_be_an_object(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, "[" CPU(1) "," CPU(2) "]", JSON("code":"bad_json"));
}

static void
test_one_call_may_push_several_values(void **state)
{
	struct fixture *fixture = *state;
	const char *const values = JSON([
		{"type":"metric","name":"cpu","value":1},
		{"type":"metric","name":"mem","value":7}
	]);
	const char *const mixed = JSON([
		{"type":"metric","name":"cpu","value":"x"},
		{"type":"metric","name":"mem","value":8}
	]);
	struct fake call;

	come_as_call(fixture, &call);
	push_objects_at(fixture, &call, "cron", NULL, json_loads(values, 0, NULL), 1000);
	assert_hears(&call, JSON("delivered":3,"count":2));
	push_objects_at(fixture, &call, "cron", NULL, json_loads(mixed, 0, NULL), 2000);
	assert_hears(&call, JSON("code":"bad_field"));
	assert_hears_nothing(&call);
	assert_hears(&fixture->bob, JSON("name":"cpu","value":1));
	assert_hears(&fixture->bob, JSON("name":"mem","value":7));
	assert_hears(&fixture->bob, JSON("name":"mem","value":8));
	go(fixture, &call);
}

static void
test_metrics_are_not_rate_limited(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	int i;

	come_as_call(fixture, &call);
	for (i = 0; i < 1000; i++) {
		push_objects_at(fixture, &call, "cron", NULL,
			json_pack("[o]", json_loads(CPU(1), 0, NULL)), 5000);
		assert_hears(&call, JSON("type":"ack"));
	}
	go(fixture, &call);
}

static void
test_a_room_has_up_to_1000_metrics(void **state)
{
	struct fixture *fixture = *state;
	char text[100];
	int i;

	for (i = 0; i < 1001; i++) {
		snprintf(text, sizeof(text),
			JSON({"type":"metric","name":"m%d","value":1}), i);
		assert_push(fixture, text,
			i < 1000 ? JSON("delivered":3) : JSON("code":"too_many_metrics"));
		forget_heard(&fixture->ann);
		forget_heard(&fixture->bob);
		forget_heard(&fixture->eve);
	}
	assert_push(fixture, JSON({"type":"metric","name":"m7","value":2}),
				     JSON("delivered":3));
}

static void
test_a_bad_metric_does_not_create_its_room(void **state)
{
	struct fixture *fixture = *state;

	assert_push(
		fixture, JSON({"type":"metric","room":"new","name":"cpu","value":"x"}),
				 JSON("code":"bad_field"));
	say_line(fixture, &fixture->ann, "/rooms");
	assert_null(strstr(hears(&fixture->ann), JSON("new")));
	assert_push(fixture, JSON({"type":"metric","room":"new","name":"cpu","value":5}),
				     JSON("delivered":0));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"new"}));
	assert_hears(&fixture->ann, JSON("type":"joined"));
	assert_hears(&fixture->ann, JSON("value":5) "}");
}

#define HOUR_MS INT64_C(3600000)

static int
set_up_two_rooms(void **state)
{
	static const char *const settings[] = { "chat.max_rooms=2" };

	return set_up_with(state, settings, 1);
}

#define CPU_OF(room) JSON({"type":"metric","room":room,"name":"cpu","value":1})

static void
test_a_room_is_removed_when_its_metrics_expire(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU_OF("one"), JSON("type":"ack"));
	push_at(fixture, 10001, CPU_OF("one"), JSON("type":"ack")); /* is still due */
	push_at(fixture, 20000, CPU_OF("two"), JSON("code":"too_many_rooms"));
	chat_prune(fixture->chat, 10001 + 25 * HOUR_MS - 1);
	push_at(fixture, 20000, CPU_OF("two"), JSON("code":"too_many_rooms"));
	chat_prune(fixture->chat, 10001 + 25 * HOUR_MS);
	push_at(fixture, 10001 + 25 * HOUR_MS, CPU_OF("two"), JSON("type":"ack"));
	chat_tick(fixture->chat, 10001 + 26 * HOUR_MS);
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_room_with_members_stays_when_its_metrics_expire(void **state)
{
	const struct chat_wishes wishes = { .room = "one" };
	struct fixture *fixture = *state;
	struct fake carol;

	come(fixture, &carol, &wishes);
	push_at(fixture, 10000, CPU_OF("one"), JSON("delivered":1) "}");
	chat_prune(fixture->chat, 10000 + 25 * HOUR_MS);
	/* Without a metric it is only its members. */
	push_at(fixture, 10000 + 25 * HOUR_MS, CPU_OF("two"), JSON("type":"ack"));
	push_at(fixture, 10000 + 25 * HOUR_MS, CPU_OF("one"),
		JSON("code":"too_many_rooms"));
	say(fixture, &carol, JSON({"type":"typing"}));
	assert_int_equal(carol.drops, 0);
	go(fixture, &carol);
}

static void
test_only_metrics_that_are_pushed_again_are_kept(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	push_at(fixture, 10000,
		JSON({"type":"metric","name":"mem","value":7}), JSON("delivered":3) "}");
	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	push_at(fixture, 10000 + 24 * HOUR_MS, CPU(2), JSON("delivered":3) "}");
	chat_prune(fixture->chat, 10000 + 25 * HOUR_MS);
	come(fixture, &carol, NULL);
	assert_hears(&carol, JSON("name":"cpu","value":2) "}");
	assert_hears_nothing(&carol);
	go(fixture, &carol);
}

/* chat_free drops values that are due. */
static void
test_a_value_may_be_due_when_the_chat_is_freed(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	push_at(fixture, 10001, CPU(2), JSON("delivered":0) "}");
	close_chat(fixture);
	open_chat(fixture);
	chat_tick(fixture->chat, 20000);
	assert_hears_nothing(&fixture->bob);
}

/* Ask for the past of cpu at now_ms and expect part in the answer. */
static void
assert_past(struct fixture *fixture, int64_t now_ms, const char *part)
{
	struct fake call;

	come_as_call(fixture, &call);
	ask_at(fixture, &call, JSON({"type":"metric","name":"cpu"}), now_ms);
	assert_hears(&call, part);
	go(fixture, &call);
}

static void
test_values_that_were_not_sent_count_in_the_past(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	push_at(fixture, 10001, CPU(7), JSON("delivered":0) "}");
	push_at(fixture, 10002, CPU(4), JSON("delivered":0) "}");
	assert_past(fixture, 10002, JSON("points":[[10000,1.0,4.0,7.0]]));
}

static void
test_a_metric_that_is_forgotten_has_no_past(void **state)
{
	struct fixture *fixture = *state;

	push_at(fixture, 10000, CPU(1), JSON("delivered":3) "}");
	chat_prune(fixture->chat, 10000 + 90000000);
	assert_past(fixture, 10000 + 90000000, JSON("code":"no_such_metric"));
	push_at(fixture, 10000 + 90000000, CPU(2), JSON("delivered":3) "}");
	assert_past(fixture, 10000 + 90000000, JSON("points":[[90010000,2.0,2.0,2.0]]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_the_first_value_is_sent_to_everybody_at_once),
		chat_test(test_a_metric_has_no_id_and_is_not_stored),
		chat_test(test_a_flood_of_values_is_thinned_to_the_newest),
		chat_test(test_a_value_after_a_pause_is_sent_at_once),
		chat_test(test_a_clock_that_is_set_back_does_not_silence_a_metric),
		chat_test(test_a_late_joiner_is_sent_the_last_value_of_each_metric),
		chat_test(test_a_resumed_poll_is_not_answered_with_old_values),
		chat_test(test_bad_metrics_are_refused_and_change_nothing),
		chat_test(test_a_metric_has_the_name_of_its_program),
		chat_test(test_each_push_must_be_an_object),
		chat_test(test_one_call_may_push_several_values),
		chat_test(test_metrics_are_not_rate_limited),
		chat_test(test_a_room_has_up_to_1000_metrics),
		chat_test(test_a_bad_metric_does_not_create_its_room),
		cmocka_unit_test_setup_teardown(
			test_a_room_is_removed_when_its_metrics_expire, set_up_two_rooms,
			tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_room_with_members_stays_when_its_metrics_expire,
			set_up_two_rooms, tear_down),
		chat_test(test_only_metrics_that_are_pushed_again_are_kept),
		chat_test(test_a_value_may_be_due_when_the_chat_is_freed),
		chat_test(test_values_that_were_not_sent_count_in_the_past),
		chat_test(test_a_metric_that_is_forgotten_has_no_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
