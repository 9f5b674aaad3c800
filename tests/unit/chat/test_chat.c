/* Messages: who receives them, what is answered, what is refused. */
#include "chat_fixture.h"

#include <errno.h>

static void
test_a_message_is_sent_to_everybody_but_its_sender(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"hi","username":"ann"}));
	assert_hears_nothing(&fixture->ann);
	assert_hears(&fixture->bob, JSON("id":1,));
	assert_hears(&fixture->eve, JSON("message":"hi"));
	assert_int_equal(fixture->bob.wakes, 1);
}

static void
test_all_readers_share_one_frame(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"hi"}));
	assert_ptr_equal(frame_queue_peek(&fixture->bob.session.queue),
		frame_queue_peek(&fixture->eve.session.queue));
}

static void
test_a_message_is_broadcast_only_after_it_is_stored(void **state)
{
	struct fixture *fixture = *state;
	const char *text = JSON({"message":"hi","ref":"c1"});

	chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text), 1);
	assert_true(chat_is_waiting(fixture->chat));
	assert_hears_nothing(&fixture->bob);
	assert_hears_nothing(&fixture->ann);
	settle(fixture);
	assert_hears(&fixture->bob, JSON("message":"hi"));
	assert_hears(&fixture->ann, JSON("type":"ack"));
}

static void
test_a_ref_is_acknowledged_with_the_id(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"a"}));
	say(fixture, &fixture->ann, JSON({"message":"b","ref":"c1"}));
	assert_hears_exactly(&fixture->ann,
		JSON({"type":"ack","ref":"c1","room":"lobby","id":2,"ts":2000}));
}

static void
test_a_repeated_ref_is_acknowledged_but_not_broadcast(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"a","username":"ann","ref":"c1"}));
	forget_heard(&fixture->ann);
	forget_heard(&fixture->bob);
	say(fixture, &fixture->ann, JSON({"message":"another text","ref":"c1"}));
	assert_hears_exactly(&fixture->ann, JSON({"type":"ack","ref":"c1","room":"lobby","id":1,"ts":1000,
			"duplicate":true}));
	assert_hears_nothing(&fixture->bob);
}

static void
test_two_people_may_use_the_same_ref(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"a","username":"ann","ref":"1"}));
	say(fixture, &fixture->bob, JSON({"message":"a","username":"bob","ref":"1"}));
	assert_hears(&fixture->eve, JSON("id":1,));
	assert_hears(&fixture->eve, JSON("id":2,));
}

static void
test_two_guests_may_use_the_same_ref_for_different_texts(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"a","ref":"1"}));
	say(fixture, &fixture->bob, JSON({"message":"b","ref":"1"}));
	assert_hears(&fixture->eve, JSON("message":"a"));
	assert_hears(&fixture->eve, JSON("message":"b"));
}

static void
test_two_connected_guests_may_send_the_same_text_with_the_same_ref(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"hi","ref":"1"}));
	say(fixture, &fixture->bob, JSON({"message":"hi","ref":"1"}));
	assert_hears(&fixture->eve, JSON("id":1,));
	assert_hears(&fixture->eve, JSON("id":2,));
	say(fixture, &fixture->bob, JSON({"message":"hi","ref":"1"}));
	assert_hears_nothing(&fixture->eve);
}

static void
test_a_reconnected_guest_that_resends_is_recognised(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"a","ref":"1"}));
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, NULL);
	say(fixture, &fixture->ann, JSON({"message":"a","ref":"1"}));
	assert_hears(&fixture->ann, JSON("duplicate":true));
}

static void
test_a_connected_guests_ref_is_recognised_whatever_the_text(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"a","ref":"1"}));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"message":"b","ref":"1"}));
	assert_hears(&fixture->ann, JSON("duplicate":true));
}

