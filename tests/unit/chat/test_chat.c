/* Messages: who is sent them, what comes back, what is refused. */
#include "chat_fixture.h"

#include <errno.h>

static void
test_a_message_reaches_everybody_but_its_sender(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"hi\",\"username\":\"ann\"}");
	assert_hears_nothing(&fixture->ann);
	assert_hears(&fixture->bob, "\"id\":1,");
	assert_hears(&fixture->eve, "\"message\":\"hi\"");
	assert_int_equal(fixture->bob.wakes, 1);
}

static void
test_everybody_shares_one_encoding(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"hi\"}");
	assert_ptr_equal(frame_queue_peek(&fixture->bob.session.queue),
		frame_queue_peek(&fixture->eve.session.queue));
}

static void
test_nobody_sees_a_message_before_the_store_has_it(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "{\"message\":\"hi\",\"ref\":\"c1\"}";

	chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text), 1);
	assert_true(chat_is_waiting(fixture->chat));
	assert_hears_nothing(&fixture->bob);
	assert_hears_nothing(&fixture->ann);
	settle(fixture);
	assert_hears(&fixture->bob, "\"message\":\"hi\"");
	assert_hears(&fixture->ann, "\"type\":\"ack\"");
}

static void
test_a_ref_is_acknowledged_with_the_id(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"a\"}");
	say(fixture, &fixture->ann, "{\"message\":\"b\",\"ref\":\"c1\"}");
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"ack\",\"ref\":\"c1\",\"room\":\"lobby\",\"id\":2}");
}

static void
test_the_same_ref_again_is_answered_and_not_broadcast(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		"{\"message\":\"a\",\"username\":\"ann\",\"ref\":\"c1\"}");
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, "{\"message\":\"another text\",\"ref\":\"c1\"}");
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"ack\",\"ref\":\"c1\",\"room\":\"lobby\",\"id\":1,"
		"\"duplicate\":true}");
	assert_hears_nothing(&fixture->bob);
}

static void
test_two_people_may_use_the_same_ref(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		"{\"message\":\"a\",\"username\":\"ann\",\"ref\":\"1\"}");
	say(fixture, &fixture->bob,
		"{\"message\":\"a\",\"username\":\"bob\",\"ref\":\"1\"}");
	assert_hears(&fixture->eve, "\"id\":1,");
	assert_hears(&fixture->eve, "\"id\":2,");
}

static void
test_two_guests_may_use_the_same_ref_for_different_words(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"a\",\"ref\":\"1\"}");
	say(fixture, &fixture->bob, "{\"message\":\"b\",\"ref\":\"1\"}");
	assert_hears(&fixture->eve, "\"message\":\"a\"");
	assert_hears(&fixture->eve, "\"message\":\"b\"");
}

static void
test_two_guests_may_say_the_same_under_the_same_ref_while_both_are_there(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"hi\",\"ref\":\"1\"}");
	say(fixture, &fixture->bob, "{\"message\":\"hi\",\"ref\":\"1\"}");
	assert_hears(&fixture->eve, "\"id\":1,");
	assert_hears(&fixture->eve, "\"id\":2,");
	say(fixture, &fixture->bob, "{\"message\":\"hi\",\"ref\":\"1\"}");
	assert_hears_nothing(&fixture->eve);
}

static void
test_a_guest_that_comes_back_and_repeats_itself_is_recognised(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"a\",\"ref\":\"1\"}");
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, NULL);
	say(fixture, &fixture->ann, "{\"message\":\"a\",\"ref\":\"1\"}");
	assert_hears(&fixture->ann, "\"duplicate\":true");
}

static void
test_a_guest_that_stays_is_recognised_whatever_it_says(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"a\",\"ref\":\"1\"}");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, "{\"message\":\"b\",\"ref\":\"1\"}");
	assert_hears(&fixture->ann, "\"duplicate\":true");
}

static void
test_an_ephemeral_object_is_passed_on_without_a_number(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		"{\"type\":\"cursor\",\"x\":1,\"ephemeral\":true,\"ref\":\"e\"}");
	assert_string_equal(hears(&fixture->bob),
		"{\"type\":\"cursor\",\"room\":\"lobby\",\"ts\":1000,"
		"\"username\":\"guest-1\",\"x\":1}");
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"ack\",\"ref\":\"e\",\"room\":\"lobby\"}");
	say(fixture, &fixture->ann, "{\"message\":\"hi\"}");
	assert_hears(&fixture->bob, "\"id\":1,");
}

