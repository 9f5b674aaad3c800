/* Rooms, names, presence, history and resume. */
#include "chat_fixture.h"

static void
test_a_join_is_answered_and_announced_to_those_who_asked(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"join","room":"ops","username":"ann"}));
	assert_hears(&fixture->ann, JSON("room":"ops","epoch":));
	say(fixture, &fixture->bob,
		JSON({"type":"join","room":"ops","username":"bob","ref":"j"}));
	assert_hears(
		&fixture->ann, "{" JSON("type":"presence","room":"lobby","event":"rename",
			"username":"bob","was":"guest-2"));
	assert_hears(&fixture->ann, JSON({"type":"presence","room":"ops","event":"enter",
			"username":"bob","via":"ws","count":2}));
	assert_hears_nothing(&fixture->eve);
}

static void
test_a_plain_connection_is_never_sent_an_event(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		JSON({"type":"join","room":"lobby","username":"ann"}));
	say(fixture, &fixture->ann, JSON({"type":"typing"}));
	say(fixture, &fixture->ann, JSON({"type":"nick","username":"anna"}));
	say(fixture, &fixture->ann, JSON({"type":"leave"}));
	assert_hears_nothing(&fixture->bob);
}

static void
test_a_message_with_a_taken_name_is_refused_and_not_broadcast(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"username":"ann","message":"hi"}));
	forget_heard(&fixture->eve);
	say(fixture, &fixture->bob,
		JSON({"username":"ANN","message":"me, too","ref":"x"}));
	assert_hears(&fixture->bob, JSON("message":"hi"));
	assert_hears(&fixture->bob, JSON("code":"name_taken"));
	assert_hears_nothing(&fixture->eve);
	go(fixture, &fixture->ann);
	say(fixture, &fixture->bob, JSON({"username":"ANN","message":"now"}));
	assert_hears(&fixture->eve, JSON("username":"ANN"));
	come(fixture, &fixture->ann, NULL);
}

static void
test_hostile_names_are_refused(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->bob, JSON({"username":"guest-1","message":"x"}));
	assert_hears(&fixture->bob, JSON("code":"bad_name"));
	say(fixture, &fixture->bob, "{\"username\":\"a\\u202eb\",\"message\":\"x\"}");
	assert_hears(&fixture->bob, JSON("code":"bad_name"));
	say(fixture, &fixture->bob, JSON({"type":"nick","username":"   "}));
	assert_hears(&fixture->bob, JSON("code":"bad_name"));
	assert_hears_nothing(&fixture->eve);
}

static void
test_sessions_of_one_email_share_a_name_and_enter_once(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->eve, JSON({"type":"join","username":"eve"}));
	forget_heard(&fixture->eve);
	say(fixture, &fixture->ann,
		JSON({"type":"join","username":"ann","email":"a@x.org"}));
	assert_hears(&fixture->eve, JSON("event":"rename"));
	say(fixture, &fixture->bob,
		JSON({"type":"join","username":"ann","email":"A@X.org"}));
	assert_hears(&fixture->eve,
		JSON("event":"leave","username":"guest-2","via":"ws","count":2) "}");
	assert_hears_nothing(&fixture->eve);
	go(fixture, &fixture->bob);
	assert_hears_nothing(&fixture->eve);
	go(fixture, &fixture->ann);
	assert_hears(&fixture->eve, JSON("event":"leave","username":"ann"));
	come(fixture, &fixture->ann, NULL);
	come(fixture, &fixture->bob, NULL);
}

static void
test_a_session_that_shares_a_name_cannot_rename_its_owner(void **state)
{
	struct fixture *fixture = *state;
	char text[200], token[33];

	say(fixture, &fixture->ann,
		JSON({"type":"join","username":"ann","email":"a@x.org"}));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->bob,
		JSON({"type":"join","username":"ann","email":"a@x.org"}));
	memcpy(token, strstr(hears(&fixture->bob), JSON("session":)) + 11, 32);
	token[32] = '\0';
	say(fixture, &fixture->bob, JSON({"type":"nick","username":"loser"}));
	assert_hears_exactly(
		&fixture->ann, JSON({"type":"presence","room":"lobby","event":"leave",
			"username":"guest-2","via":"ws","count":2}));
	assert_hears(&fixture->ann, JSON("event":"enter","username":"loser"));
	assert_hears_nothing(&fixture->ann);
	snprintf(text, sizeof(text),
		JSON({"type":"join","username":"ann","session":"%s"}), token);
	say(fixture, &fixture->eve, text);
	assert_hears(&fixture->eve, JSON("code":"name_taken"));
}

