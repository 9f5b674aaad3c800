/* People behind a stream, who are shown one thing and speak by another, and questions. */
#include "chat_fixture.h"

/* Where ann's token is put; it needs 33 bytes. */
static void
take_token(struct fixture *fixture, struct fake *fake, char *token)
{
	forget_heard(fake);
	say(fixture, fake, "{\"type\":\"join\"}");
	memcpy(token, strstr(hears(fake), "\"session\":\"") + 11, 32);
	token[32] = '\0';
}

static void
send_as(struct fixture *fixture, struct fake *call, struct session *speaker,
	const char *text)
{
	chat_send(fixture->chat, &call->session, speaker, json_loads(text, 0, NULL),
		fixture->now_ms += 1000);
	settle(fixture);
}

static void
test_a_token_of_joined_lets_its_person_speak_by_a_request(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	struct session *speaker;
	char token[33];

	say(fixture, &fixture->ann, "{\"type\":\"nick\",\"username\":\"ann\"}");
	take_token(fixture, &fixture->ann, token);
	speaker = chat_find_session(fixture->chat, token);
	assert_ptr_equal(speaker, &fixture->ann.session);
	come_as_call(fixture, &call);
	send_as(fixture, &call, speaker, "{\"message\":\"hi\",\"ref\":\"r\"}");
	assert_hears(&call, "{\"type\":\"ack\",\"ref\":\"r\",\"room\":\"lobby\","
			    "\"id\":1,\"epoch\":\"");
	assert_hears_nothing(&call);
	assert_hears(&fixture->bob, "\"username\":\"ann\",\"message\":\"hi\"}");
	/* Its stream shows the room as everybody sees it. */
	assert_hears(&fixture->ann, "\"message\":\"hi\"}");
	send_as(fixture, &call, speaker, "{\"message\":\"hi\",\"ref\":\"r\"}");
	assert_hears(&call, "\"duplicate\":true");
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
	send_as(fixture, &call, &carol.session, "{\"message\":\"a\"}");
	assert_hears(&call, "\"room\":\"ops\"");
	send_as(fixture, &call, &carol.session, "{\"message\":\"b\",\"room\":\"lobby\"}");
	assert_hears(&call, "\"room\":\"lobby\"");
	assert_hears(&fixture->bob, "\"username\":\"carol\",\"message\":\"b\"}");
	go(fixture, &call);
	go(fixture, &carol);
}

static void
test_a_speaker_cannot_say_what_only_the_server_says(void **state)
{
	static const char *const types[] = { "joined", "alarm", "metric", "log" };
	struct fixture *fixture = *state;
	struct fake call;
	char text[64];
	size_t i;

	come_as_call(fixture, &call);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(text, sizeof(text), "{\"type\":\"%s\"}", types[i]);
		send_as(fixture, &call, &fixture->ann.session, text);
		assert_hears(&call, "\"code\":\"reserved_type\"");
	}
	send_as(fixture, &call, &fixture->ann.session, "{\"message\":5}");
	assert_hears(&call, "\"code\":\"bad_field\"");
	assert_hears_nothing(&call);
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_a_command_by_a_request_is_done_and_the_request_told(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->bob, "{\"type\":\"join\",\"username\":\"bob\"}");
	forget_heard(&fixture->bob);
	come_as_call(fixture, &call);
	send_as(fixture, &call, &fixture->ann.session, "{\"type\":\"typing\"}");
	assert_string_equal(hears(&call), "{\"type\":\"ack\"}");
	assert_hears(&fixture->bob, "\"type\":\"typing\"");
	send_as(fixture, &call, &fixture->ann.session,
		"{\"type\":\"nick\",\"username\":\"bob\"}");
	assert_hears(&call, "\"code\":\"name_taken\"");
	assert_hears_nothing(&call);
	go(fixture, &call);
}

