/* Pushes of programs. */
#include "chat_fixture.h"

static void
test_a_push_is_a_message_of_its_program(void **state)
{
	struct fixture *fixture = *state;

	assert_push(
		fixture, JSON({"message":"done","title":"Backup","priority":4,"x":1}),
				 "{" JSON("type":"ack","room":"lobby","id":1,"epoch":));
	assert_hears_exactly(
		&fixture->bob, JSON({"type":"message","room":"lobby","id":1,"ts":1000,
			"username":"cron","via":"push","message":"done",
			"title":"Backup","priority":4,"x":1}));
	assert_push(fixture, JSON({"message":"x","username":"web 1"}), JSON("id":2));
	assert_hears(&fixture->bob, JSON("username":"web 1"));
}

static void
test_a_program_may_have_the_name_of_a_person(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"cron"}));
	assert_push(fixture, JSON({"message":"x"}), JSON("id":1));
	say(fixture, &fixture->ann, JSON({"message":"y"}));
	assert_hears(&fixture->bob, JSON("via":"push"));
	assert_hears(&fixture->bob, JSON("username":"cron","message":"y"));
}

static void
test_a_client_cannot_set_via(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"x","via":"push"}));
	assert_null(strstr(hears(&fixture->bob), "push"));
}

/* Earlier versions had fewer rules for names. The operator has named the token. */
static void
test_a_push_under_a_token_with_any_name_is_accepted(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	push_as(fixture, &call, "deploy: prod", JSON({"message":"m"}));
	settle(fixture);
	assert_hears(&call, JSON("type":"ack"));
	assert_hears(&fixture->ann, JSON("username":"deploy: prod"));
	go(fixture, &call);
}

static void
test_a_push_with_a_bad_name_is_said_under_that_of_its_token(void **state)
{
	const char *const bad = JSON([
		{"message":"x","username":"guest-7"},
		{"message":"x","username":"*"},
		{"type":"alarm","key":"k","severity":"info","username":"a\nb"},
		{"type":"x","ephemeral":true,"username":" a"}
	]);
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; json_item(bad, i); i++) {
		assert_push(fixture, json_item(bad, i), JSON("type":"ack"));
		assert_hears(&fixture->bob, JSON("username":"cron"));
	}
}

static void
test_a_push_is_answered_with_the_number_of_readers(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, stream;

	assert_push(fixture, JSON({"message":"x","room":"new"}), JSON("delivered":0) "}");
	assert_push(fixture, JSON({"message":"x"}), JSON("delivered":3) "}");
	come_by_line(fixture, &carol, NULL, "carol");
	come_by_stream(fixture, &stream, "lobby", NULL);
	assert_push(fixture, JSON({"message":"x"}), JSON("delivered":5) "}");
	assert_push(
		fixture, JSON({"type":"metric","name":"a","value":1}),
				 JSON("delivered":4) "}"); /* lines do not show metrics */
	go(fixture, &stream);
	go(fixture, &carol);
}

static void
test_an_ephemeral_push_is_broadcast_and_not_stored(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture,
		JSON({"type":"beat","ephemeral":true,"ref":"r"}),
			"{" JSON("type":"ack","ref":"r","room":"lobby","epoch":));
	assert_hears_exactly(&fixture->bob, JSON({"type":"beat","room":"lobby","ts":1000,"username":"cron",
			"via":"push"}));
	assert_push(fixture, JSON({"type":"beat","ephemeral":true,"room":"new"}),
				     JSON("delivered":0) "}");
	say_line(fixture, &fixture->ann, "/rooms");
	assert_null(strstr(hears(&fixture->ann), JSON("new")));
}

static void
test_a_push_resent_by_another_call_is_a_duplicate(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	assert_push(fixture, JSON({"message":"a","ref":"r1"}), JSON("id":1));
	forget_heard(&fixture->bob);
	assert_push(fixture, JSON({"message":"b","ref":"r1"}), JSON("id":1,"epoch"));
	assert_push(fixture, JSON({"message":"b","ref":"r1"}),
				     JSON("delivered":0,"duplicate":true) "}");
	assert_hears_nothing(&fixture->bob);
	come_as_call(fixture, &call);
	push_as(fixture, &call, "other", JSON({"message":"a","ref":"r1"}));
	settle(fixture);
	assert_hears(&call, JSON("id":2));
	go(fixture, &call);
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"message":"a","ref":"r1","username":"cron"}));
	assert_hears(&fixture->ann, JSON("id":3,"ts":5000) "}");
}

static void
test_a_program_cannot_push_a_type_of_the_server(void **state)
{
	static const char *const types[] = { "joined", "presence", "error", "pong", "log",
		"notice", "rooms", "who", "help", "ack", "history", "search", "typing",
		"join", "leave", "nick", "ping" };
	struct fixture *fixture = *state;
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), JSON({"type":"%s","message":"x"}), types[i]);
		assert_push(fixture, text, JSON("code":"reserved_type"));
	}
	assert_hears_nothing(&fixture->bob);
	assert_push(fixture, JSON({"type":"message","message":"x"}), JSON("id":1));
	assert_push(fixture, JSON({"type":"deploy","message":"x"}), JSON("id":2));
}