static int
set_up_shared_emails(void **state)
{
	static const char *const settings[] = { "chat.share_email=true" };

	return set_up_with(state, settings, 1);
}

static void
test_a_shared_email_proves_nothing(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann,
		JSON({"type":"join","username":"ann","email":"a@x.org"}));
	say(fixture, &fixture->bob,
		JSON({"type":"join","username":"ann","email":"a@x.org"}));
	assert_hears(&fixture->bob, JSON("code":"name_taken"));
}

static void
test_a_session_token_proves_the_person(void **state)
{
	struct fixture *fixture = *state;
	char text[200], token[33];
	const char *joined;

	say(fixture, &fixture->ann, JSON({"type":"join","username":"ann"}));
	joined = hears(&fixture->ann);
	memcpy(token, strstr(joined, JSON("session":)) + 11, 32);
	token[32] = '\0';
	snprintf(text, sizeof(text),
		JSON({"type":"join","username":"ann","session":"%s"}), token);
	say(fixture, &fixture->bob, text);
	assert_hears(&fixture->bob, JSON("you":) "{" JSON("username":"ann"));
	say(fixture, &fixture->eve,
		JSON({"type":"join","username":"ann",
			"session":"00000000000000000000000000000000"}));
	assert_hears(&fixture->eve, JSON("code":"name_taken"));
}

static void
test_a_closed_session_leaves_at_the_end_of_the_turn(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"join"}));
	forget_heard(&fixture->ann);
	session_close(&fixture->bob.session, CLOSE_POLICY, "out");
	assert_hears_nothing(&fixture->ann);
	settle(fixture);
	assert_hears(&fixture->ann, JSON("event":"leave","username":"guest-2"));
}

static void
test_a_message_goes_to_the_room_it_names(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"join","room":"ops"}));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->bob, JSON({"message":"fire","room":"ops"}));
	assert_hears(&fixture->ann, JSON("room":"ops","id":1));
	assert_hears_nothing(&fixture->eve);
}

static int
set_up_closed_rooms(void **state)
{
	static const char *const settings[] = {
		"chat.create_rooms=false",
		"rooms=({ name = \"ops\"; topic = \"On fire\"; })",
	};

	return set_up_with(state, settings, 2);
}

static void
test_only_configured_rooms_exist_when_creation_is_off(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"message":"x","room":"new"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_room"));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"ops"}));
	assert_hears(&fixture->ann, JSON("topic":"On fire"));
}

/* As say, without waiting for the store. */
static void
say_now(struct fixture *fixture, struct fake *fake, const char *text)
{
	chat_handle(fixture->chat, &fake->session, text, strlen(text), fixture->now_ms);
}

static int
set_up_few_rooms(void **state)
{
	static const char *const settings[] = { "chat.max_rooms=2",
		"chat.rooms_per_session=2" };

	return set_up_with(state, settings, 2);
}

static void
test_rooms_are_limited_by_those_that_have_a_message(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"join","room":"b"}));
	say(fixture, &fixture->bob, JSON({"type":"join","room":"c"}));
	assert_hears(&fixture->ann, JSON("type":"joined"));
	assert_hears(&fixture->bob, JSON("type":"joined"));
	assert_int_equal(chat_room_count(fixture->chat), 1);
	say(fixture, &fixture->ann, JSON({"room":"b","message":"x","ref":"1"}));
	assert_hears(&fixture->ann, JSON("type":"ack","ref":"1","room":"b","id":1));
	assert_int_equal(chat_room_count(fixture->chat), 2);
	say(fixture, &fixture->bob, JSON({"room":"c","message":"x"}));
	assert_hears(&fixture->bob, JSON("code":"too_many_rooms"));
	assert_push(
		fixture, JSON({"room":"d","message":"x"}), JSON("code":"too_many_rooms"));
	assert_push(
		fixture, JSON({"type":"alarm","room":"d","key":"k","severity":"info"}),
				 JSON("code":"too_many_rooms"));
	assert_push(fixture, JSON({"type":"metric","room":"d","name":"k","value":1}),
				     JSON("code":"too_many_rooms"));
	say(fixture, &fixture->bob, JSON({"room":"b","message":"y"}));
	assert_hears(&fixture->ann, JSON("id":2,));
	/* Several messages that are not stored yet. */
	fixture->config->chat.max_rooms = 3;
	chat_reload(fixture->chat);
	say_now(fixture, &fixture->bob, JSON({"room":"c","message":"z","ref":"2"}));
	say_now(fixture, &fixture->ann, JSON({"room":"d","message":"z"}));
	say_now(fixture, &fixture->bob, JSON({"room":"c","message":"z","ref":"3"}));
	assert_hears(&fixture->ann, JSON("code":"too_many_rooms"));
	settle(fixture);
	assert_hears(&fixture->bob, JSON("type":"ack","ref":"2","room":"c","id":1));
	assert_hears(&fixture->bob, JSON("type":"ack","ref":"3","room":"c","id":2));
	assert_int_equal(chat_room_count(fixture->chat), 3);
}

