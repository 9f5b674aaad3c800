#include "../folder.h"
#include "config_fixture.h"

#include "linnet/base/log.h"

#define SAMPLE LINNET_SOURCE_DIR "/config/linnet.cfg" /* a file that can be read */

static char folder[FOLDER_BYTES]; /* write_file writes to it */

/* The path of a file of that name. Valid until the eighth next call. */
static const char *
path_of(const char *name)
{
	return folder_path(folder, name);
}

static const char *
write_file(const char *name, const char *bytes, size_t size)
{
	const char *path = path_of(name);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return path;
}

static const char *
write_text(const char *name, const char *text)
{
	return write_file(name, text, strlen(text));
}

/* As assert_errors. "DIR", once or twice in a line, stands for the folder. */
static void
assert_lines(struct config *config, const char *const *formats)
{
	char lines[8][256];
	const char *expected[9] = { NULL };

	for (size_t i = 0; formats[i]; i++) {
		const char *rest = strstr(formats[i] + 3, "DIR");
		assert_true(i < 8 && strncmp(formats[i], "DIR", 3) == 0);
		snprintf(lines[i], sizeof(lines[i]), "%s%.*s%s%s", folder,
			rest ? (int)(rest - formats[i] - 3) : 255, formats[i] + 3,
			rest ? folder : "", rest ? rest + 3 : "");
		expected[i] = lines[i];
	}
	assert_errors(config, expected);
}

#define assert_load_of_file_fails(path, ...)                                             \
	assert_lines(try_load_file(path), (const char *const[]){ __VA_ARGS__, NULL })

static int
make_folder(void **state)
{
	(void)state;
	folder_make(folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	config_errors_clear(&errors);
	folder_remove(folder);
	return 0;
}

/* A test with its own folder. */
#define FOLDER_TEST(test)                                                                \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static void
test_a_syntax_error_carries_the_text_of_libconfig(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = {\n  port = ;\n};"),
		"test.cfg:2: this is not libconfig's format; write GROUP = { KEY = "
		"VALUE; }; with "
		"strings in quotes, and look for a missing \";\" or bracket before it");
	assert_load_fails(FILE_TEXT("http = { port = 1;\n  port = 2; };"),
		"test.cfg:2: this name is already used above; remove one of the two, "
		"or write both groups as one");
	assert_load_fails(FILE_TEXT("http = { allowed_origins = [ 1, true ]; };"),
		"test.cfg:1: the items of a list in [ ] must all have the same type",
		"test.cfg:1: http.allowed_origins item 1 must be a string, is 1");
}

static void
test_settings_before_a_syntax_error_are_checked(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = {\n  prt = 1;\n  address = ;\n};"),
		"test.cfg:3: this is not libconfig's format; write GROUP = { KEY = "
		"VALUE; }; with "
		"strings in quotes, and look for a missing \";\" or bracket before it",
		"test.cfg:2: unknown key \"http.prt\", did you mean \"http.port\"?");
}

static void
test_a_string_or_a_comment_without_an_end_is_an_error(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("log = { level = \"loud\"; };\nhttp = {\n root = \"a;\n};\n"),
		"test.cfg:3: this string has no closing quote",
		"test.cfg:1: log.level must be \"error\", \"warn\", \"info\" or "
		"\"debug\", "
		"is \"loud\"");
	assert_load_fails(FILE_TEXT("\n/* http = { };\n"),
		"test.cfg:2: this comment has no closing */");
}

static void
test_a_string_cannot_hold_a_nul(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = {\n  root = \"a\\x00b\";\n};"),
		"test.cfg:2: a string cannot hold \\x00");
	struct config *config = load(FILE_TEXT("http = { root = \"a\\\\x00b\"; };"));
	assert_string_equal(config->http.root, "a\\x00b");
	config_free(config);
}

static void
test_lines_are_counted_through_strings_and_comments(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("/* 1\n 2 */ # \"\n// \"\nhttp = { root = \"4\n\\\n6\";\n"
			  "port = -1; };"),
		"test.cfg:7: http.port must be a whole number from 0 to 65535, is -1");
}

