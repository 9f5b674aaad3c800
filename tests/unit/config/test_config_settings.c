#include "config_fixture.h"

#include "linnet/base/log.h"

static void
test_the_default_room_obeys_the_limit_of_room_names(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("limits = { room_bytes = 4; };"),
		"test.cfg:1: chat.default_room has 5 bytes, but limits.room_bytes allows "
		"4; shorten it or raise limits.room_bytes");
	assert_load_fails(FILE_TEXT("chat = {\n default_room = \"abcd\"; };\n"
				    "limits = {\n room_bytes = 3; };"),
		"test.cfg:4: chat.default_room has 4 bytes, but limits.room_bytes allows "
		"3; shorten it or raise limits.room_bytes");
	assert_load_fails(((struct attempt){ "limits = { room_bytes = 6; };",
				  { "chat.default_room=kitchen" } }),
		"-s chat.default_room=kitchen: chat.default_room has 7 bytes, but "
		"limits.room_bytes allows 6; shorten it or raise limits.room_bytes");
	struct config *config = load(((struct attempt){
		"limits = { room_bytes = 4; };", { "chat.default_room=room" } }));
	config_free(config);
}

static void
test_a_rejected_value_is_not_checked_against_others(void **state)
{
	char text[300];

	(void)state;
	snprintf(text, sizeof(text),
		"limits = { room_bytes = 999; }; chat = { default_room = \"%0100d\"; };",
		0);
	assert_load_fails(FILE_TEXT(text),
		"test.cfg:1: limits.room_bytes must be a whole number from 1 to 255, "
		"is 999");
}

static void
test_a_setting_beats_the_file_and_the_last_one_wins(void **state)
{
	(void)state;
	struct config *config =
		load(((struct attempt){ "http = { port = 1; root = \"x\"; };",
			{ "http.port=2", "http.port=0x3", "http.root=y" } }));

	assert_int_equal(config->http.port, 3);
	assert_string_equal(config->http.root, "y");
	config_free(config);
}

static void
test_an_error_that_a_setting_overrides_is_still_an_error(void **state)
{
	(void)state;
	assert_load_fails(((struct attempt){ "http = { port = -1; };",
				  { "http.port=-2", "http.port=80" } }),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, is -1",
		"-s http.port=-2: http.port must be a whole number from 0 to 65535, is "
		"-2");
}

static void
test_a_setting_has_a_known_key_and_a_value(void **state)
{
	(void)state;
	assert_load_fails(SETTINGS("http.port"),
		"-s http.port: must be KEY=VALUE, such as http.port=8080");
	assert_load_fails(SETTINGS(""), "-s : must be KEY=VALUE, such as http.port=8080");
	assert_load_fails(
		SETTINGS("=1"), "-s =1: unknown key \"\"; linnet.cfg(5) lists all keys");
	assert_load_fails(SETTINGS("http=1"),
		"-s http=1: http is a group; set one of its keys, as in http.KEY=VALUE");
	assert_load_fails(SETTINGS("htp.prot=1", "http.port.x=1", "tls.port=1"),
		"-s htp.prot=1: unknown key \"htp.prot\", did you mean \"http.port\"?",
		"-s http.port.x=1: unknown key \"http.port.x\", did you mean "
		"\"http.port\"?",
		"-s tls.port=1: unknown key \"tls.port\", did you mean \"http.port\"?");
}

static void
test_a_setting_needs_no_quotes_for_a_string(void **state)
{
	(void)state;
	struct config *config = load(SETTINGS("http.root=a \"b\\n\"; c = 1 # [ }",
		"chat.default_room=5", "log.level=debug"));

	assert_string_equal(config->http.root, "a \"b\\n\"; c = 1 # [ }");
	assert_string_equal(config->chat.default_room, "5");
	assert_int_equal(config->log.level, LOG_LEVEL_DEBUG);
	config_free(config);
}

static void
test_a_setting_in_quotes_is_parsed(void **state)
{
	(void)state;
	struct config *config = load(SETTINGS("http.root=\"a\\\"\\n\\x41\"",
		"chat.default_room=\"x\" \"y\"", "log.format=\"json\""));

	assert_string_equal(config->http.root, "a\"\nA");
	assert_string_equal(config->chat.default_room, "xy");
	assert_int_equal(config->log.format, LOG_FORMAT_JSON);
	config_free(config);
	assert_load_fails(SETTINGS("http.root=\"a"),
		"-s http.root=\"a: http.root must be a string of 1 to 4095 bytes, is "
		"\"\\\"a\"");
}

