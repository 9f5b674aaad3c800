/* Permissions: a session may only do what its token allows. */
#include "chat_fixture.h"

#include "chat/roster.h"

/* Open a session with a token of the person called name that expires at until_ms. The
 * token lists the room "ops" and, if it is not NULL, one more. The fixture's own sessions
 * are only in the lobby. */
static void
come_with(struct fixture *fixture, struct fake *fake, const char *name,
	const char *subject, const char *room, int64_t until_ms,
	const struct chat_wishes *wishes)
{
	struct permissions *permissions = permissions_new();

	permissions->rooms = permissions->tails = PERMISSIONS_LISTED;
	permissions_add_room(permissions, "ops");
	if (room)
		permissions_add_room(permissions, room);
	permissions_set_person(permissions, name, subject);
	permissions->until_ms = until_ms;
	fake_init(fixture, fake, WIRE_WS);
	session_admit(&fake->session, permissions, "192.0.2.7", fixture->now_ms);
	permissions_unref(permissions);
	chat_open(fixture->chat, &fake->session, wishes);
	settle(fixture);
}

static const struct chat_wishes with_events = { .wants_events = true };

static void
test_a_session_takes_the_name_of_its_token(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", NULL, 0, &with_events);
	assert_hears(&ida, JSON("username":"ida"));
	go(fixture, &ida);
}

static void
test_a_token_without_the_default_room_enters_its_first_room(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", NULL, 0, &with_events);
	assert_hears(&ida, JSON("room":"ops"));
	say(fixture, &fixture->ann, JSON({"message":"hi"}));
	assert_hears_nothing(&ida);
	go(fixture, &ida);
	come_with(fixture, &ida, "ida", "1", "lobby", 0, &with_events);
	assert_hears(&ida, JSON("room":"lobby"));
	go(fixture, &ida);
}

static void
test_a_room_outside_the_token_cannot_be_used(void **state)
{
	const char *const texts = JSON([
		{"message":"hi","room":"lobby"},
		{"message":"hi","room":"new"},
		{"type":"chart","room":"lobby"},
		{"type":"chart","room":"lobby","ephemeral":true},
		{"type":"join","room":"lobby"},
		{"type":"join","room":"new"},
		{"type":"leave","room":"lobby"},
		{"type":"typing","room":"lobby"},
		{"type":"history","room":"lobby"},
		{"type":"search","room":"lobby","q":"hi"},
		{"type":"ack","room":"lobby","key":"disk"}
	]);
	struct fixture *fixture = *state;
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", NULL, 0, NULL);
	for (size_t i = 0; json_item(texts, i); i++) {
		say(fixture, &ida, json_item(texts, i));
		assert_hears(&ida, JSON("code":"denied"));
		assert_hears_nothing(&ida);
		assert_hears_nothing(&fixture->ann);
	}
	go(fixture, &ida);
}

static void
test_line_commands_keep_to_the_rooms_of_the_token(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", "dev", 0, NULL);
	ida.session.wire = WIRE_LINE;
	say_line(fixture, &ida, "this makes the room");
	forget_heard(&ida);
	say_line(fixture, &ida, "/join lobby");
	assert_hears(&ida, "not for this room");
	say_line(fixture, &ida, "/rooms");
	assert_hears(&ida, "ops");
	say_line(fixture, &ida, "/join dev");
	assert_hears_nothing(&ida);
	say_line(fixture, &ida, "/login again");
	assert_hears(&ida, "you have logged in");
	go(fixture, &ida);
}

