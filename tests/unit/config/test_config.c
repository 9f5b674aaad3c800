#include "config_fixture.h"

#include "linnet/base/log.h"

static void
test_without_a_file_every_key_has_its_default(void **state)
{
	(void)state;
	struct config *config = load((struct attempt){ 0 });

	assert_string_equal(config->http.address, "127.0.0.1");
	assert_int_equal(config->http.port, 8000);
	assert_string_equal(config->http.root, ROOT);
	assert_int_equal(config->http.allowed_origins.count, 0);
	assert_true(config->line.enabled);
	assert_string_equal(config->line.address, "127.0.0.1");
	assert_int_equal(config->line.port, 2020);
	assert_string_equal(config->chat.default_room, "lobby");
	assert_false(config->chat.echo_to_sender);
	assert_false(config->chat.share_email);
	assert_true(config->chat.gravatar);
	assert_true(config->chat.create_rooms);
	assert_int_equal(config->chat.max_rooms, 1000);
	assert_int_equal(config->chat.rooms_per_session, 32);
	assert_int_equal(config->rooms.count, 0);
	assert_int_equal(config->store.driver, STORE_SQLITE);
	assert_string_equal(config->store.path, "linnet.db");
	assert_int_equal(config->store.sync, STORE_SYNC_NORMAL);
	assert_int_equal(config->store.keep_messages, 10000);
	assert_int_equal(config->store.keep_days, 0);
	assert_int_equal(config->auth.mode, AUTH_OPEN);
	assert_int_equal(config->auth.tokens.count, 0);
	assert_int_equal(config->limits.connections, 10000);
	assert_int_equal(config->limits.per_address, 64);
	assert_int_equal(config->limits.message_bytes, 16384);
	assert_true(config->limits.message_rate == 5.0);
	assert_int_equal(config->limits.message_burst, 20);
	assert_true(config->limits.address_rate == 20.0);
	assert_int_equal(config->limits.address_burst, 200);
	assert_true(config->limits.connect_rate == 10.0);
	assert_int_equal(config->limits.connect_burst, 128);
	assert_int_equal(config->limits.address_rooms, 20);
	assert_int_equal(config->limits.hook_burst, 2000);
	assert_int_equal(config->limits.queue_bytes, 1048576);
	assert_int_equal(config->limits.name_bytes, 32);
	assert_int_equal(config->limits.room_bytes, 64);
	assert_int_equal(config->heartbeat.ping_s, 25);
	assert_int_equal(config->heartbeat.pong_s, 10);
	assert_int_equal(config->tails.count, 0);
	assert_int_equal(config->log.level, LOG_LEVEL_INFO);
	assert_int_equal(config->log.format, LOG_FORMAT_TEXT);
	config_free(config);
}

static void
test_a_file_sets_every_type_of_value(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"http = { address = \"::1\"; port = 0x1F90; root = \"a\" \"b\";\n"
		"  allowed_origins = [ \"*\", \"https://example.org:8443\" ]; };\n"
		"line = { enabled = false; address = \"::\"; port = 0; };\n"
		"chat : { echo_to_sender : TRUE, gravatar = false };\n"
		"rooms = ( { name = \"ops\"; topic = \"What is on fire\"; } );\n"
		"store = { driver = \"memory\"; path = \"/x\"; sync = \"full\"; };\n"
		"limits = { queue_bytes = 1073741824L; message_rate = 2.5; };\n"
		"log = { level = \"debug\"; format = \"json\"; } # no newline here"));

	assert_string_equal(config->http.address, "::1");
	assert_int_equal(config->http.port, 8080);
	assert_string_equal(config->http.root, "ab");
	assert_int_equal(config->http.allowed_origins.count, 2);
	assert_string_equal(config->http.allowed_origins.items[0], "*");
	assert_string_equal(
		config->http.allowed_origins.items[1], "https://example.org:8443");
	assert_false(config->line.enabled);
	assert_string_equal(config->line.address, "::");
	assert_int_equal(config->line.port, 0);
	assert_true(config->chat.echo_to_sender);
	assert_false(config->chat.gravatar);
	assert_int_equal(config->rooms.count, 1);
	assert_string_equal(config->rooms.items[0].name, "ops");
	assert_string_equal(config->rooms.items[0].topic, "What is on fire");
	assert_int_equal(config->store.driver, STORE_MEMORY);
	assert_string_equal(config->store.path, "/x");
	assert_int_equal(config->store.sync, STORE_SYNC_FULL);
	assert_int_equal(config->limits.queue_bytes, 1073741824);
	assert_true(config->limits.message_rate == 2.5);
	assert_int_equal(config->log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(config->log.format, LOG_FORMAT_JSON);
	config_free(config);
}

