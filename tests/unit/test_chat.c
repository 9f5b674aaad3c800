/* Session, hub and chat together, on sessions without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "linnet/chat.h"

#define QUEUE_BYTES 1000

/* A session whose door only remembers what it was asked. */
struct fake {
	struct session session;
	int wakes;
	int drops;
	uint16_t code;
};

static void
on_wake(struct session *session)
{
	((struct fake *)session)->wakes++;
}

static void
on_drop(struct session *session, uint16_t code, const char *reason)
{
	struct fake *fake = (struct fake *)session;

	assert_non_null(reason);
	fake->drops++;
	fake->code = code;
}

static const struct session_ops ops = { .wake = on_wake, .drop = on_drop };

struct fixture {
	struct config config;
	struct hub *hub;
	struct chat *chat;
	struct fake ann, bob, eve;
};

static void
enter(struct fixture *fixture, struct fake *fake)
{
	session_init(&fake->session, &ops, chat_next_number(fixture->chat), QUEUE_BYTES);
	chat_open(fixture->chat, &fake->session);
}

static void
leave(struct fixture *fixture, struct fake *fake)
{
	chat_close(fixture->chat, &fake->session);
	session_fini(&fake->session);
}

static int
set_up(void **state)
{
	struct fixture *fixture = test_calloc(1, sizeof(*fixture));

	fixture->hub = hub_new("lobby");
	fixture->chat = chat_new(&fixture->config, fixture->hub);
	enter(fixture, &fixture->ann);
	enter(fixture, &fixture->bob);
	enter(fixture, &fixture->eve);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	leave(fixture, &fixture->ann);
	leave(fixture, &fixture->bob);
	leave(fixture, &fixture->eve);
	chat_free(fixture->chat);
	hub_free(fixture->hub);
	test_free(fixture);
	return 0;
}

static void
say(struct fixture *fixture, struct fake *fake, const char *text)
{
	chat_handle(fixture->chat, &fake->session, text, strlen(text), 1000);
}

static bool
waits_for(struct fake *fake, const char *part)
{
	struct frame *frame = frame_queue_peek(&fake->session.queue);

	return frame && memmem(frame_bytes(frame), frame->len, part, strlen(part));
}

static void
test_a_message_reaches_everybody_but_its_sender(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "{\"message\":\"hi\",\"username\":\"ann\"}");
	assert_int_equal(fixture->ann.session.queue.count, 0);
	assert_true(waits_for(&fixture->bob, "\"message\":\"hi\""));
	assert_true(waits_for(&fixture->eve, "\"message\":\"hi\""));
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
test_echo_to_sender_sends_it_back_as_well(void **state)
{
	struct fixture *fixture = *state;

	fixture->config.chat.echo_to_sender = true;
	say(fixture, &fixture->ann, "{\"message\":\"hi\"}");
	assert_true(waits_for(&fixture->ann, "\"message\":\"hi\""));
}

static void
test_one_without_a_name_is_a_guest_with_its_number(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->bob, "{\"message\":\"hi\"}");
	assert_true(waits_for(&fixture->ann, "\"username\":\"guest-2\""));
	say(fixture, &fixture->ann, "{\"message\":\"hi\",\"username\":\"\"}");
	assert_true(waits_for(&fixture->bob, "\"username\":\"guest-1\""));
}

static void
test_bad_input_is_answered_to_its_sender_alone(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, "hello");
	assert_true(waits_for(&fixture->ann, "\"code\":\"bad_json\""));
	assert_int_equal(fixture->bob.session.queue.count, 0);
	assert_int_equal(fixture->ann.drops, 0);
}

static void
test_a_message_to_a_room_that_is_not_there_is_refused(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		"{\"message\":\"hi\",\"room\":\"ops\",\"ref\":\"c9\"}");
	assert_true(waits_for(&fixture->ann, "\"code\":\"no_such_room\""));
	assert_true(waits_for(&fixture->ann, "\"ref\":\"c9\""));
	assert_int_equal(fixture->bob.session.queue.count, 0);
	say(fixture, &fixture->ann, "{\"message\":\"hi\",\"room\":\"lobby\"}");
	assert_int_equal(fixture->bob.session.queue.count, 1);
}

static void
test_a_slow_reader_is_dropped_with_1013_and_nobody_else_feels_it(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = frame_new_ws(WS_TEXT, true, "0123456789", 10);
	int i, fits = QUEUE_BYTES / 12;

	frame_queue_clear(&fixture->bob.session.queue);
	for (i = 0; i < fits; i++) {
		assert_int_equal(
			hub_broadcast(fixture->hub, frame, &fixture->ann.session), 2);
		frame_queue_clear(&fixture->eve.session.queue);
	}
	assert_int_equal(fixture->bob.drops, 0);
	assert_int_equal(hub_broadcast(fixture->hub, frame, &fixture->ann.session), 1);
	assert_int_equal(fixture->bob.drops, 1);
	assert_int_equal(fixture->bob.code, CLOSE_TRY_AGAIN);
	assert_int_equal(fixture->bob.session.queue.count, 0);
	assert_int_equal(session_send(&fixture->bob.session, frame), -EPIPE);
	assert_int_equal(fixture->eve.drops, 0);
	assert_int_equal(frame->refs, 2); /* ours and eve's: a refusal keeps none */
	frame_unref(frame);
}

static void
test_one_large_frame_alone_is_never_too_much(void **state)
{
	struct fixture *fixture = *state;
	char payload[2 * QUEUE_BYTES] = { 0 };
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
test_the_room_knows_how_many_are_in_it(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(hub_count(fixture->hub), 3);
	leave(fixture, &fixture->eve);
	assert_int_equal(hub_count(fixture->hub), 2);
	enter(fixture, &fixture->eve);
	hub_close_all(fixture->hub, CLOSE_GOING_AWAY, "bye");
	assert_int_equal(fixture->ann.drops + fixture->bob.drops + fixture->eve.drops, 3);
}

#define chat_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_message_reaches_everybody_but_its_sender),
		chat_test(test_everybody_shares_one_encoding),
		chat_test(test_echo_to_sender_sends_it_back_as_well),
		chat_test(test_one_without_a_name_is_a_guest_with_its_number),
		chat_test(test_bad_input_is_answered_to_its_sender_alone),
		chat_test(test_a_message_to_a_room_that_is_not_there_is_refused),
		chat_test(
			test_a_slow_reader_is_dropped_with_1013_and_nobody_else_feels_it),
		chat_test(test_one_large_frame_alone_is_never_too_much),
		chat_test(test_a_closing_session_keeps_what_waits_and_takes_no_more),
		chat_test(test_the_room_knows_how_many_are_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