static void
test_errors_in_text_have_the_given_name(void **state)
{
	(void)state;
	config_errors_clear(&errors);
	assert_errors(config_load_text("a = 1;", "stdin\n", NULL, 0, ROOT, &errors),
		(const char *const[]){
			"stdin\\x0A:1: unknown key \"a\"; linnet.cfg(5) lists all keys",
			NULL });
}

static void
test_a_file_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	assert_load_of_file_fails(
		path_of("a.cfg"), "DIR/a.cfg: cannot read: No such file or directory");
	assert_load_of_file_fails(folder, "DIR: cannot read: Is a directory");
	assert_load_of_file_fails(write_file("a.cfg", "a\0b", 3),
		"DIR/a.cfg: cannot read: it is not a text file (it has a NUL byte)");
}

static void
test_a_file_above_1_mib_is_an_error(void **state)
{
	size_t size = (size_t)1024 * 1024;
	char *text = malloc(size + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', size + 1);
	assert_load_of_file_fails(write_file("a.cfg", text, size + 1),
		"DIR/a.cfg: cannot read: it is larger than 1 MiB");
	struct config *config = try_load_file(write_file("a.cfg", text, size));
	assert_non_null(config);
	config_free(config);
	free(text);
}

static void
test_an_unreadable_file_hides_no_error_of_the_command_line(void **state)
{
	const char *settings[] = { "http.port=x" };

	(void)state;
	config_errors_clear(&errors);
	const struct config_input input = {
		.paths = (const char *const[]){ "/nonexistent/a.cfg" },
		.path_count = 1,
		.settings = settings,
		.setting_count = 1,
		.default_root = ROOT,
	};

	assert_errors(config_load(&input, &errors),
		(const char *const[]){
			"/nonexistent/a.cfg: cannot read: No such file or directory",
			"-s http.port=x: http.port must be a whole number from 0 to "
			"65535, "
			"is \"x\"",
			NULL });
}

static void
test_a_strange_file_name_is_escaped(void **state)
{
	(void)state;
	assert_load_of_file_fails(write_text("strange\nname", "a = 1;"),
		"DIR/strange\\x0Aname:1: unknown key \"a\"; linnet.cfg(5) lists all "
		"keys");
}

static void
test_a_byte_order_mark_and_crlf_are_no_errors(void **state)
{
	(void)state;
	struct config *config =
		load(FILE_TEXT("\xef\xbb\xbfhttp = {\r\n  # x\r\n  port = 1;\r\n};\r\n"));

	assert_int_equal(config->http.port, 1);
	config_free(config);
}

static void
test_an_include_is_read_from_the_folder_of_the_file(void **state)
{
	(void)state;
	write_text("b.cfg", "port = 81;");
	write_text("c.cfg", "log = { level = \"warn\"; } # the end");
	struct config *config = try_load_file(
		write_text("a.cfg", "http = {\n\t@include \"b.cfg\" root = \"x\"; };\n"
				    "@include   \"c.cfg\"\n# @include \"no\"\n"));

	print_errors();
	assert_non_null(config);
	assert_int_equal(config->http.port, 81);
	assert_string_equal(config->http.root, "x");
	assert_int_equal(config->log.level, LOG_LEVEL_WARN);
	config_free(config);
}

static void
test_an_include_may_have_an_absolute_path(void **state)
{
	char text[200];

	(void)state;
	snprintf(text, sizeof(text), "@include \"%s\"",
		write_text("b.cfg", "http = { port = 82; };"));
	struct config *config = try_load_file(write_text("a.cfg", text));
	assert_non_null(config);
	assert_int_equal(config->http.port, 82);
	config_free(config);
}

static void
test_an_error_in_an_included_file_names_that_file(void **state)
{
	(void)state;
	write_text("b.cfg", "\nhttp = { port = -1; };\n@include \"c.cfg\"\nx = 1;");
	write_text("c.cfg", "y = 1;");
	assert_load_of_file_fails(
		write_text("a.cfg", "v = 1;\n@include \"b.cfg\" u = 1;\nw = 1;"),
		"DIR/a.cfg:1: unknown key \"v\"; linnet.cfg(5) lists all keys",
		"DIR/b.cfg:2: http.port must be a whole number from 0 to 65535, is -1",
		"DIR/c.cfg:1: unknown key \"y\"; linnet.cfg(5) lists all keys",
		"DIR/b.cfg:4: unknown key \"x\"; linnet.cfg(5) lists all keys",
		"DIR/a.cfg:2: unknown key \"u\"; linnet.cfg(5) lists all keys",
		"DIR/a.cfg:3: unknown key \"w\"; linnet.cfg(5) lists all keys");
	write_text("b.cfg", "\nhttp = {\n};;\n");
	assert_load_of_file_fails(write_text("a.cfg", "\n@include \"b.cfg\"\n"),
		"DIR/b.cfg:3: this is not libconfig's format; write GROUP = { KEY = "
		"VALUE; }; with "
		"strings in quotes, and look for a missing \";\" or bracket before it");
	write_text("b.cfg", "\nhttp = { root = \"\n");
	assert_load_of_file_fails(write_text("a.cfg", "\n@include \"b.cfg\"\n"),
		"DIR/b.cfg:2: this string has no closing quote");
}

static void
test_rooms_may_be_included_from_files(void **state)
{
	(void)state;
	write_text("b.cfg", "{ name = \"b\"; },");
	write_text("c.cfg", "{ name = \"c\"; }\n");
	const char *path = write_text(
		"a.cfg", "rooms = (\n@include \"b.cfg\"\n@include \"c.cfg\"\n);\n");
	struct config *config = try_load_file(path);
	print_errors();
	assert_non_null(config);
	assert_int_equal(config->rooms.count, 2);
	assert_string_equal(config->rooms.items[1].name, "c");
	config_free(config);
	write_text("c.cfg", "{ name = \"c\"; },\n{\n name = \"b\"; },\n{ }\n");
	assert_load_of_file_fails(path_of("a.cfg"),
		"DIR/c.cfg:4: rooms item 4: name is missing; add it to the group",
		"DIR/c.cfg:3: rooms item 3: name \"b\" is already used by rooms item 1 "
		"at DIR/b.cfg:1; use another name, or remove one of the two");
	write_text("a.cfg", "rooms = (\n{ topic = \"x\";\n@include \"no.cfg\"\n} );\n");
	assert_load_of_file_fails(path_of("a.cfg"),
		"DIR/a.cfg:3: cannot include DIR/no.cfg: No such file or directory");
}

static void
test_an_include_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	assert_load_of_file_fails(
		write_text("a.cfg", "\n@include \"b.cfg\"\n@include \"\"\nport = 1;"),
		"DIR/a.cfg:2: cannot include DIR/b.cfg: No such file or directory",
		"DIR/a.cfg:3: cannot include DIR/: Is a directory",
		"DIR/a.cfg:4: unknown key \"port\", did you mean \"http.port\"?");
	assert_load_of_file_fails(write_text("a.cfg", "\n@include \"b.cfg\n"),
		"DIR/a.cfg:2: the file name in this @include has no closing quote");
	assert_load_of_file_fails(write_text("a.cfg", "http = { } @include \"b.cfg\"\n"),
		"DIR/a.cfg:1: an @ must be an @include \"FILE\" at the start of a line");
}