static void
test_an_ephemeral_object_is_broadcast_without_an_id(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		JSON({"type":"cursor","x":1,"ephemeral":true,"ref":"e"}));
	assert_hears_exactly(
		&fixture->bob, JSON({"type":"cursor","room":"lobby","ts":1000,
			"username":"guest-1","x":1}));
	assert_hears_exactly(
		&fixture->ann, JSON({"type":"ack","ref":"e","room":"lobby"}));
	say(fixture, &fixture->ann, JSON({"message":"hi"}));
	assert_hears(&fixture->bob, JSON("id":1,));
}

static void
test_a_client_cannot_send_a_type_of_the_server(void **state)
{
	static const char *const types[] = { "joined", "presence", "error", "pong",
		"alarm", "metric", "log", "notice", "rooms", "who", "help" };
	struct fixture *fixture = *state;
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), JSON({"type":"%s"}), types[i]);
		say(fixture, &fixture->ann, text);
		assert_hears(&fixture->ann, JSON("code":"reserved_type"));
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
test_echo_to_sender_sends_the_message_back_too(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"hi"}));
	assert_hears(&fixture->ann, JSON("message":"hi"));
}

static void
test_bad_input_is_answered_only_to_its_sender(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "hello");
	assert_hears(&fixture->ann, JSON("code":"bad_json"));
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
test_a_slow_reader_is_closed_with_1013_and_nobody_else(void **state)
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
	assert_int_equal(fixture->bob.session.ending, ENDING_SLOW_READER);
	assert_int_equal(fixture->bob.session.queue.count, 0);
	assert_int_equal(session_send(&fixture->bob.session, frame), -EPIPE);
	assert_int_equal(fixture->eve.drops, 0);
	assert_int_equal(frame->refs, 1); /* a refused frame is not referenced */
	frame_unref(frame);
}

static void
test_one_large_frame_fits_an_empty_queue(void **state)
{
	struct fixture *fixture = *state;
	char payload[2048] = { 0 };
	struct frame *frame = frame_new_ws(WS_TEXT, true, payload, sizeof(payload));

	assert_int_equal(session_send(&fixture->bob.session, frame), 0);
	assert_int_equal(session_send(&fixture->bob.session, frame), -ENOBUFS);
	frame_unref(frame);
}

static void
test_a_closing_session_keeps_its_queue_and_accepts_no_more(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"one"}));
	session_close(&fixture->bob.session, CLOSE_GOING_AWAY, "bye");
	session_close(&fixture->bob.session, CLOSE_POLICY, "again");
	say(fixture, &fixture->ann, JSON({"message":"two"}));
	assert_int_equal(fixture->bob.session.queue.count, 1);
	assert_int_equal(fixture->bob.drops, 1);
	assert_int_equal(fixture->bob.code, CLOSE_GOING_AWAY);
	assert_int_equal(fixture->eve.session.queue.count, 2);
}

static void
test_a_session_over_its_rate_is_told_when_to_retry(void **state)
{
	struct fixture *fixture = *state;
	const char *text = JSON({"message":"hi","ref":"r"});
	int i;

	for (i = 0; i < 21; i++)
		chat_handle(
			fixture->chat, &fixture->ann.session, text, strlen(text), 5000);
	assert_hears_exactly(&fixture->ann, JSON({"type":"error","code":"rate_limited",
			"message":"too fast, wait a moment","retry_after_ms":201,
			"ref":"r"}));
	settle(fixture);
	assert_int_equal(fixture->ann.drops, 0);
}

static void
test_a_flooding_session_is_closed_with_1008(void **state)
{
	struct fixture *fixture = *state;
	int i;

	for (i = 0; i < 200; i++)
		chat_handle(fixture->chat, &fixture->ann.session, "x", 1, 5000);
	assert_int_equal(fixture->ann.drops, 1);
	assert_int_equal(fixture->ann.code, CLOSE_POLICY);
	assert_int_equal(fixture->ann.session.ending, ENDING_FLOODING);
	settle(fixture);
}