static void
test_a_list_may_have_round_brackets_too(void **state)
{
	(void)state;
	struct config *config =
		load(FILE_TEXT("http = { allowed_origins = ( \"http://a\", "
			       "\"http://[::1]:3000\" ); };"));

	assert_int_equal(config->http.allowed_origins.count, 2);
	config_free(config);
}

static void
test_every_error_is_reported_with_its_line(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = {\n  port = 65536;\n  address = 7;\n};\n"
				    "log = {\n  level = \"loud\";\n};\n"),
		"test.cfg:2: http.port must be a whole number from 0 to 65535, is 65536",
		"test.cfg:3: http.address must be a string of 1 to 255 bytes, is 7",
		"test.cfg:6: log.level must be \"error\", \"warn\", \"info\" or "
		"\"debug\", "
		"is \"loud\"");
}

static void
test_errors_are_appended_to_those_that_are_there(void **state)
{
	(void)state;
	assert_null(try_load(FILE_TEXT("a = 1;")));
	assert_null(config_load_text("b = 1;", "b.cfg", NULL, 0, ROOT, &errors));
	assert_int_equal(errors.count, 2);
	const struct config_input nothing = { .default_root = ROOT };
	struct config *config = config_load(&nothing, &errors);
	assert_non_null(config);
	config_free(config);
	assert_int_equal(errors.count, 2);
}

static void
test_an_unknown_key_is_an_error_with_a_suggestion(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = { prot = 1; };"),
		"test.cfg:1: unknown key \"http.prot\", did you mean \"http.port\"?");
	assert_load_fails(FILE_TEXT("chat = { defaultRoom = \"a\"; };"),
		"test.cfg:1: unknown key \"chat.defaultRoom\", "
		"did you mean \"chat.default_room\"?");
	assert_load_fails(FILE_TEXT("http = { Port = 1; };"),
		"test.cfg:1: unknown key \"http.Port\", did you mean \"http.port\"?");
}

static void
test_a_key_of_another_group_is_suggested(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("limits = { ping_s = 1; };"),
		"test.cfg:1: unknown key \"limits.ping_s\", did you mean "
		"\"heartbeat.ping_s\"?");
	assert_load_fails(FILE_TEXT("port = 1;"),
		"test.cfg:1: unknown key \"port\", did you mean \"http.port\"?");
	assert_load_fails(FILE_TEXT("http_port = 1;"),
		"test.cfg:1: unknown key \"http_port\", did you mean \"http.port\"?");
	assert_load_fails(FILE_TEXT("server = { port = 1; conections = 2; };"),
		"test.cfg:1: unknown key \"server.port\", did you mean \"http.port\"?",
		"test.cfg:1: unknown key \"server.conections\", did you mean "
		"\"limits.connections\"?");
}

static void
test_an_unknown_group_is_an_error_with_a_suggestion(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("htp = { port = 1; };"),
		"test.cfg:1: unknown group \"htp\", did you mean \"http\"?");
	assert_load_fails(FILE_TEXT("hearbeat = { };"),
		"test.cfg:1: unknown group \"hearbeat\", did you mean \"heartbeat\"?");
	assert_load_fails(FILE_TEXT("weather = { };"),
		"test.cfg:1: unknown group \"weather\"; linnet.cfg(5) lists all keys");
}

static void
test_the_keys_of_a_misspelt_group_are_checked_as_well(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("htp = {\n  port = -1;\n  rot = \"x\";\n};"),
		"test.cfg:1: unknown group \"htp\", did you mean \"http\"?",
		"test.cfg:2: http.port must be a whole number from 0 to 65535, is -1",
		"test.cfg:3: unknown key \"http.rot\", did you mean \"http.root\"?");
}

static void
test_a_key_that_is_far_from_all_others_gets_no_suggestion(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("http = { colour = 1; };\nsky = { blue = 1; };\nx = 1;"),
		"test.cfg:1: unknown key \"http.colour\"; linnet.cfg(5) lists all keys",
		"test.cfg:2: unknown key \"sky.blue\"; linnet.cfg(5) lists all keys",
		"test.cfg:3: unknown key \"x\"; linnet.cfg(5) lists all keys");
}

