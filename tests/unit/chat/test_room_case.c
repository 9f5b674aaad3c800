/* Rooms are told apart without regard to ASCII case. */
#include "../folder.h"
#include "chat_fixture.h"

#include <sqlite3.h>

static char folder[FOLDER_BYTES];

static int
set_up_file(void **state)
{
	char path[100];
	const char *const settings[] = { "store.driver=\"sqlite\"", path,
		"limits.message_rate=0", "chat.max_rooms=4" };

	folder_make(folder);
	snprintf(path, sizeof(path), "store.path=\"%s/test.db\"", folder);
	return set_up_with(state, settings, 4);
}

static int
tear_down_file(void **state)
{
	tear_down(state);
	folder_remove(folder);
	return 0;
}

/* Let the chat have a history of before, with the rooms Ops and ops. */
static void
make_twins(struct fixture *fixture)
{
	char path[FOLDER_BYTES + 20];
	sqlite3 *db;

	assert_push(fixture, JSON({"room":"Ops","message":"big one"}), JSON("id":1));
	assert_push(fixture, JSON({"room":"other","message":"small one"}), JSON("id":1));
	assert_push(fixture, JSON({"room":"other","message":"small two"}), JSON("id":2));
	close_chat(fixture);
	snprintf(path, sizeof(path), "%s/test.db", folder);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "UPDATE room SET name = 'ops' WHERE name = 'other'",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	open_chat(fixture);
}

/* Ask for question as a client of the HTTP door and expect part in the answer. */
static void
assert_answer(struct fixture *fixture, const char *question, const char *part)
{
	struct fake call;

	come_as_call(fixture, &call);
	ask_at(fixture, &call, question, fixture->now_ms += 1000);
	settle(fixture);
	assert_hears(&call, part);
	go(fixture, &call);
}

static void
come_to(struct fixture *fixture, struct fake *fake, const char *room)
{
	come(fixture, fake, &(struct chat_wishes){ .room = room, .wants_joined = true });
}

static void
test_every_spelling_reaches_the_room_and_the_first_is_shown(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, dave, line;

	come_to(fixture, &carol, "Ops");
	assert_hears(&carol, JSON("type":"joined","room":"Ops"));
	come_to(fixture, &dave, "oPS");
	assert_hears(&dave, JSON("type":"joined","room":"Ops"));
	say(fixture, &carol, JSON({"message":"hi","ref":"1"}));
	assert_hears(&carol, JSON("type":"ack","ref":"1","room":"Ops","id":1));
	assert_hears(&dave, JSON("type":"message","room":"Ops","id":1));
	say(fixture, &dave, JSON({"room":"ops","message":"hi","ref":"2"}));
	assert_hears(&dave, JSON("room":"Ops","id":2));
	assert_hears(&carol, JSON("room":"Ops","id":2));
	assert_push(
		fixture, JSON({"room":"OPS","message":"m"}), JSON("room":"Ops","id":3));
	assert_hears(&carol, JSON("id":3));
	come_by_line(fixture, &line, "OPS", NULL);
	assert_hears(&line, "in Ops with");
	say_line(fixture, &line, "/join ops");
	assert_hears(&line, "you are in that room");
	say_line(fixture, &line, "/join LOBBY");
	assert_hears(&line, "in lobby with");
	assert_answer(fixture, JSON({"type":"history","room":"ops"}),
				       JSON("type":"history","room":"Ops"));
	assert_answer(fixture, JSON({"type":"search","room":"OPS","q":"hi"}),
				       JSON("room":"Ops","id":2));
	go(fixture, &line);
	go(fixture, &dave);
	go(fixture, &carol);
}

static void
test_a_room_that_nobody_kept_anything_in_may_be_spelt_anew(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	come_to(fixture, &carol, "OPS");
	go(fixture, &carol);
	assert_push(
		fixture, JSON({"room":"ops","message":"m"}), JSON("room":"ops","id":1));
}

static void
test_spellings_count_as_one_room(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, JSON({"room":"a","message":"m"}), JSON("id":1));
	assert_push(fixture, JSON({"room":"A","message":"m"}), JSON("id":2));
	assert_push(fixture, JSON({"room":"b","message":"m"}), JSON("id":1));
	assert_push(fixture, JSON({"room":"B","message":"m"}), JSON("id":2));
	assert_push(fixture, JSON({"room":"c","message":"m"}), JSON("id":1));
	assert_push(fixture, JSON({"room":"d","message":"m"}), "too_many_rooms");
	assert_int_equal(chat_room_count(fixture->chat), 4); /* with the lobby */
}

/* Only ASCII: no table of another version of Unicode can make two rooms one. */
static void
test_other_letters_are_told_apart_by_case(void **state)
{
	struct fixture *fixture = *state;

	assert_push(fixture, JSON({"room":"Ä","message":"m"}), JSON("room":"Ä","id":1));
	assert_push(fixture, JSON({"room":"ä","message":"m"}), JSON("room":"ä","id":1));
}

