#include "config_fixture.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void
test_tokens_are_a_list_of_groups(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"auth = { mode = \"open\"; tokens = (\n"
		"  { name = \"ci\"; token_file = \"/etc/ci.token\";\n"
		"    rooms = [ \"ops\", \"\xe4\xba\x91\" ]; },\n"
		"  { name = \"a metrics reader\"; token_sha256 = \"" HASH "\";\n"
		"    admin = true; } ); };"));

	assert_int_equal(config->auth.mode, AUTH_OPEN);
	assert_int_equal(config->auth.tokens.count, 2);
	const struct token_config *ci = &config->auth.tokens.items[0], *reader = ci + 1;
	assert_string_equal(ci->name, "ci");
	assert_string_equal(ci->token_file, "/etc/ci.token");
	assert_string_equal(ci->token_sha256, "");
	assert_int_equal(ci->rooms.count, 2);
	assert_string_equal(ci->rooms.items[1], "\xe4\xba\x91");
	assert_false(ci->admin);
	assert_string_equal(reader->token_file, "");
	assert_string_equal(reader->token_sha256, HASH);
	assert_int_equal(reader->rooms.count, 0);
	assert_true(reader->admin);
	config_free(config);
}

static void
test_a_token_is_given_by_a_file_or_by_its_hash_and_not_by_both(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("auth = { tokens = (\n  { name = \"a\"; },\n"
				    "  { name = \"b\"; token_file = \"\"; },\n  {\n"
				    "    name = \"c\";\n    token_file = \"/x\";\n"
				    "    token_sha256 = \"" HASH "\";\n  } ); };"),
		"test.cfg:2: auth.tokens item 1: token_file or token_sha256 is missing; "
		"add one of them",
		"test.cfg:3: auth.tokens item 2: token_file or token_sha256 is missing; "
		"add one of them",
		"test.cfg:4: auth.tokens item 3: token_file and token_sha256 are both "
		"set; remove one of them");
	assert_load_fails(SETTINGS("auth.tokens=({name=\"a\";})"),
		"-s auth.tokens=({name=\"a\";}): auth.tokens item 1: token_file or "
		"token_sha256 is missing; add one of them");
}

static void
test_a_misspelt_key_of_a_token_is_one_error_and_not_two(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("auth = { tokens = (\n"
				    "  { name = \"a\"; token_fiel = \"/x\"; } ); };"),
		"test.cfg:2: auth.tokens item 1: unknown key \"token_fiel\", did you "
		"mean \"token_file\"?");
	assert_load_fails(
		FILE_TEXT("auth = { token = ( { name = \"a\"; } ); };\nauht = { };"),
		"test.cfg:1: unknown key \"auth.token\", did you mean \"auth.tokens\"?",
		"test.cfg:2: unknown group \"auht\", did you mean \"auth\"?");
}

static void
test_a_token_cut_by_a_syntax_error_has_no_missing_members(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("auth = { tokens = ( { name = \"a\"; token_file"),
		"test.cfg:1: this is not libconfig's format; write GROUP = { KEY = "
		"VALUE; }; with "
		"strings in quotes, and look for a missing \";\" or bracket before it");
}

static void
test_each_value_of_a_token_is_checked(void **state)
{
	char setting[200];

	(void)state;
	assert_load_fails(
		FILE_TEXT(
			"auth = { mode = \"shut\"; tokens = (\n"
			"  { name = \"\"; token_file = \"/x\"; },\n"
			"  { name = \"a\\nb\"; token_file = \"/x\"; },\n"
			"  { name = \"c\"; token_file = \"/x\\n\"; },\n"
			"  { name = \"d\"; token_file = \"/x\"; rooms = \"d\"; },\n"
			"  { name = \"e\"; token_file = \"/x\"; rooms = [ \"a/b\" ]; },\n"
			"  { name = \"f\"; token_file = \"/x\"; admin = 1; },\n"
			"  { name = \"g\"; token_file = \"/x\"; },\n"
			"  { name = \"g\"; token_file = \"/y\"; } ); };"),
		"test.cfg:1: auth.mode must be \"open\" or \"jwt\", is \"shut\"",
		"test.cfg:2: auth.tokens item 1: name must be a string of 1 to 64 bytes, "
		"is \"\"",
		"test.cfg:3: auth.tokens item 2: name must not have a control character, "
		"is \"a\\nb\"",
		"test.cfg:4: auth.tokens item 3: token_file must not have a control "
		"character, is \"/x\\n\"",
		"test.cfg:5: auth.tokens item 4: rooms must be a list of strings, such "
		"as [ \"a\", \"b\" ], is \"d\"",
		"test.cfg:6: auth.tokens item 5: rooms item 1 must not have a \"/\", is "
		"\"a/b\"",
		"test.cfg:7: auth.tokens item 6: admin must be true or false, is 1",
		"test.cfg:9: auth.tokens item 8: name \"g\" is already used by "
		"auth.tokens item 7 at test.cfg:8; use another name, or remove one of "
		"the two");
	snprintf(setting, sizeof(setting),
		"auth.tokens=({name=\"%064d\"; token_file=\"x\";})", 0);
	config_free(load(SETTINGS(setting)));
	snprintf(setting, sizeof(setting),
		"auth.tokens=({name=\"%065d\"; token_file=\"x\";})", 0);
	assert_null(try_load(SETTINGS(setting)));
}

