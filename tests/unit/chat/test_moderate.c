/* Orders of moderators and their effects. */
#include "../folder.h"
#include "chat_fixture.h"

#include "chat/roster.h"
#include "linnet/auth/bans.h"

static void
order(struct fixture *fixture, struct fake *call, const char *word, const char *text)
{
	const struct chat_caller moderator = { .name = "root", .peer = "198.51.100.1" };

	come_as_call(fixture, call);
	call_for(fixture, call, &moderator,
		&(struct chat_call){
			.kind = CHAT_ORDER,
			.order = word,
			.object = json_loads(text, JSON_DECODE_ANY, NULL),
			.now_ms = fixture->now_ms += 1000,
		});
	settle(fixture);
}

/* Give the order and expect one reply with part. */
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

	fake_init(fixture, fake, WIRE_WS);
	session_admit(&fake->session, &permissions_of_rooms, peer, fixture->now_ms);
	chat_open(fixture->chat, &fake->session, &wishes);
	settle(fixture);
}

#define assert_closed(fake, word)                                                        \
	do {                                                                             \
		assert_hears(fake, JSON("code":word));                                   \
		assert_int_equal((fake)->drops, 1);                                      \
		assert_int_equal((fake)->code, CLOSE_POLICY);                            \
	} while (0)

static bool
is_banned(const struct fixture *fixture, enum ban_kind kind, const char *name)
{
	struct name_forms forms;

	assert_true(name_forms_write(&forms, name));
	return bans_have_name(chat_bans(fixture->chat), kind, &forms);
}

static void
test_a_kick_tells_why_and_closes_every_session_of_a_person(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_called(fixture, &ida, "Ida", "192.0.2.7");
	assert_order(fixture, "kick",
		JSON({"username":"IDA","reason":"be kind"}), JSON("sessions":1));
	assert_closed(&ida, "kicked");
	assert_int_equal(fixture->ann.drops, 0);
	go(fixture, &ida);
	come_called(fixture, &ida, "ida", "192.0.2.7");
	assert_hears_nothing(&ida);
	go(fixture, &ida);
}

static void
test_the_reason_of_a_kick_is_its_text(void **state)
{
	struct fixture *fixture = *state;
	char text[80];

	snprintf(text, sizeof(text),
		JSON({"session":%d,"reason":"be kind"}),
			(int)fixture->ann.session.number);
	assert_order(fixture, "kick", text, JSON("sessions":1));
	assert_hears(&fixture->ann, JSON("message":"be kind"));
	assert_int_equal(fixture->bob.drops, 0);
}

static void
test_a_banned_name_cannot_be_used_until_the_ban_is_lifted(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_called(fixture, &ida, "ida", "192.0.2.7");
	assert_order(fixture, "ban", JSON({"username":"Ida"}), JSON("sessions":1));
	assert_closed(&ida, "banned");
	go(fixture, &ida);
	come_called(fixture, &ida, "IDA", "192.0.2.7");
	assert_hears(&ida, JSON("code":"banned"));
	say(fixture, &ida, JSON({"type":"nick","username":"ida"}));
	assert_hears(&ida, JSON("code":"banned"));
	say(fixture, &ida, JSON({"message":"hi","username":"ida"}));
	assert_hears(&ida, JSON("code":"banned"));
	assert_hears_nothing(&fixture->ann);
	assert_order(fixture, "unban", JSON({"username":"iDA"}), JSON("username":"Ida"));
	say(fixture, &ida, JSON({"type":"nick","username":"ida","ref":"r"}));
	assert_string_equal(ida.session.person->name, "ida");
	go(fixture, &ida);
}

static void
test_a_token_with_a_banned_name_cannot_enter(void **state)
{
	struct fixture *fixture = *state;
	struct permissions *permissions = permissions_new();
	const char *text;

	permissions->rooms = PERMISSIONS_ALL;
	permissions_set_person(permissions, "ida", NULL);
	assert_null(chat_entry_fault(fixture->chat, permissions, NULL, &text));
	assert_order(fixture, "ban", JSON({"username":"Ida"}), JSON("sessions":0));
	assert_string_equal(
		chat_entry_fault(fixture->chat, permissions, NULL, &text), "banned");
	permissions_unref(permissions);
}