static void
test_a_file_cannot_include_itself(void **state)
{
	(void)state;
	write_text("b.cfg", "@include \"a.cfg\"");
	assert_load_of_file_fails(write_text("a.cfg", "@include \"b.cfg\""),
		"DIR/b.cfg:1: cannot include DIR/a.cfg: it would include itself");
}

static void
test_the_number_of_includes_is_limited(void **state)
{
	(void)state;
	write_text("b.cfg", "@include \"./b.cfg\"\n@include \"././b.cfg\"");
	assert_null(try_load_file(write_text("a.cfg", "@include \"b.cfg\"")));
	assert_non_null(strstr(errors.lines[0], "/b.cfg: it would include itself"));
	write_text("b.cfg", "");
	char text[70 * 20], *end = text;
	for (int i = 0; i < 70; i++)
		end = stpcpy(end, "@include \"b.cfg\"\n");
	assert_null(try_load_file(write_text("a.cfg", text)));
	assert_int_equal(errors.count, 7);
	assert_non_null(strstr(errors.lines[0], ":64: cannot include "));
	assert_non_null(strstr(errors.lines[0], "/b.cfg: there are more than 64 files"));
}

static void
test_text_cannot_include_a_file(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("\n@include \"" SAMPLE "\"\n"),
		"test.cfg:2: @include works only in files");
	assert_load_fails(SETTINGS("http.port=1\n@include \"" SAMPLE "\"\n"),
		"-s http.port=1\\x0A@include \"" SAMPLE "\"\\x0A: http.port must be a "
		"whole number from 0 to 65535, is \"1\\n@include \\\"" SAMPLE
		"\\\"\\n\"");
}