/* Somebody may paste the token itself here. The error must not print it into a log. */
static void
test_an_invalid_hash_is_rejected_and_not_printed(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("auth = { tokens = (\n"
			  "  { name = \"a\"; token_sha256 = \"my secret\"; },\n"
			  "  { name = \"b\"; token_sha256 = 12345; },\n"
			  "  { name = \"c\"; token_sha256 = \"" HASH "0\"; },\n"
			  "  { name = \"d\"; token_sha256 = \"" ZEROS "g\"; } ); };"),
		"test.cfg:2: auth.tokens item 1: token_sha256 must be 64 hex digits, as "
		"sha256sum prints them",
		"test.cfg:3: auth.tokens item 2: token_sha256 must be a string of 0 to "
		"64 bytes",
		"test.cfg:4: auth.tokens item 3: token_sha256 must be a string of 0 to "
		"64 bytes",
		"test.cfg:5: auth.tokens item 4: token_sha256 must be a string of 0 to "
		"64 bytes");
	assert_load_fails(FILE_TEXT("auth = { tokens = ( { name = \"a\"; token_sha256 = "
				    "\"0000000000000000000000000000000g"
				    "00000000000000000000000000000000\"; } ); };"),
		"test.cfg:1: auth.tokens item 1: token_sha256 must be 64 hex digits, as "
		"sha256sum prints them");
}

static void
test_a_dump_masks_the_hash_and_still_loads(void **state)
{
	(void)state;
	struct config *config =
		load(SETTINGS("auth.tokens=({name=\"a\"; token_sha256=\"" HASH "\";},"
			      " {name=\"b\"; token_file=\"/etc/b\"; rooms=[\"ops\"];"
			      " admin=true; hook_secret_file=\"/etc/s\";})"));
	char *text = dump(config);

	assert_null(strstr(text, HASH));
	assert_non_null(strstr(text,
		"\n\ttokens = (\n"
		"\t\t{ name = \"a\"; token_file = \"\"; token_sha256 = \"" ZEROS
		"\"; rooms = [ ]; admin = false; "
		"hook_secret_file = \"\"; },\n"
		"\t\t{ name = \"b\"; token_file = \"/etc/b\"; token_sha256 = \"\"; "
		"rooms = [ \"ops\" ]; admin = true; hook_secret_file = \"/etc/s\"; }\n"
		"\t);\n};\n"));
	struct config *again = load(FILE_TEXT(text));
	assert_same(config, again);
	assert_string_equal(again->auth.tokens.items[0].token_sha256, ZEROS);
	config_free(again);
	free(text);
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens_are_a_list_of_groups),
		cmocka_unit_test(
			test_a_token_is_given_by_a_file_or_by_its_hash_and_not_by_both),
		cmocka_unit_test(test_a_misspelt_key_of_a_token_is_one_error_and_not_two),
		cmocka_unit_test(
			test_a_token_cut_by_a_syntax_error_has_no_missing_members),
		cmocka_unit_test(test_each_value_of_a_token_is_checked),
		cmocka_unit_test(test_an_invalid_hash_is_rejected_and_not_printed),
		cmocka_unit_test(test_a_dump_masks_the_hash_and_still_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