static void
test_a_room_without_a_message_is_only_its_members(void **state)
{
	const char *const texts = JSON([
		{"type":"join","room":"new"},
		{"type":"typing","room":"new"},
		{"type":"x","room":"new","ephemeral":true},
		{"type":"history","room":"new"},
		{"type":"search","room":"new","q":"x"},
		{"type":"ack","room":"new","key":"k"},
		{"type":"x","room":"other","ephemeral":true},
		{"type":"history","room":"other"},
		{"type":"leave","room":"other"},
		{"message":"x","room":"other","username":"*"}
	]);
	struct fixture *fixture = *state;
	struct fake reader;
	size_t i;

	for (i = 0; json_item(texts, i); i++)
		say(fixture, &fixture->ann, json_item(texts, i));
	assert_push(
		fixture, JSON({"type":"alarm","room":"other","key":"k","severity":"ok"}),
				 JSON("type":"ack"));
	assert_push(fixture, JSON({"type":"x","room":"other","ephemeral":true}),
				     JSON("type":"ack"));
	come_by_stream(fixture, &reader, "read", NULL);
	assert_int_equal(chat_room_count(fixture->chat), 1);
	forget_heard(&fixture->ann);
	say_line(fixture, &fixture->ann, "/rooms");
	assert_hears(&fixture->ann,
		JSON("rooms":[{"room":"lobby","topic":"","count":3,"last_id":0,"alarms":0,"metrics":0,"read_only":false,"last_ts":0}],"tails":[]));
	/* It is there for its members, and gone with them. */
	say(fixture, &fixture->bob, JSON({"type":"join","room":"new"}));
	assert_hears(&fixture->bob, JSON("count":2,));
	assert_hears(&fixture->ann, JSON("type":"presence","room":"new","event":"enter"));
	say(fixture, &fixture->ann, JSON({"type":"leave","room":"new"}));
	say(fixture, &fixture->bob, JSON({"type":"leave","room":"new"}));
	forget_heard(&fixture->bob);
	say(fixture, &fixture->bob, JSON({"type":"history","room":"new"}));
	assert_hears(&fixture->bob, JSON("code":"no_such_room"));
	go(fixture, &reader);
}

static void
test_an_address_makes_so_many_rooms_an_hour(void **state)
{
	struct fixture *fixture = *state;
	struct conn_limit_key key = { .address = IN6ADDR_ANY_INIT };
	struct gate_client *client =
		gate_find_address(chat_gate(fixture->chat), &key, false);
	int64_t made_ms;

	fixture->config->limits.address_rooms = 1;
	session_set_client(&fixture->ann.session, client);
	session_set_client(&fixture->bob.session, client);
	say(fixture, &fixture->ann, JSON({"message":"the lobby is there already"}));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"b"}));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"c"}));
	say(fixture, &fixture->ann, JSON({"room":"b","message":"x","ref":"1"}));
	made_ms = fixture->now_ms;
	forget_heard(&fixture->bob);
	say(fixture, &fixture->bob, JSON({"room":"b","message":"y","ref":"2"}));
	assert_hears(&fixture->bob, JSON("type":"ack","ref":"2","room":"b","id":2));
	say(fixture, &fixture->bob, JSON({"room":"c","message":"x"}));
	assert_hears(&fixture->bob, JSON("retry_after_ms":));
	assert_int_equal(chat_room_count(fixture->chat), 2);
	/* Another address is not refused. */
	say(fixture, &fixture->eve, JSON({"room":"d","message":"x","ref":"3"}));
	forget_heard(&fixture->eve);
	say(fixture, &fixture->ann, JSON({"room":"d","message":"y","ref":"4"}));
	assert_int_equal(chat_room_count(fixture->chat), 3);
	fixture->now_ms = made_ms + 3600 * 1000;
	forget_heard(&fixture->bob);
	say(fixture, &fixture->bob, JSON({"room":"c","message":"x","ref":"5"}));
	assert_hears(&fixture->bob, JSON("type":"ack","ref":"5","room":"c","id":1));
}

static void
test_the_rooms_of_one_session_are_limited(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"join","room":"b"}));
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"message":"x","room":"lobby"}));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"c"}));
	assert_hears(&fixture->ann, JSON("code":"too_many_rooms"));
}