static void
test_a_request_talks_at_the_rate_of_whom_it_speaks_for(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	int i;

	come_as_call(fixture, &call);
	for (i = 0; i < 21; i++)
		chat_send(fixture->chat, &call.session, &fixture->ann.session,
			json_pack("{s:s}", "message", "x"), 5000);
	assert_hears(&call, "\"code\":\"rate_limited\"");
	settle(fixture);
	forget_heard(&call);
	chat_handle(fixture->chat, &fixture->ann.session, "{}", 2, 5000);
	assert_hears(&fixture->ann, "\"message\":\"x\"");
	/* Who it spoke for may go; its own rate is another. */
	go(fixture, &fixture->ann);
	memset(&fixture->ann, 0xff, sizeof(fixture->ann));
	chat_ask(fixture->chat, &call.session, json_pack("{s:s}", "type", "rooms"), 5000);
	assert_hears(&call, "\"type\":\"rooms\"");
	go(fixture, &call);
	come(fixture, &fixture->ann, NULL);
}

static void
test_an_unknown_token_is_nobodys(void **state)
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
test_a_session_that_is_closing_speaks_no_more(void **state)
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
test_a_guest_comes_again_by_its_token(void **state)
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
	assert_non_null(strstr(heard, "\"you\":{\"username\":\"guest-1\""));
	assert_non_null(strstr(heard, "\"count\":3"));
	assert_hears_nothing(&second);
	go(fixture, &second);
}

static void
test_a_token_of_a_wrong_form_is_refused_and_no_ones_afterwards(void **state)
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
		assert_hears(&carol, "\"code\":\"bad_field\"");
		assert_hears(&carol, "\"you\":{\"username\":\"carol\",\"session\":\"");
		assert_null(chat_find_session(fixture->chat, bad[i]));
		go(fixture, &carol);
	}
}

static void
ask(struct fixture *fixture, struct fake *call, const char *text)
{
	chat_ask(fixture->chat, &call->session, json_loads(text, 0, NULL),
		fixture->now_ms += 1000);
	settle(fixture);
}

static void
test_a_request_is_answered_what_it_asks_for(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->ann, "{\"message\":\"disk full\"}");
	say(fixture, &fixture->ann, "{\"message\":\"fine\"}");
	come_as_call(fixture, &call);
	ask(fixture, &call, "{\"type\":\"history\",\"limit\":1}");
	assert_hears(&call, "\"more\":true,\"messages\":[{\"type\":\"message\","
			    "\"room\":\"lobby\",\"id\":2,");
	ask(fixture, &call, "{\"type\":\"search\",\"room\":\"lobby\",\"q\":\"disk\"}");
	assert_hears(&call, "\"q\":\"disk\",\"more\":false,\"messages\":[{\"type\":"
			    "\"message\",\"room\":\"lobby\",\"id\":1,");
	ask(fixture, &call, "{\"type\":\"rooms\"}");
	assert_string_equal(hears(&call),
		"{\"type\":\"rooms\",\"rooms\":[{\"room\":\"lobby\",\"topic\":\"\","
		"\"count\":3,\"last_id\":2}],\"tails\":[]}");
	ask(fixture, &call, "{\"type\":\"who\"}");
	assert_hears(&call, "\"users\":[{\"username\":\"guest-1\",\"via\":\"ws\"}");
	assert_hears_nothing(&call);
	go(fixture, &call);
}

static void
test_a_request_that_asks_wrongly_is_answered_by_an_error(void **state)
{
	static const char *const bad[][2] = {
		{ "{\"type\":\"history\",\"room\":\"no\"}", "no_such_room" },
		{ "{\"type\":\"history\",\"limit\":0}", "bad_field" },
		{ "{\"type\":\"history\",\"before\":-1}", "bad_field" },
		{ "{\"type\":\"search\"}", "bad_field" },
		{ "{\"type\":\"search\",\"q\":7}", "bad_field" },
		{ "{\"type\":\"join\",\"room\":\"x\"}", "denied" },
		{ "{\"type\":\"me\",\"message\":\"x\"}", "denied" },
		{ "{\"type\":\"message\"}", "denied" },
		{ "{\"type\":\"leave\"}", "denied" },
		{ "{\"type\":\"nick\",\"username\":\"x\"}", "denied" },
		{ "{\"type\":\"typing\"}", "denied" },
		{ "{\"type\":\"ack\",\"key\":\"x\"}", "denied" },
		{ "{\"type\":\"quit\"}", "denied" },
	};
	struct fixture *fixture = *state;
	struct fake call;
	char code[64];
	size_t i;

	come_as_call(fixture, &call);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(code, sizeof(code), "\"code\":\"%s\"", bad[i][1]);
		ask(fixture, &call, bad[i][0]);
		assert_hears(&call, code);
		assert_hears_nothing(&call);
	}
	assert_hears_nothing(&fixture->bob);
	go(fixture, &call);
}

