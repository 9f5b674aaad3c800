/* HTTP calls: speaking for the person of a stream, and asking. */
#include "chat_fixture.h"

/* Write fake's session token to token, which has 33 bytes. */
static void
take_token(struct fixture *fixture, struct fake *fake, char *token)
{
	forget_heard(fake);
	say(fixture, fake, JSON({"type":"join"}));
	memcpy(token, strstr(hears(fake), JSON("session":)) + 11, 32);
	token[32] = '\0';
}

static void
send_as(struct fixture *fixture, struct fake *call, struct session *speaker,
	const char *text)
{
	send_at(fixture, call, speaker, text, fixture->now_ms += 1000);
	settle(fixture);
}

static void
test_a_session_token_lets_a_call_speak_for_its_person(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	struct session *speaker;
	char token[33];

	say(fixture, &fixture->ann, JSON({"type":"nick","username":"ann"}));
	take_token(fixture, &fixture->ann, token);
	speaker = chat_find_session(fixture->chat, token);
	assert_ptr_equal(speaker, &fixture->ann.session);
	come_as_call(fixture, &call);
	send_as(fixture, &call, speaker, JSON({"message":"hi","ref":"r"}));
	assert_hears(
		&call, "{" JSON("type":"ack","ref":"r","room":"lobby","id":1,"epoch":));
	assert_hears_nothing(&call);
	assert_hears(&fixture->bob, JSON("username":"ann","message":"hi") "}");
	/* The speaker's own stream receives it too. */
	assert_hears(&fixture->ann, JSON("message":"hi") "}");
	send_as(fixture, &call, speaker, JSON({"message":"hi","ref":"r"}));
	assert_hears(&call, JSON("duplicate":true));
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_a_speaker_writes_to_its_own_room_unless_another_is_named(void **state)
{
	struct fixture *fixture = *state;
	const struct chat_wishes wishes = { .room = "ops", .name = "carol" };
	struct fake carol, call;

	come(fixture, &carol, &wishes);
	come_as_call(fixture, &call);
	send_as(fixture, &call, &carol.session, JSON({"message":"a"}));
	assert_hears(&call, JSON("room":"ops"));
	send_as(fixture, &call, &carol.session, JSON({"message":"b","room":"lobby"}));
	assert_hears(&call, JSON("room":"lobby"));
	assert_hears(&fixture->bob, JSON("username":"carol","message":"b") "}");
	go(fixture, &call);
	go(fixture, &carol);
}

static void
test_a_call_cannot_send_a_type_of_the_server(void **state)
{
	static const char *const types[] = { "joined", "alarm", "metric", "log" };
	struct fixture *fixture = *state;
	struct fake call;
	char text[64];
	size_t i;

	come_as_call(fixture, &call);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), JSON({"type":"%s"}), types[i]);
		send_as(fixture, &call, &fixture->ann.session, text);
		assert_hears(&call, JSON("code":"reserved_type"));
	}
	send_as(fixture, &call, &fixture->ann.session, JSON({"message":5}));
	assert_hears(&call, JSON("code":"bad_field"));
	assert_hears_nothing(&call);
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_a_command_sent_by_a_call_is_run_and_acknowledged(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->bob, JSON({"type":"join","username":"bob"}));
	forget_heard(&fixture->bob);
	come_as_call(fixture, &call);
	send_as(fixture, &call, &fixture->ann.session, JSON({"type":"typing"}));
	assert_hears_exactly(&call, JSON({"type":"ack"}));
	assert_hears(&fixture->bob, JSON("type":"typing"));
	send_as(fixture, &call, &fixture->ann.session,
		JSON({"type":"nick","username":"bob"}));
	assert_hears(&call, JSON("code":"name_taken"));
	assert_hears_nothing(&call);
	go(fixture, &call);
}