static void
test_a_message_is_broadcast_although_its_sender_has_disconnected(void **state)
{
	struct fixture *fixture = *state;
	const char *text = JSON({"message":"hi","ref":"c1"});

	chat_handle(fixture->chat, &fixture->ann.session, text, strlen(text), 1);
	go(fixture, &fixture->ann);
	settle(fixture);
	assert_hears(&fixture->bob, JSON("username":"guest-1","message":"hi"));
	come(fixture, &fixture->ann, NULL);
}

static void
test_a_session_with_a_full_queue_can_leave_its_rooms(void **state)
{
	struct fixture *fixture = *state;
	char filler[1000] = { 0 };
	struct frame *frame = frame_new_ws(WS_TEXT, true, filler, sizeof(filler));

	say(fixture, &fixture->ann, JSON({"type":"join","room":"ops"}));
	forget_heard(&fixture->ann);
	assert_int_equal(session_send(&fixture->ann.session, frame), 0);
	frame_unref(frame);
	go(fixture, &fixture->ann);
	assert_int_equal(fixture->ann.drops, 0);
	settle(fixture); /* would use ann after free if it were still listed as departing
			  */
	come(fixture, &fixture->ann, NULL);
}

static void
test_a_message_refused_for_its_room_does_not_rename_its_sender(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"username":"zed","room":"a/b","message":"x"}));
	assert_hears(&fixture->ann, JSON("code":"bad_room"));
	say(fixture, &fixture->ann, JSON({"message":"x"}));
	assert_hears(&fixture->bob, JSON("username":"guest-1"));
}

static void
test_a_session_token_is_never_broadcast(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"x","session":"5ec4e7"}));
	assert_null(strstr(hears(&fixture->bob), "5ec4e7"));
}

static void
test_a_guest_may_reuse_a_ref_and_text_another_day(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"backup done","ref":"cron"}));
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, NULL);
	fixture->now_ms += 86400000;
	say(fixture, &fixture->ann, JSON({"message":"backup done","ref":"cron"}));
	assert_hears(&fixture->ann, JSON("id":2,"ts":86402000) "}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_message_is_sent_to_everybody_but_its_sender),
		chat_test(test_all_readers_share_one_frame),
		chat_test(test_a_message_is_broadcast_only_after_it_is_stored),
		chat_test(test_a_ref_is_acknowledged_with_the_id),
		chat_test(test_a_repeated_ref_is_acknowledged_but_not_broadcast),
		chat_test(test_two_people_may_use_the_same_ref),
		chat_test(test_two_guests_may_use_the_same_ref_for_different_texts),
		chat_test(
			test_two_connected_guests_may_send_the_same_text_with_the_same_ref),
		chat_test(test_a_reconnected_guest_that_resends_is_recognised),
		chat_test(test_a_connected_guests_ref_is_recognised_whatever_the_text),
		chat_test(test_an_ephemeral_object_is_broadcast_without_an_id),
		chat_test(test_a_client_cannot_send_a_type_of_the_server),
		cmocka_unit_test_setup_teardown(
			test_echo_to_sender_sends_the_message_back_too, set_up_echo,
			tear_down),
		chat_test(test_bad_input_is_answered_only_to_its_sender),
		cmocka_unit_test_setup_teardown(
			test_a_slow_reader_is_closed_with_1013_and_nobody_else,
			set_up_small_queue, tear_down),
		cmocka_unit_test_setup_teardown(test_one_large_frame_fits_an_empty_queue,
			set_up_small_queue, tear_down),
		chat_test(test_a_closing_session_keeps_its_queue_and_accepts_no_more),
		chat_test(test_a_session_over_its_rate_is_told_when_to_retry),
		chat_test(test_a_flooding_session_is_closed_with_1008),
		chat_test(
			test_a_message_is_broadcast_although_its_sender_has_disconnected),
		cmocka_unit_test_setup_teardown(
			test_a_session_with_a_full_queue_can_leave_its_rooms,
			set_up_small_queue, tear_down),
		chat_test(test_a_message_refused_for_its_room_does_not_rename_its_sender),
		chat_test(test_a_session_token_is_never_broadcast),
		chat_test(test_a_guest_may_reuse_a_ref_and_text_another_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