static void
test_a_client_cannot_say_what_only_the_server_says(void **state)
{
	static const char *const types[] = { "joined", "presence", "error", "pong",
		"alarm", "metric", "log", "notice", "rooms", "who", "help" };
	struct fixture *fixture = *state;
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), "{\"type\":\"%s\"}", types[i]);
		say(fixture, &fixture->ann, text);
		assert_hears(&fixture->ann, "\"code\":\"reserved_type\"");
		assert_hears_nothing(&fixture->bob);
	}
}

static int
set_up_echo(void **state)
{
	static const char *const settings[] = { "chat.echo_to_sender=true" };

	return set_up_with(state, settings, 1);
}

static void
test_echo_to_sender_sends_it_back_as_well(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"hi\"}");
	assert_hears(&fixture->ann, "\"message\":\"hi\"");
}

static void
test_bad_input_is_answered_to_its_sender_alone(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "hello");
	assert_hears(&fixture->ann, "\"code\":\"bad_json\"");
	assert_hears_nothing(&fixture->bob);
	assert_int_equal(fixture->ann.drops, 0);
}

static int
set_up_small_queue(void **state)
{
	static const char *const settings[] = { "limits.queue_bytes=1024" };

	return set_up_with(state, settings, 1);
}

static void
test_a_slow_reader_is_dropped_with_1013_and_nobody_else_feels_it(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = frame_new_ws(WS_TEXT, true, "0123456789", 10);
	int i;

	for (i = 0; i < 1024 / 12; i++) {
		assert_int_equal(session_send(&fixture->bob.session, frame), 0);
		assert_int_equal(session_send(&fixture->eve.session, frame), 0);
		forget_heard(&fixture->eve);
	}
	assert_int_equal(fixture->bob.drops, 0);
	assert_int_equal(session_send(&fixture->bob.session, frame), -ENOBUFS);
	assert_int_equal(fixture->bob.drops, 1);
	assert_int_equal(fixture->bob.code, CLOSE_TRY_AGAIN);
	assert_int_equal(fixture->bob.session.queue.count, 0);
	assert_int_equal(session_send(&fixture->bob.session, frame), -EPIPE);
	assert_int_equal(fixture->eve.drops, 0);
	assert_int_equal(frame->refs, 1); /* a refusal keeps none */
	frame_unref(frame);
}

static void
test_one_large_frame_alone_is_never_too_much(void **state)
{
	struct fixture *fixture = *state;
	char payload[2048] = { 0 };
	struct frame *frame = frame_new_ws(WS_TEXT, true, payload, sizeof(payload));

	assert_int_equal(session_send(&fixture->bob.session, frame), 0);
	assert_int_equal(session_send(&fixture->bob.session, frame), -ENOBUFS);
	frame_unref(frame);
}

static void
test_a_closing_session_keeps_what_waits_and_takes_no_more(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"one\"}");
	session_close(&fixture->bob.session, CLOSE_GOING_AWAY, "bye");
	session_close(&fixture->bob.session, CLOSE_POLICY, "again");
	say(fixture, &fixture->ann, "{\"message\":\"two\"}");
	assert_int_equal(fixture->bob.session.queue.count, 1);
	assert_int_equal(fixture->bob.drops, 1);
	assert_int_equal(fixture->bob.code, CLOSE_GOING_AWAY);
	assert_int_equal(fixture->eve.session.queue.count, 2);
}

static void
test_who_talks_too_fast_is_told_when_to_try_again(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "{\"message\":\"hi\",\"ref\":\"r\"}";
	int i;

	for (i = 0; i < 21; i++)
		chat_handle(
			fixture->chat, &fixture->ann.session, text, strlen(text), 5000);
	assert_string_equal(hears(&fixture->ann),
		"{\"type\":\"error\",\"code\":\"rate_limited\","
		"\"message\":\"too fast, wait a moment\",\"retry_after_ms\":201,"
		"\"ref\":\"r\"}");
	settle(fixture);
	assert_int_equal(fixture->ann.drops, 0);
}

static void
test_who_does_not_stop_flooding_is_closed_with_1008(void **state)
{
	struct fixture *fixture = *state;
	int i;

	for (i = 0; i < 200; i++)
		chat_handle(fixture->chat, &fixture->ann.session, "x", 1, 5000);
	assert_int_equal(fixture->ann.drops, 1);
	assert_int_equal(fixture->ann.code, CLOSE_POLICY);
	settle(fixture);
}

