#include "config_fixture.h"

static void
test_rooms_are_a_list_of_groups(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"rooms = (\n"
		"  { name = \"ops\"; topic = \"What is \" \"on fire\"; },\n"
		"  { topic : \"\xe4\xba\x91\", name : \"\xf0\x9f\x90\xa6 room\" }\n"
		");\n"));

	assert_int_equal(config->rooms.count, 2);
	assert_string_equal(config->rooms.items[0].name, "ops");
	assert_string_equal(config->rooms.items[0].topic, "What is on fire");
	assert_string_equal(config->rooms.items[1].name, "\xf0\x9f\x90\xa6 room");
	assert_string_equal(config->rooms.items[1].topic, "\xe4\xba\x91");
	config_free(config);
}

static void
test_the_topic_of_a_room_may_be_left_out(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT("rooms = ( { name = \"ops\"; } );"));

	assert_int_equal(config->rooms.count, 1);
	assert_string_equal(config->rooms.items[0].topic, "");
	config_free(config);
}

static void
test_what_a_room_keeps_has_limits(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = ( { name = \"a\";\n"
				    "  keep_messages = -2;\n"
				    "  keep_days = 36501;\n"
				    "  read_only = 1;\n"
				    "  keep_day = 1; } );"),
		"test.cfg:2: rooms item 1: keep_messages must be a whole number from -1 "
		"to 2147483647, is -2",
		"test.cfg:3: rooms item 1: keep_days must be a whole number from -1 to "
		"36500, is 36501",
		"test.cfg:4: rooms item 1: read_only must be true or false, is 1",
		"test.cfg:5: rooms item 1: unknown key \"keep_day\", did you mean "
		"\"keep_days\"?");
}

static void
test_a_list_of_rooms_may_be_empty(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT("rooms = ( );"));
	assert_int_equal(config->rooms.count, 0);
	config_free(config);
	config = load(FILE_TEXT("rooms = [ ];"));
	assert_int_equal(config->rooms.count, 0);
	config_free(config);
}

static void
test_the_default_room_may_be_listed_for_its_topic(void **state)
{
	(void)state;
	struct config *config =
		load(FILE_TEXT("rooms = ( { name = \"lobby\"; topic = \"Hello\"; } );"));

	assert_string_equal(config->rooms.items[0].name, config->chat.default_room);
	config_free(config);
}

static void
test_a_room_needs_a_name(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = (\n  { topic = \"x\"; },\n  { }\n);"),
		"test.cfg:2: rooms item 1: name is missing; add it to the group",
		"test.cfg:3: rooms item 2: name is missing; add it to the group");
}

static void
test_an_unknown_key_of_a_room_is_an_error_with_a_suggestion(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = (\n"
				    "  { name = \"a\";\n    tpoic = \"x\"; },\n"
				    "  { Name = \"b\"; },\n"
				    "  { name = \"c\"; colour = 1; }\n);"),
		"test.cfg:3: rooms item 1: unknown key \"tpoic\", did you mean "
		"\"topic\"?",
		"test.cfg:4: rooms item 2: unknown key \"Name\", did you mean \"name\"?",
		"test.cfg:5: rooms item 3: unknown key \"colour\"; linnet.cfg(5) lists "
		"all keys");
}

static void
test_each_value_of_a_room_is_checked_and_reported_with_its_line(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = (\n"
				    "  {\n    name = 7;\n    topic = true;\n  },\n"
				    "  {\n    topic = \"x\";\n    name = \"a/b\";\n  },\n"
				    "  {\n    name = \"\";\n  },\n"
				    "  { name = { }; topic = ( ); }\n"
				    ");"),
		"test.cfg:3: rooms item 1: name must be a string of 1 to 255 bytes, is 7",
		"test.cfg:4: rooms item 1: topic must be a string of 0 to 512 bytes, is "
		"true",
		"test.cfg:8: rooms item 2: name must not have a \"/\", is \"a/b\"",
		"test.cfg:11: rooms item 3: name must be a string of 1 to 255 bytes, is "
		"\"\"",
		"test.cfg:13: rooms item 4: name must be a string of 1 to 255 bytes, is "
		"a group",
		"test.cfg:13: rooms item 4: topic must be a string of 0 to 512 bytes, "
		"is a list");
}

static void
test_a_topic_is_one_line_of_at_most_512_bytes(void **state)
{
	char setting[600];

	(void)state;
	snprintf(setting, sizeof(setting), "rooms=({name=\"a\"; topic=\"%0512d\";})", 0);
	struct config *config = load(SETTINGS(setting));
	assert_int_equal(strlen(config->rooms.items[0].topic), 512);
	config_free(config);
	snprintf(setting, sizeof(setting), "rooms=({name=\"a\"; topic=\"%0513d\";})", 0);
	assert_null(try_load(SETTINGS(setting)));
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.lines[0],
		": rooms item 1: topic must be a string of 0 to 512 bytes, is \"000"));
	assert_load_fails(FILE_TEXT("rooms = ( { name = \"a\"; topic = \"x\\ny\"; },\n"
				    "{ name = \"b\"; topic = \"\xff\"; },\n"
				    "{ name = \"c\"; topic = \" a/b \"; } );"),
		"test.cfg:1: rooms item 1: topic must not have a control character, is "
		"\"x\\ny\"",
		"test.cfg:2: rooms item 2: topic must be valid UTF-8, is \"\\xFF\"");
}