static void
test_a_stream_that_is_nobody_is_shown_the_room_and_counted_nowhere(void **state)
{
	struct fixture *fixture = *state;
	struct fake stream;

	say(fixture, &fixture->ann, "{\"type\":\"join\"}");
	forget_heard(&fixture->ann);
	come_by_stream(fixture, &stream, "lobby", NULL);
	assert_hears_nothing(&fixture->ann);
	assert_hears_nothing(&stream);
	say(fixture, &fixture->bob, "{\"message\":\"hi\"}");
	assert_hears(&stream, ":1\ndata: {\"type\":\"message\"");
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, "{\"type\":\"join\"}");
	assert_hears(&fixture->ann, "\"count\":3");
	go(fixture, &stream);
	assert_hears_nothing(&fixture->ann);
}

static void
test_a_silent_session_may_ask_and_is_told_that_it_is_in_but_does_nothing(void **state)
{
	static const char *const denied[] = { "{\"message\":\"x\"}",
		"{\"type\":\"join\",\"room\":\"x\"}", "{\"type\":\"leave\"}",
		"{\"type\":\"nick\",\"username\":\"x\"}", "{\"type\":\"typing\"}",
		"{\"type\":\"cursor\",\"ephemeral\":true}" };
	struct fixture *fixture = *state;
	const struct chat_wishes wishes = { .is_silent = true, .wants_events = true };
	struct fake stream;
	const char *heard;
	size_t i;

	fake_init(fixture, &stream, "sse", WIRE_OBJECT);
	chat_open(fixture->chat, &stream.session, &wishes);
	heard = hears(&stream);
	assert_non_null(strstr(heard, "\"type\":\"joined\""));
	assert_null(strstr(heard, "\"you\""));
	for (i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		say(fixture, &stream, denied[i]);
		assert_hears(&stream, "\"code\":\"denied\"");
	}
	say(fixture, &stream, "{\"type\":\"history\"}");
	assert_hears(&stream, "\"type\":\"history\"");
	say(fixture, &stream, "{\"type\":\"ping\"}");
	assert_hears(&stream, "\"type\":\"pong\"");
	say(fixture, &fixture->bob, "{\"type\":\"nick\",\"username\":\"bob\"}");
	assert_hears(&stream, "\"event\":\"rename\"");
	session_close(&stream.session, CLOSE_GOING_AWAY, "bye");
	settle(fixture);
	assert_hears_nothing(&fixture->eve);
	go(fixture, &stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_token_of_joined_lets_its_person_speak_by_a_request),
		chat_test(test_a_speaker_writes_to_its_own_room_unless_another_is_named),
		chat_test(test_a_speaker_cannot_say_what_only_the_server_says),
		chat_test(test_a_command_by_a_request_is_done_and_the_request_told),
		chat_test(test_a_request_talks_at_the_rate_of_whom_it_speaks_for),
		chat_test(test_an_unknown_token_is_nobodys),
		chat_test(test_a_session_that_is_closing_speaks_no_more),
		chat_test(test_a_guest_comes_again_by_its_token),
		chat_test(test_a_token_of_a_wrong_form_is_refused_and_no_ones_afterwards),
		chat_test(test_a_request_is_answered_what_it_asks_for),
		chat_test(test_a_request_that_asks_wrongly_is_answered_by_an_error),
		chat_test(
			test_a_stream_that_is_nobody_is_shown_the_room_and_counted_nowhere),
		chat_test(
			test_a_silent_session_may_ask_and_is_told_that_it_is_in_but_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
