#include "config_fixture.h"

#include "linnet/base/log.h"

#define SAMPLE LINNET_SOURCE_DIR "/config/linnet.cfg"

static void
test_a_dump_loads_to_the_same_values(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"http = { address = \"::\"; port = 65535; root = \"r\";\n"
		"  allowed_origins = [ \"*\", \"http://a\" ]; tls_key = \"k\";\n"
		"  tls_certificate = \"c\"; trusted_proxies = [ \"::1\" ]; };\n"
		"line = { enabled = false; address = \"localhost\"; port = 1; };\n"
		"chat = { default_room = \"\xe4\xba\x91\\\"\\\\\"; echo_to_sender = "
		"true;\n"
		"  share_email = true; gravatar = false; create_rooms = false;\n"
		"  max_rooms = 7; rooms_per_session = 8; };\n"
		"rooms = ( { name = \"a\"; }, { topic = \"t\"; name = \"b\";\n"
		"  keep_messages = 0; keep_days = 36500; read_only = true; } );\n"
		"store = { driver = \"memory\"; path = \"p\"; sync = \"full\";\n"
		"  keep_messages = 2147483647; keep_days = 36500; };\n"
		"limits = { connections = 1; per_address = 2; message_bytes = 65;\n"
		"  queue_bytes = 1025; room_bytes = 250; message_rate = 0.1;\n"
		"  message_burst = 9; name_bytes = 255; address_rate = 0.3;\n"
		"  address_burst = 10; connect_rate = 0.7; connect_burst = 11;\n"
		"  address_rooms = 12; hook_burst = 13; };\n"
		"heartbeat = { ping_s = 3; pong_s = 4; };\n"
		"tails = ( { room = \"l\"; path = \"/l\"; lines = 5; rate = 6; } );\n"
		"log = { level = \"error\"; format = \"json\"; };\n"));
	char *text = dump(config);
	struct config *again = load(FILE_TEXT(text));

	assert_same(config, again);
	assert_string_equal(again->chat.default_room, "\xe4\xba\x91\"\\");
	assert_int_equal(again->log.level, LOG_LEVEL_ERROR);
	assert_int_equal(again->limits.room_bytes, 250);
	assert_int_equal(again->line.port, 1);
	assert_int_equal(again->tails.items[0].rate, 6);
	assert_int_equal(again->rooms.count, 2);
	assert_int_equal(again->rooms.items[0].keep_messages, ROOM_AS_STORE);
	assert_int_equal(again->rooms.items[0].keep_days, ROOM_AS_STORE);
	assert_false(again->rooms.items[0].read_only);
	assert_string_equal(again->rooms.items[1].topic, "t");
	assert_int_equal(again->rooms.items[1].keep_messages, 0);
	assert_int_equal(again->rooms.items[1].keep_days, 36500);
	assert_true(again->rooms.items[1].read_only);
	assert_true(again->limits.message_rate == 0.1);
	assert_true(again->limits.address_rate == 0.3);
	assert_int_equal(again->limits.address_burst, 10);
	assert_true(again->limits.connect_rate == 0.7);
	assert_int_equal(again->limits.connect_burst, 11);
	assert_int_equal(again->limits.address_rooms, 12);
	assert_int_equal(again->limits.hook_burst, 13);
	config_free(again);
	free(text);
	config_free(config);
}

/* Check that a dump loads to the same http.root. */
static void
assert_survives_a_dump(const char *root)
{
	const struct config_input nothing = { .default_root = root };

	config_errors_clear(&errors);
	struct config *config = config_load(&nothing, &errors);

	assert_non_null(config);
	char *text = dump(config);
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || *at == '\t' || (unsigned char)*at >= 0x20);
	struct config *again = load(FILE_TEXT(text));
	assert_string_equal(again->http.root, root);
	config_free(again);
	free(text);
	config_free(config);
}

static void
test_every_string_survives_a_dump(void **state)
{
	char text[8];

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		snprintf(text, sizeof(text), "%c", byte);
		assert_survives_a_dump(text);
		snprintf(text, sizeof(text), "a%c%cb", byte, byte);
		assert_survives_a_dump(text);
		snprintf(text, sizeof(text), "\\%cx", byte);
		assert_survives_a_dump(text);
	}
	assert_survives_a_dump("\\n\\x41\\\"\\\\");
	assert_survives_a_dump("quote \" backslash \\ newline \n end \\");
	assert_survives_a_dump("\x01"
			       "41");
	assert_survives_a_dump("\xc3\xbc \xe4\xba\x91 \xf0\x9f\x90\xa6 \xc2\x80");
	assert_survives_a_dump("\xc3\xe4\xba\xf0\x9f\x90\xc3");
	assert_survives_a_dump("@include \"x\"\n@include \"y\"");
	assert_survives_a_dump("# no /* comment // here");
}

