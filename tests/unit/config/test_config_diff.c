#include "config_fixture.h"

#include "linnet/base/buffer.h"

/* The changes of the last reload, a line each. */
static struct buffer changes;

static void
on_change(const struct config_change *change)
{
	buffer_printf(&changes, "%s%s", change->is_kept ? "kept " : "", change->key);
	if (change->more)
		buffer_printf(&changes, " more %zu", change->more);
	else
		buffer_printf(&changes, "%s%s %s -> %s", change->entry ? " " : "",
			change->entry ? change->entry : "",
			change->from ? change->from : "none",
			change->to ? change->to : "none");
	buffer_printf(&changes, "\n");
}

/* Reload from one text to another. Returns the running configuration. */
static struct config *
reload(const char *old, const char *new)
{
	struct config *config = load(FILE_TEXT(old)), *fresh = load(FILE_TEXT(new));

	buffer_clear(&changes);
	buffer_printf(&changes, "%s", "");
	config_adopt(config, fresh, on_change);
	config_free(fresh);
	return config;
}

static void
assert_changes(const char *old, const char *new, const char *wanted)
{
	config_free(reload(old, new));
	assert_string_equal(changes.bytes, wanted);
	buffer_clear(&changes);
}

static void
test_a_changed_value_is_told_from_what_to_what(void **state)
{
	static const struct {
		const char *old, *new, *wanted;
	} cases[] = {
		{ "", "", "" },
		{ "chat = { gravatar = true; };", "chat = { gravatar = false; };",
			"chat.gravatar true -> false\n" },
		{ "", "limits = { message_rate = 2.5; name_bytes = 16; };",
			"limits.message_rate 5.0 -> 2.5\nlimits.name_bytes 32 -> 16\n" },
		{ "", "log = { level = \"warn\"; };", "log.level info -> warn\n" },
		{ "store = { max_bytes = 5000000000L; };", "",
			"store.max_bytes 5000000000 -> 4294967296\n" },
		{ "http = { allowed_origins = [ \"http://a\", \"http://b\" ]; };",
			"http = { allowed_origins = [ \"*\" ]; };",
			"http.allowed_origins http://a, http://b -> *\n" },
		{ "", "http = { port = 81; root = \"/a\\nb\"; };",
			"kept http.port 8000 -> 81\n"
			"kept http.root /srv/page -> /a\\x0Ab\n" },
		{ "auth = { jwt_secret_file = \"/a\"; };", "",
			"auth.jwt_secret_file /a -> \n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_changes(cases[i].old, cases[i].new, cases[i].wanted);
}

static void
test_groups_are_told_by_their_names(void **state)
{
	(void)state;
	assert_changes("rooms = ( { name = \"a\"; topic = \"x\"; }, { name = \"b\"; } );",
		"rooms = ( { name = \"c\"; }, { name = \"a\"; topic = \"y\"; "
		"read_only = true; } );",
		"rooms c none -> \n"
		"rooms.topic a x -> y\n"
		"rooms.read_only a false -> true\n"
		"rooms b  -> none\n");
	assert_changes("rooms = ( { name = \"a\"; }, { name = \"b\"; } );",
		"rooms = ( { name = \"b\"; }, { name = \"a\"; } );", "");
	assert_changes("tails = ( { room = \"l\"; path = \"/a\"; } );",
		"tails = ( { room = \"l\"; path = \"/b\"; lines = 5; } );",
		"tails.path l /a -> /b\ntails.lines l 100 -> 5\n");
}

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define OTHER "af86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void
test_a_secret_is_not_told(void **state)
{
	(void)state;
	assert_changes("auth = { tokens = ( { name = \"ci\"; token_sha256 = \"" HASH
		       "\"; } ); };",
		"auth = { tokens = ( { name = \"ci\"; token_sha256 = \"" OTHER
		"\"; rooms = [ \"ops\" ]; } ); };",
		"auth.tokens.token_sha256 ci (hidden) -> (hidden)\n"
		"auth.tokens.rooms ci  -> ops\n");
	assert_changes("auth = { tokens = ( { name = \"ci\"; token_sha256 = \"" HASH
		       "\"; } ); };",
		"auth = { tokens = ( { name = \"ci\"; token_file = \"/t\"; } ); };",
		"auth.tokens.token_file ci  -> /t\n"
		"auth.tokens.token_sha256 ci (hidden) -> \n");
}

static void
test_many_changes_of_a_list_are_counted(void **state)
{
	struct buffer text = { 0 };

	(void)state;
	buffer_printf(&text, "rooms = (");
	for (int i = 0; i < 1000; i++)
		buffer_printf(&text, "%s{ name = \"r%d\"; }", i ? ", " : "", i);
	buffer_printf(&text, ");");
	config_free(reload("", text.bytes));
	size_t lines = 0;
	for (const char *at = changes.bytes; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, CONFIG_CHANGES_MAX + 1);
	assert_non_null(strstr(changes.bytes, "\nrooms more 980\n"));
	buffer_clear(&changes);
	buffer_clear(&text);
}

static void
test_a_long_value_is_cut(void **state)
{
	char text[1200], origin[260];

	(void)state;
	memset(origin, 'o', sizeof(origin) - 1);
	origin[sizeof(origin) - 1] = '\0';
	snprintf(text, sizeof(text),
		"http = { allowed_origins = [ \"http://%s\", \"http://a%s\" ]; };",
		origin, origin);
	config_free(reload("", text));
	assert_in_range(strlen(changes.bytes), 200, 260);
	assert_non_null(strstr(changes.bytes, "...\n"));
	buffer_clear(&changes);
}

/* TLS is turned on and off only by a restart, but a certificate is replaced. */
static void
test_a_certificate_is_live_only_while_there_is_one(void **state)
{
	static const char plain[] = "";
	static const char first[] =
		"http = { tls_certificate = \"/a\"; tls_key = \"/b\"; };";
	static const char second[] =
		"http = { tls_certificate = \"/c\"; tls_key = \"/b\"; };";
	struct config *config;

	(void)state;
	config = reload(plain, first);
	assert_string_equal(changes.bytes, "kept http.tls_certificate  -> /a\n"
					   "kept http.tls_key  -> /b\n");
	assert_string_equal(config->http.tls_certificate, "");
	config_free(config);
	config = reload(first, plain);
	assert_string_equal(changes.bytes, "kept http.tls_certificate /a -> \n"
					   "kept http.tls_key /b -> \n");
	assert_string_equal(config->http.tls_certificate, "/a");
	config_free(config);
	config = reload(first, second);
	assert_string_equal(changes.bytes, "http.tls_certificate /a -> /c\n");
	assert_string_equal(config->http.tls_certificate, "/c");
	config_free(config);
	buffer_clear(&changes);
}

static void
test_kept_values_stay_and_live_ones_move(void **state)
{
	struct config *config = reload("", "http = { port = 81; };"
					   "limits = { name_bytes = 16; };"
					   "rooms = ( { name = \"ops\"; } );");

	(void)state;
	assert_int_equal(config->http.port, 8000);
	assert_int_equal(config->limits.name_bytes, 16);
	assert_string_equal(config->rooms.items[0].name, "ops");
	config_free(config);
	buffer_clear(&changes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_changed_value_is_told_from_what_to_what),
		cmocka_unit_test(test_groups_are_told_by_their_names),
		cmocka_unit_test(test_a_secret_is_not_told),
		cmocka_unit_test(test_many_changes_of_a_list_are_counted),
		cmocka_unit_test(test_a_long_value_is_cut),
		cmocka_unit_test(test_a_certificate_is_live_only_while_there_is_one),
		cmocka_unit_test(test_kept_values_stay_and_live_ones_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
