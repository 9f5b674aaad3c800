/* What moderators order, and what comes of it for whom it is about. */
#include "../folder.h"
#include "chat_fixture.h"

#include "chat/roster.h"
#include "linnet/auth/bans.h"

static void
order(struct fixture *fixture, struct fake *call, const char *word, const char *text)
{
	const struct chat_moderator by = { "root", "198.51.100.1" };

	come_as_call(fixture, call);
	chat_moderate(fixture->chat, &call->session, &by, word,
		json_loads(text, JSON_DECODE_ANY, NULL), fixture->now_ms += 1000);
	settle(fixture);
}

/* The order is answered once, with part. */
#define assert_order(fixture, word, text, part)                                          \
	do {                                                                             \
		struct fake moderator_;                                                  \
		order(fixture, &moderator_, word, text);                                 \
		assert_hears(&moderator_, part);                                         \
		assert_hears_nothing(&moderator_);                                       \
		go(fixture, &moderator_);                                                \
	} while (0)

static void
come_called(
	struct fixture *fixture, struct fake *fake, const char *name, const char *peer)
{
	const struct chat_wishes wishes = { .name = name };

	fake_init(fixture, fake, "ws", WIRE_WS);
	session_admit(&fake->session, &permissions_of_rooms, peer, fixture->now_ms);
	chat_open(fixture->chat, &fake->session, &wishes);
	settle(fixture);
}

#define assert_closed(fake, word)                                                        \
	do {                                                                             \
		assert_hears(fake, "\"code\":\"" word "\"");                             \
		assert_int_equal((fake)->drops, 1);                                      \
		assert_int_equal((fake)->code, CLOSE_POLICY);                            \
	} while (0)

static void
test_a_kicked_person_is_told_why_and_gone_with_every_session(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_called(fixture, &ida, "Ida", "192.0.2.7");
	assert_order(fixture, "kick", "{\"username\":\"IDA\",\"reason\":\"be kind\"}",
		"\"sessions\":1");
	assert_closed(&ida, "kicked");
	assert_int_equal(fixture->ann.drops, 0);
	go(fixture, &ida);
	come_called(fixture, &ida, "ida", "192.0.2.7");
	assert_hears_nothing(&ida);
	go(fixture, &ida);
}

static void
test_a_reason_is_what_is_read(void **state)
{
	struct fixture *fixture = *state;
	char text[80];

	snprintf(text, sizeof(text), "{\"session\":%d,\"reason\":\"be kind\"}",
		(int)fixture->ann.session.number);
	assert_order(fixture, "kick", text, "\"sessions\":1");
	assert_hears(&fixture->ann, "\"message\":\"be kind\"");
	assert_int_equal(fixture->bob.drops, 0);
}

static void
test_a_banned_name_is_nobodys_until_the_ban_is_lifted(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_called(fixture, &ida, "ida", "192.0.2.7");
	assert_order(fixture, "ban", "{\"username\":\"Ida\"}", "\"sessions\":1");
	assert_closed(&ida, "banned");
	go(fixture, &ida);
	come_called(fixture, &ida, "IDA", "192.0.2.7");
	assert_hears(&ida, "\"code\":\"banned\"");
	say(fixture, &ida, "{\"type\":\"nick\",\"username\":\"ida\"}");
	assert_hears(&ida, "\"code\":\"banned\"");
	say(fixture, &ida, "{\"message\":\"hi\",\"username\":\"ida\"}");
	assert_hears(&ida, "\"code\":\"banned\"");
	assert_hears_nothing(&fixture->ann);
	assert_order(fixture, "unban", "{\"username\":\"iDA\"}", "\"username\":\"Ida\"");
	say(fixture, &ida, "{\"type\":\"nick\",\"username\":\"ida\",\"ref\":\"r\"}");
	assert_string_equal(ida.session.person->name, "ida");
	go(fixture, &ida);
}

