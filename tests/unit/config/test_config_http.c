#include "config_fixture.h"

static void
test_a_certificate_and_its_key_come_together(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"http = { tls_certificate = \"a.pem\"; tls_key = \"a.key\"; };"));
	assert_string_equal(config->http.tls_certificate, "a.pem");
	assert_string_equal(config->http.tls_key, "a.key");
	config_free(config);
	config = load(FILE_TEXT(""));
	assert_string_equal(config->http.tls_certificate, "");
	assert_string_equal(config->http.tls_key, "");
	config_free(config);
}

static void
test_a_certificate_or_a_key_alone_is_rejected(void **state)
{
	(void)state;
	assert_load_fails(FILE_TEXT("http = {\n  tls_certificate = \"a\"; };"),
		"test.cfg:2: http.tls_certificate is set, but http.tls_key is not; set "
		"both or neither");
	assert_load_fails(FILE_TEXT("http = {\n  tls_key = \"a\"; };"),
		"test.cfg:2: http.tls_key is set, but http.tls_certificate is not; set "
		"both or neither");
	assert_load_fails(SETTINGS("http.tls_key=a"),
		"-s http.tls_key=a: http.tls_key is set, but http.tls_certificate is "
		"not; set both or neither");
}

static void
test_a_removed_certificate_is_reported_at_the_setting_that_removes_it(void **state)
{
	static const char both[] =
		"http = { tls_certificate = \"a\"; tls_key = \"b\"; };";

	(void)state;
	assert_load_fails(((struct attempt){ both, { "http.tls_key=" } }),
		"-s http.tls_key=: http.tls_certificate is set, but http.tls_key is not; "
		"set both or neither");
	config_free(load((
		(struct attempt){ both, { "http.tls_key=", "http.tls_certificate=" } })));
}

static void
test_a_rejected_certificate_is_not_reported_as_missing(void **state)
{
	(void)state;
	assert_load_fails(
		FILE_TEXT("http = { tls_certificate = \"a\";\n  tls_key = 1; };"),
		"test.cfg:2: http.tls_key must be a string of 0 to 4095 bytes, is 1");
}

static void
test_proxies_are_addresses_or_prefixes(void **state)
{
	(void)state;
	struct config *config = load(FILE_TEXT(
		"http = { trusted_proxies = [ \"127.0.0.1\", \"fd00::/8\" ]; };"));
	assert_int_equal(config->http.trusted_proxies.count, 2);
	assert_string_equal(config->http.trusted_proxies.items[1], "fd00::/8");
	config_free(config);
	assert_load_fails(FILE_TEXT("http = { trusted_proxies = [ \"localhost\",\n"
				    "  \"10.0.0.1/8\" ]; };"),
		"test.cfg:1: http.trusted_proxies item 1 must be an IP address or a "
		"prefix such as 10.0.0.0/8, is \"localhost\"",
		"test.cfg:1: http.trusted_proxies item 2 must have no bits set behind "
		"its prefix, is \"10.0.0.1/8\"");
}

/* The error about two doors on one address, whose last setting is line.port. */
static void
assert_clash(const char *http, const char *line)
{
	char addresses[2][64];
	const char *settings[] = { addresses[0], addresses[1], "http.port=80",
		"line.port=80" };
	const struct config_input input = {
		.settings = settings,
		.setting_count = 4,
		.default_root = ROOT,
	};
	struct config *config;

	snprintf(addresses[0], sizeof(addresses[0]), "http.address=%s", http);
	snprintf(addresses[1], sizeof(addresses[1]), "line.address=%s", line);
	config_errors_clear(&errors);
	config = config_load(&input, &errors);
	assert_non_null(config);
	config_check_listeners(config, &errors);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.lines[0],
		"-s line.port=80: http and line cannot both listen on port 80 of "));
	config_errors_clear(&errors);
	config->line.port = 81;
	config_check_listeners(config, &errors);
	config->http.port = config->line.port = 0;
	config_check_listeners(config, &errors);
	assert_int_equal(errors.count, 0);
	config_free(config);
}

static void
test_http_and_line_cannot_listen_on_the_same_address(void **state)
{
	(void)state;
	assert_clash("127.0.0.1", "127.0.0.1");
	assert_clash("0.0.0.0", "127.0.0.1");
	assert_clash("127.0.0.1", "0.0.0.0");
	assert_clash("::", "192.0.2.1");
	assert_clash("::", "::1");
	assert_clash("::", "0.0.0.0");
	assert_clash("::1", "0:0::1");
	assert_clash("localhost", "127.0.0.1");
	assert_clash("::1", "localhost");
	assert_clash("localhost", "localhost");
	assert_clash("::ffff:127.0.0.1", "127.0.0.1");
}

static void
test_different_addresses_may_have_the_same_port(void **state)
{
	static const char *const pairs[][2] = { { "127.0.0.1", "127.0.0.2" },
		{ "::1", "127.0.0.1" }, { "0.0.0.0", "::1" },
		{ "127.0.0.2", "localhost" } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char text[200];

		snprintf(text, sizeof(text),
			"http = { address = \"%s\"; port = 80; };"
			"line = { address = \"%s\"; port = 80; };",
			pairs[i][0], pairs[i][1]);
		struct config *config = load(FILE_TEXT(text));
		config_check_listeners(config, &errors);
		config_free(config);
	}
	struct config *off = load(FILE_TEXT("http = { port = 80; };"
					    "line = { enabled = false; port = 80; };"));
	config_check_listeners(off, &errors);
	config_free(off);
	assert_int_equal(errors.count, 0);
	struct config *at_default = load(FILE_TEXT("\nhttp = { port = 2020; };"));
	config_check_listeners(at_default, &errors);
	config_free(at_default);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.lines[0],
		"test.cfg:2: http and line cannot both listen on port 2020 of 127.0.0.1; "
		"change http.port or line.port");
	config_errors_clear(&errors);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_certificate_and_its_key_come_together),
		cmocka_unit_test(test_a_certificate_or_a_key_alone_is_rejected),
		cmocka_unit_test(
			test_a_removed_certificate_is_reported_at_the_setting_that_removes_it),
		cmocka_unit_test(test_a_rejected_certificate_is_not_reported_as_missing),
		cmocka_unit_test(test_proxies_are_addresses_or_prefixes),
		cmocka_unit_test(test_http_and_line_cannot_listen_on_the_same_address),
		cmocka_unit_test(test_different_addresses_may_have_the_same_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