static void
test_a_bad_push_is_answered_with_a_fault(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, "5", JSON("code":"bad_json"));
	assert_push(fixture, "[]", JSON("code":"bad_json"));
	assert_push(fixture, "null", JSON("code":"bad_json"));
	assert_push(fixture, JSON({"message":5}), JSON("code":"bad_field"));
	assert_push(fixture, JSON({"type":[]}), JSON("code":"bad_field"));
	assert_push(fixture, JSON({"ref":"","message":"x"}), JSON("code":"bad_field"));
	assert_push(fixture, JSON({"room":"a/b"}), JSON("code":"bad_room"));
	assert_hears_nothing(&fixture->bob);
}

static void
test_several_pushes_of_one_call_are_stored_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	push_objects_at(fixture, &call, "cron", NULL,
		json_loads(JSON([{"message":"a"},{"message":"b"}]), 0, NULL), 1000);
	assert_hears_nothing(&call);
	settle(fixture);
	assert_hears(&call, JSON("id":2,));
	assert_hears(&fixture->bob, JSON("message":"a"));
	assert_hears(&fixture->bob, JSON("message":"b"));
	assert_hears_nothing(&call);
	go(fixture, &call);
}

static void
test_a_cancelled_call_is_still_carried_out(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	push_as(fixture, &call, "cron", JSON({"message":"x","room":"lobby"}));
	ask_at(fixture, &call, JSON({"type":"history"}), 1000);
	ask_at(fixture, &call, JSON({"type":"search","q":"x"}), 1000);
	go(fixture, &call);
	settle(fixture);
	assert_hears(&fixture->bob, JSON("message":"x"));
}

static void
test_calls_share_a_rate_and_never_count_as_flooding(void **state)
{
	struct fixture *fixture = *state;
	struct rate rate = { .messages = { 0 } };
	struct fake call;
	int i;

	for (i = 0; i < 300; i++) {
		come_as_call(fixture, &call);
		push_objects_at(fixture, &call, "cron", &rate,
			json_loads(JSON([{"message":"x","ref":"r"}]), 0, NULL), 5000);
		settle(fixture);
		if (i < 20)
			assert_hears(&call, JSON("id":1,));
		else
			assert_hears(&call, JSON("code":"rate_limited","message":"too fast, wait a moment",
			"retry_after_ms":201,"ref":"r"));
		assert_int_equal(call.drops, 0);
		go(fixture, &call);
	}
}

static void
test_a_call_over_the_rate_is_refused_whole(void **state)
{
	struct fixture *fixture = *state;
	struct rate rate = { .messages = { .tokens = 0, .filled_ms = 5000 } };
	struct fake call;

	come_as_call(fixture, &call);
	push_objects_at(fixture, &call, "cron", &rate,
		json_loads(JSON([{"message":"a"},{"message":"b"}]), 0, NULL), 5000);
	settle(fixture);
	assert_hears(&call, JSON("rate_limited"));
	assert_hears_nothing(&call);
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_a_strict_session_is_refused_rather_than_renamed(void **state)
{
	struct fixture *fixture = *state;
	struct fake late;

	say(fixture, &fixture->ann, JSON({"type":"join","username":"ann"}));
	forget_heard(&fixture->ann);
	come(fixture, &late, &(struct chat_wishes){ .name = "ANN", .is_strict = true });
	assert_hears(&late, JSON("name_taken"));
	go(fixture, &late);
	come(fixture, &late, &(struct chat_wishes){ .token = "a", .is_strict = true });
	assert_hears(&late, JSON("bad_field"));
	go(fixture, &late);
	assert_hears_nothing(&fixture->ann);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_push_is_a_message_of_its_program),
		chat_test(test_a_program_may_have_the_name_of_a_person),
		chat_test(test_a_client_cannot_set_via),
		chat_test(test_a_push_under_a_token_with_any_name_is_accepted),
		chat_test(test_a_push_with_a_bad_name_is_said_under_that_of_its_token),
		chat_test(test_a_push_is_answered_with_the_number_of_readers),
		chat_test(test_an_ephemeral_push_is_broadcast_and_not_stored),
		chat_test(test_a_push_resent_by_another_call_is_a_duplicate),
		chat_test(test_a_program_cannot_push_a_type_of_the_server),
		chat_test(test_a_bad_push_is_answered_with_a_fault),
		chat_test(test_several_pushes_of_one_call_are_stored_in_order),
		chat_test(test_a_cancelled_call_is_still_carried_out),
		chat_test(test_calls_share_a_rate_and_never_count_as_flooding),
		chat_test(test_a_call_over_the_rate_is_refused_whole),
		chat_test(test_a_strict_session_is_refused_rather_than_renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