static void
test_whose_token_has_a_banned_name_cannot_come(void **state)
{
	struct fixture *fixture = *state;
	struct permissions *permissions = permissions_new();
	const char *text;

	permissions->rooms = PERMISSIONS_ALL;
	permissions_set_person(permissions, "ida", NULL);
	assert_null(chat_entry_fault(fixture->chat, permissions, NULL, &text));
	assert_order(fixture, "ban", "{\"username\":\"Ida\"}", "\"sessions\":0");
	assert_string_equal(
		chat_entry_fault(fixture->chat, permissions, NULL, &text), "banned");
	permissions_unref(permissions);
}

static void
test_a_banned_network_is_gone_and_nobody_else(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, eva;

	come_called(fixture, &ida, "ida", "203.0.113.7");
	come_called(fixture, &eva, "eva", "203.0.114.7");
	assert_order(fixture, "ban", "{\"address\":\"203.0.113.0/24\"}",
		"\"address\":\"203.0.113.0/24\"");
	assert_closed(&ida, "banned");
	assert_int_equal(eva.drops, 0);
	go(fixture, &ida);
	go(fixture, &eva);
}

static void
test_nobody_bans_this_machine_or_himself(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "127.1.2.3", "127.0.0.0/8",
		"127.0.0.0/16", "126.0.0.0/7", "0.0.0.0/0", "::/0", "::1", "::/64",
		"::ffff:127.0.0.1", "198.51.100.1", "198.51.100.0/24" };
	struct fixture *fixture = *state;
	char text[80];

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(text, sizeof(text), "{\"address\":\"%s\"}", addresses[i]);
		assert_order(fixture, "ban", text, "\"code\":\"bad_address\"");
	}
	assert_order(fixture, "bans", "{}", "\"bans\":[]");
	assert_order(fixture, "ban", "{\"address\":\"128.0.0.0/8\"}", "\"type\":\"ban\"");
}

static void
test_who_is_muted_reads_but_nobody_hears_him(void **state)
{
	static const char *const texts[] = { "{\"message\":\"hi\"}",
		"{\"type\":\"chart\"}", "{\"type\":\"chart\",\"ephemeral\":true}",
		"{\"type\":\"typing\"}", "{\"type\":\"nick\",\"username\":\"eva\"}",
		"{\"message\":\"hi\",\"username\":\"eva\"}",
		"{\"type\":\"ack\",\"key\":\"disk\"}" };
	struct fixture *fixture = *state;
	struct fake ida;

	come_called(fixture, &ida, "ida", "192.0.2.7");
	assert_order(fixture, "mute", "{\"username\":\"Ida\"}", "\"type\":\"mute\"");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		say(fixture, &ida, texts[i]);
		assert_hears(&ida, "\"code\":\"muted\"");
	}
	assert_hears_nothing(&fixture->ann);
	say(fixture, &fixture->ann, "{\"message\":\"you hear me\"}");
	assert_hears(&ida, "you hear me");
	say(fixture, &ida, "{\"type\":\"history\"}");
	assert_hears(&ida, "\"type\":\"history\"");
	assert_order(fixture, "unmute", "{\"username\":\"ida\"}", "\"type\":\"unmute\"");
	say(fixture, &ida, "{\"message\":\"at last\"}");
	assert_hears(&fixture->ann, "at last");
	go(fixture, &ida);
}

static void
test_taking_a_muted_name_with_a_message_says_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "mute", "{\"username\":\"ida\"}", "\"type\":\"mute\"");
	say(fixture, &fixture->bob, "{\"message\":\"hi\",\"username\":\"ida\"}");
	assert_hears(&fixture->bob, "\"code\":\"muted\"");
	assert_hears_nothing(&fixture->ann);
}

static void
test_who_is_muted_is_not_heard_beside_a_stream_either(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->bob, "{\"type\":\"nick\",\"username\":\"bob\"}");
	assert_order(fixture, "mute", "{\"username\":\"bob\"}", "\"type\":\"mute\"");
	come_as_call(fixture, &call);
	chat_send(fixture->chat, &call.session, &fixture->bob.session,
		json_pack("{s:s}", "message", "hi"), fixture->now_ms);
	settle(fixture);
	assert_hears(&call, "\"code\":\"muted\"");
	assert_hears_nothing(&fixture->ann);
	go(fixture, &call);
}