static void
test_the_spelling_of_the_history_outlives_a_restart_and_the_configuration(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol;

	assert_push(fixture, JSON({"room":"oPs","message":"m"}), JSON("id":1));
	close_chat(fixture);
	free(fixture->config->chat.default_room);
	fixture->config->chat.default_room = strdup("OPS");
	open_chat(fixture);
	assert_int_equal(chat_room_count(fixture->chat), 1);
	come(fixture, &carol, &(struct chat_wishes){ .wants_joined = true });
	assert_hears(&carol, JSON("type":"joined","room":"oPs"));
	say(fixture, &carol, JSON({"message":"hi","ref":"1"}));
	assert_hears(&carol, JSON("room":"oPs","id":2));
	go(fixture, &carol);
}

static void
test_two_rooms_of_a_history_of_before_stay_two(void **state)
{
	struct fixture *fixture = *state;
	struct fake carol, dave;

	make_twins(fixture);
	assert_answer(fixture, JSON({"type":"history","room":"Ops"}),
				       JSON("message":"big one"));
	assert_answer(fixture, JSON({"type":"history","room":"ops"}),
				       JSON("message":"small two"));
	assert_answer(fixture, JSON({"type":"rooms"}), JSON("room":"Ops"));
	assert_answer(fixture, JSON({"type":"rooms"}), JSON("room":"ops"));
	come_to(fixture, &carol, "Ops");
	come_to(fixture, &dave, "ops");
	assert_hears(&carol, JSON("room":"Ops","epoch":));
	assert_hears(&dave, JSON("room":"ops","epoch":));
	assert_push(fixture, JSON({"room":"ops","message":"m"}), JSON("id":3));
	assert_hears(&dave, JSON("room":"ops","id":3));
	assert_hears_nothing(&carol);
	/* Another spelling is the older room. */
	assert_push(
		fixture, JSON({"room":"OPS","message":"m"}), JSON("room":"Ops","id":2));
	assert_hears(&carol, JSON("room":"Ops","id":2));
	assert_hears_nothing(&dave);
	go(fixture, &carol);
	go(fixture, &dave);
}

static void
delete_room(struct fixture *fixture, const char *text)
{
	struct fake call;

	come_as_call(fixture, &call);
	call_for(fixture, &call, &(struct chat_caller){ .name = "root" },
		&(struct chat_call){
			.kind = CHAT_ORDER,
			.order = "delete",
			.object = json_loads(text, 0, NULL),
			.now_ms = fixture->now_ms += 1000,
		});
	settle(fixture);
	assert_hears(&call, JSON("type":"ack"));
	go(fixture, &call);
}

static void
test_when_one_of_two_is_deleted_its_ids_go_on(void **state)
{
	struct fixture *fixture = *state;

	make_twins(fixture);
	delete_room(fixture, JSON({"room":"Ops"}));
	assert_push(
		fixture, JSON({"room":"Ops","message":"m"}), JSON("room":"Ops","id":2));
	assert_push(
		fixture, JSON({"room":"ops","message":"m"}), JSON("room":"ops","id":3));
}

/* Open a session whose token lists only room. Returns whether it is let in to another. */
static bool
may_enter(struct fixture *fixture, const char *listed, const char *room)
{
	struct permissions *permissions = permissions_new();
	const char *text;
	bool may;

	permissions->rooms = PERMISSIONS_LISTED;
	permissions_add_room(permissions, listed);
	may = !chat_entry_fault(fixture->chat, permissions, room, &text);
	permissions_unref(permissions);
	return may;
}

static void
test_a_token_is_for_a_room_by_any_spelling(void **state)
{
	struct fixture *fixture = *state;

	assert_true(may_enter(fixture, "Ops", "ops"));
	assert_push(fixture, JSON({"room":"OPS","message":"m"}), JSON("id":1));
	assert_true(may_enter(fixture, "Ops", "ops"));
	assert_false(may_enter(fixture, "Ops", "op"));
	assert_false(may_enter(fixture, "Ops", "opss"));
}

static void
test_a_token_for_one_of_two_is_not_for_the_other(void **state)
{
	struct fixture *fixture = *state;
	bool is_exact;

	make_twins(fixture);
	assert_true(may_enter(fixture, "Ops", "Ops"));
	assert_false(may_enter(fixture, "Ops", "ops"));
	assert_true(may_enter(fixture, "ops", "ops"));
	assert_false(may_enter(fixture, "ops", "Ops"));
	assert_true(may_enter(fixture, "Ops", "OPS"));
	assert_false(may_enter(fixture, "ops", "OPS"));
	assert_string_equal(chat_room_name(fixture->chat, "OPS", &is_exact), "Ops");
	assert_true(is_exact);
	assert_string_equal(chat_room_name(fixture->chat, "LOBBY", &is_exact), "lobby");
	assert_false(is_exact);
	assert_string_equal(chat_room_name(fixture->chat, "New", &is_exact), "New");
	assert_false(is_exact);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_file, tear_down_file)
	const struct CMUnitTest tests[] = {
		TEST(test_every_spelling_reaches_the_room_and_the_first_is_shown),
		TEST(test_a_room_that_nobody_kept_anything_in_may_be_spelt_anew),
		TEST(test_spellings_count_as_one_room),
		TEST(test_other_letters_are_told_apart_by_case),
		TEST(test_the_spelling_of_the_history_outlives_a_restart_and_the_configuration),
		TEST(test_two_rooms_of_a_history_of_before_stay_two),
		TEST(test_when_one_of_two_is_deleted_its_ids_go_on),
		TEST(test_a_token_is_for_a_room_by_any_spelling),
		TEST(test_a_token_for_one_of_two_is_not_for_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