static void
test_a_network_ban_closes_its_sessions_and_no_others(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, eva;

	come_called(fixture, &ida, "ida", "203.0.113.7");
	come_called(fixture, &eva, "eva", "203.0.114.7");
	assert_order(fixture, "ban",
		JSON({"address":"203.0.113.0/24"}), JSON("address":"203.0.113.0/24"));
	assert_closed(&ida, "banned");
	assert_int_equal(eva.drops, 0);
	go(fixture, &ida);
	go(fixture, &eva);
}

static void
test_a_moderator_cannot_ban_loopback_or_itself(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "127.1.2.3", "127.0.0.0/8",
		"127.0.0.0/16", "126.0.0.0/7", "0.0.0.0/0", "::/0", "::1", "::/64",
		"::ffff:127.0.0.1", "198.51.100.1", "198.51.100.0/24" };
	struct fixture *fixture = *state;
	char text[80];

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(text, sizeof(text), JSON({"address":"%s"}), addresses[i]);
		assert_order(fixture, "ban", text, JSON("code":"bad_address"));
	}
	assert_order(fixture, "bans", "{}", JSON("bans":[]));
	assert_order(fixture, "ban", JSON({"address":"128.0.0.0/8"}), JSON("type":"ban"));
}

static void
test_a_muted_person_reads_but_cannot_write(void **state)
{
	const char *const texts = JSON([
		{"message":"hi"},
		{"type":"chart"},
		{"type":"chart","ephemeral":true},
		{"type":"typing"},
		{"type":"nick","username":"eva"},
		{"type":"join","username":"eva"},
		{"type":"join","room":"ops","username":"eva"},
		{"message":"hi","username":"eva"},
		{"type":"ack","key":"disk"}
	]);
	struct fixture *fixture = *state;
	struct fake ida;

	come_called(fixture, &ida, "ida", "192.0.2.7");
	assert_order(fixture, "mute", JSON({"username":"Ida"}), JSON("type":"mute"));
	for (size_t i = 0; json_item(texts, i); i++) {
		say(fixture, &ida, json_item(texts, i));
		assert_hears(&ida, JSON("code":"muted"));
	}
	assert_hears_nothing(&fixture->ann);
	say(fixture, &fixture->ann, JSON({"message":"you hear me"}));
	assert_hears(&ida, "you hear me");
	say(fixture, &ida, JSON({"type":"history"}));
	assert_hears(&ida, JSON("type":"history"));
	assert_order(fixture, "unmute", JSON({"username":"ida"}), JSON("type":"unmute"));
	say(fixture, &ida, JSON({"message":"at last"}));
	assert_hears(&fixture->ann, "at last");
	go(fixture, &ida);
}

static void
test_a_message_that_takes_a_muted_name_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "mute", JSON({"username":"ida"}), JSON("type":"mute"));
	say(fixture, &fixture->bob, JSON({"message":"hi","username":"ida"}));
	assert_hears(&fixture->bob, JSON("code":"muted"));
	assert_hears_nothing(&fixture->ann);
}

static void
test_a_muted_person_cannot_write_by_a_call(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;

	say(fixture, &fixture->bob, JSON({"type":"nick","username":"bob"}));
	assert_order(fixture, "mute", JSON({"username":"bob"}), JSON("type":"mute"));
	come_as_call(fixture, &call);
	send_at(fixture, &call, &fixture->bob.session,
		JSON({"message":"hi"}), fixture->now_ms);
	settle(fixture);
	assert_hears(&call, JSON("code":"muted"));
	assert_hears_nothing(&fixture->ann);
	go(fixture, &call);
}