/* Load a.cfg and b.cfg with these texts, and a setting if it is not NULL. */
static struct config *
try_load_two(const char *a, const char *b, const char *setting)
{
	const char *paths[2] = { write_text("a.cfg", a), write_text("b.cfg", b) };
	const struct config_input input = {
		.paths = paths,
		.path_count = 2,
		.settings = &setting,
		.setting_count = setting ? 1 : 0,
		.default_root = ROOT,
	};

	config_errors_clear(&errors);
	return config_load(&input, &errors);
}

static void
test_a_second_file_replaces_values_and_adds_groups(void **state)
{
	static const char first[] =
		"http = { port = 1; allowed_origins = [ \"http://a\", \"http://b\" ]; "
		"};\n"
		"rooms = ( { name = \"ops\"; topic = \"T\"; } );\n"
		"auth = { tokens = ( { name = \"x\"; token_file = \"/x\"; } ); };\n";
	static const char second[] =
		"http = { root = \"r\"; allowed_origins = [ \"http://c\" ]; };\n"
		"rooms = ( { name = \"dev\"; }, { name = \"web\"; } );\n"
		"auth = { tokens = ( { name = \"y\"; token_file = \"/y\"; } ); };\n"
		"tails = ( { room = \"log\"; path = \"/l\"; } );\n";
	struct config *config;

	(void)state;
	config = try_load_two(first, second, NULL);
	print_errors();
	assert_non_null(config);
	assert_int_equal(config->http.port, 1);
	assert_string_equal(config->http.root, "r");
	assert_int_equal(config->http.allowed_origins.count, 1);
	assert_string_equal(config->http.allowed_origins.items[0], "http://c");
	assert_int_equal(config->rooms.count, 3);
	assert_string_equal(config->rooms.items[0].topic, "T");
	assert_string_equal(config->rooms.items[2].name, "web");
	assert_int_equal(config->auth.tokens.count, 2);
	assert_string_equal(config->auth.tokens.items[1].name, "y");
	assert_int_equal(config->tails.count, 1);
	config_free(config);

	config = try_load_two(first, second, "rooms=({name=\"one\";})");
	print_errors();
	assert_non_null(config);
	assert_int_equal(config->rooms.count, 1);
	assert_string_equal(config->rooms.items[0].name, "one");
	config_free(config);
}

static void
test_an_empty_list_of_a_second_file_removes_nothing(void **state)
{
	(void)state;
	struct config *config =
		try_load_two("rooms = ( { name = \"ops\"; } );", "rooms = ( );", NULL);

	print_errors();
	assert_non_null(config);
	assert_int_equal(config->rooms.count, 1);
	config_free(config);
}

/* As assert_load_of_file_fails, for a.cfg and b.cfg. */
#define assert_load_of_two_fails(a, b, ...)                                              \
	assert_lines(try_load_two(a, b, NULL), (const char *const[]){ __VA_ARGS__, NULL })

static void
test_a_name_in_two_files_is_an_error_that_names_both_places(void **state)
{
	(void)state;
	assert_load_of_two_fails("\nrooms = ( { name = \"ops\"; } );",
		"rooms = (\n{ name = \"web\"; },\n{ name = \"ops\"; } );",
		"DIR/b.cfg:3: rooms item 2: name \"ops\" is already used by rooms item "
		"1 at DIR/a.cfg:2; use another name, or remove one of the two");
	assert_load_of_two_fails("tails = ( { room = \"a\"; path = \"/a\"; } );",
		"tails = ( { room = \"A\"; path = \"/b\"; } );",
		"DIR/b.cfg:1: tails item 1: room \"a\" is already used by tails item 1 "
		"at DIR/a.cfg:1; use another room, or remove one of the two");
	assert_load_of_two_fails(
		"auth = { tokens = ( { name = \"x\"; token_file = \"/x\"; } ); };",
		"\nauth = { tokens = ( { name = \"x\"; token_file = \"/y\"; } ); };",
		"DIR/b.cfg:2: auth.tokens item 1: name \"x\" is already used by "
		"auth.tokens item 1 at DIR/a.cfg:1; use another name, or remove one of "
		"the two");
}