static void
test_what_was_said_by_one_who_has_gone_is_still_sent(void **state)
{
	struct fixture *fixture = *state;
	const char *text = "{\"message\":\"hi\",\"ref\":\"c1\"}";

	chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text), 1);
	go(fixture, &fixture->ann);
	settle(fixture);
	assert_hears(&fixture->bob, "\"username\":\"guest-1\",\"message\":\"hi\"");
	come(fixture, &fixture->ann, NULL);
}

static void
test_a_session_whose_queue_is_full_may_go_while_it_is_in_rooms(void **state)
{
	struct fixture *fixture = *state;
	char filler[1000] = { 0 };
	struct frame *frame = frame_new_ws(WS_TEXT, true, filler, sizeof(filler));

	say(fixture, &fixture->ann, "{\"type\":\"join\",\"room\":\"ops\"}");
	forget_heard(&fixture->ann);
	assert_int_equal(session_send(&fixture->ann.session, frame), 0);
	frame_unref(frame);
	go(fixture, &fixture->ann);
	assert_int_equal(fixture->ann.drops, 0);
	settle(fixture); /* would touch it, had it been queued as departing */
	come(fixture, &fixture->ann, NULL);
}

static void
test_what_is_refused_for_its_room_does_not_rename_either(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		"{\"username\":\"zed\",\"room\":\"a/b\",\"message\":\"x\"}");
	assert_hears(&fixture->ann, "\"code\":\"bad_room\"");
	say(fixture, &fixture->ann, "{\"message\":\"x\"}");
	assert_hears(&fixture->bob, "\"username\":\"guest-1\"");
}

static void
test_the_secret_of_joined_is_never_passed_on(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"x\",\"session\":\"5ec4e7\"}");
	assert_null(strstr(hears(&fixture->bob), "5ec4e7"));
}

static void
test_a_guest_may_say_the_same_under_the_same_ref_another_day(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"backup done\",\"ref\":\"cron\"}");
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, NULL);
	fixture->now_ms += 86400000;
	say(fixture, &fixture->ann, "{\"message\":\"backup done\",\"ref\":\"cron\"}");
	assert_hears(&fixture->ann, "\"id\":2}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_message_reaches_everybody_but_its_sender),
		chat_test(test_everybody_shares_one_encoding),
		chat_test(test_nobody_sees_a_message_before_the_store_has_it),
		chat_test(test_a_ref_is_acknowledged_with_the_id),
		chat_test(test_the_same_ref_again_is_answered_and_not_broadcast),
		chat_test(test_two_people_may_use_the_same_ref),
		chat_test(test_two_guests_may_use_the_same_ref_for_different_words),
		chat_test(
			test_two_guests_may_say_the_same_under_the_same_ref_while_both_are_there),
		chat_test(test_a_guest_that_comes_back_and_repeats_itself_is_recognised),
		chat_test(test_a_guest_that_stays_is_recognised_whatever_it_says),
		chat_test(test_an_ephemeral_object_is_passed_on_without_a_number),
		chat_test(test_a_client_cannot_say_what_only_the_server_says),
		cmocka_unit_test_setup_teardown(test_echo_to_sender_sends_it_back_as_well,
			set_up_echo, tear_down),
		chat_test(test_bad_input_is_answered_to_its_sender_alone),
		cmocka_unit_test_setup_teardown(
			test_a_slow_reader_is_dropped_with_1013_and_nobody_else_feels_it,
			set_up_small_queue, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_large_frame_alone_is_never_too_much, set_up_small_queue,
			tear_down),
		chat_test(test_a_closing_session_keeps_what_waits_and_takes_no_more),
		chat_test(test_who_talks_too_fast_is_told_when_to_try_again),
		chat_test(test_who_does_not_stop_flooding_is_closed_with_1008),
		chat_test(test_what_was_said_by_one_who_has_gone_is_still_sent),
		cmocka_unit_test_setup_teardown(
			test_a_session_whose_queue_is_full_may_go_while_it_is_in_rooms,
			set_up_small_queue, tear_down),
		chat_test(test_what_is_refused_for_its_room_does_not_rename_either),
		chat_test(test_the_secret_of_joined_is_never_passed_on),
		chat_test(test_a_guest_may_say_the_same_under_the_same_ref_another_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