static void
test_a_long_unknown_key_is_cut_in_the_message(void **state)
{
	char text[400], line[200];

	(void)state;
	snprintf(text, sizeof(text), "%0300d = 1;", 0);
	memset(text, 'k', 300);
	snprintf(line, sizeof(line),
		"test.cfg:1: unknown key \"%.80s...\"; linnet.cfg(5) lists all keys",
		text);
	assert_load_fails(FILE_TEXT(text), line);
}

static void
test_a_wrong_type_says_what_was_expected_and_found(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = { port = \"abc\"; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, is "
		"\"abc\"");
	assert_load_fails(FILE_TEXT("http = { port = true; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, is true");
	assert_load_fails(FILE_TEXT("http = { port = [ 1 ]; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, is a "
		"list");
	assert_load_fails(FILE_TEXT("chat = { gravatar = \"true\"; };"),
		"test.cfg:1: chat.gravatar must be true or false, is \"true\"");
	assert_load_fails(FILE_TEXT("chat = { gravatar = 1; };"),
		"test.cfg:1: chat.gravatar must be true or false, is 1");
	assert_load_fails(FILE_TEXT("log = { format = 2; };"),
		"test.cfg:1: log.format must be \"text\" or \"json\", is 2");
	assert_load_fails(FILE_TEXT("http = { allowed_origins = \"*\"; };"),
		"test.cfg:1: http.allowed_origins must be a list of strings, such as "
		"[ \"a\", \"b\" ], is \"*\"");
	assert_load_fails(FILE_TEXT("http = { allowed_origins = [ 1, 2 ]; };"),
		"test.cfg:1: http.allowed_origins item 1 must be a string, is 1",
		"test.cfg:1: http.allowed_origins item 2 must be a string, is 2");
	assert_load_fails(
		FILE_TEXT("http = { allowed_origins = ( \"*\", ( \"*\" ) ); };"),
		"test.cfg:1: http.allowed_origins item 2 must be a string, is a list");
}

static void
test_a_float_is_not_a_whole_number(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = { port = 80.5; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, is 80.5");
	assert_load_fails(FILE_TEXT("http = { port = 80.0; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, is 80.0");
	assert_load_fails(FILE_TEXT("http = { port = .12345678901; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, "
		"is 0.12345678901");
}

static void
test_a_real_number_may_be_a_whole_number(void **state)
{
	static const struct {
		const char *text;
		double value;
	} good[] = {
		{ "7", 7.0 },
		{ "0x10", 16.0 },
		{ "100L", 100.0 },
		{ "0.25", 0.25 },
		{ "1e3", 1000.0 },
		{ "0", 0.0 },
		{ "0.0", 0.0 },
		{ "1000000", 1000000.0 },
		{ "1000000.0", 1000000.0 },
	};
	char setting[100];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(
			setting, sizeof(setting), "limits.message_rate=%s", good[i].text);
		struct config *config = load(SETTINGS(setting));
		assert_true(config->limits.message_rate == good[i].value);
		config_free(config);
	}
}

static void
test_a_real_number_has_a_type_and_limits(void **state)
{
	static const char *const bad[] = { "-0.1", "-1", "1000000.5", "1000001",
		"4294967297", "true" };
	char text[100], line[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "limits = { message_rate = %s; };", bad[i]);
		snprintf(line, sizeof(line),
			"test.cfg:1: limits.message_rate must be a number from 0.0 to "
			"1000000.0, is %s",
			bad[i]);
		assert_load_fails(FILE_TEXT(text), line);
	}
	assert_load_fails(
		SETTINGS("limits.message_rate=1.0e999", "limits.message_rate=\"5\"",
			"limits.message_rate=five"),
		"-s limits.message_rate=1.0e999: limits.message_rate must be a number "
		"from 0.0 to 1000000.0, is inf",
		"-s limits.message_rate=\"5\": limits.message_rate must be a number "
		"from 0.0 to 1000000.0, is \"5\"",
		"-s limits.message_rate=five: limits.message_rate must be a number "
		"from 0.0 to 1000000.0, is \"five\"");
}

static void
test_numbers_beyond_their_limits_are_rejected(void **state)
{
	(void)state;
	struct config *config =
		load(FILE_TEXT("http = { port = 0; };"
			       "limits = { queue_bytes = 1024; room_bytes = 255; };"));
	assert_int_equal(config->http.port, 0);
	assert_int_equal(config->limits.room_bytes, 255);
	config_free(config);
	assert_load_fails(
		FILE_TEXT("limits = { queue_bytes = 1023; room_bytes = 256; };\n"
			  "heartbeat = { ping_s = 0; pong_s = 3601; };"),
		"test.cfg:1: limits.queue_bytes must be a whole number from 1024 to "
		"1073741824, is 1023",
		"test.cfg:1: limits.room_bytes must be a whole number from 1 to 255, "
		"is 256",
		"test.cfg:2: heartbeat.ping_s must be a whole number from 1 to 3600, is "
		"0",
		"test.cfg:2: heartbeat.pong_s must be a whole number from 1 to 3600, "
		"is 3601");
}

static void
test_numbers_beyond_32_bits_are_not_cut(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT(
			"http = { port = 4294975296; };\n"
			"limits = { connections = 0x100001F90; room_bytes = 0xFFFFFFFF;\n"
			"  per_address = 4294975296LL; message_bytes = -4294901760; };"),
		"test.cfg:1: http.port must be a whole number from 0 to 65535, "
		"is 4294975296",
		"test.cfg:2: limits.connections must be a whole number from 1 to "
		"1000000, "
		"is 4294975376",
		"test.cfg:2: limits.room_bytes must be a whole number from 1 to 255, "
		"is 4294967295",
		"test.cfg:3: limits.per_address must be a whole number from 1 to "
		"1000000, "
		"is 4294975296",
		"test.cfg:3: limits.message_bytes must be a whole number from 64 to "
		"16777216, is -4294901760");
}

static void
test_a_scalar_is_not_a_group_and_a_group_is_not_a_scalar(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = 5;\nlog = { level = { a = 1; }; };\n"
				    "chat = [ ];"),
		"test.cfg:1: http must be a group, as in http = { ... }, is 5",
		"test.cfg:2: log.level must be \"error\", \"warn\", \"info\" or "
		"\"debug\", "
		"is a group",
		"test.cfg:3: chat must be a group, as in chat = { ... }, is a list");
}