static void
test_a_room_that_was_not_joined_cannot_be_left(void **state)
{
	struct fixture *fixture = *state;

	say(fixture, &fixture->ann, JSON({"type":"leave","room":"ops"}));
	assert_hears(&fixture->ann, JSON("code":"no_such_room"));
	say(fixture, &fixture->bob, JSON({"type":"join","room":"ops"}));
	say(fixture, &fixture->ann, JSON({"type":"typing","room":"ops"}));
	assert_hears(&fixture->ann, JSON("code":"not_joined"));
}

/* Make a "since" of id in this history. */
static const char *
since(struct fixture *fixture, int id)
{
	static char text[64];
	const char *joined, *epoch;

	forget_heard(&fixture->eve);
	say(fixture, &fixture->eve, JSON({"type":"join"}));
	joined = hears(&fixture->eve);
	epoch = strstr(joined, JSON("epoch":)) + 9;
	snprintf(text, sizeof(text), "%.*s:%d", (int)strcspn(epoch, "\""), epoch, id);
	return text;
}

static void
fill(struct fixture *fixture, int count)
{
	char text[64];
	int i;

	for (i = 1; i <= count; i++) {
		snprintf(text, sizeof(text), JSON({"message":"m%d"}), i);
		say(fixture, &fixture->bob, text);
		forget_heard(&fixture->ann);
		forget_heard(&fixture->eve);
	}
}

static void
assert_hears_from_to(struct fake *fake, int from, int to)
{
	char part[32];
	int id;

	for (id = from; id <= to; id++) {
		snprintf(part, sizeof(part), JSON("id":%d,), id);
		assert_hears(fake, part);
	}
	assert_hears_nothing(fake);
}

static void
test_a_resumed_session_is_sent_exactly_what_it_missed(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = true };

	fill(fixture, 10);
	wishes.since = since(fixture, 7);
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, &wishes);
	assert_hears(&fixture->ann, JSON("recovered":true));
	assert_hears_from_to(&fixture->ann, 8, 10);
}

static void
test_a_session_that_missed_nothing_is_recovered(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = true };

	fill(fixture, 3);
	wishes.since = since(fixture, 3);
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, &wishes);
	assert_hears(&fixture->ann, JSON("recovered":true));
	assert_hears_nothing(&fixture->ann);
}

static void
test_an_unknown_epoch_or_a_future_id_is_not_recovered(void **state)
{
	struct fixture *fixture = *state;
	char future[64], bad[70];
	const char *const all[] = { "zzzz:1", "", ":", "x", future, bad };
	size_t i;

	fill(fixture, 3);
	strcpy(future, since(fixture, 4));
	snprintf(bad, sizeof(bad), "%sx", since(fixture, 1));
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct chat_wishes wishes = { .since = all[i], .wants_events = true };

		go(fixture, &fixture->ann);
		come(fixture, &fixture->ann, &wishes);
		assert_hears(&fixture->ann, JSON("recovered":false));
		assert_hears_nothing(&fixture->ann);
	}
}

static int
set_up_short_history(void **state)
{
	static const char *const settings[] = { "store.keep_messages=5",
		"limits.message_rate=0" };

	return set_up_with(state, settings, 2);
}

static void
test_a_trimmed_history_is_never_recovered_in_part(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = true };

	fill(fixture, 50);
	wishes.since = since(fixture, 2);
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, &wishes);
	assert_hears(&fixture->ann, JSON("recovered":false));
	assert_hears_nothing(&fixture->ann);
}

static void
test_new_messages_follow_the_missed_ones(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = false };
	const char *text = JSON({"message":"new"});

	fill(fixture, 10);
	wishes.since = since(fixture, 2);
	go(fixture, &fixture->ann);
	/* The store is given both in the same turn. */
	chat_handle(fixture->chat, &fixture->bob.session, text, strlen(text),
		fixture->now_ms += 1000);
	come(fixture, &fixture->ann, &wishes);
	assert_hears_from_to(&fixture->ann, 3, 11);
}

static int
set_up_unhurried(void **state)
{
	static const char *const settings[] = { "limits.message_rate=0",
		"limits.queue_bytes=16384" };

	return set_up_with(state, settings, 2);
}