static void
test_a_call_is_charged_to_the_rate_of_its_speaker(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	int i;

	come_as_call(fixture, &call);
	for (i = 0; i < 21; i++)
		send_at(fixture, &call, &fixture->ann.session,
			JSON({"message":"x"}), 5000);
	assert_hears(&call, JSON("code":"rate_limited"));
	settle(fixture);
	forget_heard(&call);
	chat_handle(fixture->chat, &fixture->ann.session, "{}", 2, 5000);
	assert_hears(&fixture->ann, JSON("message":"x"));
	/* The speaker may be freed; the call has a rate of its own. */
	go(fixture, &fixture->ann);
	memset(&fixture->ann, 0xff, sizeof(fixture->ann));
	ask_at(fixture, &call, JSON({"type":"rooms"}), 5000);
	assert_hears(&call, JSON("type":"rooms"));
	go(fixture, &call);
	come(fixture, &fixture->ann, NULL);
}

static void
test_an_unknown_session_token_finds_nobody(void **state)
{
	struct fixture *fixture = *state;
	char token[33];

	assert_null(chat_find_session(fixture->chat, ""));
	assert_null(chat_find_session(fixture->chat, "0123456789abcdef0123456789abcdef"));
	take_token(fixture, &fixture->ann, token);
	assert_non_null(chat_find_session(fixture->chat, token));
	go(fixture, &fixture->ann);
	assert_null(chat_find_session(fixture->chat, token));
	come(fixture, &fixture->ann, NULL);
}

static void
test_a_closing_session_is_not_found_by_its_token(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .name = NULL };
	struct fake second;
	char token[33];

	take_token(fixture, &fixture->ann, token);
	wishes.token = token;
	come(fixture, &second, &wishes);
	session_close(&fixture->ann.session, CLOSE_GOING_AWAY, "bye");
	assert_ptr_equal(chat_find_session(fixture->chat, token), &second.session);
	session_close(&second.session, CLOSE_GOING_AWAY, "bye");
	assert_null(chat_find_session(fixture->chat, token));
	go(fixture, &second);
}

static void
test_a_guest_reconnects_by_its_token(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_joined = true };
	struct fake second;
	char token[33];
	const char *heard;

	take_token(fixture, &fixture->ann, token);
	wishes.token = token;
	come(fixture, &second, &wishes);
	heard = hears(&second);
	assert_non_null(strstr(heard, JSON("you":) "{" JSON("username":"guest-1")));
	assert_non_null(strstr(heard, JSON("count":3)));
	assert_hears_nothing(&second);
	go(fixture, &second);
}

static void
test_a_malformed_token_is_refused_and_never_stored(void **state)
{
	static const char *const bad[] = { "", "abc", "0123456789ABCDEF0123456789ABCDEF",
		"0123456789abcdef0123456789abcdef0" };
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .name = "carol", .wants_joined = true };
	struct fake carol;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		wishes.token = bad[i];
		come(fixture, &carol, &wishes);
		assert_hears(&carol, JSON("code":"bad_field"));
		assert_hears(
			&carol, JSON("you":) "{" JSON("username":"carol","session":));
		assert_null(chat_find_session(fixture->chat, bad[i]));
		go(fixture, &carol);
	}
}

static void
ask(struct fixture *fixture, struct fake *call, const char *text)
{
	ask_at(fixture, call, text, fixture->now_ms += 1000);
	settle(fixture);
}

static void
test_a_call_is_answered_with_the_object_it_asked_for(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->ann, JSON({"message":"disk full"}));
	say(fixture, &fixture->ann, JSON({"message":"fine"}));
	come_as_call(fixture, &call);
	ask(fixture, &call, JSON({"type":"history","limit":1}));
	assert_hears(&call, JSON("more":true,"messages":) "[{" JSON("type":"message","room":"lobby","id":2,));
	ask(fixture, &call, JSON({"type":"search","room":"lobby","q":"disk"}));
	assert_hears(&call, JSON("q":"disk","more":false,"messages":) "[{" JSON("type":"message","room":"lobby","id":1,));
	ask(fixture, &call, JSON({"type":"rooms"}));
	assert_hears_exactly(&call,
		JSON({"type":"rooms","rooms":[{"room":"lobby","topic":"",
			"count":3,"last_id":2,"alarms":0,"metrics":0,"read_only":false,"last_ts":2000}],"tails":[]}));
	ask(fixture, &call, JSON({"type":"who"}));
	assert_hears(&call, JSON("users":) "[" JSON({"username":"guest-1","via":"ws"}));
	assert_hears_nothing(&call);
	go(fixture, &call);
}