static void
test_only_the_rooms_of_the_token_are_listed(void **state)
{
	struct fixture *fixture = *state;
	struct fake call;
	struct permissions *permissions = permissions_new();
	const char *heard;

	say(fixture, &fixture->ann, JSON({"message":"hi","room":"ops"}));
	say(fixture, &fixture->ann, JSON({"message":"hi","room":"secret"}));
	permissions->rooms = PERMISSIONS_LISTED;
	permissions_add_room(permissions, "ops");
	come_as_call(fixture, &call);
	session_admit(&call.session, permissions, NULL, 0);
	permissions_unref(permissions);
	ask_at(fixture, &call, JSON({"type":"rooms"}), fixture->now_ms);
	settle(fixture);
	heard = hears(&call);
	assert_non_null(strstr(heard, JSON("ops")));
	assert_null(strstr(heard, "secret"));
	assert_null(strstr(heard, "lobby"));
	go(fixture, &call);
}

static void
test_the_name_of_the_token_cannot_be_changed(void **state)
{
	const char *const texts = JSON([
		{"type":"nick","username":"eva"},
		{"type":"nick","username":"Ida"},
		{"message":"hi","username":"eva"},
		{"type":"join","room":"ops","username":"guest-9"}
	]);
	struct fixture *fixture = *state;
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", NULL, 0, NULL);
	for (size_t i = 0; json_item(texts, i); i++) {
		say(fixture, &ida, json_item(texts, i));
		assert_hears(&ida, JSON("code":"denied"));
	}
	say(fixture, &ida, JSON({"message":"hi","username":"ida","ref":"r"}));
	assert_hears(&ida, JSON("type":"ack"));
	assert_string_equal(ida.session.person->name, "ida");
	go(fixture, &ida);
}

static void
test_a_wish_for_another_name_is_refused_and_the_tokens_name_stays(void **state)
{
	const struct chat_wishes wishes = { .name = "eva", .wants_events = true };
	struct fixture *fixture = *state;
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", NULL, 0, &wishes);
	assert_hears(&ida, JSON("code":"denied"));
	assert_hears(&ida, JSON("username":"ida"));
	go(fixture, &ida);
}

static void
test_a_token_without_a_name_makes_a_permanent_guest(void **state)
{
	struct fixture *fixture = *state;
	struct fake guest;

	come_with(fixture, &guest, NULL, NULL, NULL, 0, NULL);
	say(fixture, &guest, JSON({"type":"nick","username":"eva"}));
	assert_hears(&guest, JSON("code":"denied"));
	say(fixture, &guest, JSON({"message":"hi","ref":"r"}));
	assert_hears(&guest, JSON("type":"ack"));
	go(fixture, &guest);
}

static void
test_sessions_share_a_person_only_if_their_tokens_do(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, again, other;

	come_with(fixture, &ida, "ida", "1", NULL, 0, NULL);
	come_with(fixture, &again, "ida", "1", NULL, 0, NULL);
	assert_ptr_equal(again.session.person, ida.session.person);
	come_with(fixture, &other, "ida", "2", NULL, 0, NULL);
	assert_hears(&other, JSON("code":"name_taken"));
	assert_int_equal(other.drops, 1);
	assert_int_equal(other.code, CLOSE_POLICY);
	go(fixture, &ida);
	go(fixture, &again);
	go(fixture, &other);
}

static void
test_a_session_token_does_not_replace_an_access_token(void **state)
{
	struct fixture *fixture = *state;
	struct chat_wishes wishes = { .wants_events = true };
	char token[CHAT_TOKEN_BYTES + 1];
	struct fake ida, guest;

	come_with(fixture, &ida, "ida", "1", NULL, 0, NULL);
	chat_give_token(fixture->chat, &ida.session, token);
	wishes.token = token;
	come_with(fixture, &guest, NULL, NULL, NULL, 0, &wishes);
	assert_ptr_not_equal(guest.session.person, ida.session.person);
	go(fixture, &ida);
	go(fixture, &guest);
}

static void
test_a_session_without_permissions_can_do_nothing(void **state)
{
	static const struct permissions nothing;
	struct fixture *fixture = *state;
	struct fake nobody;

	fake_init(fixture, &nobody, WIRE_WS);
	session_admit(&nobody.session, &nothing, "192.0.2.7", 0);
	chat_open(fixture->chat, &nobody.session, NULL);
	assert_hears(&nobody, JSON("code":"denied"));
	say(fixture, &nobody, JSON({"message":"hi"}));
	assert_hears(&nobody, JSON("code":"denied"));
	assert_hears_nothing(&fixture->ann);
	go(fixture, &nobody);
}

