#include "config_fixture.h"

static void
test_tails_are_a_list_of_groups(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"tails = ( { room = \"syslog\"; path = \"/var/log/syslog\"; },\n"
		"  { room = \"web\"; path = \"/w\"; lines = 0; rate = 1000000; } );"));

	assert_int_equal(config->tails.count, 2);
	assert_string_equal(config->tails.items[0].room, "syslog");
	assert_string_equal(config->tails.items[0].path, "/var/log/syslog");
	assert_int_equal(config->tails.items[0].lines, 100);
	assert_int_equal(config->tails.items[0].rate, 200);
	assert_int_equal(config->tails.items[1].lines, 0);
	assert_int_equal(config->tails.items[1].rate, 1000000);
	config_free(config);
	config = load(
		SETTINGS("tails=( { room = \"syslog\"; path = \"/var/log/syslog\"; } )"));
	assert_int_equal(config->tails.count, 1);
	config_free(config);
}

static void
test_each_value_of_a_tail_is_checked(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("tails = (\n"
				    "  { room = \"a/b\"; path = \"/x\"; },\n"
				    "  { room = \"a\"; path = \"x\"; },\n"
				    "  { room = \"b\"; path = \"\"; },\n"
				    "  { room = \"c\"; path = \"/x\\n\"; },\n"
				    "  { room = \"d\"; path = \"/x\"; lines = 10001; },\n"
				    "  { room = \"e\"; path = \"/x\"; rate = 0; },\n"
				    "  { room = \"f\"; },\n"
				    "  { path = \"/x\"; },\n"
				    "  { room = \"f\"; path = \"/y\"; } );"),
		"test.cfg:2: tails item 1: room must not have a \"/\", is \"a/b\"",
		"test.cfg:3: tails item 2: path must be an absolute path, is \"x\"",
		"test.cfg:4: tails item 3: path must be a string of 1 to 4095 bytes, is "
		"\"\"",
		"test.cfg:5: tails item 4: path must not have a control character, is "
		"\"/x\\n\"",
		"test.cfg:6: tails item 5: lines must be a whole number from 0 to 10000, "
		"is 10001",
		"test.cfg:7: tails item 6: rate must be a whole number from 1 to "
		"1000000, is 0",
		"test.cfg:8: tails item 7: path is missing; add it to the group",
		"test.cfg:9: tails item 8: room is missing; add it to the group",
		"test.cfg:10: tails item 9: room \"f\" is already used by tails item 7 "
		"at test.cfg:8; use another room, or remove one of the two");
	assert_load_fails(FILE_TEXT("tail = ( { room = \"a\"; path = \"/x\"; } );"),
		"test.cfg:1: unknown key \"tail\", did you mean \"tails\"?");
}

/* Rooms are told apart without regard to ASCII case. */
static void
test_the_room_of_a_tail_differs_from_others_by_more_than_case(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("rooms = ( { name = \"Ops\"; }, { name = \"ops\"; } );\n"
			  "tails = (\n"
			  "  { room = \"OPS\"; path = \"/x\"; },\n"
			  "  { room = \"Lobby\"; path = \"/y\"; } );"),
		"test.cfg:4: tails item 2: room must differ from chat.default_room, but "
		"both are \"lobby\"; change one of them",
		"test.cfg:3: tails item 1: room must differ from rooms item 1, but both "
		"are \"Ops\"; change one of them");
	assert_load_fails(FILE_TEXT("tails = (\n"
				    "  { room = \"a\"; path = \"/x\"; },\n"
				    "  { room = \"A\"; path = \"/y\"; } );"),
		"test.cfg:3: tails item 2: room \"a\" is already used by tails item 1 at "
		"test.cfg:2; use another room, or remove one of the two");
}

static void
test_the_room_of_a_tail_obeys_the_limit(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("limits = { room_bytes = 5; };\n"
				    "tails = ( { room = \"syslog\"; path = \"/x\"; } );"),
		"test.cfg:2: tails item 1: room has 6 bytes, but limits.room_bytes "
		"allows 5; shorten it or raise limits.room_bytes");
}

static void
test_the_room_of_a_tail_is_not_a_chat_room(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("rooms = ( { name = \"ops\"; }, { name = \"web\"; } );\n"
			  "tails = ( { room = \"lobby\"; path = \"/x\"; },\n"
			  "  { room = \"lobby2\"; path = \"/x\"; },\n"
			  "  { path = \"/x\";\n    room = \"web\"; } );"),
		"test.cfg:2: tails item 1: room must differ from chat.default_room, but "
		"both are \"lobby\"; change one of them",
		"test.cfg:5: tails item 3: room must differ from rooms item 2, but both "
		"are \"web\"; change one of them");
}

static void
test_a_clash_is_reported_at_the_later_setting(void **state)
{
	static const char tail[] = "tails = ( { room = \"web\"; path = \"/x\"; } );\n";

	(void)state;
	assert_load_fails(FILE_TEXT("tails = ( { room = \"web\"; path = \"/x\"; } );\n"
				    "rooms = ( { name = \"ops\"; },\n"
				    "  {\n    name = \"web\"; } );\n"
				    "chat = {\n  default_room = \"web\"; };"),
		"test.cfg:6: tails item 1: room must differ from chat.default_room, but "
		"both are \"web\"; change one of them",
		"test.cfg:4: tails item 1: room must differ from rooms item 2, but both "
		"are \"web\"; change one of them");
	assert_load_fails(((struct attempt){ tail, { "rooms=({name=\"web\";})",
							   "chat.default_room=web" } }),
		"-s chat.default_room=web: tails item 1: room must differ from "
		"chat.default_room, but both are \"web\"; change one of them",
		"-s rooms=({name=\"web\";}): tails item 1: room must differ from rooms "
		"item 1, but both are \"web\"; change one of them");
	config_free(load(((struct attempt){
		tail, { "chat.default_room=web", "chat.default_room=lobby" } })));
}

static void
test_an_error_in_a_list_hides_no_clash(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = ( { name = \"web\"; }, { } );\n"
				    "tails = ( { room = \"web\"; path = \"/x\"; } );\n"),
		"test.cfg:1: rooms item 2: name is missing; add it to the group",
		"test.cfg:2: tails item 1: room must differ from rooms item 1, but both "
		"are \"web\"; change one of them");
}

static void
test_a_replaced_list_clashes_with_nothing(void **state)
{
	(void)state;
	assert_load_fails(
		((struct attempt){ "rooms = ( { name = \"web\"; } );\n"
				   "tails = ( { room = \"web\"; path = \"/x\"; } );\n",
			{ "rooms=({})" } }),
		"-s rooms=({}): rooms item 1: name is missing; add it to the group");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tails_are_a_list_of_groups),
		cmocka_unit_test(test_each_value_of_a_tail_is_checked),
		cmocka_unit_test(test_the_room_of_a_tail_obeys_the_limit),
		cmocka_unit_test(
			test_the_room_of_a_tail_differs_from_others_by_more_than_case),
		cmocka_unit_test(test_the_room_of_a_tail_is_not_a_chat_room),
		cmocka_unit_test(test_a_clash_is_reported_at_the_later_setting),
		cmocka_unit_test(test_an_error_in_a_list_hides_no_clash),
		cmocka_unit_test(test_a_replaced_list_clashes_with_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