static void
test_a_real_number_is_dumped_in_its_shortest_form(void **state)
{
	static const struct {
		const char *text, *dumped;
	} cases[] = {
		{ "5", "5.0" },
		{ "5.0", "5.0" },
		{ "0", "0.0" },
		{ "0.1", "0.1" },
		{ "0.10000000000000001", "0.1" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "333333.33333333331", "333333.3333333333" },
		{ "1000000", "1000000.0" },
		{ "0.00001", "1.0e-05" },
		{ "0.000012", "1.2e-05" },
		{ "2.2250738585072014e-308", "2.2250738585072014e-308" },
	};
	char setting[100], line[100];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(setting, sizeof(setting), "limits.message_rate=%s",
			cases[i].text);
		snprintf(line, sizeof(line), "\n\tmessage_rate = %s;\n", cases[i].dumped);
		struct config *config = load(SETTINGS(setting));
		char *text = dump(config);
		assert_non_null(strstr(text, line));
		struct config *again = load(FILE_TEXT(text));
		assert_true(again->limits.message_rate == config->limits.message_rate);
		config_free(again);
		free(text);
		config_free(config);
	}
}

static void
test_a_list_of_groups_is_dumped_with_a_line_for_each(void **state)
{
	(void)state;
	struct config *config =
		load(SETTINGS("rooms=( { name = \"ops\"; topic = \"\\\"1\\\" \\\\\"; }, "
			      "{ name = \"b\"; } )"));
	char *text = dump(config);

	assert_non_null(strstr(text,
		"\n};\n\n# Rooms that always exist, such as ( { name = \"ops\"; topic = "
		"\"What is on fire\"; } ).\n"
		"#   name: Name of the room; no longer than limits.room_bytes (1..255 "
		"bytes).\n"
		"#   topic: Topic of the room (0..512 bytes).\n"
		"#   keep_messages: Messages kept in this room; 0 keeps all, -1 uses "
		"store.keep_messages (-1..2147483647).\n"
		"#   keep_days: Days that messages of this room are kept; 0 keeps them "
		"for "
		"ever, -1 uses store.keep_days (-1..36500 days).\n"
		"#   read_only: Only clients with a token of auth.tokens for this room "
		"may "
		"write.\n"
		"rooms = (\n"
		"\t{ name = \"ops\"; topic = \"\\\"1\\\" \\\\\"; keep_messages = -1; "
		"keep_days = -1; read_only = false; },\n"
		"\t{ name = \"b\"; topic = \"\"; keep_messages = -1; keep_days = -1; "
		"read_only = false; }\n"
		");\n\nstore = {\n"));
	struct config *again = load(FILE_TEXT(text));
	assert_same(config, again);
	assert_string_equal(again->rooms.items[0].topic, "\"1\" \\");
	config_free(again);
	free(text);
	config_free(config);
	config = load((struct attempt){ 0 });
	text = dump(config);
	assert_non_null(strstr(text, "\nrooms = ( );\n"));
	free(text);
	config_free(config);
}

static void
test_a_dump_is_grouped_with_a_comment_for_each_key(void **state)
{
	(void)state;
	struct config *config = load((struct attempt){ 0 });
	char *text = dump(config);

	assert_ptr_equal(strstr(text, "http = {\n\t# "), text);
	assert_non_null(strstr(text, " (0..65535).\n\tport = 8000;\n"));
	assert_non_null(strstr(text, " (1..3600 s).\n\tping_s = 25;\n"));
	assert_non_null(
		strstr(text, " (0.0..1000000.0 per s).\n\tmessage_rate = 5.0;\n"));
	assert_non_null(
		strstr(text, "(64..16777216 bytes).\n\tmessage_bytes = 16384;\n"));
	assert_non_null(
		strstr(text, "(error, warn, info, debug).\n\tlevel = \"info\";\n"));
	assert_non_null(
		strstr(text, ".\n\ttrusted_proxies = [ ];\n};\n\nline = {\n\t# "));
	free(text);
	config_free(config);
}

static const struct config_option *
find(const char *path)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (!strcmp(config_options[i].path, path))
			return &config_options[i];
	fail_msg("there is no option %s", path);
	return NULL;
}