static void
test_an_error_is_one_line_of_printable_text(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("http = { address = \"a\nb\\x1b[0m\xc2\x85\xff\xc3\xbc\"; };"),
		"test.cfg:1: http.address must be an IP address, \"localhost\" or "
		"\"unix:PATH\", is "
		"\"a\\nb\\x1B[0m\\xC2\\x85\\xFF\xc3\xbc\"");
	assert_load_fails(SETTINGS("http.port\n=1\r"),
		"-s http.port\\x0A=1\\x0D: unknown key \"http.port\\n\", did you mean "
		"\"http.port\"?");
}

static void
test_a_long_value_is_cut_between_two_characters(void **state)
{
	char text[300], line[300];

	(void)state;
	char *end = stpcpy(text, "http = { address = \"x");
	for (int i = 1; i < 60; i++)
		end = stpcpy(end, "\xc3\xbc");
	snprintf(line, sizeof(line),
		"test.cfg:1: http.address must be an IP address, \"localhost\" or "
		"\"unix:PATH\", is "
		"\"%.79s...\"",
		strchr(text, '"') + 1);
	stpcpy(end, "\"; };");
	assert_load_fails(FILE_TEXT(text), line);
}

static void
test_an_address_is_an_ip_address_or_localhost(void **state)
{
	static const char *const good[] = { "localhost", "0.0.0.0", "::", "::1",
		"192.168.1.20", "2001:db8::1" };
	static const char *const bad[] = { "example.org", "127.0.0.1:80", "[::1]",
		"1.2.3", "256.1.1.1", "LOCALHOST", " ::1", "::1%lo" };
	char setting[100], line[200];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(setting, sizeof(setting), "http.address=%s", good[i]);
		struct config *config = load(SETTINGS(setting));
		assert_string_equal(config->http.address, good[i]);
		config_free(config);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(setting, sizeof(setting), "http.address=%s", bad[i]);
		snprintf(line, sizeof(line),
			"-s %s: http.address must be an IP address, \"localhost\" or "
			"\"unix:PATH\", is "
			"\"%s\"",
			setting, bad[i]);
		assert_load_fails(SETTINGS(setting), line);
	}
}