static void
test_a_session_is_told_and_closed_when_its_token_expires(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, eva;

	come_with(fixture, &ida, "ida", "1", NULL, 5000, NULL);
	come_with(fixture, &eva, "eva", "2", NULL, 0, NULL);
	chat_tick(fixture->chat, 4999);
	assert_int_equal(ida.drops, 0);
	chat_tick(fixture->chat, 5000);
	assert_int_equal(ida.drops, 1);
	assert_int_equal(ida.code, CLOSE_POLICY);
	assert_hears(&ida, JSON("code":"token_expired"));
	chat_tick(fixture->chat, 9999);
	assert_int_equal(ida.drops, 1);
	assert_int_equal(eva.drops, 0);
	assert_int_equal(fixture->ann.drops, 0);
	go(fixture, &ida);
	go(fixture, &eva);
}

static void
test_each_session_ends_with_its_own_token(void **state)
{
	struct fixture *fixture = *state;
	struct fake ida, eva, tom;

	come_with(fixture, &tom, "tom", "3", NULL, 9000, NULL);
	come_with(fixture, &ida, "ida", "1", NULL, 5000, NULL);
	come_with(fixture, &eva, "eva", "2", NULL, 7000, NULL);
	chat_tick(fixture->chat, 5000);
	assert_int_equal(ida.drops, 1);
	assert_int_equal(eva.drops, 0);
	chat_tick(fixture->chat, 7000);
	assert_int_equal(eva.drops, 1);
	chat_tick(fixture->chat, 8999);
	assert_int_equal(tom.drops, 0);
	chat_tick(fixture->chat, 9000);
	assert_int_equal(tom.drops, 1);
	go(fixture, &ida);
	go(fixture, &eva);
	go(fixture, &tom);
}

static void
test_a_session_that_goes_on_with_another_token_ends_with_that_one(void **state)
{
	struct fixture *fixture = *state;
	struct permissions *permissions = permissions_new();
	struct fake ida;

	come_with(fixture, &ida, "ida", "1", NULL, 0, NULL);
	chat_set_aside(&ida.session);
	permissions->rooms = PERMISSIONS_ALL;
	permissions_set_person(permissions, "ida", "1");
	permissions->until_ms = 5000;
	session_admit(&ida.session, permissions, "192.0.2.7", fixture->now_ms);
	permissions_unref(permissions);
	chat_go_on(fixture->chat, &ida.session, NULL);
	settle(fixture);
	chat_tick(fixture->chat, 4999);
	assert_int_equal(ida.drops, 0);
	chat_tick(fixture->chat, 5000);
	assert_int_equal(ida.drops, 1);
	go(fixture, &ida);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chat_test(test_a_session_takes_the_name_of_its_token),
		chat_test(test_a_token_without_the_default_room_enters_its_first_room),
		chat_test(test_a_room_outside_the_token_cannot_be_used),
		chat_test(test_line_commands_keep_to_the_rooms_of_the_token),
		chat_test(test_only_the_rooms_of_the_token_are_listed),
		chat_test(test_the_name_of_the_token_cannot_be_changed),
		chat_test(
			test_a_wish_for_another_name_is_refused_and_the_tokens_name_stays),
		chat_test(test_a_token_without_a_name_makes_a_permanent_guest),
		chat_test(test_sessions_share_a_person_only_if_their_tokens_do),
		chat_test(test_a_session_token_does_not_replace_an_access_token),
		chat_test(test_a_session_without_permissions_can_do_nothing),
		chat_test(test_a_session_is_told_and_closed_when_its_token_expires),
		chat_test(test_each_session_ends_with_its_own_token),
		chat_test(
			test_a_session_that_goes_on_with_another_token_ends_with_that_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