static void
test_no_two_rooms_have_one_name(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = ( { name = \"a\"; },\n  { name = \"b\"; },\n"
				    "  {\n    name = \"a\";\n  },\n"
				    "  { name = \"A\"; }, { name = \"b\"; }, { name = "
				    "\"a\"; } );"),
		"test.cfg:4: rooms item 3: name \"a\" is already used by rooms item 1 at "
		"test.cfg:1; use another name, or remove one of the two",
		"test.cfg:6: rooms item 5: name \"b\" is already used by rooms item 2 at "
		"test.cfg:2; use another name, or remove one of the two",
		"test.cfg:6: rooms item 6: name \"a\" is already used by rooms item 1 at "
		"test.cfg:1; use another name, or remove one of the two");
}

static void
test_anything_but_a_list_of_groups_is_rejected(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("rooms = \"ops\";"),
		"test.cfg:1: rooms must be a list of groups, as in ( { ... }, { ... } ), "
		"is \"ops\"");
	assert_load_fails(FILE_TEXT("\nrooms = { name = \"ops\"; };"),
		"test.cfg:2: rooms must be a list of groups, as in ( { ... }, { ... } ), "
		"is a group");
	assert_load_fails(FILE_TEXT("rooms = [ \"ops\", \"x\" ];"),
		"test.cfg:1: rooms item 1 must be a group in { }, is \"ops\"",
		"test.cfg:1: rooms item 2 must be a group in { }, is \"x\"");
	assert_load_fails(
		FILE_TEXT("rooms = ( { name = \"a\"; }, ( { name = \"b\"; } ) );"),
		"test.cfg:1: rooms item 2 must be a group in { }, is a list");
}

static void
test_a_misspelt_list_of_rooms_is_an_error_with_a_suggestion(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("room = ( { name = \"a\"; } );"),
		"test.cfg:1: unknown key \"room\", did you mean \"rooms\"?");
	assert_load_fails(FILE_TEXT("\nRoom = { name = \"a\"; };"),
		"test.cfg:2: unknown key \"Room\", did you mean \"rooms\"?");
	assert_load_fails(FILE_TEXT("chat = { rooms = ( { name = \"a\"; } ); };"),
		"test.cfg:1: unknown key \"chat.rooms\", did you mean \"rooms\"?");
	assert_load_fails(FILE_TEXT("x = { };"),
		"test.cfg:1: unknown group \"x\"; linnet.cfg(5) lists all keys");
}

static void
test_the_name_of_a_room_obeys_the_limit(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("limits = { room_bytes = 5; };\n"
				    "rooms = ( { name = \"abcde\"; },\n"
				    "  {\n    name = \"abcdef\"; topic = \"\"; },\n"
				    "  { name = \"\xe4\xba\x91\xe4\xba\x91\"; } );"),
		"test.cfg:4: rooms item 2: name has 6 bytes, but limits.room_bytes "
		"allows 5; shorten it or raise limits.room_bytes",
		"test.cfg:5: rooms item 3: name has 6 bytes, but limits.room_bytes "
		"allows 5; shorten it or raise limits.room_bytes");
	assert_load_fails(FILE_TEXT("rooms = ( { name = \"abcdef\"; } );\n"
				    "limits = {\n  room_bytes = 5; };"),
		"test.cfg:3: rooms item 1: name has 6 bytes, but limits.room_bytes "
		"allows 5; shorten it or raise limits.room_bytes");
	assert_load_fails(((struct attempt){ "rooms = ( { name = \"abcdef\"; } );",
				  { "limits.room_bytes=5" } }),
		"-s limits.room_bytes=5: rooms item 1: name has 6 bytes, but "
		"limits.room_bytes allows 5; shorten it or raise limits.room_bytes");
	assert_load_fails(((struct attempt){ "limits = { room_bytes = 5; };",
				  { "rooms=({name=\"abcdef\";})" } }),
		"-s rooms=({name=\"abcdef\";}): rooms item 1: name has 6 bytes, but "
		"limits.room_bytes allows 5; shorten it or raise limits.room_bytes");
	struct config *config =
		load(((struct attempt){ "rooms = ( { name = \"abcdef\"; } );",
			{ "rooms=()", "limits.room_bytes=5" } }));
	config_free(config);
}