static void
test_errors_of_two_files_name_their_own_file(void **state)
{
	(void)state;
	assert_load_of_two_fails("http = {\n prot = 1; };", "line = { port = -1; };",
		"DIR/a.cfg:2: unknown key \"http.prot\", did you mean \"http.port\"?",
		"DIR/b.cfg:1: line.port must be a whole number from 0 to 65535, is -1");
	assert_load_of_two_fails("rooms = ( { name = \"abcdef\"; } );",
		"\nlimits = { room_bytes = 5; };",
		"DIR/b.cfg:2: rooms item 1: name has 6 bytes, but limits.room_bytes "
		"allows 5; shorten it or raise limits.room_bytes");
	assert_load_of_two_fails("limits = { room_bytes = 5; };",
		"\n\nrooms = ( { name = \"abcdef\"; } );",
		"DIR/b.cfg:3: rooms item 1: name has 6 bytes, but limits.room_bytes "
		"allows 5; shorten it or raise limits.room_bytes");
	assert_load_of_two_fails("rooms = ( { name = \"log\"; } );",
		"tails = ( { room = \"log\"; path = \"/l\"; } );",
		"DIR/b.cfg:1: tails item 1: room must differ from rooms item 1, but both "
		"are \"log\"; change one of them");
}

static void
test_the_number_of_files_is_limited(void **state)
{
	const char *paths[65];
	struct config_input input = { .paths = paths, .default_root = ROOT };

	(void)state;
	paths[0] = write_text("a.cfg", "");
	for (size_t i = 1; i < 65; i++)
		paths[i] = paths[0];
	input.path_count = 64;
	config_errors_clear(&errors);
	struct config *config = config_load(&input, &errors);
	assert_non_null(config);
	config_free(config);
	input.path_count = 65;
	assert_lines(config_load(&input, &errors),
		(const char *const[]){ "DIR/a.cfg: there are more than 64 configuration "
				       "files; merge some of them",
			NULL });
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(test_a_syntax_error_carries_the_text_of_libconfig),
		FOLDER_TEST(test_settings_before_a_syntax_error_are_checked),
		FOLDER_TEST(test_a_string_or_a_comment_without_an_end_is_an_error),
		FOLDER_TEST(test_a_string_cannot_hold_a_nul),
		FOLDER_TEST(test_lines_are_counted_through_strings_and_comments),
		FOLDER_TEST(test_errors_in_text_have_the_given_name),
		FOLDER_TEST(test_a_file_that_cannot_be_read_is_an_error),
		FOLDER_TEST(test_a_file_above_1_mib_is_an_error),
		FOLDER_TEST(test_an_unreadable_file_hides_no_error_of_the_command_line),
		FOLDER_TEST(test_a_strange_file_name_is_escaped),
		FOLDER_TEST(test_a_byte_order_mark_and_crlf_are_no_errors),
		FOLDER_TEST(test_an_include_is_read_from_the_folder_of_the_file),
		FOLDER_TEST(test_an_include_may_have_an_absolute_path),
		FOLDER_TEST(test_an_error_in_an_included_file_names_that_file),
		FOLDER_TEST(test_rooms_may_be_included_from_files),
		FOLDER_TEST(test_an_include_that_cannot_be_read_is_an_error),
		FOLDER_TEST(test_a_file_cannot_include_itself),
		FOLDER_TEST(test_the_number_of_includes_is_limited),
		FOLDER_TEST(test_text_cannot_include_a_file),
		FOLDER_TEST(test_a_second_file_replaces_values_and_adds_groups),
		FOLDER_TEST(test_an_empty_list_of_a_second_file_removes_nothing),
		FOLDER_TEST(test_a_name_in_two_files_is_an_error_that_names_both_places),
		FOLDER_TEST(test_errors_of_two_files_name_their_own_file),
		FOLDER_TEST(test_the_number_of_files_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