static void
test_an_old_ban_of_a_name_that_is_bad_now_can_be_lifted(void **state)
{
	struct fixture *fixture = *state;
	const struct ban old = { .subject = { .kind = BAN_NAME, .name = "eve: x" },
		.reason = "" };

	assert_order(fixture, "ban", JSON({"username":"eve: x"}), "bad_name");
	bans_add((struct bans *)(uintptr_t)chat_bans(fixture->chat), &old);
	assert_order(fixture, "unban", JSON({"username":"eve: x"}), "unban");
	assert_false(is_banned(fixture, BAN_NAME, "eve: x"));
}

static void
test_bans_and_mutes_end_after_their_minutes(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "ban",
		JSON({"username":"ida","minutes":1}), JSON("until":61000));
	assert_order(fixture, "mute",
		JSON({"username":"bob","minutes":0.5}), JSON("until":32000));
	chat_tick(fixture->chat, 32001);
	assert_order(fixture, "bans", "{}", JSON("mutes":[]));
	assert_true(is_banned(fixture, BAN_NAME, "ida"));
	chat_tick(fixture->chat, 61001);
	assert_false(is_banned(fixture, BAN_NAME, "ida"));
}

static void
test_bad_orders_are_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "kick", "{}", JSON("code":"bad_field"));
	assert_order(fixture, "kick",
		JSON({"username":"nobody here"}), JSON("code":"no_such_session"));
	assert_order(
		fixture, "kick", JSON({"session":0}), JSON("code":"no_such_session"));
	assert_order(fixture, "kick", JSON({"session":"1"}), JSON("code":"bad_field"));
	assert_order(fixture, "kick",
		JSON({"session":1,"username":"ida"}), JSON("code":"bad_field"));
	assert_order(fixture, "kick",
		JSON({"session":1,"reason":7}), JSON("code":"bad_field"));
	assert_order(fixture, "kick",
		JSON({"session":1,"reason":"a\nb"}), JSON("code":"bad_field"));
	assert_order(fixture, "ban", "[]", JSON("code":"bad_json"));
	assert_order(fixture, "ban", "{}", JSON("code":"bad_field"));
	assert_order(fixture, "ban",
		JSON({"username":"ida","address":"192.0.2.9"}), JSON("code":"bad_field"));
	assert_order(
		fixture, "ban", JSON({"username":"guest-1"}), JSON("code":"bad_name"));
	assert_order(fixture, "ban", JSON({"username":" "}), JSON("code":"bad_name"));
	assert_order(
		fixture, "ban", JSON({"address":"somewhere"}), JSON("code":"bad_field"));
	assert_order(fixture, "ban",
		JSON({"address":"192.0.2.1/24"}), JSON("code":"bad_field"));
	assert_order(fixture, "ban",
		JSON({"username":"ida","minutes":0}), JSON("code":"bad_field"));
	assert_order(fixture, "ban",
		JSON({"username":"ida","minutes":-1}), JSON("code":"bad_field"));
	assert_order(fixture, "ban",
		JSON({"username":"ida","minutes":"1"}), JSON("code":"bad_field"));
	assert_order(fixture, "ban",
		JSON({"username":"ida","minutes":1e300}), JSON("code":"bad_field"));
	assert_order(
		fixture, "unban", JSON({"username":"ida"}), JSON("code":"no_such_ban"));
	assert_order(fixture, "unban",
		JSON({"address":"192.0.2.9"}), JSON("code":"no_such_ban"));
	assert_order(
		fixture, "mute", JSON({"address":"192.0.2.9"}), JSON("code":"bad_field"));
	assert_order(
		fixture, "unmute", JSON({"username":"ida"}), JSON("code":"no_such_ban"));
	assert_order(fixture, "bans", "{}", JSON("bans":[],"mutes":[]));
	assert_int_equal(fixture->ann.drops + fixture->bob.drops, 0);
}

