#include "../config/config_fixture.h"
#include "../folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "linnet/auth/tokens.h"
#include "linnet/base/util.h"

/* A token file in a folder of its own. */
static char folder[FOLDER_BYTES];
static char file[sizeof(folder) + 6];

static int
make_folder(void **state)
{
	(void)state;
	folder_make(folder);
	snprintf(file, sizeof(file), "%s/token", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

static void
save(const char *bytes, size_t len)
{
	FILE *out = fopen(file, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

/* Load a configuration with these groups in auth.tokens. "%s" becomes the setting for the
 * token file: "{ name = \"a\"; %s }". */
static struct config *
configure(const char *groups)
{
	char setting[1000];
	const char *gap = strstr(groups, "%s");
	int before = gap ? (int)(gap - groups) : (int)strlen(groups);

	snprintf(setting, sizeof(setting), "auth.tokens=(%.*s%s%s%s%s)", before, groups,
		gap ? "token_file = \"" : "", gap ? file : "", gap ? "\";" : "",
		gap ? gap + 2 : "");
	return load(SETTINGS(setting));
}

static struct config *config;
static struct tokens *tokens;

static int
forget_tokens(void **state)
{
	(void)state;
	tokens_free(tokens);
	config_free(config);
	tokens = NULL;
	config = NULL;
	return 0;
}

/* Read the tokens of loaded in place of the ones before. */
static void
read_tokens(struct config *loaded)
{
	struct config_errors warnings = { 0 };

	forget_tokens(NULL);
	config = loaded;
	tokens = tokens_new(config, &errors, &warnings);
	print_errors();
	assert_non_null(tokens);
	config_errors_clear(&warnings);
}

/* The name of the token text, or "nobody". */
static const char *
name_of(const char *text)
{
	const struct token *token = tokens_check(tokens, text, strlen(text));

	return token ? token->name : "nobody";
}

/* SHA-256 of "test" and of "other", the latter in upper case. */
#define TWO                                                                              \
	"{ name = \"one\"; token_sha256 = "                                              \
	"\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"; "         \
	"rooms = [ \"ops\", \"web\" ]; },"                                               \
	"{ name = \"two\"; token_sha256 = "                                              \
	"\"D9298A10D1B0735837DC4BD85DAC641B0F3CEF27A47E5D53A54F2F3F5B2FCFFA\"; "         \
	"admin = true; }"

static int
read_two_tokens(void **state)
{
	(void)state;
	read_tokens(configure(TWO));
	return 0;
}

static void
test_a_token_is_found_by_its_hash(void **state)
{
	(void)state;

	assert_true(tokens_exist(tokens));
	assert_string_equal(name_of("test"), "one");
	assert_string_equal(name_of("other"), "two");
	assert_false(tokens_check(tokens, "test", 4)->is_admin);
	assert_true(tokens_check(tokens, "other", 5)->is_admin);
}

static void
test_only_the_exact_token_is_accepted(void **state)
{
	static const char *const wrong[] = { "", "tes", "testt", "Test", "tesT", "test ",
		" test", "test\n", "othe", "others", "testother",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_string_equal(name_of(wrong[i]), "nobody");
	assert_null(tokens_check(tokens, "test", 5)); /* with the NUL */
	assert_null(tokens_check(tokens, "test", 3));
}

static void
test_without_tokens_nothing_is_accepted(void **state)
{
	(void)state;
	read_tokens(load((struct attempt){ 0 }));
	assert_false(tokens_exist(tokens));
	assert_string_equal(name_of(""), "nobody");
	assert_string_equal(name_of("test"), "nobody");
	tokens_free(NULL);
}

static void
test_a_token_configured_twice_has_its_first_name(void **state)
{
	(void)state;
	save("test", 4);
	read_tokens(configure("{ name = \"from a file\"; %s }," TWO));
	assert_string_equal(name_of("test"), "from a file");
}

static void
test_a_dumped_configuration_accepts_no_token(void **state)
{
	(void)state;
	char *text = dump(config);

	read_tokens(load(FILE_TEXT(text)));
	assert_true(tokens_exist(tokens));
	assert_string_equal(name_of("test"), "nobody");
	assert_string_equal(name_of(""), "nobody");
	free(text);
}

static void
test_a_token_covers_its_rooms_or_all(void **state)
{
	(void)state;
	const struct token *one = tokens_check(tokens, "test", 4);
	const struct token *two = tokens_check(tokens, "other", 5);

	assert_true(token_may(one, "ops", false));
	assert_true(token_may(one, "web", false));
	assert_false(token_may(one, "lobby", false));
	assert_true(token_may(one, "Ops", false));
	assert_true(token_may(one, "ops", true));
	assert_false(token_may(one, "Ops", true));
	assert_false(token_may(one, "op", false));
	assert_false(token_may(one, "", false));
	assert_true(token_may(two, "ops", false));
	assert_true(token_may(two, "anything", false));
}

/* A file of these bytes has the token text. */
static void
assert_token_in(const char *bytes, size_t len, const char *text)
{
	save(bytes, len);
	read_tokens(configure("{ name = \"ci\"; %s }"));

	assert_string_equal(name_of(text), "ci");
	assert_string_equal(name_of(""), "nobody");
}

static void
test_newlines_at_the_end_of_a_file_are_ignored(void **state)
{
	char most[4096];

	(void)state;
	assert_token_in("s3cret", 6, "s3cret");
	assert_token_in("s3cret\n", 7, "s3cret");
	assert_token_in("s3cret\r\n", 8, "s3cret");
	assert_token_in("s3cret\n\n", 8, "s3cret");
	assert_token_in("a+b/c~d.e-f_g==\n", 16, "a+b/c~d.e-f_g==");
	memset(most, 'x', sizeof(most));
	most[4095] = '\n';
	save(most, sizeof(most));
	read_tokens(configure("{ name = \"ci\"; %s }"));
	assert_non_null(tokens_check(tokens, most, 4095));
	assert_null(tokens_check(tokens, most, 4096));
}

/* The tokens cannot be read; the error names token "ci" and the reason. */
static void
assert_refused(const char *reason)
{
	struct config *loaded = configure(TWO ", { name = \"ci\"; %s }");
	struct config_errors refused = { 0 }, warnings = { 0 };
	char sentence[200];

	assert_null(tokens_new(loaded, &refused, &warnings));
	snprintf(sentence, sizeof(sentence),
		"auth.tokens item 3: cannot read the token of ci from %s: %s", file,
		reason);
	assert_int_equal(refused.count, 1);
	assert_non_null(strstr(refused.lines[0], sentence));
	assert_int_equal(warnings.count, 0);
	config_errors_clear(&refused);
	config_free(loaded);
}

static void
test_every_file_that_cannot_be_read_is_named_with_its_line(void **state)
{
	struct config_errors refused = { 0 }, warnings = { 0 };
	struct config *loaded =
		load(FILE_TEXT("auth = { jwt_secret_file = \"/no/jwt\";\n"
			       "tokens = (\n{ name = \"a\"; token_file = \"/no/a\"; "
			       "hook_secret_file = \"/no/hook\"; },\n"
			       "{ name = \"b\"; token_file = \"/no/b\"; } ); };"));

	(void)state;
	assert_null(tokens_new(loaded, &refused, &warnings));
	assert_int_equal(refused.count, 4);
	assert_string_equal(refused.lines[0],
		"test.cfg:1: cannot read auth.jwt_secret_file from /no/jwt: No such "
		"file or directory");
	assert_string_equal(refused.lines[1],
		"test.cfg:3: auth.tokens item 1: cannot read the token of a from /no/a: "
		"No such file or directory");
	assert_string_equal(refused.lines[2],
		"test.cfg:3: auth.tokens item 1: cannot read the hook secret of a from "
		"/no/hook: No such file or directory");
	assert_string_equal(refused.lines[3],
		"test.cfg:4: auth.tokens item 2: cannot read the token of b from /no/b: "
		"No such file or directory");
	config_errors_clear(&refused);
	config_free(loaded);
}

/* Returns whether there is a warning that everybody can read the token's file. */
static bool
is_warned(void)
{
	struct config *loaded = configure("{ name = \"ci\"; %s }");
	struct config_errors refused = { 0 }, warnings = { 0 };
	struct tokens *made = tokens_new(loaded, &refused, &warnings);
	char sentence[200];
	bool is_one = warnings.count == 1;

	assert_non_null(made);
	snprintf(sentence, sizeof(sentence),
		"auth.tokens item 1: everybody on this machine can read the "
		"token of ci; run chmod o= %s",
		file);
	if (is_one)
		assert_non_null(strstr(warnings.lines[0], sentence));
	config_errors_clear(&warnings);
	tokens_free(made);
	config_free(loaded);
	return is_one;
}

static void
test_a_file_that_everybody_can_read_is_a_warning(void **state)
{
	(void)state;
	save("s3cret", 6);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(file, 0644), 0);
	assert_true(is_warned());
	assert_int_equal(chmod(file, 0640), 0);
	assert_false(is_warned());
	assert_int_equal(chmod(file, 0644), 0);
	assert_int_equal(chmod(folder, 0750), 0);
	assert_false(is_warned()); /* others do not get into the folder */
}

static void
test_a_file_that_is_not_one_token_is_refused(void **state)
{
	char large[4097];

	(void)state;
	save("", 0);
	assert_refused("it is empty");
	save("\r\n", 2);
	assert_refused("it is empty");
	memset(large, 'x', sizeof(large));
	save(large, sizeof(large));
	assert_refused("it has more than 4096 bytes");
	static const char *const words[] = { "two words", " one", "one ", "a\nb",
		"t\xc3\xb6ken", "\x7f" };
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		save(words[i], strlen(words[i]));
		assert_refused("it is not one word of visible ASCII characters");
	}
	save("a\0b", 3);
	assert_refused("it is not one word of visible ASCII characters");
}

static void
test_an_unreadable_file_is_refused(void **state)
{
	(void)state;
	unlink(file);
	assert_refused("No such file or directory");
	assert_int_equal(mkdir(file, 0700), 0);
	assert_refused("Is a directory");
	assert_int_equal(rmdir(file), 0);
}

static void
assert_bearer(const char *header, const char *wanted)
{
	const char *token = NULL;
	size_t len = 0;

	assert_true(tokens_read_bearer(header, &token, &len));
	assert_int_equal(len, strlen(wanted));
	assert_memory_equal(token, wanted, len);
	assert_in_range((uintptr_t)token, (uintptr_t)header,
		(uintptr_t)(header + strlen(header)));
}

static void
test_a_bearer_token_is_found_in_its_header(void **state)
{
	(void)state;
	assert_bearer("Bearer mF_9.B5f-4.1JqM", "mF_9.B5f-4.1JqM");
	assert_bearer("bearer a", "a");
	assert_bearer("BEARER a+/~==", "a+/~==");
	assert_bearer("Bearer   a", "a");
	assert_bearer(" Bearer a \t", "a");
	assert_bearer("Bearer Bearer", "Bearer");
}

static void
test_other_headers_have_no_bearer_token(void **state)
{
	static const char *const wrong[] = { "", " ", "Bearer", "Bearer ", "Bearer  \t",
		"Bearera", "Bearer\ta", "Basic YTpi", "a", "XBearer a", "Bearer a b",
		"Bearer a,b c", "Bearer a\x7f", "Bearer t\xc3\xb6ken", "Bearer a\nb" };
	const char *token = "as it was";
	size_t len = 9;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(tokens_read_bearer(wrong[i], &token, &len));
	assert_string_equal(token, "as it was");
	assert_int_equal(len, 9);
}

#define two_tokens_test(test)                                                            \
	cmocka_unit_test_setup_teardown(test, read_two_tokens, forget_tokens)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		two_tokens_test(test_a_token_is_found_by_its_hash),
		two_tokens_test(test_only_the_exact_token_is_accepted),
		cmocka_unit_test_teardown(
			test_without_tokens_nothing_is_accepted, forget_tokens),
		cmocka_unit_test_teardown(
			test_a_token_configured_twice_has_its_first_name, forget_tokens),
		two_tokens_test(test_a_dumped_configuration_accepts_no_token),
		two_tokens_test(test_a_token_covers_its_rooms_or_all),
		cmocka_unit_test_teardown(
			test_newlines_at_the_end_of_a_file_are_ignored, forget_tokens),
		cmocka_unit_test(test_a_file_that_is_not_one_token_is_refused),
		cmocka_unit_test(test_an_unreadable_file_is_refused),
		cmocka_unit_test(
			test_every_file_that_cannot_be_read_is_named_with_its_line),
		cmocka_unit_test(test_a_file_that_everybody_can_read_is_a_warning),
		cmocka_unit_test(test_a_bearer_token_is_found_in_its_header),
		cmocka_unit_test(test_other_headers_have_no_bearer_token),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