static void
test_a_setting_of_a_list_is_a_list_or_one_string(void **state)
{
	static const struct {
		const char *setting;
		size_t count;
	} good[] = {
		{ "http.allowed_origins=http://a", 1 },
		{ "http.allowed_origins=\"http://a\"", 1 },
		{ "http.allowed_origins=[ \"http://a\", \"*\" ]", 2 },
		{ "http.allowed_origins=(\"http://a\", \"*\", \"*\")", 3 },
		{ "http.allowed_origins=[]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct config *config = load(SETTINGS(good[i].setting));
		assert_int_equal(config->http.allowed_origins.count, good[i].count);
		if (good[i].count)
			assert_string_equal(
				config->http.allowed_origins.items[0], "http://a");
		config_free(config);
	}
	assert_load_fails(SETTINGS("http.allowed_origins=\"*\", \"*\""),
		"-s http.allowed_origins=\"*\", \"*\": http.allowed_origins must be a "
		"list "
		"of strings, such as [ \"a\", \"b\" ], is \"\\\"*\\\", \\\"*\\\"\"");
	assert_load_fails(SETTINGS("http.allowed_origins=[ 1 ]"),
		"-s http.allowed_origins=[ 1 ]: http.allowed_origins item 1 must be a "
		"string, is 1");
}

static void
test_a_setting_of_a_wrong_type_is_an_error(void **state)
{
	(void)state;
	assert_load_fails(SETTINGS("http.port=\"80\"", "http.port=1.5", "http.port="),
		"-s http.port=\"80\": http.port must be a whole number from 0 to 65535, "
		"is \"80\"",
		"-s http.port=1.5: http.port must be a whole number from 0 to 65535, "
		"is 1.5",
		"-s http.port=: http.port must be a whole number from 0 to 65535, is "
		"\"\"");
	assert_load_fails(
		SETTINGS("chat.gravatar=yes", "chat.gravatar=1", "log.level=loud"),
		"-s chat.gravatar=yes: chat.gravatar must be true or false, is \"yes\"",
		"-s chat.gravatar=1: chat.gravatar must be true or false, is 1",
		"-s log.level=loud: log.level must be \"error\", \"warn\", \"info\" or "
		"\"debug\", is \"loud\"");
	assert_load_fails(SETTINGS("http.port=( 80 )", "http.port={ a = 1; }",
				  "http.port=4294975296"),
		"-s http.port=( 80 ): http.port must be a whole number from 0 to 65535, "
		"is a list",
		"-s http.port={ a = 1; }: http.port must be a whole number from 0 to "
		"65535, is a group",
		"-s http.port=4294975296: http.port must be a whole number from 0 to "
		"65535, is 4294975296");
}

static void
test_a_setting_cannot_smuggle_in_a_second_one(void **state)
{
	static const char *const values[] = { "1; x = 2", "1), x = (2", "1); x = (2",
		"1) x = (2", "1); value = (2", "1, 2", "1;", "1 # x", "1 // x",
		"1 /* x */", "1 /* x", "1\nx = 2", "1)",
		"1 }; log = { level = \"debug\"; }", ")", "(",
		"1); http = { port = 2; }; y = (3" };
	char setting[100];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(setting, sizeof(setting), "http.port=%s", values[i]);
		assert_null(try_load(SETTINGS(setting)));
		assert_int_equal(errors.count, 1);
		assert_non_null(strstr(errors.lines[0],
			": http.port must be a whole number from 0 to 65535, is \""));
	}
	assert_load_fails(SETTINGS("http.root=\"a\"; x = \"b\""),
		"-s http.root=\"a\"; x = \"b\": http.root must be a string of 1 to 4095 "
		"bytes, is \"\\\"a\\\"; x = \\\"b\\\"\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_default_room_obeys_the_limit_of_room_names),
		cmocka_unit_test(test_a_rejected_value_is_not_checked_against_others),
		cmocka_unit_test(test_a_setting_beats_the_file_and_the_last_one_wins),
		cmocka_unit_test(
			test_an_error_that_a_setting_overrides_is_still_an_error),
		cmocka_unit_test(test_a_setting_has_a_known_key_and_a_value),
		cmocka_unit_test(test_a_setting_needs_no_quotes_for_a_string),
		cmocka_unit_test(test_a_setting_in_quotes_is_parsed),
		cmocka_unit_test(test_a_setting_of_a_list_is_a_list_or_one_string),
		cmocka_unit_test(test_a_setting_of_a_wrong_type_is_an_error),
		cmocka_unit_test(test_a_setting_cannot_smuggle_in_a_second_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