static void
test_a_setting_replaces_all_rooms(void **state)
{
	(void)state;
	struct config *config = load(
		((struct attempt){ "rooms = ( { name = \"a\"; }, { name = \"b\"; } );",
			{ "rooms=({name=\"c\";})",
				"rooms=({name=\"ops\";}, {name=\"b\" topic=\"t\"})" } }));

	assert_int_equal(config->rooms.count, 2);
	assert_string_equal(config->rooms.items[0].name, "ops");
	assert_string_equal(config->rooms.items[1].topic, "t");
	config_free(config);
	assert_load_fails(SETTINGS("rooms=ops", "rooms={name=\"a\";}", "rooms.name=a"),
		"-s rooms=ops: rooms must be a list of groups, as in ( { ... }, { ... } "
		"), is \"ops\"",
		"-s rooms={name=\"a\";}: rooms must be a list of groups, as in ( { ... "
		"}, { ... } ), is a group",
		"-s rooms.name=a: unknown key \"rooms.name\"; linnet.cfg(5) lists all "
		"keys");
	assert_load_fails(SETTINGS("rooms=({nmae=\"a\";})", "rooms=({},{})",
				  "rooms=({name=\"a\";}), ({name=\"b\";})"),
		"-s rooms=({nmae=\"a\";}): rooms item 1: unknown key \"nmae\", did you "
		"mean \"name\"?",
		"-s rooms=({},{}): rooms item 1: name is missing; add it to the group",
		"-s rooms=({},{}): rooms item 2: name is missing; add it to the group",
		"-s rooms=({name=\"a\";}), ({name=\"b\";}): rooms must be a list of "
		"groups, as in ( { ... }, { ... } ), is \"({name=\\\"a\\\";}), "
		"({name=\\\"b\\\";})\"");
}

static void
test_a_room_cut_by_a_syntax_error_has_no_missing_members(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("rooms = ( { name = 1; },\n  { topic = ; name = \"a\"; } );"),
		"test.cfg:2: this is not libconfig's format; write GROUP = { KEY = "
		"VALUE; }; with "
		"strings in quotes, and look for a missing \";\" or bracket before it",
		"test.cfg:1: rooms item 1: name must be a string of 1 to 255 bytes, is "
		"1");
	assert_load_fails(FILE_TEXT("rooms = ( { topic = \"x\"; name"),
		"test.cfg:1: this is not libconfig's format; write GROUP = { KEY = "
		"VALUE; }; with "
		"strings in quotes, and look for a missing \";\" or bracket before it");
	assert_load_fails(FILE_TEXT("rooms = ( { topic = \"x\"; name = \"a"),
		"test.cfg:1: this string has no closing quote");
}

static void
test_a_file_may_list_thousands_of_rooms(void **state)
{
	enum { ROOMS = 20000 };
	char *text = calloc(ROOMS + 1, 32);

	(void)state;
	assert_non_null(text);
	char *end = stpcpy(text, "rooms = ( { name = \"first\"; }");
	for (int i = 1; i < ROOMS; i++)
		end += sprintf(end, ",\n{ name = \"room %d\"; }", i);
	stpcpy(end, " );");
	struct config *config = load(FILE_TEXT(text));
	assert_int_equal(config->rooms.count, ROOMS);
	assert_string_equal(config->rooms.items[ROOMS - 1].name, "room 19999");
	config_free(config);
	stpcpy(end, ", { name = \"first\"; } );");
	assert_load_fails(FILE_TEXT(text),
		"test.cfg:20000: rooms item 20001: name \"first\" is already used by "
		"rooms item 1 at test.cfg:1; use another name, or remove one of the two");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rooms_are_a_list_of_groups),
		cmocka_unit_test(test_the_topic_of_a_room_may_be_left_out),
		cmocka_unit_test(test_what_a_room_keeps_has_limits),
		cmocka_unit_test(test_a_list_of_rooms_may_be_empty),
		cmocka_unit_test(test_the_default_room_may_be_listed_for_its_topic),
		cmocka_unit_test(test_a_room_needs_a_name),
		cmocka_unit_test(
			test_an_unknown_key_of_a_room_is_an_error_with_a_suggestion),
		cmocka_unit_test(
			test_each_value_of_a_room_is_checked_and_reported_with_its_line),
		cmocka_unit_test(test_a_topic_is_one_line_of_at_most_512_bytes),
		cmocka_unit_test(test_no_two_rooms_have_one_name),
		cmocka_unit_test(test_anything_but_a_list_of_groups_is_rejected),
		cmocka_unit_test(
			test_a_misspelt_list_of_rooms_is_an_error_with_a_suggestion),
		cmocka_unit_test(test_the_name_of_a_room_obeys_the_limit),
		cmocka_unit_test(test_a_setting_replaces_all_rooms),
		cmocka_unit_test(
			test_a_room_cut_by_a_syntax_error_has_no_missing_members),
		cmocka_unit_test(test_a_file_may_list_thousands_of_rooms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