static void
test_an_address_of_http_may_be_a_unix_socket(void **state)
{
	char setting[200] = "http.address=unix:/", *path = setting + strlen(setting) - 1;

	(void)state;
	memset(path + 1, 'a', 107);
	path[107] = '\0';
	struct config *config = load(SETTINGS(setting));
	assert_string_equal(config_unix_path(config->http.address), path);
	config_free(config);
	path[107] = 'a';
	const char *const settings[] = { setting };
	assert_null(config_load(
		&(struct config_input){
			.settings = settings, .setting_count = 1, .default_root = "/" },
		&errors));
	assert_non_null(strstr(errors.lines[0],
		"http.address must have a shorter path: the kernel takes 107 bytes"));
	config_errors_clear(&errors);
	assert_load_fails(SETTINGS("http.address=unix:http.sock"),
		"-s http.address=unix:http.sock: http.address must be an absolute path, "
		"is \"unix:http.sock\"");
	assert_load_fails(SETTINGS("line.address=unix:/l"),
		"-s line.address=unix:/l: line.address must be an IP address or "
		"\"localhost\", is \"unix:/l\"");
}

static void
test_an_origin_is_a_scheme_and_a_host(void **state)
{
	static const char *const good[] = { "*", "http://localhost:3000",
		"https://Chat.Example.org", "http://127.0.0.1",
		"https://[2001:db8::1]:8443", "chrome-extension://abcdef",
		"http://a_b:65535", "http://a:443", "https://a:80", "x-app://a:80" };
	static const char *const bad[] = { "example.org", "https://", "://a", "http:/a",
		"http://a:", "http://a:0", "http://a:65536", "http://a:1x",
		"http://a:08080", "http://a:080", "http://a b", "http://[::1",
		"http://[]", "http://[x]", "http://[::1]x", "1http://a", "null", "**",
		"http://u@a", "http://a?b", "http://\xc3\xbc" };
	char setting[100];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(setting, sizeof(setting), "http.allowed_origins=%s", good[i]);
		struct config *config = load(SETTINGS(setting));
		assert_int_equal(config->http.allowed_origins.count, 1);
		assert_string_equal(config->http.allowed_origins.items[0], good[i]);
		config_free(config);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(setting, sizeof(setting), "http.allowed_origins=%s", bad[i]);
		assert_null(try_load(SETTINGS(setting)));
		assert_int_equal(errors.count, 1);
		assert_non_null(strstr(errors.lines[0],
			": http.allowed_origins item 1 must be \"*\" or "
			"scheme://host[:port], is "));
	}
}

static void
test_a_slash_at_the_end_of_an_origin_is_explained(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = { allowed_origins = [ \"*\",\n"
				    "  \"https://a.org/\",\n  \"http://a:1/b/\" ]; };"),
		"test.cfg:1: http.allowed_origins item 2 must be \"*\" or "
		"scheme://host[:port] without the slash at the end, is "
		"\"https://a.org/\"",
		"test.cfg:1: http.allowed_origins item 3 must be \"*\" or "
		"scheme://host[:port] without a path, is \"http://a:1/b/\"");
}

static void
test_an_origin_leaves_out_the_port_that_its_scheme_implies(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("http = { allowed_origins = [ \"https://a.org:443\",\n"
			  "  \"http://[::1]:80\", \"HTTP://a:80\" ]; };"),
		"test.cfg:1: http.allowed_origins item 1 must leave out the port 443, as "
		"browsers do, is \"https://a.org:443\"",
		"test.cfg:1: http.allowed_origins item 2 must leave out the port 80, as "
		"browsers do, is \"http://[::1]:80\"",
		"test.cfg:1: http.allowed_origins item 3 must leave out the port 80, as "
		"browsers do, is \"HTTP://a:80\"");
}

static void
test_the_store_driver_must_exist(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("store = { driver = \"postgres\"; sync = \"none\";\n"
				    "  path = \"\"; keep_messages = -1;\n"
				    "  keep_days = 36501; };"),
		"test.cfg:1: store.driver must be \"sqlite\", \"memory\" or \"redis\", "
		"is "
		"\"postgres\"",
		"test.cfg:1: store.sync must be \"normal\" or \"full\", is \"none\"",
		"test.cfg:2: store.path must be a string of 1 to 4095 bytes, is \"\"",
		"test.cfg:2: store.keep_messages must be a whole number from 0 to "
		"2147483647, is -1",
		"test.cfg:3: store.keep_days must be a whole number from 0 to 36500, is "
		"36501");
}