static void
test_bans_and_mutes_are_over_after_their_minutes(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "ban", "{\"username\":\"ida\",\"minutes\":1}",
		"\"until\":61000");
	assert_order(fixture, "mute", "{\"username\":\"bob\",\"minutes\":0.5}",
		"\"until\":32000");
	chat_tick(fixture->chat, 32001);
	assert_order(fixture, "bans", "{}", "\"mutes\":[]");
	assert_true(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "ida"));
	chat_tick(fixture->chat, 61001);
	assert_false(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "ida"));
}

static void
test_orders_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *word, *text, *code;
	} orders[] = {
		{ "kick", "{}", "bad_field" },
		{ "kick", "{\"username\":\"nobody here\"}", "no_such_session" },
		{ "kick", "{\"session\":0}", "no_such_session" },
		{ "kick", "{\"session\":\"1\"}", "bad_field" },
		{ "kick", "{\"session\":1,\"username\":\"ida\"}", "bad_field" },
		{ "kick", "{\"session\":1,\"reason\":7}", "bad_field" },
		{ "kick", "{\"session\":1,\"reason\":\"a\\nb\"}", "bad_field" },
		{ "ban", "[]", "bad_json" },
		{ "ban", "{}", "bad_field" },
		{ "ban", "{\"username\":\"ida\",\"address\":\"192.0.2.9\"}",
			"bad_field" },
		{ "ban", "{\"username\":\"guest-1\"}", "bad_name" },
		{ "ban", "{\"username\":\" \"}", "bad_name" },
		{ "ban", "{\"address\":\"somewhere\"}", "bad_field" },
		{ "ban", "{\"address\":\"192.0.2.1/24\"}", "bad_field" },
		{ "ban", "{\"username\":\"ida\",\"minutes\":0}", "bad_field" },
		{ "ban", "{\"username\":\"ida\",\"minutes\":-1}", "bad_field" },
		{ "ban", "{\"username\":\"ida\",\"minutes\":\"1\"}", "bad_field" },
		{ "ban", "{\"username\":\"ida\",\"minutes\":1e300}", "bad_field" },
		{ "unban", "{\"username\":\"ida\"}", "no_such_ban" },
		{ "unban", "{\"address\":\"192.0.2.9\"}", "no_such_ban" },
		{ "mute", "{\"address\":\"192.0.2.9\"}", "bad_field" },
		{ "unmute", "{\"username\":\"ida\"}", "no_such_ban" },
	};
	struct fixture *fixture = *state;
	char part[40];

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		snprintf(part, sizeof(part), "\"code\":\"%s\"", orders[i].code);
		assert_order(fixture, orders[i].word, orders[i].text, part);
	}
	assert_order(fixture, "bans", "{}", "\"bans\":[],\"mutes\":[]");
	assert_int_equal(fixture->ann.drops + fixture->bob.drops, 0);
}

static void
test_the_sessions_are_listed_with_what_is_known_of_them(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, moderator;
	json_t *answer, *session;

	come_called(fixture, &ida, "ida", "203.0.113.7");
	order(fixture, &moderator, "sessions", "{}");
	answer = json_loads(hears(&moderator), 0, NULL);
	assert_int_equal(json_array_size(json_object_get(answer, "sessions")), 4);
	session = json_array_get(json_object_get(answer, "sessions"), 3);
	assert_string_equal(
		json_string_value(json_object_get(session, "username")), "ida");
	assert_string_equal(
		json_string_value(json_object_get(session, "address")), "203.0.113.7");
	assert_string_equal(json_string_value(json_object_get(session, "via")), "ws");
	assert_int_equal(json_integer_value(json_object_get(session, "session")),
		ida.session.number);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(session, "rooms"), 0)),
		"lobby");
	json_decref(answer);
	go(fixture, &moderator);
	go(fixture, &ida);
}

static void
test_nobody_can_enter_or_read_the_room_that_bans_are_kept_in(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "ban", "{\"username\":\"ida\"}", "\"type\":\"ban\"");
	say(fixture, &fixture->ann, "{\"type\":\"join\",\"room\":\"/bans\"}");
	assert_hears(&fixture->ann, "\"code\":\"bad_room\"");
	say(fixture, &fixture->ann, "{\"type\":\"history\",\"room\":\"/bans\"}");
	assert_hears(&fixture->ann, "\"code\":\"bad_room\"");
}

