/* What programs push. */
#include "chat_fixture.h"

static void
test_a_push_is_a_message_of_its_program(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture,
		"{\"message\":\"done\",\"title\":\"Backup\",\"priority\":4,\"x\":1}",
		"{\"type\":\"ack\",\"room\":\"lobby\",\"id\":1,\"epoch\":\"");
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"message\",\"room\":\"lobby\",\"id\":1,\"ts\":1000,"
		"\"username\":\"cron\",\"via\":\"push\",\"message\":\"done\","
		"\"title\":\"Backup\",\"priority\":4,\"x\":1}");
	assert_push(fixture, "{\"message\":\"x\",\"username\":\"web 1\"}", "\"id\":2");
	assert_hears(&fixture->bob, "\"username\":\"web 1\"");
}

static void
test_who_pushes_may_have_a_name_that_somebody_has_and_keeps(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"type\":\"nick\",\"username\":\"cron\"}");
	assert_push(fixture, "{\"message\":\"x\"}", "\"id\":1");
	say(fixture, &fixture->ann, "{\"message\":\"y\"}");
	assert_hears(&fixture->bob, "\"via\":\"push\"");
	assert_hears(&fixture->bob, "\"username\":\"cron\",\"message\":\"y\"");
}

static void
test_a_client_cannot_pass_for_a_program_that_pushes(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"x\",\"via\":\"push\"}");
	assert_null(strstr(hears(&fixture->bob), "push"));
}

static void
test_a_bad_name_is_refused_whatever_is_pushed(void **state)
{
	static const char *const bad[] = {
		"{\"message\":\"x\",\"username\":\"guest-7\"}",
		"{\"message\":\"x\",\"username\":\"*\"}",
		"{\"type\":\"alarm\",\"username\":\"a\\nb\"}",
		"{\"type\":\"x\",\"ephemeral\":true,\"username\":\" a\"}",
	};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_push(fixture, bad[i], "\"code\":\"bad_name\"");
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_push_says_to_how_many_it_was_sent(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, stream;

	assert_push(fixture, "{\"message\":\"x\",\"room\":\"new\"}", "\"delivered\":0}");
	assert_push(fixture, "{\"message\":\"x\"}", "\"delivered\":3}");
	come_by_line(fixture, &carol, NULL, "carol");
	come_by_stream(fixture, &stream, "lobby", NULL);
	assert_push(fixture, "{\"message\":\"x\"}", "\"delivered\":5}");
	assert_push(fixture, "{\"type\":\"metric\",\"name\":\"a\",\"value\":1}",
		"\"delivered\":4}"); /* a terminal does not show it */
	go(fixture, &stream);
	go(fixture, &carol);
}

static void
test_a_push_without_a_trace_is_passed_on_and_not_kept(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, "{\"type\":\"beat\",\"ephemeral\":true,\"ref\":\"r\"}",
		"{\"type\":\"ack\",\"ref\":\"r\",\"room\":\"lobby\",\"epoch\":\"");
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"beat\",\"room\":\"lobby\",\"ts\":1000,\"username\":\"cron\","
		"\"via\":\"push\"}");
	assert_push(fixture, "{\"type\":\"beat\",\"ephemeral\":true,\"room\":\"new\"}",
		"\"delivered\":0}");
	say_line(fixture, &fixture->ann, "/rooms");
	assert_null(strstr(hears(&fixture->ann), "\"new\""));
}

static void
test_a_push_that_is_sent_again_by_another_request_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	assert_push(fixture, "{\"message\":\"a\",\"ref\":\"r1\"}", "\"id\":1");
	forget_heard(&fixture->bob);
	assert_push(fixture, "{\"message\":\"b\",\"ref\":\"r1\"}", "\"id\":1,\"epoch\"");
	assert_push(fixture, "{\"message\":\"b\",\"ref\":\"r1\"}",
		"\"delivered\":0,\"duplicate\":true}");
	assert_hears_nothing(&fixture->bob);
	come_as_call(fixture, &call);
	push_as(fixture, &call, "other", "{\"message\":\"a\",\"ref\":\"r1\"}");
	settle(fixture);
	assert_hears(&call, "\"id\":2");
	go(fixture, &call);
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann,
		"{\"message\":\"a\",\"ref\":\"r1\",\"username\":\"cron\"}");
	assert_hears(&fixture->ann, "\"id\":3}");
}

static void
test_a_program_cannot_say_what_only_the_server_says(void **state)
{
	static const char *const types[] = { "joined", "presence", "error", "pong", "log",
		"notice", "rooms", "who", "help", "ack", "history", "search", "typing",
		"join", "leave", "nick", "ping" };
	struct fixture *fixture = *state;
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), "{\"type\":\"%s\",\"message\":\"x\"}",
			types[i]);
		assert_push(fixture, text, "\"code\":\"reserved_type\"");
	}
	assert_hears_nothing(&fixture->bob);
	assert_push(fixture, "{\"type\":\"message\",\"message\":\"x\"}", "\"id\":1");
	assert_push(fixture, "{\"type\":\"deploy\",\"message\":\"x\"}", "\"id\":2");
}