static void
test_a_long_absence_is_resumed_in_pages(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = false };
	char part[32];
	int id = 1, rounds = 0;

	fill(fixture, 500);
	wishes.since = since(fixture, 0);
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, &wishes);
	while (id <= 500) {
		assert_int_equal(fixture->ann.drops, 0);
		assert_true(fixture->ann.session.queue.count > 0);
		assert_true(fixture->ann.session.queue.bytes <= 16384);
		while (fixture->ann.session.queue.count) {
			snprintf(part, sizeof(part), JSON("id":%d,), id++);
			assert_hears(&fixture->ann, part);
		}
		chat_on_drained(fixture->chat, &fixture->ann.session);
		settle(fixture);
		rounds++;
	}
	assert_true(rounds > 5);
	say(fixture, &fixture->bob, JSON({"message":"live"}));
	assert_hears_from_to(&fixture->ann, 501, 501);
}

static int
set_up_tiny_queue(void **state)
{
	static const char *const settings[] = { "limits.queue_bytes=1024" };

	return set_up_with(state, settings, 1);
}

static void
test_one_large_missed_message_fits_any_queue(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = true };
	char text[2000];
	int length = snprintf(text, sizeof(text), JSON({"message":"%01500d"}), 7);

	assert_true(length < (int)sizeof(text));
	say(fixture, &fixture->bob, text);
	forget_heard(&fixture->ann);
	wishes.since = since(fixture, 0);
	go(fixture, &fixture->ann);
	come(fixture, &fixture->ann, &wishes);
	assert_hears(&fixture->ann, JSON("recovered":true));
	chat_on_drained(fixture->chat, &fixture->ann.session);
	settle(fixture);
	assert_hears(&fixture->ann, JSON("id":1,));
	assert_int_equal(fixture->ann.drops, 0);
}

static void
test_history_and_search_answer_only_the_asker(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, 5);
	forget_heard(&fixture->ann);
	say(fixture, &fixture->ann,
		JSON({"type":"history","before":4,"limit":2,"ref":"h"}));
	assert_hears(&fixture->ann, JSON("ref":"h","more":true,"messages":) "[{" JSON("type":"message","room":"lobby","id":2,));
	say(fixture, &fixture->ann, JSON({"type":"search","q":"m3"}));
	assert_hears(&fixture->ann, JSON("q":"m3","more":false,"messages":) "[{" JSON("type":"message","room":"lobby","id":3,));
	say(fixture, &fixture->ann, JSON({"type":"history","limit":0}));
	assert_hears(&fixture->ann, JSON("code":"bad_field"));
	say(fixture, &fixture->ann, JSON({"type":"search"}));
	assert_hears(&fixture->ann, JSON("code":"bad_field"));
	assert_hears_nothing(&fixture->eve);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_join_is_answered_and_announced_to_those_who_asked),
		chat_test(test_a_plain_connection_is_never_sent_an_event),
		chat_test(test_a_message_with_a_taken_name_is_refused_and_not_broadcast),
		chat_test(test_hostile_names_are_refused),
		chat_test(test_sessions_of_one_email_share_a_name_and_enter_once),
		chat_test(test_a_session_that_shares_a_name_cannot_rename_its_owner),
		cmocka_unit_test_setup_teardown(test_a_shared_email_proves_nothing,
			set_up_shared_emails, tear_down),
		chat_test(test_a_session_token_proves_the_person),
		chat_test(test_a_closed_session_leaves_at_the_end_of_the_turn),
		chat_test(test_a_message_goes_to_the_room_it_names),
		cmocka_unit_test_setup_teardown(
			test_only_configured_rooms_exist_when_creation_is_off,
			set_up_closed_rooms, tear_down),
		cmocka_unit_test_setup_teardown(
			test_rooms_are_limited_by_those_that_have_a_message,
			set_up_few_rooms, tear_down),
		cmocka_unit_test_setup_teardown(test_the_rooms_of_one_session_are_limited,
			set_up_few_rooms, tear_down),
		chat_test(test_a_room_that_was_not_joined_cannot_be_left),
		chat_test(test_a_resumed_session_is_sent_exactly_what_it_missed),
		chat_test(test_a_session_that_missed_nothing_is_recovered),
		chat_test(test_an_unknown_epoch_or_a_future_id_is_not_recovered),
		cmocka_unit_test_setup_teardown(
			test_a_trimmed_history_is_never_recovered_in_part,
			set_up_short_history, tear_down),
		chat_test(test_new_messages_follow_the_missed_ones),
		cmocka_unit_test_setup_teardown(test_a_long_absence_is_resumed_in_pages,
			set_up_unhurried, tear_down),
		cmocka_unit_test_setup_teardown(
			test_one_large_missed_message_fits_any_queue, set_up_tiny_queue,
			tear_down),
		chat_test(test_history_and_search_answer_only_the_asker),
		chat_test(test_a_room_without_a_message_is_only_its_members),
		chat_test(test_an_address_makes_so_many_rooms_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