/* A chat on a file, to be closed and opened again. */
struct life {
	struct fixture fixture;
	char folder[FOLDER_BYTES];
};

static int
begin_life(void **state)
{
	struct life *life = test_calloc(1, sizeof(*life));
	struct config_errors errors = { 0 };
	char path[80];
	const char *settings[1] = { path };

	folder_make(life->folder);
	snprintf(path, sizeof(path), "store.path=%s/linnet.db", life->folder);
	life->fixture.config = config_load(NULL, settings, 1, "/", &errors);
	open_chat(&life->fixture);
	*state = life;
	return 0;
}

static int
end_life(void **state)
{
	struct life *life = *state;

	close_chat(&life->fixture);
	config_free(life->fixture.config);
	folder_remove(life->folder);
	test_free(life);
	return 0;
}

static void
test_bans_and_mutes_are_there_again_and_lifted_ones_are_not(void **state)
{
	struct fixture *fixture = &((struct life *)*state)->fixture;
	struct in6_addr address;

	assert_order(fixture, "ban", "{\"username\":\"Ida\",\"reason\":\"spam\"}", "ban");
	assert_order(fixture, "ban", "{\"address\":\"203.0.113.0/24\"}", "ban");
	assert_order(fixture, "mute", "{\"username\":\"eva\"}", "mute");
	assert_order(fixture, "ban", "{\"username\":\"bob\"}", "ban");
	assert_order(fixture, "unban", "{\"username\":\"bob\"}", "unban");
	close_chat(fixture);
	open_chat(fixture);
	assert_true(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "ida"));
	assert_true(bans_have_name(chat_bans(fixture->chat), BAN_MUTE, "eva"));
	assert_false(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "bob"));
	cidr_read_address("203.0.113.9", 11, &address);
	assert_true(bans_have_address(chat_bans(fixture->chat), &address));
	assert_order(fixture, "bans", "{}", "\"reason\":\"spam\"");
	assert_int_equal(chat_room_count(fixture->chat), 1);
}

static void
test_a_ban_that_is_over_meanwhile_is_not_there_again(void **state)
{
	struct fixture *fixture = &((struct life *)*state)->fixture;

	assert_order(fixture, "ban", "{\"username\":\"ida\",\"minutes\":1}", "ban");
	close_chat(fixture);
	open_chat(fixture);
	assert_true(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "ida"));
	chat_prune(fixture->chat, fixture->now_ms + 60001);
	assert_false(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "ida"));
	settle(fixture);
	close_chat(fixture);
	open_chat(fixture);
	assert_false(bans_have_name(chat_bans(fixture->chat), BAN_NAME, "ida"));
}

#define life_test(test) cmocka_unit_test_setup_teardown(test, begin_life, end_life)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_kicked_person_is_told_why_and_gone_with_every_session),
		chat_test(test_a_reason_is_what_is_read),
		chat_test(test_a_banned_name_is_nobodys_until_the_ban_is_lifted),
		chat_test(test_whose_token_has_a_banned_name_cannot_come),
		chat_test(test_a_banned_network_is_gone_and_nobody_else),
		chat_test(test_nobody_bans_this_machine_or_himself),
		chat_test(test_who_is_muted_reads_but_nobody_hears_him),
		chat_test(test_taking_a_muted_name_with_a_message_says_nothing),
		chat_test(test_who_is_muted_is_not_heard_beside_a_stream_either),
		chat_test(test_bans_and_mutes_are_over_after_their_minutes),
		chat_test(test_orders_that_make_no_sense_are_refused),
		chat_test(test_the_sessions_are_listed_with_what_is_known_of_them),
		chat_test(test_nobody_can_enter_or_read_the_room_that_bans_are_kept_in),
		life_test(test_bans_and_mutes_are_there_again_and_lifted_ones_are_not),
		life_test(test_a_ban_that_is_over_meanwhile_is_not_there_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