static void
test_sessions_are_listed_with_their_details(void **state)
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
test_the_room_of_bans_cannot_be_entered_or_read(void **state)
{
	struct fixture *fixture = *state;

	assert_order(fixture, "ban", JSON({"username":"ida"}), JSON("type":"ban"));
	say(fixture, &fixture->ann, JSON({"type":"join","room":"/bans"}));
	assert_hears(&fixture->ann, JSON("code":"bad_room"));
	say(fixture, &fixture->ann, JSON({"type":"history","room":"/bans"}));
	assert_hears(&fixture->ann, JSON("code":"bad_room"));
}

/* Use a store in a file, so that the chat can be reopened. */
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
	const struct config_input input = {
		.settings = settings,
		.setting_count = 1,
		.default_root = "/",
	};

	life->fixture.config = config_load(&input, &errors);
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
test_bans_and_mutes_survive_a_restart_and_lifted_ones_do_not(void **state)
{
	struct fixture *fixture = &((struct life *)*state)->fixture;
	struct in6_addr address;

	assert_order(fixture, "ban", JSON({"username":"Ida","reason":"spam"}), "ban");
	assert_order(fixture, "ban", JSON({"address":"203.0.113.0/24"}), "ban");
	assert_order(fixture, "mute", JSON({"username":"eva"}), "mute");
	assert_order(fixture, "ban", JSON({"username":"bob"}), "ban");
	assert_order(fixture, "unban", JSON({"username":"bob"}), "unban");
	close_chat(fixture);
	open_chat(fixture);
	assert_true(is_banned(fixture, BAN_NAME, "ida"));
	assert_true(is_banned(fixture, BAN_MUTE, "eva"));
	assert_false(is_banned(fixture, BAN_NAME, "bob"));
	cidr_read_address("203.0.113.9", 11, &address);
	assert_true(bans_have_address(chat_bans(fixture->chat), &address));
	assert_order(fixture, "bans", "{}", JSON("reason":"spam"));
	assert_int_equal(chat_room_count(fixture->chat), 1);
}

static void
test_a_ban_that_ended_while_stopped_is_not_restored(void **state)
{
	struct fixture *fixture = &((struct life *)*state)->fixture;

	assert_order(fixture, "ban", JSON({"username":"ida","minutes":1}), "ban");
	close_chat(fixture);
	open_chat(fixture);
	assert_true(is_banned(fixture, BAN_NAME, "ida"));
	chat_prune(fixture->chat, fixture->now_ms + 60001);
	assert_false(is_banned(fixture, BAN_NAME, "ida"));
	settle(fixture);
	close_chat(fixture);
	open_chat(fixture);
	assert_false(is_banned(fixture, BAN_NAME, "ida"));
}

#define life_test(test) cmocka_unit_test_setup_teardown(test, begin_life, end_life)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_an_old_ban_of_a_name_that_is_bad_now_can_be_lifted),
		chat_test(test_a_kick_tells_why_and_closes_every_session_of_a_person),
		chat_test(test_the_reason_of_a_kick_is_its_text),
		chat_test(test_a_banned_name_cannot_be_used_until_the_ban_is_lifted),
		chat_test(test_a_token_with_a_banned_name_cannot_enter),
		chat_test(test_a_network_ban_closes_its_sessions_and_no_others),
		chat_test(test_a_moderator_cannot_ban_loopback_or_itself),
		chat_test(test_a_muted_person_reads_but_cannot_write),
		chat_test(test_a_message_that_takes_a_muted_name_is_refused),
		chat_test(test_a_muted_person_cannot_write_by_a_call),
		chat_test(test_bans_and_mutes_end_after_their_minutes),
		chat_test(test_bad_orders_are_refused),
		chat_test(test_sessions_are_listed_with_their_details),
		chat_test(test_the_room_of_bans_cannot_be_entered_or_read),
		life_test(test_bans_and_mutes_survive_a_restart_and_lifted_ones_do_not),
		life_test(test_a_ban_that_ended_while_stopped_is_not_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