#define assert_fault(fixture, call, text, word)                                          \
	do {                                                                             \
		ask(fixture, call, text);                                                \
		assert_hears(call, JSON("code":word));                                   \
		assert_hears_nothing(call);                                              \
	} while (0)

static void
test_a_bad_question_is_answered_with_a_fault(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	come_as_call(fixture, &call);
	assert_fault(
		fixture, &call, JSON({"type":"history","room":"no"}), "no_such_room");
	assert_fault(fixture, &call, JSON({"type":"history","limit":0}), "bad_field");
	assert_fault(fixture, &call, JSON({"type":"history","before":-1}), "bad_field");
	assert_fault(fixture, &call, JSON({"type":"search"}), "bad_field");
	assert_fault(fixture, &call, JSON({"type":"search","q":7}), "bad_field");
	assert_fault(fixture, &call, JSON({"type":"join","room":"x"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"me","message":"x"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"message"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"leave"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"nick","username":"x"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"typing"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"ack","key":"x"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"quit"}), "denied");
	assert_fault(fixture, &call, JSON({"type":"login"}), "denied");
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_a_silent_stream_reads_the_room_and_is_not_counted(void **state)
{
	struct fixture *fixture = *state;
	struct fake stream;

	say(fixture, &fixture->ann, JSON({"type":"join"}));
	forget_heard(&fixture->ann);
	come_by_stream(fixture, &stream, "lobby", NULL);
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&stream);
	say(fixture, &fixture->bob, JSON({"message":"hi"}));
	assert_hears(&stream, ":1\ndata: {\"type\":\"message\"");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"type":"join"}));
	assert_hears(&fixture->ann, JSON("count":3));
	go(fixture, &stream);
	assert_hears_nothing(&fixture->ann);
}

static void
test_a_silent_session_may_ask_but_not_speak(void **state)
{
	const char *const denied = JSON([
		{"message":"x"},
		{"type":"join","room":"x"},
		{"type":"leave"},
		{"type":"nick","username":"x"},
		{"type":"typing"},
		{"type":"cursor","ephemeral":true}
	]);
	struct fixture *fixture = *state;
	const struct chat_wishes wishes = { .is_silent = true, .wants_events = true };
	struct fake stream;
	const char *heard;
	size_t i;

	fake_init(fixture, &stream, WIRE_OBJECT);
	chat_open(fixture->chat, &stream.session, &wishes);
	heard = hears(&stream);
	assert_non_null(strstr(heard, JSON("type":"joined")));
	assert_null(strstr(heard, JSON("you")));
	for (i = 0; json_item(denied, i); i++) {
		say(fixture, &stream, json_item(denied, i));
		assert_hears(&stream, JSON("code":"denied"));
	}
	say(fixture, &stream, JSON({"type":"history"}));
	assert_hears(&stream, JSON("type":"history"));
	say(fixture, &stream, JSON({"type":"ping"}));
	assert_hears(&stream, JSON("type":"pong"));
	say(fixture, &fixture->bob, JSON({"type":"nick","username":"bob"}));
	assert_hears(&stream, JSON("event":"rename"));
	session_close(&stream.session, CLOSE_GOING_AWAY, "bye");
	settle(fixture);
	assert_hears_nothing(&fixture->eve);
	go(fixture, &stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_session_token_lets_a_call_speak_for_its_person),
		chat_test(test_a_speaker_writes_to_its_own_room_unless_another_is_named),
		chat_test(test_a_call_cannot_send_a_type_of_the_server),
		chat_test(test_a_command_sent_by_a_call_is_run_and_acknowledged),
		chat_test(test_a_call_is_charged_to_the_rate_of_its_speaker),
		chat_test(test_an_unknown_session_token_finds_nobody),
		chat_test(test_a_closing_session_is_not_found_by_its_token),
		chat_test(test_a_guest_reconnects_by_its_token),
		chat_test(test_a_malformed_token_is_refused_and_never_stored),
		chat_test(test_a_call_is_answered_with_the_object_it_asked_for),
		chat_test(test_a_bad_question_is_answered_with_a_fault),
		chat_test(test_a_silent_stream_reads_the_room_and_is_not_counted),
		chat_test(test_a_silent_session_may_ask_but_not_speak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