static void
test_what_is_no_object_or_has_wrong_members_is_answered(void **state)
{
	static const char *const bad[][2] = {
		{ "5", "\"code\":\"bad_json\"" },
		{ "[]", "\"code\":\"bad_json\"" },
		{ "null", "\"code\":\"bad_json\"" },
		{ "{\"message\":5}", "\"code\":\"bad_field\"" },
		{ "{\"type\":[]}", "\"code\":\"bad_field\"" },
		{ "{\"ref\":\"\",\"message\":\"x\"}", "\"code\":\"bad_field\"" },
		{ "{\"room\":\"a/b\"}", "\"code\":\"bad_room\"" },
	};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_push(fixture, bad[i][0], bad[i][1]);
	assert_hears_nothing(&fixture->bob);
}

static void
test_several_pushes_of_one_request_are_answered_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	push_as(fixture, &call, "cron", "{\"message\":\"a\"}");
	push_as(fixture, &call, "cron", "{\"message\":\"b\"}");
	assert_hears_nothing(&call);
	settle(fixture);
	assert_hears(&call, "\"id\":1,");
	assert_hears(&call, "\"id\":2,");
	assert_hears_nothing(&call);
	go(fixture, &call);
}

static void
test_a_request_that_is_gone_before_its_answer_is_done_all_the_same(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	push_as(fixture, &call, "cron", "{\"message\":\"x\",\"room\":\"lobby\"}");
	chat_ask(fixture->chat, &call.session, json_pack("{s:s}", "type", "history"),
		1000);
	chat_ask(fixture->chat, &call.session,
		json_pack("{s:s,s:s}", "type", "search", "q", "x"), 1000);
	go(fixture, &call);
	settle(fixture);
	assert_hears(&fixture->bob, "\"message\":\"x\"");
}

static void
test_programs_that_push_too_fast_share_their_rate_and_are_not_closed(void **state)
{
	struct fixture *fixture = *state;
	struct rate rate = { .messages = { 0 } };
	struct fake call;
	int i;

	for (i = 0; i < 300; i++) {
		fake_init(fixture, &call, "http", WIRE_OBJECT);
		chat_open_call(fixture->chat, &call.session, &rate);
		chat_push(fixture->chat, &call.session, "cron",
			json_pack("{s:s,s:s}", "message", "x", "ref", "r"), 5000);
		settle(fixture);
		if (i < 20)
			assert_hears(&call, "\"id\":1,");
		else
			assert_hears(&call, "\"code\":\"rate_limited\",\"message\":"
					    "\"too fast, wait a moment\","
					    "\"retry_after_ms\":201,\"ref\":\"r\"");
		assert_int_equal(call.drops, 0);
		go(fixture, &call);
	}
}

static void
test_a_request_that_is_too_fast_is_so_for_all_that_it_says(void **state)
{
	struct fixture *fixture = *state;
	struct rate rate = { .messages = { .tokens = 0, .filled_ms = 5000 } };
	struct fake call;

	fake_init(fixture, &call, "http", WIRE_OBJECT);
	chat_open_call(fixture->chat, &call.session, &rate);
	chat_push(fixture->chat, &call.session, "cron",
		json_pack("{s:s}", "message", "a"), 5000);
	/* Now it would be in time. */
	chat_push(fixture->chat, &call.session, "cron",
		json_pack("{s:s}", "message", "b"), 50000);
	settle(fixture);
	assert_hears(&call, "\"rate_limited\"");
	assert_hears(&call, "\"rate_limited\"");
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_who_is_strict_is_not_there_at_all_under_another_name(void **state)
{
	struct fixture *fixture = *state;
	struct fake late;

	say(fixture, &fixture->ann, "{\"type\":\"join\",\"username\":\"ann\"}");
	forget_heard(&fixture->ann);
	come(fixture, &late, &(struct chat_wishes){ .name = "ANN", .is_strict = true });
	assert_hears(&late, "\"name_taken\"");
	go(fixture, &late);
	come(fixture, &late, &(struct chat_wishes){ .token = "a", .is_strict = true });
	assert_hears(&late, "\"bad_field\"");
	go(fixture, &late);
	assert_hears_nothing(&fixture->ann);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_push_is_a_message_of_its_program),
		chat_test(test_who_pushes_may_have_a_name_that_somebody_has_and_keeps),
		chat_test(test_a_client_cannot_pass_for_a_program_that_pushes),
		chat_test(test_a_bad_name_is_refused_whatever_is_pushed),
		chat_test(test_a_push_says_to_how_many_it_was_sent),
		chat_test(test_a_push_without_a_trace_is_passed_on_and_not_kept),
		chat_test(test_a_push_that_is_sent_again_by_another_request_is_known),
		chat_test(test_a_program_cannot_say_what_only_the_server_says),
		chat_test(test_what_is_no_object_or_has_wrong_members_is_answered),
		chat_test(test_several_pushes_of_one_request_are_answered_in_order),
		chat_test(
			test_a_request_that_is_gone_before_its_answer_is_done_all_the_same),
		chat_test(
			test_programs_that_push_too_fast_share_their_rate_and_are_not_closed),
		chat_test(test_a_request_that_is_too_fast_is_so_for_all_that_it_says),
		chat_test(test_who_is_strict_is_not_there_at_all_under_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