static void
test_the_name_of_a_room_has_rules(void **state)
{
	static const struct {
		const char *room, *shown, *fault;
	} bad[] = {
		{ "", "", "must be a string of 1 to 255 bytes" },
		{ "a/b", "a/b", "must not have a \"/\"" },
		{ " a", " a", "must not begin with a space or have two in a row" },
		{ "a ", "a ", "must not end with a space" },
		{ "a\tb", "a\\tb", "must not have a character that cannot be seen" },
		{ "a\xc2\x9f", "a\\xC2\\x9F",
			"must not have a character that cannot be seen" },
		{ "a\x7f", "a\\x7F", "must not have a character that cannot be seen" },
		{ "a\xff", "a\\xFF", "must be valid UTF-8" },
		{ "\xc0\xaf", "\\xC0\\xAF", "must be valid UTF-8" },
		{ "\xed\xa0\x80", "\\xED\\xA0\\x80", "must be valid UTF-8" },
		{ "\xe4\xba", "\\xE4\\xBA", "must be valid UTF-8" },
	};
	char setting[100], end[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(setting, sizeof(setting), "chat.default_room=%s", bad[i].room);
		snprintf(end, sizeof(end), ": chat.default_room %s, is \"%s\"",
			bad[i].fault, bad[i].shown);
		assert_null(try_load(SETTINGS(setting)));
		assert_int_equal(errors.count, 1);
		assert_non_null(strstr(errors.lines[0], end));
	}
	struct config *config =
		load(SETTINGS("chat.default_room=\xe4\xba\x91 of \xf0\x9f\x90\xa6"));
	assert_string_equal(
		config->chat.default_room, "\xe4\xba\x91 of \xf0\x9f\x90\xa6");
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_file_every_key_has_its_default),
		cmocka_unit_test(test_a_file_sets_every_type_of_value),
		cmocka_unit_test(test_a_list_may_have_round_brackets_too),
		cmocka_unit_test(test_every_error_is_reported_with_its_line),
		cmocka_unit_test(test_errors_are_appended_to_those_that_are_there),
		cmocka_unit_test(test_an_unknown_key_is_an_error_with_a_suggestion),
		cmocka_unit_test(test_a_key_of_another_group_is_suggested),
		cmocka_unit_test(test_an_unknown_group_is_an_error_with_a_suggestion),
		cmocka_unit_test(test_the_keys_of_a_misspelt_group_are_checked_as_well),
		cmocka_unit_test(
			test_a_key_that_is_far_from_all_others_gets_no_suggestion),
		cmocka_unit_test(test_a_long_unknown_key_is_cut_in_the_message),
		cmocka_unit_test(test_a_wrong_type_says_what_was_expected_and_found),
		cmocka_unit_test(test_a_float_is_not_a_whole_number),
		cmocka_unit_test(test_a_real_number_may_be_a_whole_number),
		cmocka_unit_test(test_a_real_number_has_a_type_and_limits),
		cmocka_unit_test(test_numbers_beyond_their_limits_are_rejected),
		cmocka_unit_test(test_numbers_beyond_32_bits_are_not_cut),
		cmocka_unit_test(
			test_a_scalar_is_not_a_group_and_a_group_is_not_a_scalar),
		cmocka_unit_test(test_an_error_is_one_line_of_printable_text),
		cmocka_unit_test(test_a_long_value_is_cut_between_two_characters),
		cmocka_unit_test(test_an_address_is_an_ip_address_or_localhost),
		cmocka_unit_test(test_an_address_of_http_may_be_a_unix_socket),
		cmocka_unit_test(test_an_origin_is_a_scheme_and_a_host),
		cmocka_unit_test(test_a_slash_at_the_end_of_an_origin_is_explained),
		cmocka_unit_test(
			test_an_origin_leaves_out_the_port_that_its_scheme_implies),
		cmocka_unit_test(test_the_store_driver_must_exist),
		cmocka_unit_test(test_the_name_of_a_room_has_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