/* Check one row of the table, or of the members of a list. */
static void
assert_row_is_sound(const struct config_option *option)
{
	const char *last = option->help + strlen(option->help) - 1;

	assert_int_equal(option->type == OPTION_CHOICE, option->choices != NULL);
	assert_int_equal(option->type == OPTION_GROUPS, option->members != NULL);
	assert_true(*option->help && !strchr(option->help, '\n') && *last != '.');
	assert_true(!option->mask || option->type == OPTION_STRING);
	if (!option->limit)
		return;
	assert_int_equal(option->type, OPTION_STRING);
	assert_int_equal(find(option->limit)->type, OPTION_INT);
}

/* Check that a member differs from strings, or from lists with a unique member. */
static void
assert_differs_is_sound(const struct config_option *member)
{
	for (const char *const *path = member->differs; path && *path; path++) {
		const struct config_option *other = find(*path);
		bool unique = false;
		assert_int_equal(member->type, OPTION_STRING);
		for (size_t i = 0; other->members && i < other->members->count; i++)
			unique = unique || other->members->options[i].unique;
		assert_true(unique || other->type == OPTION_STRING);
	}
}

static void
assert_members_are_sound(const struct config_members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct config_option *option = &members->options[i];
		assert_row_is_sound(option);
		assert_differs_is_sound(option);
		assert_null(option->needs);
		assert_null(strchr(option->path, '.'));
		assert_in_range(option->offset, 0, members->size - 1);
		assert_int_not_equal(option->type, OPTION_GROUPS);
		assert_true(!option->unique || option->type == OPTION_STRING);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(members->options[j].path, option->path);
	}
}

/* Check that the rows of one group follow each other, and that no path is there twice. */
static void
assert_place_is_sound(size_t index)
{
	const char *path = config_options[index].path;
	const char *dot = strchr(path, '.');
	size_t group = dot ? (size_t)(dot + 1 - path) : strlen(path) + 1;
	bool began = false;

	assert_true(!dot || !strchr(dot + 1, '.'));
	for (size_t i = 0; i < index; i++) {
		bool same = !strncmp(config_options[i].path, path, group);
		assert_string_not_equal(config_options[i].path, path);
		assert_true(same || !began);
		began = same;
	}
}

static void
test_the_rows_of_the_table_are_consistent(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		assert_row_is_sound(option);
		assert_place_is_sound(i);
		assert_true(option->preset || !strcmp(option->path, "http.root"));
		assert_false(option->unique);
		assert_null(option->differs);
		assert_true(!option->needs || option->type == OPTION_STRING ||
			    option->type == OPTION_CHOICE);
		assert_true(!option->needs || find(option->needs)->type == OPTION_STRING);
		if (option->members)
			assert_members_are_sound(option->members);
	}
}

static void
test_the_sample_file_gives_exactly_the_defaults(void **state)
{
	(void)state;
	struct config *defaults = load((struct attempt){ 0 });
	struct config *config = try_load_file(SAMPLE);

	print_errors();
	assert_non_null(config);
	assert_same(defaults, config);
	config_free(config);
	config_free(defaults);
}

/* The caller frees the text. */
static char *
read_sample(void)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(SAMPLE, "rb");

	assert_non_null(text);
	assert_non_null(file);
	assert_in_range(fread(text, 1, 65535, file), 1, 65534);
	fclose(file);
	return text;
}

static void
test_the_sample_file_names_and_explains_every_key(void **state)
{
	(void)state;
	char *sample = read_sample();
	struct config *config = load((struct attempt){ 0 });
	char *text = dump(config);

	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		bool is_root = strstr(line, "\troot = ") != NULL;
		const char *wanted = is_root ? "\t# root = \"" : line;
		if (!strstr(sample, wanted))
			fail_msg("config/linnet.cfg lacks the line: %s", wanted);
	}
	free(text);
	config_free(config);
	free(sample);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dump_loads_to_the_same_values),
		cmocka_unit_test(test_every_string_survives_a_dump),
		cmocka_unit_test(test_a_real_number_is_dumped_in_its_shortest_form),
		cmocka_unit_test(test_a_list_of_groups_is_dumped_with_a_line_for_each),
		cmocka_unit_test(test_a_dump_is_grouped_with_a_comment_for_each_key),
		cmocka_unit_test(test_the_rows_of_the_table_are_consistent),
		cmocka_unit_test(test_the_sample_file_gives_exactly_the_defaults),
		cmocka_unit_test(test_the_sample_file_names_and_explains_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
